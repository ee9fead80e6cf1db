"""The steps of a payment elsewhere: its receipt, and who decides on it."""

import base64

from . import pdf_samples, samples
from .payment import CertificatePaymentCommon


def encode(data):
    return base64.b64encode(data).decode()


class ReceiptCommon(CertificatePaymentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller.certificate_accept_receipts = True
        cls.manager_b = samples.make_user(
            cls.env,
            "Bea",
            "certificate_manager_b",
            cls.company_b,
            "l10n_co_certificate_activation.group_certificate_manager",
        )
        cls.today = cls.env["certificate.activation"]._get_today()

    # === STEPS === #

    def open(self, user=None):
        """Open the wizard from the menu."""
        user = user or self.user_a
        action = self.env["certificate.activation"].with_user(user).action_open_wizard()
        return self.get_wizard(action, user)

    def fill_receipt(self, wizard, **values):
        """Type a receipt and attach its file, as the page saves them."""
        wizard.web_save(
            {
                "receipt_authority": "Certicámara S.A.",
                "receipt_payment_date": str(self.today),
                "receipt_amount": 119000,
                "receipt_reference": "FV-1001",
                "receipt": encode(pdf_samples.scan_pdf(1)),
                "receipt_filename": "recibo.pdf",
                **values,
            },
            {},
        )

    def get_sent(self, user=None, **values):
        """Return a receipt that waits for a decision."""
        wizard = self.open(user)
        self.fill_receipt(wizard, **values)
        self.send(wizard)
        self.assertEqual(wizard.receipt_state, "waiting")
        return wizard.receipt_id

    def send(self, wizard):
        """Click Send receipt, and read the page again as the client does."""
        wizard.action_submit_receipt()
        wizard.invalidate_recordset()

    def reject(self, receipt, reason="The amount cannot be read.", user=None):
        """Reject by the dialog, as its button opens it."""
        dialogs = self.env["certificate.reason.wizard"].with_user(user or self.manager_a)
        dialog = dialogs.with_context(default_receipt_id=receipt.id).create({"reason": reason})
        dialog.action_confirm()

    def approve(self, receipt, user=None):
        receipt.with_user(user or self.manager_a).action_approve()

    def get_activities(self, activation, kind, user):
        return activation.sudo().activity_search([kind], user_id=user.id)
