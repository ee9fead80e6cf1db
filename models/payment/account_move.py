from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...const import ACTIVATION_STATES, MODULE, PAYMENT_LEVELS, PAYMENT_STATUSES
from ..core.aftermath import shown_beside
from ..core.ondelete_guard import ondelete_guard
from .links import OWNERS, check_new_links

# A difference of so many pesos is rounding: nobody owes it, and nobody asks for it.
ROUNDING = 1
# Context key of callers that follow a payment later: an object, which no client can send.
FOLLOW_LATER = object()


class AccountMove(models.Model):
    """The seller's invoice of a certificate: how far its payment has come, and whom it tells."""

    _inherit = "account.move"

    # For the seller, which may not read the activations of other companies.
    certificate_payment_status = fields.Selection(
        PAYMENT_STATUSES, string="Certificate payment", compute="_compute_certificate"
    )
    certificate_payment_level = fields.Char(compute="_compute_certificate")
    certificate_state = fields.Selection(
        ACTIVATION_STATES, string="State of the activation", compute="_compute_certificate"
    )
    certificate_activation_name = fields.Char(
        string="Activation",
        compute="_compute_certificate",
        help="The activation that this invoice pays for.",
    )
    certificate_date_end = fields.Date(
        string="Certificate until",
        compute="_compute_certificate",
        help="The last day on which it signs.",
    )
    certificate_surplus = fields.Monetary(
        string="Charged too much",
        compute="_compute_certificate",
        help="A charge beyond the total, such as a second one. Refund it from its payment.",
    )

    certificate_credited = fields.Monetary(
        string="Credited for the certificate",
        compute="_compute_certificate_booked",
        compute_sudo=True,
        help="What the invoice's own credit notes take off it. Credit notes of other sales are the client's "
        "money, and pay it.",
    )
    certificate_booked = fields.Monetary(
        string="Booked for the certificate",
        compute="_compute_certificate_booked",
        compute_sudo=True,
        help="The amount settled by entries of the invoice's own company or of a parent company.",
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "amount_residual",
        "reversal_move_ids.amount_total",
        "reversal_move_ids.state",
        "reversal_move_ids.reversal_move_ids.state",
        "line_ids.matched_credit_ids.debit_amount_currency",
        "line_ids.matched_credit_ids.credit_move_id.move_id.move_type",
        "line_ids.matched_credit_ids.credit_move_id.move_id.state",
    )
    def _compute_certificate_booked(self):
        """Sum what settles these invoices, and what takes them back, of their own company's rows.

        Not by the residual amounts, which count the entries of any company. A credit note takes an
        invoice back when it reverses it, or when it settles it, reverses nothing and is for one of its
        products. Any other one that settles it is a credit that the company had, and pays with.
        """
        entries, lines = self.env["account.move"], self.env["account.move.line"]
        partials = self.env["account.partial.reconcile"]
        entries.flush_model(
            ["amount_total", "company_id", "move_type", "reversed_entry_id", "state"]
        )
        lines.flush_model(["account_id", "move_id", "product_id"])
        partials.flush_model(
            ["credit_amount_currency", "credit_move_id", "debit_amount_currency", "debit_move_id"]
        )
        # A company above it: its bank and its providers collect for its branches.
        rows = self.env.execute_query(
            SQL(
                """
                SELECT invoice.id,
                    SUM(partial.amount) FILTER (WHERE partial.kind = 'payment'),
                    COALESCE(SUM(partial.amount) FILTER (WHERE partial.kind = 'copy'), 0) + COALESCE((
                        SELECT SUM(
                            CASE WHEN reversal.currency_id = invoice.currency_id
                                 THEN reversal.amount_total
                                 ELSE ABS(reversal.amount_total_signed) * invoice.amount_total
                                      / NULLIF(ABS(invoice.amount_total_signed), 0)
                            END
                        )
                        FROM account_move reversal
                        WHERE reversal.reversed_entry_id = invoice.id AND reversal.state = 'posted'
                          AND reversal.company_id = invoice.company_id
                          AND NOT EXISTS (
                            SELECT 1 FROM account_move undone
                            WHERE undone.reversed_entry_id = reversal.id AND undone.state = 'posted'
                          )
                    ), 0)
                FROM account_move invoice
                JOIN res_company company ON company.id = invoice.company_id
                LEFT JOIN LATERAL (
                    SELECT settled.amount, CASE
                        WHEN entry.reversed_entry_id = invoice.id THEN 'reversal'
                        WHEN entry.move_type = 'out_refund' AND entry.reversed_entry_id IS NULL AND EXISTS (
                            SELECT 1 FROM account_move_line sold
                            JOIN account_move_line given ON given.product_id = sold.product_id
                            WHERE sold.move_id = invoice.id AND given.move_id = entry.id
                        ) THEN 'copy'
                        ELSE 'payment' END AS kind
                    FROM account_move_line line
                    JOIN account_account account ON account.id = line.account_id
                        AND account.account_type IN ('asset_receivable', 'liability_payable')
                    JOIN LATERAL (
                        SELECT debit_amount_currency AS amount, credit_move_id AS other_id
                        FROM account_partial_reconcile WHERE debit_move_id = line.id
                        UNION ALL
                        SELECT -credit_amount_currency, debit_move_id
                        FROM account_partial_reconcile WHERE credit_move_id = line.id
                    ) settled ON TRUE
                    JOIN account_move_line other ON other.id = settled.other_id
                    JOIN account_move entry ON entry.id = other.move_id
                    JOIN res_company booking ON booking.id = entry.company_id
                        AND starts_with(company.parent_path, booking.parent_path)
                    WHERE line.move_id = invoice.id
                ) partial ON TRUE
                WHERE invoice.id IN %s
                GROUP BY invoice.id
                """,
                tuple(self._origin.ids) or (0,),
            )
        )
        booked = {invoice_id: values for invoice_id, *values in rows}
        for move in self:
            amount, credited = booked.get(move._origin.id, (0, 0))
            move.certificate_booked = amount or 0
            move.certificate_credited = credited or 0

    def _compute_certificate(self):
        # It stands in the form and the lists of every invoice.
        self.certificate_payment_status = self.certificate_payment_level = False
        self.certificate_state = False
        self.certificate_activation_name = self.certificate_date_end = False
        self.certificate_surplus = 0
        with shown_beside():
            activations = {
                activation.payment_move_id.id: activation
                for activation in self._get_certificate_activation()
            }
            none = self.env["certificate.activation"]
            for move in self.filtered(lambda move: move.move_type == "out_invoice"):
                activation = activations.get(move._origin.id, none)
                status = move._get_certificate_payment_status()
                move.certificate_payment_status = status
                move.certificate_payment_level = PAYMENT_LEVELS.get(status)
                move.certificate_state = activation.state
                move.certificate_activation_name = activation.name
                move.certificate_date_end = activation.date_end
                move.certificate_surplus = max(move._get_surplus(), 0) if status == "paid" else 0

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        moves = super().create(vals_list)
        check_new_links(moves)
        return moves

    def write(self, vals):
        companies = self.env["res.company"]
        is_moved = not OWNERS.isdisjoint(
            vals
        ) and not companies._get_certificate_sellers().isdisjoint(self.sudo().company_id.ids)
        result = super().write(vals)
        check_new_links(self, vals)
        if is_moved:
            self._get_certificate_activation()._note_payment_seller(vals)
        if "state" in vals:
            self._follow_certificate_payment()
        return result

    @ondelete_guard
    def _unlink_except_certificate_payment(self):
        """Keep what paid an activation that has begun; let go what only waited to be paid.

        :raise UserError: for an invoice by which a certificate was paid: the activation says so
        """
        activations = self.env["certificate.activation"].sudo()
        for activation in activations.search([("payment_move_id", "in", self.ids)]):
            if activation.state not in ("pay", "cancelled"):
                raise UserError(
                    self.env._(
                        "This invoice paid for the digital certificate of %(company)s. Instead of deleting it, "
                        "cancel it or reverse it with a credit note.",
                        company=activation.company_id.name,
                    )
                )
            activation._trusted().payment_move_id = False

    # === HOOKS === #

    def _invoice_paid_hook(self):
        result = super()._invoice_paid_hook()
        self._follow_certificate_payment()
        return result

    # === BUSINESS METHODS === #

    @api.model
    def _action_open_sold_certificates(self):
        """Open the seller's invoices of certificates, each with its payment and its activation.

        :rtype: dict
        """
        products = self.env.companies._get_certificate_products()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Sold certificates"),
            "res_model": self._name,
            "views": [
                (self.env.ref(f"{MODULE}.account_move_view_list").id, "list"),
                (self.env.ref(f"{MODULE}.account_move_view_kanban").id, "kanban"),
                (self.env.ref("account.view_move_form").id, "form"),
            ],
            "search_view_id": (self.env.ref(f"{MODULE}.account_move_view_search").id, "search"),
            "mobile_view_mode": "kanban",
            "domain": [
                ("move_type", "=", "out_invoice"),
                ("company_id", "in", self.env.companies.ids),
                ("invoice_line_ids.product_id", "in", products.ids),
            ],
            "help": Markup("<p class='o_view_nocontent_smiling_face'>%s</p><p>%s</p>")
            % (
                self.env._("No certificate was sold yet"),
                self.env._(
                    "The invoices of the company that sells the certificate are listed here."
                ),
            ),
        }

    def _get_certificate_payment_status(self):
        """Tell how far the payment of a certificate by this invoice has come.

        `payment_state` alone is not asked: with an accounting application it becomes `in_payment`
        by any first payment, however small. What counts is the money that has settled, by rows of the
        invoice's own company: any company's can point at it.

        :return: a value of `certificate.activation.payment_status`; `none` for no invoice
        :rtype: str
        """
        if not self:
            return "none"
        self.ensure_one()
        invoice = self.sudo()
        if invoice.state == "cancel":
            return "void"
        if invoice._is_certificate_payment_reversed():
            return "reversed"
        transactions = invoice._get_certificate_transactions()
        currency = invoice.currency_id
        # Lists ask this of many: what does not decide is not looked up.
        if invoice.state == "posted" and (
            currency.compare_amounts(invoice._get_owed() - invoice.certificate_booked, 0) <= 0
            or currency.compare_amounts(invoice._get_amount_due(), 0) <= 0
        ):
            done = transactions.filtered(lambda tx: tx.state == "done")
            # By the mode when each started: a provider's mode can change.
            is_test = not all(done.mapped("is_live"))
            if is_test and not invoice.company_id.certificate_accept_test_payments:
                return "test"
            return "paid"
        states = transactions.mapped("state")
        if transactions.filtered(lambda tx: tx.state == "done" and not tx.is_post_processed):
            return "recording"
        if invoice._is_certificate_corrected() or invoice._is_certificate_held():
            return "recording"
        if {"pending", "authorized"} & set(states):
            return "pending"
        if not invoice.currency_id.is_zero(invoice._get_settled_amount()):
            return "partial"
        if states and states[-1] in ("cancel", "error"):
            return "failed"
        return "to_pay"

    def _is_certificate_corrected(self):
        """Tell whether the seller has this invoice in draft again, after money came for it.

        :rtype: bool
        """
        self.ensure_one()
        return (
            self.state == "draft"
            and self.posted_before
            and self.currency_id.compare_amounts(
                max(self._get_settled_amount(), self._get_held_amount()), 0
            )
            > 0
        )

    def _is_certificate_held(self):
        """Tell whether the price came and is not booked on this invoice, or not any more.

        :rtype: bool
        """
        self.ensure_one()
        held = self._get_held_amount()
        return held > 0 and self.currency_id.compare_amounts(held, self._get_owed()) >= 0

    def _get_owed(self):
        """Return the price: the total, less what own credit notes took back of it.

        :return: amount in the invoice's currency, at least 0
        :rtype: float
        """
        self.ensure_one()
        return max(self.amount_total - self.certificate_credited, 0)

    def _get_held_amount(self):
        """Sum what came for this invoice alone and did not go back, wherever it is booked.

        :return: amount in the invoice's currency: what providers collected, and payments that were
            registered on it and settle nothing else
        :rtype: float
        """
        self.ensure_one()
        charged = self._get_charged().filtered(
            lambda tx: tx.payment_id.state not in ("canceled", "rejected")
        )
        refunded = sum(self._get_certificate_refunds().mapped("amount"))  # negative
        registered = self._get_own_rows(self.matched_payment_ids) - charged.payment_id
        open_lines = registered.filtered(
            lambda payment: payment.state in ("in_process", "paid")
        ).move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        return (
            sum(charged.mapped("amount"))
            + refunded
            - sum(open_lines.mapped("amount_residual_currency"))
        )

    def _get_charged(self):
        """Return the confirmed transactions for this invoice alone; of others, what is booked counts."""
        return self._get_certificate_transactions().filtered(
            lambda tx: tx.state == "done" and tx.operation != "refund" and len(tx.invoice_ids) == 1
        )

    def _get_settled_amount(self):
        """Sum what has been paid of this invoice.

        :return: amount in the invoice's currency: reconciled entries, and payments that are in
            process or paid without an entry of their own
        :rtype: float
        """
        self.ensure_one()
        without_entry = self._get_payments_without_entry()
        return self.certificate_booked + self._sum_payments(without_entry)

    def _get_payments_without_entry(self):
        """Return the payments of this invoice that count though no entry books them yet.

        Those in another currency count when they are booked: until then, whoever writes rates of
        currencies, of which all companies have the same, would say what they are worth.
        """
        return self._get_own_rows(self.matched_payment_ids).filtered(
            lambda payment: (
                not payment.move_id
                and payment.state in ("in_process", "paid")
                and payment.currency_id == self.currency_id
            )
        )

    def _sum_payments(self, payments):
        """Sum what payments brought in, less what they gave back: of several invoices, this one's share.

        :rtype: float
        """
        total = 0
        for payment in payments:
            invoiced = sum(payment.invoice_ids.mapped("amount_total"))
            share = self.amount_total / invoiced if len(payment.invoice_ids) > 1 and invoiced else 1
            sign = 1 if payment.payment_type == "inbound" else -1
            total += sign * self.currency_id.round(payment.amount * share)
        return total

    def _get_own_rows(self, rows):
        """Return which of the rows that point at this invoice belong to its company or one above it.

        Any company's can point at it; only its own people, and its providers, write these.

        :param rows: a recordset in sudo mode, each with a company
        """
        return rows.filtered(lambda row: row.company_id in self.company_id.parent_ids)

    def _get_certificate_transactions(self):
        """Return the transactions of the seller's providers for this invoice, the oldest first.

        :rtype: payment.transaction
        """
        return self._get_own_rows(self.transaction_ids).sorted("id")

    def _get_amount_due(self):
        """Return what is still to be paid of this invoice, in its currency.

        :rtype: float
        """
        self.ensure_one()
        return self._get_owed() - self._get_settled_amount()

    def _get_payable_amounts(self):
        """Return what one payment may be of: what is due, or an instalment of an issued invoice.

        :rtype: list[float]
        """
        self.ensure_one()
        due = self._get_amount_due()
        if self.state != "posted":
            return [due]
        following = self._get_invoice_next_payment_values()
        amounts = (self.amount_residual, following.get("next_amount_to_pay"))
        discounted = (
            following.get("amount_due") if following.get("installment_state") == "epd" else 0
        )
        return [due, *(amount for amount in (*amounts, discounted) if amount and amount > 0)]

    def _get_surplus(self):
        """Return what came in beyond the total of this invoice and did not go back.

        A provider that charges twice, or charges what was paid by bank meanwhile, leaves money that
        no invoice asks for. What providers collected counts whole, wherever it is booked; all else
        counts as far as it settles this invoice.

        :return: amount in the invoice's currency; negative while something is missing
        :rtype: float
        """
        self.ensure_one()
        invoice = self.sudo()
        charged, owed = invoice._get_charged(), invoice._get_owed()
        booked = charged.payment_id.move_id.line_ids
        settled = invoice._get_own_rows(
            self.env["account.move.line"]
            .sudo()
            .union(*(part["aml"] for part in invoice._get_all_reconciled_invoice_partials()))
        )
        # What is left of a transfer of more than was asked for.
        left = -sum(
            line.amount_residual_currency
            for line in (settled - booked).move_id.line_ids
            if line.account_type == "asset_receivable"
            and line.move_id.move_type == "entry"
            and line.partner_id.commercial_partner_id == invoice.commercial_partner_id
            and line.currency_id == invoice.currency_id
            and line not in booked
        )
        if not charged:
            surplus = invoice._get_settled_amount() + left - owed
        else:
            by_hand = sum(
                part["amount"]
                for part in invoice._get_all_reconciled_invoice_partials()
                if part["aml"] in settled - booked
                and not invoice._is_own_credit(part["aml"].move_id)
            ) + invoice._sum_payments(invoice._get_payments_without_entry() - charged.payment_id)
            refunded = sum(invoice._get_certificate_refunds().mapped("amount"))  # negative
            surplus = sum(charged.mapped("amount")) + refunded + by_hand + left - owed
        return 0 if 0 < surplus <= ROUNDING else surplus

    def _is_own_credit(self, entry):
        """Tell whether an entry that settles this invoice takes it back: see the field that sums these."""
        self.ensure_one()
        return entry.reversed_entry_id == self or bool(
            entry.move_type == "out_refund"
            and not entry.reversed_entry_id
            and entry.line_ids.product_id & self.line_ids.product_id
        )

    def _get_certificate_refunds(self):
        """Return the transactions by which the provider gave money of this invoice back."""
        return self._get_own_rows(
            self._get_certificate_transactions().child_transaction_ids
        ).filtered(lambda tx: tx.operation == "refund" and tx.state == "done")

    def _is_certificate_payment_reversed(self):
        """Tell whether the money went back: credit notes of all of it, or a refund of more than a surplus and rounding.

        A credit note of a part makes the price a lower one, and is not what is asked here.
        """
        self.ensure_one()
        if self.certificate_credited > 0 and self._get_owed() <= ROUNDING:
            return True
        return bool(
            self._get_certificate_refunds()
            and self.currency_id.compare_amounts(self._get_surplus(), -ROUNDING) < 0
        )

    def _get_certificate_activation(self):
        """Return the activations that these invoices pay, in sudo mode.

        :rtype: certificate.activation
        """
        activations = self.env["certificate.activation"].sudo()
        if not self.env["res.company"]._get_certificate_sellers():
            return activations
        return activations.search_fetch(
            [("payment_move_id", "in", self.ids), ("state", "!=", "cancelled")]
        )

    def _is_for_certificate(self):
        """Tell whether one of these invoices is for what its company sells of certificates.

        :rtype: bool
        """
        invoices = self.sudo()
        return bool(
            invoices._get_certificate_activation()
            or invoices.invoice_line_ids.product_id
            & invoices.company_id._get_certificate_products()
        )

    def _follow_certificate_payment(self):
        """Bring the activations up to date whose payment may have changed with these entries.

        Called wherever money comes, goes back or is booked otherwise; by whoever does that.
        """
        sellers = self.env["res.company"]._get_certificate_sellers()
        if not sellers or self.env.context.get("certificate_follow") is FOLLOW_LATER:
            return
        moves = self.sudo()
        # A note may reverse a note, which then reverses nothing any more.
        reversed_moves = moves.reversed_entry_id | moves.reversed_entry_id.reversed_entry_id
        invoices = (moves | reversed_moves).filtered(
            lambda move: move.move_type == "out_invoice" and move.company_id.id in sellers
        )
        if invoices:
            self.env["certificate.activation"]._follow_payment(invoices)
