from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _get_certificate_payment_status(self):
        """Tell how far the payment of a certificate by this invoice has come.

        `payment_state` alone is not asked: with an accounting application it becomes `in_payment`
        by any first payment, however small. What counts is the money that has settled.

        :return: a value of `certificate.activation.payment_status`; `none` for no invoice
        :rtype: str
        """
        if not self:
            return "none"
        self.ensure_one()
        invoice = self.sudo()
        transactions = invoice.transaction_ids.sorted("id")
        if invoice.state == "cancel":
            return "void"
        if invoice._is_certificate_payment_reversed():
            return "reversed"
        settled = invoice._get_settled_amount()
        if invoice.state == "posted" and (
            invoice.currency_id.compare_amounts(settled, invoice.amount_total) >= 0
        ):
            done = transactions.filtered(lambda tx: tx.state == "done")
            # As of when each started: the provider's mode changes.
            is_test = not all(done.mapped("is_live"))
            accepted = invoice.company_id.certificate_accept_test_payments
            return "test" if is_test and not accepted else "paid"
        states = transactions.mapped("state")
        if transactions.filtered(lambda tx: tx.state == "done" and not tx.is_post_processed):
            return "recording"
        if {"pending", "authorized"} & set(states):
            return "pending"
        if not invoice.currency_id.is_zero(settled):
            return "partial"
        if states and states[-1] in ("cancel", "error"):
            return "failed"
        return "to_pay"

    def _get_settled_amount(self):
        """Sum what has been paid of this invoice.

        :return: amount in the invoice's currency: reconciled entries, and payments that are in
            process or paid without an entry of their own
        :rtype: float
        """
        self.ensure_one()
        without_entry = self.matched_payment_ids.filtered(
            lambda payment: not payment.move_id and payment.state in ("in_process", "paid")
        )
        return self.amount_total - self.amount_residual + sum(without_entry.mapped("amount"))

    def _get_amount_due(self):
        """Return what is still to be paid of this invoice, in its currency.

        :rtype: float
        """
        self.ensure_one()
        return self.amount_total - self._get_settled_amount()

    def _is_certificate_payment_reversed(self):
        """Tell whether the money went back: by a credit note or by a refund of the transaction."""
        self.ensure_one()
        credit_notes = self.reversal_move_ids | self._get_reconciled_amls().move_id.filtered(
            lambda move: move.move_type == "out_refund"
        )
        refunds = self.transaction_ids.child_transaction_ids.filtered(
            lambda tx: tx.operation == "refund" and tx.state == "done"
        )
        return "posted" in credit_notes.mapped("state") or bool(refunds)

    def _get_certificate_activation(self):
        """Return the activation that this invoice pays, in sudo mode.

        :rtype: certificate.activation
        """
        return (
            self.env["certificate.activation"]
            .sudo()
            .search([("payment_move_id", "in", self.ids), ("state", "!=", "cancelled")], limit=1)
        )
