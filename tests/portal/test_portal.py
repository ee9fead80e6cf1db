"""A client's contact without a login completes the three steps through the portal; and nobody else
does.
"""

import base64
import io
from datetime import datetime, timedelta, timezone
from unittest.mock import patch

from freezegun import freeze_time
from lxml import html
from PIL import Image

from odoo import fields
from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.tests import JsonRpcException, tagged
from odoo.tools import mute_logger

from odoo.addons.base.models.ir_mail_server import MailDeliveryException

from ...const import MODULE, PORTAL_CONTACT, PORTAL_PATH, REPRESENTATIVE_FIELDS
from ...controllers import portal
from ...models.portal import access as accesses
from ...tools.link_token import hash_token
from ...tools.pdf_check import MAX_SIZE
from ...tools.rate_limit import RateLimit
from ..common import letter_samples, pdf_samples, samples
from ..common.mails import MailWatch
from ..common.portal import ACCESS, CertificatePortalCommon
from ..common.tours import TourCase
from ..common.walk import REPRESENTATIVE

INVITATION = "certificate.portal.invitation"

# Every route of one activation, and what is sent to it. A new one without a line here fails.
REQUESTS = {
    ("GET", ""): {},
    ("GET", "/invoice"): {},
    ("GET", "/letter"): {},
    ("GET", "/letter/english"): {},
    ("GET", "/open"): {},
    ("GET", "/record"): {},
    ("GET", "/signed-letter"): {},
    ("POST", "/buy"): {},
    ("POST", "/continue"): {},
    ("POST", "/finish"): {},
    ("POST", "/open"): {"data": {"access_token": "a guess"}},
    ("POST", "/pdf"): {"files": {"files": ("scan.pdf", pdf_samples.scan_pdf(), "application/pdf")}},
    ("POST", "/representative"): {"data": {"representative_name": "Otra"}},
    ("POST", "/signed-letter"): {
        "files": {"file": ("other.pdf", pdf_samples.scan_pdf(3), "application/pdf")}
    },
    ("POST", "/signed-letter/delete"): {},
    ("POST", "/verify"): {},
}


@tagged("post_install", "-at_install")
class TestPortal(CertificatePortalCommon, MailWatch, TourCase):
    browser_size = "390x844"
    touch_enabled = True

    # === STEPS === #

    def get_form(self, **values):
        """Return what the form of the representative sends."""
        return {
            **REPRESENTATIVE,
            "representative_identification_type_id": str(
                self.env.ref("l10n_co.national_citizen_id").id
            ),
            "representative_state_id": str(self.company_a.state_id.id),
            **values,
        }

    def get_written(self, activation):
        """Return what the history says in the name of the contact."""
        messages = activation.sudo().message_ids
        return messages.filtered(lambda message: message.author_id == self.contact)

    # === ASSERTIONS === #

    def assert_closed(self, activation, *, but=()):
        """Nothing of the activation is opened or changed, on any route, by the visitor of now."""
        for (method, path), options in REQUESTS.items():
            if (method, path) in (("GET", "/open"), *but):
                continue
            with self.subTest(method=method, path=path), self.unchanged():
                response = self.ask(method, activation, path, **options)
                self.assertEqual(response.status_code, 403)
                self.assertNotIn(activation.name, response.text)
                self.assertNotIn(REPRESENTATIVE["representative_vat"], response.text)
                self.assertNotIn(b"%PDF", response.content)

    # === WHO IS LET IN === #

    def test_the_contact_reads_why_a_letter_was_rejected_and_hands_in_a_new_one(self):
        activation = self.get_active()
        self.enter(activation)
        self.assertIn('name="letter_review"', self.ask("GET", activation).text)
        activation.with_user(self.custodian)._reject_letter("The signature is missing.")
        notices = self.env["mail.message"].sudo().search([("partner_ids", "in", self.contact.ids)])
        self.assertTrue(
            any("The signature is missing" in str(body) for body in notices.mapped("body"))
        )
        page = self.ask("GET", activation).text
        self.assertIn('name="letter_rejected"', page)
        self.assertIn("The signature is missing", page)
        scan = letter_samples.letter_scan(activation.letter_code)
        self.do(activation, "/signed-letter", files={"file": ("new.pdf", scan, "application/pdf")})
        self.do(activation, "/finish")
        self.assertEqual((activation.state, activation.letter_review), ("active", "waiting"))
        self.assertTrue(activation.is_signing_blocked)
        self.assertIn('name="letter_review"', self.ask("GET", activation).text)

    def test_nobody_invites_without_end(self):
        activation = self.start()
        for _turn in range(9):
            self.invite(activation)
        # A contact that is deleted takes its invitations along, and what is made by another manager counts.
        self.contact.unlink()
        contact = self.env["res.partner"].create(
            {"name": "Ana", "email": "a@example.com", "parent_id": self.company_a.partner_id.id}
        )
        activation.with_user(self.manager_a)._invite(contact)
        with self.assertRaises(UserError):
            self.invite(activation, contact)
        with patch.object(accesses, "_INVITED_WITHIN", timedelta(0)):
            self.invite(activation, contact)
        with (
            self.subTest("of many companies"),
            patch.object(accesses, "_INVITED_MAX", {"user_id": 10}),
            self.assertRaises(UserError),
        ):
            self.invite(activation, contact)

    def test_the_page_is_the_sellers_and_keeps_codes_whole(self):
        activation = self.get_downloaded()
        self.enter(activation)
        page = self.ask("GET", activation).text
        self.assertIn('name="certificate_brand"', page)
        self.assertIn("NIT", page)
        for code in ("900.987.321-1", activation.letter_code, activation.name):
            self.assertIn(f'<span class="text-nowrap">{code}</span>', page)
        # The letter writes it as it is printed.
        letter = html.fromstring(page).find_class("o_certificate_letter_text")[0]
        self.assertEqual(page.count("900987321-1"), letter.text_content().count("900987321-1"))

    def test_every_route_is_known_here(self):
        known = {}
        for name, method in vars(portal.CertificatePortal).items():
            if routing := getattr(method, "original_routing", None):
                known[name] = routing
        listed = known.pop("certificate_list")
        self.assertEqual((listed["auth"], listed["routes"]), ("user", [PORTAL_PATH]))
        prefix = f"{PORTAL_PATH}/<record_id:activation_id>"
        self.assertEqual(
            {
                (verb, path.removeprefix(prefix))
                for routing in known.values()
                for path in routing["routes"]
                for verb in routing["methods"]
            },
            set(REQUESTS),
        )
        for name, routing in known.items():
            with self.subTest(route=name):
                self.assertIn(routing.get("csrf"), (None, True))
                # A step leads on at once, and a replica may be behind it.
                self.assertFalse(routing.get("readonly"))

    def test_nobody_else_opens_or_changes_anything(self):
        activation, other = self.get_downloaded(), self.start(self.user_b)
        self.attach(activation)
        access, token = self.invite(activation)
        # Of its own company: a contact of another one is not invited.
        guest = self.contact.copy({"parent_id": self.company_b.partner_id.id})
        other_access, other_token = self.invite(other, guest)

        def with_link():
            self.visit()
            self.open(activation, token)
            self.assertEqual(self.ask("GET", activation).status_code, 200)

        def withdrawn():
            with_link()
            access.action_withdraw()

        def expired():
            access.withdrawn_on = False
            access.token_hash = hash_token(token)
            with_link()
            access.expires_on = fields.Datetime.now()

        def invited_anew():
            access.expires_on = fields.Datetime.now() + timedelta(days=1)
            with_link()
            self.invite(activation)

        def of_another_activation():
            self.visit()
            self.open(other, other_token)
            self.assertEqual(self.ask("GET", other).status_code, 200)
            self.assertEqual(self.open(activation, other_token).status_code, 403)

        visitors = {
            "without a link": self.visit,
            "with a withdrawn invitation": withdrawn,
            "with an invitation that has ended": expired,
            "with an earlier invitation": invited_anew,
            "with the link of another activation": of_another_activation,
            "another portal user": lambda: self.visit(self.portal_a.login),
            "a user of another company": lambda: self.visit(self.user_b.login),
            "a user of the company, who has the wizard": lambda: self.visit(self.user_a.login),
        }
        for name, arrive in visitors.items():
            with self.subTest(visitor=name):
                arrive()
                self.assert_closed(activation)
        # What does not exist looks the same.
        self.visit()
        missing = activation.browse(2**31 - 1)
        self.assertEqual(self.ask("GET", missing).status_code, 403)
        self.assertEqual(self.open(missing, token).status_code, 403)
        self.assertFalse(other_access.withdrawn_on)

    def test_a_forged_request_is_refused(self):
        activation = self.get_downloaded()
        self.attach(activation)
        self.enter(activation)
        for (method, path), options in REQUESTS.items():
            if method == "POST":
                with self.subTest(path=path), self.unchanged():
                    response = self.ask("POST", activation, path, csrf=False, **options)
                    self.assertEqual(response.status_code, 400)
            # Nothing is changed by an address that a page of another site can lead to.
            with self.subTest(path=path, by="GET"), self.unchanged():
                response = self.ask("GET", activation, path)
                if ("GET", path) not in REQUESTS:
                    self.assertIn(response.status_code, (404, 405))

    def test_a_form_of_an_earlier_session_is_explained(self):
        activation = self.get_downloaded()
        self.attach(activation)
        self.enter(activation)
        for old_token in ("", "wrong", "0o99999999999"):
            for method, path in REQUESTS:
                if method != "POST":
                    continue
                data = {"csrf_token": old_token, **self.get_form(representative_name="Otra")}
                with self.subTest(path=path, token=old_token), self.unchanged():
                    response = self.ask("POST", activation, path, csrf=False, data=data)
                    self.assertEqual(response.status_code, 400)
                    if path == "/pdf":
                        self.assertTrue(response.json()["error"])
                    else:
                        self.assertIn('name="error"', response.text)
                        self.assertIn('name="csrf_token"', response.text)
        # Whose session has ended is told how to come back.
        self.visit()
        for path in ("/representative", "/signed-letter", "/finish", "/open"):
            with self.subTest(path=path, by="another session"), self.unchanged():
                response = self.ask("POST", activation, path, csrf=False)
                self.assertEqual(response.status_code, 400)
                self.assertIn('name="session_over"', response.text)
                self.assertIn('name="access_token"', response.text)
                self.assertNotIn("o_certificate_open_at_once", response.text)
        # An activation that does not exist looks the same.
        missing = activation.browse(2**31 - 1)
        response = self.ask("POST", missing, "/finish", csrf=False)
        self.assertEqual(response.status_code, 400)
        self.assertIn('name="session_over"', response.text)

    def test_too_many_wrong_links_are_refused_and_a_right_one_opens(self):
        activation = self.start()
        _access, token = self.invite(activation)
        self.visit()
        self.misses.limit = 3
        for _try in range(3):
            self.assertEqual(self.open(activation, "wrong").status_code, 403)
        self.assertEqual(self.open(activation, "wrong").status_code, 429)
        self.assertEqual(self.open(activation, token).status_code, 303)
        self.assertEqual(self.ask("GET", activation).status_code, 200)

    def test_the_answer_is_kept_and_told_nowhere(self):
        activation = self.get_downloaded()
        self.enter(activation)
        for method, path in (("GET", ""), ("GET", "/letter"), ("GET", "/open"), ("POST", "/pdf")):
            with self.subTest(path=path):
                headers = self.ask(method, activation, path).headers
                self.assertEqual(headers["Referrer-Policy"], "no-referrer")
                self.assertIn("no-store", headers["Cache-Control"])
                self.assertIn("noindex", headers["X-Robots-Tag"])
                self.assertEqual(headers["X-Frame-Options"], "DENY")

    def test_a_login_that_has_opened_the_link_needs_it_no_more(self):
        activation = self.start()
        access, token = self.invite(activation, self.portal_a.partner_id)
        self.visit(self.portal_a.login)
        self.assert_closed(activation)
        self.assertNotIn(activation.name, self.url_open(PORTAL_PATH).text)
        self.assertEqual(self.open(activation, token).status_code, 303)
        self.assertEqual(access.opened_by_id, self.portal_a)
        access.expires_on = fields.Datetime.now()
        self.visit(self.portal_a.login)
        self.assertEqual(self.ask("GET", activation).status_code, 200)
        self.assertIn(activation.name, self.url_open(PORTAL_PATH).text)
        counters = self.make_jsonrpc_request("/my/counters", {"counters": ["certificate_count"]})
        self.assertEqual(counters["certificate_count"], 1)
        access.action_withdraw()
        self.assertNotIn(activation.name, self.url_open(PORTAL_PATH).text)
        self.assert_closed(activation)
        self.visit()
        self.assertIn(
            "/web/login", self.url_open(PORTAL_PATH, allow_redirects=False).headers["Location"]
        )

    # === THE INVITATION === #

    def test_managers_and_custodians_invite(self):
        activation = self.start()
        managers = samples.make_user(
            self.env,
            "Gerente",
            "certificate_manager_b",
            self.company_b,
            f"{MODULE}.group_certificate_manager",
        )
        for user in (self.user_a, self.user_b, self.stranger, self.portal_a, managers):
            with self.subTest(user=user.login), self.unchanged(), self.assertRaises(AccessError):
                activation.with_user(user)._invite(self.contact)
        access, _link = activation.with_user(self.manager_a)._invite(self.contact)
        for user in (self.user_a, self.user_b, self.portal_a, managers):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                access.with_user(user).action_withdraw()
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                access.with_user(user).read(["email"])
        again, _link = activation.with_user(self.custodian)._invite(self.contact)
        self.assertEqual(again, access)
        with self.assertRaises(ConcurrencyError):
            access._create_once({"activation_id": activation.id, "partner_id": self.contact.id})
        access.with_user(self.custodian).action_withdraw()
        self.assertEqual(access.state, "withdrawn")
        with self.unchanged():
            access.with_user(self.manager_a).action_withdraw()

    def test_who_cannot_be_invited(self):
        activation = self.start()
        public = self.env.ref("base.public_partner")
        public.email = "public@example.com"
        for partner in (public, self.contact.copy({"email": False})):
            with self.subTest(partner=partner.name), self.assertRaises(UserError):
                self.invite(activation, partner)
        activation.with_user(self.manager_a).action_cancel()
        with self.assertRaises(UserError):
            self.invite(activation)

    def test_the_link_is_sent_and_its_token_is_nowhere(self):
        activation = self.start()
        invitation = self.env[INVITATION].with_user(self.manager_a)
        invitation = invitation.create({"activation_id": activation.id})
        self.assertIn(invitation.partner_id, self.company_a.partner_id.child_ids)
        invitation.partner_id = self.contact
        with self.sending() as sent:
            action = invitation.action_send()
            # What is rolled back is not sent.
            self.assertFalse(sent)
        link = action["context"]["default_link"]
        token = link.partition("#")[2]
        self.assertGreaterEqual(len(token), 43)
        self.assertEqual(sent[0]["To"], self.contact.email)
        html = self.get_html(sent[0])
        self.assertIn(link, html)
        self.assertIn(self.seller.name, sent[0]["From"])
        self.assertIn(self.manager_a.email, sent[0]["Reply-To"])
        page = self.env[INVITATION].with_user(self.manager_a).with_context(**action["context"])
        self.assertTrue(page.new(page.default_get(["access_id"])).is_sent)
        # What the server is asked for, and may log, is what stands before the #.
        self.assertNotIn("?", link)
        access = activation.sudo().portal_access_ids
        self.assertEqual(access.token_hash, hash_token(token))
        with self.assertRaises(AccessError):
            access.with_user(self.system_user).read(["token_hash"])
        self.env.flush_all()
        for model in ("mail.message", "mail.mail", ACCESS, INVITATION, "mail.tracking.value"):
            table = self.env[model]._table
            self.env.cr.execute(
                f"SELECT 1 FROM {table} row WHERE row::text LIKE %s", [f"%{token}%"]
            )
            self.assertFalse(self.env.cr.fetchall(), table)
        self.assertIn(self.contact.name, activation.sudo().message_ids[0].body)

    def test_a_mail_that_cannot_be_sent_leaves_the_link_to_be_copied(self):
        invitation = self.env[INVITATION].with_user(self.manager_a)
        activation = self.start()
        for failure in (
            MailDeliveryException("No server"),
            ConnectionRefusedError(),
            UserError("Missing SMTP Server"),
            ValueError("Header values may not contain linefeed"),
            IndexError(),
        ):
            with self.subTest(failure=failure):
                dialog = invitation.create({"activation_id": activation.id})
                with (
                    mute_logger(f"odoo.addons.{MODULE}.models.mixins.mailed"),
                    self.sending(failure),
                ):
                    action = dialog.action_send()
                page = invitation.with_context(**action["context"])
                page = page.new(page.default_get(["access_id"]))
                self.assertFalse(page.is_sent)
                access = activation.sudo().portal_access_ids[:1]
                self.assertEqual(access.mail_state, "failed")
                self.assertIn(access.mail_error, page.sentence)
        self.visit()
        self.assertEqual(self.open(activation, action["context"]["default_link"]).status_code, 303)

    def test_documents_are_not_laid_out_without_end(self):
        activation = self.get_processing()
        self.enter(activation)
        with patch.object(portal, "_reads", RateLimit(1, 60)):
            answers = [self.ask("GET", activation, "/letter").status_code for _ in range(2)]
            self.assertEqual(answers[1], 429)
            self.assertEqual(self.ask("GET", activation).status_code, 200)

    def test_no_client_takes_the_place_of_a_contact(self):
        activation = self.start()
        access, _token = self.invite(activation)
        self.visit(self.user_a.login)
        self.make_jsonrpc_request(
            "/web/dataset/call_kw",
            {
                "model": activation._name,
                "method": "message_post",
                "args": [activation.ids],
                "kwargs": {
                    "body": "A word",
                    "context": {PORTAL_CONTACT: {"access_id": access.id}},
                },
            },
        )
        self.assertEqual(activation.sudo().message_ids[0].author_id, self.user_a.partner_id)
        for method in ("_run_portal_step", "_invite", "_save_representative"):
            with (
                self.subTest(method=method),
                mute_logger("odoo.http"),
                self.assertRaises(JsonRpcException),
            ):
                self.make_jsonrpc_request(
                    "/web/dataset/call_kw",
                    {
                        "model": activation._name,
                        "method": method,
                        "args": [activation.ids, "buy"],
                        "kwargs": {},
                    },
                )

    # === THE THREE STEPS === #

    def test_a_contact_walks_from_the_payment_to_the_record(self):
        activation = self.start()
        self.enter(activation)
        self.assertIn('name="buy"', self.ask("GET", activation).text)

        # Pay
        self.do(activation, "/verify")
        page = self._get_payment_context(self.url_open(self.do(activation, "/buy")))
        self.assertEqual(page["landing_route"], f"{PORTAL_PATH}/{activation.id}")
        transaction = self.submit(page)
        transaction._set_done()
        self.assertEqual(self.poll()["landing_route"], page["landing_route"])
        self.assertIn('name="continue"', self.ask("GET", activation).text)
        self.assertEqual(activation.sudo().payment_move_id.partner_id, self.company_a.partner_id)
        self.do(activation, "/continue")
        self.assertEqual(activation.state, "process")

        # Process
        wrong = self.get_form(representative_email="maria@", representative_vat="", state="active")
        location = self.do(activation, "/representative", data=wrong)
        response = self.url_open(location)
        self.assertEqual(response.text.count('aria-invalid="true"'), 2)
        self.assertIn('value="maria@"', response.text)
        self.assertIn('aria-describedby="representative_email_error"', response.text)
        self.assertEqual((activation.state, activation.letter_code), ("process", False))
        location = self.do(activation, "/representative", data=self.get_form())
        response = self.url_open(location)
        # A page that is left while it loads has no scripts: its own script saves the letter.
        self.assertNotIn("Refresh", response.headers)
        self.assertIn("o_certificate_letter ", response.text)
        letter = self.ask("GET", activation, "/letter")
        self.assertEqual(letter.content, activation._render_letter())
        self.assertIn("attachment", letter.headers["Content-Disposition"])
        for name in REPRESENTATIVE_FIELDS:
            self.assertTrue(activation[name], name)

        # The letter as it was downloaded is refused, and nothing is lost.
        with self.unchanged():
            response = self.ask(
                "POST", activation, "/signed-letter", files={"file": ("letter.pdf", letter.content)}
            )
        self.assertEqual(response.status_code, 422)
        self.assertIn("is-invalid", response.text)
        self.assertIn(REPRESENTATIVE["representative_surname"], response.text)
        scan = letter_samples.letter_scan(activation.letter_code)
        self.do(activation, "/signed-letter", files={"file": ("scan.pdf", scan)})
        self.assertEqual(activation.signed_letter_match, "match")
        self.assertEqual(self.ask("GET", activation, "/signed-letter").content, scan)
        self.do(activation, "/signed-letter/delete")
        self.assertFalse(activation.signed_letter_sha256)
        self.assertEqual(self.ask("GET", activation, "/signed-letter").status_code, 422)
        self.do(activation, "/signed-letter", files={"file": ("scan.pdf", scan)})

        # Finish
        agent = {"User-Agent": "A phone"}
        self.do(activation, "/finish", headers=agent)
        self.assertEqual(activation.state, "active")
        record = self.ask("GET", activation, "/record")
        self.assertEqual(record.content, activation.sudo()._read_record())
        facts = activation.sudo().record_facts
        self.assertEqual(facts["user"]["name"], self.contact.name)
        self.assertEqual(facts["user"]["login"], self.contact.email)
        self.assertEqual(facts["user"]["invited_by"], self.custodian.name)
        self.assertEqual((facts["ip"], facts["user_agent"]), ("127.0.0.1", "A phone"))
        written = self.get_written(activation)
        self.assertIn("A phone", " ".join(written.mapped("body")))
        self.assertEqual(
            written.tracking_value_ids.mapped("new_value_char"),
            [activation._get_state_label(state) for state in ("active", "process")],
        )

        # What is not of the three steps any more.
        for path, options in (
            ("/representative", {"data": self.get_form(representative_name="Otra")}),
            ("/signed-letter", {"files": {"file": ("scan.pdf", scan)}}),
            ("/signed-letter/delete", {}),
            ("/pdf", {"files": {"files": ("scan.pdf", scan)}}),
        ):
            with self.subTest(path=path), self.unchanged():
                self.assertGreaterEqual(
                    self.ask("POST", activation, path, **options).status_code, 422
                )

    def test_a_contact_sends_the_letter_to_be_signed(self):
        activation = self.start()
        self.pay(activation)
        activation.action_continue()
        access = self.enter(activation)
        # What is wrong is said as for a download, and nothing is sent.
        wrong = {"data": self.get_form(representative_email="maria@", send="1")}
        location = self.do(activation, "/representative", **wrong)
        self.assertTrue(location.endswith("?checked=1"))
        links = activation.sudo().letter_link_ids
        self.assertFalse(links)
        location = self.do(activation, "/representative", data=self.get_form(send="1"))
        self.assertTrue(location.endswith("#signed_letter"))
        self.assertNotIn("download", location)
        first = activation.sudo().letter_link_ids
        self.assertEqual((first.state, first.email), ("valid", self.contact.email))
        self.assertIn('name="letter_sent"', self.ask("GET", activation).text)
        self.assertIn(first.email, " ".join(self.get_written(activation).mapped("body")))

        # It goes out in the name of the contact, and comes back to who invited, too.
        with self.sending() as mails:
            access._get_activation()._run_portal_step("send")
        [mail] = mails
        link = activation.sudo().letter_link_ids[:1]
        self.assertEqual((first.state, link.state, link.mail_state), ("ended", "valid", "sent"))
        self.assertIn(self.contact.name, self.get_html(mail))
        self.assertIn(self.contact.email, mail["Reply-To"])
        self.assertNotIn(self.custodian.name, self.get_html(mail))
        self.assertEqual(activation._get_letter_sender(), self.custodian)

        # Without typing anything again, and not without end.
        for _turn in range(3):
            self.do(activation, "/representative", data={"send": "1"})
        last = activation.sudo().letter_link_ids[:1]
        with self.unchanged():
            response = self.ask("POST", activation, "/representative", data={"send": "1"})
        self.assertEqual(response.status_code, 422)
        self.assertIn('name="error"', response.text)
        self.assertEqual(last.state, "valid")

        # It does not outlive the invitation, nor the contact.
        with self.subTest("withdrawn"), self.cr.savepoint() as savepoint:
            access.with_user(self.custodian).action_withdraw()
            self.assertEqual(last.state, "ended")
            savepoint.rollback()
        self.env.invalidate_all()
        with self.subTest("deleted"), self.cr.savepoint() as savepoint:
            self.contact.sudo().unlink()
            self.env.invalidate_all()
            self.assertEqual(last.state, "ended")
            savepoint.rollback()

    def start_tour_by_link(self, link, tour):
        """Start a tour where the page of an invitation's link leads to by itself."""
        self.start_tour(
            link.removeprefix(self.env["res.users"].get_base_url()),
            tour,
            ready="Boolean(document.querySelector('.o_certificate_stepper'))"
            f" && odoo.isTourReady('{tour}')",
        )

    def test_a_contact_walks_on_a_phone_in_spanish(self):
        activation = self.start()
        self.sell_by_demo_provider()
        self.speak_spanish(self.contact)
        _access, link = activation.with_user(self.manager_a)._invite(self.contact)
        large = pdf_samples.padded_pdf(MAX_SIZE + 1, pdf_samples.scan_pdf(2))
        self.serve_to_tours("large", large)
        sheet = letter_samples.images_pdf(Image.new("L", (600, 800), 250))
        self.serve_to_tours("blank", pdf_samples.padded_pdf(MAX_SIZE + 1, sheet))
        self.start_tour_by_link(link, "certificate_portal")
        activation.invalidate_recordset()
        self.assertEqual((activation.state, activation.payment_status), ("active", "paid"))
        self.assertEqual(activation.representative_email, "maria@example.com")
        self.assertEqual(activation.signed_letter_pages, 2)
        self.assertEqual(activation.sudo().record_facts["user"]["name"], self.contact.name)

    def test_nothing_is_lost_or_done_twice_when_the_line_is_bad(self):
        activation = self.start()
        self.pay(activation)
        activation.action_continue()
        self.speak_spanish(self.contact)
        self.serve_to_tours("scan", pdf_samples.scan_pdf(2))
        _access, link = activation.with_user(self.manager_a)._invite(self.contact)
        with mute_logger("odoo.http"):  # the form of the session that ended
            self.start_tour_by_link(link, "certificate_portal_bad_line")
        activation.invalidate_recordset()
        self.assertEqual(activation.signed_letter_pages, 2)
        self.assertEqual(activation.representative_street, "Bogotá")
        steps = [
            message.body for message in activation.sudo().message_ids if "portal" in message.body
        ]
        for sentence in ("datos del representante", "Adjuntó la carta"):
            with self.subTest(step=sentence):
                self.assertEqual(sum(sentence in body for body in steps), 1, steps)

    def test_what_is_posted_twice_has_one_effect(self):
        activation = self.start()
        self.enter(activation)
        # A link names the second in which it was made.
        with freeze_time(datetime.now(timezone.utc)):
            urls = {self.do(activation, "/buy") for _click in range(2)}
        self.assertEqual(len(urls), 1)
        transaction = self.create_invoice_transaction(activation.sudo().payment_move_id, "done")
        transaction._post_process()
        for path, options in (
            ("/continue", {}),
            ("/representative", {"data": self.get_form()}),
            ("/signed-letter", {"files": {"file": ("scan.pdf", pdf_samples.scan_pdf())}}),
            ("/finish", {}),
        ):
            with self.subTest(path=path):
                self.do(activation, path, **options)
                before = (activation.sudo().message_ids, activation.sudo().record_code)
                self.ask("POST", activation, path, **options)
                activation.invalidate_recordset()
                self.assertEqual(
                    (activation.sudo().message_ids, activation.sudo().record_code), before
                )
        self.assertEqual(activation.state, "active")

    def test_a_payment_leads_back_to_this_activation_or_to_the_wizard_only(self):
        activation, other = self.start(), self.start(self.user_b)
        self.enter(activation)
        page = self._get_payment_context(self.url_open(self.do(activation, "/buy")))
        for route in (f"{PORTAL_PATH}/{other.id}", "/my/home", "//example.com"):
            with (
                self.subTest(route=route),
                mute_logger("odoo.http"),
                self.assertRaises(JsonRpcException),
            ):
                self.submit(page, landing_route=route)
        self.assertFalse(activation.sudo().payment_move_id.transaction_ids)

    def test_photos_become_a_pdf_that_is_not_attached_yet(self):
        activation = self.get_downloaded()
        self.enter(activation)
        photo = io.BytesIO()
        Image.new("RGB", (600, 800), "white").save(photo, "JPEG")
        files = {"files": ("photo.jpg", photo.getvalue(), "image/jpeg")}
        with self.unchanged():
            made = self.ask("POST", activation, "/pdf", files=files).json()
            self.assertTrue(base64.b64decode(made["pdf"]).startswith(b"%PDF"))
            files = {"files": ("page.html", b"<html>", "text/html")}
            refused = self.ask("POST", activation, "/pdf", files=files)
        self.assertEqual((refused.status_code, refused.json()["position"]), (422, 0))

    def test_the_data_can_be_left_as_it_was_after_the_download(self):
        activation = self.get_downloaded()
        self.attach(activation)
        self.enter(activation)
        page = html.fromstring(self.ask("GET", activation).text)
        (keep,) = page.xpath("//details//a[@name='keep']")
        with self.unchanged():
            response = self.url_open(keep.get("href"))
        self.assertEqual(response.url.rsplit("/", 1)[-1], str(activation.id))
        self.assertIn('name="representative_summary"', response.text)

    def test_a_letter_that_became_void_is_said_to_be(self):
        activation = self.get_downloaded()
        self.attach(activation)
        self.enter(activation)
        self.company_a.sudo().street = "Calle Nueva 1"
        self.assertIn('name="letter_void"', self.ask("GET", activation).text)
        self.do(activation, "/finish")
        self.assertEqual(activation.state, "process")

    def test_bad_input_is_refused_in_words(self):
        activation = self.get_processing()
        self.enter(activation)
        form = self.get_form(
            representative_identification_type_id="1e9",
            representative_state_id=str(2**70),
            representative_name="A\x00na\n<b>",
        )
        self.do(activation, "/representative", data=form)
        self.assertFalse(activation.representative_state_id)
        self.assertEqual(activation.representative_name, "Ana <b>")
        self.assertIn("Ana &lt;b&gt;", self.ask("GET", activation).text)
        for files in (
            {"file": ("scan.pdf", b"")},
            {"file": ("scan.pdf", b"MZ")},
            {"x": ("y", b"z")},
        ):
            with self.subTest(files=files):
                response = self.ask("POST", activation, "/signed-letter", files=files)
                self.assertEqual(response.status_code, 422)
        response = self.ask("POST", activation, "/finish")
        self.assertEqual((response.status_code, activation.state), (422, "process"))

    def test_the_contact_is_told_once_when_the_payment_is_confirmed_later(self):
        activation = self.start()
        access = self.enter(activation)
        self.do(activation, "/buy")
        transaction = self.create_invoice_transaction(activation.sudo().payment_move_id, "pending")
        self.assertIn('data-status="pending"', self.ask("GET", activation).text)
        transaction._set_done()
        transaction._post_process()
        activation.sudo()._react_to_payment()

        def get_told():
            return (
                self.env["mail.message"]
                .sudo()
                .search(
                    [
                        ("model", "=", activation._name),
                        ("res_id", "=", activation.id),
                        ("message_type", "=", "user_notification"),
                        ("partner_ids", "in", self.contact.ids),
                    ]
                )
            )

        self.assertEqual(len(get_told()), 1)
        self.assertIn(f"{PORTAL_PATH}/{activation.id}", get_told().body)
        self.assertNotIn("/open", get_told().body)
        access.action_withdraw()
        access.last_notice = False
        activation.sudo()._react_to_payment()
        self.assertEqual(len(get_told()), 1)

    def test_a_rejected_letter_is_reviewed_and_handed_in_anew_on_phones_in_spanish(self):
        self.speak_spanish(self.contact, self.custodian)
        activation = self.get_active()
        _access, link = activation.with_user(self.manager_a)._invite(self.contact)
        self.serve_to_tours("sharper", pdf_samples.scan_pdf(1))
        menu = "/odoo/electronic-process"
        self.start_tour(menu, "certificate_letter_reject", login=self.custodian.login)
        self.start_tour_by_link(link, "certificate_portal_letter")
        activation.invalidate_recordset()
        self.assertEqual(activation.letter_review, "waiting")
        self.assertTrue(activation.is_signing_blocked)
        self.start_tour(menu, "certificate_letter_accept", login=self.custodian.login)
        activation.invalidate_recordset()
        self.assertEqual(activation.letter_review, "accepted")
        self.assertFalse(activation.is_signing_blocked)
