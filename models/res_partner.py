from contextlib import suppress

from odoo import models

from odoo.addons.base.models.ir_qweb import QWebError

# What a letter may say of a company, which has it from its contact.
LETTER_FIELDS = frozenset(
    ("name", "vat", "street", "street2", "zip", "city", "state_id", "country_id", "email", "phone")
)


class ResPartner(models.Model):
    _inherit = "res.partner"

    def write(self, vals):
        result = super().write(vals)
        if LETTER_FIELDS & vals.keys():
            companies = self.env["res.company"].sudo().search([("partner_id", "in", self.ids)])
            # With a broken text nothing can be compared now: that is not the fault of whoever writes
            # an address, and is noticed when the letter is used.
            if companies:
                with suppress(QWebError):
                    self.env["certificate.activation"]._follow_letter_change("company", companies)
        return result
