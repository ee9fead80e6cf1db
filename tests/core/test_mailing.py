"""How each mail arrives: from whom, in which language, with what name, logo and button."""

import base64
import io
from email.utils import getaddresses
from unittest.mock import patch

from lxml import html
from PIL import Image

from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged

from ...const import (
    ACTIVITY_BOOKING,
    ACTIVITY_EXPIRY,
    ACTIVITY_LENT_EXPIRY,
    ACTIVITY_LETTER,
    ACTIVITY_RESOLUTION,
    RENEWAL_PATH,
    STEPS_PATH,
    WIZARD_PATH,
)
from ...models.activation.notices import NOTICES
from ...models.core.mailing import LAYOUT
from ..common.case import CertificateCommon
from ..common.renewal import ExpiryCommon


class MailingCommon:
    def get_mails(self, act, *args):
        """Return the mails that something writes, in sudo mode."""
        mails = self.env["mail.mail"].sudo()
        self.env.flush_all()
        last = mails.search([], order="id desc", limit=1).id
        act(*args)
        self.env.flush_all()
        return mails.search([("id", ">", last)], order="id")

    def assert_arrives_well(self, mail, lang="en_US"):
        """From the seller, in its layout, with its name and logo and one button, in a language."""
        [(name, address)] = getaddresses([mail.email_from])
        self.assertEqual((name, address), (self.seller.name, self.seller.email))
        self.assertEqual(mail.author_id, self.seller.partner_id)
        page = html.fromstring(mail.body_html)
        self.assertEqual(page.xpath("//html/@lang") or [page.get("lang")], [lang])
        self.assertNotIn("OdooBot", mail.body_html)
        self.assertTrue(page.xpath(f"//img[contains(@src, '/logo.png?company={self.seller.id}')]"))
        self.assertIn(self.seller.name, "".join(page.xpath("//b//text()")))
        [button] = page.xpath("//a[contains(@style, 'inline-block')]")
        self.assertTrue(button.get("href").startswith(("http://", "https://")))
        self.assertTrue(button.text_content().strip())
        self.assertNotRegex(mail.subject, r"[\r\n]|certificate\.|mail\.")
        return button.get("href")


@tagged("post_install", "-at_install")
class TestMailing(MailingCommon, ExpiryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller.write({"email": "ventas@firmafacil.example.com"})
        logo = io.BytesIO()
        Image.new("RGB", (120, 40), "green").save(logo, "PNG")
        cls.seller.logo = base64.b64encode(logo.getvalue())
        cls.activation = cls.activation.sudo()
        cls.mailing = cls.env["certificate.mailing"]

    def notify(self, kind):
        if activity := NOTICES[kind].activity:
            self.activation.activity_unlink([activity])
        self.activation._notify(kind)

    def test_each_notice_arrives_well(self):
        self.speak_spanish(self.user_a, self.manager_a, self.custodian)
        for kind, notice in NOTICES.items():
            if notice.button.place:
                continue  # of a request, which this activation is none of
            for mail in self.get_mails(self.notify, kind):
                reader = mail.recipient_ids.user_ids
                with self.subTest(kind, reader=reader.login):
                    self.assert_arrives_well(mail, reader.lang)
                    self.assertEqual(mail.mail_message_id.email_layout_xmlid, LAYOUT)

    def test_each_reminder_arrives_well(self):
        self.company_a.email = "contacto@example.com"
        with self.at_days_left(30):
            mails = self.run_cron()
        self.assertEqual(len(mails), 2)
        for mail in mails:
            self.assert_arrives_well(mail)
        for mail in self.get_mails(self.seller.sudo()._remind_of_lent_certificate):
            self.assert_arrives_well(mail)
        setup = self.env["electronic.invoicing.setup"].sudo().with_company(self.company_a)
        setup = setup._get_for_company()
        with patch.object(type(setup.resolution_id), "_get_alarms", lambda _self: {"days": "!"}):
            mails = self.get_mails(setup._remind, "days")
        self.assertTrue(mails)
        for mail in mails:
            self.assert_arrives_well(mail)
            # Not what Odoo calls an activity.
            self.assertNotIn("assigned", mail.subject)
        invoice = self.activation.payment_move_id
        mails = self.get_mails(invoice._report_certificate_problem, Exception("x"))
        self.assertTrue(mails)
        for mail in mails:
            self.assert_arrives_well(mail)
            self.assertNotIn("assigned", mail.subject)

    def test_the_language_is_that_of_the_reader_else_of_the_company_else_spanish(self):
        languages = type(self.env["res.lang"])
        with patch.object(languages, "get_installed", lambda _self: [("en_US", "English")]):
            self.assertEqual(self.mailing._choose_lang(False, None, "es_CO"), "en_US")
        self.speak_spanish(self.manager_a)
        for codes, lang in (
            (("en_US", "es_CO"), "en_US"),
            ((False, "en_US"), "en_US"),
            ((False, "xx_XX"), "es_CO"),
            ((), "es_CO"),
        ):
            with self.subTest(codes):
                self.assertEqual(self.mailing._choose_lang(*codes), lang)
        # English is what a company's contact gets where nobody chooses: its people read Spanish.
        partner = self.company_a.partner_id
        for own, people, lang in (
            ("en_US", self.manager_a, "es_CO"),
            (False, self.manager_a, "es_CO"),
            ("es_CO", self.user_a, "es_CO"),
            ("en_US", self.user_a, "en_US"),
            (False, self.env["res.users"], "es_CO"),
        ):
            with self.subTest(own=own, people=people.login):
                partner.lang = own
                self.assertEqual(self.mailing._choose_company_lang(self.company_a, people), lang)

    def test_each_reads_their_own_language(self):
        self.speak_spanish(self.manager_a)
        self.user_a.active = False  # the managers are responsible now
        self.company_a.email = "contacto@example.com"
        with self.at_days_left(30):
            reminders = self.get_reminders(self.run_cron())
        by_lang = {}
        for mail in reminders:
            page = html.fromstring(mail.body_html)
            [lang] = page.xpath("//html/@lang") or [page.get("lang")]
            by_lang[lang] = mail.email_to
        self.assertIn(self.manager_a.email, by_lang["es_CO"])
        self.assertNotIn(self.manager_a.email, by_lang["en_US"])

    def test_a_name_is_no_markup_in_an_activity(self):
        hostile = 'Pan <a href="https://evil.example">entra</a>'
        self.company_a.sudo().name = hostile
        self.seller.sudo().name = f"{hostile} 2"
        self.env["mail.activity"].sudo().search([]).unlink()
        for kind, notice in NOTICES.items():
            if not notice.button.place:
                self.notify(kind)
        self.seller.sudo()._remind_of_lent_certificate()
        setup = self.env["electronic.invoicing.setup"].sudo().with_company(self.company_a)
        setup = setup._get_for_company()
        with patch.object(
            type(setup.resolution_id), "_get_alarms", lambda _self: {"days": hostile}
        ):
            setup._remind("days")
        notice = patch.object(
            type(self.activation), "_get_expiry_notice", lambda _self: (hostile, hostile)
        )
        with notice, self.at_days_left(30):
            self.run_cron()
        for _ in range(2):  # the second one writes what the first one left
            self.activation.payment_move_id._report_certificate_problem(UserError(hostile))
        activities = self.env["mail.activity"].sudo().search([("note", "!=", False)])
        named = activities.filtered(lambda activity: "evil.example" in activity.note)
        self.assertGreaterEqual(
            set(named.activity_type_id.mapped("id")),
            {
                self.env.ref(name).id
                for name in (
                    ACTIVITY_BOOKING,
                    ACTIVITY_EXPIRY,
                    ACTIVITY_LENT_EXPIRY,
                    ACTIVITY_LETTER,
                    ACTIVITY_RESOLUTION,
                )
            },
        )
        for activity in named:
            with self.subTest(activity.summary):
                self.assertFalse(html.fromstring(activity.note).xpath("//a"))

    def test_names_that_are_markup_or_break_headers(self):
        hostile = 'Pan, <i id=hostile>Sal</i> "SAS" & Cía <x@y.co>'
        self.company_a.sudo().name = hostile
        self.seller.sudo().name = f"{hostile} 2"
        self.env.cr.execute(
            "UPDATE res_company SET name = %s WHERE id = %s",
            ["A\r\nBcc: x@y.co", self.company_b.id],
        )
        self.env.invalidate_all()
        self.assertNotRegex(self.mailing._get_sender(self.company_b)["email_from"], r"[\r\n]")
        for kind in ("activated", "letter_review", "file_problem", "paid"):
            for mail in self.get_mails(self.notify, kind):
                with self.subTest(kind):
                    self.assertNotIn("<i id=hostile", mail.body_html)
                    self.assertEqual(
                        [address for _name, address in getaddresses([mail.email_from])],
                        [self.seller.email],
                    )
        with self.at_days_left(30):
            for mail in self.run_cron():
                self.assertNotIn("<i id=hostile", mail.body_html)
                self.assertNotRegex(mail.subject, r"[\r\n]")

    def test_without_addresses_the_mail_is_still_from_the_seller(self):
        self.seller.sudo().partner_id.email = False
        sender = self.mailing._get_sender(self.seller)
        self.assertIn(self.seller.name, sender["email_from"])
        self.assertNotIn("OdooBot", sender["email_from"])
        self.user_a.email = False
        self.company_a.email = False
        self.notify("paid")
        with self.at_days_left(30):
            self.assertFalse(self.run_cron())
            self.assertTrue(self.get_activities())

    def test_an_active_certificate_is_told_with_its_record(self):
        messages = (
            self.env["mail.message"]
            .sudo()
            .search(
                [
                    ("model", "=", self.activation._name),
                    ("res_id", "=", self.activation.id),
                    ("partner_ids", "in", self.user_a.partner_id.ids),
                ]
            )
        )
        self.assertIn(self.activation.record_code, messages[0].body)
        self.assertIn(WIZARD_PATH, messages[0].body)


@tagged("post_install", "-at_install")
class TestSteps(CertificateCommon, HttpCase):
    def follow(self, user, activation, query=""):
        self.authenticate(user and user.login, user and user.login)
        self.opener.cookies.set("cids", str(self.seller.id))
        return self.url_open(f"{STEPS_PATH}/{activation.id}{query}", allow_redirects=False)

    def test_the_button_leads_to_the_steps_of_its_company(self):
        activation = self.start(self.user_b)
        for query, path in (("", WIZARD_PATH), ("?renew=1", RENEWAL_PATH)):
            answer = self.follow(self.custodian, activation, query)
            self.assertTrue(answer.headers["Location"].endswith(path))
            self.assertEqual(
                answer.cookies["cids"].split("-"),
                [str(self.company_b.id), str(self.seller.id)],
            )

    def test_nobody_else_learns_anything(self):
        activation = self.start(self.user_b)
        missing = activation.browse(2**31 - 1)
        for user in (self.user_a, self.manager_a, self.stranger):
            for target in (activation, missing):
                with self.subTest(user=user.login, target=target.id):
                    answer = self.follow(user, target)
                    self.assertTrue(answer.headers["Location"].endswith("/odoo"))
                    self.assertNotIn("cids", answer.cookies)
        answer = self.follow(None, activation)
        self.assertIn("/web/login", answer.headers["Location"])
