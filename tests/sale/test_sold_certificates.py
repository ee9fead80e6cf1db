"""The seller's side: price, provider, the list of what was sold, and the books."""

import re

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, JsonRpcException, tagged
from odoo.tools import mute_logger

from ...const import MODULE
from ..common import samples
from ..common.payment import PRICE, CertificatePaymentCommon


@tagged("post_install", "-at_install")
class TestSoldCertificates(CertificatePaymentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = samples.make_user(
            cls.env, "Contador", "certificate_accountant", cls.seller, "account.group_account_user"
        )

    def get_sold(self, user=None):
        """Return the invoices of the list, as the seller's accountant sees them."""
        moves = self.env["account.move"].with_user(user or self.accountant)
        server_action = self.env.ref(f"{MODULE}.account_move_action").with_user(moves.env.user)
        action = server_action.run()
        return moves.search(action["domain"])

    def get_offered(self, activation):
        """Return the ids of the providers on the payment page."""
        user = activation.env.user
        self.authenticate(user.login, user.login)
        page = self.url_open(activation.action_pay()["url"]).text
        return {int(provider) for provider in re.findall(r'data-provider-id="(\d+)"', page)}

    # === PRICE === #

    def test_the_total_is_in_whole_pesos_whatever_the_price(self):
        for price in (
            84033.61,
            100000.01,
            99999.99,
            33333.33,
            123456.78,
            50420.17,
            0.5,
            1e9 + 0.37,
        ):
            with self.subTest(price=price):
                self.product.list_price = price
                sold = self.seller._get_certificate_price()
                self.assertEqual(sold["total"], round(sold["total"]))
                self.assertLess(abs(sold["total"] - price * 1.19), 1.5)

    def test_what_is_offered_is_what_is_invoiced_to_the_peso(self):
        self.product.list_price = 84033.33
        activation = self.start()
        offered = activation.price_total
        self.assertEqual(offered, round(offered))
        page = self.buy(activation)
        self.assertEqual(page["amount"], offered)
        self.assertEqual(activation.sudo().payment_move_id.amount_total, offered)

    def test_the_settings_show_what_a_company_pays_before_it_is_saved(self):
        settings = self.env["res.config.settings"].sudo().with_company(self.seller)
        # Other applications warn of what has nothing to do with this.
        with mute_logger("odoo.tests.form.onchange"), Form(settings) as form:
            self.assertEqual(form.certificate_price_total, PRICE)
            form.certificate_price = 200000
            self.assertEqual(form.certificate_price_total, 2 * PRICE)
            form.certificate_tax_ids.clear()
            self.assertEqual(form.certificate_price_total, 200000)
        form.record.execute()
        self.assertEqual(self.start().price_total, 200000)

    # === PROVIDER === #

    def test_only_the_chosen_provider_collects(self):
        other = self.provider.copy({"state": "test", "is_published": True, "sequence": 99})
        other.payment_method_ids = self.provider.payment_method_ids
        self.provider.write({"is_published": True, "sequence": 1})
        self.assertEqual(self.get_offered(self.start()), set(self.provider.ids))
        self.seller.certificate_provider_id = other
        activation = self.start(self.user_b)
        self.assertEqual(self.get_offered(activation), set(other.ids))
        page = self.buy(activation)
        with mute_logger("odoo.http"), self.assertRaisesRegex(JsonRpcException, "ValidationError"):
            self.submit(page, provider_id=self.provider.id)
        self.assertFalse(activation.sudo().payment_move_id.transaction_ids)
        self.assertTrue(self.submit(page, provider_id=other.id))

    def test_the_chosen_provider_is_the_sellers(self):
        provider = self.provider.copy({"company_id": self.company_a.id})
        with self.assertRaises(ValidationError):
            self.seller.certificate_provider_id = provider

    # === THE LIST === #

    def test_the_seller_sees_every_sale_with_its_payment_and_its_certificate(self):
        active = self.get_active()
        waiting = self.start(self.user_b)
        waiting.action_pay()
        by_hand = self.invoice_by_hand(self.company_b, paid=False)
        advice = self.env["product.product"].create({"name": "Advice", "list_price": 1})
        self.invoice_by_hand(self.company_a, product=advice)
        sold = self.get_sold()
        rows = {move.id: (move.certificate_payment_status, move.certificate_state) for move in sold}
        self.assertEqual(
            rows,
            {
                active.sudo().payment_move_id.id: ("paid", "active"),
                waiting.sudo().payment_move_id.id: ("to_pay", "pay"),
                by_hand.id: ("to_pay", False),
            },
        )
        row = active.sudo().payment_move_id.with_user(self.accountant)
        self.assertEqual(row.certificate_activation_name, active.name)
        self.assertEqual(row.certificate_date_end, active.date_end)
        self.assertEqual(row.certificate_surplus, 0)

    def test_the_list_shows_what_was_charged_twice(self):
        activation = self.start()
        activation.action_pay()
        invoice = activation.sudo().payment_move_id
        for transaction in [self.create_invoice_transaction(invoice) for _page in range(2)]:
            transaction._set_done()
            transaction._post_process()
        self.assertEqual(self.get_sold().certificate_surplus, PRICE)

    def test_a_company_that_sells_nothing_has_an_empty_list(self):
        self.get_active()
        self.assertFalse(self.get_sold(self.user_a))

    # === THE BOOKS === #

    def test_the_accountant_finds_sale_and_payment_where_they_always_are(self):
        activation = self.get_active()
        invoice = activation.sudo().payment_move_id
        invoices = self.env["account.move"].with_user(self.accountant)
        payments = self.env["account.payment"].with_user(self.accountant)
        self.assertIn(invoice.id, invoices.search([("move_type", "=", "out_invoice")]).ids)
        seen = invoices.browse(invoice.id)
        self.assertEqual((seen.state, seen.amount_total), ("posted", PRICE))
        self.assertEqual(seen.partner_id, self.company_a.partner_id)
        payment = payments.search([("partner_id", "=", self.company_a.partner_id.id)])
        self.assertEqual(payment.amount, PRICE)
        self.assertEqual(payment.reconciled_invoice_ids.ids, invoice.ids)
        # What the seller invoices is no window into what its clients do.
        with self.assertRaises(AccessError):
            activation.with_user(self.accountant).representative_name  # noqa: B018

    def test_a_client_reads_no_invoice_of_anyone_not_even_the_one_it_pays(self):
        own = self.start()
        own.action_pay()
        others = self.start(self.user_b)
        others.action_pay()
        for invoice in (own.sudo().payment_move_id, others.sudo().payment_move_id):
            for user in (self.user_a, self.manager_a):
                with self.subTest(invoice=invoice, user=user.login):
                    seen = invoice.with_user(user)
                    for read in (
                        lambda seen=seen: seen.read(["name"]),
                        lambda seen=seen: seen.certificate_payment_status,
                        lambda seen=seen: seen.export_data(["name"]),
                        lambda seen=seen: seen.transaction_ids.mapped("reference"),
                    ):
                        with self.assertRaises(UserError):
                            read()
                    self.assertFalse(seen.search([("id", "=", invoice.id)]))
                    self.authenticate(user.login, user.login)
                    for path in (f"/my/invoices/{invoice.id}", f"/odoo/accounting/{invoice.id}"):
                        self.assertNotIn(invoice.invoice_origin, self.url_open(path).text)
