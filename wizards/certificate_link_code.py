from odoo import fields, models


class CertificateLinkCode(models.TransientModel):
    """Shows a pairing code once. It is stored nowhere: it comes in the action that opens the dialog."""

    _name = "certificate.link.code"
    _description = "Pairing Code"
    _inherit = ["certificate.input.mixin"]

    code = fields.Char(store=False, readonly=True)
    until = fields.Datetime(string="Valid until", store=False, readonly=True)
