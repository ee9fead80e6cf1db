from odoo import models

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
            if companies:
                self.env["certificate.activation"]._follow_letter_change("company", companies)
        return result
