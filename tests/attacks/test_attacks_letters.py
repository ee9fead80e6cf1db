# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Letters that show a signature which proves something else: another document, a part, another purpose."""

import io
import re
from dataclasses import replace
from datetime import datetime, timezone

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter

from odoo.tests import BaseCase

from ...tools import certificate_chain, letter_scan
from ...tools.certificate_chain import Anchor, get_sha256, to_pem
from ...tools.pdf_check import check_pdf
from ..common import letter_samples, own_samples, pdf_samples
from ..common.own_samples import AUTHORITY, ROOT, get_chain, get_key, issue

CODE = "ABCD-EFGH-IJKL-MN23"
NUMBER = "52123456"
NAME = own_samples.make_name((NameOID.COMMON_NAME, "Ana"), (NameOID.SERIAL_NUMBER, NUMBER))
RANGE = re.compile(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)\]")
PURPOSES = {
    "a web server": ExtendedKeyUsageOID.SERVER_AUTH,
    "code": ExtendedKeyUsageOID.CODE_SIGNING,
    "time": ExtendedKeyUsageOID.TIME_STAMPING,
    "revocations": ExtendedKeyUsageOID.OCSP_SIGNING,
}


def sign(data, signer=None, field="Signature1", box=None, hash_name="sha256"):
    """A file signed by a person whose certificate leads to the root, unless told otherwise."""
    metadata = signers.PdfSignatureMetadata(
        field_name=field, md_algorithm=hash_name, subfilter=SigSeedSubFilter.PADES
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(data), strict=False)
    return signers.sign_pdf(
        writer,
        metadata,
        signer=signer or letter_samples.make_trusted_signer(number=NUMBER),
        new_field_spec=SigFieldSpec(field, box=box) if box else None,
    ).getvalue()


def signer_with(key=None, **options):
    key = key or get_key("person")
    return letter_samples.signer_of(issue(NAME, key, **options), key, get_chain()[:1])


def add_proofs(data, more=lambda writer: None):
    """The file with certificates that are added after the signature, as for keeping it (PAdES B-LT)."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data), strict=False)
    authority = get_chain()[0].public_bytes(own_samples.serialization.Encoding.DER)
    proof = writer.add_object(generic.StreamObject(stream_data=authority))
    entries = {generic.pdf_name("/Certs"): generic.ArrayObject([proof])}
    writer.root["/DSS"] = writer.add_object(generic.DictionaryObject(entries))
    writer.update_root()
    more(writer)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def add_stream(writer):
    """Put an object into an object stream, and say where it is."""
    stream = writer.prepare_object_stream()
    writer.root["/DSS"]["/VRI"] = writer.add_object(generic.DictionaryObject(), obj_stream=stream)


def packed_letter():
    """A letter whose objects are in object streams."""
    resources = (
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    )
    *others, page = pdf_samples.ONE_PAGE
    data = pdf_samples.compressed_pdf((*others, page.replace(b"/Parent", resources + b" /Parent")))
    writer = IncrementalPdfFileWriter(io.BytesIO(data), strict=False)
    page = writer.root["/Pages"]["/Kids"][0]
    content = b"BT /F1 12 Tf 72 600 Td (%s) Tj ET" % CODE.encode()
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=content))
    writer.update_container(page)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def page_that_says(number, text):
    content = b"BT /F1 12 Tf 72 600 Td (%s) Tj ET" % text.encode()
    return b"%d 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\nendobj\n" % (
        number,
        len(content),
        content,
    )


def insert(data, piece, off=0):
    """Put a piece before the last reference to the table, which is wrong by `off` bytes."""
    place = data.rindex(b"startxref")
    xref = int(data[place + 9 :].split()[0])
    return data[:place] + b"\n" + piece + b"startxref\n%d\n%%%%EOF\n" % (xref + off)


def wrap(signed, text, size=30_000):
    """Another document between the two pieces that a signature covers, in place of its digits.

    The last reference to the table, in the second piece, leads to a table within.
    """
    _zero, before, after, length = map(int, RANGE.search(signed).groups())
    first, second = signed[:before], signed[after : after + length]
    digits = bytes.fromhex(signed[before + 1 : after - 1].decode()).rstrip(b"\0").ljust(size, b"\0")
    for plain, escaped in ((b"\\", b"\\\\"), (b"(", b"\\("), (b")", b"\\)"), (b"\r", b"\\r")):
        digits = digits.replace(plain, escaped)
    bodies = (
        b"<< /Type /Catalog /Pages 102 0 R /AcroForm << /SigFlags 3 /Fields [105 0 R] >> >>",
        b"<< /Type /Pages /Kids [103 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 102 0 R /MediaBox [0 0 595 842] /Contents 107 0 R /Annots [105 0 R]"
        b" /Resources << /Font << /F1 104 0 R >> >> >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /FT /Sig /T (S) /V 106 0 R /Subtype /Widget /Rect [0 0 0 0] >>",
        b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached"
        b" /ByteRange [0 %d %d %d] /Contents (%s) >>"
        % (before, before + 2 * size + 2, length, digits),
    )
    objects = [b"%d 0 obj\n%s\nendobj\n" % pair for pair in enumerate(bodies, 101)]
    objects.append(page_that_says(107, text))
    table = int(re.findall(rb"startxref\s+(\d+)", second)[-1])
    rows, place = b"", table + 200 + 20 * len(objects)
    for body in objects:
        rows += b"%010d 00000 n \n" % place
        place += len(body)
    keys = (
        b"xref\n0 1\n0000000000 65535 f \n101 7\n%strailer\n<< /Size 200 /Root 101 0 R >>\n" % rows
    )
    inside = (b"<00> >>\nendobj\n").ljust(table - before)
    inside += keys.ljust(200 + 20 * len(objects)) + b"".join(objects)
    end = b"199 0 obj\n<< /X <00>"
    return first + inside.ljust(2 * size + 2 - len(end)) + end + second


class TestAttacksLetters(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.letter = pdf_samples.text_pdf("Letter " + CODE)
        cls.signed = sign(cls.letter)
        # Whatever else the same person has signed.
        cls.other = sign(pdf_samples.text_pdf("A contract of another day"))
        root = get_chain()[1]
        cls.trust = letter_scan.Trust(
            (Anchor(get_sha256(root), to_pem(root)),),
            frozenset({NUMBER}),
            datetime.now(timezone.utc),
        )

    def get_kind(self, data):
        try:
            return letter_scan.match_letter(data, check_pdf(data), CODE, None, self.trust).kind
        except letter_scan.LetterRefused as refused:
            return refused.code

    def assertProvesNothing(self, data):
        self.assertIn(self.get_kind(data), ("unread", "broken_signature", "no_letter"))

    def assertCounts(self, data):
        self.assertEqual(self.get_kind(data), "signature")

    def test_a_document_between_the_signed_bytes_of_another_proves_nothing(self):
        self.assertEqual(self.get_kind(wrap(self.other, CODE)), "unread")

    def test_what_is_seen_only_when_a_file_is_mended_is_not_signed(self):
        number = int(re.search(rb"/Contents (\d+) 0 R", self.other)[1])
        added = page_that_says(number, CODE)
        for off in range(-3, 4):
            with self.subTest("the code, in another document", off=off):
                self.assertProvesNothing(insert(add_proofs(self.other), added, off))
        number = int(re.search(rb"/Contents (\d+) 0 R", self.signed)[1])
        added = page_that_says(number, "I owe nothing")
        proved = add_proofs(self.signed)
        for kind, data in (
            ("after the signature", insert(self.signed, added)),
            ("after proofs", insert(proved, added)),
            ("in a comment", insert(proved, b"%" + added.replace(b"\n", b" ") + b"\n")),
            ("another trailer", insert(proved, b"trailer\n<< /Root 1 0 R >>\n")),
        ):
            with self.subTest(kind):
                self.assertProvesNothing(data)

    def test_who_signs_last_proves_what_is_seen(self):
        stranger = letter_samples.make_signer("Nadie")
        for box in (None, (0, 0, 595, 842)):
            self.assertProvesNothing(sign(self.signed, stranger, "Second", box=box))
        self.assertCounts(sign(sign(self.letter, stranger), field="Second"))

    def test_who_belongs_to_the_company_does_not_sign_for_it(self):
        nit = "900987321"
        self.trust = replace(
            self.trust, numbers=frozenset({NUMBER, nit}), company_numbers=frozenset({nit})
        )
        company = (NameOID.ORGANIZATION_NAME, "Café de la Sierra S.A.S.")
        number = x509.ObjectIdentifier("1.3.6.1.4.1.23267.2.3")
        for kind, attributes, counts in (
            ("an employee", (company, (NameOID.COMMON_NAME, "LUIS DIAZ"), (number, nit)), False),
            (
                "an employee without an organisation",
                ((NameOID.SURNAME, "Díaz"), (NameOID.COMMON_NAME, "LUIS DIAZ"), (number, nit)),
                False,
            ),
            (
                "the representative",
                (
                    company,
                    (NameOID.COMMON_NAME, "ANA"),
                    (number, nit),
                    (NameOID.SERIAL_NUMBER, NUMBER),
                ),
                True,
            ),
            (
                "the company",
                (company, (NameOID.COMMON_NAME, "CAFE DE LA SIERRA SAS"), (number, nit)),
                True,
            ),
        ):
            signer = letter_samples.signer_of(
                issue(own_samples.make_name(*attributes), get_key("person")),
                get_key("person"),
                get_chain()[:1],
            )
            with self.subTest(kind):
                self.assertEqual(
                    self.get_kind(sign(self.letter, signer)), "signature" if counts else "unread"
                )

    def test_a_key_for_another_purpose_signs_no_letter(self):
        for kind, purpose in PURPOSES.items():
            for more in ((), (ExtendedKeyUsageOID.CLIENT_AUTH,))[
                : 2 if kind == "a web server" else 1
            ]:
                usage = x509.ExtendedKeyUsage([purpose, *more])
                with self.subTest(kind, more=more):
                    self.assertProvesNothing(sign(self.letter, signer_with(extensions=(usage,))))
        for usage in ("key_encipherment", "key_agreement"):
            with self.subTest(usage):
                self.assertProvesNothing(sign(self.letter, signer_with(usage=(usage,))))
        self.assertProvesNothing(sign(self.letter, signer_with(own_samples.get_small_key())))
        self.assertProvesNothing(sign(self.letter, hash_name="sha1"))

    def test_an_authority_for_machines_vouches_for_nobody(self):
        root = get_chain()[1]
        for kind, purpose in PURPOSES.items():
            usage = x509.ExtendedKeyUsage([purpose])
            middle = issue(
                AUTHORITY, get_key("authority"), ROOT, get_key("root"), usage=("key_cert_sign",),
                extensions=(usage, x509.BasicConstraints(ca=True, path_length=None)),
            )  # fmt: skip
            with self.subTest(kind):
                found = certificate_chain.find_chain(
                    to_pem(issue()), [to_pem(middle)], self.trust.anchors, self.trust.moment
                )
                self.assertEqual(found, [])
        self.assertTrue(
            certificate_chain.find_chain(
                to_pem(issue()),
                [to_pem(get_chain()[0]), to_pem(root)],
                self.trust.anchors,
                self.trust.moment,
            )
        )

    def test_honest_signatures_count(self):
        pss = signer_with()
        pss.prefer_pss = True
        packed = sign(packed_letter())
        mail = x509.ExtendedKeyUsage(
            [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION]
        )
        for kind, data in (
            ("PAdES", self.signed),
            ("visible", sign(self.letter, box=(9, 9, 199, 59))),
            ("SHA-512", sign(self.letter, hash_name="sha512")),
            (
                "elliptic curve",
                sign(self.letter, signer_with(ec.generate_private_key(ec.SECP256R1()))),
            ),
            ("PSS", sign(self.letter, pss)),
            ("for mail", sign(self.letter, signer_with(extensions=(mail,)))),
            ("with proofs", add_proofs(self.signed)),
            ("blank lines at the end", self.signed + b"\n\n"),
            ("a file with object streams", packed),
            ("with proofs, in a file with object streams", add_proofs(packed)),
            ("with proofs in object streams", add_proofs(packed, add_stream)),
        ):
            with self.subTest(kind):
                self.assertCounts(data)
