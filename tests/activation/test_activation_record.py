"""The evidence of an activation: what it says, that it stays as it is, and what the public sees of it."""

import base64
import hashlib
import json
from datetime import timedelta
from io import BytesIO
from unittest.mock import patch

import pypdf
from freezegun import freeze_time
from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.http import Request
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ...const import MODULE, RECORD_REPORT, VERIFY_PATH
from ...controllers import verify
from ...reports.activation_record import render_record
from ...tools.pdf_append import PdfNotAppended, append_pdf
from ..common import letter_samples
from ..common.case import CertificateCommon
from ..common.letter_samples import drawn_modules, possible_modules
from ..common.walk import REPRESENTATIVE

RECORD_FIELDS = ("record_code", "record_facts", "record_file", "record_sha256")


@tagged("post_install", "-at_install")
class TestActivationRecord(CertificateCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        walk = cls.get_walk()
        with freeze_time("2027-03-01 03:04:05"):  # 22:04:05 of February 28 in Bogota
            cls.activation = walk.get_active()

    def setUp(self):
        super().setUp()
        verify._misses._windows.clear()

    def get_facts(self, activation=None):
        return (activation or self.activation).sudo().record_facts

    def get_words(self, content):
        pages = pypdf.PdfReader(BytesIO(content)).pages
        return " ".join(" ".join(page.extract_text() for page in pages).split())

    def get_page(self, code, status=200, **headers):
        answer = self.url_open(f"{VERIFY_PATH}/{code}", headers=headers)
        self.assertEqual(answer.status_code, status)
        return answer

    # === WHAT IT SAYS === #

    def test_the_record_says_who_when_and_on_what_ground(self):
        activation, facts = self.activation, self.get_facts()
        certificate = activation.sudo().certificate_id
        words = self.get_words(activation._read_record())
        payment = activation.sudo().payment_move_id
        self.assertEqual(
            facts["letter"]["sha256"], hashlib.sha256(base64.b64decode(self.scan)).hexdigest()
        )
        for expected in (
            "Ana (certificate_a)",
            "María Fernanda Pérez Gómez, cédula de ciudadanía No. 52123456",
            "28 de febrero de 2027, 22:04:05, hora de Bogotá",
            "2027-03-01 03:04:05Z",
            "del 28 de febrero de 2027 al 27 de febrero de 2028",
            "Café de la Sierra SAS, NIT 900987321-1",
            "Firma Facil SAS, NIT 901414515-7",
            activation.letter_code,
            facts["letter"]["sha256"],
            f"{int(certificate.serial_number):X}",
            facts["certificate"]["sha256"],
            payment.name,
            "119.000,00 COP",
            facts["code"],
            activation.name,
        ):
            with self.subTest(expected):
                self.assertIn(expected, words)

    def test_the_fingerprint_is_the_certificates(self):
        pem = self.activation.sudo().certificate_id.with_context(bin_size=False).pem_certificate
        body = b"".join(base64.b64decode(pem).splitlines()[1:-1])
        self.assertEqual(
            self.get_facts()["certificate"]["sha256"],
            hashlib.sha256(base64.b64decode(body)).hexdigest(),
        )

    def test_the_letter_comes_first_and_the_same_data_gives_the_same_file(self):
        content, facts = self.activation._read_record(), self.get_facts()
        self.assertEqual(len(pypdf.PdfReader(BytesIO(content)).pages), 3)
        record = render_record(json.loads(json.dumps(facts)))
        self.assertEqual(append_pdf(base64.b64decode(self.scan), record), content)
        self.assertEqual(self.activation.record_sha256, hashlib.sha256(content).hexdigest())

    def test_the_qr_code_leads_to_the_public_page(self):
        page = pypdf.PdfReader(BytesIO(render_record(self.get_facts()))).pages[0]
        code = self.activation.record_code
        url = f"{self.company_a.get_base_url()}{VERIFY_PATH}/{code}"
        self.assertIn(drawn_modules(page), possible_modules(url))

    def test_a_long_address_gives_a_code_that_is_read_by_hand(self):
        facts = {**self.get_facts(), "url": "https://example.com/" + "x" * 300}
        page = pypdf.PdfReader(BytesIO(render_record(facts))).pages[0]
        self.assertIn(drawn_modules(page), possible_modules(facts["code"]))

    def test_what_is_not_known_is_left_out(self):
        facts = {**self.get_facts(), "lender": None, "letter": None, "payment": None, "ip": None}
        words = self.get_words(render_record({**facts, "representative": None}))
        for label in (
            "Suscriptor Firma Facil SAS",
            "Carta",
            "Pago",
            "Representante",
            "Origen",
            "None",
        ):
            self.assertNotIn(label + " ", words)

    def test_where_it_came_from(self):
        other = self.get_downloaded(self.user_b)
        self.attach(other)
        self.authenticate("certificate_b", "certificate_b")
        self.make_jsonrpc_request(
            "/web/dataset/call_kw",
            {
                "model": "certificate.activation",
                "method": "action_finish",
                "args": [other.ids],
                "kwargs": {},
            },
            headers={"User-Agent": "Navegador/1.0 (<b>x</b>)\x01" + "y" * 400},
        )
        facts = self.get_facts(other)
        self.assertEqual(facts["ip"], "127.0.0.1")
        self.assertTrue(facts["user_agent"].startswith("Navegador/1.0 (<b>x</b>)"))
        self.assertEqual(len(facts["user_agent"]), 300)
        self.assertEqual(facts["user"]["login"], "certificate_b")
        self.assertIn("Navegador/1.0 (<b>x</b>)", self.get_words(other._read_record()))
        self.assertIsNone(self.get_facts()["ip"])

    def test_codes_are_never_the_same(self):
        other = self.get_active(self.user_b)
        for activation in (self.activation, other):
            self.assertRegex(activation.record_code, r"^([A-Z2-7]{4}-){3}[A-Z2-7]{4}$")
        self.assertNotEqual(self.activation.record_code, other.record_code)
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            self.env.cr.execute(
                "UPDATE certificate_activation SET record_code = %s WHERE id = %s",
                [self.activation.record_code, other.id],
            )

    # === THE LETTER IN FRONT === #

    def test_a_digital_signature_stays_valid(self):
        """The signed file is not touched: the record is a file of its own, which names its hash."""
        other = self.get_downloaded(self.user_b)
        signed = letter_samples.signed_pdf(self.get_report(other))
        self.attach(other, base64.b64encode(signed))
        other.action_finish()
        facts = self.get_facts(other)
        self.assertIs(facts["letter"]["is_signed"], True)
        self.assertEqual(other._read_record(), render_record(facts))
        self.assertEqual(base64.b64decode(other.with_context(bin_size=False).signed_letter), signed)
        self.assertIn(hashlib.sha256(signed).hexdigest(), self.get_words(other._read_record()))

    def test_a_scan_that_cannot_be_taken_apart_keeps_nobody_from_finishing(self):
        other = self.get_downloaded(self.user_b)
        self.attach(other)
        with (
            patch(f"{type(other)._keep_record.__module__}.append_pdf", side_effect=PdfNotAppended),
            mute_logger(type(other)._keep_record.__module__),
        ):
            other.action_finish()
        self.assertEqual(other.state, "active")
        self.assertEqual(other._read_record(), render_record(self.get_facts(other)))

    # === IT STAYS AS IT IS === #

    def test_an_altered_file_is_noticed(self):
        activation = self.activation
        activation._read_record()
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .search([("res_model", "=", activation._name), ("res_field", "=", "record_file")])
        )
        self.assertEqual(len(attachment), 1)
        for content in (attachment.raw + b"\n", None):
            self.alter_file(attachment, content)
            with self.assertRaises(UserError):
                activation._read_record()
            with self.assertRaises(UserError):
                self.env["ir.actions.report"].with_user(self.user_a)._render_qweb_pdf(
                    RECORD_REPORT, activation.ids
                )

    def test_nobody_changes_it(self):
        attachment = self.env["ir.attachment"].search([("res_field", "=", "record_file")])
        before = self.activation._read_record()
        for user in (
            self.user_a,
            self.manager_a,
            self.custodian,
            self.system_user,
            self.admin_user,
        ):
            for name in RECORD_FIELDS:
                with self.subTest(user=user.login, field=name), self.assertRaises(AccessError):
                    self.activation.with_user(user).write({name: False})
            for change in (
                lambda own: own.write({"raw": b"x"}),
                lambda own: own.write({"res_field": False}),
                lambda own: own.unlink(),
            ):
                with self.subTest(user=user.login), self.assertRaises(UserError):
                    change(attachment.with_user(user))
        self.assertEqual(self.activation._read_record(), before)

    def test_a_later_change_of_the_company_leaves_it_as_it_was(self):
        before = self.activation._read_record()
        self.company_a.sudo().write({"name": "Otra SAS", "vat": "890903938-8"})
        self.assertEqual(self.activation._read_record(), before)
        page = self.get_page(self.activation.record_code).text
        self.assertIn("Café de la Sierra SAS", page)
        self.assertNotIn("Otra SAS", page)

    # === WHO GETS IT === #

    def test_users_of_the_company_download_it(self):
        path = f"/report/pdf/{RECORD_REPORT}/{self.activation.id}"
        for login in ("certificate_a", "certificate_manager"):
            self.authenticate(login, login)
            answer = self.url_open(path)
            self.assertEqual(answer.headers["Content-Type"], "application/pdf")
            self.assertEqual(answer.content, self.activation._read_record())
        answer = self.url_open(
            "/report/download",
            data={"data": json.dumps([path, "qweb-pdf"]), "csrf_token": Request.csrf_token(self)},
        )
        self.assertEqual(answer.content, self.activation._read_record())
        wizard = self.get_wizard(self.activation.action_open_wizard())
        action = wizard.action_download_record()
        self.assertEqual(action["report_name"], RECORD_REPORT)
        self.assertEqual(action["context"]["active_ids"], self.activation.ids)

    @mute_logger("odoo.http")
    def test_there_is_one_way_to_the_file(self):
        """The one on which it is compared with its hash."""
        for user in (self.user_a, self.manager_a, self.system_user, self.admin_user):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.activation.with_user(user).read(["record_file"])
        self.authenticate("certificate_a", "certificate_a")
        path = f"/web/content/certificate.activation/{self.activation.id}/record_file"
        self.assertNotIn(b"%PDF", self.url_open(path).content)

    @mute_logger("odoo.http")
    def test_nobody_else_downloads_it(self):
        self.portal_user.password = "portal_user_1"
        for login, password in (
            (None, None),
            ("certificate_b", "certificate_b"),
            ("certificate_stranger", "certificate_stranger"),
            (self.portal_user.login, "portal_user_1"),
        ):
            self.authenticate(login, password)
            for path in (
                f"/report/pdf/{RECORD_REPORT}/{self.activation.id}",
                f"/web/content/certificate.activation/{self.activation.id}/record_file",
            ):
                answer = self.url_open(path)
                with self.subTest(login=login, path=path):
                    self.assertNotIn(b"%PDF", answer.content)
                    self.assertNotIn("María", answer.text)

    @mute_logger("odoo.http")
    def test_records_are_not_joined_and_not_there_too_early(self):
        """Odoo would join several by reading them in its own process."""
        other = self.get_downloaded(self.user_b).with_user(self.custodian)
        reports = self.env["ir.actions.report"].with_user(self.custodian)
        for activations in (self.activation | other, other, other.browse()):
            with self.assertRaises(UserError):
                reports._render_qweb_pdf(RECORD_REPORT, activations.ids)

    # === THE PUBLIC PAGE === #

    def test_the_page_tells_whose_it_is_and_no_person(self):
        code = self.activation.record_code
        answer = self.get_page(code)
        for expected in (
            "Café de la Sierra SAS",
            "900.987.321-1",
            "Firma Facil SAS",
            "901.414.515-7",
            'name="certificate_brand"',
            "February 28, 2027",
            "February 27, 2028",
            code,
            self.activation.record_sha256,
        ):
            self.assertIn(expected, answer.text)
        facts = self.get_facts()
        shown = answer.text.replace(
            MODULE, ""
        )  # in addresses of its scripts; a login begins like it
        for secret in (
            *REPRESENTATIVE.values(),
            facts["user"]["login"],
            self.user_a.email,
            self.activation.letter_code,
            facts["letter"]["sha256"],
            facts["certificate"]["sha256"],
            facts["payment"]["reference"],
        ):
            if secret not in ("Medellín", "Representante legal", "Bogotá"):
                self.assertNotIn(secret, shown)
        self.assertIn("noindex", answer.headers["X-Robots-Tag"])
        self.assertIn("noindex", answer.text)
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertEqual(answer.headers["Referrer-Policy"], "no-referrer")

    def test_a_code_may_be_typed_in_any_way(self):
        code = self.activation.record_code
        for typed in (code.lower(), code.replace("-", ""), f"%20{code.replace('-', '%20')}%20"):
            self.assertIn(self.activation.record_sha256, self.get_page(typed).text)
        asked = self.url_open(VERIFY_PATH, params={"code": f" {code.lower()} "})
        self.assertIn(self.activation.record_sha256, asked.text)
        self.assertTrue(self.url_open(VERIFY_PATH).ok)

    def test_an_unknown_code_is_a_sentence(self):
        for code in (
            "AAAA-BBBB-CCCC-DDDD",
            self.activation.record_code[:-1] + "1",
            self.activation.letter_code,
            self.activation.name.replace("/", "-"),
            "%",
            "_" * 19,
            "' OR 1=1 --",
            "x" * 5000,
            "false",
            "Ñ\u2028%00",
            "a/b/c",
            "<script>alert(1)</script>",
        ):
            with self.subTest(code[:30]):
                answer = self.get_page(code, status=404)
                self.assertIn("alert-danger", answer.text)
                self.assertNotIn("<script>alert(1)", answer.text)
                self.assertNotIn("Café", answer.text)
                verify._misses._windows.clear()

    def test_an_activation_without_a_record_has_no_page(self):
        self.get_downloaded(self.user_b)
        for code in ("False", "None", " ", "0"):
            self.get_page(code.replace(" ", "%20"), status=404)

    def test_names_are_text(self):
        evil = "<img src=x onerror=alert(1)>\"'"
        self.company_b.sudo().name = f"Flores {evil}"
        self.seller.sudo().name = f"Firma {evil}"
        other = self.get_active(self.user_b)
        page = self.get_page(other.record_code).text
        self.assertNotIn("<img src=x", page)
        self.assertIn("Flores &lt;img src=x", page)
        self.assertIn("Firma &lt;img src=x", page)
        self.assertIn("Flores <img src=x", self.get_words(other._read_record()))

    def test_the_page_follows_the_state(self):
        code = self.activation.record_code
        activations = self.env["certificate.activation"]
        for day, state in (("2028-02-27", "active"), ("2028-02-28", "expired")):
            with freeze_time(f"{day} 12:00:00"):
                self.assertEqual(activations._verify_record(code)["state"], state)
        self.assertIn("alert-success", self.get_page(code).text)
        self.activation.with_user(self.manager_a).action_revoke()
        page = self.get_page(code).text
        self.assertIn("alert-danger", page)
        self.assertIn(self.activation.record_sha256, page)

    def test_each_code_tells_of_its_own_company(self):
        other = self.get_active(self.user_b)
        page = self.get_page(other.record_code).text
        self.assertIn("Flores del Valle", page)
        self.assertNotIn("Café de la Sierra", page)
        self.assertNotIn(self.activation.record_sha256, page)

    def test_the_page_speaks_spanish(self):
        self.env["res.lang"]._activate_lang("es_CO")
        self.env["ir.module.module"]._load_module_terms(
            ["l10n_co_certificate_activation"], ["es_CO"]
        )
        page = self.url_open(f"/es{VERIFY_PATH}/{self.activation.record_code}").text
        self.assertIn("28 de febrero de 2027", page)
        self.assertIn("Código de verificación", page)

    def test_who_tries_codes_is_told_to_wait(self):
        for _number in range(verify._misses.limit):
            verify._misses.add("127.0.0.1")
        self.get_page("AAAA-BBBB-CCCC-DDDD", status=429)
        verify._misses._windows["127.0.0.1"] = (-timedelta(hours=1).total_seconds(), 99)
        self.get_page("AAAA-BBBB-CCCC-DDDD", status=404)
