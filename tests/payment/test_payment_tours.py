"""How people pay in a browser: from the mail, and by transfer until they change their mind."""

from lxml import html

from odoo.tests import tagged

from odoo.addons.mail.tests.common import MockEmail

from ...const import WIZARD_PATH
from ..common.payment import CertificatePaymentCommon
from ..common.tours import TourCase


@tagged("post_install", "-at_install")
class TestPaymentTours(CertificatePaymentCommon, TourCase, MockEmail):
    def setUp(self):
        super().setUp()
        self.sell_by_demo_provider()
        self.activation = self.start()
        self.activation.action_pay()
        self.invoice = self.activation.sudo().payment_move_id

    def assert_paid_once(self):
        self.assertEqual(self.get_status(self.activation), "paid")
        self.assertEqual(self.activation.payment_surplus, 0)
        charges = self.invoice.transaction_ids.filtered(lambda tx: tx.state == "done")
        self.assertEqual(charges.mapped("amount"), [self.invoice.amount_total])

    def test_who_reads_the_mail_pays_the_invoice_without_a_login(self):
        self.seller.sudo().email = "certificados@example.com"
        self.invoice.action_post()
        wizard = self.env["account.move.send.wizard"].with_context(
            active_model=self.invoice._name, active_ids=self.invoice.ids
        )
        with self.mock_mail_gateway():
            wizard.create({}).action_send_and_print()
        [mail] = self._new_mails
        self.assertEqual(mail.email_from, self.seller.email_formatted)
        [link] = {
            link
            for link in html.fromstring(mail.body_html).xpath("//a/@href")
            if "/mail/view" in link
        }
        self.start_tour(link, "certificate_payment_mail")
        self.assert_paid_once()

    def test_who_announced_a_transfer_reads_the_account_and_pays_by_other_means(self):
        transfer = self.env.ref("payment.payment_provider_transfer").sudo()
        if transfer.code != "custom":
            self.skipTest("payment_custom is not installed here.")
        transfer = transfer.copy({"company_id": self.seller.id})
        transfer.payment_method_ids.active = True
        transfer.write(
            {
                "state": "enabled",
                "is_published": True,
                "pending_msg": "<p>Bancolombia 123-456789-01</p>",
            }
        )
        self.start_tour(WIZARD_PATH, "certificate_payment_transfer", login=self.user_a.login)
        self.invoice.invalidate_recordset()
        self.assert_paid_once()
        states = self.invoice.transaction_ids.sorted("id").mapped("state")
        self.assertEqual(states, ["cancel", "done"])
