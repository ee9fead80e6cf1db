"""Signatures as DIAN's policy has them; `xmlsec1`, which shares no code with ours, is the judge."""

import base64
import re
from datetime import datetime, timedelta, timezone
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from lxml import etree

from odoo.tests import BaseCase

from ...tools import xades
from ...tools.der import read_element
from ...tools.x509_names import read_name
from ..common import samples
from ..common.signature_judges import judge_by_xmlsec
from ..common.xml_samples import EMPTY_PLACE, LAYOUTS, make_container, make_document, make_layout

DS = "{http://www.w3.org/2000/09/xmldsig#}"
XADES = "{http://uri.etsi.org/01903/v1.3.2#}"
SIGNATURE = re.compile(rb"<ds:Signature .*?</ds:Signature>", re.DOTALL)
NOTED = ' xmlns:ds="urn:example:other" xmlns:xades="urn:example:another"'


class XadesCommon(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = samples.make_key()
        cls.pem = samples.make_certificate("Café & Cía <SAS>", "901414515-7", cls.key)
        cls.certificate = x509.load_pem_x509_certificate(cls.pem)
        cls.now = datetime.now(timezone.utc)

    def sign(self, document, role="third party", **options):
        values = {
            "certificate": self.certificate,
            "key": self.key,
            "role": role,
            "signing_time": self.now,
            **options,
        }
        return xades.sign(document, **values)

    def is_verified_by_xmlsec(self, signed):
        return judge_by_xmlsec(self.pem, [signed]) == [True]

    def assertRefused(self, code, function, *args, **kwargs):
        with self.assertRaises(xades.XadesError) as caught:
            function(*args, **kwargs)
        self.assertEqual(caught.exception.code, code)


class TestXadesSign(XadesCommon):
    # Everything that a document can have without being another document.
    SHAPES = {
        **{kind: {"kind": kind} for kind in xades.DOCUMENTS if kind != "AttachedDocument"},
        "byte order mark": {"prolog": '\ufeff<?xml version="1.0"?>'},
        "no declaration": {"prolog": ""},
        "Windows line ends": {"prolog": '<?xml version="1.0"?>\r\n', "content": "\r\n<a/>\r\n"},
        "around the root": {"prolog": "<?a b?><!-- c -->\n", "epilog": "\n<!-- d --><?e f?>\n"},
        "inherited attributes": {"attributes": ' xml:lang="es" xml:space="preserve"'},
        "namespaces declared nearer": {
            "place": '<ext:ExtensionContent xmlns="urn:y" xmlns:z="urn:z"></ext:ExtensionContent>',
        },
        "our prefixes taken": {"attributes": NOTED},
        "empty tag": {"place": "<ext:ExtensionContent/>"},
        "empty tag, loosely": {"place": '<ext:ExtensionContent a="/>"\n/>'},
        "place with a comment": {
            "place": "<ext:ExtensionContent>\n <!-- <ext:ExtensionContent/> -->\n"
            "</ext:ExtensionContent>"
        },
        "decoys before": {
            "first": f"<![CDATA[{EMPTY_PLACE}]]><!-- {EMPTY_PLACE} --><x>{EMPTY_PLACE}</x>"
        },
        "a third extension": {
            "place": f"{EMPTY_PLACE}</ext:UBLExtension><ext:UBLExtension>"
            "<ext:ExtensionContent><a/></ext:ExtensionContent>"
        },
        "entities": {"content": "<a b='&#10;&quot;&lt;' c=\"'&#13;>\">&amp;&#233;é&#9;&gt;></a>"},
        "CDATA": {"content": "<a><![CDATA[<b>&amp;]]></a>"},
        "long": {"lines": 300},
    }

    def test_xmlsec_verifies_every_kind_and_shape(self):
        for name, options in self.SHAPES.items():
            with self.subTest(name):
                kind = options.get("kind", "Invoice")
                self.assertEqual(xades.get_kind(make_document(**options)), kind)
                signed = self.sign(make_document(**options))
                self.assertTrue(self.is_verified_by_xmlsec(signed))
                self.assertEqual(xades.verify(signed).document, kind)

    def test_no_byte_of_the_document_changes(self):
        for name, options in self.SHAPES.items():
            with self.subTest(name):
                document = make_document(**options)
                left = SIGNATURE.sub(b"", self.sign(document), count=1)
                if name.startswith("empty tag"):
                    # Opened; as XML it is the same.
                    before, after = left.rsplit(b"></ext:ExtensionContent>", 1)
                    left = before + b"/>" + after
                self.assertEqual(left, document)

    def test_a_container_leaves_the_signed_document_in_it_alone(self):
        inner = self.sign(make_document(content="<a><![CDATA[b]]></a>"))
        container = make_container(inner)
        signed = self.sign(container)
        self.assertTrue(self.is_verified_by_xmlsec(signed))
        self.assertEqual(xades.verify(signed).document, "AttachedDocument")
        # The inner signature comes later in the file.
        self.assertEqual(SIGNATURE.sub(b"", signed, count=1), container)
        description = etree.fromstring(signed).find(".//{*}ExternalReference/{*}Description")
        self.assertEqual(description.text.encode(), inner)
        self.assertEqual(xades.verify(description.text.encode()).document, "Invoice")

    def test_the_signature_says_what_the_policy_asks_for(self):
        for role in xades.ROLES:
            signed = self.sign(make_document(), role)
            (signature,) = etree.fromstring(signed).iter(f"{DS}Signature")

            def text(name, signature=signature):
                return next(signature.iter(name)).text

            self.assertEqual(text(f"{XADES}ClaimedRole"), role)
            self.assertEqual(text(f"{XADES}Identifier"), xades.POLICY[0])
            self.assertEqual(text(f"{DS}X509SerialNumber"), str(self.certificate.serial_number))
            time = text(f"{XADES}SigningTime")
            self.assertTrue(time.endswith("-05:00"), time)
            self.assertLess(abs(datetime.fromisoformat(time) - self.now), timedelta(seconds=1))
            references = [reference.get("URI") for reference in signature.iter(f"{DS}Reference")]
            self.assertEqual(references[0], "")
            self.assertEqual(len(references), 3)
            der = base64.b64decode(text(f"{DS}X509Certificate"))
            self.assertEqual(der, self.certificate.public_bytes(serialization.Encoding.DER))
            facts = xades.verify(signed)
            self.assertEqual((facts.role, facts.certificate), (role, self.certificate))
            self.assertEqual(facts.signing_time.isoformat(timespec="milliseconds"), time)

    def test_names_are_written_by_rfc_2253(self):
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "CO"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, 'A, "B" + <C>'),
                x509.NameAttribute(NameOID.EMAIL_ADDRESS, "a@b.co"),
                x509.NameAttribute(NameOID.SERIAL_NUMBER, "9" * 64),
                x509.NameAttribute(NameOID.JURISDICTION_COUNTRY_NAME, "CO"),
                x509.NameAttribute(NameOID.DN_QUALIFIER, "x" * 200),
                x509.NameAttribute(NameOID.COMMON_NAME, "Año"),
            ]
        )
        self.assertEqual(
            xades._write_name(read_name(read_element(name.public_bytes()))),
            "CN=Año,"
            f"2.5.4.46=#1381c8{'78' * 200},"
            "1.3.6.1.4.1.311.60.2.1.3=#1302434f,"
            f"2.5.4.5=#1340{'39' * 64},"
            "1.2.840.113549.1.9.1=#16066140622e636f,"
            'O=A\\, \\"B\\" \\+ \\<C\\>,C=CO',
        )

    def test_two_signatures_share_no_identifier(self):
        identifiers = [
            set(re.findall(rb' Id="([^"]+)"', self.sign(make_document()))) for _time in range(2)
        ]
        self.assertEqual(len(identifiers[0]), 5)
        self.assertFalse(identifiers[0] & identifiers[1])

    def test_what_cannot_be_signed_is_refused_with_its_reason(self):
        signed = self.sign(make_document())
        doctype = '<!DOCTYPE Invoice [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        bomb = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
        for code, name, document in (
            ("not_xml", "nothing", b""),
            ("not_xml", "no XML", b"Invoice"),
            ("not_xml", "cut", make_document()[:-20]),
            ("not_xml", "cut early", make_document()[:60]),
            ("not_xml", "wrong bytes", make_document().replace(b"\xc3\xa9", b"\xe9")),
            ("not_xml", "no entity", make_document(content="&nbsp;")),
            ("not_xml", "UTF-16", make_document(prolog="").decode().encode("utf-16")),
            ("not_xml", "too deep", make_document(content="<a>" * 400 + "</a>" * 400)),
            ("not_xml", "too large", make_document(content=f"<a>{'x' * 10_500_000}</a>")),
            ("not_xml", "letters of the fifth edition", make_document(content="<Ƞ/>")),
            ("not_xml", "cut in the extensions", make_document().split(b"</ext:UBLExtensions>")[0]),
            ("namespace", "relative namespace", make_document(attributes=' xmlns:a="b"')),
            ("version", "XML 1.1", make_document(prolog='<?xml version="1.1" encoding="UTF-8"?>')),
            (
                "encoding",
                "Latin 1",
                make_document(prolog='<?xml version="1.0" encoding="latin1"?>'),
            ),
            ("doctype", "external entity", make_document(prolog=doctype, content="&x;")),
            ("doctype", "bomb", make_document(prolog=f"<!DOCTYPE Invoice [{bomb}]>")),
            ("root", "another root", make_document("Order")),
            ("root", "another namespace", make_document().replace(b"Invoice-2", b"Invoice-3")),
            (
                "no_place",
                "one extension",
                make_document(place="").replace(b"<ext:UBLExtension></ext:UBLExtension>", b""),
            ),
            ("no_place", "no content", make_document(place="")),
            ("no_place", "no extensions", make_document().replace(b"UBLExtensions", b"Extensions")),
            *(
                ("no_place", taken, make_document(place=EMPTY_PLACE.replace("><", f">{taken}<")))
                for taken in ("<a/>", "x", "<?x?>", "&#160;", "<![CDATA[x]]>", "<a/><!-- -->")
            ),
            ("no_place", "deeper", make_document(place=f"<a>{EMPTY_PLACE}</a>")),
            ("places", "two", make_document(place=EMPTY_PLACE * 2)),
            (
                "places",
                "two in a layout",
                make_layout("health sector", extensions=("", "", "<a/>")),
            ),
            ("places", "two, closed", make_document(first="<!-- -->")),
            (
                "attribute",
                "a language nearer",
                make_document(place=EMPTY_PLACE.replace("Content>", "Content xml:lang='en'>", 1)),
            ),
            (
                "attribute",
                "no default namespace",
                make_document(place=EMPTY_PLACE.replace("Content>", "Content xmlns=''>", 1)),
            ),
            (
                "signed",
                "another's ds:Signature",
                make_document(content="<ds:Signature xmlns:ds='u'/>"),
            ),
            ("signed", "signed", signed),
            (
                "signed",
                "signed elsewhere",
                make_document(
                    content='<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>'
                ),
            ),
        ):
            with self.subTest(name):
                self.assertRefused(code, self.sign, document)

    def test_the_signature_stands_in_the_one_empty_extension(self):
        for name, (kind, contents) in LAYOUTS.items():
            for content in ("", " \n\t", "<!-- here -->", "<![CDATA[ ]]>"):
                with self.subTest(name, content=content):
                    document = make_layout(
                        name, extensions=[filled or content for filled in contents]
                    )
                    self.assertEqual(xades.get_kind(document), kind)
                    signed = self.sign(document)
                    self.assertEqual(SIGNATURE.sub(b"", signed), document)
                    places = etree.fromstring(signed).findall(".//{*}ExtensionContent")
                    found = [place.find(f"{DS}Signature") is not None for place in places]
                    self.assertEqual(found, [not filled for filled in contents])
                    self.assertEqual(xades.verify(signed).document, kind)
                    self.assertRefused("signed", xades.get_kind, signed)

    def test_what_dian_reads_otherwise_is_refused_with_its_element_and_text(self):
        for element, text, document in (
            ("cbc:Note", "a\r\nb", make_layout("invoice", note="a&#13;\nb")),
            ("a/@b", "c\td", make_layout("container", note="<a b='c&#9;d'/>")),
            ("a/@b", "c\nd", make_layout("event", note='<a x="" b="c\nd"/>')),
            (
                "ext:UBLExtension",
                "xml:space",
                make_document(place=f"{EMPTY_PLACE}").replace(
                    b"<ext:UBLExtension><ext:ExtensionContent></",
                    b"<ext:UBLExtension xml:space='preserve'><ext:ExtensionContent></",
                ),
            ),
        ):
            with self.subTest(element), self.assertRaises(xades.XadesError) as caught:
                self.sign(document)
            self.assertEqual((caught.exception.element, caught.exception.text), (element, text))

    def test_the_parser_reaches_for_nothing(self):
        """A document type is refused before any parser that could resolve an entity sees it."""
        document = make_document(prolog='<!DOCTYPE Invoice SYSTEM "http://localhost/x.dtd">')
        with patch.object(xades, "_parse", side_effect=AssertionError):
            self.assertRefused("doctype", self.sign, document)
            self.assertRefused("doctype", xades.verify, document)

    def test_a_wrong_key_or_certificate_is_refused(self):
        elliptic = ec.generate_private_key(ec.SECP256R1())
        pem = samples.make_certificate("Curva", "1", elliptic)
        curved = x509.load_pem_x509_certificate(pem)
        for options in (
            {"key": samples.make_key()},
            {"key": elliptic, "certificate": curved},
            {"key": elliptic},
            {"certificate": curved},
        ):
            with self.subTest(options=list(options)):
                self.assertRefused("key", self.sign, make_document(), **options)

    def test_a_caller_who_is_wrong_hears_it(self):
        with self.assertRaises(ValueError):
            self.sign(make_document(), "customer")
        with self.assertRaises(ValueError):
            self.sign(make_document(), signing_time=datetime.now())


class TestXadesVerify(XadesCommon):
    def setUp(self):
        super().setUp()
        self.signed = self.sign(make_document())

    def resign(self, change):
        """Sign what `change` made of the signature again, as an attacker with a key of their own
        can.
        """
        tree = etree.fromstring(self.signed)
        (signature,) = tree.iter(f"{DS}Signature")
        change(signature)
        for reference in signature.iter(f"{DS}Reference"):
            uri = reference.get("URI")
            if uri:
                part = next((e for e in signature.iter() if e.get("Id") == uri[1:]), signature)
                digest = xades._digest(xades._canonicalize_part(part))
                reference.find(f"{DS}DigestValue").text = digest
        signed_info = signature.find(f"{DS}SignedInfo")
        value = xades.sign_bytes(xades._canonicalize_part(signed_info), self.certificate, self.key)
        signature.find(f"{DS}SignatureValue").text = base64.b64encode(value).decode()
        return etree.tostring(tree)

    def test_what_is_signed_anew_without_a_change_is_accepted(self):
        self.assertEqual(xades.verify(self.resign(lambda signature: None)).role, "third party")

    def test_every_changed_byte_of_the_content_is_noticed(self):
        for old, new in (
            (b"SETP990000001", b"SETP990000002"),
            (b"bolsa 2", b"bolsa 3"),
            (b"<cbc:ID>1", b"<cbc:ID> 1"),
            (b"</Invoice>", b" </Invoice>"),
            (b"</Invoice>", b"<a/></Invoice>"),
            (b"</Invoice>", b"</Invoice><?a?>"),
            (b"</ds:Signature>", b"</ds:Signature> "),
            (b"<ext:ExtensionContent><ds", b"<ext:ExtensionContent> <ds"),
            (b'listAgencyID="6"', b'listAgencyID="7"'),
        ):
            changed = self.signed.replace(old, new, 1)
            self.assertNotEqual(changed, self.signed)
            with self.subTest(old=old, new=new):
                self.assertRefused("altered", xades.verify, changed)
                self.assertFalse(self.is_verified_by_xmlsec(changed))

    def test_a_comment_is_not_signed_and_changes_nothing_that_is_read(self):
        changed = self.signed.replace(b"third party", b"third<!-- x --> party")
        self.assertEqual(xades.verify(changed).role, "third party")
        self.assertTrue(self.is_verified_by_xmlsec(changed))
        self.assertRefused(
            "structure", xades.verify, self.signed.replace(b"third party", b"third<?x?> party")
        )

    def test_changed_signed_properties_and_certificates_are_noticed(self):
        other = samples.make_key()
        pem = samples.make_certificate("Otra", "1", other)
        der = x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER)
        own = self.certificate.public_bytes(serialization.Encoding.DER)
        content = base64.b64encode(own)
        unknown_version = own.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x6a", 1)
        for code, old, new in (
            ("altered", b"third party", b"supplier"),
            ("altered", b"-05:00</xades:Sig", b"-05:01</xades:Sig"),
            ("altered", b"<ds:X509IssuerName>", b"<ds:X509IssuerName>X"),
            ("certificate", content, base64.b64encode(der)),
            ("certificate", content, base64.b64encode(unknown_version)),
            ("certificate", b"<ds:X509SerialNumber>", b"<ds:X509SerialNumber>1"),
            ("policy", xades.POLICY[0].encode(), b"https://example.com/policy.pdf"),
            ("policy", xades.POLICY[2].encode(), base64.b64encode(bytes(32))),
        ):
            with self.subTest(old=old):
                self.assertRefused(code, xades.verify, self.signed.replace(old, new, 1))

    def test_a_signature_of_another_key_is_noticed(self):
        value = re.search(rb'sigvalue">([^<]+)<', self.signed)[1]
        other = samples.make_key().sign(b"x", xades.padding.PKCS1v15(), hashes.SHA256())
        changed = self.signed.replace(value, base64.b64encode(other))
        self.assertRefused("signature", xades.verify, changed)
        self.assertRefused("structure", xades.verify, self.signed.replace(value, b"?"))

    def test_a_document_that_is_wrapped_or_signed_twice_is_refused(self):
        signature = SIGNATURE.search(self.signed)[0]
        document = make_document()
        wrapper = document.replace(
            EMPTY_PLACE.encode(),
            b"<ext:ExtensionContent>%s</ext:ExtensionContent>" % signature,
        )
        self.assertEqual(wrapper, self.signed)
        for name, attack in (
            ("a second one behind", self.signed.replace(b"</Invoice>", signature + b"</Invoice>")),
            ("a second one beside", self.signed.replace(signature, signature * 2)),
            ("something beside", self.signed.replace(signature, signature + b"<a/>")),
            ("inside another element", self.signed.replace(signature, b"<a>%s</a>" % signature)),
            (
                "the whole document in a new one",
                make_document(content=self.signed.decode().split("?>", 1)[1]),
            ),
            (
                "an identifier twice",
                self.signed.replace(
                    b"</Invoice>",
                    b'<a Id="%s"/></Invoice>' % (re.search(rb'Id="([^"]+-keyinfo)"', signature)[1]),
                ),
            ),
            (
                "another's identifier",
                self.signed.replace(
                    b"</Invoice>",
                    b'<a ID="%s"/></Invoice>'
                    % (re.search(rb'Id="([^"]+-signedprops)"', signature)[1]),
                ),
            ),
        ):
            with self.subTest(name), self.assertRaises(xades.XadesError) as caught:
                xades.verify(attack)
            self.assertIn(caught.exception.code, ("structure", "no_place", "unsigned"), name)

    def test_identifiers_that_no_reference_uses_may_be_anything(self):
        signed = self.sign(make_document(content='<a Id="x"/><b ID="x"/><c xml:id="x"/>'))
        self.assertEqual(xades.verify(signed).document, "Invoice")

    def test_a_reference_that_leads_elsewhere_is_refused(self):
        def lead(index, **attributes):
            def change(signature):
                reference = signature.findall(f"{DS}SignedInfo/{DS}Reference")[index]
                for name, value in attributes.items():
                    reference.set(name, value)

            return change

        def take_away(path):
            def change(signature):
                element = signature.find(path)
                element.getparent().remove(element)

            return change

        def set_algorithm(path, algorithm):
            return lambda signature: signature.find(path).set("Algorithm", algorithm)

        def move_properties(signature):
            """Leave good properties behind, elsewhere, and put others in their place."""
            properties = next(signature.iter(f"{XADES}SignedProperties"))
            copy = etree.fromstring(etree.tostring(properties))
            copy.set("Id", "other")
            properties.getparent().append(copy)

        reference = f"{DS}SignedInfo/{DS}Reference"
        for name, change in (
            ("key twice", lambda s: lead(2, URI="#" + s.find(f"{DS}KeyInfo").get("Id"))(s)),
            (
                "document not at all",
                lambda s: lead(0, URI="#" + s.find(f"{DS}KeyInfo").get("Id"))(s),
            ),
            (
                "value instead of key",
                lambda s: lead(1, URI="#" + s.find(f"{DS}SignatureValue").get("Id"))(s),
            ),
            ("two references", take_away(reference)),
            ("no type", lambda s: s.findall(reference)[2].attrib.pop("Type")),
            ("no transform", take_away(f"{reference}/{DS}Transforms")),
            (
                "another transform",
                set_algorithm(
                    f"{reference}//{DS}Transform", "http://www.w3.org/TR/1999/REC-xpath-19991116"
                ),
            ),
            ("SHA-1", set_algorithm(f"{reference}/{DS}DigestMethod", f"{DS[1:-1]}sha1")),
            (
                "RSA with SHA-1",
                set_algorithm(f"{DS}SignedInfo/{DS}SignatureMethod", f"{DS[1:-1]}rsa-sha1"),
            ),
            (
                "exclusive C14N",
                set_algorithm(
                    f"{DS}SignedInfo/{DS}CanonicalizationMethod",
                    "http://www.w3.org/2001/10/xml-exc-c14n#",
                ),
            ),
            ("no key", take_away(f"{DS}KeyInfo/{DS}X509Data")),
            ("no object", take_away(f"{DS}Object")),
            ("properties twice", move_properties),
            (
                "another target",
                lambda s: s.find(f".//{XADES}QualifyingProperties").set("Target", "#x"),
            ),
            (
                "another role",
                lambda s: setattr(s.find(f".//{XADES}ClaimedRole"), "text", "customer"),
            ),
            ("no time", lambda s: setattr(s.find(f".//{XADES}SigningTime"), "text", "today")),
            (
                "no time zone",
                lambda s: setattr(s.find(f".//{XADES}SigningTime"), "text", "2026-01-01T00:00:00"),
            ),
        ):
            with self.subTest(name):
                self.assertRefused("structure", xades.verify, self.resign(change))

    def test_properties_that_name_another_certificate_are_refused(self):
        def change(signature):
            digest = next(signature.iter(f"{XADES}CertDigest")).find(f"{DS}DigestValue")
            digest.text = base64.b64encode(bytes(32)).decode()

        self.assertRefused("certificate", xades.verify, self.resign(change))

    def test_a_certificate_that_was_not_valid_is_refused(self):
        for days in (-2, 800):
            signed = self.sign(make_document(), signing_time=self.now + timedelta(days=days))
            self.assertRefused("certificate", xades.verify, signed)

    def test_a_certificate_that_cannot_be_used_is_refused(self):
        content = re.search(rb"<ds:X509Certificate>([^<]+)<", self.signed)[1]
        elliptic = samples.make_certificate("Curva", "1", ec.generate_private_key(ec.SECP256R1()))
        der = x509.load_pem_x509_certificate(elliptic).public_bytes(serialization.Encoding.DER)
        strange = base64.b64decode(content).replace(
            b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", b"\x2a\x86\x48\x86\xf7\x0d\x09\x09\x09"
        )
        for code, new in (
            ("key", base64.b64encode(der)),
            ("certificate", b"AAAA"),
            ("certificate", base64.b64encode(strange)),
            ("certificate", base64.b64encode(samples.in_year_zero(base64.b64decode(content)))),
        ):
            self.assertRefused(code, xades.verify, self.signed.replace(content, new))

    def test_what_is_not_signed_is_refused(self):
        self.assertRefused("unsigned", xades.verify, make_document())
        self.assertRefused("unsigned", xades.verify, make_document(place=""))
        self.assertRefused("unsigned", xades.verify, make_document(place=EMPTY_PLACE * 2))
        self.assertRefused("root", xades.verify, make_document("Order"))
        self.assertRefused("not_xml", xades.verify, self.signed[:-5])
