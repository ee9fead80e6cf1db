def migrate(cr, version):
    """Note which companies have sold certificates: what others write of theirs is checked."""
    cr.execute(
        """
        UPDATE res_company SET certificate_has_sold = TRUE
        WHERE certificate_product_id IS NOT NULL
           OR certificate_request_product_id IS NOT NULL
           OR id IN (
                SELECT company_id FROM account_move
                WHERE id IN (SELECT payment_move_id FROM certificate_activation)
           )
        """
    )
