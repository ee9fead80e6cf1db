"""How buyers and treasurers pay: from the mail, by a link, in parts, by transfer, twice; and on which day."""

from contextlib import contextmanager
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2.errors import SerializationFailure

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import BaseCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from ...const import ACTIVITY_BOOKING, INVOICE_PATH, RECEIVED_PATH, WIZARD_PATH
from ...models.core.addresses import get_page_path
from ..common import samples
from ..common.books import AFTERMATH, BooksCommon
from ..common.payment import PRICE


@tagged("post_install", "-at_install")
class TestPaymentWays(BooksCommon):
    def setUp(self):
        super().setUp()
        self.activation = self.get_cart()
        self.invoice = self.activation.sudo().payment_move_id

    # === STEPS === #

    def open(self, url, user=None):
        self.authenticate(user and user.login, user and user.login)
        return self.url_open(url)

    def pay_page(self, response, **tampered):
        page = self._get_payment_context(response)
        transaction = self.submit(page, **tampered)
        transaction._set_done()
        self.assertTrue(self.poll()["landing_route"])
        return transaction

    @contextmanager
    def refused(self, sentence=""):
        before = self.invoice.transaction_ids
        with mute_logger("odoo.http"), self.assertRaisesRegex(JsonRpcException, "ValidationError"):
            yield
        self.invoice.invalidate_recordset()
        self.assertEqual(self.invoice.transaction_ids, before)

    # === WHERE THE INVOICE IS FOUND === #

    def test_pay_now_on_the_invoice_that_was_sent_pays(self):
        self.invoice.action_post()
        # His contact belongs to the buying company: that hides no form.
        self.user_a.partner_id.company_id = self.company_a
        for payer in (self.user_a, None):
            with self.subTest(payer=payer), self.env.cr.savepoint() as savepoint:
                response = self.open(self.invoice.get_portal_url(), payer)
                transaction = self.pay_page(response)
                self.assertEqual(self.get_status(self.activation), "paid")
                self.assertEqual(transaction.payment_id.partner_id, self.company_a.partner_id)
                savepoint.rollback()
            self.env.invalidate_all()

    def test_only_the_provider_that_the_seller_chose_is_offered_with_the_invoice(self):
        self.invoice.action_post()
        page = self._get_payment_context(self.open(self.invoice.get_portal_url()))
        self.assertEqual(page["payment_method_ids"], self.payment_method.ids)
        self.seller.sudo().certificate_provider_id = self.provider.copy(
            {"state": "test", "is_published": True, "payment_method_ids": [Command.clear()]}
        )
        self.assertNotIn("o_payment_form", self.open(self.invoice.get_portal_url()).text)

    def test_an_invoice_by_hand_is_paid_from_where_it_was_sent_and_found(self):
        by_hand = self.invoice_by_hand(self.company_a, paid=False)
        self.user_a.partner_id.company_id = self.company_a
        self.pay_page(self.open(by_hand.get_portal_url()))
        self.assertEqual(self.get_status(self.activation), "paid")
        self.assertEqual(self.activation.sudo().payment_move_id, by_hand)

    def test_what_is_being_paid_elsewhere_is_not_offered_again(self):
        by_hand = self.invoice_by_hand(self.company_a, paid=False, price_unit=200000)
        wizard = self.get_wizard(self.activation.action_open_wizard())
        wizard.action_verify_payment()
        self.assertEqual(len(wizard.findings), 2)
        page = self._get_payment_context(self.open(by_hand.get_portal_url(), self.user_a))
        transaction = self.submit(page)
        transaction._set_pending()
        wizard.action_verify_payment()
        self.assertEqual(wizard.payment_status, "pending")
        self.assertEqual(self.activation.sudo().payment_move_id, by_hand)
        self.assertEqual(self.invoice.state, "cancel")
        # What is listed is what the page says.
        [finding] = wizard.findings
        self.assertIn(self.get_alert(wizard, "payment"), finding)
        # Also without another click: findings are never older than what the page says.
        transaction._set_done()
        wizard.invalidate_recordset()
        self.activation.invalidate_recordset()
        self.assertEqual(wizard.payment_status, "recording")
        self.assertIn(self.get_alert(wizard, "payment"), wizard.findings[0])
        transaction._post_process()
        wizard.invalidate_recordset()
        self.assertEqual(self.get_status(self.activation), "paid")
        self.assertFalse(wizard.findings)

    def test_a_payment_of_something_else_is_not_taken(self):
        other = self.env["certificate.activation"].with_user(self.user_b)._get_or_start()
        other.action_pay()
        self.create_invoice_transaction(other.sudo().payment_move_id)._set_pending()
        self.activation.action_verify_payment()
        self.assertEqual(self.activation.sudo().payment_move_id, self.invoice)

    # === WHAT IS BOUGHT === #

    def test_the_pages_of_the_payment_say_what_is_bought_from_whom_and_for_whom(self):
        facts = (
            self.product.name,
            self.seller.name,
            "901.414.515-7",
            self.company_a.name,
            "900.987.321-1",
        )
        response = self.open(self.activation.action_pay()["url"], self.user_a)
        for fact in facts:
            self.assertIn(fact, response.text)
        self.assertIn(f'href="{WIZARD_PATH}"', response.text)
        transaction = self.submit(self._get_payment_context(response))
        transaction._set_done()
        # The provider's own sentence may be in any language.
        transaction.provider_id.done_msg = "<p>Your payment has been processed.</p>"
        status = self.url_open("/payment/status").text
        for fact in facts:
            self.assertIn(fact, status)
        self.assertIn("We received your payment.", status)
        self.assertNotIn("has been processed", status)

    def test_other_payments_have_odoos_pages(self):
        advice = self.env["product.product"].create({"name": "Advice", "taxes_id": False})
        other = self.invoice_by_hand(self.company_a, product=advice, paid=False, price_unit=5000)
        self.open(other.get_portal_url())
        self.create_invoice_transaction(other)
        for name in ("purchase", "certificate_brand"):
            self.assertNotIn(f'name="{name}"', self.url_open(other.get_portal_url()).text)

    def test_the_invoice_is_given_to_the_buyer_once_it_is_paid(self):
        path = f"{INVOICE_PATH}/{self.activation.id}"
        with self.assertRaises(UserError):
            self.activation.action_open_invoice()
        self.assertEqual(self.open(path, self.user_a).status_code, 404)
        self.pay_online(self.activation)
        self.assertEqual(self.get_status(self.activation), "paid")
        # Whoever paid has it in the same session, with a login or without one.
        self.assertIn(f"{RECEIVED_PATH}/invoice", self.url_open(RECEIVED_PATH).text)
        self.assertIn(self.invoice.name, self.url_open(f"{RECEIVED_PATH}/invoice").text)
        self.assertEqual(self.activation.action_open_invoice()["url"], path)
        wizard = self.get_wizard(self.activation.action_open_wizard())
        [alert] = [alert for alert in wizard.alerts if alert["name"] == "payment"]
        self.assertEqual(alert["action"]["name"], "action_open_invoice")
        answer = self.open(path, self.user_a)
        self.assertTrue(answer.ok)
        self.assertIn("attachment", answer.headers["Content-Disposition"])
        self.assertIn(self.invoice.name, answer.text)
        for user in (self.user_b, self.stranger):
            with self.subTest(user=user.login):
                self.assertEqual(self.open(path, user).status_code, 404)
        self.open("/web/login")
        self.assertNotIn(self.invoice.name, self.url_open(f"{RECEIVED_PATH}/invoice").text)
        self.assertNotIn(self.invoice.name, self.url_open(path).text)

    def test_the_six_steps_say_how_the_payment_stands(self):
        def look():
            overview = self.env["electronic.invoicing.setup"].with_user(self.user_a).get_overview()
            [step] = [one for one in overview["steps"] if one["key"] == "certificate"]
            return step["sentence"]

        seen = [look()]
        transaction = self.create_invoice_transaction(self.invoice)
        for change in (
            transaction._set_pending,
            transaction._set_done,
            transaction._post_process,
            self.activation.action_continue,
        ):
            change()
            self.env.invalidate_all()
            seen.append(look())
        # Unpaid, being confirmed, to be booked, paid; and the letter is still what is next.
        self.assertEqual(len({*seen}), 4, seen)
        self.assertEqual(seen[3], seen[4])

    def test_buying_leads_to_the_invoice_that_was_issued_and_sent(self):
        self.invoice.unlink()
        dearer = self.invoice_by_hand(self.company_a, paid=False, price_unit=200000)
        sent = self.invoice_by_hand(self.company_a, paid=False)
        self.pay_page(self.open(self.activation.action_pay()["url"], self.user_a))
        self.assertEqual(self.get_status(self.activation), "paid")
        self.assertEqual(self.activation.sudo().payment_move_id, sent)
        self.assertEqual(dearer.amount_residual, dearer.amount_total)

    def test_an_invoice_that_is_sent_takes_the_place_of_the_cart(self):
        page = self._get_payment_context(
            self.open(self.activation.action_pay()["url"], self.user_a)
        )
        dearer = self.invoice_by_hand(self.company_a, paid=False, price_unit=200000)
        self.activation.action_open_wizard()
        self.assertEqual(self.activation.sudo().payment_move_id, self.invoice)
        sent = self.invoice_by_hand(self.company_a, paid=False)
        wizard = self.get_wizard(self.activation.action_open_wizard())
        self.assertEqual(self.activation.sudo().payment_move_id, sent)
        self.assertEqual(self.invoice.state, "cancel")
        self.assertEqual(wizard.payment_status, "to_pay")
        self.assertIn(sent.name, self.activation._get_payment_sentence())
        # The page of the cart, left open in another tab, takes no money.
        with self.refused():
            self.submit(page)
        self.pay_page(self.open(self.activation.action_pay()["url"], self.user_a))
        self.assertEqual(self.get_status(self.activation), "paid")
        self.assertEqual((sent.amount_residual, dearer.amount_residual > 0), (0, True))

    def test_a_payment_under_way_stays_with_its_cart(self):
        self.create_invoice_transaction(self.invoice)._set_pending()
        self.invoice_by_hand(self.company_a, paid=False)
        self.activation.action_open_wizard()
        self.assertEqual(self.activation.sudo().payment_move_id, self.invoice)
        self.assertEqual(self.invoice.state, "draft")

    def test_the_payment_link_of_odoo_pays_without_a_login(self):
        self.invoice.action_post()
        wizard = self.env["payment.link.wizard"].with_context(
            active_model="account.move", active_id=self.invoice.id
        )
        link = wizard.create({}).link
        transaction = self.pay_page(self.open(link))
        self.assertEqual(self.get_status(self.activation), "paid")
        self.assertEqual(transaction.landing_route, RECEIVED_PATH)

    def test_the_list_of_due_invoices_pays_the_certificate_and_others_at_once(self):
        self.invoice.action_post()
        advice = self.env["product.product"].create({"name": "Advice", "taxes_id": False})
        other = self.invoice_by_hand(self.company_a, product=advice, paid=False, price_unit=5000)
        invoices = self.invoice | other
        self.activation._check_transaction(
            self.provider.id,
            invoices,
            amount=sum(invoices.mapped("amount_residual")),
            landing_route="/my/invoices/",
            flow="direct",
        )
        with self.assertRaises(UserError):
            self.activation._check_transaction(
                self.provider.id,
                invoices,
                amount=PRICE,
                landing_route="/my/invoices/",
                flow="direct",
            )
        transaction = self.create_invoice_transaction(
            self.invoice,
            "done",
            amount=sum(invoices.mapped("amount_residual")),
            invoice_ids=[Command.set(invoices.ids)],
        )
        transaction._post_process()
        self.assertEqual(self.get_status(self.activation), "paid")
        self.assertEqual(self.activation.payment_surplus, 0)
        self.assertEqual(other.amount_residual, 0)

    def test_instalments_are_paid_one_by_one(self):
        self.invoice.invoice_payment_term_id = self.env["account.payment.term"].create(
            {
                "name": "30 now, 70 in a month",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 30, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 70, "nb_days": 30}),
                ],
            }
        )
        self.invoice.action_post()
        self.open("/", self.user_a)
        page = self._get_payment_context(self.open(self.invoice.get_portal_url(), self.user_a))
        for amount, status in ((PRICE * 0.3, "partial"), (PRICE * 0.7, "paid")):
            self.submit(page, amount=amount)._set_done()
            self.poll()
            self.assertEqual(self.get_status(self.activation), status)

    # === TWICE === #

    def test_a_second_tab_says_that_the_certificate_is_paid(self):
        url = self.activation.action_pay()["url"]
        tab = self._get_payment_context(self.open(url, self.user_a))
        self.pay_page(self.url_open(url))
        with self.refused():
            self.submit(tab)
        with self.assertRaisesRegex(UserError, "already paid"):
            self.activation._check_unpaid()
        response = self.url_open(url)
        self.assertIn('data-status="paid"', response.text)
        self.assertNotIn("o_payment_form", response.text)
        self.assertIn(WIZARD_PATH, response.text)

    def test_a_treasurer_without_a_login_is_told_what_became_of_the_payment(self):
        url = self.activation.action_pay()["url"]
        transaction = self.pay_page(self.open(url))
        self.assertEqual(transaction.landing_route, RECEIVED_PATH)
        response = self.url_open(RECEIVED_PATH)
        self.assertIn('data-status="paid"', response.text)
        self.assertNotIn(WIZARD_PATH, response.text)
        # Somebody else's visit shows nothing of it.
        self.authenticate(None, None)
        self.assertNotIn("data-status", self.url_open(RECEIVED_PATH).text)

    # === BY TRANSFER === #

    def get_transfer(self):
        """Announce a transfer; the provider for it belongs to an add-on that may be missing."""
        if "custom" not in dict(self.env["payment.provider"]._fields["code"].selection):
            self.skipTest("payment_custom is not installed here.")
        self.provider.sudo().write(
            {
                "code": "custom",
                "custom_mode": "wire_transfer",
                "pending_msg": "<p>Bancolombia 123-456789-01</p>",
            }
        )
        return self.create_invoice_transaction(self.invoice, "pending")

    def test_a_transfer_shows_its_account_until_it_comes(self):
        transaction = self.get_transfer()
        self.assertEqual(self.get_status(self.activation), "pending")
        wizard = self.get_wizard(self.activation.action_open_wizard())
        self.assertIn("123-456789-01", wizard.payment_instructions)
        self.assertIn(transaction.reference, self.activation.payment_sentence)
        self.assertNotIn("PSE", self.activation.payment_sentence)
        self.invoice.action_post()
        self._register_payment(self.invoice)
        self.assertEqual(self.get_status(self.activation), "paid")
        self.assertFalse(self.activation.payment_instructions)

    def test_who_announced_a_transfer_may_pay_by_other_means(self):
        transfer = self.get_transfer()
        self.assertEqual(self.activation.payment_next, "change")
        self.pay_page(self.open(self.activation.action_pay()["url"], self.user_a))
        self.assertEqual(transfer.state, "cancel")
        self.assertEqual(self.get_status(self.activation), "paid")
        self.assertFalse(self.get_notices(self.activation)[1:])

    # === THE DAY === #

    def test_invoice_entry_and_payment_are_of_the_day_in_colombia(self):
        self.user_a.tz = "Asia/Tokyo"
        with freeze_time("2027-01-01 02:30:00"):
            self.pay(self.activation)
        payment = self.invoice.transaction_ids.payment_id
        for day in (
            self.invoice.invoice_date,
            self.invoice.date,
            payment.date,
            payment.move_id.date,
            self.activation.payment_date,
        ):
            self.assertEqual(fields.Date.to_string(day), "2026-12-31")


@tagged("post_install", "-at_install")
class TestOthersWork(BooksCommon):
    """What fails of ours after an accountant's work is told, and the work is done."""

    def setUp(self):
        super().setUp()
        self.activation = self.get_issued()
        self.invoice = self.activation.sudo().payment_move_id

    def test_a_failure_is_told_once_and_stops_no_bookkeeping(self):
        activations = type(self.env["certificate.activation"])
        for error in (KeyError("x"), UserError("Closed."), TypeError("x"), AccessError("No.")):
            with (
                self.subTest(error=type(error).__name__),
                self.env.cr.savepoint() as savepoint,
                patch.object(activations, "_react_to_payment", side_effect=error),
                mute_logger(AFTERMATH),
            ):
                payment = self._register_payment(self.invoice)
                self.assertEqual(self.invoice.amount_residual, 0)
                self.unreconcile()
                payment.action_draft()
                payment.action_cancel()
                self.invoice.button_draft()
                self.invoice.button_cancel()
                self.assertEqual(self.invoice.state, "cancel")
                self.invoice.button_draft()
                self.invoice.with_context(force_delete=True).unlink()
                savepoint.rollback()
            self.env.invalidate_all()

    def test_the_reason_reaches_each_accountant_once(self):
        activations = type(self.env["certificate.activation"])
        with (
            patch.object(activations, "_react_to_payment", side_effect=UserError("Closed.")),
            mute_logger(AFTERMATH),
        ):
            self._register_payment(self.invoice, amount=1000)
            self._register_payment(self.invoice)
        known = self.invoice.activity_search([ACTIVITY_BOOKING], user_id=self.accountant.id)
        self.assertEqual(len(known), 1)
        self.assertIn("Closed.", known.note)

    def test_what_odoo_tries_again_reaches_it(self):
        activations = type(self.env["certificate.activation"])
        with (
            patch.object(activations, "_react_to_payment", side_effect=SerializationFailure),
            self.assertRaises(SerializationFailure),
        ):
            self._register_payment(self.invoice)

    def test_an_invoice_opens_though_what_is_said_of_its_certificate_fails(self):
        moves, companies = type(self.env["account.move"]), type(self.env["res.company"])
        self.invoice.invalidate_recordset()
        with (
            patch.object(moves, "_get_certificate_payment_status", side_effect=TypeError),
            patch.object(companies, "_get_certificate_warning", side_effect=TypeError),
            mute_logger(AFTERMATH),
        ):
            self.assertFalse(self.invoice.with_user(self.accountant).certificate_payment_status)
            self.assertFalse(self.invoice.with_user(self.accountant).certificate_warning)

    def test_the_button_of_the_transaction_says_why_it_cannot_be_booked(self):
        transaction = self.create_invoice_transaction(self.invoice, "done")
        self.bank.active = False
        with self.assertRaises(UserError):
            transaction.action_post_process()

    def test_refusals_that_protect_money_stay(self):
        address = self.env["res.partner"].create({"name": "Somebody", "vat": "900123456-8"})
        self.invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": address.id,
                "invoice_line_ids": [Command.create({"product_id": self.product.id})],
            }
        )
        self.invoice.action_post()
        clerk = samples.make_user(
            self.env,
            "Clerk",
            "certificate_clerk",
            self.company_a,
            "base.group_user",
            "base.group_partner_manager",
        )
        for vals in ({"vat": self.company_a.vat}, {"parent_id": self.company_a.partner_id.id}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                address.with_user(clerk).write(vals)
        address.with_user(clerk).write({"phone": "3001234567"})


class _Languages:
    def __init__(self, *codes):
        self.codes = codes

    def _get_data(self, code):
        return code in self.codes and type("Data", (), {"url_code": code[:2]})


class _Site(list):
    def __init__(self, *codes):
        super().__init__([self])
        self.language_ids = type("Ids", (), {"mapped": lambda _self, _name: codes})()

    def sudo(self):
        return self

    def search(self, _domain):
        return self


@tagged("post_install", "-at_install")
class TestAddresses(BaseCase):
    def test_a_page_has_the_prefix_of_a_language_that_the_site_serves(self):
        languages = _Languages("en_US", "es_CO")
        for site, code, path in (
            ({}, "es_CO", "/es/payment/pay"),
            ({}, "fr_FR", "/payment/pay"),
            ({}, None, "/payment/pay"),
            ({"website": _Site("en_US", "es_CO")}, "es_CO", "/es/payment/pay"),
            ({"website": _Site("en_US")}, "es_CO", "/payment/pay"),
        ):
            with self.subTest(site=site, code=code):
                env = {"res.lang": languages, **site}
                self.assertEqual(get_page_path(env, "/payment/pay", code), path)
