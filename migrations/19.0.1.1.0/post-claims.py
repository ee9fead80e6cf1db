from odoo import SUPERUSER_ID, api

from odoo.addons.l10n_co_certificate_activation.const import MODULE
from odoo.addons.l10n_co_certificate_activation.models.trace.history import recording

_FORMER_RULE = "[('state', 'in', ('pay', 'process'))]"
_RULE = (
    "['|', ('state', 'in', ('pay', 'process')), "
    "'&', ('state', '=', 'active'), ('letter_review', '=', 'rejected')]"
)


def migrate(cr, version):
    """Let the lenders review what borrowers decided about their own letters, and note who wrote
    receipts.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    _hand_letters_over(env)
    cr.execute(
        """
        INSERT INTO certificate_payment_receipt_author_rel (certificate_payment_receipt_id, res_users_id)
        SELECT id, create_uid FROM certificate_payment_receipt WHERE create_uid IS NOT NULL
        UNION
        SELECT id, write_uid FROM certificate_payment_receipt
        WHERE write_uid IS NOT NULL AND state = 'waiting'
        ON CONFLICT DO NOTHING
        """
    )
    # A rejected letter is corrected while its activation is active. A rule that an administrator has written
    # stays as it is.
    rule = env.ref(f"{MODULE}.certificate_activation_rule_state", raise_if_not_found=False)
    if rule and rule.domain_force == _FORMER_RULE:
        rule.domain_force = _RULE


def _hand_letters_over(env):
    """Make letters wait for the lender, except those whose code was read.

    Until now a manager of the borrower cleared a letter whose code could not be read (`reviewed`), and any
    digital signature counted (`signature`), whoever's it was. These values now mean that the lender
    has accepted the letter or that the signer was verified, so they are reset; the history, which
    has begun, keeps the former values. Nothing stops signing, unless the lender signs only after
    review. What has ended stays as it was: it signs nothing, and nobody reviews it.
    """
    letters = env["certificate.activation"].search(
        [
            ("route", "=", "loan"),
            ("state", "in", ("process", "active")),
            ("signed_letter_match", "in", ("unread", "reviewed", "signature")),
        ]
    )
    with recording(letters, ("signed_letter_match", "letter_review")):
        env.cr.execute(
            """
            UPDATE certificate_activation
            SET signed_letter_match = 'unread',
                letter_review = CASE WHEN state = 'active' OR switch_on IS NOT NULL THEN 'waiting' END
            WHERE id = ANY(%s)
            """,
            [letters.ids],
        )
        letters.invalidate_recordset()
