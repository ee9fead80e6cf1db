from odoo import api, models

from .links import check_new_links


class AccountPayment(models.Model):
    _inherit = "account.payment"

    @api.model_create_multi
    def create(self, vals_list):
        payments = super().create(vals_list)
        check_new_links(payments)
        return payments

    def write(self, vals):
        result = super().write(vals)
        check_new_links(self, vals)
        # A payment without an entry of its own pays by its state alone.
        if "state" in vals:
            self.sudo().invoice_ids._follow_certificate_payment()
        return result
