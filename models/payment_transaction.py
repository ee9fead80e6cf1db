from odoo import models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    def _create_payment(self, **extra_create_values):
        """Override of `account_payment` to book a certificate's payment on the buying company.

        The engine books it on the partner of whoever was logged in, so that it would not reconcile
        with the invoice.
        """
        self.ensure_one()
        if self.invoice_ids._get_certificate_activation():
            extra_create_values["partner_id"] = self.invoice_ids.commercial_partner_id.id
        return super()._create_payment(**extra_create_values)
