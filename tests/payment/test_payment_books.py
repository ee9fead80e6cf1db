"""What accountants do to the invoice of a certificate, and what everybody then sees.

Each row of the table in docs/payments.md is one method here, named by its situation.
"""

from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common.books import AFTERMATH, BooksCommon, situation
from ..common.payment import PRICE


@tagged("post_install", "-at_install")
class TestAccountants(BooksCommon):
    # === DRAFTS AND CANCELLATIONS === #

    @situation("to_pay", client="Invoice ready, Buy", seller="A draft without a number")
    def test_a_drafted_invoice_waits(self):
        pass

    @situation("void", client="Invoice cancelled, Buy", seller="Cancelled, never posted")
    def test_a_draft_that_was_never_posted_is_cancelled(self):
        self.invoice.button_cancel()
        self.assertFalse(self.invoice.invoice_date)

    @situation("to_pay", client="Invoice ready, Buy", seller="Two drafts")
    def test_a_draft_made_by_hand_that_was_never_posted_is_cancelled(self):
        other = self.invoice.copy()
        other.button_cancel()
        self.assertFalse(other.invoice_date)

    @situation("none", client="Not paid yet, Buy", seller="Nothing")
    def test_a_draft_is_deleted(self):
        self.invoice.unlink()

    @situation("to_pay", client="Invoice ready, Buy", seller="Numbered, unpaid")
    def test_an_invoice_is_issued_before_it_is_paid(self):
        self.invoice.action_post()

    @situation("to_pay", "issued", client="Invoice ready, Buy", seller="In draft, unpaid")
    def test_an_unpaid_invoice_is_corrected(self):
        self.invoice.button_draft()

    @situation("void", "issued", client="Invoice cancelled, Buy", seller="Cancelled")
    def test_an_issued_invoice_is_cancelled_before_it_is_paid(self):
        self.invoice.button_cancel()

    @situation(
        "to_pay", client="Invoice ready at that price, Buy", seller="A draft at another price"
    )
    def test_the_price_of_a_draft_is_lowered(self):
        self.invoice.invoice_line_ids.price_unit = 50000
        self.assertEqual(self.activation.price_total, 59500)

    @situation("to_pay", client="Invoice ready, Buy", seller="A draft of this month")
    def test_a_draft_of_a_former_month_does_not_keep_the_month_from_being_closed(self):
        self.invoice.date -= relativedelta(months=2)
        self.run_cron()
        self.assertEqual(self.invoice.date, self.activation._get_today())

    @situation("paid", client="Paid, Continue", seller="Cancelled draft, paid invoice by hand")
    def test_a_transfer_pays_an_invoice_by_hand_beside_a_cancelled_draft(self):
        self.invoice.button_cancel()
        self.invoice = self.invoice_by_hand(self.company_a)

    # === PAYMENTS BY HAND === #

    @situation("paid", "issued", client="Paid, Continue", seller="Payment registered")
    def test_a_payment_is_registered(self):
        self._register_payment(self.invoice)

    @situation("partial", "issued", client="Pay the rest", seller="Partially paid")
    def test_a_part_is_registered(self):
        self._register_payment(self.invoice, amount=19000)

    @situation("paid", "issued", client="Paid, Continue", seller="Two payments")
    def test_two_parts_are_registered(self):
        for amount in (19000, PRICE - 19000):
            self._register_payment(self.invoice, amount=amount)

    @situation(
        "paid",
        "issued",
        client="Paid, and a credit of 1,000",
        seller="Charged too much: 1,000",
        returned=1,
        credit=1000,
    )
    def test_a_transfer_of_more_than_the_price_leaves_a_credit(self):
        payment = self.post_payment(PRICE + 1000)
        self.reconcile(self.invoice, payment.move_id)

    @situation(
        "paid", "issued", client="Paid, Continue", seller="A credit that another invoice used"
    )
    def test_the_rest_of_a_larger_transfer_pays_another_invoice(self):
        payment = self.post_payment(PRICE + 1000)
        advice = self.env["product.product"].create({"name": "Advice", "taxes_id": False})
        other = self.invoice_by_hand(
            self.company_a, product=advice, paid=False, price_unit=1000, tax_ids=[Command.clear()]
        )
        self.reconcile(self.invoice, payment.move_id)
        self.reconcile(other, payment.move_id)

    @situation("paid", "issued", client="Paid, Continue", seller="Settled by an entry")
    def test_a_miscellaneous_entry_pays(self):
        self.reconcile(self.invoice, self.post_entry(PRICE))

    @situation("partial", "issued", client="Pay the rest", seller="Settled by an entry in part")
    def test_a_miscellaneous_entry_pays_a_part(self):
        self.reconcile(self.invoice, self.post_entry(1000))

    @situation("to_pay", "issued", client="Invoice ready, Buy", seller="A payment of no invoice")
    def test_a_payment_that_is_assigned_to_nothing_pays_nothing(self):
        self.post_payment(PRICE)

    @situation("paid", "issued", client="Paid, Continue", seller="One payment of two invoices")
    def test_one_payment_pays_the_certificate_and_another_invoice(self):
        advice = self.env["product.product"].create({"name": "Advice", "taxes_id": False})
        other = self.invoice_by_hand(self.company_a, product=advice, paid=False, price_unit=5000)
        payment = self.post_payment(self.invoice.amount_total + other.amount_total)
        self.reconcile(self.invoice, other, payment.move_id)

    @situation(
        "recording", "issued", client="The seller has to book it", seller="A payment to match"
    )
    def test_a_registered_payment_is_unreconciled(self):
        self._register_payment(self.invoice)
        self.unreconcile()

    @situation("to_pay", "issued", client="Invoice ready, Buy", seller="A cancelled payment")
    def test_a_registered_payment_is_cancelled(self):
        payment = self._register_payment(self.invoice)
        payment.action_draft()
        payment.action_cancel()

    @situation("to_pay", "issued", client="Invoice ready, Buy", seller="Nothing")
    def test_a_registered_payment_is_deleted(self):
        payment = self._register_payment(self.invoice)
        payment.action_draft()
        payment.unlink()

    @situation("paid", "issued", client="Paid, Continue", seller="A write-off of 1 peso")
    def test_a_peso_less_is_written_off(self):
        self._register_payment(
            self.invoice,
            amount=PRICE - 1,
            payment_difference_handling="reconcile",
            writeoff_account_id=self.company_data["default_account_expense"].id,
        )

    # === CREDIT NOTES === #

    @situation(
        "reversed",
        "paid",
        client="A credit with the seller, Buy",
        seller="Reversed, a payment open",
    )
    def test_the_invoice_is_reversed(self):
        self.invoice._reverse_moves(cancel=True)

    @situation(
        "reversed", "paid", client="A credit with the seller, Buy", seller="A credit note to match"
    )
    def test_the_whole_is_credited_and_not_reconciled(self):
        self.invoice._reverse_moves().action_post()

    @situation("paid", "paid", client="Paid, Continue", seller="A draft credit note")
    def test_a_credit_note_in_draft_gives_nothing_back(self):
        self.invoice._reverse_moves()

    @situation("paid", "paid", client="Paid, Continue", seller="A cancelled credit note")
    def test_a_credit_note_is_cancelled_again(self):
        note = self.invoice._reverse_moves()
        note.action_post()
        note.button_cancel()

    @situation("paid", "paid", client="Paid, Continue", seller="A credit note, reversed")
    def test_a_credit_note_is_reversed_again(self):
        note = self.invoice._reverse_moves()
        note.action_post()
        note._reverse_moves(cancel=True)

    @situation("paid", "paid", client="Paid, Continue", seller="A credit note of 1 peso")
    def test_a_rounding_note_of_a_peso_gives_nothing_back(self):
        self.post_note(1, self.invoice)

    @situation("paid", "issued", client="Paid, Continue", seller="Paid less 1 peso, credited")
    def test_a_rounding_note_of_a_peso_settles_the_last_one(self):
        self._register_payment(self.invoice, amount=PRICE - 1)
        self.reconcile(self.invoice, self.post_note(1, self.invoice))

    @situation(
        "paid",
        "paid",
        client="Paid, and a credit of 20,000",
        seller="Charged too much: 20,000",
        returned=1,
        credit=20000,
    )
    def test_a_discount_is_credited_afterwards(self):
        self.post_note(20000, self.invoice)

    @situation("partial", "issued", client="Pay the rest", seller="A discount, and a part paid")
    def test_a_discount_is_credited_before_all_is_paid(self):
        self.reconcile(self.invoice, self.post_note(20000, self.invoice))
        self._register_payment(self.invoice, amount=50000)

    @situation("paid", "issued", client="Paid, Continue", seller="A discount, and the rest paid")
    def test_a_discount_and_the_rest_pay(self):
        self.reconcile(self.invoice, self.post_note(20000, self.invoice))
        self._register_payment(self.invoice)

    @situation("paid", "issued", client="Paid, Continue", seller="Settled by another credit note")
    def test_the_credit_note_of_another_sale_pays(self):
        advice = self.env["product.product"].create({"name": "Advice", "taxes_id": False})
        other = self.invoice_by_hand(self.company_a, product=advice, price_unit=PRICE)
        note = self.post_note(PRICE, other, advice)
        self.unreconcile(note)
        self.reconcile(self.invoice, note)

    @situation("paid", "issued", client="Paid, Continue", seller="Settled by a credit and money")
    def test_a_credit_of_the_company_pays_a_part(self):
        self.reconcile(self.invoice, self.post_note(40000))
        self._register_payment(self.invoice)

    @situation("reversed", "issued", client="Cancelled, Buy", seller="Reversed, never paid")
    def test_an_unpaid_invoice_is_reversed(self):
        self.invoice._reverse_moves(cancel=True)

    @situation(
        "reversed", "paid", client="A credit with the seller, Buy", seller="Credited by a copy"
    )
    def test_a_copied_credit_note_takes_the_sale_back(self):
        note = self.post_note(PRICE, product=self.product)
        self.unreconcile()
        self.reconcile(self.invoice, note)

    @situation("paid", client="Paid, Continue", seller="The old one reversed, a new one paid")
    def test_an_invoice_is_reversed_and_issued_anew(self):
        self.invoice.action_post()
        payment = self._register_payment(self.invoice)
        self.invoice._reverse_moves(cancel=True)
        new = self.invoice.copy()
        new.action_post()
        self.reconcile(new, payment.move_id)
        self.invoice = new

    # === PROVIDERS === #

    @situation("pending", client="Being processed, what to do", seller="A pending transaction")
    def test_a_payment_is_pending(self):
        self.charge("pending")

    @situation("failed", client="Not completed, Try again", seller="A failed transaction")
    def test_a_payment_fails(self):
        self.charge("error")

    @situation("failed", client="Not completed, Try again", seller="A cancelled transaction")
    def test_a_payment_is_given_up(self):
        self.charge("canceled")

    @situation("paid", client="Paid, Continue", seller="A failed and a confirmed transaction")
    def test_a_second_try_pays(self):
        self.charge("error")
        self.charge("done")._post_process()

    @situation("partial", client="Pay the rest", seller="A transaction of less")
    def test_a_provider_collects_less(self):
        self.charge("done", amount=1000)._post_process()

    @situation("reversed", "paid", client="Returned, Buy", seller="A refund")
    def test_a_payment_is_refunded(self):
        self.refund(self.invoice.transaction_ids)

    @situation("reversed", "paid", client="Returned, Buy", seller="A credit note and a refund")
    def test_a_payment_is_credited_and_refunded(self):
        self.invoice._reverse_moves(cancel=True)
        self.refund(self.invoice.transaction_ids)

    @situation("paid", "paid", client="Paid, Continue", seller="A discount, given back")
    def test_a_discount_is_credited_and_refunded(self):
        self.post_note(20000, self.invoice)
        self.refund(self.invoice.transaction_ids, 20000)

    @situation("recording", "paid", client="The seller has to book it", seller="A payment to match")
    def test_a_collected_payment_is_unreconciled(self):
        self.unreconcile()

    @situation("to_pay", "paid", client="Invoice ready, Buy", seller="A cancelled payment")
    def test_a_collected_payment_is_charged_back(self):
        payment = self.invoice.transaction_ids.payment_id.with_env(self.env)
        payment.action_draft()
        payment.action_cancel()

    @situation(
        "paid",
        client="Paid by one, a credit of the other",
        seller="Charged too much",
        returned=1,
        credit=PRICE,
    )
    def test_two_pages_are_charged(self):
        first, second = self.charge("pending"), self.charge("pending")
        for transaction in (first, second):
            transaction._set_done()
            transaction._post_process()

    # === CORRECTIONS === #

    @situation("recording", "paid", client="Being corrected by the seller", seller="Paid, in draft")
    def test_a_paid_invoice_is_in_draft(self):
        self.invoice.button_draft()

    @situation("paid", "paid", client="Paid, Continue", seller="Paid")
    def test_a_paid_invoice_is_corrected_and_posted_again(self):
        self.invoice.button_draft()
        self.invoice.invoice_date -= relativedelta(days=1)
        self.invoice.action_post()

    @situation(
        "recording", "active", client="Being corrected by the seller", seller="Paid, in draft"
    )
    def test_the_invoice_of_an_active_certificate_is_in_draft(self):
        self.invoice.button_draft()

    @situation(
        "recording",
        "active",
        client="Being corrected by the seller",
        seller="Paid, in draft",
        returned=1,
    )
    def test_a_correction_that_stays_is_told_to_the_managers(self):
        self.invoice.button_draft()
        self.activation._trusted().payment_unsettled_on -= relativedelta(days=3)
        for _run in range(2):
            self.run_cron()

    @situation("paid", "active", client="Active", seller="Paid")
    def test_the_invoice_of_an_active_certificate_is_corrected(self):
        self.invoice.button_draft()
        self.invoice.action_post()
        self.assertFalse(self.activation.payment_unsettled_on)

    @situation(
        "reversed", "active", client="A credit with the seller", seller="Reversed", returned=1
    )
    def test_the_invoice_of_an_active_certificate_is_reversed(self):
        self.invoice._reverse_moves(cancel=True)
        self.assertEqual(self.activation.state, "active")

    @situation("paid", "active", client="Active", seller="The old one reversed, a new one paid")
    def test_the_invoice_of_an_active_certificate_is_reversed_and_issued_anew(self):
        payment = self.invoice.transaction_ids.payment_id
        self.invoice._reverse_moves(cancel=True)
        self.invoice = self.invoice.copy()
        self.invoice.action_post()
        self.reconcile(self.invoice, payment.move_id)
        self.assertEqual(self.activation.sudo().payment_move_id, self.invoice)

    @situation("void", "active", client="A credit with the seller", seller="Cancelled", returned=1)
    def test_the_invoice_of_an_active_certificate_is_cancelled(self):
        self.invoice.button_draft()
        self.invoice.button_cancel()

    @situation(
        "recording", "active", client="Being corrected", seller="In draft, not to be deleted"
    )
    def test_the_invoice_of_an_active_certificate_is_not_deleted(self):
        self.unreconcile()
        self.invoice.button_draft()
        with self.assertRaises(UserError):
            self.invoice.with_context(force_delete=True).unlink()

    # === WHO IS INVOICED === #

    @situation("paid", client="Paid, Continue", seller="Invoice to the invoicing address")
    def test_the_invoicing_address_is_invoiced(self):
        address = self.env["res.partner"].create(
            {"name": "Facturación", "type": "invoice", "parent_id": self.company_a.partner_id.id}
        )
        self.invoice = self.invoice_to(address)

    @situation("paid", client="Paid, Continue", seller="Invoice to another contact of the NIT")
    def test_another_contact_of_the_same_nit_is_invoiced(self):
        contact = self.env["res.partner"].create(
            {"name": "Café, sucursal", "vat": self.company_a.vat, "is_company": True}
        )
        self.invoice = self.invoice_to(contact)

    @situation("to_pay", client="Invoice ready, Buy", seller="An invoice of somebody else")
    def test_a_contact_of_another_nit_pays_nothing_here(self):
        contact = self.env["res.partner"].create({"name": "Otra", "vat": "900123456-8"})
        self.invoice_to(contact)

    @situation("to_pay", client="Invoice ready, Buy", seller="An invoice of another company")
    def test_a_contact_of_another_company_pays_nothing_here(self):
        address = self.env["res.partner"].create(
            {"name": "Facturación", "parent_id": self.company_b.partner_id.id}
        )
        self.invoice_to(address)

    def invoice_to(self, partner):
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_line_ids": [Command.create({"product_id": self.product.id})],
            }
        )
        invoice.action_post()
        self._register_payment(invoice)
        return invoice

    # === BOOKS THAT ARE CLOSED === #

    @situation(
        "recording",
        client="The seller has to book it",
        seller="One activity with the reason",
        booking=1,
    )
    def test_the_journal_of_a_confirmed_payment_is_archived(self):
        self.bank.active = False
        self.confirm()

    @situation("paid", "issued", client="Paid, Continue", seller="Booked")
    def test_the_sales_journal_is_archived_after_the_invoice_was_issued(self):
        self.env["account.move"].search(
            [("journal_id", "=", self.invoice.journal_id.id), ("state", "=", "draft")]
        ).button_cancel()
        self.invoice.journal_id.active = False
        self.confirm()

    @situation(
        "recording",
        client="The seller has to book it",
        seller="One activity with the reason",
        booking=1,
    )
    def test_the_period_is_closed_for_good(self):
        # While the draft was in another period.
        self.invoice.date += relativedelta(months=3)
        self.env["account.move"].search(
            [
                ("company_id", "=", self.seller.id),
                ("state", "=", "draft"),
                ("id", "!=", self.invoice.id),
            ]
        ).button_cancel()
        self.seller.sudo().hard_lock_date = fields.Date.today() + relativedelta(days=40)
        self.confirm()

    @situation(
        "recording",
        client="The seller has to book it",
        seller="One activity with the reason",
        booking=1,
    )
    def test_the_method_of_the_provider_has_no_account(self):
        self.invoice.line_ids.account_id.write({"active": False})
        self.confirm()

    @situation("paid", client="Paid, Continue", seller="Nothing left to do")
    def test_a_payment_books_itself_when_the_books_are_open_again(self):
        self.bank.active = False
        self.confirm()
        self.assertEqual(self.get_status(self.activation), "recording")
        self.bank.active = True
        self.run_cron()

    def confirm(self):
        """Have the provider confirm, and Odoo's poll, the client, and the crons try to book, again and again."""
        transaction = self.charge("done")
        with mute_logger(AFTERMATH):
            for _time in range(2):
                transaction._post_process()
                self.activation.action_open_wizard()
                self.run_cron()
