"""The steps of a purchase, through Odoo's payment engine over HTTP, and by hand at the seller."""

from dateutil.relativedelta import relativedelta

from odoo.fields import Command

from odoo.addons.payment.tests.http_common import PaymentHttpCommon

from .case import CertificateCommon

PRICE = 119000  # 100,000 and 19 % IVA


class CertificatePaymentCommon(CertificateCommon, PaymentHttpCommon):
    # === STEPS === #

    def buy(self, activation):
        """Click Buy, follow to the payment page and return what its form would send."""
        user = activation.env.user
        self.authenticate(user.login, user.login)
        return self._get_payment_context(self.url_open(activation.action_pay()["url"]))

    def get_payment_form(self, page):
        """Return what the form of the payment page sends when nobody tampers with it."""
        return {
            "provider_id": self.provider.id,
            "payment_method_id": self.payment_method_id,
            "token_id": None,
            "amount": page["amount"],
            "flow": "direct",
            "tokenization_requested": False,
            "landing_route": page["landing_route"],
            "access_token": page["access_token"],
        }

    def submit(self, page, **tampered):
        """Click Pay on the payment page, and return the transaction that it starts."""
        processing = self._get_processing_values(
            tx_route=page["transaction_route"],
            **{**self.get_payment_form(page), **tampered},
        )
        return self._get_tx(processing["reference"])

    def poll(self):
        """Wait on the page that the provider sends its visitors back to."""
        return self.make_jsonrpc_request("/payment/status/poll")

    def pay_online(self, activation):
        transaction = self.submit(self.buy(activation))
        transaction._set_done()
        self.poll()
        return transaction

    def invoice_by_hand(self, company, *, product=None, age=None, paid=True, **line):
        """Issue an invoice as the seller's bookkeeper would, and register its payment."""
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": company.partner_id.id,
                "invoice_date": self.env["certificate.activation"]._get_today()
                - (age or relativedelta()),
                "invoice_line_ids": [
                    Command.create({"product_id": (product or self.product).id, **line})
                ],
            }
        )
        invoice.action_post()
        if paid:
            self._register_payment(invoice)
        return invoice

    def get_status(self, activation):
        activation.invalidate_recordset()
        return activation.payment_status


class PaymentFollowCommon(CertificatePaymentCommon):
    def get_notices(self, activation, user=None):
        """Return the messages that were sent to a user about an activation."""
        messages = self.env["mail.message"].sudo()
        return messages.search(
            [
                ("model", "=", activation._name),
                ("res_id", "=", activation.id),
                ("message_type", "=", "user_notification"),
                ("partner_ids", "in", (user or self.user_a).partner_id.ids),
            ]
        )

    def get_activities(self, activation, kind, user=None):
        return activation.sudo().activity_search([kind], user_id=(user or self.user_a).id)

    def charge_twice(self, activation):
        """Two pages were open, and the provider confirms what was submitted on both."""
        activation.action_pay()
        invoice = activation.sudo().payment_move_id
        first, second = (self.create_invoice_transaction(invoice) for _page in range(2))
        for transaction in (first, second):
            transaction._set_done()
            transaction._post_process()
        return first, second

    def refund(self, transaction, amount=None):
        child = transaction._create_child_transaction(amount or transaction.amount, is_refund=True)
        child._set_done()
        child._post_process()
        return child
