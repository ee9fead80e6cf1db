from dateutil.relativedelta import relativedelta

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import formatLang

from .payment import OPEN_STATUSES


class CertificateActivation(models.Model):
    """A payment made elsewhere: where it is looked for, and why what was found does not count."""

    _inherit = "certificate.activation"

    def _take_payment_made_elsewhere(self):
        """Take an invoice of the seller that is paid, or whose payment is on its way, in place of one that is not.

        Otherwise the page would offer to buy what is being paid elsewhere.
        """
        activation = self._trusted()
        abandoned = activation.payment_move_id
        # Search even while a receipt waits for approval, but not once it is approved.
        if (
            not activation.needs_payment
            or activation.payment_status == "paid"
            or abandoned._get_certificate_payment_status() not in OPEN_STATUSES
        ):
            return
        if found := activation._find_payment_move() or activation._find_payment_on_its_way():
            activation.payment_move_id = found
            abandoned.filtered(lambda move: move.state == "draft").button_cancel()

    def _take_issued_invoice(self):
        """Take an invoice that the seller has issued and sent already, so that nobody pays another one.

        :return: whether there is one of the price that was shown
        :rtype: bool
        """
        activation = self._trusted()
        price = activation.price_total
        for move in activation._get_payment_candidates().filtered(lambda it: it.state == "posted"):
            is_open = activation._get_payment_refusal(move) in ("to_pay", "failed", "partial")
            if is_open and move.currency_id.compare_amounts(move.amount_total, price) == 0:
                activation.payment_move_id = move
                return True
        return False

    def _get_payment_moves_domain(self):
        """Search the invoices of the seller to this company, in sudo mode."""
        self.ensure_one()
        return [
            ("company_id", "=", self.seller_id.id),
            ("move_type", "=", "out_invoice"),
            ("partner_id", "in", self.company_id.partner_id._find_certificate_payers().ids),
        ]

    def _get_payment_candidates(self):
        """Return the seller's invoices to this company for the certificate, the latest first.

        :rtype: account.move
        """
        product = self._get_product(self.seller_id)
        if not product:
            return self.env["account.move"]
        return self.env["account.move"].search_fetch(
            [
                *self._get_payment_moves_domain(),
                ("invoice_line_ids.product_id", "=", product.id),
            ],
            order="invoice_date desc, id desc",
        )

    def _get_abandoned_moves(self):
        """Return the invoices that were made for this activation and gave way to another one."""
        return self.env["account.move"].search(
            [
                *self._get_payment_moves_domain(),
                ("invoice_origin", "=", self.name),
                ("state", "=", "cancel"),
                (
                    "transaction_ids",
                    "any",
                    [("state", "=", "done"), ("company_id", "parent_of", self.seller_id.id)],
                ),
                ("id", "!=", self.payment_move_id.id),
            ]
        )

    def _find_payment_move(self):
        """Find an invoice of the seller to this company that is paid and pays nothing else yet.

        :return: an invoice of the last year, or an empty record
        :rtype: account.move
        """
        return next(
            (
                move
                for move in self._get_payment_candidates()
                if not self._get_payment_refusal(move)
            ),
            self.env["account.move"],
        )

    def _find_payment_on_its_way(self):
        """Find an invoice of the seller to this company that somebody has paid, and that the seller is still to book.

        :return: one that pays nothing else, or an empty record
        :rtype: account.move
        """
        return next(
            (
                move
                for move in self._get_payment_candidates()
                if move != self.payment_move_id
                and not move._get_certificate_activation()
                and self._get_payment_refusal(move) in ("pending", "recording")
            ),
            self.env["account.move"],
        )

    def _get_payment_refusal(self, move):
        """Tell why an invoice does not pay this activation.

        :param move: one of the payment candidates
        :return: `draft`, `used`, `old`, or the payment status that is not `paid`; None when it pays
        :rtype: str | None
        """
        status = move._get_certificate_payment_status()
        if move.state == "draft":
            return "draft" if status == "to_pay" else status
        if move._get_certificate_activation() - self:
            return "used"
        # One that was never issued may have no day at all.
        day = move._get_certificate_day()
        if day and day <= self._get_today() - relativedelta(years=1):
            return "old"
        return None if status == "paid" else status

    def _is_own_invoice(self, move):
        """Tell whether a move is an invoice to this company, of which the seller may have made something else.

        :rtype: bool
        """
        payers = self.company_id.partner_id._find_certificate_payers()
        return move.move_type == "out_invoice" and move.partner_id in payers

    def _check_payer(self):
        """Check that what pays is still this company's: it may have been found by a NIT that changed since.

        :raise UserError: for an invoice to somebody else
        """
        activation = self.sudo()
        invoice, company = activation.payment_move_id, activation.company_id
        if not invoice or activation._get_deciding_receipt():
            return
        if not activation._is_own_invoice(invoice):
            raise UserError(
                self.env._(
                    "Invoice %(name)s is not to %(company)s, whose NIT is %(nit)s now. Correct the NIT, or ask a "
                    "manager to cancel this activation.",
                    name=invoice.name or "",
                    company=company.name,
                    nit=company.vat or "-",
                )
            )

    def _explain_payment(self):
        """Say what was looked at to find the payment, and why none of it counts.

        :return: whole sentences; what is the company's own only
        :rtype: list[str]
        """
        self.ensure_one()
        activation = self._trusted()
        seller, product = activation.seller_id, activation._get_product(activation.seller_id)
        if not product:
            return [
                self.env._("Nobody sells the certificate here, so there is no invoice to check.")
            ]
        # Those that were never issued and given up are of no interest.
        candidates = activation._get_payment_candidates().filtered(
            lambda move: move.state != "cancel" or move.posted_before
        )
        sentences = [activation._explain_payment_refusal(move) for move in candidates]
        if not candidates:
            sentences.append(
                self.env._(
                    "%(seller)s has no invoice of %(product)s to %(company)s.",
                    seller=seller.name,
                    product=product.name,
                    company=activation.company_id.name,
                )
            )
        others = (
            self.env["account.move"]
            .sudo()
            .search_count(
                [
                    *activation._get_payment_moves_domain(),
                    ("state", "=", "posted"),
                    ("id", "not in", candidates.ids),
                ]
            )
        )
        if others == 1:
            sentences.append(self.env._("Its other invoice to you is for another product."))
        elif others:
            sentences.append(
                self.env._(
                    "Its %(count)s other invoices to you are for other products.", count=others
                )
            )
        payments = (
            self.env["account.payment"]
            .sudo()
            .search(
                [
                    ("company_id", "=", seller.id),
                    (
                        "partner_id",
                        "in",
                        activation.company_id.partner_id._find_certificate_payers().ids,
                    ),
                    ("payment_type", "=", "inbound"),
                    ("state", "in", ("in_process", "paid")),
                    ("is_reconciled", "=", False),
                    ("invoice_ids", "=", False),
                ]
            )
        )
        sentences += [
            self.env._(
                "Your payment of %(amount)s of %(date)s belongs to no invoice yet: ask %(seller)s to assign it.",
                amount=formatLang(self.env, payment.amount, currency_obj=payment.currency_id),
                date=self._format_date(payment.date),
                seller=seller.name,
            )
            for payment in payments
        ]
        return sentences

    def _explain_payment_refusal(self, move):
        """Say in one sentence why an invoice does not pay this activation."""
        name = move._get_certificate_number()
        date = self._format_date(move._get_certificate_day())
        if move == self.payment_move_id:
            if move.state == "draft":
                return self.env._("Your invoice: %s", self.payment_sentence)
            return self.env._(
                "Invoice %(name)s: %(sentence)s", name=name, sentence=self.payment_sentence
            )
        refusal = self._get_payment_refusal(move)
        sentences = {
            "draft": self.env._(
                "An invoice to you is not issued yet: ask the seller to confirm it."
            ),
            "used": self.env._(
                "Invoice %(name)s of %(date)s has already been used to pay for %(activation)s.",
                name=name,
                date=date,
                activation=(move._get_certificate_activation() - self)[:1].name,
            ),
            "old": self.env._(
                "Invoice %(name)s of %(date)s is more than a year old.", name=name, date=date
            ),
            "reversed": self.env._(
                "The payment of invoice %(name)s of %(date)s was returned.", name=name, date=date
            ),
            "void": self.env._("Invoice %(name)s of %(date)s was cancelled.", name=name, date=date),
            "test": self.env._(
                "Invoice %(name)s of %(date)s has a test payment only.", name=name, date=date
            ),
            "partial": self.env._(
                "Invoice %(name)s of %(date)s is paid in part: %(due)s is missing.",
                name=name,
                date=date,
                due=self._format_money(move._get_amount_due()),
            ),
            "recording": self.env._(
                "The payment of invoice %(name)s of %(date)s is confirmed; the seller still has to book it.",
                name=name,
                date=date,
            ),
            "pending": self.env._(
                "The payment of invoice %(name)s of %(date)s is being processed.",
                name=name,
                date=date,
            ),
        }
        return sentences.get(
            refusal,
            self.env._("Invoice %(name)s of %(date)s is not paid.", name=name, date=date),
        )
