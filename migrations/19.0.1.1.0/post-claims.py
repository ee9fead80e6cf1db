from odoo import SUPERUSER_ID, api

from odoo.addons.l10n_co_certificate_activation.const import MODULE


def migrate(cr, version):
    """Hand to the lenders what borrowers decided on their own letters, and note who wrote receipts.

    Until now a manager of the borrower cleared a letter that could not be read, and any digital signature counted.
    Letters of what signs wait for the lender from now on; they go on signing meanwhile, unless the lender switches
    *Sign only after review* on.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    cr.execute(
        """
        UPDATE certificate_activation SET signed_letter_match = 'unread'
        WHERE signed_letter_match IN ('reviewed', 'signature') AND state IN ('process', 'active')
        """
    )
    cr.execute(
        """
        UPDATE certificate_activation SET letter_review = 'waiting'
        WHERE route = 'loan' AND signed_letter_match = 'unread'
          AND (state = 'active' OR state = 'process' AND switch_on IS NOT NULL)
        """
    )
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
    env.invalidate_all()
    # A rejected letter is corrected while its activation is active.
    rule = env.ref(f"{MODULE}.certificate_activation_rule_state", raise_if_not_found=False)
    if rule:
        rule.domain_force = (
            "['|', ('state', 'in', ('pay', 'process')), "
            "'&', ('state', '=', 'active'), ('letter_review', '=', 'rejected')]"
        )
