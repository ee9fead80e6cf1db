"""The letter is sent to the legal representative, who sends it back signed by a link; nobody else does."""

import base64
import io
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

import pypdf
from lxml import html
from psycopg2.errors import SerializationFailure

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base.models.ir_mail_server import MailDeliveryException

from ...const import LETTER_LINK_PATH, PORTAL_PATH
from ...controllers import letter_link
from ...tools.link_token import hash_token
from ...tools.pdf_check import MAX_SIZE
from ...tools.rate_limit import RateLimit
from ..common import letter_samples, pdf_samples
from ..common.mails import MailWatch
from ..common.payment import PaymentFollowCommon
from ..common.tours import TourCase
from ..common.visitor import LinkVisitor
from ..common.walk import REPRESENTATIVE

LINK = "certificate.letter.link"
ADDON = "odoo.addons.l10n_co_certificate_activation"

# Every route of one letter, and what is sent to it. A new one without a line here fails.
REQUESTS = {
    ("GET", ""): {},
    ("GET", "/letter"): {},
    ("GET", "/open"): {},
    ("GET", "/signed-letter"): {},
    ("POST", "/open"): {"data": {"access_token": "a guess"}},
    ("POST", "/pdf"): {"files": {"files": ("a.pdf", pdf_samples.scan_pdf(), "application/pdf")}},
    ("POST", "/signed-letter"): {
        "files": {"file": ("other.pdf", pdf_samples.scan_pdf(3), "application/pdf")}
    },
    ("POST", "/signed-letter/delete"): {},
}


@tagged("post_install", "-at_install")
class TestLetterLink(PaymentFollowCommon, MailWatch, LinkVisitor, TourCase):
    browser_size = "390x844"
    touch_enabled = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.activation = cls.get_walk().get_processing()
        cls.links = cls.env[LINK].sudo()

    def setUp(self):
        super().setUp()
        for name in ("_misses", "_uploads", "_conversions", "_reads"):
            limit = RateLimit(limit=100, seconds=60)
            self.startPatcher(patch.object(letter_link, name, limit))

    # === STEPS === #

    def send(self, activation=None, failure=None):
        """Send the letter from the page, and return the mail, its row and the token in it."""
        activation = activation or self.activation
        wizard = self.get_wizard(activation.action_open_wizard(), activation.env.user)
        with self.sending(failure) as mails:
            wizard.action_send_letter()
            # What is rolled back is not sent.
            self.assertFalse(mails)
        link = activation.sudo().letter_link_ids[:1]
        if failure:
            return None, link, None
        html = self.get_html(mails[0])
        address = f"{LETTER_LINK_PATH}/{activation.id}/open#"
        self.assertIn(address, html)
        return mails[0], link, html.partition(address)[2].partition('"')[0]

    def ask(self, method, path="", *, activation=None, **options):
        url = f"{LETTER_LINK_PATH}/{(activation or self.activation).id}{path}"
        return self.request_page(method, url, **options)

    def open(self, token, activation=None):
        return self.keep_session(
            self.ask("POST", "/open", activation=activation, data={"access_token": f"x#{token}"})
        )

    def enter(self, activation=None):
        """Send the letter, and open the link in a fresh browser."""
        _mail, link, token = self.send(activation)
        self.visit()
        self.assertEqual(self.open(token, activation).status_code, 303)
        return link

    def upload(self, content, name="scan.pdf"):
        response = self.ask(
            "POST", "/signed-letter", files={"file": (name, content, "application/pdf")}
        )
        self.activation.invalidate_recordset()
        return response

    def get_scan(self):
        return letter_samples.letter_scan(self.activation.letter_code)

    # === ASSERTIONS === #

    @contextmanager
    def unchanged(self):
        def read():
            models = ("ir.attachment", "mail.message", "mail.mail", "certificate.history")
            return [
                self.read_activations(),
                self.links.search([], order="id").read(["opened_on", "returned_on", "ended_on"]),
                *(self.env[model].sudo().search_count([]) for model in models),
            ]

        # What the next request would find left to be written.
        self.env.flush_all()
        self.env.cr.precommit.run()
        before = read()
        yield
        self.assertEqual(read(), before)

    def assert_closed(self, activation=None):
        """Nothing of the letter is opened or changed, on any route, by the visitor of now."""
        for (method, path), options in REQUESTS.items():
            if (method, path) == ("GET", "/open"):
                continue
            with self.subTest(method=method, path=path), self.unchanged():
                response = self.ask(method, path, activation=activation, **options)
                self.assertEqual(response.status_code, 403)
                self.assertNotIn(self.activation.sudo().name, response.text)
                self.assertNotIn(REPRESENTATIVE["representative_vat"], response.text)
                self.assertNotIn(b"%PDF", response.content)

    # === THERE AND BACK === #

    def test_the_letter_goes_out_and_comes_back_signed(self):
        wizard = self.get_wizard(self.activation.action_open_wizard())
        self.assertFalse(self.get_alert(wizard, "letter_sent"))
        mail, link, token = self.send()
        # It is the letter that a download gives.
        self.assertTrue(self.activation.letter_downloaded_on)
        [letter] = mail.iter_attachments()
        self.assertEqual(letter.get_content(), self.activation._render_letter())
        self.assertEqual(letter.get_content_type(), "application/pdf")
        self.assertEqual(mail["To"], REPRESENTATIVE["representative_email"])
        self.assertIn(self.seller.name, mail["From"])
        self.assertIn(self.user_a.email, mail["Reply-To"])
        self.assertEqual((link.mail_state, link.state), ("sent", "valid"))
        self.assertEqual(link.token_hash, hash_token(token))
        sent = self.get_alert(wizard, "letter_sent")
        self.assertIn(link.email, sent)
        self.assertIn("María Fernanda Pérez Gómez", sent)
        # The token is nowhere.
        for model in ("mail.message", "mail.mail", LINK, "certificate.history"):
            table = self.env[model]._table
            self.env.cr.execute(
                f"SELECT 1 FROM {table} row WHERE row::text LIKE %s", [f"%{token}%"]
            )
            self.assertFalse(self.env.cr.fetchall(), table)
        self.visit()
        with self.unchanged():
            self.assertEqual(self.ask("GET", "/open").status_code, 200)
        self.assertEqual(self.open(token).status_code, 303)
        with self.unchanged():
            page = self.ask("GET")
            self.assertIn(self.activation.letter_code, page.text)
            # The PDF has no structure for screen readers: its text is on the page, in its language.
            [text] = html.fromstring(page.text).xpath("//details/div[@lang='es']")
            self.assertEqual(
                "".join(text.text_content().split()),
                "".join(
                    html.fromstring(self.activation._get_letter_markup()).text_content().split()
                ),
            )
            self.assertFalse(text.xpath(".//script|.//form|.//*[@onclick]"))
            for shown in (page, self.ask("GET", "/open")):
                self.assertIn('name="certificate_brand"', shown.text)
                self.assertIn(self.seller.name, shown.text)
            self.assertNotIn(self.activation._format_money(self.activation.price_total), page.text)
            downloaded = self.ask("GET", "/letter")
            self.assertEqual(downloaded.content, letter.get_content())
        self.assertFalse(self.get_notices(self.activation)[1:])
        scan = self.get_scan()
        self.assertEqual(self.upload(scan).status_code, 303)
        self.assertEqual(self.activation.signed_letter_match, "match")
        self.assertIn('name="returned"', self.ask("GET").text)
        self.assertEqual(self.ask("GET", "/signed-letter").content, scan)
        # Who sent it is told, and reads who attached it, by which link and from where.
        self.assertTrue(link.returned_on)
        notice = self.get_notices(self.activation)[0]
        self.assertIn("María Fernanda", notice.body)
        written = self.activation.sudo().message_ids.filtered(
            lambda message: link.email in (message.email_from or "")
        )
        self.assertIn("127.0.0.1", written[0].body)
        self.assertFalse(written.author_id)
        entry = (
            self.env["certificate.history"]
            .sudo()
            .search(
                [("res_model", "=", self.activation._name), ("res_id", "=", self.activation.id)],
                limit=1,
            )
        )
        self.assertEqual(
            (entry.event, entry.actor, entry.address),
            ("letter", f"María Fernanda Pérez Gómez ({link.email})", "127.0.0.1"),
        )
        # A sharper one, and none; the user finishes with what is there then.
        self.assertEqual(self.ask("POST", "/signed-letter/delete").status_code, 303)
        self.activation.invalidate_recordset()
        self.assertFalse(self.activation.signed_letter_size)
        self.upload(self.get_scan())
        self.activation.action_finish()
        self.assertEqual(self.activation.state, "active")
        returned = self.activation.sudo().record_facts["letter"]["returned"]
        self.assertEqual((returned["email"], returned["ip"]), (link.email, "127.0.0.1"))
        record = pypdf.PdfReader(io.BytesIO(self.activation._read_record()))
        # One page besides the scan, as without it.
        self.assertEqual(len(record.pages), 2)
        self.assertIn(link.email, "".join(page.extract_text() for page in record.pages[1:]))
        self.assertEqual(link.state, "ended")
        self.assert_closed()

    def test_a_photo_from_a_telephone_comes_back(self):
        _mail, link, token = self.send()
        photo = io.BytesIO()
        letter_samples.letter_page(f"{self.activation.letter_code} 1/1", 200).save(photo, "JPEG")
        self.serve_to_tours("photo", photo.getvalue())
        self.serve_to_tours("signed", self.get_scan())
        self.start_tour(
            f"{LETTER_LINK_PATH}/{self.activation.id}/open#{token}",
            "certificate_letter_link",
            ready="!window.location.pathname.endsWith('/open')"
            " && odoo.isTourReady('certificate_letter_link')",
        )
        self.env.invalidate_all()
        self.assertEqual(self.activation.signed_letter_match, "match")
        self.assertTrue(link.returned_on)

    # === WHO IS LET IN === #

    def test_every_route_is_known_here(self):
        prefix = f"{LETTER_LINK_PATH}/<record_id:activation_id>"
        known = set()
        for method in vars(letter_link.LetterLink).values():
            if routing := getattr(method, "original_routing", None):
                self.assertIn(routing.get("csrf"), (None, True))
                known |= {
                    (verb, path.removeprefix(prefix))
                    for path in routing["routes"]
                    for verb in routing["methods"]
                }
        self.assertEqual(known, set(REQUESTS))

    def test_nobody_else_opens_or_changes_anything(self):
        _mail, link, token = self.send()
        self.attach(self.activation, base64.b64encode(self.get_scan()))
        other = self.get_processing(self.user_b)
        _mail, _link, other_token = self.send(other)

        def with_link():
            self.visit()
            self.assertEqual(self.open(token).status_code, 303)

        def of_another_letter():
            self.visit()
            self.assertEqual(self.open(other_token, other).status_code, 303)
            self.assertEqual(self.open(other_token).status_code, 403)
            self.assertEqual(self.ask("GET", activation=other).status_code, 200)

        def expired():
            with_link()
            link.expires_on = fields.Datetime.now()

        def sent_again():
            link.expires_on = fields.Datetime.now() + timedelta(days=1)
            with_link()
            self.send()

        visitors = {
            "without a link": self.visit,
            "with the link of another letter": of_another_letter,
            "with a link that has expired": expired,
            "with an earlier link": sent_again,
            "a user of another company": lambda: self.visit(self.user_b.login),
            "a user of the company, who has the wizard": lambda: self.visit(self.user_a.login),
        }
        for name, arrive in visitors.items():
            with self.subTest(visitor=name):
                arrive()
                self.assert_closed()
        # A link opens its letter, and none of the pages of the portal.
        self.enter()
        for path in ("", "/letter", "/record", "/signed-letter"):
            answer = self.url_open(
                f"{PORTAL_PATH}/{self.activation.id}{path}", allow_redirects=False
            )
            self.assertEqual(answer.status_code, 403)
        # What does not exist looks the same.
        missing = self.activation.browse(2**31 - 1)
        self.assertEqual(self.ask("GET", activation=missing).status_code, 403)

    def test_a_link_ends_with_its_letter(self):
        def change_name():
            self.activation.representative_name = "Otra"

        def change_address():
            self.activation.representative_email = "other@example.com"

        def change_company():
            self.company_a.sudo().street = "Carrera 9 # 9-99"

        def finish():
            self.attach(self.activation, base64.b64encode(self.get_scan()))
            self.activation.action_finish()

        def finish_and_reject():
            self.seller.certificate_sign_after_review = True
            finish()
            self.activation.with_user(self.custodian)._reject_letter("Not signed.")

        def change_and_change_back():
            change_name()
            self.activation.representative_name = REPRESENTATIVE["representative_name"]
            self.assertTrue(self.activation.letter_code)

        for end in (
            change_name,
            change_address,
            change_company,
            change_and_change_back,
            finish,
            finish_and_reject,
            lambda: self.activation.with_user(self.manager_a).action_cancel(),
            self.activation.action_withdraw_letter_link,
        ):
            with self.subTest(end=end.__name__), self.rolled_back():
                self.enter()
                end()
                self.env.flush_all()
                self.assert_closed()

    def test_a_forged_request_is_refused_and_reading_changes_nothing(self):
        self.enter()
        self.upload(self.get_scan())
        for (method, path), options in REQUESTS.items():
            if method == "POST":
                with self.subTest(path=path), self.unchanged():
                    response = self.ask("POST", path, csrf=False, **options)
                    self.assertEqual(response.status_code, 400)
            with self.subTest(path=path, by="GET"), self.unchanged():
                response = self.ask("GET", path)
                if ("GET", path) not in REQUESTS:
                    self.assertIn(response.status_code, (404, 405))

    def test_a_form_of_an_earlier_session_is_explained(self):
        self.enter()
        self.upload(self.get_scan())
        for path in ("/open", "/signed-letter", "/signed-letter/delete", "/pdf"):
            with self.subTest(path=path), self.unchanged():
                response = self.ask("POST", path, csrf=False, data={"csrf_token": "old"})
                self.assertEqual(response.status_code, 400)
                self.assertIn('"error"', response.text)
        self.visit()
        for path in ("/open", "/signed-letter"):
            with self.subTest(path=path, by="another session"), self.unchanged():
                response = self.ask("POST", path, csrf=False)
                self.assertEqual(response.status_code, 400)
                self.assertIn('name="session_over"', response.text)
                self.assertNotIn("o_certificate_open_at_once", response.text)

    def test_a_file_that_is_none_is_refused_with_its_sentence(self):
        self.enter()
        code = self.activation.letter_code
        for content in (
            b"",
            b"no PDF",
            pdf_samples.padded_pdf(MAX_SIZE + 1, self.get_scan()),
            letter_samples.letter_scan("AAAA-BBBB-CCCC-DDDD"),
        ):
            with self.subTest(size=len(content)), self.unchanged():
                response = self.upload(content)
                self.assertEqual(response.status_code, 422)
                self.assertIn("file_error", response.text)
        self.assertEqual(self.activation.letter_code, code)

    def test_guesses_and_floods_are_limited(self):
        _mail, link, token = self.send()
        self.visit()
        with (
            patch.object(letter_link, "_misses", RateLimit(2, 60)),
            patch.object(letter_link, "_uploads", RateLimit(2, 60)),
        ):
            answers = [self.open(f"{token}x").status_code for _ in range(4)]
            self.assertEqual(answers, [403, 403, 429, 429])
            # Many people share an address.
            self.assertEqual(self.open(token).status_code, 303)
            answers = [self.upload(self.get_scan()).status_code for _ in range(3)]
            self.assertEqual(answers, [303, 303, 429])
        for _ in range(4):
            self.send()
        wizard = self.get_wizard(self.activation.action_open_wizard())
        with self.assertRaises(UserError):
            wizard.action_send_letter()
        self.links.search([]).sent_on = fields.Datetime.now() - timedelta(hours=2)
        self.send()
        self.assertEqual(link.state, "ended")

    def test_documents_are_not_laid_out_without_end(self):
        self.enter()
        with patch.object(letter_link, "_reads", RateLimit(2, 60)):
            answers = [self.ask("GET", "/letter").status_code for _ in range(3)]
            self.assertEqual(answers, [200, 200, 429])
            self.assertEqual(self.ask("GET", "/signed-letter").status_code, 429)
            self.assertEqual(self.ask("GET").status_code, 200)

    def test_who_sent_it_is_told_once_an_hour_that_it_came_back(self):
        link = self.enter()

        def count():
            """Return the entries of the history and the notices, of which each hour has one."""
            messages = self.activation.sudo().message_ids
            notices = self.get_notices(self.activation)
            entries = messages.filtered(lambda message: link.email in (message.email_from or ""))
            return len(entries), len(notices)

        entries, notices = count()
        for _ in range(3):
            self.upload(self.get_scan())
            self.ask("POST", "/signed-letter/delete")
            self.activation.sudo().activity_ids.unlink()
        self.assertEqual(count(), (entries + 6, notices + 1))
        link.told_on -= timedelta(hours=1)
        self.upload(self.get_scan())
        self.assertEqual(count(), (entries + 7, notices + 2))

    def test_a_new_activation_company_or_address_is_no_new_allowance_of_mails(self):
        address = self.activation.representative_email
        for turn in range(5):
            self.activation.representative_email = f"victim{turn}@example.com"
            self.send()
        self.activation.with_user(self.manager_a).action_cancel()
        with self.subTest("a new activation"), self.assertRaises(UserError):
            self.get_processing().action_send_letter()
        # Of another company: to an address that got enough.
        other = self.get_processing(self.user_b)
        self.links.search([]).email = other.representative_email = address
        with self.subTest("another company"), self.assertRaises(UserError):
            other.action_send_letter()
        other.representative_email = "somebody@example.com"
        self.send(other)

    def test_a_link_ends_with_what_its_sender_may_do(self):
        user = self.user_a.sudo()
        home = user.company_ids

        def leave():
            user.write(
                {"company_ids": [(6, 0, self.company_b.ids)], "company_id": self.company_b.id}
            )

        def come_back():
            user.write({"company_ids": [(6, 0, home.ids)], "company_id": home[:1].id})

        ways = {
            "archived": (
                lambda: user.write({"active": False}),
                lambda: user.write({"active": True}),
            ),
            "in another company": (leave, come_back),
            "no user of certificates": (
                lambda: user.write({"group_ids": [(6, 0, self.env.ref("base.group_user").ids)]}),
                None,
            ),
        }
        for name, (go, back) in ways.items():
            with self.subTest(name), self.rolled_back():
                link = self.enter()
                go()
                self.env.invalidate_all()
                self.assertEqual(self.ask("GET").status_code, 403)
                self.assert_closed()
                if back:
                    back()
                    self.assert_closed()
                self.assertEqual(link.state, "ended")

    # === THE SENDER === #

    def test_what_was_not_sent_says_why(self):
        wizard = self.get_wizard(self.activation.action_open_wizard())
        for failure in (MailDeliveryException("No"), ConnectionRefusedError(), UserError("No")):
            with self.subTest(failure=failure):
                _mail, link, _token = self.send(failure=failure)
                self.assertEqual(link.mail_state, "failed")
                self.assertIn(link.mail_error, self.get_alert(wizard, "letter_not_sent"))
                self.assertFalse(self.get_alert(wizard, "letter_sent"))
        self.send()
        self.assertFalse(self.get_alert(wizard, "letter_not_sent"))
        self.activation.sudo().letter_link_ids[:1].expires_on = fields.Datetime.now()
        self.env.invalidate_all()
        self.assertTrue(self.get_alert(wizard, "letter_not_sent"))

    def test_no_failure_gets_to_the_sender_as_an_error_or_waits_for_ever(self):
        wizard = self.get_wizard(self.activation.action_open_wizard())
        for failure in (IndexError(), KeyError("x"), RuntimeError("No"), ValueError("No")):
            with self.subTest(failure=failure), mute_logger(f"{ADDON}.models.mixins.mailed"):
                _mail, link, _token = self.send(failure=failure)
                self.assertEqual(link.mail_state, "failed")
                self.assertIn(link.mail_error, self.get_alert(wizard, "letter_not_sent"))
                link.sent_on = fields.Datetime.now() - timedelta(hours=2)
        # The server ended while the mail was handed over.
        _mail, link, _token = self.send()
        link.write({"mail_outcome": False})
        self.assertEqual(link.mail_state, "waiting")
        link.mail_asked_on -= timedelta(minutes=16)
        self.assertEqual(link.mail_state, "failed")
        self.assertIn(link.mail_error, self.get_alert(wizard, "letter_not_sent"))

    def test_what_became_of_a_mail_is_noted_also_when_others_change_its_row(self):
        links, note = type(self.links), type(self.links)._note_delivery
        for times, state in ((2, "sent"), (99, "waiting")):
            met = [SerializationFailure()] * times

            def note_delivery(link, *args, met=met):
                if met:
                    raise met.pop()
                return note(link, *args)

            with (
                self.subTest(times=times),
                patch.object(links, "_note_delivery", note_delivery),
                patch(f"{ADDON}.models.core.aftermath.time.sleep"),
                mute_logger(f"{ADDON}.models.core.aftermath"),
            ):
                # The mail arrived, once, and whoever sent it gets no error.
                _mail, link, _token = self.send()
                self.assertEqual(link.mail_state, state)
        # Other processes know of it before a mail server is waited for.
        mailing, told = type(self.env["certificate.mailing"]), []
        hand_over = mailing._hand_over

        def hand_over_then(place, *args, **options):
            told.append("mail")
            return hand_over(place, *args, **options)

        with (
            patch.object(self.registry, "signal_changes", lambda: told.append("signal")),
            patch.object(mailing, "_hand_over", hand_over_then),
        ):
            self.send()
        self.assertEqual(told[:2], ["signal", "mail"])
        self.links.search([]).sent_on = fields.Datetime.now() - timedelta(hours=2)
        # What is noted late says nothing about the mail that was sent since.
        _mail, link, _token = self.send()
        link._note_delivery(link.mail_asked_on - timedelta(seconds=9), {"mail_outcome": "failed"})
        self.assertEqual(link.mail_state, "sent")

    def test_a_user_adds_nothing_to_the_headers(self):
        self.user_a.name = "Ana\r\nBcc: evil@example.com"
        mail, link, _token = self.send()
        self.assertEqual(link.mail_state, "sent")
        self.assertEqual(
            [address.addr_spec for address in mail["Reply-To"].addresses], [self.user_a.email]
        )
        self.assertFalse(mail["Bcc"])
        # As an import or another add-on may store it.
        self.env.cr.execute(
            "UPDATE res_partner SET email = %s WHERE id = %s",
            ["ana@example.com\r\nBcc: evil@example.com", self.user_a.partner_id.id],
        )
        self.env.invalidate_all()
        mail, link, _token = self.send()
        self.assertEqual(link.mail_state, "sent")
        self.assertNotIn("evil@", str(mail["Reply-To"].addresses[0].addr_spec))
        self.assertEqual(len(mail["Reply-To"].addresses), 1)

    def test_nothing_is_sent_while_the_data_is_wrong(self):
        wizard = self.get_wizard(self.activation.action_open_wizard())
        wizard.representative_email = "nobody"
        with self.sending() as mails:
            wizard.action_send_letter()
        self.assertFalse(mails)
        self.assertIn("representative_email", wizard.field_errors)
        with self.assertRaises(ValidationError):
            self.activation.action_send_letter()
        self.assertFalse(self.activation.sudo().letter_link_ids)

    def test_only_the_company_sends_and_withdraws(self):
        self.send()
        for user in (self.user_b, self.stranger):
            for method in ("action_send_letter", "action_withdraw_letter_link"):
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    getattr(self.activation.with_user(user), method)()
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.activation.sudo().letter_link_ids.with_user(user).read(["email"])
        link = self.activation.letter_link_ids
        for vals in ({"ended_on": False}, {"email": "me@example.com"}, {"token_hash": "x"}):
            with self.subTest(vals), self.assertRaises(AccessError):
                link.write(vals)
        with self.assertRaises(AccessError):
            link.read(["token_hash"])

    def test_names_that_are_markup_or_break_headers(self):
        company = self.company_a.sudo()
        company.name = 'Pan, Sal & <i id=hostile>Más "SAS"'
        self.seller.name = "Firma, Fácil <i id=hostile>SAS"
        self.activation.representative_name = "<i id=hostile>Ana"
        mail, _link, token = self.send()
        self.assertNotIn("<i id=hostile", self.get_html(mail))
        self.assertEqual(len(mail["From"].addresses), 1)
        self.visit()
        self.open(token)
        self.assertNotIn("<i id=hostile", self.ask("GET").text)

    def test_spanish_is_read_by_who_reads_spanish(self):
        self.speak_spanish(self.company_a.partner_id)
        mail, _link, token = self.send()
        self.assertIn(f"/es{LETTER_LINK_PATH}", self.get_html(mail))
        self.assertIn('lang="es_CO"', self.get_html(mail))
        self.visit()
        self.assertEqual(self.open(token).status_code, 303)
