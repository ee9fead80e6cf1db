"""The gateways of Odoo that collect Colombian pesos, with their remote side faked where the HTTP leaves Odoo.

Each fake answers as the public documents of that gateway say. `dev/test` runs this in a database of its own,
which has their add-ons; nothing else needs them. What no fake shows: whether the gateway itself keeps to its
documents, the inline forms and scripts that it serves to the browser, PSE's page of the bank, and how long cash
takes.
"""

import hashlib
import hmac
import json
import re
from unittest.mock import patch
from urllib.parse import urlencode

import requests

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common.payment import PRICE, CertificatePaymentCommon

LOGGERS = (
    "odoo.addons.payment.models.payment_provider",
    "odoo.addons.payment.models.payment_transaction",
    "odoo.addons.payment_flutterwave.controllers.main",
    "odoo.addons.payment_mercado_pago.controllers.payment",
    "odoo.addons.payment_mercado_pago.models.payment_transaction",
    "odoo.addons.payment_nuvei.controllers.main",
    "odoo.addons.payment_razorpay.controllers.main",
    "odoo.addons.payment_razorpay.models.payment_transaction",
    "odoo.http",
)


def answer(content, status=200):
    response = requests.Response()
    response.status_code = status
    response._content = json.dumps(content).encode()
    response.headers["Content-Type"] = "application/json"
    return response


class Gateway:
    """The remote side: what it was asked for, how the payment stands there, and how it tells Odoo.

    :ivar asked: amount in pesos and currency of the last payment that was asked for
    :ivar state: `done`, `pending`, `error`
    """

    flow = "redirect"

    def __init__(self, case):
        self.case = case
        self.state, self.asked, self.transaction, self.amount = "pending", None, None, None

    def request(self, method, url, **kwargs):
        """Answer a request of Odoo."""
        raise AssertionError(f"{method} {url}")

    def begin(self, transaction, processing):
        """Show the gateway's own page to whoever pays."""
        self.transaction, self.amount = transaction, transaction.amount

    def post(self, path, data, **headers):
        return self.case.url_open(
            path, data=json.dumps(data), headers={"Content-Type": "application/json", **headers}
        )


class MercadoPago(Gateway):
    """https://www.mercadopago.com.co/developers: Checkout Pro, preferences and payments."""

    code = "mercado_pago"
    states = {"done": "approved", "pending": "in_process", "error": "rejected"}

    def get_values(self, env):
        return {
            "mercado_pago_account_country_id": env.ref("base.co").id,
            "mercado_pago_access_token": "TEST-1",
        }

    def request(self, method, url, **kwargs):
        if url.endswith("/checkout/preferences"):
            (item,) = kwargs["json"]["items"]
            if item["unit_price"] != int(item["unit_price"]):
                return answer({"message": "unit_price must be an integer for COP"}, status=400)
            self.asked = (item["unit_price"], item["currency_id"])
            link = "https://sandbox.mercadopago.com.co/checkout/v1/redirect?pref_id=1"
            return answer({"id": "1", "init_point": link, "sandbox_init_point": link})
        if method == "GET" and url.endswith("/v1/payments/77"):
            return answer(
                {
                    "id": 77,
                    "status": self.states[self.state],
                    "status_detail": "cc_rejected_insufficient_amount",
                    "external_reference": self.transaction.reference,
                    "transaction_amount": self.amount,
                    "currency_id": "COP",
                    "payment_type_id": "bank_transfer",
                    "payment_method_id": "pse",
                    "additional_info": {"items": [{"unit_price": str(self.amount)}]},
                }
            )
        return super().request(method, url, **kwargs)

    def come_back(self):
        return self.case.url_open(
            "/payment/mercado_pago/return?payment_id=77&status=x"
            f"&external_reference={self.transaction.reference}"
        )

    def notify(self):
        path = f"/payment/mercado_pago/webhook/{self.transaction.reference}"
        return self.post(path, {"action": "payment.updated", "data": {"id": "77"}})

    def forge(self):
        """Nothing to forge: Odoo asks the gateway itself, and it knows of no other payment."""
        path = f"/payment/mercado_pago/webhook/{self.transaction.reference}"
        with patch.object(self, "request", lambda *args, **kwargs: answer({}, status=404)):
            return self.post(path, {"action": "payment.updated", "data": {"id": "78"}})


class Nuvei(Gateway):
    """https://docs.nuvei.com: the payment page, and DMNs with advanceResponseChecksum."""

    code = "nuvei"
    secret = "nuvei-secret"
    states = {"done": "APPROVED", "pending": "PENDING", "error": "DECLINED"}

    def get_values(self, env):
        return {
            "nuvei_merchant_identifier": "1",
            "nuvei_site_identifier": "2",
            "nuvei_secret_key": self.secret,
        }

    def begin(self, transaction, processing):  # pylint: disable=missing-return
        super().begin(transaction, processing)
        form = dict(
            re.findall(r'name="([^"]+)"\s+value="([^"]*)"', processing["redirect_form_html"])
        )
        self.asked = (float(form["total_amount"]), form["currency"])
        assert form["item_amount_1"] == form["total_amount"]

    def get_data(self, secret=None):
        data = {
            "totalAmount": str(self.amount),
            "currency": "COP",
            "responseTimeStamp": "2026-11-30.10:00:00",
            "PPP_TransactionID": "88",
            "Status": self.states[self.state],
            "productId": "p",
        }
        signed = (secret or self.secret) + "".join(data.values())
        return {
            **data,
            "invoice_id": self.transaction.reference,
            "payment_method": "apmgw_PSE",
            "TransactionID": "99",
            "Reason": "Insufficient funds",
            "advanceResponseChecksum": hashlib.sha256(signed.encode()).hexdigest(),
        }

    def come_back(self):
        query = urlencode(self.get_data())
        return self.case.url_open(f"/payment/nuvei/return?{query}")

    def notify(self):
        return self.case.url_open("/payment/nuvei/webhook", data=self.get_data())

    def forge(self):
        return self.case.url_open("/payment/nuvei/webhook", data=self.get_data("another"))


class Flutterwave(Gateway):
    """https://developer.flutterwave.com/v3: standard checkout, verify by reference, webhooks with verif-hash."""

    code = "flutterwave"
    secret = "flutterwave-hash"
    states = {"done": "successful", "pending": "pending", "error": "failed"}

    def get_values(self, env):
        return {
            "flutterwave_public_key": "p",
            "flutterwave_secret_key": "s",
            "flutterwave_webhook_secret": self.secret,
        }

    def request(self, method, url, **kwargs):
        if url.endswith("/v3/payments"):
            self.asked = (kwargs["json"]["amount"], kwargs["json"]["currency"])
            return answer(
                {"status": "success", "data": {"link": "https://checkout.flutterwave.com/1"}}
            )
        if url.endswith("/v3/transactions/verify_by_reference"):
            assert kwargs["params"]["tx_ref"] == self.transaction.reference
            return answer({"status": "success", "data": self.get_data()})
        return super().request(method, url, **kwargs)

    def get_data(self):
        return {
            "id": 66,
            "tx_ref": self.transaction.reference,
            "amount": self.amount,
            "currency": "COP",
            "status": self.states[self.state],
            "payment_type": "card",
            "card": {"type": "VISA", "last_4digits": "2950"},
            "customer": {"email": "x@example.com"},
        }

    def come_back(self):
        reference = self.transaction.reference
        return self.case.url_open(
            f"/payment/flutterwave/return?status={self.states[self.state]}&tx_ref={reference}"
        )

    def notify(self, secret=None):
        return self.post(
            "/payment/flutterwave/webhook",
            {"event": "charge.completed", "data": self.get_data()},
            **{"verif-hash": secret or self.secret},
        )

    def forge(self):
        return self.notify("another")


class Razorpay(Gateway):
    """https://razorpay.com/docs/api: orders, payments, refunds, and webhooks with X-Razorpay-Signature."""

    code = "razorpay"
    flow = "direct"
    key, secret = "razorpay-key", "razorpay-hook"
    states = {"done": "captured", "pending": "created", "error": "failed"}

    def get_values(self, env):
        return {
            "razorpay_key_id": "k",
            "razorpay_key_secret": self.key,
            "razorpay_webhook_secret": self.secret,
        }

    def request(self, method, url, **kwargs):
        if url.endswith("/v1/customers"):
            return answer({"id": "cust_1"})
        if url.endswith("/v1/orders"):
            # In the smallest unit of the currency: cents.
            self.asked = (kwargs["json"]["amount"] / 100, kwargs["json"]["currency"])
            return answer({"id": "order_1", **kwargs["json"]})
        if url.endswith("/v1/payments/pay_1"):
            return answer(self.get_data())
        if url.endswith("/refund"):
            description = "The id provided does not exist"
            return answer({"error": {"description": description}}, status=400)
        return super().request(method, url, **kwargs)

    def get_data(self):
        return {
            "id": "pay_1",
            "amount": int(self.amount * 100),
            "currency": "COP",
            "status": self.states[self.state],
            "description": self.transaction.reference,
            "method": "card",
            "card": {"network": "Visa", "last4": "1111"},
            "error_description": "Insufficient funds",
        }

    def sign(self, secret, text):
        return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()

    def come_back(self):
        if self.state == "error":
            # Its window stays open, and the webhook alone tells.
            return self.notify()
        return self.case.url_open(
            f"/payment/razorpay/return?reference={self.transaction.reference}",
            data={
                "razorpay_payment_id": "pay_1",
                "razorpay_order_id": "order_1",
                "razorpay_signature": self.sign(self.key, "order_1|pay_1"),
            },
        )

    def notify(self, secret=None, event=None, entity=None):
        kind = "refund" if event else "payment"
        event = event or ("payment.failed" if self.state == "error" else "payment.captured")
        body = {"event": event, "payload": {kind: {"entity": entity or self.get_data()}}}
        signature = self.sign(secret or self.secret, json.dumps(body))
        return self.post("/payment/razorpay/webhook", body, **{"X-Razorpay-Signature": signature})

    def forge(self):
        return self.notify("another")


GATEWAYS = (MercadoPago, Nuvei, Flutterwave, Razorpay)


def by_each(*kinds):
    """Run a test by each of these gateways, as the only one by which the seller collects, and undo it."""

    def decorate(test):
        def walk(self):
            for kind in kinds or GATEWAYS:
                with self.subTest(gateway=kind.code), self.rolled_back(), mute_logger(*LOGGERS):
                    gateway = kind(self)
                    with patch(
                        "odoo.addons.payment.models.payment_provider.requests.request",
                        gateway.request,
                    ):
                        test(self, self.open_gateway(gateway))

        walk.__name__, walk.__doc__ = test.__name__, test.__doc__
        return walk

    return decorate


@tagged("-standard", "gateways", "post_install", "-at_install")
class TestGateways(CertificatePaymentCommon):
    def open_gateway(self, gateway):
        others = self.env["payment.provider"].sudo().search([("company_id", "=", self.seller.id)])
        others.state = "disabled"
        provider = others.filtered(lambda provider: provider.code == gateway.code)[:1]
        method = self.env.ref("payment.payment_method_card")
        provider.write(
            {
                **gateway.get_values(self.env),
                "state": "test",
                "is_published": True,
                "payment_method_ids": [Command.set(method.ids)],
            }
        )
        method.active = True
        gateway.provider, gateway.method = provider, method
        return gateway

    def go(self, gateway, activation=None):
        """Buy, choose the gateway, and come to its page."""
        activation = activation or self.start()
        page = self.buy(activation)
        processing = self._get_processing_values(
            tx_route=page["transaction_route"],
            provider_id=gateway.provider.id,
            payment_method_id=gateway.method.id,
            token_id=None,
            amount=page["amount"],
            flow=gateway.flow,
            tokenization_requested=False,
            landing_route=page["landing_route"],
            access_token=page["access_token"],
        )
        gateway.begin(self._get_tx(processing["reference"]), processing)
        return activation

    def assert_paid_once(self, gateway, activation):
        self.assertEqual(self.get_status(activation), "paid")
        invoice = activation.sudo().payment_move_id
        self.assertEqual(invoice.state, "posted")
        payments = (
            self.env["account.payment"]
            .sudo()
            .search([("partner_id", "=", self.company_a.partner_id.id)])
        )
        self.assertEqual(payments.mapped("amount"), [invoice.amount_total])
        self.assertEqual(payments.reconciled_invoice_ids, invoice)
        self.assertEqual(activation.payment_surplus, 0)

    @by_each()
    def test_it_is_asked_for_whole_pesos_and_the_redirect_pays(self, gateway):
        self.product.list_price = 84033.33
        activation = self.go(gateway)
        self.assertEqual(gateway.asked, (activation.price_total, "COP"))
        self.assertEqual(gateway.asked[0], int(gateway.asked[0]))
        gateway.state = "done"
        gateway.come_back()
        self.poll()
        self.assert_paid_once(gateway, activation)
        # The webhook afterwards, and once more: nothing changes.
        for _time in range(2):
            self.assertEqual(gateway.notify().status_code, 200)
        self.poll()
        self.assert_paid_once(gateway, activation)
        activation.action_continue()
        self.assertEqual(activation.state, "process")

    @by_each()
    def test_the_webhook_before_the_redirect_pays_once(self, gateway):
        activation = self.go(gateway)
        gateway.state = "done"
        for _time in range(2):
            self.assertEqual(gateway.notify().status_code, 200)
        # Nobody has come back yet: opening the steps books it.
        self.assertEqual(self.get_status(activation), "recording")
        activation.action_open_wizard()
        self.assert_paid_once(gateway, activation)
        gateway.come_back()
        self.poll()
        self.assert_paid_once(gateway, activation)
        self.assertEqual(activation.sudo().payment_move_id.amount_total, PRICE)

    @by_each()
    def test_pending_waits_and_is_paid_by_the_webhook(self, gateway):
        activation = self.go(gateway)
        gateway.state = "pending"
        gateway.come_back()
        self.poll()
        self.assertEqual(self.get_status(activation), "pending")
        gateway.state = "done"
        gateway.notify()
        self.env.invalidate_all()
        activation.action_open_wizard()
        self.assert_paid_once(gateway, activation)

    @by_each()
    def test_a_refusal_can_be_tried_again(self, gateway):
        activation = self.go(gateway)
        invoice = activation.sudo().payment_move_id
        gateway.state = "error"
        gateway.come_back()
        self.poll()
        self.assertEqual(self.get_status(activation), "failed")
        self.assertTrue(activation.payment_message)
        self.go(gateway, activation)
        gateway.state = "done"
        gateway.come_back()
        self.poll()
        self.assert_paid_once(gateway, activation)
        self.assertEqual(activation.sudo().payment_move_id, invoice)

    @by_each()
    def test_a_forged_message_or_another_amount_pays_nothing(self, gateway):
        activation = self.go(gateway)
        gateway.state = "done"
        gateway.forge()
        self.assertNotIn(self.get_status(activation), ("paid", "recording"))
        # The gateway took less than it was asked for.
        gateway.amount = 1000
        gateway.notify()
        self.poll()
        self.assertNotIn(self.get_status(activation), ("paid", "recording"))

    @by_each()
    def test_money_given_back_is_seen(self, gateway):
        activation = self.go(gateway)
        gateway.state = "done"
        gateway.come_back()
        self.poll()
        self.assert_paid_once(gateway, activation)
        # None of them gives it back by a button in Odoo, though Razorpay's is there: Odoo names no payment to it.
        if gateway.provider.support_refund not in (False, "none"):
            gateway.transaction.action_refund(PRICE)
            self.assertEqual(gateway.transaction.child_transaction_ids.state, "error")
            self.assertEqual(self.get_status(activation), "paid")
        # The seller gives it back at the gateway, and books a credit note.
        activation.sudo().payment_move_id._reverse_moves(
            [{"invoice_date": activation._get_today()}], cancel=True
        )
        self.assertEqual(self.get_status(activation), "reversed")

    @by_each(Razorpay)
    def test_a_refund_that_began_at_razorpay_is_seen(self, gateway):
        activation = self.go(gateway)
        gateway.state = "done"
        gateway.come_back()
        self.poll()
        entity = {
            "id": "rfnd_2",
            "payment_id": "pay_1",
            "amount": int(PRICE * 100),
            "currency": "COP",
            "status": "processed",
            "notes": [],
        }
        self.assertEqual(gateway.notify(event="refund.processed", entity=entity).status_code, 200)
        self.env.invalidate_all()
        self.assertEqual(self.get_status(activation), "reversed")
