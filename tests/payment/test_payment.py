"""The purchase: through Odoo's payment engine over HTTP, by hand at the seller, and by forgery."""

from contextlib import contextmanager
from datetime import datetime, timezone

from dateutil.relativedelta import relativedelta
from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import JsonRpcException, tagged
from odoo.tools import mute_logger

from ...const import WIZARD_PATH
from ..common import samples
from ..common.payment import PRICE, CertificatePaymentCommon


@tagged("post_install", "-at_install")
class TestPayment(CertificatePaymentCommon):
    # === ASSERTIONS === #

    def assert_refused(self, activation, *methods):
        for method in methods:
            with self.subTest(method=method), self.assertRaises(UserError):
                getattr(activation, method)()
        self.assertEqual(activation.state, "pay")

    @contextmanager
    def assert_transaction_refused(self, activation, error="odoo.exceptions.ValidationError"):
        """Assert that a request starts no transaction for the activation's invoice."""
        invoice = activation.sudo().payment_move_id
        before = invoice.transaction_ids
        with (
            mute_logger("odoo.http"),
            self.assertRaisesRegex(JsonRpcException, f"^{error}$"),
        ):
            yield
        invoice.invalidate_recordset()
        self.assertEqual(invoice.transaction_ids, before)

    def assert_never_paid(self, activation, transaction):
        """Assert that a transaction, once the provider confirms it, does not pay an activation."""
        transaction._set_done()
        self.poll()
        self.assertFalse(activation.action_verify_payment())
        self.assertNotEqual(self.get_status(activation), "paid")
        self.assert_refused(activation, "action_continue")

    # === THE PAYMENT ENGINE === #

    def test_the_price_with_iva_is_what_the_page_asks_and_the_invoice_totals(self):
        activation = self.start()
        self.assertEqual((activation.price_untaxed, activation.price_total), (100000, PRICE))
        page = self.buy(activation)
        invoice = activation.sudo().payment_move_id
        self.assertEqual(page["amount"], PRICE)
        self.assertEqual((invoice.amount_untaxed, invoice.amount_total), (100000, PRICE))
        self.assertEqual((activation.price_untaxed, activation.price_total), (100000, PRICE))

    def test_the_invoice_stays_a_draft_of_the_seller_until_it_is_paid(self):
        activation = self.start()
        page = self.buy(activation)
        invoice = activation.sudo().payment_move_id
        self.assertEqual((invoice.company_id, invoice.state), (self.seller, "draft"))
        self.assertEqual(invoice.partner_id, self.company_a.partner_id)
        transaction = self.submit(page)
        self.assertEqual(invoice.state, "draft")
        transaction._set_done()
        self.assertEqual(self.poll()["landing_route"], WIZARD_PATH)
        self.assertEqual((invoice.state, invoice.partner_id), ("posted", self.company_a.partner_id))
        self.assertEqual(self.get_status(activation), "paid")

    def test_the_payment_is_booked_on_the_buying_company_and_reconciled(self):
        payers = {"a user of the company": self.user_a.login, "a visitor with the link": None}
        for activation, (payer, login) in zip(
            (self.start(), self.start(self.user_b)), payers.items(), strict=True
        ):
            with self.subTest(payer=payer):
                partner = activation.company_id.partner_id
                url = activation.action_pay()["url"]
                self.authenticate(login, login)
                transaction = self.submit(self._get_payment_context(self.url_open(url)))
                transaction._set_done()
                self.poll()
                payment = transaction.payment_id
                self.assertEqual((payment.company_id, payment.partner_id), (self.seller, partner))
                self.assertEqual(payment.reconciled_invoice_ids, activation.sudo().payment_move_id)
                self.assertEqual(payment.move_id.line_ids.partner_id, partner)
                self.assertEqual(self.get_status(activation), "paid")

    def test_a_purchase_goes_through_every_status_and_is_refused_until_it_is_paid(self):
        activation = self.start()
        self.assertEqual(activation.payment_status, "none")
        self.assert_refused(activation, "action_continue")
        page = self.buy(activation)
        invoice = activation.sudo().payment_move_id
        self.assertEqual(self.get_status(activation), "to_pay")
        self.assert_refused(activation, "action_continue")
        for failure in ("error", "canceled"):
            transaction = self.submit(page)
            self.assertEqual(self.get_status(activation), "to_pay")
            transaction._set_pending()
            self.assertEqual(self.get_status(activation), "pending")
            self.assert_refused(activation, "action_continue", "action_pay")
            getattr(transaction, f"_set_{failure}")("refused")
            self.assertEqual(self.get_status(activation), "failed")
            self.assertEqual(activation.payment_message, transaction.state_message)
            self.assert_refused(activation, "action_continue")
            page = self.buy(activation)
        transaction = self.submit(page)
        transaction._set_done()
        self.assertEqual(self.get_status(activation), "recording")
        self.poll()
        self.assertEqual(self.get_status(activation), "paid")
        self.assertEqual(activation.sudo().payment_move_id, invoice)
        activation.action_continue()
        self.assertEqual(activation.state, "process")

    def test_buying_again_reuses_the_draft_invoice_and_its_link(self):
        # The link says until when it is valid, to the second.
        self.enterContext(freeze_time(datetime.now(timezone.utc)))
        activation = self.start()
        url = activation.action_pay()["url"]
        invoice = activation.sudo().payment_move_id
        self.create_invoice_transaction(invoice, "error")
        self.assertEqual(self.get_status(activation), "failed")
        self.assertEqual([activation.action_pay()["url"] for _click in range(3)], [url] * 3)
        self.assertEqual(
            self.env["account.move"].search([("partner_id", "=", self.company_a.partner_id.id)]),
            invoice,
        )

    def test_an_invoice_that_was_never_issued_has_no_number(self):
        """Some add-ons, such as OCA's `account_move_name_sequence`, call it `/`."""
        activation = self.start()
        activation.action_pay()
        invoice = activation.sudo().payment_move_id
        invoice.name = "/"
        transaction = self.create_invoice_transaction(invoice, "pending")
        self.assertEqual(self.get_status(activation), "pending")
        self.assertEqual(activation.payment_reference, transaction.reference)
        transaction._set_done()
        transaction._post_process()
        self.assertEqual(self.get_status(activation), "paid")
        self.assertEqual(activation.payment_reference, f"{invoice.name}, {transaction.reference}")

    def test_a_confirmed_payment_is_recorded_by_whoever_comes_first(self):
        visits = {
            "verifies": lambda activation: activation.action_verify_payment(),
            "buys": lambda activation: activation.action_pay(),
        }
        for activation, (visit, method) in zip(
            (self.start(), self.start(self.user_b)), visits.items(), strict=True
        ):
            with self.subTest(visit=visit):
                self.submit(self.buy(activation))._set_done()
                self.assertEqual(self.get_status(activation), "recording")
                method(activation)
                self.assertEqual(self.get_status(activation), "paid")
                self.poll()
                self.assertEqual(len(activation.sudo().payment_move_id.matched_payment_ids), 1)

    def test_buying_what_is_paid_leads_back_to_the_wizard(self):
        activation = self.start()
        self.pay_online(activation)
        invoice = activation.sudo().payment_move_id
        self.assertEqual(self.get_wizard(activation.action_pay()).activation_id, activation)
        self.assertEqual(activation.sudo().payment_move_id, invoice)

    def test_a_user_whose_contact_belongs_to_the_company_sees_the_payment_form(self):
        self.user_a.partner_id.company_id = self.company_a
        page = self.buy(self.start())
        self.assertEqual(page["payment_method_ids"], self.payment_method.ids)

    def test_the_payment_page_opens_whatever_the_language_of_the_user(self):
        spanish = self.env["res.lang"]._activate_lang("es_419")
        if "website" in self.env:
            # Each site chooses its languages.
            self.env["website"].search([]).language_ids += spanish
        activation = self.start()
        # The last one is none that this database speaks.
        for code, prefix in (("es_419", f"/{spanish.url_code}"), (None, ""), ("fr_BE", "")):
            self.env.cr.execute(
                "UPDATE res_partner SET lang = %s WHERE id = %s", (code, self.user_a.partner_id.id)
            )
            self.env.invalidate_all()
            self.env.registry.clear_cache()
            with self.subTest(code):
                url = activation.action_pay()["url"]
                self.assertTrue(url.startswith(f"{prefix}/payment/pay?"), url)
                self.assertTrue(self.buy(activation))

    def test_a_saved_card_is_not_offered_and_the_payment_is_the_companys(self):
        activation = self.start()
        card = self._create_token(partner_id=self.user_a.partner_id.id)
        page = self.buy(activation)
        self.assertEqual(page["token_ids"], [])
        with self.assert_transaction_refused(activation):
            self.submit(page, flow="token", token_id=card.id, payment_method_id=None)
        transaction = self.submit(page)
        transaction._set_done()
        self.poll()
        self.assertEqual(transaction.payment_id.partner_id, self.company_a.partner_id)
        self.assertEqual(self.get_status(activation), "paid")

    def test_a_page_left_open_does_not_charge_twice(self):
        activation = self.start()
        page = self.buy(activation)
        transaction = self.submit(page)
        for state, step in (
            ("pending", transaction._set_pending),
            ("recording", transaction._set_done),
            ("paid", self.poll),
        ):
            step()
            self.assertEqual(self.get_status(activation), state)
            with self.subTest(state=state), self.assert_transaction_refused(activation):
                self.submit(page)

    # === WHAT HAPPENS TO AN INVOICE AT THE SELLER === #

    def test_a_part_of_the_price_is_partial_and_buying_pays_the_rest(self):
        activation = self.start()
        activation.action_pay()
        invoice = activation.sudo().payment_move_id
        invoice.action_post()
        self._register_payment(invoice, amount=19000)
        self.assertEqual(self.get_status(activation), "partial")
        self.assert_refused(activation, "action_continue")
        page = self.buy(activation)
        self.assertEqual(page["amount"], PRICE - 19000)
        self.submit(page)._set_done()
        self.poll()
        self.assertEqual(self.get_status(activation), "paid")
        self.assertEqual(activation.sudo().payment_move_id, invoice)

    def test_money_that_went_back_or_a_cancelled_invoice_asks_for_a_new_invoice(self):
        def credit(transaction):
            transaction.invoice_ids._reverse_moves(cancel=True)

        def refund(transaction):
            transaction._create_child_transaction(transaction.amount, is_refund=True)._set_done()

        def cancel(transaction):
            transaction.payment_id.action_cancel()
            transaction.invoice_ids.button_draft()
            transaction.invoice_ids.button_cancel()

        activation = self.start()
        for event, status in ((credit, "reversed"), (refund, "reversed"), (cancel, "void")):
            with self.subTest(event=event.__name__):
                transaction = self.pay_online(activation)
                self.assertEqual(self.get_status(activation), "paid")
                event(transaction)
                self.assertEqual(self.get_status(activation), status)
                self.assertFalse(activation.action_verify_payment())
                self.assert_refused(activation, "action_continue")
                activation.action_pay()
                self.assertNotEqual(activation.sudo().payment_move_id, transaction.invoice_ids)
                self.assertEqual(self.get_status(activation), "to_pay")

    def test_a_payment_returned_during_the_process_keeps_the_certificate_from_starting(self):
        activation = self.get_downloaded()
        self.attach(activation)
        activation.sudo().payment_move_id._reverse_moves(cancel=True)
        activation.invalidate_recordset()
        with self.assertRaises(UserError):
            activation.action_finish()
        self.assertEqual(activation.state, "process")

    def test_a_test_payment_counts_only_where_the_seller_accepts_it(self):
        self.seller.certificate_accept_test_payments = False
        activation = self.start()
        self.pay_online(activation)
        self.assertEqual(self.get_status(activation), "test")
        self.assert_refused(activation, "action_continue")
        self.seller.certificate_accept_test_payments = True
        self.assertEqual(self.get_status(activation), "paid")

    def test_what_was_a_test_payment_stays_one_whatever_becomes_of_the_provider(self):
        self.seller.certificate_accept_test_payments = False
        activation = self.start()
        self.pay_online(activation)
        for state in ("enabled", "disabled"):
            with self.subTest(state=state):
                self.provider.state = state
                self.assertEqual(self.get_status(activation), "test")

    def test_a_live_payment_counts_also_after_the_provider_was_changed(self):
        self.seller.certificate_accept_test_payments = False
        self.provider.state = "enabled"
        activation = self.start()
        self.pay_online(activation)
        for state in ("enabled", "disabled", "test"):
            with self.subTest(state=state):
                self.provider.state = state
                self.assertEqual(self.get_status(activation), "paid")

    def test_money_can_replace_a_test_payment(self):
        self.seller.certificate_accept_test_payments = False
        activation = self.start()
        self.pay_online(activation)
        invoice = self.invoice_by_hand(self.company_a)
        self.assertTrue(activation.action_verify_payment())
        self.assertEqual(activation.sudo().payment_move_id, invoice)

    # === PAID ELSEWHERE === #

    def test_a_payment_made_elsewhere_is_found_on_entry(self):
        invoice = self.invoice_by_hand(self.company_a)
        activation = self.start()
        self.assertEqual((activation.state, activation.payment_status), ("pay", "paid"))
        self.assertEqual(activation.sudo().payment_move_id, invoice)
        activation.action_continue()
        self.assertEqual(activation.state, "process")

    def test_verifying_finds_a_payment_and_gives_up_the_draft_and_continues(self):
        activation = self.start()
        activation.action_pay()
        draft = activation.sudo().payment_move_id
        invoice = self.invoice_by_hand(self.company_a)
        self.assertTrue(activation.action_verify_payment())
        self.assertEqual(activation.sudo().payment_move_id, invoice)
        self.assertEqual(draft.state, "cancel")

    def test_only_a_recent_payment_of_this_product_by_this_company_is_found(self):
        activation = self.start()
        year = relativedelta(years=1)
        others = {
            "unpaid": {"paid": False},
            "a year old": {"age": year},
            "another product": {
                "product": self.env["product.product"].create({"name": "Advice", "list_price": 1})
            },
        }
        for label, values in others.items():
            with self.subTest(label):
                self.invoice_by_hand(self.company_a, **values)
                self.assertFalse(activation.action_verify_payment())
        with self.subTest("another company"):
            self.invoice_by_hand(self.company_b)
            self.assertFalse(activation.action_verify_payment())
        with self.subTest("a day less than a year old"):
            invoice = self.invoice_by_hand(self.company_a, age=year - relativedelta(days=1))
            self.assertTrue(activation.action_verify_payment())
            self.assertEqual(activation.sudo().payment_move_id, invoice)

    def test_a_payment_serves_one_activation(self):
        activation = self.get_active()
        activation.with_user(self.manager_a).action_revoke()
        again = self.start()
        self.assertNotEqual(again, activation)
        self.assertEqual(again.payment_status, "none")

    def test_the_payment_of_a_cancelled_activation_serves_the_next(self):
        activation = self.get_processing()
        activation.with_user(self.manager_a).action_cancel()
        again = self.start()
        self.assertNotEqual(again, activation)
        self.assertEqual(again.payment_status, "paid")
        self.assertEqual(again.sudo().payment_move_id, activation.sudo().payment_move_id)

    def test_a_payment_confirmed_after_the_activation_was_cancelled_is_not_lost(self):
        activation = self.start()
        transaction = self.submit(self.buy(activation))
        transaction._set_pending()
        activation.with_user(self.manager_a).action_cancel()
        transaction._set_done()
        self.poll()
        self.assertEqual(self.start().payment_status, "paid")

    def test_a_payment_is_not_found_by_posing_as_a_contact_of_who_paid(self):
        self.invoice_by_hand(self.company_b)
        clerk = samples.make_user(
            self.env,
            "Clerk",
            "certificate_clerk",
            self.company_a,
            "account.group_account_invoice",
            "base.group_partner_manager",
        )
        self.company_a.partner_id.with_user(clerk).write(
            {"is_company": False, "parent_id": self.company_b.partner_id.id}
        )
        self.assertEqual(self.start(clerk).payment_status, "none")

    # === FORGED === #

    def test_a_free_payment_with_the_same_reference_pays_nothing(self):
        activation = self.start()
        activation.action_pay()
        invoice = activation.sudo().payment_move_id
        for reference in (activation.name, str(invoice.id), invoice.payment_reference or "x"):
            with self.subTest(reference=reference):
                self.authenticate(self.user_a.login, self.user_a.login)
                page = self._get_portal_pay_context(
                    reference=reference,
                    amount=1.0,
                    currency_id=invoice.currency_id.id,
                    company_id=self.seller.id,
                )
                self.assertEqual(page["amount"], 1)
                transaction = self.submit(
                    page,
                    reference_prefix=reference,
                    currency_id=invoice.currency_id.id,
                    partner_id=page["partner_id"],
                )
                self.assertTrue(transaction.reference.startswith(reference))
                self.assert_never_paid(activation, transaction)
                self.assertEqual(self.get_status(activation), "to_pay")

    def test_a_free_payment_of_the_price_pays_nothing_either(self):
        activation = self.start()
        currency = activation.currency_id
        self.authenticate(self.user_a.login, self.user_a.login)
        page = self._get_portal_pay_context(
            reference=activation.name,
            amount=float(PRICE),
            currency_id=currency.id,
            company_id=self.seller.id,
        )
        transaction = self.submit(
            page,
            reference_prefix=activation.name,
            currency_id=currency.id,
            partner_id=page["partner_id"],
        )
        self.assert_never_paid(activation, transaction)

    def test_a_changed_request_of_the_payment_page_is_refused(self):
        activation = self.start()
        page = self.buy(activation)
        changes = {
            "a smaller amount": {"amount": 1.0},
            "a larger amount": {"amount": PRICE + 1.0},
            "a negative amount": {"amount": -float(PRICE)},
            "no amount": {"amount": None},
            "a foreign landing address": {"landing_route": "https://example.com/"},
            "another landing address": {"landing_route": f"{WIZARD_PATH}/1"},
            "a validation of the card": {"is_validation": True},
            "a wrong token": {"access_token": "wrong"},
        }
        for change, values in changes.items():
            with self.subTest(change), self.assert_transaction_refused(activation):
                self.submit(page, **values)
        for change, values in {
            "another partner": {"partner_id": self.company_b.partner_id.id},
            "another currency": {"currency_id": self.currency_usd.id},
            "another reference": {"reference_prefix": "x"},
        }.items():
            with (
                self.subTest(change),
                self.assert_transaction_refused(activation, "werkzeug.exceptions.BadRequest"),
            ):
                self.submit(page, **values)
        self.assertEqual(self.get_status(activation), "to_pay")
        self.assertEqual(activation.sudo().payment_move_id.state, "draft")

    def test_a_changed_payment_link_is_refused(self):
        activation = self.start()
        url = activation.action_pay()["url"]
        self.authenticate(self.user_a.login, self.user_a.login)
        for change in (("amount=119000.0", "amount=1.0"), ("access_token=", "access_token=0")):
            with self.subTest(change), mute_logger("odoo.http"):
                response = self.url_open(url.replace(*change))
                self.assertNotEqual(response.status_code, 200)
                self.assertNotIn("o_payment_form", response.text)

    def test_a_small_payment_does_not_pay_whatever_the_invoice_says(self):
        """An invoice can say `in_payment` by any payment: what counts is what has settled."""
        activation = self.start()
        activation.action_pay()
        transaction = self.create_invoice_transaction(
            activation.sudo().payment_move_id, "done", amount=1
        )
        transaction._post_process()
        self.assertEqual(self.get_status(activation), "partial")
        self.assert_refused(activation, "action_continue")

    def test_defaults_of_the_buyer_do_not_change_the_invoice(self):
        """Anyone stores defaults of their own, and the invoice is drafted while they are at it."""
        defaults = {
            ("account.move.line", "discount"): 99.9,
            ("account.move.line", "quantity"): 0.01,
            ("account.move.line", "price_unit"): 1,
            ("account.move.line", "tax_ids"): [],
            ("account.move", "invoice_date"): "2020-01-01",
        }
        for (model, field), value in defaults.items():
            self.env["ir.default"].with_user(self.user_a).set(model, field, value, user_id=True)
        activation = self.start().with_context(skip_invoice_sync=True, default_discount=99.9)
        activation.action_pay()
        invoice = activation.sudo().payment_move_id
        self.assertEqual((invoice.amount_total, activation.price_total), (PRICE, PRICE))
        self.assertFalse(invoice.invoice_date)

    def test_a_company_cannot_change_the_price_of_what_it_buys(self):
        shopkeeper = samples.make_user(
            self.env,
            "Shopkeeper",
            "certificate_shopkeeper",
            self.company_a,
            "account.group_account_invoice",
            "product.group_product_manager",
        )
        activation = self.start(shopkeeper)
        with mute_logger("odoo.addons.base.models.ir_rule"), self.assertRaises(UserError):
            self.product.with_user(shopkeeper).list_price = 1
        self.assertEqual(activation.price_total, PRICE)

    # === NOT FOR SALE === #

    def test_nothing_is_created_while_the_certificate_is_not_for_sale(self):
        activation = self.start()
        moves = self.env["account.move"].search_count([])
        # Each row takes more away than the one before it.
        for missing, record, values in (
            ("price", self.product, {"list_price": 0}),
            ("product", self.seller, {"certificate_product_id": False}),
            ("seller", self.seller, {"certificate_seller_id": False}),
        ):
            with self.subTest(missing=missing):
                record.write(values)
                activation.invalidate_recordset()
                self.assert_refused(activation, "action_pay", "action_continue")
                self.assertFalse(activation.action_verify_payment())
                self.assertFalse(activation.sudo().payment_move_id)
                self.assertEqual(self.env["account.move"].search_count([]), moves)

    def test_the_seller_does_not_buy_from_itself(self):
        activations = self.env["certificate.activation"]
        before = activations.search_count([])
        action = activations.with_user(self.custodian).action_open_wizard()
        self.assertEqual(action["path"], "lent-certificate")
        self.assertEqual(activations.search_count([]), before)
