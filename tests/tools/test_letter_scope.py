# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a lent certificate may sign: the table, and which of its kinds a document is of."""

from odoo.tests import BaseCase

from ...tools import letter_person, letter_scope, xades
from ..common.xml_samples import make_container, make_document


def make_typed(root, code):
    """A document of a root with a type code of DIAN, if any."""
    name = f"{root}TypeCode"
    return make_document(root, content=f"<cbc:{name}>{code}</cbc:{name}>" if code else "")


class TestLetterScope(BaseCase):
    def test_each_root_that_can_be_signed_is_of_some_kind(self):
        roots = {root for kind in letter_scope.KINDS.values() for root, _codes in kind.documents}
        self.assertEqual(roots, set(xades.DOCUMENTS))

    def test_no_document_is_of_two_kinds(self):
        listed = [
            (root, code)
            for kind in letter_scope.KINDS.values()
            for root, codes in kind.documents
            for code in codes
        ]
        self.assertEqual(len(listed), len(set(listed)))

    def test_a_document_is_of_the_kind_of_its_root_and_type(self):
        for name, kind in letter_scope.KINDS.items():
            for root, codes in kind.documents:
                for code in codes:
                    for written in (code, f" {code}\n"):
                        document = make_typed(root, written.strip() and written)
                        with self.subTest(root=root, code=written):
                            self.assertEqual(letter_scope.find_kinds(document), {name})

    def test_a_container_is_of_the_kinds_of_what_it_contains(self):
        event, support = make_document("ApplicationResponse"), make_typed("Invoice", "05")
        for content, kinds in (
            (make_document(), {"invoice"}),
            (support, {"support"}),
            (make_container(event), {"event", "container"}),
            (
                make_container(make_container(make_container(event))),
                {letter_scope.UNKNOWN, "container"},
            ),
        ):
            found = letter_scope.find_kinds(make_container(content))
            self.assertEqual(found, kinds | {"container"})
        # DIAN's answer to the document, which it has signed itself, is no content.
        answer = (
            make_container(event)
            .decode()
            .replace("cac:Attachment", "cac:ParentDocumentLineReference")
        )
        self.assertEqual(letter_scope.find_kinds(answer.encode()), {"container"})

    def test_what_is_of_no_kind_is_unknown(self):
        for document in (
            b"",
            b"<Invoice>",
            make_document("Order"),
            make_typed("Invoice", "99"),
            make_typed("Invoice", "1"),
            make_typed("CreditNote", "05"),
            make_document(content="<cbc:InvoiceTypeCode>0<!-- -->1<a/></cbc:InvoiceTypeCode>"),
            make_container(b"<NominaIndividual/>"),
            make_container(b"<!DOCTYPE Invoice><Invoice/>"),
        ):
            with self.subTest(document[-150:]):
                self.assertIn(letter_scope.UNKNOWN, letter_scope.find_kinds(document))

    def test_whoever_says_two_things_is_taken_at_both(self):
        twice = "<cbc:InvoiceTypeCode>01</cbc:InvoiceTypeCode><cbc:InvoiceTypeCode>05</cbc:InvoiceTypeCode>"
        self.assertEqual(
            letter_scope.find_kinds(make_document(content=twice)), {"invoice", "support"}
        )
        profile = "<cbc:ProfileID>DIAN 2.1: documento soporte en adquisiciones</cbc:ProfileID>"
        self.assertIn("support", letter_scope.find_kinds(make_document(content=profile)))
        commented = make_document(content="<cbc:InvoiceTypeCode>0<!-- 1 -->5</cbc:InvoiceTypeCode>")
        self.assertEqual(letter_scope.find_kinds(commented), {"support"})

    def test_the_signature_of_a_document_is_no_request(self):
        def write(*references):
            inner = "".join(f"<ds:Reference {reference}/>" for reference in references)
            return f'<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">{inner}</ds:SignedInfo>'.encode()

        signed_properties = 'Type="http://uri.etsi.org/01903#SignedProperties"'
        for message, is_document in (
            (write('URI="#id-1"'), False),
            (write('URI="#id-1"', 'URI=""'), True),
            (write('Id="a"'), True),
            (write(f'URI="#p" {signed_properties}'), True),
            (b"to DIAN", False),
            (b"", False),
        ):
            self.assertEqual(letter_scope.is_document_signature(message), is_document, message)

    def test_the_list_of_a_letter(self):
        scope = letter_scope.get_scope(lambda choice: choice == "certificate_signs_events")
        self.assertIn("event", scope)
        self.assertNotIn("support", scope)
        for english in (False, True):
            written = letter_scope.write_scope(scope, english)
            self.assertTrue(written.startswith("(a) "))
            self.assertEqual(written.count("; "), len(scope) - 1)


class TestLetterPerson(BaseCase):
    COMPANY = {"name": "Café SAS", "nit": "900987321-1"}
    PERSON = {"name": "Luz Díaz", "nit": "42123456-6"}

    def describe(self, company, code="national_citizen_id", number="42123456", **values):
        person = {"code": code, "number": number, "issue_city": "Pereira", "position": "Gerente"}
        return letter_person.describe_person(company, {**person, **values})

    def test_who_signs_and_in_which_capacity(self):
        legal = self.describe(self.COMPANY)
        self.assertEqual(
            legal["identification"], "la cédula de ciudadanía No. 42.123.456 expedida en Pereira"
        )
        self.assertEqual(legal["signature"], "C.C. No. 42.123.456")
        self.assertIn("representante legal", legal["capacity"])
        self.assertEqual(legal["signs_as"], "Gerente de Café SAS, NIT 900987321-1")
        own = self.describe(self.PERSON, position=False)
        self.assertEqual(own["capacity"], "en nombre propio")
        self.assertEqual(own["signs_as"], "En nombre propio, NIT 42123456-6")
        self.assertIn("capacidad legal", own["powers"])
        # Somebody else's card: an attorney, who acts in no own name.
        other = self.describe(self.PERSON, number="52123456")
        self.assertIn("apoderado", other["capacity"])

    def test_the_place_of_issue_is_that_of_the_document(self):
        for code, words in (
            ("foreign_resident_card", "expedida en Pereira"),
            ("passport", "el pasaporte No. AB123 expedido en Pereira"),
            ("PPT", "el permiso por protección temporal (PPT) No. AB123"),
        ):
            said = self.describe(self.COMPANY, code, "AB123")["identification"]
            self.assertTrue(said.endswith(words), said)
        self.assertFalse(letter_person.has_place_of_issue("PPT"))
        self.assertNotIn("PEP", letter_person.OFFERED)
