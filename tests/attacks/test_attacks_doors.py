# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Files and texts by doors of Odoo that are not the add-on's own: other routes, models and programs."""

from odoo import http
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...const import LETTER_REPORT, PORTAL_PATH, READING_REPORT, RECORD_REPORT, VERIFY_PATH
from ..common.security import SecurityCommon

MARKUP = '"\'><i id=hostile>{{7*7}}<t t-out="7*7"/>'
HOSTILE = "<i id=hostile"


@tagged("post_install", "-at_install")
class TestAttacksDoors(SecurityCommon):
    def ask(self, address, **options):
        with mute_logger("odoo.http", "werkzeug"):
            return self.url_open(address, allow_redirects=False, **options)

    def test_a_file_by_whatever_leads_to_it(self):
        """Through the wizard's own field it was given out without its check, to be kept and framed."""
        self.log_in(self.user_a)
        wizard, activation = self.wizard, self.activation
        file = self.get_file(activation, "signed_letter")
        for address in (
            f"/web/content/{wizard._name}/{wizard.id}/signed_letter",
            f"/web/content/{wizard._name}/{wizard.id}/signed_letter/a.html?download=0&mimetype=text/html",
            f"/web/image/{wizard._name}/{wizard.id}/signed_letter",
            f"/web/content/?model={activation._name}&id={activation.id}&field=signed_letter",
            f"/web/content/ir.attachment/{file.id}/datas",
            f"/web/image/{activation._name}/{activation.id}/signed_letter/10x10",
        ):
            with self.subTest(address):
                answer = self.ask(address)
                self.assertEqual(answer.status_code, 200)
                self.check_headers(answer)
                if "image" not in address:
                    self.assertEqual(answer.headers["Content-Type"], "application/pdf")
                    self.assertTrue(answer.headers["Content-Disposition"].startswith("attachment"))
        token = {"csrf_token": http.Request.csrf_token(self)}
        answer = self.ask(
            "/mail/attachment/zip", data={"file_ids": str(file.id), "zip_name": "a.zip", **token}
        )
        self.assertEqual(answer.status_code, 200)
        self.check_headers(answer)
        for headers, status in (
            ({"If-None-Match": f'"{activation.signed_letter_sha256}"'}, 304),
            ({"Range": "bytes=0-10"}, 206),
        ):
            answer = self.ask(f"/web/content/{file.id}", headers=headers)
            self.assertEqual(answer.status_code, status)
            self.check_headers(answer)

    def test_a_file_by_the_wizard_of_another(self):
        wizard = self.wizard
        file = self.get_file(self.activation, "signed_letter")
        for user in self.outsiders:
            self.log_in(user)
            for address in (
                f"/web/content/{wizard._name}/{wizard.id}/signed_letter",
                f"/web/content/{file.id}",
                f"/web/content/ir.attachment/{file.id}/datas",
            ):
                with self.subTest(address, user=user.login):
                    answer = self.ask(address)
                    self.assertNotEqual(answer.status_code, 200)
                    self.assertNotIn(b"%PDF", answer.content)

    def test_a_report_in_each_form(self):
        self.log_in(self.user_a)
        for name in (LETTER_REPORT, READING_REPORT, RECORD_REPORT):
            for form in ("pdf", "html", "text"):
                with self.subTest(name, form=form):
                    answer = self.ask(f"/report/{form}/{name}/{self.activation.id}")
                    self.check_headers(answer)

    def test_markup_stays_text_on_every_page(self):
        activation = self.activation.with_user(self.user_a)
        company = self.company_a.sudo()
        activation.write(
            dict.fromkeys(
                (
                    "representative_name",
                    "representative_surname",
                    "representative_city",
                    "representative_position",
                    "representative_street",
                ),
                MARKUP,
            )
        )
        company.name = f"SAS {MARKUP}"
        partner = self.env["res.partner"].create({"name": MARKUP, "email": "maria@example.com"})
        partner.parent_id = company.partner_id
        _access, link = activation.with_user(self.custodian)._invite(partner)
        self.authenticate(None, None)
        token = {"csrf_token": http.Request.csrf_token(self), "access_token": link}
        self.assertEqual(
            self.ask(f"{PORTAL_PATH}/{activation.id}/open", data=token).status_code, 303
        )
        for address in (
            f"{PORTAL_PATH}/{activation.id}",
            f"{VERIFY_PATH}/{MARKUP}",
            f"{VERIFY_PATH}?code={MARKUP}",
            f"{PORTAL_PATH}/{activation.id}?error={MARKUP}&message={MARKUP}",
            f"/web/login?redirect={PORTAL_PATH}/{activation.id}{MARKUP}",
        ):
            with self.subTest(address):
                answer = self.ask(address)
                self.assertLess(answer.status_code, 500)
                self.assertNotIn(HOSTILE, answer.text)
        self.log_in(self.user_a)
        answer = self.ask(f"/report/html/{LETTER_REPORT}/{activation.id}")
        self.assertNotIn(HOSTILE, answer.text)
        activation.invalidate_recordset()
        mails = self.env["mail.mail"].sudo().search([])
        for message in activation.sudo().message_ids | mails.mail_message_id:
            self.assertNotIn(HOSTILE, message.body or "")
            self.assertNotRegex(message.subject or "", r"[\r\n]")

    def test_a_name_that_nobody_sees_is_none(self):
        activation = self.activation.with_user(self.user_a)
        for name in ("\u200b\u200b", "\u2060", "\u3164", "\xad", "\u200d\ufe0f\u200c", "\u0301"):
            with self.subTest(ascii(name)):
                activation.representative_name = name
                self.assertFalse(activation.representative_name)
        # Honest names keep what belongs to them.
        for name in (
            "Ñandú Ñoño José",
            "\u0645\u0631\u062d\u0628\u0627",  # from right to left
            "\u0645\u06cc\u200c\u062e\u0648",  # with a joiner
            "👩\u200d👧 Ana",
            "O'Brien-Núñez",
            "x" * 100,
        ):
            with self.subTest(name):
                activation.representative_name = name
                self.assertEqual(activation.representative_name, name)
