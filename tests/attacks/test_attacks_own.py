"""A certificate of a company's own: what keeps it from signing, and who would rather not know."""

from datetime import timedelta
from unittest.mock import patch

from cryptography import x509

from odoo.exceptions import UserError
from odoo.tests import tagged

from ...const import HOSTS_PARAMETER
from ...models.keys import custody
from ...tools import revocation
from ..common import own_samples, revocation_samples, samples
from ..common.attackers import CONTACTS
from ..common.own import OwnCertificateCommon
from ..common.revocation_samples import HOST, REVOKED, answer_ocsp

OTHER_NIT = "800197268-4"


@tagged("post_install", "-at_install")
class TestAttacksOwn(OwnCertificateCommon):
    def switch(self, activation, field):
        wizard = self.env["certificate.reason.wizard"].with_user(self.manager_a)
        wizard.create({field: activation.id, "reason": "So"}).action_confirm()
        self.env.invalidate_all()

    def change_nit(self, company, nit):
        """Change the NIT of a company, as one of its own people can."""
        user = samples.make_user(
            self.env,
            "Eva",
            f"certificate_eva_{company.id}",
            company,
            "account.group_account_invoice",
            CONTACTS,
        )
        company.partner_id.with_user(user).vat = nit
        self.env.flush_all()
        self.env.invalidate_all()

    # === REVOKED AND SUSPENDED === #

    def suspend(self):
        """Let a certificate sign that its authority suspends then, and which the company switches off."""
        authority = self.enterContext(revocation_samples.serve())
        self.enterContext(patch.object(revocation, "fetch_answer", authority.fetch))
        self.env["ir.config_parameter"].sudo().set_param(HOSTS_PARAMETER, HOST)
        certificate = authority.issue()
        p12 = own_samples.make_p12(certificate, chain=[revocation_samples.get_issuer()])
        activation = self.get_own()
        authority.answers["/ocsp"] = answer_ocsp(certificate)
        self.assertFalse(self.load(activation, p12))
        activation.action_finish()
        hold = x509.ReasonFlags.certificate_hold
        authority.answers["/ocsp"] = answer_ocsp(certificate, REVOKED, reason=hold)
        activation.sudo()._follow_revocation()
        self.assertEqual((activation.state, activation.revocation_status), ("active", "revoked"))
        self.switch(activation, "pause_id")
        return authority, certificate, p12, activation

    def test_what_is_suspended_is_not_switched_on_however_fresh_or_missing_the_answer(self):
        authority, certificate, p12, activation = self.suspend()
        before = revocation_samples.REVOKED_ON - revocation_samples.now() - timedelta(hours=1)
        replayed = answer_ocsp(certificate, since=before, until=timedelta(days=1))
        for answer in (authority.answers["/ocsp"], None, b"damaged", replayed):
            authority.answers["/ocsp"] = answer
            for days in (0, 2):
                activation.sudo().revocation_asked_on -= timedelta(days=days)
                with self.subTest(answer=answer and answer[:9], days=days):
                    with self.assertRaises(UserError):
                        self.switch(activation, "resume_id")
                    self.assertTrue(activation.is_paused)
        # The cron keeps what it knows, and the same file does not come in by another activation.
        authority.answers["/ocsp"] = None
        activation.sudo()._follow_revocation()
        self.assertEqual(activation.revocation_status, "revoked")
        renewal = activation._start_own()
        self.assertEqual(list(self.load(renewal, p12)), ["certificate"])
        # The authority itself lifts it.
        authority.answers["/ocsp"] = answer_ocsp(certificate)
        self.switch(activation, "resume_id")
        self.assertFalse(activation.is_paused)
        self.assertEqual(activation.revocation_status, "good")

    # === THE NIT === #

    def test_nothing_signs_for_another_nit_than_what_was_activated(self):
        for activation in (self.get_active_own(), self.get_active(self.user_b)):
            company = activation.company_id
            nit = company.vat
            with self.subTest(activation.route):
                custody.open_signing_key(activation)
                self.change_nit(company, OTHER_NIT)
                with self.assertRaises(UserError):
                    custody.open_signing_key(activation)
                self.assertTrue(self.get_alert(activation, "nit"))
                # However it is written.
                number, digit = nit.split("-")
                for form in (f"{int(number):,}".replace(",", ".") + f"-{digit}", number, nit):
                    company.sudo().partner_id.vat = form
                    custody.open_signing_key(activation)
                self.env.invalidate_all()
                self.assertFalse(self.get_alert(activation, "nit"))

    # === DIALOGS === #

    def test_a_dialog_for_nothing_decides_nothing(self):
        wizards = self.env["certificate.reason.wizard"].with_user(self.manager_a)
        with self.assertRaises(UserError):
            wizards.create({"reason": "x"}).action_confirm()
