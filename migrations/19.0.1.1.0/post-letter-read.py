from odoo.addons.l10n_co_certificate_activation.const import SELLER_PARAMETER


def migrate(cr, version):
    """Take the letter as read by sellers whose clients have downloaded it, if the text is their own: it stays.

    Nobody has read the default text of this version yet.
    """
    cr.execute(
        """
        WITH downloaded AS (
            SELECT payment_move_id, certificate_id FROM certificate_activation
            WHERE letter_downloaded_on IS NOT NULL
        )
        UPDATE res_company SET certificate_letter_read_on = NOW() AT TIME ZONE 'UTC'
        WHERE certificate_letter_read_on IS NULL AND certificate_letter_html IS NOT NULL AND id IN (
            SELECT company_id FROM account_move
            WHERE id IN (SELECT payment_move_id FROM downloaded)
            UNION
            SELECT company_id FROM certificate_certificate
            WHERE id IN (SELECT certificate_id FROM downloaded)
            UNION
            SELECT value::int FROM ir_config_parameter
            WHERE key = %s AND value ~ '^[0-9]{1,9}$' AND EXISTS (SELECT FROM downloaded)
        )
        """,
        [SELLER_PARAMETER],
    )
