from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    """Settings of the seller of requests."""

    _inherit = "res.config.settings"

    certificate_request_product_id = fields.Many2one(
        related="company_id.certificate_request_product_id", readonly=False
    )
    certificate_request_price = fields.Float(
        related="certificate_request_product_id.list_price",
        string="Price of a request before taxes",
        readonly=False,
    )
    certificate_request_tax_ids = fields.Many2many(
        related="certificate_request_product_id.taxes_id",
        string="Taxes of a request",
        readonly=False,
    )
    certificate_request_price_total = fields.Monetary(
        string="A company pays for a request",
        compute="_compute_certificate_request_price_total",
        currency_field="currency_id",
        help="With taxes, in whole pesos.",
    )

    @api.depends(
        "company_id",
        "certificate_request_product_id",
        "certificate_request_price",
        "certificate_request_tax_ids",
    )
    def _compute_certificate_request_price_total(self):
        for settings in self:
            settings.certificate_request_price_total = settings._get_price_typed(
                "certificate_request"
            )
