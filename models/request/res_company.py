from odoo import fields, models

from ...const import GROUP_CUSTODIAN


class ResCompany(models.Model):
    """What the seller sells beside the lent certificate: requests to an authority for a company's
    own certificate.
    """

    _inherit = "res.company"

    certificate_request_product_id = fields.Many2one(
        "product.product",
        string="Requested certificate",
        domain="[('company_id', '=', id), ('type', '=', 'service'), ('sale_ok', '=', True)]",
        help="The product that a company buys to request a certificate of its own. It must belong to "
        "the seller alone. While it is empty, nobody can request one.",
        prefetch="certificate",
    )

    def _get_certificate_products(self):
        """Return all the certificate products that these companies sell.

        :rtype: product.product
        """
        return self.certificate_product_id | self.certificate_request_product_id

    def _sells_certificate_requests(self):
        """Tell whether this company sells requests: with a price, and an authority to send them to.

        What they cost, and whether all is there to buy one, is said where they are bought.

        :rtype: bool
        """
        seller = self.sudo()
        product = seller.certificate_request_product_id
        return bool(
            product.active
            and seller.active
            and product.list_price > 0
            and self.env["certificate.authority"].sudo().search_count([], limit=1)
        )

    def _get_certificate_custodians(self):
        """Return the users responsible for the certificates of this company, who also process its
        requests.

        :rtype: res.users
        """
        self.ensure_one()
        return self._map_certificate_users(GROUP_CUSTODIAN)[self]
