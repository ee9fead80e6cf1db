from odoo import api, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    @api.constrains("company_id")
    def _check_sold_company(self):
        """Keep the product of a certificate with its seller: users of its company can change its price."""
        if not self.env["res.company"]._get_certificate_sellers():
            return
        products = self.sudo().with_context(active_test=False).product_variant_ids
        sellers = self.env["res.company"].sudo().with_context(active_test=False)
        for seller in sellers.search(
            [
                "|",
                ("certificate_product_id", "in", products.ids),
                ("certificate_request_product_id", "in", products.ids),
            ]
        ):
            seller._check_certificate_product_id()
