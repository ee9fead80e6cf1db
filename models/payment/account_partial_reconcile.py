from odoo import api, models

from .links import check_links


class AccountPartialReconcile(models.Model):
    """Odoo has no rule by company here, and follows what the lines are of in sudo mode."""

    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        check_links(partials)
        return partials

    def write(self, vals):
        if not self.env["res.company"]._get_certificate_sellers():
            return super().write(vals)
        check_links(self, is_leaving=True)
        moves = (self.debit_move_id | self.credit_move_id).move_id
        result = super().write(vals)
        # What is written may be an amount, which is no link.
        check_links(self)
        (moves | (self.debit_move_id | self.credit_move_id).move_id)._follow_certificate_payment()
        return result

    def unlink(self):
        if not self.env["res.company"]._get_certificate_sellers():
            return super().unlink()
        check_links(self, is_leaving=True)
        moves = (self.debit_move_id | self.credit_move_id).move_id
        result = super().unlink()
        moves._follow_certificate_payment()
        return result
