from odoo import api, models
from odoo.exceptions import AccessError

from .links import check_links


class AccountPaymentMethod(models.Model):
    """The methods of payment are those of all companies, and Odoo lets whoever invoices change them."""

    _inherit = "account.payment.method"

    def write(self, vals):
        self._check_may_change()
        return super().write(vals)

    def unlink(self):
        self._check_may_change()
        return super().unlink()

    def _check_may_change(self):
        """Refuse that others than administrators change what every company's payments are booked by.

        :raise AccessError: when they do
        """
        if not self.env["res.partner"]._is_for([]):
            raise AccessError(
                self.env._(
                    "The payments of every company are recorded with these methods. Only an "
                    "administrator can change them."
                )
            )


class AccountPaymentMethodLine(models.Model):
    """Odoo has no rule by company here, and books what a provider collects where its first line is."""

    _inherit = "account.payment.method.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        check_links(lines)
        return lines

    def write(self, vals):
        check_links(self, is_leaving=True)
        result = super().write(vals)
        check_links(self)
        return result

    def unlink(self):
        check_links(self, is_leaving=True)
        return super().unlink()
