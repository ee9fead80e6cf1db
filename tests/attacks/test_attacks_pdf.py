# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Actions that PDFium (Chrome, Edge), MuPDF or qpdf find in a file, spelled as the standard does not.

In each file at least one of them resolves a script, a program or an address that opens by itself; which of
them does was seen when the test was written. dev/benchmarks/pdf_check.py asks them about thousands of others.
"""

import itertools
import re
import zlib

from odoo.tests import BaseCase

from ...tools import pdf_check
from ..common import pdf_grammar
from ..common.pdf_samples import raw_pdf, stream, text_pdf

SCRIPT = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"
URI = b"<< /S /URI /URI (http://example.com/opened) >>"
PAGES = b"2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n"
PAGE = b"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>\nendobj\n"


def catalog(entries):
    return b"1 0 obj\n<< /Type /Catalog /Pages 2 0 R %s >>\nendobj\n" % entries


def written(*parts, places=(), trailer=b"/Root 1 0 R", startxref=None, keyword=b"trailer"):
    """A file of these parts, with cross references.

    :param places: (number, bytes) of objects that begin elsewhere than where their number stands first on
        a line: where those bytes are first.
    """
    data = b"%PDF-1.7\n" + b"".join(parts)
    offsets = {int(match[1]): match.start() for match in re.finditer(rb"(?m)^(\d) 0 obj", data)}
    offsets.update({number: data.index(piece) for number, piece in places})
    rows = b"".join(
        b"%010d 00000 n \n" % offsets[number] if number in offsets else b"0000000000 00000 f \n"
        for number in range(1, 10)
    )
    return data + b"xref\n0 10\n0000000000 65535 f \n%s%s\n<< /Size 10 %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        rows, keyword, trailer, len(data) if startxref is None else startxref,
    )  # fmt: skip


def opening(reference, target=b"9 0 obj\n" + URI + b"\nendobj\n", **options):
    return written(catalog(b"/OpenAction " + reference), PAGES, PAGE, target, **options)


def hidden(before, head, after, action=SCRIPT):
    """Object 6, to which the catalog and the cross references lead, between two pieces of another object."""
    body = head + b"\n" + action + b"\nendobj\n"
    parts = (
        catalog(b"/OpenAction 6 0 R"),
        PAGES,
        PAGE,
        b"5 0 obj\n",
        before,
        body,
        after,
        b"\nendobj\n",
    )
    return written(*parts, places=[(6, head)])


def packed(
    index,
    content,
    *,
    keys=None,
    action=b"/OpenAction 6 0 R",
    data=None,
    filters=b"/Filter /FlateDecode",
    first=None,
):
    """The catalog outside, object 6 in an object stream, which is object 5; the table is object 7."""
    first = len(index) if first is None else first
    keys = keys or b"/Type /ObjStm /N 1 /First %d" % first
    data = zlib.compress(index + content) if data is None else data
    holder = b"5 0 obj\n<< %s %s /Length %d >>\nstream\n%s\nendstream\nendobj\n" % (
        keys,
        filters,
        len(data),
        data,
    )
    file = b"%PDF-1.7\n" + catalog(action) + PAGES + PAGE + holder
    entries = b"\0\0\0\0\0\0\0"
    for number in range(1, 9):
        place = file.find(b"%d 0 obj" % number) if number != 7 else len(file)
        kind, a, b = (2, 5, 0) if number in (6, 8) else (1, place, 0) if place >= 0 else (0, 0, 0)
        entries += b"%c" % kind + a.to_bytes(4, "big") + b.to_bytes(2, "big")
    table = stream(entries, b"/Type /XRef /W [1 4 2] /Size 9 /Root 1 0 R")
    return file + b"7 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (table, len(file))


def spelled(action):
    """A file whose action on opening is written in the catalog."""
    return written(catalog(b"/OpenAction " + action), PAGES, PAGE)


def linking(action, *parts, **options):
    """A file with a link that does something when it is clicked on."""
    link = b"8 0 obj\n<< /Subtype /Link /Rect [0 0 9 9] /A %s >>\nendobj\n" % action
    return written(
        catalog(b""),
        PAGES,
        PAGE.replace(b"/Parent", b"/Annots [8 0 R] /Parent"),
        link,
        *parts,
        **options,
    )


def drawing(keys):
    """A file whose page draws a stream with these keys."""
    page = PAGE.replace(b"/Parent", b"/Resources << /XObject << /X 8 0 R >> >> /Parent")
    return written(catalog(b""), PAGES, page, b"8 0 obj\n" + stream(b"q Q", keys) + b"\nendobj\n")


def _predicted(content):
    rows = b"".join(b"\0" + content[at : at + 5].ljust(5) for at in range(0, len(content), 5))
    return zlib.compress(rows)


TRAILER = b"<< /Root << /Type /Catalog /Pages 2 0 R /OpenAction %s >> >>" % SCRIPT
PLAIN = catalog(b"") + PAGES + PAGE

# By the kind of grammar that the programs and the standard differ in.
ATTACKS = {
    # Numbers of a reference
    "reference, generation 0-": opening(b"9 0- R"),
    "reference, generation 0.0": opening(b"9 0.0 R"),
    "reference, +9": opening(b"+9 0 R"),
    "reference, 9.": opening(b"9. 0 R"),
    "reference, 9-5": opening(b"9-5 0 R"),
    "reference, a comment inside": opening(b"9 %(\n 0 R"),
    "reference, R escaped": opening(b"9 0 #52"),
    "reference, byte 128": opening(b"9\x800 R"),
    "reference, byte 255": opening(b"9 0\xffR"),
    "reference, overflow of 64 bits": opening(b"18446744073709551625 0 R"),
    "reference, kind of the action": opening(b"<< /S 9 0 R /URI (http://example.com) >>", b"9 0 obj\n/URI\nendobj\n"),
    "reference, into a number": opening(
        b"9 0 R", b"19 0 obj\n" + URI + b"\nendobj\n", places=[(9, b"9 0 obj\n<< /S")]
    ),
    # Numbers and the keyword of an object
    "object, generation 0-, in a stream": hidden(b"<< /Length 200 >>\nstream\n%", b"6 0- obj", b"\nendstream"),
    "object, generation 0.": hidden(b"null\nendobj\n", b"6 0. obj", b"", URI),
    "object, +6": hidden(b"null\nendobj\n", b"+6 0 obj", b"", URI),
    "object, number 6-": hidden(b"null\nendobj\n", b"6- 0 obj", b"", URI),
    "object, keyword escaped": hidden(b"null\nendobj\n", b"6 0 o#62j", b"", URI),
    "object, keyword after a comment": hidden(b"null\nendobj\n", b"6 0 %\nobj", b"", URI),
    "object, byte 128": hidden(b"null\nendobj\n", b"6\x800 obj", b"", URI),
    "object, byte 255 after": hidden(b"null\nendobj\n", b"6 0 obj\xff", b"", URI),
    "object, overflow": hidden(b"null\nendobj\n", b"4294967302 0 obj", b"", URI),
    "object, in a comment": hidden(b"% ", b"6 0 obj", b"\nnull", URI.replace(b"\n", b" ")),
    "object, in a string": hidden(b"(", b"6 0 obj", b")", URI),
    "object, in a string, escaped": hidden(b"(\\\n", b"6 0 o#62j", b")", URI),
    "object, after an end of a stream": hidden(
        b"<< /Length 300 >>\nstream\nendstream endobj\n", b"6 0 obj", b"\nendstream", URI
    ),
    "object, in a stream in a stream": hidden(
        b"<< /Length 300 >>\nstream\n8 0 obj << >> stream\n", b"6 0 obj", b"\nendstream", URI
    ),
    "object, next to the end of the file before": hidden(b"null\nendobj\n%%EOF", b"6 0 obj", b"", URI),
    # Names
    "name, byte 128 after": spelled(SCRIPT.replace(b"/JavaScript", b"/JavaScript\x80")),
    "name, byte 255 after": spelled(b"<< /S /Launch\xff/F (a.exe) >>"),
    "name, byte 11 after": spelled(b"<< /S /Launch\x0b /F (a.exe) >>"),
    "name, escape of no digit": spelled(SCRIPT.replace(b"/JavaScript", b"/JavaScri#7Zt")),
    "name, key on opening, byte 255": written(catalog(b"/OpenAction\xff" + URI), PAGES, PAGE),
    "name, key on opening, byte 11": written(catalog(b"/OpenAction\x0b " + URI), PAGES, PAGE),
    "name, key on opening, escape of no digit": written(catalog(b"/O#7ZenAction " + URI), PAGES, PAGE),
    "name, of scripts, byte 255": written(catalog(b"/Names << /JavaScript\xff<< /Names [(a) %s] >> >>" % SCRIPT), PAGES, PAGE),
    # Object streams
    "packed, key with byte 11": packed(b"6 0 ", SCRIPT, keys=b"/Type /ObjStm /N\x0b 1 /First 4"),
    "packed, key with byte 255": packed(b"6 0 ", SCRIPT, keys=b"/Type /ObjStm /N\xff1 /First 4"),
    "packed, no offset of the first": packed(b"6 4 ", SCRIPT, keys=b"/N 1"),
    "packed, no offset of the first, after a comment": packed(b"%(\n6 7 ", SCRIPT, keys=b"/N 1"),
    "packed, in hexadecimal digits": packed(
        b"6 0 ", b"", data=(b"6 0 " + SCRIPT).hex().encode() + b">", filters=b"/Filter /ASCIIHexDecode", first=4
    ),
    "packed twice": packed(
        b"6 0 ", b"", data=zlib.compress(zlib.compress(b"6 0 " + SCRIPT)), filters=b"/Filter [/FlateDecode /FlateDecode]"
    ),
    "packed, predicted": packed(
        b"6 0 ", b"", data=_predicted(b"6 0 " + SCRIPT), filters=b"/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 5 >>"
    ),
    "packed, type by reference": packed(b"6 0 ", SCRIPT, keys=b"/Type 8 0 R /N 1 /First 4"),
    "packed, two offsets of the first": packed(b"6 0 ", b"(" + SCRIPT + b")", keys=b"/Type /ObjStm /N 1 /First 9 /First 5"),
    "packed, offset with a sign": packed(b"6 +1 ", b"(" + SCRIPT + b")"),
    "packed, offset into a string": packed(b"6 1 ", b"(" + SCRIPT + b")"),
    "packed, address on opening": packed(b"6 0 ", URI),
    "packed, keyword escaped": packed(b"6 0 ", SCRIPT).replace(b">>\nstream", b">>\nstre#61m", 1),
    "packed, index behind the first offset": packed(b"6 0 ", URI, first=0),
    "packed, count beyond the index": packed(b"8 0 ", b"6 0 " + URI, keys=b"/Type /ObjStm /N 2 /First 4"),
    "packed, index with byte 11": packed(b"6\x0b0 ", URI),
    "packed, without a filter": packed(b"6 0 ", b"", data=b"6 0 " + SCRIPT, filters=b"", first=4),
    # What needs no name of its own
    "menu command on opening": spelled(b"<< /S /Named /N /AcroForm:ImportFDF >>"),
    "menu command on opening, by reference": opening(b"9 0 R", b"9 0 obj\n<< /S /Named /N /Quit >>\nendobj\n"),
    "menu command on opening, a string": spelled(b"<< /S /Named /N (Quit) >>"),
    "menu command on opening, elsewhere": opening(b"<< /S /Named /N 9 0 R >>", b"9 0 obj\n/Quit\nendobj\n"),
    "kind of an action in an array": spelled(b"<< /S [/URI] /URI (http://example.com) >>"),
    "thread of another file": linking(b"<< /S /Thread /F (\\\\\\\\example.com\\\\a.pdf) /D 0 >>"),
    "thread of another file, by reference": linking(b"<< /S 9 0 R /F (a.pdf) >>", b"9 0 obj\n/Thread\nendobj\n"),
    "thread of another file, into a number": linking(
        b"<< /S 9 0 R /F (a.pdf) >>", b"19 0 obj\n/Thread\nendobj\n", places=[(9, b"9 0 obj\n/Thr")]
    ),
    "data of another file": drawing(b"/F (\\\\\\\\example.com\\\\a)"),
    "data of an address": drawing(b"/F << /FS /URL /F (http://example.com) >>"),
    "page of another file": drawing(b"/Subtype /Form /BBox [0 0 9 9] /Ref << /F (a.pdf) /Page 0 >>"),
    "program for a printer": drawing(b"/Subtype /PS"),
    "program for a printer, in a form": drawing(b"/Subtype /Form /Subtype2 /PS"),
    # The trailer
    "trailer, keyword escaped": written(PLAIN, trailer=TRAILER[2:-2], keyword=b"tr#61iler"),
}  # fmt: skip

# What else a mended grammar must not refuse.
HARMLESS = {
    "object next to the end of the file before": raw_pdf().replace(b"%PDF-1.7\n", b"%PDF-1.7\n%%EOF", 1),
    "object without content": raw_pdf((*(), b"<< /Type /Catalog /Pages 2 0 R >>", PAGES[8:-8], PAGE[8:-8], b"")),
    "objects in a comment": raw_pdf().replace(b"2 0 obj", b"%% 2 0 obj\n%% << /A 1 >>\n2 0 obj", 1),
    "key without a name": raw_pdf().replace(b"/Count 1", b"/Count 1 / [3 0 R /XYZ 0 0 0]", 1),
    "reference out of the file": raw_pdf().replace(b"/Count 1", b"/Count 1 /A 900 0 R", 1),
    "text after the end": text_pdf() + b"Received <2026-11-30> (1 of 1)\n",
    "colour profile": written(
        PLAIN, b"5 0 obj\n" + stream(b"\0\0\x0c\x48lcms 9 9", b"/N 3 /Alternate /DeviceRGB") + b"\nendobj\n"
    ),
    "next page by its name on opening": spelled(b"<< /S /Named /N /LastPage >>"),
    "thread of the same file": linking(b"<< /S /Thread /D 0 >>"),
    "glyphs called S and F": raw_pdf().replace(b"/Count 1", b"/Count 1 /X << /S 3 0 R /F 3 0 R >>", 1),
    "packed, white space around the index": packed(b" \n6 0 \n", b"null"),
    "name in Chinese": raw_pdf().replace(b"/Count 1", b"/Count 1 /A /\xcb\xce\xcc\xe5\xff", 1),
    "a word of objects in binary": written(
        PLAIN, b"5 0 obj\n<< /Length 20 >>\nstream\n\x90\x91 3obj\x90 /JavaScrip\nendstream\nendobj\n"
    ),
}  # fmt: skip


class TestAttacksPdf(BaseCase):
    def test_what_a_program_resolves_is_refused_in_any_spelling(self):
        for name, data in ATTACKS.items():
            with self.subTest(name), self.assertRaises(pdf_check.PdfRefused) as refusal:
                pdf_check.check_pdf(data)
            with self.subTest(name, codes=True):
                self.assertIn(refusal.exception.code, ("active_content", "damaged"))

    def test_what_all_programs_read_alike_is_accepted(self):
        for name, data in HARMLESS.items():
            with self.subTest(name):
                self.assertEqual(pdf_check.check_pdf(data).pages, 1)

    def test_the_same_seed_gives_the_same_mutations(self):
        first, again, other = (
            list(itertools.islice(pdf_grammar.mutants(60, seed, hostile=True), 60))
            for seed in (1, 1, 2)
        )
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)
        self.assertEqual(len(list(pdf_grammar.mutants(30, 1, hostile=False))), 30)
