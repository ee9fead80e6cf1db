# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Hostile and unacceptable PDF files by the thousand, for the tests and the benchmark.

A file is either *forbidden*: whatever holds these bytes must be refused; or *costly*: it tries to
exhaust its reader, may be harmless otherwise, and must stay within the limits.

A mutation never touches the bytes for which a file is forbidden (`kept`), except in ways that mean
the same to every reader. So a mutant is as forbidden as its original, however broken the rest is, and
to know it takes no parser.
"""

import base64
import io
import itertools
import random
import re
import zipfile
import zlib
from dataclasses import dataclass, field, replace

from pypdf import PdfReader, PdfWriter
from pypdf.generic import EncodedStreamObject, NameObject, NumberObject

try:
    from .pdf_samples import ONE_PAGE, compressed_pdf, raw_pdf, stream, text_pdf
except ImportError:  # the benchmark has this folder on its path
    from pdf_samples import ONE_PAGE, compressed_pdf, raw_pdf, stream, text_pdf

MB = 1024**2


@dataclass(frozen=True)
class Hostile:
    """A file that must be refused, or only survived.

    :ivar str kind: what it is.
    :ivar bytes data: the file.
    :ivar bool forbidden: whether it must be refused.
    :ivar list kept: (start, stop) of the bytes that make it so; empty for the file as a whole.
    """

    kind: str
    data: bytes
    forbidden: bool = True
    kept: list = field(default_factory=list)


# === ACTIVE ELEMENTS === #

SCRIPT = b"/S /JavaScript /JS (app.alert(1))"
FILE = b"/F (a.exe)"

# An object of each kind, and from where a reader comes to it.
ACTIVE = {
    "script on opening": ("/OpenAction", b"<< %s >>" % SCRIPT),
    "script in a stream": ("/OpenAction", b"<< /S /JavaScript /JS 5 0 R >>"),
    "script after another action": (
        "/OpenAction",
        b"<< /S /GoTo /D [3 0 R /Fit] /Next << %s >> >>" % SCRIPT,
    ),
    "script of the document": ("/AA", b"<< /WC << %s >> >>" % SCRIPT),
    "script by name": ("/Names", b"<< /JavaScript << /Names [(a) << %s >>] >> >>" % SCRIPT),
    "script of an annotation": (
        "/Annots",
        b"<< /Type /Annot /Subtype /Link /A << %s >> >>" % SCRIPT,
    ),
    "script of a field": (
        "/AcroForm",
        b"<< /Fields [<< /FT /Tx /T (a) /AA << /K << %s >> >> >>] >>" % SCRIPT,
    ),
    "script in a rendition": (
        "/Annots",
        b"<< /Subtype /Screen /A << /S /Rendition /JS (app.alert(1)) >> >>",
    ),
    "additional actions": (
        "/Annots",
        b"<< /Type /Annot /AA << /PO << /S /URI /URI (http://example.com) >> >> >>",
    ),
    "launch": ("/OpenAction", b"<< /S /Launch %s >>" % FILE),
    "launch on Windows": ("/Annots", b"<< /A << /S /Launch /Win << /F (cmd.exe) /P (/c) >> >> >>"),
    "form sent": ("/Annots", b"<< /A << /S /SubmitForm /F (http://example.com) >> >>"),
    "form filled": ("/Annots", b"<< /A << /S /ImportData /F (a.fdf) >> >>"),
    "embedded document": ("/Annots", b"<< /A << /S /GoToE /T << /R /C /N (a.pdf) >> >> >>"),
    "other document": ("/OpenAction", b"<< /S /GoToR /F (\\\\\\\\host\\\\a.pdf) /D [0 /Fit] >>"),
    "embedded file": ("/Names", b"<< /EmbeddedFiles << /Names [(a.exe) 5 0 R] >> >>"),
    "file specification": ("/AF", b"<< /Type /Filespec %s /EF << /F 5 0 R >> >>" % FILE),
    "file of a collection": ("/Collection", b"<< /Type /Collection /D (a) /EF 5 0 R >>"),
    "attachment": ("/Annots", b"<< /Type /Annot /Subtype /FileAttachment /FS 5 0 R >>"),
    "type of a file": ("/X", b"<< /Type /EmbeddedFile /Length 2 >>\nstream\nMZ\nendstream"),
    "rich media": ("/Annots", b"<< /Type /Annot /Subtype /RichMedia /RichMediaContent 5 0 R >>"),
    "rich media, run": ("/OpenAction", b"<< /S /RichMediaExecute /TA 5 0 R >>"),
    "rendition": ("/Annots", b"<< /A << /S /Rendition /OP 0 /R 5 0 R >> >>"),
    "movie": ("/Annots", b"<< /Type /Annot /Subtype /Movie /Movie << /F (a.mov) >> >>"),
    "sound": ("/OpenAction", b"<< /S /Sound /Sound 5 0 R >>"),
    "3D": ("/Annots", b"<< /Type /Annot /Subtype /3D /3DD 5 0 R >>"),
    "3D view": ("/OpenAction", b"<< /S /GoTo3DView /TA 5 0 R /V 0 >>"),
    "XFA": ("/AcroForm", b"<< /Fields [] /XFA [(template) 5 0 R] >>"),
    "XFA in a stream": ("/AcroForm", b"<< /Fields [] /XFA 5 0 R >>"),
    "page on opening": ("/OpenAction", b"<< /S /URI /URI (http://example.com) >>"),
    "Encrypt": ("trailer", b"<< /Filter /Standard /V 1 /R 2 /P -4 /O (a) /U (b) >>"),
}

PAYLOAD = stream(b"app.alert('a')")


def _found(kind, data, *parts):
    """A forbidden file, whose `parts` are each in it once and must stay."""
    kept = []
    for part in parts:
        start = data.index(part)
        kept.append((start, start + len(part)))
    return Hostile(kind, data, kept=sorted(kept))


def _objects(where, element, holder=b"4 0 R"):
    """The objects of a document with an element as its fourth, led to as a reader would be."""
    catalog, pages, page = ONE_PAGE
    if where == "/Annots":
        page = page.replace(b"/Type", b"/Annots [%s] /Type" % holder, 1)
    elif where != "trailer":
        catalog = catalog.replace(b"/Type", b"%s %s /Type" % (where.encode(), holder), 1)
    return catalog, pages, page, element, PAYLOAD


def _plain(kind, where, element, rng):
    trailer = b""
    if where == "trailer":
        trailer = b"/Encrypt 4 0 R"
        data = raw_pdf(_objects(where, element), trailer)
        return _found(kind, data, data[data.index(b"\ntrailer") + 1 : data.index(b"startxref")])
    return _found(kind, raw_pdf(_objects(where, element)), _object(4, element))


def _object(number, body):
    return b"%d 0 obj\n%s\nendobj" % (number, body)


def _inline(kind, where, element, rng):
    """Within the catalog or the page."""
    objects = _objects(where, b"null", element)
    number = 3 if where == "/Annots" else 1
    return _found(kind, raw_pdf(objects), _object(number, objects[number - 1]))


def _compressed(kind, where, element, rng):
    """In an object stream; streams cannot be there."""
    objects = list(_objects(where, element))
    objects[4] = b"(app.alert)"
    data = compressed_pdf(objects)
    return _found(kind, data, data[data.index(b"6 0 obj") : data.index(b"7 0 obj")])


def _disguised(kind, where, element, rng):
    """In an object stream that does not call itself one, in what looks like a string, and is cut."""
    index = b"9 %d 8 0 " % (1 + rng.randrange(9)) + rng.choice((b"", b"%1\n "))
    inner = index + b"(" + element + b")"
    keys = b"/N 1 /First %d" % (len(index) + 1)
    body = stream(inner, keys.replace(b"/First", b"/#46irst") if rng.random() < 0.5 else keys)
    return _found(kind, raw_pdf((*ONE_PAGE, b"null", body)), _object(5, body))


def _older(kind, where, element, rng):
    """In a revision that a later one replaces."""
    return _revise(_plain(kind, where, element, rng), 4, b"null")


def _newer(kind, where, element, rng):
    """In a later revision."""
    first = raw_pdf(_objects(where, b"null"))
    data = _revise(Hostile(kind, first), 4, element).data
    return _found(kind, data, _object(4, element))


def _revise(hostile, number, body):
    data = hostile.data
    previous = int(data[data.rindex(b"startxref") :].split()[1])
    added = _object(number, body) + b"\n"
    rows = b"xref\n%d 1\n%010d 00000 n \n" % (number, len(data))
    trailer = b"trailer\n<< /Size 6 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
    added += rows + trailer % (previous, len(data) + len(added))
    return Hostile(hostile.kind, data + added, hostile.forbidden, hostile.kept)


def _twice(kind, where, element, rng):
    """Under a number that another object has as well."""
    data = raw_pdf(_objects(where, b"null"))
    at = data.index(b"xref\n" if rng.random() < 0.5 else b"3 0 obj")
    return _found(kind, data[:at] + _object(4, element) + b"\n" + data[at:], _object(4, element))


def _hybrid(kind, where, element, rng):
    """Where only readers of cross reference streams look."""
    element_object = _object(4, element) + b"\n"
    rows = b"".join(
        kind_.to_bytes(1, "big") + offset.to_bytes(4, "big") + b"\0" for kind_, offset in ((1, 9),)
    )
    table = _object(6, stream(rows, b"/Type /XRef /W [1 4 1] /Index [4 1] /Size 7 /Root 1 0 R"))
    base = raw_pdf(_objects(where, b"null"))
    data = base[:9] + element_object + table + b"\n" + base[9:]
    data = data.replace(b"trailer\n<<", b"trailer\n<< /XRefStm %d" % (9 + len(element_object)))
    return _found(kind, data, _object(4, element))


def _overlong(kind, where, element, rng):
    """In a stream that is shorter than it says, or longer."""
    body = b"<< /Length %d >>\nstream\nX\n%s\nendstream" % (
        rng.choice((0, 1, 10**6)),
        _object(4, element),
    )
    return _found(kind, raw_pdf((*_objects(where, b"null")[:4], body)), _object(4, element))


def _confused(kind, where, element, rng):
    """After what one reader skips and another does not."""
    before = rng.choice(
        (
            b"/A <41%> ",
            b"/A <28 ( 29> ",
            b"/A (\\\\) ",
            b"/A (((\\)\\)))) ",
            b"/A << >> stream\n",
            b"/A % ( \r ",
            b"/A <4z (> ",
            b"/A ] >> endobj << ",
        )
    )
    end = rng.choice((b"", b" (", b" endstream", b" %>\n"))
    body = b"<< " + before + element[2:].rstrip()[:-2] + end + b" >>"
    return _found(kind, raw_pdf((*_objects(where, body)[:4], b"null")), _object(4, body))


PLACES = {
    "in an object": _plain,
    "inline": _inline,
    "in an object stream": _compressed,
    "in a disguised object stream": _disguised,
    "in an older revision": _older,
    "in a newer revision": _newer,
    "under a number given twice": _twice,
    "in a hybrid file": _hybrid,
    "in a stream of false length": _overlong,
    "in a confusing object": _confused,
}


def active_files(seed=0):
    """Yield each active element at each place where it can hide."""
    rng = random.Random(seed)
    for name, (where, element) in ACTIVE.items():
        for place, build in PLACES.items():
            if where == "trailer" and build is not _plain:
                continue
            # Nothing leads to it there, and it does nothing by itself.
            if name == "page on opening" and build is _disguised:
                continue
            is_stream = element.endswith(b"endstream")
            if is_stream and build in (_inline, _compressed, _disguised, _confused):
                continue
            hostile = build(f"{name}, {place}", where, respell(element, rng), rng)
            if name == "page on opening":
                # A change of what leads to it leaves an ordinary link.
                hostile = replace(hostile, kept=[])
            yield hostile


def respell(element, rng):
    """Write an element in another way that means the same to every reader."""
    if element.endswith(b"endstream") or rng.random() < 0.25:
        return element

    def name(match):
        return b"/" + b"".join(
            b"#%02x" % byte if rng.random() < 0.2 else bytes([byte]) for byte in match[1]
        )

    def space(match):
        return rng.choice((b" ", b" ", b"\n", b"\r\n", b"\0", b"\t", b"\f", b" %)(\n", b"  "))

    parts = re.split(rb"(\((?:\\.|[^()\\]|\([^()]*\))*\))", element)
    for index in range(0, len(parts), 2):
        part = re.sub(rb"/(\w+)", name, parts[index])
        parts[index] = re.sub(rb" ", space, part)
    return b"".join(parts)


# === OTHER FORBIDDEN FILES === #

ALGORITHMS = ("RC4-40", "RC4-128", "AES-128", "AES-256-R5", "AES-256")


def _encrypted(algorithm, password):
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(text_pdf())))
    writer.encrypt(user_password=password, owner_password="owner", algorithm=algorithm)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def enciphered(algorithm, body, kind="/ObjStm", compressed=True):
    """A file that opens without a password, with an object in a stream of objects, which nothing refers to.

    :param str algorithm: one of `ALGORITHMS`.
    :param bytes body: of that object.
    :param str kind: what the stream says that it is.
    """
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(text_pdf())))
    packed = EncodedStreamObject()
    packed.update(
        {
            NameObject("/Type"): NameObject(kind),
            NameObject("/N"): NumberObject(1),
            NameObject("/First"): NumberObject(5),
        }
    )
    packed._data = b"90 0 " + body
    if compressed:
        packed[NameObject("/Filter")] = NameObject("/FlateDecode")
        packed._data = zlib.compress(packed._data)
    writer._add_object(packed)
    writer.encrypt(user_password="", owner_password="owner", algorithm=algorithm)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def _archive(before=b"", after=b""):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.exe", b"MZ")
    return before + file.getvalue() + after


def forbidden_files():
    """Yield files that are refused for something other than an active element."""
    page = text_pdf()
    body, end = page[:9], page[9:]
    tree = b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"
    pages = b"<< /Type /Pages /Kids [%s] /Count 1 >>"
    for name, data in {
        "empty": b"",
        "text": b"a letter",
        "header alone": b"%PDF-1.7\n%%EOF\n",
        "picture": b"\x89PNG\r\n\x1a\n" + page,
        "program before": b"MZ" + page,
        "archive before": _archive() + page,
        "page of HTML before": b"<html><script>alert(1)</script>" + page,
        "shell script before": b"#!/bin/sh\n" + page,
        "comment of a script before": b"/*\n" + page,
        "script before": b"alert(1)//" + page,
        "other version": b"%PDF-3.0" + page[8:],
        "archive inside": body + b"%" + _archive(after=b"\n") + end,
        "archive after": page + _archive(),
        "page of HTML inside": body + b"%<html><script>alert(1)</script>\n" + end,
        "page of HTML after": page + b"<script>alert(1)</script>",
        "picture of SVG inside": body + b"%<svg onload=alert(1)>\n" + end,
        "too much after": page + b"a letter\n" * 200,
        "half": page[: len(page) // 2],
        "end without a beginning": page[:8] + page[-200:],
        "no catalog": page.replace(b"/Catalog", b"/Catalag").replace(b"/Root", b"/Roof"),
        "no pages": raw_pdf((ONE_PAGE[0], b"<< /Type /Pages /Kids [] /Count 0 >>")),
        "eleven pages": text_pdf(pages=11),
        "a thousand pages": text_pdf(pages=1000),
        "pages that are not counted": raw_pdf((ONE_PAGE[0], pages % (b"3 0 R " * 11), ONE_PAGE[2])),
        "page tree that is its own child": raw_pdf((ONE_PAGE[0], tree)),
        "packed objects of two lengths": raw_pdf(
            (*ONE_PAGE, stream(b"5 0 null", b"/Type /ObjStm /N 1 /First 4 /First 5"))
        ),
        "packed objects in a picture": raw_pdf(
            (
                *ONE_PAGE,
                b"<< /Type /ObjStm /N 1 /First 4 /Filter /DCTDecode /Length 2 >>\nstream\nMZ\nendstream",
            )
        ),
        "packed objects, damaged": raw_pdf(
            (
                *ONE_PAGE,
                stream(b"5 0 null", b"/Type /ObjStm /N 1 /First 4").replace(b"\x78\xda", b"zz"),
            )
        ),
        "unknown cipher": raw_pdf(trailer=b"/Encrypt << /Filter /Unknown >>"),
    }.items():
        yield Hostile(name, data)
    for algorithm in ALGORITHMS:
        yield Hostile(f"encrypted by {algorithm}", _encrypted(algorithm, "secret"))
        for name, (where, element) in ACTIVE.items():
            holder = b"<< %s %s >>" % (where.encode(), element)
            yield Hostile(f"{name}, enciphered by {algorithm}", enciphered(algorithm, holder))


# === COSTLY FILES === #


def _with(entry, *objects):
    """A page with one more entry, and objects from number 4."""
    page = ONE_PAGE[2].replace(b"/Type", b"%s /Type" % entry, 1)
    return raw_pdf((*ONE_PAGE[:2], page, *objects))


def _packed(content, filters, keys=b""):
    """A stream of content that is packed already."""
    return b"<< /Filter [%s] /Length %d %s >>\nstream\n%s\nendstream" % (
        filters,
        len(content),
        keys,
        content,
    )


def _references(entries, keys):
    table = stream(entries, b"/Type /XRef /Root 1 0 R " + keys)
    return b"%%PDF-1.7\n%s\nstartxref\n9\n%%%%EOF\n" % _object(1, table)


def _lzw_bomb(size):
    """Codes of LZW that repeat one byte: each code is longer than the one before."""
    bits, width, total = [], 9, 0
    code, count = 258, 1
    bits.append((256, 9))
    bits.append((0, 9))
    while total < size:
        bits.append((code, width))
        count += 1
        total += count
        code += 1
        if code + 1 >= 1 << width:
            width += 1
        if code >= 4094:
            bits.append((256, 12))
            code, count, width = 258, 1, 9
            bits.append((0, 9))
    number = length = 0
    data = bytearray()
    for value, size_ in bits:
        number, length = (number << size_) | value, length + size_
        while length >= 8:
            length -= 8
            data.append(number >> length)
            number &= (1 << length) - 1
    return bytes(data) + b"\x80"


def costly_files():
    """Yield files that try to exhaust whoever reads them."""
    zeros = bytes(60 * MB)
    flat = zlib.compress(zeros, 9)
    twice = zlib.compress(zlib.compress(bytes(900 * MB), 9), 9)
    runs = b"\x81\0" * 400_000
    hexed = flat.hex().encode()
    ascii85 = base64.a85encode(flat, adobe=True)[2:]
    bombs = {
        "Flate": (flat, b"/FlateDecode"),
        "Flate in Flate": (twice, b"/FlateDecode /FlateDecode"),
        "Flate in hexadecimal": (hexed, b"/ASCIIHexDecode /FlateDecode"),
        "Flate in base 85": (ascii85, b"/ASCII85Decode /FlateDecode"),
        "zeros in base 85": (b"z" * 900_000 + b"~>", b"/ASCII85Decode"),
        "runs": (runs, b"/RunLengthDecode"),
        "runs in Flate": (zlib.compress(runs * 20, 9), b"/FlateDecode /RunLengthDecode"),
        "LZW": (_lzw_bomb(60 * MB), b"/LZWDecode"),
        "LZW in Flate": (zlib.compress(_lzw_bomb(60 * MB) * 4, 9), b"/FlateDecode /LZWDecode"),
        "Flate, hundred times": (flat, b"/FlateDecode " * 100),
        "hexadecimal, thousand times": (b"00" * 100_000, b"/ASCIIHexDecode " * 1000),
        "predictor": (flat, b"/FlateDecode"),
    }
    for name, (content, filters) in bombs.items():
        extra = b"/DecodeParms << /Predictor 15 /Columns 1 >>" if name == "predictor" else b""
        for place, data in (
            ("page", _with(b"/Contents 4 0 R", _packed(content, filters, extra))),
            (
                "objects",
                raw_pdf(
                    (*ONE_PAGE, _packed(content, filters, extra + b"/Type /ObjStm /N 9 /First 9"))
                ),
            ),
            (
                "references",
                b"%%PDF-1.7\n%s\nstartxref\n9\n%%%%EOF\n"
                % _object(
                    1,
                    _packed(
                        content,
                        filters,
                        extra + b"/Type /XRef /W [1 1 1] /Size 60000000 /Root 1 0 R",
                    ),
                ),
            ),
        ):
            yield Hostile(f"bomb of {name}, {place}", data, False)
    text = b"BT /F1 9 Tf (a) Tj ET "
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X %d 0 R /Y %d 0 R >> >>"
    laughs = [stream(b"/X Do /Y Do", form % (number + 1, number + 1)) for number in range(5, 40)]
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>"
    ranges = (
        b"1 begincodespacerange <0000> <FFFF> endcodespacerange "
        + (b"100 beginbfrange " + b"<0000> <FFFF> <0000> " * 100 + b"endbfrange ") * 100
    )
    deep = 100_000
    chain = b"".join(
        _object(number, b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (number + 1)) + b"\n"
        for number in range(2, 8000)
    )
    image = b"/Type /XObject /Subtype /Image /Width 99999999 /Height 99999999 /ColorSpace /DeviceRGB /BitsPerComponent 16 "
    for name, data in {
        "text without end": _with(b"/Contents 4 0 R", stream(text * MB)),
        "contents, many times one": _with(
            b"/Contents [%s]" % (b"4 0 R " * 90_000), stream(text * 50_000)
        ),
        "forms of forms": _with(
            b"/Contents 4 0 R /Resources << /XObject << /X 5 0 R /Y 5 0 R >> >>",
            stream(b"/X Do"),
            *laughs,
        ),
        "form of itself": _with(
            b"/Contents 4 0 R /Resources << /XObject << /X 5 0 R >> >>",
            stream(b"/X Do"),
            stream(b"/X Do", form % (5, 5)),
        ),
        "map of characters": _with(
            b"/Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >>",
            stream(text * 9),
            font,
            stream(ranges * 9),
        ),
        "inline pictures": _with(b"/Contents 4 0 R", stream(b"BI /W 9 /H 9 ID " * 500_000)),
        "brackets in a page": _with(b"/Contents 4 0 R", stream(b"[" * 9_000_000)),
        "picture of gigapixels": _with(
            b"/Resources << /XObject << /X 4 0 R >> >>", _packed(flat, b"/FlateDecode", image)
        ),
        "fax of gigapixels": _with(
            b"/Resources << /XObject << /X 4 0 R >> >>",
            _packed(
                b"\0" * 99,
                b"/CCITTFaxDecode",
                image + b"/DecodeParms << /K -1 /Columns 99999999 /Rows 99999999 >>",
            ),
        ),
        "JBIG2 of nothing": _with(
            b"/Resources << /XObject << /X 4 0 R >> >>",
            _packed(b"\xff" * 9999, b"/JBIG2Decode", image),
        ),
        "deep array": _with(b"/Annots " + b"[" * deep + b"]" * deep),
        "deep dictionary": _with(b"/A " + b"<< /A " * deep + b">>" * deep),
        "deep string": _with(b"/A " + b"(" * deep + b")" * deep),
        "array without end": _with(b"/A [" + b"0 " * 400_000),
        "strings without end": raw_pdf((*ONE_PAGE, b"(" * 900_000)),
        "hexadecimal without end": raw_pdf((*ONE_PAGE, b"<" * 900_000)),
        "dictionaries without end": raw_pdf((*ONE_PAGE, b"<<" * 450_000)),
        "strings of brackets": raw_pdf((*ONE_PAGE, b"(()" * 300_000)),
        "wide array": _with(b"/A [%s]" % (b"3 0 R " * 150_000)),
        "wide dictionary": _with(b"/A << %s >>" % b" ".join(b"/%d 0" % n for n in range(100_000))),
        "names": _with(b"/A [%s]" % (b"/A" * 400_000)),
        "escaped names": _with(b"/A [%s]" % (b"/#41#41" * 100_000)),
        "long name": _with(b"/" + b"A" * 900_000 + b" 0"),
        "long number": _with(b"/A " + b"9" * 900_000),
        "long comment": _with(b"%" + b"1" * 900_000 + b"\n"),
        "numbers and comments": raw_pdf((*ONE_PAGE, b"1%" * 400_000)),
        "numbers": raw_pdf((*ONE_PAGE, b"1 " * 400_000)),
        "digits": raw_pdf((*ONE_PAGE, b"0" * 900_000)),
        "blanks": raw_pdf((*ONE_PAGE, b"1" + b" " * 900_000)),
        "references to nowhere": raw_pdf((*ONE_PAGE, b"/OpenAction 1 " * 60_000)),
        "words obj": raw_pdf((*ONE_PAGE, b"1 0 obj " * 100_000)),
        "words stream": raw_pdf((*ONE_PAGE, b">>stream " * 100_000)),
        "words stream in one dictionary": raw_pdf((*ONE_PAGE, b"<<>>stream " * 80_000)),
        "words endobj": raw_pdf((*ONE_PAGE, b"endobj " * 100_000)),
        "words trailer": raw_pdf((*ONE_PAGE, b"trailer<<>> " * 80_000)),
        "words startxref": raw_pdf() + b"startxref\n0\n%%EOF\n" * 50_000,
        "many objects": raw_pdf((*ONE_PAGE, *[b"<< /A 1 >>"] * 15_000)),
        "many packed objects": compressed_pdf((*ONE_PAGE, *[b"<< /A 1 >>"] * 50_000)),
        "many object streams": raw_pdf(
            (*ONE_PAGE, *[stream(zeros[: 15 * MB], b"/Type /ObjStm /N 1 /First 4")] * 50)
        ),
        "many small object streams": raw_pdf(
            (*ONE_PAGE, *[stream(b"9 0 null", b"/Type /ObjStm /N 1 /First 4")] * 7_000)
        ),
        "object stream in an object stream": raw_pdf(
            (
                *ONE_PAGE,
                stream(
                    b"9 0 " + stream(b"9 0 null", b"/Type /ObjStm /N 1 /First 4"),
                    b"/Type /ObjStm /N 1 /First 4",
                ),
            )
        ),
        "object stream that extends itself": raw_pdf(
            (*ONE_PAGE, stream(b"9 0 null", b"/Type /ObjStm /N 1 /First 4 /Extends 4 0 R"))
        ),
        "object stream of a lying index": raw_pdf(
            (*ONE_PAGE, stream(b"9 99999999 " * 9000, b"/Type /ObjStm /N 999999999 /First 99000"))
        ),
        "objects beyond the end": raw_pdf(
            (*ONE_PAGE, stream(b"9 0 null", b"/Type /ObjStm /N 1 /First 999999999999999999999"))
        ),
        "page tree of thousands": b"%%PDF-1.7\n1 0 obj\n%s\nendobj\n%strailer\n<< /Root 1 0 R >>\nstartxref\n0\n%%%%EOF\n"
        % (ONE_PAGE[0], chain),
        "page tree in a circle": raw_pdf(
            (
                ONE_PAGE[0],
                b"<< /Type /Pages /Kids [3 0 R 3 0 R] /Count 2 >>",
                b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>",
            )
        ),
        "page tree that doubles": raw_pdf(
            (
                ONE_PAGE[0],
                *[
                    b"<< /Type /Pages /Kids [%d 0 R %d 0 R] /Count 9 >>" % (n, n)
                    for n in range(3, 40)
                ],
                ONE_PAGE[2],
            )
        ),
        "page that is its own parent": raw_pdf((*ONE_PAGE[:2], b"<< /Type /Page /Parent 3 0 R >>")),
        "kids without end": raw_pdf(
            (
                ONE_PAGE[0],
                b"<< /Type /Pages /Kids [%s] /Count 99999999999 >>" % (b"3 0 R " * 150_000),
                ONE_PAGE[2],
            )
        ),
        "kids that are numbers": raw_pdf(
            (ONE_PAGE[0], b"<< /Type /Pages /Kids [%s] /Count 1 >>" % (b"0 " * 400_000))
        ),
        "object that is itself": _with(b"/A 4 0 R", b"4 0 R"),
        "objects that are each other": raw_pdf((ONE_PAGE[0], b"3 0 R", b"2 0 R")),
        "length that is itself": _with(
            b"/Contents 4 0 R", b"<< /Length 4 0 R >>\nstream\nX\nendstream"
        ),
        "length beyond numbers": _with(
            b"/Contents 4 0 R", b"<< /Length 99999999999999999999999999 >>\nstream\nX\nendstream"
        ),
        "length below zero": _with(
            b"/Contents 4 0 R", b"<< /Length -99999 >>\nstream\nX\nendstream"
        ),
        "fields in a circle": raw_pdf(
            (
                ONE_PAGE[0].replace(b"/Type", b"/AcroForm << /Fields [4 0 R] >> /Type"),
                *ONE_PAGE[1:],
                b"<< /Kids [4 0 R 4 0 R] /Parent 4 0 R >>",
            )
        ),
        "fields without end": raw_pdf(
            (
                ONE_PAGE[0].replace(
                    b"/Type", b"/AcroForm << /Fields [%s] >> /Type" % (b"<< /T (a) >> " * 60_000)
                ),
                *ONE_PAGE[1:],
            )
        ),
        "previous that is itself": raw_pdf(trailer=b"/Prev 9").replace(
            b"/Prev 9", b"/Prev %d" % len(raw_pdf()[: raw_pdf().index(b"xref\n")])
        ),
        "previous beyond the end": raw_pdf(trailer=b"/Prev 99999999999999999999"),
        "previous below zero": raw_pdf(trailer=b"/Prev -1"),
        "stream of references that is itself": raw_pdf(trailer=b"/XRefStm 9"),
        "references in a circle": _references(bytes(9), b"/W [1 1 1] /Size 3 /Prev 9"),
        "references, many": _references(b"\1\0\0" * 5_000_000, b"/W [1 1 1] /Size 90000000"),
        "references, wide": _references(bytes(9 * MB), b"/W [1 4000000 4000000] /Size 9"),
        "references, of no width": _references(bytes(9), b"/W [0 0 0] /Size 999999999"),
        "references, below zero": _references(bytes(9), b"/W [-1 -1 -1] /Size 9"),
        "references, from far": _references(
            bytes(9), b"/W [1 1 1] /Index [%s] /Size 9" % (b"0 999999999 " * 999)
        ),
        "table of references": _table(b"0 50000\n" + b"0000000009 00000 n \n" * 50_000),
        "table of references, announced": _table(b"0 999999999999\n0000000009 00000 n \n"),
        "table of references, below zero": _table(b"-5 -5\n0000000009 00000 n \n"),
        "table of references, in parts": _table(b"0 0\n" * 200_000),
        "start of references at itself": raw_pdf()[:-20] + b"startxref\n9\n%%EOF\n",
        "start of references beyond numbers": raw_pdf()[:-20]
        + b"startxref\n"
        + b"9" * 5000
        + b"\n%%EOF\n",
        "revisions": _revisions(2500),
        "nothing but bytes": b"%PDF-1.7\n" + random.Random(1).randbytes(900_000) + b"\n%%EOF",
    }.items():
        yield Hostile(name, data[: MB - 7] + b"\n%%EOF\n" if len(data) > MB else data, False)


def _table(rows):
    start = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
    trailer = b"trailer\n<< /Size 9 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(start)
    return start + b"xref\n" + rows + trailer


def _revisions(count):
    hostile = Hostile("", raw_pdf(_objects("/A", b"null")), False)
    for _revision in range(count):
        hostile = _revise(hostile, 4, b"null")
    return hostile.data


# === MUTATIONS === #

_WORDS = (
    b"(", b")", b"<", b">", b"<<", b">>", b"[", b"]", b"{", b"}", b"/", b"%", b"\\", b"#", b"\0", b"\r", b"\n",
    b"stream\n", b"endstream", b"obj", b"endobj", b"1 0 obj", b"trailer", b"xref", b"startxref\n0\n", b"%%EOF\n",
    b"/Type", b"/Length 9", b"/Filter /FlateDecode", b"/Kids [2 0 R]", b"/ObjStm", b"/N 1 /First 4", b"4 0 R",
    b"null", b"-1", b"99999999999999999999", b"1e400", b">>stream\n", b"(%)", b"<%>", b"<(>",
)  # fmt: skip


def mutants(count, seed=0):
    """Yield `count` files: each kind in turn, with mutations; the same seed gives the same files."""
    rng = random.Random(seed)
    originals = []
    for original in itertools.chain(active_files(seed), forbidden_files(), costly_files()):
        if len(originals) == count:
            return
        originals.append(original)
        yield mutate(original, rng)
    for number in range(len(originals), count):
        yield mutate(originals[number % len(originals)], rng)


def mutate(original, rng):
    """Change a file anywhere but in what makes it forbidden."""
    # Known to be forbidden as a whole only: a change can make it harmless.
    forbidden = original.forbidden and bool(original.kept)
    parts, last = [], 8  # the header stays, so that more than the header is read
    data = original.data
    for start, stop in original.kept:
        parts += [data[last:start], data[start:stop]]
        last = max(stop, 8)
    parts.append(data[last:])
    free = [index for index in range(0, len(parts), 2) if parts[index]]
    for _step in range(rng.choice((1, 1, 2, 3, 8)) if free else 0):
        index = rng.choice(free)
        parts[index] = _change(parts[index], rng)
    data = data[:8] + b"".join(parts)
    if b"%%EOF" not in data[-1024:]:
        data += b"\n%%EOF\n"
    return Hostile(original.kind, data, forbidden)


def _change(part, rng):
    start = rng.randrange(len(part) + 1)
    stop = min(len(part), start + rng.choice((1, 2, 5, 20, 200)))
    piece = part[start:stop]
    kind = rng.randrange(7)
    if kind == 0:  # flip
        piece = bytes(byte ^ (1 << rng.randrange(8)) for byte in piece)
    elif kind == 1:  # drop
        piece = b""
    elif kind == 2:  # repeat
        piece *= rng.choice((2, 3, 50))
    elif kind == 3:  # noise
        piece = rng.randbytes(len(piece))
    elif kind in (4, 5):  # a word of the language
        piece = rng.choice(_WORDS) + (piece if kind == 4 else b"")
    else:  # another number
        at = rng.choice([match.span() for match in re.finditer(rb"\d+", part)] or [(start, stop)])
        start, stop = at
        piece = rng.choice((b"0", b"1", b"%d" % rng.randrange(5000), b"-7", b"4294967296"))
    return part[:start] + piece + part[stop:]


def sample():
    """Return each active element once, each hiding place several times, and each other kind."""
    rng = random.Random(0)
    by_element = {}
    for hostile in active_files():
        by_element.setdefault(hostile.kind.rpartition(", ")[0], []).append(hostile)
    active = [files[number % len(files)] for number, files in enumerate(by_element.values())]
    return [*active, *(mutate(hostile, rng) for hostile in active[::3]), *forbidden_files()]
