from odoo import api, models


class AccountPaymentRegister(models.TransientModel):
    _inherit = "account.payment.register"

    @api.depends("line_ids")
    def _compute_suitable_payment_token_ids(self):  # pylint: disable=missing-return
        """Override of `account_payment` to offer no saved card for a certificate.

        Odoo chooses the first of them, so that a click would charge it.
        """
        super()._compute_suitable_payment_token_ids()
        for wizard in self:
            if wizard.line_ids.move_id._get_certificate_activation():
                wizard.suitable_payment_token_ids = False
