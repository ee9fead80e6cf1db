"""What is signed is valid for verifiers that share no code with ours: `xmlsec1`, signxml and, where
`dev/test` could install it, .NET's `SignedXml`, by which DIAN verifies. And by the schemas of UBL and XAdES.

`dev/test` runs this beside the client, whose packages bring signxml and the schemas.
"""

import importlib.util
from datetime import datetime, timezone
from pathlib import Path
from unittest.mock import patch

from cryptography import x509
from lxml import etree

from odoo.tests import BaseCase, tagged

from ...tools import xades
from ..common import samples, signature_judges
from ..common.xml_samples import EMPTY_PLACE, LAYOUTS, make_container, make_document, make_layout

XADES = "{http://uri.etsi.org/01903/v1.3.2#}"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


def in_place(attributes):
    """Write the signature's place with attributes."""
    return {"place": EMPTY_PLACE.replace("Content>", f"Content {attributes}>", 1)}


@tagged("-standard", "dian_client", "post_install", "-at_install")
class TestSignatureJudges(BaseCase):
    # Notes of any kind of document.
    NOTES = {
        "return": "a&#13;&#10;b",
        "return in hexadecimal": "a&#x0D;b",
        "line ends of Windows": "a\r\nb",
        "old line ends": "a\rb",
        "old line end before an escaped one": "a\r&#10;b",
        "return in CDATA": "<![CDATA[a\r\nb]]>",
        "tab": "a\tb&#9;c",
        "next line": "a\x85b&#x85;c\u2028d\u2029e",
        "surrogates": "\U0001f600&#x1F600;\U0010fffd",
        "zero width": "\ufeffa\u200b\u200d\u00ad\ufeff",
        "combining": "e\u0301 n\u0303",
        "control": "\x7f\x80\x9f",
        "CDATA": "<![CDATA[<b>&amp;]]>",
        "CDATA in two": "a<![CDATA[]]]]><![CDATA[>]]>b<![CDATA[]]>",
        "entities": "&lt;&gt;&amp;&quot;&apos;'\"&#233; > ]]&gt;",
        "typographic": "“a=” > é= — …",
        "comment": "a<!-- &#13; x='\n' -->b",
        "instruction": "a<?x y='\n'\t?>b",
        "blanks": "  a \u00a0 b  ",
        "nothing but blanks": " \n\t ",
        "nothing": "",
        "base64": "QUJD" * 50_000,
        "base64 in lines": "QUJD\r\n" * 1_000,
        "base64 in escaped lines": "QUJD&#13;\n" * 1_000,
        "very long": "ñ" * 200_000,
    }
    # What else a document can have.
    SHAPES = {
        "attributes": {"content": "<a b='&#9;' c='&#10;' d='&#13;' e='\t' f=' x  y '/>"},
        "tab in an attribute": {"content": "<a b='x&#9;y'/>"},
        "line end in an attribute": {"content": "<a b='x\ny'/>"},
        "return in an attribute": {"content": "<a b='x\r\ny'/>"},
        "escaped line end in an attribute": {"content": "<a b='x&#10;&#13;y'/>"},
        "entities in attributes": {"content": "<a b='&lt;&gt;&amp;&quot;&apos;é' c='\"'/>"},
        "order of attributes": {
            "content": "<x xmlns:b='urn:a' xmlns:a='urn:b' a:q='1' b:q='2' q='3' _='4' Q='5' a-b='6'/>"
        },
        "location over two lines": {
            "attributes": f' xmlns:xsi="{XSI}" xsi:schemaLocation="urn:a\n  a.xsd"'
        },
        "prefix xml": {"attributes": ' xmlns:xml="http://www.w3.org/XML/1998/namespace"'},
        "language": {"attributes": ' xml:lang="es" xml:space="preserve"'},
        "no language": {"content": '<a xml:lang=""/>'},
        "language inside": {
            "content": '<a xml:lang="es"><b xml:lang="es" xml:space="default"/></a>'
        },
        "another space": {"content": '<a xml:space="other"/>'},
        "base and identifier": {"attributes": ' xml:base="http://a/" xml:id="a"'},
        "language nearer": in_place('xml:lang="en"'),
        "language again": {"attributes": ' xml:lang="es"', **in_place('xml:lang="es"')},
        "space nearer": in_place('xml:space="preserve"'),
        "default namespace nearer": in_place('xmlns="urn:z"'),
        "no default namespace": in_place('xmlns=""'),
        "prefixes nearer": in_place('xmlns:cbc="urn:z" xmlns:ds="urn:y" xmlns:q="urn:x" q:r="s"'),
        "prefixes of ours": {"attributes": ' xmlns:ds="urn:y" xmlns:xades="urn:z"'},
        "another's signature": {"content": '<ds:Signature xmlns:ds="urn:y"/>'},
        "namespaces inside": {"content": '<x xmlns="urn:x"><y xmlns=""><z xmlns="urn:x"/></y></x>'},
        "XML 1.1": {"prolog": '<?xml version="1.1" encoding="UTF-8"?>'},
        "byte order mark": {"prolog": '\ufeff<?xml version="1.0"?>'},
        "no declaration": {"prolog": ""},
        "around the root": {"prolog": "<?a b?>\n<!-- c -->", "epilog": "<!-- d --><?e f?>\n"},
        "letters of the fifth edition": {"content": "<Ƞ/>"},
        "letters in names": {"content": "<Dirección ñ='1'/>"},
        "identifiers": {"content": '<a Id="x"/><b Id="x"/>'},
        "empty tag": {"place": "<ext:ExtensionContent/>"},
        "comment in the place": {"place": EMPTY_PLACE.replace("><", "> <!-- a -->\n<")},
        "deep": {"content": "<a>" * 200 + "</a>" * 200},
        "long": {"lines": 500},
    }

    # What a judge gets wrong itself: signxml cannot read names again that it writes in ASCII, leaves out what
    # is around the root, and lets the parts of a signature inherit no attributes.
    FAULTS = {
        "signxml": {
            "letters in names",
            "around the root",
            "language",
            "language again",
            "base and identifier",
        }
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = samples.make_key()
        cls.pem = samples.make_certificate("Café & Cía <SAS>", "901414515-7", cls.key)
        cls.certificate = x509.load_pem_x509_certificate(cls.pem)

    def sign(self, document):
        now = datetime.now(timezone.utc)
        return xades.sign(document, self.certificate, self.key, "third party", now)

    def sign_what_can_be(self, documents):
        """Sign documents, or hear why not.

        :param dict[str, bytes] documents: by name
        :return: the signed ones by name; and the names of those that were refused
        """
        signed, refused = {}, set()
        for name, document in documents.items():
            try:
                signed[name] = self.sign(document)
            except xades.XadesError:
                refused.add(name)
        return signed, refused

    def assertJudged(self, documents, valid=True):
        for name, judges in signature_judges.get_judges().items():
            verdicts = judges[not valid](self.pem, list(documents.values()))
            wrong = {key for key, right in zip(documents, verdicts, strict=True) if not right}
            self.assertEqual(wrong, self.FAULTS.get(name, set()) & set(documents), name)

    def test_every_kind_and_content_is_valid_for_all_or_refused(self):
        documents = {name: make_document(**options) for name, options in self.SHAPES.items()}
        for number, (name, note) in enumerate(self.NOTES.items()):
            # Each with another kind.
            layout = list(LAYOUTS)[number % len(LAYOUTS)]
            documents[f"{name}, {layout}"] = make_layout(layout, note=note)
        signed, refused = self.sign_what_can_be(documents)
        self.assertEqual(
            {name.partition(", ")[0] for name in refused},
            {
                "return",
                "return in hexadecimal",
                "old line end before an escaped one",
                "base64 in escaped lines",
                "attributes",
                "tab in an attribute",
                "line end in an attribute",
                "return in an attribute",
                "location over two lines",
                "prefix xml",
                "no language",
                "another space",
                "language nearer",
                "space nearer",
                "no default namespace",
                "another's signature",
                "XML 1.1",
                "letters of the fifth edition",
            },
        )
        self.assertJudged(signed)

    def test_nothing_is_refused_that_dian_would_accept(self):
        documents = {name: make_document(**options) for name, options in self.SHAPES.items()}
        documents |= {name: make_layout("invoice", note=note) for name, note in self.NOTES.items()}
        _signed, refused = self.sign_what_can_be(documents)
        with patch.object(xades, "_check_readable"), patch.object(xades, "_check_inherited"):
            signed, _refused = self.sign_what_can_be({name: documents[name] for name in refused})
        self.assertEqual(refused - set(signed), {"another's signature", "XML 1.1"})
        if signature_judges.DOTNET:
            verdicts = signature_judges.judge_by_dotnet(self.pem, list(signed.values()))
            self.assertNotIn("valid", verdicts)

    def test_documents_that_were_changed_are_invalid_for_all(self):
        signed = {name: self.sign(make_layout(name)) for name in LAYOUTS}
        signed["around another"] = self.sign(make_container(signed["invoice"]))
        self.assertJudged(signed)
        for old, new in (
            (b"SETP990000001", b"SETP990000002"),
            (b"Caf\xc3\xa9", b"Cafe"),
            (b"third party", b"supplier"),
            (b"</cbc:ID>", b" </cbc:ID>"),
            (b"<ds:X509Certificate>M", b"<ds:X509Certificate>N"),
        ):
            changed = {name: document.replace(old, new) for name, document in signed.items()}
            self.assertJudged(changed, valid=False)

    def test_signed_documents_are_valid_by_the_schemas(self):
        spec = importlib.util.find_spec("odoo.addons.base_ubl")
        schemas = Path(spec.submodule_search_locations[0], "data", "xsd-2.1")
        properties = etree.XMLSchema(file=schemas / "common" / "UBL-XAdESv132-2.1.xsd")
        for name, (kind, _contents) in LAYOUTS.items():
            with self.subTest(name):
                document = etree.fromstring(self.sign(make_layout(name)))
                etree.XMLSchema(file=schemas / "maindoc" / f"UBL-{kind}-2.1.xsd").assertValid(
                    document
                )
                (part,) = document.iter(f"{XADES}QualifyingProperties")
                properties.assertValid(etree.fromstring(etree.tostring(part)))
