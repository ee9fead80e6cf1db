# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import hashlib
import io
import re
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from unittest.mock import patch

from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.constants import UserAccessPermissions

from odoo.tests import BaseCase

from ...tools import pdf_check, pdf_check_child
from ...tools.sandbox import ChildBusy
from ..common import pdf_hostile, pdf_signers
from ..common.pdf_samples import (
    ONE_PAGE,
    compressed_pdf,
    padded_pdf,
    raw_pdf,
    scan_pdf,
    stream,
    text_pdf,
)

ADDON = Path(pdf_check.__file__).parents[1]

ACTIVE = {
    "action JavaScript": b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>",
    "action JavaScript, escaped": b"<< /S /J#61vaScript /J#53 (app.alert\\(1\\)) >>",
    "action JavaScript, as a reference": b"/JavaScript",
    "script in a stream": b"<< /S 9 0 R /JS 8 0 R >>",
    "scripts by name": b"<< /JavaScript << /Names [(a) 8 0 R] >> >>",
    "additional actions": b"<< /AA << /O << /S /URI /URI (http://example.com) >> >> >>",
    "additional actions, by reference": b"<< /A#41 8 0 R >>",
    "launch": b"<< /S /Launch /F (cmd.exe) >>",
    "launch, escaped": b"<< /S /#4c#61unch /F (cmd.exe) >>",
    "launch, as a second value": b"<< /S /URI /URI (http://example.com) /S /Launch >>",
    "launch, after a broken entry": b"<< /A ] endobj /S /Launch /F (cmd.exe) >>",
    "launch, behind a comment": b"<< /URI % (\n /S /Launch % )\n >>",
    "launch, behind a broken string": b"<< /A <zz (> /S /Launch) >>",
    "launch, behind what is no stream": b"<< /A << /B 1 >>\nstream\n/S /Launch\nendstream",
    "address, on opening": b"<< /OpenAction << /S /URI /URI (http://example.com) >> >>",
    "embedded file": b"<< /Type /Filespec /F (a.exe) /EF << /F 8 0 R >> >>",
    "embedded file, escaped": b"<< /Type /Filespec /F (a.exe) /#45F << /F 8 0 R >> >>",
    "embedded files by name": b"<< /EmbeddedFiles << /Names [(a.exe) 8 0 R] >> >>",
    "embedded files, by reference": b"<< /EmbeddedFiles 1 0 R >>",
    "scripts by name, by reference": b"<< /JavaScript 1 0 R >>",
    "scripts by name, not as a dictionary": b"<< /JavaScript (a) >>",
    "attachment": b"<< /Type /Annot /Subtype /FileAttachment /FS 8 0 R >>",
    "rich media": b"<< /Type /Annot /Subtype /RichMedia >>",
    "rendition": b"<< /S /Rendition /R 8 0 R >>",
    "3D": b"<< /Type /Annot /Subtype /3D >>",
    "XFA": b"<< /Fields [] /XFA [(template) 8 0 R] >>",
    "XFA, escaped": b"<< /Fields [] /#58#46#41 8 0 R >>",
    "form sent": b"<< /S /SubmitForm /F (http://example.com) >>",
    "form filled": b"<< /S /ImportData /F (a.fdf) >>",
    "embedded document": b"<< /S /GoToE /T << /R /C >> >>",
}

HARMLESS = {
    "page transition": b"<< /Trans << /S /Dissolve /D 1 >> /Dur 5 >>",
    "link": b"<< /Subtype /Link /A << /S /URI /URI (https://example.com/JavaScript/AA) >> >>",
    "words in a string": b"<< /Contents (see \\( /S /JavaScript \\) and (/JS (x)) /Launch) >>",
    "words in a comment": b"<< /A 1 % /S /JavaScript /JS (x)\n >>",
    "boxes that say yes in Spanish": b"<< /N << /S#ED 8 0 R /S#C3#AD 8 0 R /S\xed 8 0 R >> /AS /S#ED >>",
    "names of two words": b"<< /S#20No 1 /N#20#41 2 >>",
    "longer names": b"<< /JSX (a) /AAB << /O 1 >> /EFG 8 0 R /XFAImages /Launcher >>",
    "rights of a signature": b"<< /Type /TransformParams /EF [/Create /Delete] /V /2.2 >>",
    "entries of an object stream": b"<< /N 1 /First 2 >>",
    "nothing embedded": b"<< /EmbeddedFiles << /Names [ ] >> /AA << >> >>",
    "scripts and files taken out": b"<< /JavaScript 9 0 R /EmbeddedFiles 8 0 R /AA << >> >>",
    "scripts taken out": b"<< /JavaScript << /Names [ ] >> >>",
    "a reference in columns": b"<< /Encoding 4%sR >>" % (b" " * 12 + b"0" + b" " * 12),
    "words in a stream": stream(b"/S /JavaScript"),
    "words in a plain stream": (
        b"<< /Length 28 >>\nstream\n/S /JavaScript /JS (x) (\\(\nX\nendstream"
    ),
}


def with_object(body, build=raw_pdf):
    """One good page, and an object that nothing refers to."""
    return build((*ONE_PAGE, body))


def with_catalog(entries, *objects):
    catalog = b"<< /Type /Catalog /Pages 2 0 R %s >>" % entries
    return raw_pdf((catalog, *ONE_PAGE[1:], *objects))


def rewritten(data, change):
    """The file as pypdf writes it after `change(writer)`."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    change(writer)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


class TestPdfCheck(BaseCase):
    def assertRefused(self, code, data, **options):
        self.assertIn(code, pdf_check.CODES)
        with self.assertRaises(pdf_check.PdfRefused) as refusal:
            pdf_check.check_pdf(data, **options)
        self.assertEqual(refusal.exception.code, code)

    def assertStopped(self, data):
        """The file costs too much or makes no sense: whichever is noticed first."""
        with self.assertRaises(pdf_check.PdfRefused) as refusal:
            pdf_check.check_pdf(data)
        self.assertIn(refusal.exception.code, ("damaged", "too_complex"))

    # === ACCEPTED FILES === #

    def test_facts_of_a_good_file(self):
        data = text_pdf(pages=3)
        facts = pdf_check.check_pdf(data)
        self.assertEqual(facts.pages, 3)
        self.assertEqual(facts.size, len(data))
        self.assertEqual(facts.sha256, hashlib.sha256(data).hexdigest())
        self.assertIs(facts.signed, False)
        self.assertEqual(len(facts.text_sha256), 64)

    def test_files_of_several_makers_are_accepted(self):
        photo = io.BytesIO()
        Image.effect_noise((600, 800), 60).save(photo, "PDF")
        files = {
            "raw": raw_pdf(),
            "compressed": compressed_pdf(),
            "ten pages": text_pdf(pages=pdf_check.MAX_PAGES),
            "version 2.0": raw_pdf().replace(b"%PDF-1.7", b"%PDF-2.0"),
            "scan": scan_pdf(pages=3),
            "photo": photo.getvalue(),
            "pypdf": rewritten(text_pdf(), lambda writer: writer.compress_identical_objects()),
            "bytes after the end": text_pdf() + b"\n" * 1000,
        }
        for name, data in files.items():
            with self.subTest(name):
                self.assertGreaterEqual(pdf_check.check_pdf(data).pages, 1)

    def test_the_text_has_one_hash_in_whatever_file(self):
        text = "Carta de exoneración, señor Núñez"
        first, again, other = (
            pdf_check.check_pdf(data)
            for data in (
                text_pdf(text),
                text_pdf(text.replace(" ", "  "), pageCompression=1, pagesize=(612, 792)),
                text_pdf(text + "."),
            )
        )
        self.assertNotEqual(first.sha256, again.sha256)
        self.assertEqual(first.text_sha256, again.text_sha256)
        self.assertNotEqual(first.text_sha256, other.text_sha256)

    def test_a_scan_has_no_text(self):
        self.assertIsNone(pdf_check.check_pdf(scan_pdf()).text_sha256)

    def test_a_filled_signature_field_is_seen(self):
        signature = b"<< /Type /Sig /Filter /Adobe.PPKLite /ByteRange [0 1 2 3] /Contents <00> >>"
        form = b"/AcroForm << /SigFlags 3 /Fields [4 0 R] >>"
        fields = {
            True: (b"<< /FT /Sig /T (a) /V 5 0 R >>", signature),
            False: (b"<< /FT /Sig /T (a) >>", signature),
        }
        for signed, objects in fields.items():
            facts = pdf_check.check_pdf(with_catalog(form, *objects))
            self.assertIs(facts.signed, signed)
        inherited = (b"<< /FT /Sig /Kids [5 0 R 4 0 R] >>", b"<< /V 6 0 R >>", signature)
        self.assertIs(pdf_check.check_pdf(with_catalog(form, *inherited)).signed, True)

    # === SIZE AND ENDS === #

    def test_size_boundaries(self):
        for size in (pdf_check.MAX_SIZE - 1, pdf_check.MAX_SIZE):
            self.assertEqual(pdf_check.check_pdf(padded_pdf(size)).size, size)
        self.assertRefused("too_large", padded_pdf(pdf_check.MAX_SIZE + 1))
        self.assertRefused("too_large", padded_pdf(5000), limit=4999)
        self.assertEqual(pdf_check.check_pdf(padded_pdf(5000), limit=5000).size, 5000)

    def test_files_that_are_no_pdf(self):
        png = io.BytesIO()
        Image.new("L", (10, 10)).save(png, "PNG")
        self.assertRefused("empty", b"")
        for data in (
            png.getvalue(),
            b"MZ" + text_pdf(),
            b"MZ\x90\0\n" + text_pdf(),
            b"#!/bin/sh\n" + text_pdf(),
            b"/*\n" + text_pdf(),
            b"<p>Warning</p>\n" + text_pdf(),
            b"alert(1)//" + text_pdf(),
            b"\n" * 1024 + text_pdf(),
            b"%PDF-",
            b"%PDF-3.0" + text_pdf()[8:],
        ):
            self.assertRefused("not_pdf", data)

    def test_a_file_cut_short(self):
        data = scan_pdf()
        self.assertRefused("truncated", data[: len(data) // 2])
        self.assertRefused("truncated", data + b"Scanned by a telephone\n" * 50)
        self.assertRefused("damaged", b"%PDF-1.7\n%%EOF\n")

    def test_lines_of_a_program_before_the_file(self):
        plain = pdf_check.check_pdf(text_pdf())
        for before in (
            b"\xef\xbb\xbf",
            b"\n",
            b"\r\n\t \r\n",
            b"Content-Type: application/pdf\r\n\r\n",
            "Impresión terminada\n".encode("latin-1"),
        ):
            with self.subTest(before):
                facts = pdf_check.check_pdf(before + text_pdf())
                self.assertEqual(facts.pages, plain.pages)
                self.assertEqual(facts.text_sha256, plain.text_sha256)

    def test_what_fills_a_file_up(self):
        for filling in (bytes(5000), b"\n" * 1024, b" \r\n\0" * 999, b"\x1a" * 1500):
            self.assertEqual(pdf_check.check_pdf(text_pdf() + filling).pages, 1)

    def test_a_comment_that_is_formatted(self):
        body = b'<body xmlns="http://www.w3.org/1999/xhtml"><p>Revisado</p></body>'
        data = with_object(b"<< /Type /Annot /Subtype /FreeText /RC (%s) >>" % body)
        self.assertEqual(pdf_check.check_pdf(data).pages, 1)
        self.assertRefused("active_content", data[:9] + b"%%%s\n" % body + data[9:])

    # === ENCIPHERED FILES === #

    def test_a_file_that_opens_with_a_password_only(self):
        for algorithm in pdf_hostile.ALGORITHMS:
            encrypt = partial(PdfWriter.encrypt, user_password="secret", algorithm=algorithm)
            self.assertRefused("encrypted", rewritten(text_pdf(), encrypt))
        self.assertRefused("encrypted", raw_pdf(trailer=b"/Encrypt << /Filter /Unknown >>"))
        # Of a revision that another reader may take for the last one.
        self.assertRefused("encrypted", with_object(b"<< /Size 5 /Root 1 0 R /Encrypt 8 0 R >>"))

    def test_a_file_that_opens_without_a_password_is_what_it_holds(self):
        plain = pdf_check.check_pdf(text_pdf(pages=2))
        for algorithm in pdf_hostile.ALGORITHMS:
            encrypt = partial(
                PdfWriter.encrypt,
                user_password="",
                owner_password="owner",
                algorithm=algorithm,
                permissions_flag=UserAccessPermissions.PRINT,
            )
            with self.subTest(algorithm):
                facts = pdf_check.check_pdf(rewritten(text_pdf(pages=2), encrypt))
                self.assertEqual(facts.pages, 2)
                self.assertEqual(facts.text_sha256, plain.text_sha256)

    def test_active_content_is_found_in_what_is_enciphered(self):
        for algorithm in pdf_hostile.ALGORITHMS:
            with self.subTest(algorithm):
                harmless = pdf_hostile.enciphered(algorithm, b"<< /A 1 >>")
                self.assertEqual(pdf_check.check_pdf(harmless).pages, 1)
                data = pdf_hostile.enciphered(algorithm, b"<< /S /JavaScript /JS (a) >>")
                self.assertNotIn(b"JavaScript", data)
                self.assertRefused("active_content", data)

    def test_packed_objects_whose_end_or_cipher_is_no_one_s(self):
        """What a program deciphers of the line end behind the data would belong to the last name."""
        for algorithm in pdf_hostile.ALGORITHMS:
            with self.subTest(algorithm):
                data = pdf_hostile.enciphered(algorithm, b"/Launch", compressed=False)
                self.assertRefused("encrypted", data)
                data = pdf_hostile.enciphered(algorithm, b"<< /A 1 >>", kind="/XRef")
                self.assertRefused("encrypted", data)

    def test_two_ways_to_decipher_a_file(self):
        data = pdf_hostile.enciphered("RC4-128", b"<< /A 1 >>")
        entry = re.search(rb"/Encrypt (\d+) 0 R", data)
        number = entry[1]
        dictionary = re.search(rb"\n%s 0 obj\n(.*?)endobj" % number, data, re.DOTALL)[1]
        identifier = re.search(rb"/ID \[.*?\]", data, re.DOTALL)[0]
        other = re.sub(rb"<..|\(.", rb"<ff", identifier, count=1)
        last = b"\ntrailer\n<< /Root 1 0 R %s >>\nstartxref\n0\n%%%%EOF\n"
        same = b"/Encrypt %s 0 R " % number
        self.assertEqual(pdf_check.check_pdf(data + last % (same + identifier)).pages, 1)
        for name, added in {
            "no cipher": last % identifier,
            "another dictionary": b"\n99 0 obj\n%sendobj" % dictionary
            + last % (b"/Encrypt 99 0 R " + identifier),
            "the dictionary twice": b"\n%s 0 obj\n%sendobj" % (number, dictionary)
            + last % (same + identifier),
            "another identifier": last % (same + other),
            "no identifier": last % same,
            "a dictionary in the trailer": last
            % (b"/Encrypt %s " % dictionary.strip() + identifier),
            "the key twice": last % (same * 2 + identifier),
        }.items():
            with self.subTest(name):
                self.assertRefused("encrypted", data + added)
        for name, changed in {
            "a value twice": dictionary.replace(b"/R 3", b"/R 3 /R 2"),
            "a value elsewhere": dictionary.replace(b"/R 3", b"/R 7 0 R"),
            "a length that programs read differently": dictionary.replace(b"/V 2", b"/V 1"),
        }.items():
            with self.subTest(name):
                self.assertNotEqual(changed, dictionary)
                self.assertRefused("encrypted", data.replace(dictionary, changed))

    # === CONTENT === #

    def test_number_of_pages(self):
        self.assertRefused(
            "no_pages", raw_pdf((ONE_PAGE[0], b"<< /Type /Pages /Kids [] /Count 0 >>"))
        )
        self.assertRefused("too_many_pages", text_pdf(pages=pdf_check.MAX_PAGES + 1))
        self.assertRefused("too_many_pages", text_pdf(pages=1000))
        # As many as are asked for.
        self.assertEqual(pdf_check.check_pdf(text_pdf(pages=12), pages=12).pages, 12)
        with self.assertRaises(pdf_check.PdfRefused) as refusal:
            pdf_check.check_pdf(text_pdf(pages=13), pages=12)
        self.assertEqual((refusal.exception.code, refusal.exception.pages), ("too_many_pages", 12))
        lying = b"<< /Type /Pages /Kids [%s] /Count 1 >>" % (b"3 0 R " * 11)
        self.assertRefused("too_many_pages", raw_pdf((ONE_PAGE[0], lying, ONE_PAGE[2])))

    def test_active_content_is_refused_wherever_it_hides(self):
        for name, body in ACTIVE.items():
            for build in (raw_pdf, compressed_pdf):
                with self.subTest(name, build=build.__name__):
                    self.assertRefused("active_content", with_object(body, build))

    def test_an_object_stream_is_read_whose_filter_stands_in_a_list(self):
        for body, code in ((ACTIVE["launch"], "active_content"), (HARMLESS["link"], None)):
            data = with_object(body, compressed_pdf)
            data = data.replace(b"/Filter /FlateDecode ", b"/Filter[/FlateDecode]", 1)
            if code:
                self.assertRefused(code, data)
            else:
                self.assertEqual(pdf_check.check_pdf(data).pages, 1)

    def test_an_attachment_made_by_pypdf_is_refused(self):
        data = rewritten(text_pdf(), lambda writer: writer.add_attachment("a.exe", b"MZ"))
        self.assertRefused("active_content", data)

    def test_active_content_of_an_older_revision_is_refused(self):
        old = with_catalog(b"/OpenAction 4 0 R", ACTIVE["launch"])
        start = old.rindex(b"startxref")
        entry = len(old)
        new = old + (
            b"4 0 obj\nnull\nendobj\nxref\n4 1\n%010d 00000 n \ntrailer\n"
            b"<< /Size 5 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
            % (entry, int(old[start:].split()[1]), entry + len(b"4 0 obj\nnull\nendobj\n"))
        )
        self.assertRefused("active_content", new)

    def test_active_content_between_two_halves_of_a_string_is_refused(self):
        self.assertRefused("active_content", raw_pdf((*ONE_PAGE, b"(", ACTIVE["launch"], b")")))

    def test_active_content_in_a_stream_of_false_length_is_refused(self):
        body = b"<< /Length 1 >>\nstream\nX\n9 0 obj %s endobj\nendstream" % ACTIVE["launch"]
        self.assertRefused("active_content", with_object(body))

    def test_harmless_content_is_accepted(self):
        for name, body in HARMLESS.items():
            builds = (raw_pdf,) if b"stream\n" in body else (raw_pdf, compressed_pdf)
            for build in builds:
                with self.subTest(name, build=build.__name__):
                    self.assertEqual(pdf_check.check_pdf(with_object(body, build)).pages, 1)

    def test_what_leads_to_an_empty_object_is_harmless_and_to_any_other_not(self):
        key = b"/Names << /JavaScript 4 0 R /EmbeddedFiles 4 0 R >>"
        for empty in (b"<< >>", b"<< /Names [] >>", b"null", b"[ ]"):
            self.assertEqual(pdf_check.check_pdf(with_catalog(key, empty)).pages, 1)
        full = b"<< /Names [(a) 5 0 R] >>"
        base = with_catalog(key, b"<< >>")
        at = base.index(b"xref\n0")
        for name, data in {
            "full": with_catalog(key, full),
            "another object": with_catalog(key, b"3 0 R"),
            "full as well": base[:at] + b"4 0 obj\n%s\nendobj\n" % full + base[at:],
            "full in a comment": base[:at] + b"%% 4 0 obj %s endobj\n" % full + base[at:],
            "full, written in another way": base[:at] + b"% 4 0 #6fbj\n" + base[at:],
        }.items():
            with self.subTest(name):
                self.assertRefused("active_content", data)

    def test_a_number_that_an_update_takes_from_a_table_of_references(self):
        """As iText does when it adds to a file whose objects are all packed."""
        data = compressed_pdf()
        table = data.rindex(b"5 0 obj")
        again = len(data)
        packed = stream(b"3 0 " + ONE_PAGE[2], b"/Type /ObjStm /N 1 /First 4")
        data += b"5 0 obj\n%s\nendobj\n" % packed
        rows = b"\2" + (5).to_bytes(4, "big") + bytes(2)
        rows += b"".join(
            b"\1" + offset.to_bytes(4, "big") + bytes(2) for offset in (again, len(data))
        )
        keys = b"/Type /XRef /W [1 4 2] /Size 7 /Root 1 0 R /Prev %d /Index [3 1 5 2]" % table
        data += b"6 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (
            stream(rows, keys), len(data),
        )  # fmt: skip
        self.assertEqual(pdf_check.check_pdf(data).pages, 1)

    def test_a_letter_as_signing_programs_leave_it(self):
        for name, program in pdf_signers.PROGRAMS.items():
            with self.subTest(name):
                facts = pdf_check.check_pdf(pdf_signers.write(program))
                self.assertEqual((facts.pages, facts.signed), (1, bool(program.signature)))
        for name, data in pdf_signers.harmless_files():
            with self.subTest(name):
                self.assertIs(pdf_check_child.is_active(data), False)
        for kind, data in pdf_signers.hostile_files():
            with self.subTest(kind):
                self.assertIs(pdf_check_child.is_active(data), True)

    def test_action_on_opening(self):
        uri = b"<< /S /URI /URI (http://example.com) >>"
        for harmless in (
            b"[3 0 R /Fit]",
            b"(chapter)",
            b"<< /S /GoTo /D [3 0 R /Fit] >>",
            b"4 0 R",
            b"9 0 R",
        ):
            data = with_catalog(b"/OpenAction " + harmless, b"<< /S /Named /N /FirstPage >>")
            self.assertEqual(pdf_check.check_pdf(data).pages, 1)
        for dangerous in (b"4 0 R", uri, b"<< /S /GoTo /D [3 0 R /Fit] /Next 4 0 R >>"):
            self.assertRefused("active_content", with_catalog(b"/OpenAction " + dangerous, uri))

    # === HOSTILE FILES === #

    def test_deep_nesting_and_cycles(self):
        depth = 100_000
        for body in (
            b"[" * depth + b"]" * depth,
            b"<< /A " * depth + b">>" * depth,
            b"(" * depth + b")" * depth,
        ):
            page = ONE_PAGE[2].replace(b"/Type", b"/Annots %s /Type" % body)
            try:
                pdf_check.check_pdf(raw_pdf((*ONE_PAGE[:2], page)))
            except pdf_check.PdfRefused as refusal:
                self.assertIn(refusal.code, ("damaged", "too_complex", "no_pages"))
        tree = b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"
        self.assertRefused("damaged", raw_pdf((ONE_PAGE[0], tree)))
        form = with_catalog(b"/AcroForm << /Fields 4 0 R >>", b"[5 0 R]", b"<< /Kids 4 0 R >>")
        self.assertIs(pdf_check.check_pdf(form).signed, False)

    def test_bombs_are_stopped(self):
        zeros = bytes(60_000_000)
        object_stream = b"/Type /ObjStm /N 1 /First 4"
        for name, data in {
            "object stream": with_object(stream(zeros, object_stream)),
            "object streams": raw_pdf(
                (*ONE_PAGE, *[stream(zeros[:15_000_000], object_stream)] * 60)
            ),
            "references": self.references(zeros),
            "references within the limit": self.references(b"\1\0\0" * 5_000_000),
            "strings": with_object(b"(" * 500_000),
        }.items():
            with self.subTest(name):
                self.assertStopped(data)

    def test_a_bomb_behind_good_pages_is_told_as_such(self):
        # A file of both kinds: the action on opening is in an object stream that is too long.
        catalog = ONE_PAGE[0].replace(b" >>", b" /OpenAction 6 0 R >>")
        action = stream(b"6 0 << /S /GoTo >>".ljust(20_000_000), b"/Type /ObjStm /N 1 /First 4")
        table = stream(b"\2\4\0", b"/Type /XRef /W [1 1 1] /Index [6 1] /Size 7")
        data = raw_pdf((catalog, *ONE_PAGE[1:], action, table), b"/XRefStm %010d" % 0)
        place = b"/XRefStm %010d" % data.index(b"5 0 obj")
        self.assertRefused("too_complex", data.replace(b"/XRefStm %010d" % 0, place))

    @staticmethod
    def references(entries):
        keys = b"/Type /XRef /W [1 1 1] /Size 90000000 /Root 1 0 R"
        return b"%%PDF-1.7\n1 0 obj\n%s\nendobj\nstartxref\n9\n%%%%EOF\n" % stream(entries, keys)

    def test_huge_reference_table(self):
        start = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
        table = b"xref\n0 50000\n" + b"0000000009 00000 n \n" * 50_000
        trailer = b"trailer\n<< /Size 50000 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(start)
        self.assertStopped(start + table + trailer)

    def test_a_hostile_text_never_makes_the_file_fail(self):
        page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>"
        for content in (bytes(100_000_000), b"[" * 9_000_000, b"BT (a) Tj ET " * 1_000_000):
            facts = pdf_check.check_pdf(raw_pdf((*ONE_PAGE[:2], page, stream(content))))
            self.assertIsNone(facts.text_sha256)

    # === THE CHILD PROCESS === #

    def run_python(self, code):
        return subprocess.run(
            [sys.executable, "-c", code], cwd=ADDON, capture_output=True, check=False
        )

    def with_child(self, code):
        """Check a good file with another program in the place of the child."""
        with tempfile.NamedTemporaryFile("w", suffix=".py") as child:
            child.write(code)
            child.flush()
            with (
                patch.object(pdf_check, "_CHILD", Path(child.name)),
                patch.object(pdf_check, "_WALL_SECONDS", 3),
            ):
                return pdf_check.check_pdf(raw_pdf())

    def test_this_process_never_imports_the_parser(self):
        code = "import sys, tools.pdf_check; assert 'pypdf' not in sys.modules"
        self.assertEqual(self.run_python(code).returncode, 0)

    def test_lower_limits_that_are_inherited_are_kept(self):
        code = (
            "import resource\n"
            "resource.setrlimit(resource.RLIMIT_CPU, (2, 2))\n"
            "resource.setrlimit(resource.RLIMIT_AS, (300 << 20, 300 << 20))\n"
            "from tools.pdf_check import check_pdf\n"
            f"print(check_pdf({raw_pdf()!r}).pages)"
        )
        self.assertEqual(self.run_python(code).stdout, b"1\n")

    def test_the_facts_of_a_child_that_is_killed_are_kept(self):
        for lines, code in (
            ("ready", "too_complex"),
            (r'ready\n{"pages": 11}', "too_many_pages"),
            (r'ready\n{"pages": 1}\n{"active": true}', "active_content"),
        ):
            with self.assertRaises(pdf_check.PdfRefused) as refusal:
                self.with_child(
                    "import signal\nsignal.setitimer(signal.ITIMER_PROF, 0.05)\n"
                    f"print('{lines}', flush=True)\nwhile True: pass"
                )
            self.assertEqual(refusal.exception.code, code)
            # By a machine that is too busy: another time more would be known.
            with self.assertRaises(ChildBusy):
                self.with_child(f"import time\nprint('{lines}', flush=True)\ntime.sleep(60)")

    def test_a_child_that_talks_nonsense_or_dies(self):
        for code in ("print('[1]')", r"print('\x00{')", "import os; os.kill(os.getpid(), 9)"):
            with self.assertRaises(pdf_check.PdfRefused) as refusal:
                self.with_child("print('ready', flush=True)\n" + code)
            self.assertEqual(refusal.exception.code, "too_complex")

    def test_a_check_that_cannot_run_is_no_fault_of_the_file(self):
        for code in ("import no_such_package", "print('hello')"):
            with self.assertRaises(pdf_check.PdfCheckUnavailable):
                self.with_child(code)
        for executable in ("/nonexistent/python", "", None):
            with (
                patch.object(sys, "executable", executable),
                self.assertRaises(pdf_check.PdfCheckUnavailable),
            ):
                pdf_check.check_pdf(raw_pdf())
