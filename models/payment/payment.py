import math

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date, formatLang
from odoo.tools.misc import hash_sign, verify_hash_signed

from ...const import (
    COLOMBIA_TZ,
    GROUP_MANAGER,
    GROUP_USER,
    MODULE,
    PAYMENT_NEXT,
    PAYMENT_STATUSES,
    PORTAL_PARAMETER,
    RECEIVED_PATH,
    UNPAID,
    WIZARD_PATH,
)
from ..core.addresses import get_page_path
from ..core.aftermath import shielded
from .account_move import ROUNDING

# In these nothing is on its way, so that a payment made elsewhere can take the place.
OPEN_STATUSES = (*UNPAID, "test")
# What a payment asks for next, one of `PAYMENT_NEXT`, by its status.
_NEXT = {
    "none": "buy",
    "to_pay": "buy",
    "reversed": "buy",
    "void": "buy",
    "failed": "retry",
    "partial": "rest",
    "paid": "continue",
}
# What a payment link is signed for: nothing else that Odoo signs opens the payment of a certificate.
PAYMENT_LINK_SCOPE = f"{MODULE}.payment"
PAYMENT_LINK_HOURS = 7 * 24


class CertificateActivation(models.Model):
    """The payment of an activation: bought online, or found where it was made."""

    _inherit = "certificate.activation"

    payment_move_id = fields.Many2one(
        "account.move", string="Invoice", readonly=True, copy=False, ondelete="restrict"
    )
    receipt_ids = fields.One2many("certificate.payment.receipt", "activation_id", readonly=True)
    payment_status = fields.Selection(
        PAYMENT_STATUSES, compute="_compute_payment_status", compute_sudo=True
    )
    payment_sentence = fields.Char(
        compute="_compute_payment_sentence",
        help="How far the payment has come and what happens next.",
    )
    payment_next = fields.Selection(
        PAYMENT_NEXT,
        string="Next",
        compute="_compute_payment_next",
        help="What the payment asks for; nothing can be bought that is not for sale.",
    )
    payment_reference = fields.Char(
        string="Reference", compute="_compute_payment", compute_sudo=True
    )
    payment_date = fields.Date(
        string="Paid on", compute="_compute_payment", compute_sudo=True, help="Date in Colombia."
    )
    payment_message = fields.Char(
        compute="_compute_payment",
        compute_sudo=True,
        help="What the payment provider said about the last transaction.",
    )
    payment_instructions = fields.Html(
        compute="_compute_payment_instructions",
        compute_sudo=True,
        help="Where to transfer the money to, as the seller says, while a transfer is expected.",
    )
    can_change_payment = fields.Boolean(
        compute="_compute_payment_instructions",
        compute_sudo=True,
        help="Only a transfer is expected: whoever announced it may pay by other means.",
    )
    payment_unsettled_on = fields.Datetime(
        readonly=True,
        copy=False,
        help="Since when the seller corrects what had paid this activation; empty while it is paid.",
    )
    payment_surplus = fields.Monetary(
        string="Charged too much",
        compute="_compute_payment_surplus",
        compute_sudo=True,
        help="What the seller received beyond the price: a credit of the company.",
    )
    seller_id = fields.Many2one("res.company", compute="_compute_seller", compute_sudo=True)
    currency_id = fields.Many2one("res.currency", compute="_compute_seller", compute_sudo=True)
    validity_months = fields.Integer(compute="_compute_seller", compute_sudo=True)
    accepts_receipts = fields.Boolean(
        string="Accept receipts",
        compute="_compute_seller",
        compute_sudo=True,
        help="Whether the receipt of a payment to an outside authority can take the place of one here.",
    )

    _payment_move_unique = models.UniqueIndex(
        "(payment_move_id) WHERE payment_move_id IS NOT NULL AND state != 'cancelled'",
        "This payment has already been used for another activation.",
    )

    # === COMPUTE METHODS === #

    @api.depends("payment_move_id", "receipt_ids.state")
    def _compute_payment_status(self):
        for activation in self:
            receipt = activation._get_deciding_receipt()
            activation.payment_status = receipt._get_payment_status() or (
                activation.payment_move_id._get_certificate_payment_status()
            )

    @api.depends("payment_move_id", "receipt_ids.state")
    def _compute_payment(self):
        for activation in self:
            invoice = activation.payment_move_id
            transactions = invoice._get_certificate_transactions()
            last = transactions[-1:]
            receipt = activation._get_deciding_receipt()
            if receipt:
                activation.payment_reference = receipt.reference
                activation.payment_date = receipt.payment_date
                activation.payment_message = False
                continue
            # The one that paid; a second charge may have come later.
            transaction = transactions.filtered(lambda tx: tx.state == "done")[:1] or last
            activation.payment_reference = ", ".join(
                filter(None, (invoice._get_certificate_number(), transaction.reference))
            )
            activation.payment_date = (
                self._get_day(transaction.last_state_change)
                if transaction
                else invoice._get_certificate_paid_on()
            )
            activation.payment_message = last.state_message

    @api.depends("payment_move_id", "receipt_ids.state")
    def _compute_payment_instructions(self):
        for activation in self:
            transfers = activation._get_expected_transfers()
            activation.can_change_payment = bool(transfers)
            activation.payment_instructions = transfers[-1:].provider_id.pending_msg

    @api.depends("payment_move_id")
    def _compute_payment_surplus(self):
        for activation in self:
            invoice = activation.payment_move_id
            surplus = (
                invoice._get_surplus() if activation.payment_status == "paid" and invoice else 0
            )
            # Given up when a payment was found elsewhere, and charged after all.
            for abandoned in activation._get_abandoned_moves():
                surplus += abandoned._get_held_amount()
            activation.payment_surplus = max(surplus, 0)

    @api.depends("payment_status")
    @api.depends_context("lang")
    def _compute_payment_sentence(self):
        for activation in self:
            activation.payment_sentence = activation._get_payment_sentence()

    @api.depends("payment_move_id", "company_id")
    def _compute_seller(self):
        for activation in self:
            invoice = activation.payment_move_id
            company = activation.company_id
            seller = invoice.company_id or company.certificate_seller_id
            # Whoever asks for the one asks for the other, too: one query reads both.
            seller = seller.with_prefetch((*seller.ids, *company.ids))
            activation.seller_id = seller
            activation.currency_id = (
                invoice.currency_id or seller.currency_id or company.currency_id
            )
            activation.validity_months = seller._get_certificate_validity_months()
            # What is asked for here is bought here.
            # Whoever pays elsewhere borrows here: without a lender there is no letter to sign.
            activation.accepts_receipts = bool(
                activation._get_route().accepts_receipts
                and seller.certificate_accept_receipts
                and seller.sudo().certificate_lent_id
            )

    @api.depends("payment_status")
    def _compute_payment_next(self):
        for activation in self:
            step = _NEXT.get(activation.payment_status)
            if activation.can_change_payment:
                step = "change"
            is_possible = step in ("change", "continue") or activation.is_for_sale
            activation.payment_next = is_possible and step

    # === ACTION METHODS === #

    def action_verify_payment(self):
        """Look again whether the certificate is paid, also for a payment made elsewhere.

        :return: whether it is paid; `_explain_payment` tells why not
        :rtype: bool
        """
        self._lock(GROUP_USER)
        if self.state == "pay":
            self._verify_payment()
        return self.payment_status == "paid"

    def action_pay(self):
        """Invoice the certificate when it is not yet, and lead to the payment page.

        :return: the action that opens the payment page, or the wizard when nothing is to be paid
        :rtype: dict
        :raise UserError: while a payment is pending, or when nobody sells the certificate
        """
        if url := self._buy():
            return {"type": "ir.actions.act_url", "url": url, "target": "self"}
        return self.action_open_wizard()

    # === BUSINESS METHODS - STATUS === #

    @api.model
    def _get_day(self, moment):
        """Return the day in Colombia of a moment: a datetime in UTC, as Odoo stores it.

        :rtype: date | bool
        """
        in_colombia = self.with_context(tz=COLOMBIA_TZ)
        return moment and fields.Datetime.context_timestamp(in_colombia, moment).date()

    def _get_payment_next_label(self):
        """Return what the button says by which the payment goes on."""
        return dict(self._fields["payment_next"]._description_selection(self.env))[
            self.payment_next
        ]

    def _format_money(self, amount):
        self.ensure_one()
        return formatLang(self.env, amount, currency_obj=self.currency_id)

    def _format_date(self, date):
        return format_date(self.env, date, date_format="long") if date else ""

    def _get_deciding_receipt(self):
        """Return the receipt, in sudo mode, when it and no invoice says how far the payment has come.

        :rtype: certificate.payment.receipt
        """
        self.ensure_one()
        receipt = self.sudo().receipt_ids
        if not receipt:
            return receipt
        status = self.sudo().payment_move_id._get_certificate_payment_status()
        decides = {
            "approved": status != "paid",
            "waiting": status in OPEN_STATUSES,
            "rejected": status == "none",
        }
        return receipt if decides.get(receipt.state) else receipt.browse()

    def _get_payment_sentence(self):
        """Say in one sentence how far the payment has come and what happens next.

        :rtype: str
        """
        self.ensure_one()
        activation = self.sudo()
        if receipt := activation._get_deciding_receipt():
            return receipt._get_sentence()
        invoice, status = activation.payment_move_id, activation.payment_status
        # Amounts and dates of what is said alone: a price takes taxes and their rounding.
        if status == "pending":
            return activation._get_pending_sentence()
        if status == "recording" and invoice._is_certificate_corrected():
            return self.env._(
                "Your invoice is being corrected by the seller, %s. Your payment is kept, and you need not do "
                "anything.",
                invoice.company_id.name,
            )
        if (
            status == "reversed"
            and invoice._get_held_amount() > ROUNDING
            and invoice._get_owed() > ROUNDING
        ):
            return self.env._(
                "%(returned)s of your payment was returned, so the certificate is not paid; the other %(amount)s is a "
                "credit with %(seller)s. Ask it to return that as well, or to use it for a new invoice.",
                returned=self._format_money(
                    -sum(invoice._get_certificate_refunds().mapped("amount"))
                ),
                amount=self._format_money(invoice._get_held_amount()),
                seller=invoice.company_id.name,
            )
        if status in ("reversed", "void") and invoice._get_held_amount() > ROUNDING:
            return self.env._(
                "The invoice of your certificate was cancelled, and %(amount)s of your money is a credit with "
                "%(seller)s. Ask it to return the money, or to use it for a new invoice.",
                amount=self._format_money(invoice._get_held_amount()),
                seller=invoice.company_id.name,
            )
        if status == "partial":
            return self.env._(
                "%(paid)s of %(total)s is paid. Pay the rest to continue.",
                paid=self._format_money(invoice._get_settled_amount()),
                total=self._format_money(invoice._get_owed()),
            )
        if status == "paid":
            return self.env._(
                "The certificate is paid: %(amount)s on %(date)s, reference %(reference)s.",
                amount=self._format_money(activation.price_total),
                date=self._format_date(activation.payment_date),
                reference=activation.payment_reference,
            )
        if status == "to_pay":
            return activation._get_cart_sentence()
        sentences = {
            "none": self.env._(
                "The certificate is not paid yet. Buy it online; if you already paid, verify the payment."
            ),
            "recording": self.env._(
                "Your payment is confirmed; the seller still has to book it. You need not pay anything more, and "
                "we will tell you by email when you can continue."
            ),
            "failed": self.env._("The payment was not completed. You can try again."),
            "test": self.env._(
                "This was a test payment: no money moved, and it activates no certificate. Ask the seller."
            ),
            "reversed": self.env._(
                "The payment was returned. Buy the certificate again to continue."
            )
            if self.state == "pay"
            else self.env._("The payment was returned after it had been used here."),
            "void": self.env._("The invoice was cancelled. Buy the certificate again to continue.")
            if self.state == "pay"
            else self.env._("The invoice was cancelled after it had been used here."),
        }
        return sentences[status]

    def _get_pending_sentence(self):
        """Say what is awaited, and what the buyer can do meanwhile; of an activation in sudo mode.

        :rtype: str
        """
        invoice = self.payment_move_id
        if transfers := self._get_expected_transfers():
            return self.env._(
                "Transfer %(amount)s to the account of %(seller)s, with the reference %(reference)s. It is "
                "confirmed when the money arrives, usually within two working days: you can close this page, and "
                "we will tell you by email. You can also pay in another way instead.",
                amount=self._format_money(invoice._get_amount_due()),
                seller=invoice.company_id.name,
                reference=transfers[-1:]._get_communication(),
            )
        facts = {
            "reference": self.payment_reference,
            "date": self._format_date(self.payment_date),
            "seller": invoice.company_id.name,
        }
        waiting = invoice._get_certificate_transactions().filtered(
            lambda tx: tx.state in ("pending", "authorized")
        )
        if waiting and set(waiting.mapped("state")) == {"authorized"}:
            return self.env._(
                "Your payment %(reference)s was authorized on %(date)s, and %(seller)s still has to collect it. "
                "You can close this page, and we will tell you by email.",
                **facts,
            )
        return self.env._(
            "Your payment %(reference)s has been in process since %(date)s. PSE and cash can take a few hours: "
            "you can close this page, and we will tell you by email. If you abandoned that payment, ask a "
            "manager of your company to discard it here, then pay again.",
            **facts,
        )

    # === BUSINESS METHODS - PAYMENT === #

    def _note_payment_seller(self, _vals):
        """Note which companies these activations pay: what others write of theirs is checked from now on."""
        self.sudo().payment_move_id.company_id._note_certificate_sale()

    def _get_expected_transfers(self):
        """Return the announced wire transfers, in sudo mode, when nothing else is on its way.

        :rtype: payment.transaction
        """
        self.ensure_one()
        activation = self.sudo()
        none = self.env["payment.transaction"].sudo()
        if activation.payment_status != "pending" or activation._get_deciding_receipt():
            return none
        waiting = activation.payment_move_id._get_certificate_transactions().filtered(
            lambda tx: tx.state in ("pending", "authorized")
        )
        return waiting if set(waiting.mapped("provider_code")) == {"custom"} else none

    def _get_receipt(self):
        """Return the receipt of this activation, and make an empty one where one can be attached.

        :rtype: certificate.payment.receipt
        """
        self.ensure_one()
        receipts = self.receipt_ids
        if receipts.state == "draft" and not self.accepts_receipts:
            return receipts.browse()
        if receipts or self.state != "pay" or not self.accepts_receipts:
            return receipts
        return receipts._create_once({"activation_id": self.id})

    def _verify_payment(self):
        """Bring the payment up to date: book what the provider confirmed, find what was paid elsewhere."""
        activation = self._trusted()
        # The page opens whatever state the seller's books are in.
        with shielded(self.env, activation.payment_move_id._report_certificate_problem):
            if activation.payment_status == "recording":
                activation.payment_move_id._get_certificate_to_book()._post_process()
            else:
                activation._take_payment_made_elsewhere()
                activation._refresh_cart()
        activation.invalidate_recordset()

    def _buy(self):
        """Invoice the certificate when it is not yet.

        :return: the address of the payment page; nothing when nothing is to be paid
        :rtype: str | None
        :raise UserError: while a payment is pending, or when nobody sells the certificate
        """
        self._lock(GROUP_USER)
        self._verify_payment()
        if self.state != "pay" or self.payment_status in ("paid", "test"):
            return None
        if self.payment_status in ("pending", "recording") and not self.can_change_payment:
            raise UserError(
                self.env._("A payment is being processed. Wait for its result before paying again.")
            )
        self._check_for_sale()
        if (
            self.payment_move_id.sudo()._get_certificate_payment_status()
            in ("none", "reversed", "void")
            and not self._take_issued_invoice()
        ):
            self._create_payment_move()
        return self._get_payment_url()

    def _check_transaction(self, provider_id, invoices, **kwargs):
        """Check what the payment page asks for, which comes from the browser.

        :param int provider_id: the provider that is to collect
        :param invoices: `account.move`, all that are paid together
        :param dict kwargs: of `PaymentPortal._create_transaction`
        :raise UserError: when it is not what the wizard offered, or is offered no more
        """
        self.ensure_one()
        self._check_unpaid()
        invoice = self.payment_move_id
        # What was archived while the page was open.
        self._check_for_sale()
        providers = self.env["payment.provider"].sudo()
        # Neither has to be a number: whoever writes the request may send anything.
        is_id = type(provider_id) is int and 0 < provider_id < 2**31
        provider = providers.browse(provider_id if is_id else ()).exists()
        amounts = (
            invoice._get_payable_amounts()
            if invoices == invoice
            else [sum(invoices.mapped("amount_residual"))]
        )
        amount = self._parse_browser_amount(kwargs.get("amount"))
        if (
            not provider
            or not self._is_own_invoice(invoice)
            or invoices.company_id != invoice.company_id
            or not any(invoice.currency_id.compare_amounts(amount, one) == 0 for one in amounts)
            or not self._is_landing_route(kwargs.get("landing_route"))
            or kwargs.get("is_validation")
            # A card that is saved, or would be, is a person's and not the company's.
            or kwargs.get("token_id")
            or kwargs.get("tokenization_requested")
            or kwargs.get("flow") not in ("direct", "redirect")
            or provider.company_id not in invoice.company_id.parent_ids
            or provider.state == "disabled"
            or provider not in (invoice.company_id.certificate_provider_id or provider)
        ):
            raise ValidationError(
                self.env._(
                    "This payment is not the one that was offered. "
                    "Open Activate your digital certificate again and buy from there."
                )
            )

    @staticmethod
    def _parse_browser_amount(amount):
        """Return an amount that came with a request; 0, which nobody pays, for what is none.

        :rtype: float
        """
        try:
            amount = float(amount or 0)
        except (TypeError, ValueError, OverflowError):
            return 0.0
        return amount if math.isfinite(amount) else 0.0

    def _check_unpaid(self):
        """Check that a payment can start: a page that was left open in another tab offers it still.

        :raise ValidationError: with what has become of the payment meanwhile
        """
        status = self.payment_move_id._get_certificate_payment_status()
        if status in ("to_pay", "failed", "partial") or self.can_change_payment:
            return
        if status in ("paid", "test"):
            raise ValidationError(
                self.env._(
                    "This certificate is already paid, and nothing was charged again. You can close this page."
                )
            )
        raise ValidationError(
            self.env._("Nothing was charged again. %s", self._get_payment_sentence())
        )

    def _change_means(self, transaction):
        """Expect no transfer any more: whoever announced it has chosen other means.

        :param transaction: `payment.transaction` in sudo mode, the one that was just started
        """
        former = self.payment_move_id._get_certificate_transactions() - transaction
        former.filtered(
            lambda tx: tx.state == "pending" and tx.provider_code == "custom"
        )._set_canceled(self.env._("Another way to pay was chosen."))

    def _is_landing_route(self, route):
        """Tell whether a page of this payment leads there; an invoice that was sent has one, too."""
        self.ensure_one()
        if route in (WIZARD_PATH, RECEIVED_PATH, self._get_portal_path(), "/my/invoices/"):
            return True
        invoice = self.payment_move_id
        return invoice.state == "posted" and route == invoice.get_portal_url()

    def _get_payment_url(self):
        """Return the address of Odoo's payment page for what is still to be paid."""
        invoice = self.payment_move_id.sudo()
        amount = invoice._get_amount_due()
        token = self._get_payment_token(amount)
        # In the user's language, when the site has it; a visitor's is the page's.
        code = self.env.lang if self._get_portal_access() else self.env.user.lang
        path = get_page_path(self.env, "/payment/pay", code)
        url = f"{path}?invoice_id={invoice.id}&amount={amount}&access_token={token}"
        return f"{url}&{PORTAL_PARAMETER}=1" if self._get_portal_access() else url

    def _get_payment_token(self, amount):
        """Sign what may be paid with a link: this activation's invoice, so much, for some days.

        Odoo's own signature names a partner, an amount and a currency, whoever chooses them; and the
        invoice's permanent token would open it for whoever has once had a link.

        :param float amount: what the page asks for, in the invoice's currency
        :rtype: str
        """
        self.ensure_one()
        return hash_sign(
            self.sudo().env,
            PAYMENT_LINK_SCOPE,
            self._get_payment_terms(amount),
            expiration_hours=PAYMENT_LINK_HOURS,
        )

    def _read_payment_token(self, token):
        """Return the amount that a link was made for.

        :param str token: what came with the request
        :return: None for a token that was not made for this invoice as it is, or has ended
        :rtype: float | None
        """
        self.ensure_one()
        try:
            terms = verify_hash_signed(self.sudo().env, PAYMENT_LINK_SCOPE, token)
        except (AttributeError, TypeError, ValueError):
            return None
        amount = terms[-1] if terms else None
        return amount if terms and terms == self._get_payment_terms(amount) else None

    def _get_payment_terms(self, amount):
        """Return what a payment link stands for, the amount last."""
        invoice = self.sudo().payment_move_id
        return [self.id, invoice.id, invoice.partner_id.id, invoice.currency_id.id, amount]

    def _discard_payment(self, reason):
        """Stop waiting for a pending payment, so that the company can pay again.

        The transaction becomes an error and not cancelled: a provider that confirms it after all is
        still heard, and its money is not lost.

        :param str reason: as the manager typed it; kept in the history
        :raise UserError: when nothing is pending, or without a reason
        """
        self._lock(GROUP_MANAGER)
        pending = (
            self.sudo()
            .payment_move_id._get_certificate_transactions()
            .filtered(lambda tx: tx.state in ("pending", "authorized"))
        )
        if not pending:
            raise UserError(self.env._("There is no pending payment now. Reload the page."))
        if not (reason or "").strip():
            raise UserError(self.env._("Explain why the payment is discarded."))
        self._trusted().message_post(
            body=self.env._(
                "Pending payment %(reference)s discarded: %(reason)s",
                reference=", ".join(pending.mapped("reference")),
                reason=reason.strip(),
            )
        )
        pending._set_error(reason.strip())
        self.invalidate_recordset()
