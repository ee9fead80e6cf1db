"""The letter: bound to what it says, the same for everybody, and void when that changes."""

import base64
import hashlib
import json
import re
from io import BytesIO
from unittest.mock import patch

import pypdf

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.http import Request
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ...const import LETTER_REPORT, LETTER_TEMPLATE, REPRESENTATIVE_FIELDS
from ..common.case import CertificateCommon
from ..common.letter_samples import drawn_modules, possible_modules
from ..common.walk import REPRESENTATIVE


@tagged("post_install", "-at_install")
class TestExonerationLetter(CertificateCommon, HttpCase):
    """Company A's letter; it has paid, and named its representative."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.get_walk().get_processing()

    def get_hash(self, activation):
        return hashlib.sha256(self.get_report(activation)).hexdigest()

    def get_text(self, activation):
        """The letter's words, one space between them, because lines break where they do."""
        pages = pypdf.PdfReader(BytesIO(self.get_report(activation))).pages
        return " ".join(" ".join(page.extract_text() for page in pages).split())

    def count_notes(self, activation):
        """Count what was said, without the tracked states, which say nothing."""
        return len(activation.sudo().message_ids.filtered(lambda message: message.body))

    def get_signed(self, user=None):
        activation = self.get_downloaded(user)
        self.attach(activation)
        return activation

    def get_other_representative(self):
        """Another value of each field of the representative."""
        return {
            **{name: f"{REPRESENTATIVE[name]} otro" for name in REPRESENTATIVE},
            "representative_vat": "1032456789",
            "representative_email": "otra@example.com",
            "representative_phone": "3109876543",
            "representative_identification_type_id": self.env.ref(
                "l10n_co.foreign_resident_card"
            ).id,
            "representative_state_id": self.company_b.state_id.id,
        }

    def edit_template(self, old, new):
        view = self.env.ref(LETTER_TEMPLATE).sudo()
        self.assertIn(old, view.arch)
        view.arch = view.arch.replace(old, new)

    # === THE SAME LETTER === #

    def test_the_same_data_gives_the_same_file_to_everybody(self):
        activation = self.get_downloaded()
        code, expected = activation.letter_code, self.get_hash(activation)
        for user in (self.user_a, self.manager_a):
            for language in ("en_US", "es_CO"):
                user.lang = language
                own = activation.with_user(user).with_context(lang=language)
                with self.subTest(user=user.login, language=language):
                    own.action_download_letter()
                    self.assertEqual(own.letter_code, code)
                    self.assertEqual(self.get_hash(own), expected)

    def test_the_data_as_it_was_gives_the_letter_as_it_was(self):
        activation = self.get_downloaded()
        code, expected = activation.letter_code, self.get_hash(activation)
        self.fill(activation, representative_position="Gerente")
        activation.action_download_letter()
        self.assertNotEqual(activation.letter_code, code)
        self.assertNotEqual(self.get_hash(activation), expected)
        self.fill(activation)
        activation.action_download_letter()
        self.assertEqual(activation.letter_code, code)
        self.assertEqual(self.get_hash(activation), expected)

    def test_each_word_of_the_representative_gives_another_code(self):
        activation = self.get_downloaded()
        codes = {activation.letter_code}
        for name, value in self.get_other_representative().items():
            activation.write({name: value})
            activation.action_download_letter()
            with self.subTest(name):
                self.assertNotIn(activation.letter_code, codes)
            codes.add(activation.letter_code)

    def test_another_company_or_activation_gives_another_code(self):
        activation = self.get_downloaded()
        other = self.get_downloaded(self.user_b)
        activation.with_user(self.manager_a).action_cancel()
        following = self.get_downloaded()
        self.assertEqual(len({activation.letter_code, other.letter_code, following.letter_code}), 3)

    def test_how_the_html_is_written_does_not_matter(self):
        """As another version of Odoo writes it: neither downloaded nor signed letters become void."""
        activation = self.get_signed()
        code, expected = activation.letter_code, self.get_hash(activation)
        html = activation._get_letter_html(activation.letter_date)
        render = type(self.env["res.company"])._render_letter_template

        def write_otherwise(company, template, values):
            html = render(company, template, values)
            html = re.sub(r">\s+<(?!t|/)", ">\n\n<", html).replace("<br/>", "<br>")
            html = re.sub(r'<(\w+) class="([^"]*)"', r"<\1 data-x='1' class='\2'", html)
            return html.replace("ó", "&oacute;").replace("<ol>", "<!-- list --><ol >")

        with patch.object(
            type(self.env["res.company"]), "_render_letter_template", write_otherwise
        ):
            self.assertNotEqual(activation._get_letter_html(activation.letter_date), html)
            self.assertFalse(activation._is_letter_stale())
            self.assertEqual(self.get_hash(activation), expected)
            activation._void_stale_letter()
            activation.action_download_letter()
            self.assertEqual(activation.letter_code, code)
            activation.action_finish()
        self.assertEqual(activation.state, "active")

    def test_letters_of_the_former_code_still_count(self):
        """Until 19.0.1.0 the code was made of the HTML as it is written, white space included."""
        activation = self.get_processing()
        html = activation._get_letter_html(activation._get_today())
        digest = hashlib.sha256(f"{activation.name}\n{html}".encode()).digest()[:10]
        code = "-".join(re.findall("....", base64.b32encode(digest).decode()))
        activation.action_download_letter()
        self.assertNotEqual(activation.letter_code, code)
        activation._trusted().letter_code = code
        self.attach(activation)
        self.assertFalse(activation._void_stale_letter())
        activation.action_download_letter()
        self.assertEqual(activation.letter_code, code)
        self.assertIn(code, self.get_text(activation))
        self.fill(activation, representative_position="Gerente")
        self.assertFalse(activation.letter_code)
        self.fill(activation)
        activation.action_download_letter()
        self.attach(activation)
        activation.action_finish()
        self.assertEqual(activation.state, "active")

    # === WHAT IT SAYS === #

    def test_the_letter_says_who_and_what_and_its_code(self):
        activation = self.get_downloaded()
        text = self.get_text(activation)
        for words in (
            "Carta de exoneración de responsabilidad",
            "María Fernanda Pérez Gómez",
            "la cédula de ciudadanía No. 52.123.456 expedida en Bogotá",
            "en calidad de representante legal de la Empresa",
            "C.C. No. 52.123.456",
            "Café de la Sierra SAS, NIT 900987321-1",
            "Carrera 43A # 1-50, Medellín",
            "Firma Facil SAS, NIT 901414515-7",
            "12 meses",
            "maria@example.com",
            "300 123 4567",
            activation.letter_code,
        ):
            with self.subTest(words):
                self.assertIn(words, text)

    def test_the_qr_code_on_each_page_says_the_code(self):
        activation = self.get_downloaded()
        pages = pypdf.PdfReader(BytesIO(self.get_report(activation))).pages
        for number, page in enumerate(pages, 1):
            says = f"{activation.letter_code} {number}/{len(pages)}"
            self.assertIn(drawn_modules(page), possible_modules(says))

    def test_the_letter_is_spanish_for_an_english_user(self):
        self.user_a.lang = "en_US"
        text = self.get_text(self.get_downloaded())
        self.assertIn("Representante legal", text)
        self.assertRegex(text, r"\d de [a-z]+ de 20\d\d")

    def test_what_is_typed_is_text_and_no_markup(self):
        activation = self.get_processing()
        self.fill(activation, representative_name="<b>María</b> & <script>x</script>")
        activation.action_download_letter()
        self.assertIn("<b>María</b> & <script>x</script> Pérez", self.get_text(activation))

    def test_the_html_says_the_same_text(self):
        activation = self.get_downloaded()
        html, _kind = (
            self.env["ir.actions.report"]
            .with_user(self.user_a)
            ._render_qweb_html(LETTER_REPORT, activation.ids)
        )
        self.assertIn("María Fernanda Pérez Gómez", html.decode())

    # === WHO GETS IT === #

    def test_there_is_no_letter_before_it_is_asked_for(self):
        activation = self.start(self.user_b)
        with self.assertRaises(UserError):
            self.get_report(activation)
        self.pay(activation)
        activation.action_continue()
        self.fill(activation)
        with self.assertRaises(UserError):
            self.get_report(activation)

    def test_an_incomplete_letter_is_not_written(self):
        activation = self.get_processing()
        for name in REPRESENTATIVE_FIELDS:
            with self.subTest(name), self.cr.savepoint() as savepoint:
                activation.write({name: False})
                with self.assertRaises(ValidationError):
                    activation.action_download_letter()
                savepoint.rollback()
        for name, value in (("vat", "900987321"), ("street", False), ("email", False)):
            with self.subTest(company=name), self.cr.savepoint() as savepoint:
                self.company_a.sudo()[name] = value
                with self.assertRaises(ValidationError):
                    activation.action_download_letter()
                savepoint.rollback()
        self.assertFalse(activation.letter_code)

    def test_an_administrator_gets_the_letter_and_not_the_choice_of_a_layout(self):
        activation = self.get_processing().with_user(self.system_user)
        self.assertFalse(self.company_a.external_report_layout_id)
        action = activation.action_download_letter()
        self.assertEqual(action.get("report_name"), LETTER_REPORT)

    def test_nobody_else_gets_the_letter(self):
        activation = self.get_downloaded()
        for user in (self.user_b, self.stranger):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.get_report(activation.with_user(user))

    def test_the_letter_is_downloaded_over_http(self):
        activation = self.get_downloaded()
        self.authenticate("certificate_a", "certificate_a")
        path = f"/report/pdf/{LETTER_REPORT}/{activation.id}"
        answer = self.url_open(path)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["Content-Type"], "application/pdf")
        self.assertEqual(answer.content, self.get_report(activation))
        answer = self.url_open(
            "/report/download",
            data={
                "data": json.dumps([path, "qweb-pdf"]),
                "csrf_token": Request.csrf_token(self),
            },
        )
        self.assertEqual(answer.content, self.get_report(activation))
        self.assertIn("Caf%C3%A9", answer.headers["Content-Disposition"])

    @mute_logger("odoo.http")
    def test_nobody_else_downloads_the_letter_over_http(self):
        activation = self.get_downloaded()
        for login in (None, "certificate_b", "certificate_stranger"):
            self.authenticate(login, login)
            answer = self.url_open(f"/report/pdf/{LETTER_REPORT}/{activation.id}")
            with self.subTest(login):
                self.assertNotIn(b"%PDF", answer.content)
                self.assertNotIn("María", answer.text)

    # === WHAT VOIDS IT === #

    def assertVoid(self, activation):
        for name in (
            "letter_code",
            "letter_date",
            "letter_downloaded_on",
            "signed_letter",
            "signed_letter_filename",
            "signed_letter_size",
            "signed_letter_sha256",
            "signed_letter_pages",
        ):
            self.assertFalse(activation[name], name)

    def test_another_representative_voids_the_letter_at_once(self):
        activation = self.get_signed()
        told = self.count_notes(activation)
        for name, value in self.get_other_representative().items():
            with self.subTest(name), self.cr.savepoint() as savepoint:
                activation.write({name: value})
                self.assertVoid(activation)
                self.assertEqual(self.count_notes(activation), told + 1)
                with self.assertRaises(UserError):
                    self.get_report(activation)
                with self.assertRaises(UserError):
                    activation.action_finish()
                savepoint.rollback()
        self.assertTrue(activation.letter_code)

    def test_the_same_representative_voids_nothing(self):
        activation = self.get_signed()
        told = len(activation.sudo().message_ids)
        code = activation.letter_code
        same = {
            name: activation._fields[name].convert_to_write(activation[name], activation)
            for name in REPRESENTATIVE_FIELDS
        }
        activation.write(same)
        activation.write({"representative_vat": " 52.123.456 "})
        wizard = self.get_wizard(activation.action_open_wizard())
        wizard.web_save({**same, "representative_vat": "52.123.456"}, {"letter_downloaded_on": {}})
        self.assertEqual(activation.letter_code, code)
        self.assertEqual(activation.with_context(bin_size=False).signed_letter, self.scan)
        self.assertEqual(len(activation.sudo().message_ids), told)
        activation.action_finish()
        self.assertEqual(activation.state, "active")

    def test_what_else_the_letter_says_makes_it_stale(self):
        activation = self.get_signed()
        company, seller = self.company_a.sudo(), self.seller.sudo()
        for kind, change in (
            ("company's NIT", lambda: company.write({"vat": "890903938-8"})),
            ("company's name", lambda: company.write({"name": "Café de la Costa SAS"})),
            ("company's address", lambda: company.write({"street": "Calle 9 # 9-9"})),
            ("lender's name", lambda: seller.write({"name": "Firma Lenta SAS"})),
            ("period", lambda: seller.write({"certificate_validity_months": 6})),
            ("template", lambda: self.edit_template("Atentamente,", "Cordialmente,")),
        ):
            with self.subTest(kind), self.cr.savepoint() as savepoint:
                code, told = activation.letter_code, len(activation.sudo().message_ids)
                change()
                with self.assertRaises(UserError):
                    activation.action_finish()
                self.assertEqual(activation.state, "process")
                activation.action_download_letter()
                self.assertNotIn(activation.letter_code, (code, False))
                self.assertFalse(activation.signed_letter)
                self.assertFalse(activation.signed_letter_sha256)
                self.assertEqual(len(activation.sudo().message_ids), told + 1)
                self.attach(activation)
                activation.action_finish()
                self.assertEqual(activation.state, "active")
                savepoint.rollback()

    def test_downloading_again_keeps_the_signed_letter(self):
        activation = self.get_signed()
        activation.action_download_letter()
        self.assertEqual(activation.with_context(bin_size=False).signed_letter, self.scan)
        activation.action_finish()
        self.assertEqual(activation.state, "active")

    def test_a_scan_from_before_the_download_does_not_finish(self):
        # It cannot be of this letter, whichever of the three steps refuses it.
        activation = self.get_processing()
        with self.assertRaises(UserError):
            self.attach(activation)
            activation.action_download_letter()
            activation.action_finish()
        signed = self.get_signed()
        self.fill(signed, representative_position="Gerente")
        with self.assertRaises(UserError):
            self.attach(signed)
            signed.action_download_letter()
            signed.action_finish()
