"""Text that .NET reads otherwise than it is signed: it is found, and cleaned where a document is made."""

from xml.parsers.expat import ExpatError

from lxml import etree

from odoo.tests import BaseCase

from ...tools import xml_text


def find(document):
    canonical = etree.tostring(etree.fromstring(document), method="c14n", with_comments=False)
    return xml_text.find_fragile(document, canonical)


class TestXmlText(BaseCase):
    # As it is typed, where it is found, and as it is cleaned.
    FRAGILE = (
        (b"<a>x&#13;&#10;y</a>", "a", b"<a>x\ny</a>"),
        (b"<a>x&#xD;\ny</a>", "a", b"<a>x\ny</a>"),
        (b"<a>x&#x000d;\r\ny</a>", "a", b"<a>x\ny</a>"),
        (b"<a>x&#0013;y</a>", "a", b"<a>x\ny</a>"),
        (b"<a>&#13;&#13;</a>", "a", b"<a>\n\n</a>"),
        (b"<n:a xmlns:n='u:n'><b/>&#13;<b/></n:a>", "n:a", b"<n:a xmlns:n='u:n'><b/>\n<b/></n:a>"),
        (b"<a><b><![CDATA[&#13;]]>&#13;</b></a>", "b", b"<a><b><![CDATA[&#13;]]>\n</b></a>"),
        (b"<a><b/>x\r&#10;y<c/></a>", "a", b"<a><b/>x\n&#10;y<c/></a>"),
        (b"<a><b>\r&#xA;</b></a>", "b", b"<a><b>\n&#xA;</b></a>"),
        (b"<a b='x&#9;y'/>", "a/@b", b"<a b='x y'/>"),
        (b"<a c='' b='x&#13;&#10;y&#x9;z'/>", "a/@b", b"<a c='' b='x y z'/>"),
        (b"<a b='x\ny'/>", "a/@b", b"<a b='x y'/>"),
        (b'<a b = "x\r\ny"/>', "a/@b", b'<a b = "x y"/>'),
        (b"<a b=\"'x='\ry\"/>", "a/@b", b"<a b=\"'x=' y\"/>"),
        ("<é b='“”\n'/>".encode(), "é/@b", "<é b='“” '/>".encode()),
    )
    SOUND = (
        b"<a>x\r\ny\tz&#10;&#9;</a>",
        b"<a><![CDATA[x\r\ny\r&#10;]]><!-- \r&#10; --></a>",
        b"<a b='x\ty'/>",
        b"<a b='x&#10;&#13;y'/>",
        b"<a\n b='x'\r\n/>",
        b"<a>b='x\ny' &amp;#13; <!-- &#13; c='\n' --><?d e='\n' &#13;?></a>",
        b"<a><![CDATA[<b c='x\ny'>&#13;</b>]]></a>",
        "<é>“é” > é = é\u2028\x85</é>".encode(),
        "<a>\U0001f600 \ufeff</a>".encode(),
    )

    def test_what_net_reads_otherwise_is_found_and_cleaned(self):
        for document, element, cleaned in self.FRAGILE:
            with self.subTest(document):
                self.assertEqual(find(document).element, element)
                self.assertEqual(xml_text.clean_document(document), cleaned)
                self.assertIsNone(find(cleaned))

    def test_what_it_reads_alike_is_let_be(self):
        for document in self.SOUND:
            with self.subTest(document):
                self.assertIsNone(find(document))
                cleaned = xml_text.clean_document(document)
                # An attribute may have become simpler; what is read of the rest is the same.
                self.assertEqual(etree.fromstring(cleaned).text, etree.fromstring(document).text)
                if b"='x" not in document:
                    self.assertEqual(cleaned, document)

    def test_attributes_that_net_overlooks_are_found(self):
        xml = b"http://www.w3.org/XML/1998/namespace"
        for document, text in (
            (b"<a><b xmlns:xml='%s'/></a>" % xml, "xmlns:xml"),
            (b"<a><b c='' xml:lang=''/></a>", "xml:lang"),
            (b"<a xml:lang='es'><b xml:base=''/></a>", "xml:base"),
            (b"<a><b xml:lang='&#10;'/></a>", "xml:lang"),
            (b"<a><b xml:lang='\t'/></a>", "xml:lang"),
        ):
            self.assertEqual(find(document), xml_text.Fragile("attribute", "b", text))
        self.assertIsNone(find(b"<a xmlns:xmldsig='u:x'><b xml:lang='es' c=''/></a>"))

    def test_names_have_letters_that_net_knows(self):
        for name in ("é", "ñandú", "x·", "Ωμέγα", "名"):
            self.assertIsNone(find(f"<{name} {name}='“'/>".encode()), name)
        for name in ("Ƞ", "xȠ", "\U00010000", "x\u200d"):
            for document in (f"<a><{name}/></a>", f"<a {name}='1'/>", f"<a><{name} b='1'/></a>"):
                with self.subTest(document), self.assertRaises(ExpatError):
                    find(document.encode())

    def test_what_xml_cannot_hold_is_left_out(self):
        document = "<a>x\x00\x0b\x1fy\ufffe\uffff\ufffd\x7f\U0001f600</a>".encode()
        cleaned = xml_text.clean_document(document)
        self.assertEqual(etree.fromstring(cleaned).text, "xy\ufffd\x7f\U0001f600")

    def test_a_text_is_cleaned_before_it_is_written(self):
        for text, cleaned in (
            ("Café\r\nmolido\t1 kg", "Café\nmolido\t1 kg"),
            ("a\rb\n\r", "a\nb\n\n"),
            ("a\x0bb\x00c\ufffed\uffff\ud800", "abcd"),
            ("\x7f\x85\u2028\U0001f600", "\x7f\x85\u2028\U0001f600"),
        ):
            self.assertEqual(xml_text.clean_text(text), cleaned)
