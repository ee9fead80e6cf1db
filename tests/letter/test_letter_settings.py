"""The letter as the lender wants it: who may change it, what is refused, and what it then says."""

import base64
from io import BytesIO

import pypdf
from lxml import html as lxml_html
from PIL import Image

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ...const import LETTER_PLACEHOLDERS, LETTER_PLACEHOLDERS_REQUIRED, MODULE, READING_REPORT
from ...controllers import letter
from ..common.case import CertificateCommon
from ..common.letter_samples import data_uri

LETTER_FIELDS = (
    "certificate_letter_html",
    "certificate_letter_english_html",
    "certificate_letter_text",
    "certificate_letter_paper",
    "certificate_letter_has_logo",
)
REQUIRED = " ".join(f"{{{{ {name} }}}}" for name in LETTER_PLACEHOLDERS_REQUIRED)


@tagged("post_install", "-at_install")
class TestLetterSettings(CertificateCommon, HttpCase):
    """The letter's text, while company A is about to download its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.get_walk().get_processing()

    def get_text(self, content):
        pages = pypdf.PdfReader(BytesIO(content)).pages
        return " ".join(" ".join(page.extract_text() for page in pages).split())

    def get_editor(self):
        """The lender, as its administrator edits it."""
        self.system_user.company_ids |= self.seller
        self.seller.sudo().email = "certificados@example.com"
        return self.seller.with_user(self.system_user)

    # === WHAT IT SAYS === #

    def test_the_default_shown_with_placeholders_is_the_letter_itself(self):
        editor = self.get_editor()
        activation = self.get_downloaded()
        day = activation.letter_date
        before = activation._get_letter_html(day)
        text = editor.certificate_letter_text
        self.assertTrue(editor.certificate_letter_is_default)
        # What is composed says these.
        parts = ("document", "number", "issue_city", "position")
        for name in LETTER_PLACEHOLDERS.keys() - {f"representative_{part}" for part in parts}:
            self.assertIn(f"{{{{ {name} }}}}", text)
        editor.certificate_letter_text = text
        self.assertFalse(editor.certificate_letter_is_default)
        after = activation._get_letter_html(day)
        self.assertEqual(
            lxml_html.fromstring(after).text_content().split(),
            lxml_html.fromstring(before).text_content().split(),
        )

    def test_a_text_of_ones_own_is_what_is_signed(self):
        editor = self.get_editor()
        editor.certificate_letter_text = f"<h1>Nuestra carta</h1><p>{REQUIRED}</p>"
        activation = self.get_downloaded()
        text = self.get_text(self.get_report(activation))
        self.assertTrue(text.startswith("Nuestra carta"))
        for expected in ("María Fernanda Pérez Gómez", "900987321-1", "12 meses", "Firma Facil"):
            self.assertIn(expected, text)
        self.assertNotIn("{{", text)

    def test_a_change_voids_what_was_signed_and_a_layout_does_not(self):
        editor = self.get_editor()
        activation = self.get_downloaded()
        first = activation.letter_code
        self.attach(activation)
        editor.write({"certificate_letter_paper": "A4", "certificate_letter_has_logo": False})
        self.assertFalse(activation._is_letter_stale())
        editor.certificate_letter_text = editor.certificate_letter_text.replace("Yo,", "Nosotros,")
        self.assertFalse(activation.letter_code)
        self.assertFalse(activation.signed_letter_sha256)
        with self.assertRaises(UserError):
            activation.action_finish()
        activation.action_download_letter()
        self.assertIn("Nosotros,", self.get_text(self.get_report(activation)))
        editor.action_reset_certificate_letter()
        self.assertTrue(editor.certificate_letter_is_default)
        # The default says the words of the first letter again.
        self.assertEqual(activation.letter_code, first)

    def test_who_empties_the_text_takes_the_default(self):
        editor = self.get_editor()
        for empty in ("<p><br></p>", "", False):
            editor.certificate_letter_text = f"<p>{REQUIRED}</p>"
            editor.certificate_letter_text = empty
            self.assertTrue(editor.certificate_letter_is_default)

    def test_no_word_is_lost_between_settings_and_paper(self):
        """Tables, lists, pictures and tags that the layout does not know."""
        html = f"""<h1>uno</h1><p class="text-center">dos <b>tres</b> <u>cuatro</u> {REQUIRED}</p>
            <table class="table table-bordered"><thead><tr><th>cinco</th><th>seis</th></tr></thead>
            <tbody><tr><td>siete<ul><li>ocho</li></ul></td><td>nueve</td></tr></tbody></table>
            <ol><li>diez<ol><li>once</li></ol></li><li><p>doce</p></li></ol>
            <img src="{data_uri("PNG")}"><blockquote>trece</blockquote><pre>catorce</pre>
            <section><article>quince</article><figure>dieciséis<figcaption>diecisiete</figcaption>
            </figure></section><unknown>dieciocho</unknown><details><summary>diecinueve</summary>
            veinte</details><dl><dt>veintiuno</dt><dd>veintidós</dd></dl><div>veintitrés</div>suelto
            <div class="o_letter_signature"><p>Atentamente</p></div>"""
        editor = self.get_editor()
        editor.certificate_letter_text = html
        activation = self.get_downloaded()
        filled = activation._get_letter_html(activation.letter_date)
        printed = set(self.get_text(self.get_report(activation)).replace(",", " ").split())
        written = lxml_html.fromstring(f"<div>{filled}</div>").itertext()
        words = set(" ".join(written).replace(",", " ").split())
        self.assertGreater(len(words), 40)
        self.assertEqual(words - printed, set())
        for word in ("dieciocho", "catorce", "veinte", "suelto", "diecisiete"):
            self.assertIn(word, printed)

    # === WHAT IS REFUSED === #

    def test_a_wrong_text_is_not_stored(self):
        editor = self.get_editor()
        for text in (
            f"<p>{REQUIRED} {{{{ nombre }}}}</p>",
            f"<p>{REQUIRED} {{{{ lender_name }}</p>",
            f"<p>{REQUIRED} {{{{ user.env }}}}</p>",
            f'<p>{REQUIRED}<a href="https://example.com/{{{{ company_nit }}}}">x</a></p>',
            f"<p>{REQUIRED.replace('{{ company_nit }}', '')}</p>",
            "<p>Una carta sin nadie</p>",
            f'<p>{REQUIRED}<img src="/web/image/1"></p>',
            f"<p>{REQUIRED}{'x' * 200_001}</p>",
        ):
            with self.subTest(text[-40:]), self.assertRaises(ValidationError):
                editor.certificate_letter_text = text
            editor.invalidate_recordset()
        with self.assertRaises(ValidationError):
            editor.certificate_letter_english_html = "<p>{{ nombre }}</p>"
        editor.email = False
        with self.assertRaises(ValidationError):
            editor.certificate_letter_text = f"<p>{REQUIRED} {{{{ lender_email }}}}</p>"

    def test_programs_are_words(self):
        editor = self.get_editor()
        editor.certificate_letter_text = (
            f"<p>{REQUIRED}<t t-out='company.name'>texto</t> ${{7*7}} {{% x %}}"
            '<script>alert(1)</script><b onclick="x()" t-esc="1+1">negrita</b>'
            '<a href="javascript:alert(1)">enlace</a></p>'
        )
        stored = editor.certificate_letter_html
        for gone in ("<script", "t-out", "t-esc", "onclick", "javascript:"):
            self.assertNotIn(gone, stored)
        text = self.get_text(self.get_report(self.get_downloaded()))
        for word in ("texto", "${7*7}", "negrita", "enlace"):
            self.assertIn(word, text)

    def test_data_is_text_in_the_lenders_own_letter_too(self):
        self.get_editor().certificate_letter_text = f"<p>{REQUIRED}</p>"
        self.company_a.sudo().name = "Café <b>&</b> {{ lender_nit }} SAS"
        text = self.get_text(self.get_report(self.get_downloaded()))
        self.assertIn("Café <b>&</b> {{ lender_nit }} SAS", text)

    # === PAPER AND LOGO === #

    def test_paper_and_logo(self):
        editor = self.get_editor()
        activation = self.get_downloaded()
        for paper, width in (("A4", 595), ("Letter", 612)):
            editor.certificate_letter_paper = paper
            page = pypdf.PdfReader(BytesIO(self.get_report(activation))).pages[0]
            self.assertEqual(round(page.mediabox.width), width)
            self.assertEqual(len(page.images), 0)
        # The client's own logo is none of the lender's letter.
        for company, images in ((self.company_a, 0), (self.seller, 1)):
            stream = BytesIO()
            Image.new("RGB", (900, 300), "navy").save(stream, "PNG")
            company.sudo().logo = base64.b64encode(stream.getvalue())
            pages = pypdf.PdfReader(BytesIO(self.get_report(activation))).pages
            self.assertEqual(
                [len(page.images) for page in pages], [images] + [0] * (len(pages) - 1)
            )
        editor.certificate_letter_has_logo = False
        page = pypdf.PdfReader(BytesIO(self.get_report(activation))).pages[0]
        self.assertEqual(len(page.images), 0)

    # === IN ENGLISH === #

    def test_the_reading_version_cannot_be_taken_for_the_letter(self):
        activation = self.get_downloaded()
        content, _kind = (
            self.env["ir.actions.report"]
            .with_user(self.user_a)
            ._render_qweb_pdf(READING_REPORT, activation.ids)
        )
        pages = pypdf.PdfReader(BytesIO(content)).pages
        for page in pages:
            self.assertIn("not for signature", page.extract_text())
            self.assertNotIn("/XObject", page["/Resources"])  # no QR code
        text = self.get_text(content)
        self.assertIn("special mandate", text)
        self.assertIn("Café de la Sierra SAS", text)
        self.assertNotIn(activation.letter_code, text)
        self.assertNotIn("____", text)

    def test_it_is_offered_only_where_it_says_what_is_signed(self):
        editor = self.get_editor()
        self.user_a.lang = "en_US"
        activation = self.get_downloaded()
        wizard = self.get_wizard(activation.action_open_wizard()).with_context(lang="en_US")
        self.assertTrue(wizard.can_read_letter_in_english)
        self.assertFalse(wizard.with_context(lang="es_CO").can_read_letter_in_english)
        self.assertEqual(wizard.action_read_letter_in_english()["report_name"], READING_REPORT)
        editor.certificate_letter_text = f"<p>Otra cosa {REQUIRED}</p>"
        self.env.invalidate_all()
        self.assertFalse(wizard.can_read_letter_in_english)
        with self.assertRaises(UserError):
            activation._render_letter_in_english()
        editor.certificate_letter_english_html = "<p>Something else, {{ company_name }}</p>"
        self.env.invalidate_all()
        self.assertTrue(wizard.can_read_letter_in_english)
        text = self.get_text(activation._render_letter_in_english())
        self.assertIn("Something else, Café de la Sierra SAS", text)
        for user in (self.user_b, self.stranger):
            with self.assertRaises(AccessError):
                activation.with_user(user)._render_letter_in_english()

    # === WHO MAY === #

    def test_only_an_administrator_reads_or_changes_it(self):
        access_manager = new_test_user(
            self.env,
            "certificate_access_manager",
            "base.group_erp_manager",
            company_id=self.seller.id,
        )
        self.custodian.company_ids |= self.seller
        users = (self.user_a, self.manager_a, self.custodian, access_manager, self.portal_user)
        for user in users:
            seller = self.seller.with_user(user)
            for name in LETTER_FIELDS:
                with self.subTest(user=user.login, field=name):
                    with self.assertRaises(AccessError):
                        seller.write({name: False})
                    with self.assertRaises(AccessError):
                        seller.read([name])
            for method in (
                "action_edit_certificate_letter",
                "action_preview_certificate_letter",
                "action_reset_certificate_letter",
            ):
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    getattr(seller, method)()

    def test_a_clients_text_is_not_what_it_signs(self):
        """The lender's counts, whatever is written on the client's company."""
        activation = self.get_downloaded()
        before = activation._get_letter_html(activation.letter_date)
        self.company_a.sudo().certificate_letter_text = f"<p>No autorizo nada {REQUIRED}</p>"
        self.assertEqual(activation._get_letter_html(activation.letter_date), before)

    def test_the_page_of_the_letter(self):
        editor = self.get_editor()
        action = editor.action_edit_certificate_letter()
        self.assertEqual((action["res_model"], action["res_id"]), ("res.company", self.seller.id))
        with Form(editor, view=f"{MODULE}.certificate_letter_view_form") as form:
            form.certificate_letter_text = f"<p>Querida {{{{ company_name }}}} {REQUIRED}</p>"
            self.assertIn("Querida Empresa de Ejemplo SAS", form.certificate_letter_preview)
            form.certificate_letter_paper = "A4"
        self.assertFalse(editor.certificate_letter_is_default)
        self.assertEqual(editor.certificate_letter_paper, "A4")
        for name in LETTER_PLACEHOLDERS:
            self.assertIn(name, editor.certificate_letter_placeholders)

    @mute_logger("odoo.http")
    def test_the_preview_is_a_pdf_for_administrators(self):
        url = self.get_editor().action_preview_certificate_letter()["url"]
        self.authenticate("certificate_system", "certificate_system")
        answer = self.url_open(url)
        self.assertEqual(answer.headers["Content-Type"], "application/pdf")
        self.assertIn("Empresa de Ejemplo SAS", self.get_text(answer.content))
        self.assertEqual(self.url_open("/certificate/letter/preview/0").status_code, 404)
        # The text was saved just before, and a replica may be behind.
        self.assertFalse(letter.CertificateLetter.preview.original_routing.get("readonly"))
        for login in (None, "certificate_a", "certificate_custodian", "certificate_stranger"):
            self.authenticate(login, login)
            self.assertNotIn(b"%PDF", self.url_open(url).content)
