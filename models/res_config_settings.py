from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    certificate_seller_id = fields.Many2one(
        related="company_id.certificate_seller_id", readonly=False
    )
    is_certificate_seller = fields.Boolean(compute="_compute_is_certificate_seller")
    certificate_product_id = fields.Many2one(
        related="company_id.certificate_product_id", readonly=False
    )
    certificate_lent_id = fields.Many2one(related="company_id.certificate_lent_id", readonly=False)
    certificate_validity_months = fields.Integer(
        related="company_id.certificate_validity_months", readonly=False
    )
    certificate_accept_test_payments = fields.Boolean(
        related="company_id.certificate_accept_test_payments", readonly=False
    )

    @api.depends("certificate_seller_id", "company_id")
    def _compute_is_certificate_seller(self):
        for settings in self:
            settings.is_certificate_seller = settings.certificate_seller_id == settings.company_id
