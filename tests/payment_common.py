"""The steps of a purchase, through Odoo's payment engine over HTTP, and by hand at the seller."""

from dateutil.relativedelta import relativedelta

from odoo.fields import Command

from odoo.addons.payment.tests.http_common import PaymentHttpCommon

from .common import CertificateCommon

PRICE = 119000  # 100,000 and 19 % IVA


class CertificatePaymentCommon(CertificateCommon, PaymentHttpCommon):
    # === STEPS === #

    def buy(self, activation):
        """Click Buy, follow to the payment page and return what its form would send."""
        user = activation.env.user
        self.authenticate(user.login, user.login)
        return self._get_payment_context(self.url_open(activation.action_pay()["url"]))

    def submit(self, page, **tampered):
        """Click Pay on the payment page, and return the transaction that it starts."""
        processing = self._get_processing_values(
            tx_route=page["transaction_route"],
            **{
                "provider_id": self.provider.id,
                "payment_method_id": self.payment_method_id,
                "token_id": None,
                "amount": page["amount"],
                "flow": "direct",
                "tokenization_requested": False,
                "landing_route": page["landing_route"],
                "access_token": page["access_token"],
                **tampered,
            },
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
