"""What happens to a payment in the background: who is told, what Verify payment finds, what was
paid twice.
"""

from dateutil.relativedelta import relativedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from ...const import ACTIVITY_NEXT_STEP, ACTIVITY_PROBLEM, WIZARD_PATH
from ..common.payment import PRICE, PaymentFollowCommon


@tagged("post_install", "-at_install")
class TestPaymentNotices(PaymentFollowCommon):
    def test_who_waited_for_a_payment_is_told_once_that_it_came(self):
        activation = self.start()
        transaction = self.submit(self.buy(activation))
        transaction._set_pending()
        self.assertFalse(self.get_notices(activation))
        transaction._set_done()
        for _visit in range(2):
            self.poll()
            activation.action_verify_payment()
        notice = self.get_notices(activation)
        self.assertEqual(len(notice), 1)
        self.assertIn(WIZARD_PATH, notice.body)
        self.assertIn(activation.payment_reference, notice.body)
        self.assertEqual(len(self.get_activities(activation, ACTIVITY_NEXT_STEP)), 1)
        activation.action_continue()
        self.assertFalse(self.get_activities(activation, ACTIVITY_NEXT_STEP))

    def test_the_notice_is_an_email_in_the_language_of_its_reader(self):
        self.env["res.lang"]._activate_lang("es_CO")
        self.env["ir.module.module"]._load_module_terms(
            ["l10n_co_certificate_activation"], ["es_CO"]
        )
        self.user_a.lang = "es_CO"
        activations = (self.start(), self.start(self.user_b))
        for activation in activations:
            self.pay(activation)
        spanish, english = (
            self.get_notices(activation, activation.create_uid) for activation in activations
        )
        self.assertNotEqual(spanish.subject, english.subject)
        self.assertEqual(spanish.notification_ids.notification_type, "email")

    def test_a_failure_is_told_to_who_waited_but_not_to_who_stands_in_front_of_it(self):
        for state in ("error", "canceled"):
            with self.subTest(state=state):
                activation = self.start()
                activation.action_pay()
                invoice = activation.sudo().payment_move_id
                self.create_invoice_transaction(invoice, state)
                self.assertFalse(self.get_notices(activation))
                waiting = self.create_invoice_transaction(invoice, "pending")
                getattr(waiting, f"_set_{state}")("refused")
                self.assertEqual(len(self.get_notices(activation)), 1)
                activation.with_user(self.manager_a).action_cancel()

    def test_a_payment_takes_the_place_of_the_failure_before_it(self):
        activation = self.start()
        activation.action_pay()
        waiting = self.create_invoice_transaction(activation.sudo().payment_move_id, "pending")
        waiting._set_error("refused")
        failure = self.get_activities(activation, ACTIVITY_NEXT_STEP)
        self.assertEqual(len(failure), 1)
        self.pay(activation)
        payment = self.get_activities(activation, ACTIVITY_NEXT_STEP)
        self.assertEqual(len(payment), 1)
        self.assertNotEqual(payment, failure)

    def test_a_bank_transfer_to_the_drafted_invoice_is_noticed_when_the_seller_books_it(self):
        activation = self.start()
        activation.action_pay()
        invoice = activation.sudo().payment_move_id
        invoice.action_post()
        self.assertFalse(self.get_notices(activation))
        self._register_payment(invoice, amount=19000)
        self.assertFalse(self.get_notices(activation))
        self._register_payment(invoice)
        self.assertEqual(self.get_status(activation), "paid")
        self.assertEqual(len(self.get_notices(activation)), 1)

    def test_an_invoice_issued_by_hand_is_taken_and_told_when_the_seller_books_its_payment(self):
        activation = self.start()
        activation.action_pay()
        draft = activation.sudo().payment_move_id
        invoice = self.invoice_by_hand(self.company_a, paid=False)
        self.assertEqual(activation.sudo().payment_move_id, draft)
        self._register_payment(invoice)
        activation.invalidate_recordset()
        self.assertEqual(activation.sudo().payment_move_id, invoice)
        self.assertEqual(draft.state, "cancel")
        self.assertEqual(len(self.get_notices(activation)), 1)
        self.assertFalse(self.get_notices(activation, self.user_b))

    def test_nobody_of_another_company_is_told(self):
        other = self.start(self.user_b)
        activation = self.start()
        self.pay(activation)
        self.assertFalse(self.get_notices(other, self.user_b))
        self.assertFalse(self.get_notices(activation, self.user_b))
        self.assertEqual(self.get_status(other), "none")

    def test_the_managers_are_told_when_who_started_has_left(self):
        activation = self.start()
        self.user_a.active = False
        self.pay(activation)
        self.assertFalse(self.get_notices(activation))
        self.assertEqual(len(self.get_notices(activation, self.manager_a)), 1)


@tagged("post_install", "-at_install")
class TestMoneyBack(PaymentFollowCommon):
    """Company A has an active certificate."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.get_walk().get_active()

    def test_money_that_goes_back_after_activation_marks_it_and_tells_the_managers(self):
        def credit(invoice):
            invoice._reverse_moves(cancel=True)

        def post_credit_note(invoice):
            invoice._reverse_moves().action_post()

        def refund(invoice):
            self.refund(invoice.transaction_ids)

        def cancel(invoice):
            invoice.transaction_ids.payment_id.action_cancel()
            invoice.button_draft()
            invoice.button_cancel()

        def charge_back(invoice):
            # The seller's accountant: where numbers have no gaps nobody else cancels an entry that has one.
            payment = invoice.transaction_ids.payment_id.with_env(self.env)
            payment.action_draft()
            payment.action_cancel()

        for event, status in (
            (credit, "reversed"),
            (post_credit_note, "reversed"),
            (refund, "reversed"),
            (cancel, "void"),
            (charge_back, "to_pay"),
        ):
            with self.subTest(event=event.__name__), self.cr.savepoint() as savepoint:
                activation = self.get_active()
                invoice = activation.sudo().payment_move_id
                event(invoice)
                self.assertEqual(self.get_status(activation), status)
                self.assertEqual(activation.state, "active")
                marks = self.get_activities(activation, ACTIVITY_PROBLEM, self.manager_a)
                self.assertEqual(len(marks), 1)
                self.assertEqual(activation.activity_exception_decoration, "danger")
                self.assertEqual(len(self.get_notices(activation, self.manager_a)), 1)
                # That it is paid, and that it is active.
                self.assertFalse(self.get_notices(activation)[2:])
                activation.with_user(self.manager_a).action_revoke()
                savepoint.rollback()

    def test_a_credit_note_that_reverses_nothing_gives_the_money_back_too(self):
        activation = self.get_active()
        invoice = activation.sudo().payment_move_id
        note = invoice.copy({"move_type": "out_refund"})
        note.action_post()
        invoice.line_ids.remove_move_reconcile()
        self.assertFalse(note.reversed_entry_id)
        (invoice | note).line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        ).reconcile()
        self.assertEqual(self.get_status(activation), "reversed")

    def test_the_mark_goes_when_the_money_is_back(self):
        activation = self.get_active()
        invoice = activation.sudo().payment_move_id.with_env(self.env)
        payment = invoice.transaction_ids.payment_id
        payment.action_draft()
        payment.action_cancel()
        self.assertTrue(self.get_activities(activation, ACTIVITY_PROBLEM, self.manager_a))
        payment.action_draft()
        payment.action_post()
        lines = (invoice | payment.move_id).line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        lines.reconcile()
        self.assertEqual(self.get_status(activation), "paid")
        self.assertFalse(self.get_activities(activation, ACTIVITY_PROBLEM, self.manager_a))


@tagged("post_install", "-at_install")
class TestSurplus(PaymentFollowCommon):
    def assert_surplus(self, activation, amount):
        activation.invalidate_recordset()
        self.assertEqual(activation.payment_surplus, amount)
        invoice = activation.sudo().payment_move_id
        invoice.invalidate_recordset()
        self.assertEqual(len(invoice.matched_payment_ids.filtered("move_id.line_ids")), 2)

    def test_a_second_charge_is_a_credit_with_a_hint_to_refund_it(self):
        activation = self.start()
        _first, second = self.charge_twice(activation)
        self.assertEqual(self.get_status(activation), "paid")
        self.assert_surplus(activation, PRICE)
        self.assertTrue(self.get_activities(activation, ACTIVITY_PROBLEM, self.manager_a))
        self.assertEqual(second.payment_id.partner_id, self.company_a.partner_id)
        receivable = second.payment_id.move_id.line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        self.assertEqual(receivable.amount_residual, -PRICE)
        action = activation.action_open_wizard()
        self.assertEqual(self.get_wizard(action).activation_id.payment_surplus, PRICE)
        # It is no payment of anything else.
        activation.action_continue()
        self.assertEqual(activation.state, "process")

    def test_refunding_the_second_charge_leaves_the_certificate_paid(self):
        activation = self.start()
        first, second = self.charge_twice(activation)
        self.refund(second, PRICE - 1000)
        self.assertEqual(self.get_status(activation), "paid")
        self.assertEqual(activation.payment_surplus, 1000)
        self.refund(second, 1000)
        self.assertEqual(self.get_status(activation), "paid")
        self.assertEqual(activation.payment_surplus, 0)
        self.refund(first, 1000)
        self.assertEqual(self.get_status(activation), "reversed")

    def test_it_does_not_matter_how_the_seller_books_the_refund(self):
        activation = self.start()
        _first, second = self.charge_twice(activation)
        child = self.refund(second)
        lines = (second.payment_id | child.payment_id).move_id.line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        lines.reconcile()
        self.assertEqual(self.get_status(activation), "paid")
        self.assertEqual(activation.payment_surplus, 0)

    def test_a_transfer_and_a_late_confirmation_leave_a_credit(self):
        activation = self.start()
        activation.action_pay()
        invoice = activation.sudo().payment_move_id
        transaction = self.create_invoice_transaction(invoice, "pending")
        invoice.action_post()
        self._register_payment(invoice)
        self.assertEqual(self.get_status(activation), "paid")
        self.assertEqual(activation.payment_surplus, 0)
        transaction._set_done()
        transaction._post_process()
        self.assertEqual(self.get_status(activation), "paid")
        self.assertEqual(activation.payment_surplus, PRICE)

    def test_a_charge_for_an_invoice_that_gave_way_is_a_credit_too(self):
        activation = self.start()
        activation.action_pay()
        draft = activation.sudo().payment_move_id
        transaction = self.create_invoice_transaction(draft, "pending")
        activation.with_user(self.manager_a)._discard_payment("It hangs.")
        self.invoice_by_hand(self.company_a)
        self.assertEqual((self.get_status(activation), draft.state), ("paid", "cancel"))
        self.assertEqual(activation.payment_surplus, 0)
        transaction._set_done()
        transaction._post_process()
        activation.invalidate_recordset()
        self.assertEqual(activation.payment_surplus, PRICE)
        self.assertEqual(transaction.payment_id.partner_id, self.company_a.partner_id)

    def test_a_late_confirmation_of_a_discarded_payment_pays(self):
        activation = self.start()
        activation.action_pay()
        transaction = self.create_invoice_transaction(activation.sudo().payment_move_id, "pending")
        activation.with_user(self.manager_a)._discard_payment("It hangs.")
        self.assertEqual(self.get_status(activation), "failed")
        transaction._set_done()
        transaction._post_process()
        self.assertEqual(self.get_status(activation), "paid")
        self.assertEqual(activation.payment_surplus, 0)


@tagged("post_install", "-at_install")
class TestVerification(PaymentFollowCommon):
    """Verify payment says what it checked; each test knows how many sentences that makes."""

    def explain(self, activation):
        self.assertFalse(activation.action_verify_payment())
        wizard = self.get_wizard(activation.action_open_wizard(), activation.env.user)
        wizard.action_verify_payment()
        return wizard.findings

    def assert_names(self, sentence, *values):
        for value in values:
            self.assertIn(value, sentence)

    def test_nothing_to_look_at_names_who_should_have_invoiced_whom(self):
        activation = self.start()
        (sentence,) = self.explain(activation)
        self.assert_names(sentence, self.seller.name, self.company_a.name, self.product.name)

    def test_each_invoice_that_does_not_count_is_named_with_the_reason(self):
        activation = self.start()
        year = relativedelta(years=1)
        unpaid = self.invoice_by_hand(self.company_a, paid=False)
        old = self.invoice_by_hand(self.company_a, age=year)
        part = self.invoice_by_hand(self.company_a, paid=False)
        self._register_payment(part, amount=19000)
        credited = self.invoice_by_hand(self.company_a)
        credited._reverse_moves(cancel=True)
        sentences = self.explain(activation)
        self.assertEqual(len(sentences), len(set(sentences)), sentences)
        self.assertEqual(len(sentences), 4, sentences)
        for invoice in (unpaid, old, part, credited):
            self.assertEqual(sum(invoice.name in one for one in sentences), 1, sentences)

    def test_a_payment_that_is_already_consumed_is_refused_with_the_reason(self):
        past = self.get_active()
        invoice = past.sudo().payment_move_id
        past.with_user(self.manager_a).action_revoke()
        activation = self.start()
        (sentence,) = self.explain(activation)
        self.assert_names(sentence, invoice.name, past.name)

    def test_other_products_and_payments_without_an_invoice_are_counted(self):
        activation = self.start()
        advice = self.env["product.product"].create({"name": "Advice", "list_price": 1})
        for _month in range(3):
            self.invoice_by_hand(self.company_a, product=advice, paid=False)
        sentences = self.explain(activation)
        self.assertEqual(len(sentences), 2)
        self.assertIn("3", sentences[1])
        self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.company_a.partner_id.id,
                "amount": 119000,
                "journal_id": self.company_data["default_journal_bank"].id,
            }
        ).action_post()
        self.assertEqual(len(self.explain(activation)), 3)

    def test_a_draft_and_the_own_invoice_are_told_apart(self):
        activation = self.start()
        activation.action_pay()
        self.assertEqual(len(self.explain(activation)), 1)
        self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.company_a.partner_id.id,
                "invoice_line_ids": [(0, 0, {"product_id": self.product.id})],
            }
        )
        sentences = self.explain(activation)
        self.assertEqual(len(sentences), 2)
        self.assertEqual(sum(activation.payment_sentence in sentence for sentence in sentences), 1)

    def test_nothing_of_another_company_is_named(self):
        invoice = self.invoice_by_hand(self.company_b, paid=False)
        sentences = self.explain(self.start())
        self.assertEqual(len(sentences), 1)
        self.assertNotIn(invoice.name, sentences[0])

    def test_without_anything_for_sale_it_says_so(self):
        self.seller.certificate_product_id = False
        self.assertEqual(len(self.explain(self.start())), 1)

    def test_every_status_has_its_sentence(self):
        """The matrix of statuses, driven through the engine; the page offers by status."""
        activation = self.start()
        seen = {self.get_status(activation): activation.payment_sentence}

        def look():
            status = self.get_status(activation)
            seen[status] = activation.payment_sentence
            return status

        page = self.buy(activation)
        self.assertEqual(look(), "to_pay")
        transaction = self.submit(page)
        transaction._set_pending()
        self.assertEqual(look(), "pending")
        transaction._set_error("refused")
        self.assertEqual(look(), "failed")
        transaction = self.submit(self.buy(activation))
        transaction._set_done()
        self.assertEqual(look(), "recording")
        self.poll()
        self.assertEqual(look(), "paid")
        self.seller.certificate_accept_test_payments = False
        self.assertEqual(look(), "test")
        self.seller.certificate_accept_test_payments = True
        self.refund(transaction)
        self.assertEqual(look(), "reversed")
        activation.action_pay()
        invoice = activation.sudo().payment_move_id
        invoice.action_post()
        self._register_payment(invoice, amount=19000)
        self.assertEqual(look(), "partial")
        invoice.matched_payment_ids.action_cancel()
        invoice.button_draft()
        invoice.button_cancel()
        self.assertEqual(look(), "void")
        statuses = dict(activation._fields["payment_status"].selection)
        self.assertEqual(seen.keys(), statuses.keys())
        self.assertEqual(len(set(seen.values())), len(statuses))
        self.assertTrue(all(seen.values()))

    def test_discarding_needs_something_pending_and_a_reason(self):
        activation = self.start()
        activation.action_pay()
        manager = activation.with_user(self.manager_a)
        with self.assertRaises(UserError):
            manager._discard_payment("It hangs.")
        self.create_invoice_transaction(activation.sudo().payment_move_id, "pending")
        for reason in ("", "  ", False):
            with self.subTest(reason=reason), self.assertRaises(UserError):
                manager._discard_payment(reason)
        self.assertEqual(self.get_status(activation), "pending")
