"""A loan signs what its letter lists: each kind, each choice of the lender, letters of before."""

import itertools
from io import BytesIO
from unittest.mock import patch

import pypdf

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from ...const import LETTER_PLACEHOLDERS_REQUIRED, LETTER_VERSION
from ...tools import identity, letter_scope
from ..common import samples
from ..common.case import CertificateCommon
from ..common.xml_samples import make_container, make_document

CHOICES = ("certificate_signs_events", "certificate_signs_support")
REQUIRED = " ".join(f"{{{{ {name} }}}}" for name in LETTER_PLACEHOLDERS_REQUIRED)
REQUEST = (
    b'<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:Reference URI="#id-1"/>'
    b"</ds:SignedInfo>"
)


def make_samples():
    """Yield a document of each root and type of the table, with the kinds that it is of."""
    for kind, facts in letter_scope.KINDS.items():
        for root, codes in facts.documents:
            for code in codes:
                name = f"{root}TypeCode"
                content = f"<cbc:{name}>{code}</cbc:{name}>" if code else ""
                document = make_document(root, content=content)
                yield {kind}, document
                yield {kind, "container"}, make_container(document)
    yield (
        {letter_scope.UNKNOWN},
        make_document(content="<cbc:InvoiceTypeCode>99</cbc:InvoiceTypeCode>"),
    )


@tagged("post_install", "-at_install")
class TestLetterTerms(CertificateCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.get_walk().get_processing()
        cls.record = cls.env["res.partner"].create(
            {"name": "SETP990000001", "company_id": cls.company_a.id}
        )
        cls.editor = cls.seller.sudo()

    def get_text(self, content):
        pages = pypdf.PdfReader(BytesIO(content)).pages
        return " ".join(" ".join(page.extract_text() for page in pages).split())

    def assertSignsWhatItLists(self, activation, scope):
        """Sign a document of each kind, and a request: what the letter lists, and nothing else."""
        record = self.record.with_user(self.user_a)
        log = self.env["certificate.signature.log"].sudo()
        for kinds, document in make_samples():
            before = log.search_count([])
            with self.subTest(kinds=kinds, document=document[-120:]):
                if kinds <= set(scope):
                    activation._sign_xml(document, record)
                    self.assertEqual(log.search_count([]), before + 1)
                else:
                    with self.assertRaises(UserError):
                        activation._sign_xml(document, record)
                    self.assertEqual(log.search_count([]), before)
        activation._sign_message(REQUEST, record)
        with self.assertRaises(UserError):
            activation._sign_message(REQUEST.replace(b"#id-1", b""), record)

    def finish(self, activation):
        self.attach(activation)
        activation.action_finish()
        self.assertEqual(activation.state, "active")

    def test_a_loan_signs_what_its_letter_lists(self):
        for chosen in itertools.product((False, True), repeat=2):
            choices = dict(zip(CHOICES, chosen, strict=True))
            with self.subTest(choices), self.rolled_back():
                self.editor.write(choices)
                activation = self.get_downloaded()
                scope = letter_scope.get_scope(choices.get)
                self.assertEqual(activation.letter_scope, ",".join(scope))
                text = self.get_text(self.get_report(activation))
                english = self.get_text(activation._render_letter_in_english())
                for kind, facts in letter_scope.KINDS.items():
                    self.assertEqual(f") {facts.spanish}" in text, kind in scope, kind)
                    self.assertEqual(f") {facts.english}" in english, kind in scope, kind)
                self.finish(activation)
                self.assertSignsWhatItLists(activation, scope)
                listed = activation.sudo().record_facts["letter"]["scope"]
                self.assertEqual(listed, list(scope))

    def test_a_later_choice_is_of_later_letters(self):
        activation = self.get_downloaded()
        self.finish(activation)
        self.editor.write(dict.fromkeys(CHOICES, True))
        self.assertSignsWhatItLists(activation, letter_scope.get_scope({}.get))

    def test_another_choice_voids_a_letter_and_the_former_one_restores_it(self):
        activation = self.get_downloaded()
        code = activation.letter_code
        self.editor.certificate_signs_events = True
        self.assertFalse(activation.letter_code)
        self.assertFalse(activation.letter_scope)
        self.editor.certificate_signs_events = False
        self.assertEqual(activation.letter_code, code)
        self.assertNotIn("event", activation.letter_scope)

    def test_a_new_certificate_of_the_lender_voids_no_letter(self):
        activation = self.get_downloaded()
        code, serial = activation.letter_code, activation.letter_certificate["serial"]
        self.assertIn(serial, self.get_text(self.get_report(activation)))
        self.editor.certificate_lent_id = samples.store_certificate(self.editor)
        self.assertFalse(activation._is_letter_stale())
        activation.action_download_letter()
        self.assertEqual(activation.letter_code, code)
        self.assertIn(serial, self.get_text(self.get_report(activation)))

    # === LETTERS OF BEFORE === #

    def get_former(self):
        """Return an activation whose letter was downloaded before the terms of letters were kept."""
        activation = self.get_processing()
        terms = type(activation)._make_letter_terms
        with patch.object(
            type(activation),
            "_make_letter_terms",
            lambda self: terms(self)._replace(
                version="1", scope=letter_scope.FORMER_SCOPE, certificate={}
            ),
        ):
            activation.action_download_letter()
        activation._trusted().write({"letter_version": False, "letter_scope": False})
        return activation

    def test_a_letter_of_before_stays_valid_with_its_text(self):
        activation = self.get_former()
        code = activation.letter_code
        self.assertFalse(activation._is_letter_stale())
        text = self.get_text(self.get_report(activation))
        self.assertIn("en adelante, el Titular", text)
        self.assertIn("cédula de ciudadanía No. 52123456", text)
        self.assertIn("the Holder", self.get_text(activation._render_letter_in_english()))
        # What the lender has entered since is no part of it.
        self.editor.write({**dict.fromkeys(CHOICES, True), "certificate_software": "Otro"})
        activation.action_download_letter()
        self.assertEqual(activation.letter_code, code)
        self.finish(activation)
        self.assertSignsWhatItLists(activation, letter_scope.FORMER_SCOPE)

    def test_changed_data_make_a_letter_of_today_and_the_former_ones_restore_it(self):
        activation = self.get_former()
        code = activation.letter_code
        self.fill(activation, representative_position="Gerente")
        activation.action_download_letter()
        self.assertEqual(activation.letter_version, LETTER_VERSION)
        self.assertIn("el Suscriptor", self.get_text(self.get_report(activation)))
        self.fill(activation)
        self.assertEqual(activation.letter_code, code)
        self.assertFalse(activation.letter_version)
        self.finish(activation)
        self.assertSignsWhatItLists(activation, letter_scope.FORMER_SCOPE)

    def test_a_text_of_before_lists_what_the_default_listed(self):
        text = f"<p>{REQUIRED.replace('{{ documents }}', '')} facturas</p>"
        self.env.cr.execute(
            "UPDATE res_company SET certificate_letter_html = %s WHERE id = %s",
            [text, self.seller.id],
        )
        self.env.invalidate_all()
        self.assertTrue(self.editor.certificate_letter_changes)
        self.editor.write(dict.fromkeys(CHOICES, True))
        activation = self.get_downloaded()
        self.finish(activation)
        self.assertSignsWhatItLists(activation, letter_scope.FORMER_SCOPE)
        # Nobody stores such a text any more.
        with self.assertRaises(ValidationError):
            self.editor.certificate_letter_html = f"{text} "
        self.editor._tell_former_letter()
        activities = self.editor._get_setup_of_lender().activity_ids
        self.assertTrue(activities)
        self.assertIn("{{ documents }}", activities[0].note)

    # === WHAT IT SAYS OF THE LENDER === #

    def test_no_letter_is_issued_before_the_lender_is_named(self):
        for name in (
            "street",
            "city",
            "phone",
            "email",
            "certificate_policy",
            "certificate_software",
        ):
            with self.subTest(name), self.rolled_back():
                self.editor[name] = False
                activation = self.get_processing()
                with self.assertRaises(UserError):
                    activation.action_download_letter()
                codes = [one["code"] for one in self.editor._get_certificate_sale_problems()]
                self.assertIn("letter_data", codes)
                # The buyer is told in one sentence.
                buyer = self.start(self.user_b)
                self.assertFalse(buyer.is_for_sale)
                self.assertTrue(buyer.sudo().sale_refusal)

    def test_a_letter_that_exists_needs_no_data(self):
        activation = self.get_former()
        self.editor.write({"phone": False, "certificate_software": False})
        activation.action_download_letter()
        self.finish(activation)

    def test_the_declaration_stands_in_the_letter_or_a_warning_does(self):
        declared = "habilitó como proveedor tecnológico mediante la Resolución No. 001234 de 2025"
        activation = self.get_downloaded()
        self.assertIn(declared, self.get_text(self.get_report(activation)))
        self.assertFalse(self.editor.certificate_declaration_warning)
        warned = self.get_text(self.editor._render_letter_example())
        self.assertNotIn("has not declared", warned)
        for values in (
            {"certificate_is_provider": False},
            {"certificate_provider_resolution": False},
            {"certificate_is_signing_allowed": False},
        ):
            with self.subTest(values), self.rolled_back():
                self.editor.write(values)
                activation.action_download_letter()
                self.assertNotIn(
                    "proveedor tecnológico", self.get_text(self.get_report(activation))
                )
                self.assertTrue(self.editor.certificate_declaration_warning)
                self.assertIn(
                    "has not declared", self.get_text(self.editor._render_letter_example())
                )
                problems = {
                    one["code"]: one["stops_sale"]
                    for one in self.editor._get_certificate_sale_problems()
                }
                self.assertIs(problems.get("declaration"), False)

    def test_a_policy_is_an_address(self):
        for policy in ("www.example.com/datos", "https://example.com.co/política?x=1"):
            self.editor.certificate_policy = policy
        for policy in ("en la oficina", "javascript:alert(1)", "example", "http://"):
            with self.subTest(policy), self.assertRaises(ValidationError):
                self.editor.certificate_policy = policy

    # === WHO SIGNS === #

    def test_a_person_signs_in_their_own_name(self):
        self.company_a.sudo().vat = f"52123456-{identity.get_check_digit('52123456')}"
        activation = self.get_processing()
        activation.representative_position = False
        activation.action_download_letter()
        text = self.get_text(self.get_report(activation))
        self.assertIn("en nombre propio", text)
        self.assertNotIn("en calidad de representante legal", text)

    def test_the_document_tells_what_else_is_asked(self):
        activation = self.get_processing()
        types = self.env["l10n_latam.identification.type"]
        for code, place, errors in (
            ("PPT", False, set()),
            ("passport", False, {"representative_issue_city"}),
            ("passport", "Francia", set()),
            ("foreign_resident_card", False, {"representative_issue_city"}),
            ("PEP", False, {"representative_identification_type_id"}),
        ):
            kind = types.search([("l10n_co_document_code", "=", code)], limit=1)
            self.fill(
                activation,
                representative_identification_type_id=kind.id,
                representative_vat="AB123456",
                representative_issue_city=place,
            )
            with self.subTest(code=code, place=place):
                found = activation._get_representative_errors(activation)
                self.assertEqual(set(found), errors)

    def test_a_letter_with_a_permit_that_is_void_now_stays(self):
        pep = self.env["l10n_latam.identification.type"].search(
            [("l10n_co_document_code", "=", "PEP")], limit=1
        )
        activation = self.get_processing()
        self.fill(activation, representative_identification_type_id=pep.id)
        with patch.object(type(activation), "_get_letter_errors", lambda self: {}):
            activation.action_download_letter()
        code = activation.letter_code
        activation.action_download_letter()
        self.assertEqual(activation.letter_code, code)
        self.finish(activation)
        # And is not offered again.
        vals = activation.sudo().copy({"state": "cancelled"})._prepare_representative_vals()
        self.assertFalse(vals["representative_identification_type_id"])
