from odoo import api, models
from odoo.exceptions import AccessError


class CertificateAttributeMixin(models.AbstractModel):
    """Rows that make the variants of a product and add to its price, and belong to no company.

    Odoo keeps others from the seller's product itself, and lets whoever may create products write these
    for any product: the certificate would cost what they say, or its variant would be sold no more.
    """

    _name = "certificate.attribute.mixin"
    _description = "Attributes of What Is Sold"

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        rows._check_sold_product()
        return rows

    def write(self, vals):
        # (Odoo lets none of them move to another product.)
        self._check_sold_product()
        return super().write(vals)

    def unlink(self):
        self._check_sold_product()
        return super().unlink()

    def _check_sold_product(self):
        """Refuse that strangers change by what another company sells certificates.

        :raise AccessError: when they do
        """
        if not self.env["res.company"]._get_certificate_sellers():
            return
        templates, partners = self.sudo().product_tmpl_id, self.env["res.partner"]
        foreign = templates.company_id.filtered(lambda company: not partners._is_for(company.ids))
        if templates & foreign._get_certificate_products().product_tmpl_id:
            # Without its name, which others may not read.
            raise AccessError(
                self.env._(
                    "This product sells a certificate: only users of the company that sells it "
                    "can change its attributes and their prices."
                )
            )


class ProductTemplateAttributeLine(models.Model):
    _name = "product.template.attribute.line"
    _inherit = ["product.template.attribute.line", "certificate.attribute.mixin"]


class ProductTemplateAttributeValue(models.Model):
    _name = "product.template.attribute.value"
    _inherit = ["product.template.attribute.value", "certificate.attribute.mixin"]
