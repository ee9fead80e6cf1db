import base64

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..const import WIZARD_PATH
from ..tools.pdf_check import MAX_SIZE
from . import pdf_samples
from .common import CertificateCommon


@tagged("post_install", "-at_install")
class TestTours(CertificateCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The tours fetch the scans from here: a browser has no files of its own.
        scan = pdf_samples.scan_pdf(2)
        for name, data in (
            ("scan", scan),
            ("large", pdf_samples.padded_pdf(MAX_SIZE + 1, scan)),
        ):
            attachment = cls.env["ir.attachment"].create(
                {"name": f"{name}.pdf", "datas": base64.b64encode(data), "public": True}
            )
            cls.env["ir.model.data"].create(
                {
                    "module": "base",
                    "name": f"certificate_tour_{name}",
                    "model": attachment._name,
                    "res_id": attachment.id,
                }
            )

    def sell_by_demo_provider(self):
        """Let the seller collect by Odoo's demo provider, and tell whether it is there to do so."""
        demo = self.env.ref("payment.payment_provider_demo").sudo()
        if demo.code != "demo":
            # payment_demo is not installed here, and no other provider can be paid in a test.
            return False
        demo = demo.copy({"company_id": self.seller.id, "state": "test", "is_published": True})
        demo.payment_method_ids.active = True
        self.dummy_provider.sudo().state = "disabled"
        return True

    def test_an_invoicing_user_walks_from_the_menu_to_an_active_certificate(self):
        if self.sell_by_demo_provider():
            self.start_tour(
                "/odoo/electronic-process", "certificate_activation_buy", login=self.user_a.login
            )
        else:
            self.pay(self.start())
        self.start_tour(WIZARD_PATH, "certificate_activation_flow", login=self.user_a.login)
        activation = self.company_a._get_active_certificate_activation()
        self.assertEqual(activation.create_uid, self.user_a)
        self.assertEqual(activation.payment_status, "paid")
        self.assertEqual(activation.representative_vat, "52123456")
        self.assertEqual(activation.signed_letter_pages, 2)

    def test_a_payment_that_fails_and_one_that_hangs_leave_a_way_on(self):
        activation = self.start()
        if not self.sell_by_demo_provider():
            return
        self.start_tour(
            WIZARD_PATH, "certificate_activation_buy_in_vain", login=self.manager_a.login
        )
        activation.invalidate_recordset()
        self.assertEqual((activation.state, activation.payment_status), ("pay", "failed"))
        transactions = activation.sudo().payment_move_id.transaction_ids
        self.assertEqual(transactions.mapped("state"), ["error", "error"])

    def test_missing_fields_and_wrong_files_are_refused_where_they_are(self):
        activation = self.start()
        self.pay(activation)
        activation.action_continue()
        with mute_logger("odoo.http"):
            self.start_tour(WIZARD_PATH, "certificate_activation_refusals", login=self.user_a.login)
        activation.invalidate_recordset()
        self.assertEqual(activation.state, "process")
        self.assertFalse(activation.signed_letter_sha256)
        self.assertTrue(activation.letter_code)

    def test_a_large_scan_and_photos_become_a_pdf_that_is_looked_at_first(self):
        activation = self.get_downloaded()
        self.start_tour(WIZARD_PATH, "certificate_activation_conversion", login=self.user_a.login)
        activation.invalidate_recordset()
        self.assertEqual(activation.signed_letter_pages, 2)
        self.assertLess(activation.signed_letter_size, MAX_SIZE)
