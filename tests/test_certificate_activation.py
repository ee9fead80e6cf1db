from odoo import fields
from odoo.tests import tagged

from .common import CertificateCommon


@tagged("post_install", "-at_install")
class TestCertificateActivation(CertificateCommon):
    def test_a_company_walks_from_nothing_to_an_active_certificate(self):
        activation = self.start()
        self.assertEqual((activation.state, activation.payment_status), ("pay", "none"))
        self.pay(activation)
        self.assertEqual(activation.payment_status, "paid")
        activation.action_continue()
        self.assertEqual(activation.state, "process")
        self.fill(activation)
        activation.action_download_letter()
        self.attach(activation)
        activation.action_finish()
        self.assertEqual(activation.state, "active")
        self.assertEqual(activation.sudo().certificate_id, self.seller.sudo().certificate_lent_id)
        self.assertEqual(activation.date_start, activation._get_today())
        self.assertEqual(
            activation.date_end,
            fields.Date.add(activation.date_start, years=1, days=-1),
        )
        self.assertEqual(self.company_a._get_active_certificate_activation(), activation)
