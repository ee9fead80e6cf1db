from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ...const import UNPAID
from ...exceptions import SALE, make_remedy_error
from ...tools import identity
from ..core.aftermath import shielded

# The total of a draft invoice that cannot be brought to today's price any more.
LOCKED = -1
# In these something is still to be bought or paid.
PAYABLE_STATUSES = (*UNPAID, "partial")


class CertificateActivation(models.Model):
    """The offer: today's price, the draft invoice that waits for payment, and whether the company can buy."""

    _inherit = "certificate.activation"

    price_untaxed = fields.Monetary(compute="_compute_offer", compute_sudo=True)
    price_tax = fields.Monetary(compute="_compute_offer", compute_sudo=True)
    price_withheld = fields.Monetary(
        string="Withholdings",
        compute="_compute_offer",
        compute_sudo=True,
        help="What the buyer withholds and does not pay.",
    )
    price_total = fields.Monetary(compute="_compute_offer", compute_sudo=True)
    is_for_sale = fields.Boolean(compute="_compute_offer", compute_sudo=True)
    sale_refusal = fields.Char(
        compute="_compute_offer",
        compute_sudo=True,
        help="Why the certificate cannot be bought now; empty when it can, or when there is nothing to buy.",
    )

    cart_total = fields.Monetary(
        readonly=True,
        copy=False,
        help="The total of the draft invoice as created here; a different total means that the seller edited it.",
    )

    # === COMPUTE METHODS === #

    # Apart from the seller, which every step needs: computing a price builds an invoice.
    @api.depends("payment_move_id", "company_id", "state")
    @api.depends_context("lang")
    def _compute_offer(self):
        for activation in self:
            invoice = activation.payment_move_id
            price, refusal = activation._get_offer()
            if invoice:
                price = {
                    "untaxed": invoice.amount_untaxed,
                    "withheld": invoice._get_withheld_amount() if activation.state == "pay" else 0,
                    "total": invoice.amount_total,
                }
            activation.price_untaxed = price["untaxed"]
            activation.price_withheld = price["withheld"]
            activation.price_tax = price["total"] - price["untaxed"] + price["withheld"]
            activation.price_total = price["total"]
            activation.sale_refusal = refusal
            activation.is_for_sale = price["total"] > 0 and not refusal

    # === BUSINESS METHODS === #

    def _get_product(self, seller):
        """Return the product that a seller sells for this route; a payment counts for that product alone.

        :param seller: `res.company`
        :rtype: product.product
        """
        return self._get_route().get_product(seller)

    def _get_offer(self):
        """Return what this company would be charged today, and why it cannot buy.

        :return: the price, as returned by `res.company._get_certificate_price`, and one sentence for the buyer
        :rtype: tuple[dict, str | bool]
        """
        self.ensure_one()
        activation = self.sudo()
        seller = activation.seller_id
        if not (
            activation.state == "pay"
            and activation._get_route().needs_payment
            and activation.payment_status in PAYABLE_STATUSES
        ):
            # No page shows it.
            return seller.browse()._get_certificate_price(), False
        if not seller:
            # Before what its own data lacks: whoever cannot buy need not complete them.
            owner_sentence = activation.company_id._get_certificate_owner_sentence()
            return seller._get_certificate_price(), owner_sentence or self.env._(
                "Nobody sells the certificate here yet. Ask your administrator to choose the seller in "
                "Settings, under Electronic Documents."
            )
        refusal = activation._get_buyer_refusal()
        price, problems = seller._get_certificate_offer(
            activation.route, activation.company_id.partner_id
        )
        if not refusal and any(problem["stops_sale"] for problem in problems):
            # The details are for the seller alone.
            refusal = self.env._(
                "%s cannot sell the certificate at the moment. Ask it to complete its settings, under Electronic "
                "Documents; what you entered is kept.",
                seller.name,
            )
        return price, refusal

    def _get_buyer_refusal(self):
        """Return why this company cannot buy from any seller.

        :rtype: str | bool
        """
        self.ensure_one()
        company = self.company_id.sudo()
        if sentence := company._get_certificate_owner_sentence():
            return sentence
        if not identity.format_nit(company.vat):
            return self.env._(
                "The certificate is issued for the NIT of your company: enter it with its check digit in the "
                "organisation profile, then buy."
            )
        return False

    def _check_for_sale(self):
        """Check that this company can buy, and its seller sell.

        :raise UserError: otherwise, with the remedy
        """
        self.invalidate_recordset(["sale_refusal"])
        if refusal := self.sale_refusal:
            if self.seller_id:
                raise UserError(refusal)
            raise make_remedy_error(self.env, refusal, SALE)

    def _create_payment_move(self):
        """Draft the seller's invoice. It stays a draft until the payment posts it."""
        self._write_cart(self.env["account.move"])

    def _write_cart(self, cart):
        """Create the seller's draft invoice at today's price, or update an existing one to it.

        :param cart: the draft `account.move`; empty to create one
        """
        activation = self._trusted()
        seller, partner = activation.seller_id, activation.company_id.partner_id
        product = activation._get_product(seller)
        price = seller._get_certificate_price(partner, product)
        vals = seller._prepare_certificate_move_vals(partner, product)
        vals["invoice_line_ids"][0][2]["price_unit"] = price["unit"]
        moves = seller._get_certificate_moves()
        if cart:
            cart = moves.browse(cart.id)
            cart.write(
                {
                    "fiscal_position_id": price["fiscal_position_id"],
                    "invoice_line_ids": [Command.clear(), *vals["invoice_line_ids"]],
                }
            )
        else:
            cart = moves.create({**vals, "invoice_origin": self.name})
        activation.write({"payment_move_id": cart.id, "cart_total": cart.amount_total})

    # === THE CART === #

    def _is_cart(self):
        """Tell whether the invoice is still as created here: not issued, and not edited by the seller.

        :rtype: bool
        """
        self.ensure_one()
        activation = self.sudo()
        invoice = activation.payment_move_id
        return bool(
            invoice.state == "draft"
            and not invoice.posted_before
            and invoice.invoice_origin == activation.name
            and len(invoice.invoice_line_ids) == 1
            and invoice.currency_id == invoice.company_id.currency_id
            and not invoice.currency_id.compare_amounts(
                invoice.amount_total, activation.cart_total or invoice.amount_total
            )
        )

    def _refresh_cart(self):
        """Update the draft invoice that waits for payment to today's price and today's seller."""
        activation = self._trusted()
        invoice = activation.payment_move_id
        if activation.state != "pay" or activation.payment_status not in ("to_pay", "failed"):
            return
        if not activation._is_own_invoice(invoice):
            # The seller has made it another one's, or a credit note: it is left to the seller.
            activation.payment_move_id = False
            return
        if not activation._is_cart():
            return
        seller = activation.company_id.certificate_seller_id
        if seller and seller != invoice.company_id:
            # Another company sells today, and invoices it.
            activation.payment_move_id = False
            invoice.button_cancel()
            return
        if activation._take_issued_invoice():
            # The seller has issued and sent one meanwhile: nobody pays both.
            invoice.button_cancel()
            return
        price, refusal = activation._get_offer()
        if refusal:
            return
        if invoice.invoice_line_ids.product_id != activation._get_product(
            invoice.company_id
        ) or invoice.currency_id.compare_amounts(price["total"], invoice.amount_total):
            # The seller may have locked it, such as while somebody validates it: then its price stays.
            with shielded(self.env, lambda _error: activation.write({"cart_total": LOCKED})):
                activation._write_cart(invoice)

    def _get_cart_sentence(self):
        """Return the sentence for an unpaid invoice: whether its price follows the price of today.

        :rtype: str
        """
        invoice = self.payment_move_id
        if invoice.state == "posted":
            return self.env._(
                "Invoice %s has not been paid yet. Its price stays, even if the certificate costs something else "
                "today.",
                invoice.name,
            )
        if not self._is_cart():
            return self.env._(
                "Your invoice is ready and not paid yet. The seller edited or locked it: its price stays, even if "
                "the certificate costs something else today."
            )
        return self.env._("Your invoice is ready and not paid yet.")
