from odoo import models


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def write(self, vals):
        result = super().write(vals)
        # A payment without an entry of its own pays by its state alone.
        if "state" in vals:
            self.sudo().invoice_ids._follow_certificate_payment()
        return result
