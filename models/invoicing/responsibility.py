from odoo import api, fields, models


class ElectronicInvoicingResponsibility(models.Model):
    """A fiscal responsibility of DIAN's list, by which an electronic invoice describes its issuer."""

    _name = "electronic.invoicing.responsibility"
    _description = "Fiscal Responsibility"
    _inherit = ["certificate.input.mixin"]
    _order = "code"
    _rec_names_search = ["code", "name"]

    code = fields.Char(required=True, readonly=True)
    name = fields.Char(required=True, readonly=True, translate=True)

    _code_unique = models.UniqueIndex("(code)", "This fiscal responsibility already exists.")

    @api.depends("code", "name")
    def _compute_display_name(self):
        for responsibility in self:
            responsibility.display_name = f"{responsibility.code} {responsibility.name}"
