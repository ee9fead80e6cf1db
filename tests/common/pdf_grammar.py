# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Mutations of the grammar of PDF files: spellings that some program understands and another does not.

A file is a list of objects until it is written, so that a mutation can leave the cross references right:
then a program that follows them and one that mends them read the same bytes in different ways.
"""

import random
import re
import zlib
from itertools import accumulate

try:
    from . import pdf_hostile
    from .pdf_samples import ONE_PAGE, scan_pdf, text_pdf
except ImportError:  # the benchmark has this folder on its path
    import pdf_hostile
    from pdf_samples import ONE_PAGE, scan_pdf, text_pdf

URI = b"<< /S /URI /URI (http://example.com) >>"
HARMLESS = {
    "plain": ("/X", b"<< /Y [1 2.5 -3 (a) <41> /B true null 3 0 R] >>"),
    "place on opening": ("/OpenAction", b"[3 0 R /XYZ 0 800 1.5]"),
    "place by an action": ("/OpenAction", b"<< /S /GoTo /D [3 0 R /Fit] >>"),
    "print dialogue": ("/OpenAction", b"<< /Type /Action /S /Named /N /Print >>"),
    "link": ("/Annots", b"<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A %s >>" % URI),
    "note": ("/Annots", b"<< /Subtype /Text /Rect [0 0 9 9] /Contents (ver /JavaScript \\(b\\)) >>"),
    "outline": ("/Outlines", b"<< /Count 1 /First << /Title (a) /A %s >> >>" % URI),
    "field": ("/AcroForm", b"<< /Fields [<< /FT /Tx /T (a) /V (b) /DA (/Helv 0 Tf) >>] >>"),
    "names": ("/Names", b"<< /Dests << /Names [(a) [3 0 R /Fit]] >> /EmbeddedFiles << /Names [] >> >>"),
    "labels": ("/PageLabels", b"<< /Nums [0 << /S /r >> 3 << /S /D /St 1 >>] >>"),
}  # fmt: skip

WHITE = (
    b" ",
    b"\n",
    b"\r",
    b"\r\n",
    b"\t",
    b"\f",
    b"\0",
    b"  ",
    b" % a comment\n",
    b"%\r",
    b"% (\n",
    b"%<<\n",
)
ODD_WHITE = (b"\x0b", b"\x80", b"\xff", b"\xa0", b"\x85", b"\x1f", b"%", b"")
WORDS = (
    b"obj", b"endobj", b"1 0 obj", b"4 0 obj", b"4 0 obj null endobj", b"stream\n", b"endstream", b"endstream endobj",
    b"trailer << /Root 1 0 R >>", b"<< /Root 4 0 R >>", b"xref\n", b"R", b"4 0 R", b"(", b")", b"<", b">", b"<<", b">>",
    b"[", b"]", b"{", b"}", b"/", b"%", b"% \n", b"\r", b"#", b"\\", b"/Length 3", b"/Type /ObjStm", b"/N 1 /First 4",
    b"/S /URI", b"/OpenAction 4 0 R", b"/Filter /ASCIIHexDecode", b"null", b"-", b"endobj 4 0 obj", b"%%EOF\n", b"ID",
)  # fmt: skip


# === ORIGINALS === #


def originals(hostile):
    """Return (kind, objects) of files whose fourth object does something (or does not)."""
    elements = pdf_hostile.ACTIVE if hostile else HARMLESS
    files = []
    for kind, (where, element) in elements.items():
        if where != "trailer":
            objects = list(pdf_hostile._objects(where, element))
            files.append((kind, objects))
            if not element.endswith(b"endstream"):
                objects = list(pdf_hostile._objects(where, b"null", element))
                files.append((kind + ", inline", objects))
    return files


# === MUTATIONS OF ONE OBJECT === #


def _number(text, rng):
    def spell(match):
        digits = match[0]
        return rng.choice(
            (
                b"+" + digits, b"-" + digits, b"--" + digits, b"0" + digits, b"0" * 12 + digits, digits + b".", digits + b".0",
                digits + b"-", digits + b"-7", digits + b"+", digits + b"e0", b"." + digits, digits + b"\x80", b"0x" + digits,
                b"%d" % (int(digits) + (1 << 32)), b"%d" % (int(digits) + (1 << 64)), b"1" + digits, digits + b"#", b"-",
                digits + b"..", digits[:-1] + b"#3%c" % digits[-1],
            )
        )  # fmt: skip

    return _at_one(rb"(?<=[\s\[/])\d{1,9}(?=[\s\]>/])", text, spell, rng)


def _name(text, rng):
    def spell(match):
        letters = [bytes([byte]) for byte in match[1]]
        index = rng.randrange(len(letters))
        byte = ord(letters[index])
        ways = (
            b"#%02x" % byte, b"#%02X" % byte, b"#%X%s" % (byte >> 4, bytes([byte % 16 + 55]) if byte % 16 > 9 else b"%d" % (byte % 16)),
            # PDFium's formula for two characters that are no digits
            b"#%c%c" % ((byte - 16) // 16 + 48, 16 + byte % 16 + 55), b"##%02x" % byte, b"#%c" % byte, b"#00%c" % byte,
            b"%c\x80" % byte, b"%c\xff" % byte, b"%c\x0b" % byte, b"%c\0" % byte, b"%c%%\n" % byte, b"%c\xa0" % byte,
        )  # fmt: skip
        if rng.random() < 0.4:
            index = len(letters) - 1
            ways = [b"%c%s" % (letters[-1][0], odd) for odd in ODD_WHITE]
        letters[index] = rng.choice(ways)
        return b"/" + b"".join(letters)

    return _at_one(rb"/([A-Za-z0-9]+)", text, spell, rng)


def _keyword(text, rng):
    def spell(match):
        word = match[0]
        index = rng.randrange(len(word))
        return rng.choice(
            (
                word[:index] + b"#%02x" % word[index] + word[index + 1 :], word.upper(), word + word[-1:], word[:-1], b"x" + word,
                word + b"\0", word + b"\x80", word + b"\xff", word + b"\x0b", b"new" + word, word + b"%\n", word + b"2", b"",
                word + b" " + word, b"%" + word, word[:index] + b"%\n" + word[index:], b"\xff" + word, b"\x80" + word,
            )
        )  # fmt: skip

    return _at_one(rb"(?<![A-Za-z])(?:obj|endobj|stream|endstream|R|null|true|trailer|xref|startxref)(?![A-Za-z])", text, spell, rng)  # fmt: skip


def _white(text, rng):
    return _at_one(
        rb"[ \n]",
        text,
        lambda _match: rng.choice(WHITE if rng.random() < 0.6 else ODD_WHITE),
        rng,
    )


def _word(text, rng):
    place = rng.choice([match.start() for match in re.finditer(rb"(?<=[ \n])|$", text)] or [0])
    gap = rng.choice((b" ", b"\n", b""))
    return text[:place] + gap + rng.choice(WORDS) + gap + text[place:]


def _drop(text, rng):
    return _at_one(rb"\S+|<<|>>|/\w+", text, lambda _match: b"", rng)


def _double(text, rng):
    return _at_one(rb"\S+( \S+){0,3}", text, lambda match: match[0] + b" " + match[0], rng)


def _brackets(text, rng):
    """Put a piece in a string, a comment, a hexadecimal string or a dictionary."""
    start, stop = sorted(rng.randrange(len(text) + 1) for _end in range(2))
    before, after = rng.choice(
        ((b"(", b")"), (b"(\\", b")"), (b"(\\(", b")"), (b"% ", b"\n"), (b"%", b"\r"), (b"<", b">"), (b"<<", b">>"), (b"[", b"]"),
         (b"<< /X", b">>"), (b"<41 ", b">"), (b"(", b"\\)"), (b"((", b")"))
    )  # fmt: skip
    return text[:start] + before + text[start:stop] + after + text[stop:]


def _prefix(text, rng):
    return (
        rng.choice((b"<< /A (", b"<< /A 5 6 7 (", b"<< /A [5 (", b"(", b"[5 (", b"% ", b"<<", b"[", b"<", b"<< /A <zz(>")) + text + rng.choice((b")", b") >>", b")]", b"", b") ] >>", b">"))
    )  # fmt: skip


SPELLINGS = (_number, _name, _keyword, _white, _word, _drop, _double, _brackets, _prefix)


def _at_one(pattern, text, spell, rng):
    """Replace what one match of a pattern has, chosen at random."""
    matches = list(re.finditer(pattern, text))
    if not matches:
        return text
    match = rng.choice(matches)
    return text[: match.start()] + spell(match) + text[match.end() :]


# === FILES === #


def write(objects, rng, header=b"%PDF-1.7\n"):
    """Write objects in one of the ways in which a file can be laid out.

    :param objects: bodies by number, from 1; or a tuple of a body with the words around it.
    """
    layout = rng.randrange(9)
    if layout == 0:
        return _packed(objects, rng)
    if layout == 1:
        return _hidden(objects, rng)
    if layout == 2:
        return _hybrid(objects, rng)
    data, offsets = _bodies(objects, header)
    if layout == 3:
        return _update(data, offsets, objects, rng)
    if layout == 4:
        return _table(data, offsets, rng, startxref=rng.choice((0, 9, 10**6, -1)))
    if layout == 5:
        number = rng.randrange(1, len(objects) + 1)
        offsets[number] = rng.choice(
            (offsets[number] + 1, offsets[number] - 1, 0, offsets[rng.randrange(1, len(objects) + 1)])
        )  # fmt: skip
    return _table(data, offsets, rng)


def _bodies(objects, data):
    offsets = {}
    for number, body in enumerate(objects, 1):
        offsets[number] = len(data)
        if isinstance(body, tuple):
            data += b"".join(body)
        else:
            data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    return data, offsets


def _table(data, offsets, rng, keys=b"", startxref=None):
    size = max(offsets) + 1
    rows = b"".join(
        b"%010d 00000 %c \n" % ((offsets[number], b"n"[0]) if number in offsets else (0, b"f"[0]))
        for number in range(1, size)
    )
    trailer = b"trailer\n<< /Size %d /Root 1 0 R %s >>" % (size, keys)
    if rng.random() < 0.1:
        trailer = rng.choice(SPELLINGS)(trailer, rng)
    return data + b"xref\n0 %d\n0000000000 65535 f \n%s%s\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        rows,
        trailer,
        len(data) if startxref is None else startxref,
    )


def _plain(body):
    return b"".join(body) if isinstance(body, tuple) else body


def _packed(objects, rng):
    """In an object stream, whose dictionary and index are spelled in some way."""
    outside = {n for n, body in enumerate(objects, 1) if b"stream" in _plain(body)}
    inside = [(n, _plain(body)) for n, body in enumerate(objects, 1) if n not in outside]
    offsets = list(accumulate((len(body) + 1 for _n, body in inside[:-1]), initial=0))
    if rng.random() < 0.2:
        offsets[rng.randrange(len(offsets))] += rng.choice((-3, -1, 1, 2, 7, 20))
    index = (
        b" ".join(b"%d %d" % (n, at) for (n, _body), at in zip(inside, offsets, strict=True))
        + b"\n"
    )
    if rng.random() < 0.25:
        index = rng.choice((_number, _white, _word, _double, _drop))(b" " + index, rng)
    content = index + b"\n".join(body for _n, body in inside)
    first = len(index) + rng.choice((0,) * 9 + (-1, 1, 5))
    kind = rng.randrange(8)
    keys = b"/Type /ObjStm /N %d /First %d" % (len(inside) + rng.choice((0,) * 9 + (-1, 1)), first)
    if kind < 4:
        packed, filters = zlib.compress(content), b"/Filter /FlateDecode"
    elif kind == 4:
        packed, filters = content.hex().encode() + b">", b"/Filter /ASCIIHexDecode"
    elif kind == 5:
        packed = zlib.compress(zlib.compress(content))
        filters = b"/Filter [/FlateDecode /FlateDecode]"
    elif kind == 6:
        rows = b"".join(b"\0" + content[at : at + 5].ljust(5) for at in range(0, len(content), 5))
        packed = zlib.compress(rows)
        filters = b"/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 5 >>"
    else:
        packed, filters = content, b""
    keys = b"<< %s %s /Length %d >>" % (keys, filters, len(packed))
    if rng.random() < 0.5:
        keys = rng.choice(SPELLINGS)(keys, rng)
    if rng.random() < 0.2:
        keys = keys.replace(
            b"/Type /ObjStm",
            rng.choice((b"", b"/Type 9 0 R", b"/Type /XObject", b"/Type /Obj#53tm")),
        )
        keys = keys.replace(
            b" /First", rng.choice((b" /First", b" /F#69rst", b" /First 0 /First", b" /X"))
        )
    data = b"%PDF-1.7\n"
    holder, table = len(objects) + 1, len(objects) + 2
    places = {}
    for number in outside:
        places[number] = len(data)
        data += b"%d 0 obj\n%s\nendobj\n" % (number, _plain(objects[number - 1]))
    places[holder] = len(data)
    data += b"%d 0 obj\n%s%sstream%s%s\nendstream\nendobj\n" % (
        holder, keys, rng.choice((b"\n", b"\n", b" %\n")), rng.choice((b"\n", b"\n", b"\r\n", b"\r", b" \n", b"x\n")), packed,
    )  # fmt: skip
    places[table] = len(data)
    order = {number: index for index, (number, _body) in enumerate(inside)}
    entries = b"\0\0\0\0\0\xff\xff"
    for number in range(1, table + 1):
        kind_, a, b = (2, holder, order[number]) if number in order else (1, places[number], 0)
        entries += b"%c" % kind_ + a.to_bytes(4, "big") + b.to_bytes(2, "big")
    keys = b"/Type /XRef /W [1 4 2] /Size %d /Root 1 0 R" % (table + 1)
    startxref = len(data) if rng.random() < 0.8 else 0
    return data + b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (
        table,
        pdf_hostile.stream(entries, keys),
        startxref,
    )


def _hidden(objects, rng):
    """One object stands where most programs see none: in a stream, a string, a comment, or after the end."""
    number = rng.choice((4, 4, 4, 1, 3))
    inner = b"%d 0 obj%s%s\nendobj" % (
        number,
        rng.choice((b"\n", b" ", b"%\n", b"")),
        _plain(objects[number - 1]),
    )
    if rng.random() < 0.7:
        inner = rng.choice(SPELLINGS)(inner, rng)
    holder = len(objects) + 1
    around = rng.choice(
        (
            (b"<< /Length %d >>\nstream\n" % (len(inner) + 8), b"\n12345678endstream"),
            (b"<< /Length 3 >>\nstream\nabc\nendstream\n", b"\nendstream"),
            (b"<< /Length 9 0 R >>\nstream\nabc\nendstream\n", b"\nendstream"),
            (b"(", b")"), (b"<< /A (", b") >>"), (b"[5 (", b")]"), (b"<< /A 5 6 7 (", b") >>"), (b"% ", b"\nnull"), (b"%", b"\rnull"),
            (b"<< /A <", b"> >>"), (b"<< /Length 5 >>\nstream\n( % <<\n", b"\nendstream"), (b"null endobj ", b""), (b"42 ", b""),
        )
    )  # fmt: skip
    others = list(objects)
    others[number - 1] = b"null" if rng.random() < 0.5 or number != 4 else b"[]"
    data, offsets = _bodies(others, b"%PDF-1.7\n")
    start = len(data)
    data += b"%d 0 obj\n%s" % (holder, around[0])
    place = len(data)
    data += inner + around[1] + b"\nendobj\n"
    offsets[holder] = start
    if rng.random() < 0.7:
        offsets[number] = place + rng.choice((0, 0, 0, 1, -1))
    return _table(data, offsets, rng, startxref=rng.choice((None, None, 0)))


def _hybrid(objects, rng):
    number = 4
    others = list(objects)
    others[number - 1] = b"null"
    data, offsets = _bodies(others, b"%PDF-1.7\n")
    place = len(data)
    data += b"%d 0 obj\n%s\nendobj\n" % (number, _plain(objects[number - 1]))
    stream = len(data)
    entries = b"\1" + place.to_bytes(4, "big") + b"\0"
    keys = b"/Type /XRef /W [1 4 1] /Index [%d 1] /Size 9 /Root 1 0 R" % number
    data += b"8 0 obj\n%s\nendobj\n" % pdf_hostile.stream(entries, keys)
    if rng.random() < 0.5:
        del offsets[number]
    return _table(data, offsets, rng, keys=b"/XRefStm %d" % stream)


def _update(data, offsets, objects, rng):
    """A later revision brings one object back, or takes it away."""
    number = rng.choice((4, 4, 1))
    body = _plain(objects[number - 1])
    if rng.random() < 0.5:  # the first revision has nothing there
        others = list(objects)
        others[number - 1] = b"null" if number == 4 else ONE_PAGE[0]
        data, offsets = _bodies(others, b"%PDF-1.7\n")
    else:
        body = rng.choice((b"null", b"<< /S /GoTo >>", b"[]"))
    data = _table(data, offsets, rng)
    previous = data.rindex(b"xref\n0")
    new = rng.choice(
        (b"%d 0 obj\n%s\nendobj\n",) * 4 + (b"%d 1 obj\n%s\nendobj\n", b"%d 0 obj%s endobj ")
    )
    place = len(data)
    data += new % (number, body)
    if rng.random() < 0.2:
        return data + b"startxref\n%d\n%%%%EOF\n" % previous
    return data + b"xref\n%d 1\n%010d 00000 n \ntrailer\n<< /Size 6 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (
        number, place, previous, len(data),
    )  # fmt: skip


def mutants(count, seed, hostile):
    """Yield (kind, file) `count` times; the same seed gives the same files.

    :param hostile: whether the originals do something.
    """
    rng = random.Random(f"{seed} {hostile}")
    files = originals(hostile)
    if not hostile:
        files += [
            ("text", text_pdf()),
            ("compressed text", text_pdf(pageCompression=1)),
            ("scan", scan_pdf(dpi=30)),
        ]
    for index in range(count):
        kind, objects = files[index % len(files)]
        if isinstance(objects, bytes):
            data = objects
            for _step in range(rng.choice((1, 1, 2, 3))):
                data = rng.choice(SPELLINGS)(data, rng)
        else:
            objects = list(objects)
            for _step in range(rng.choice((0, 1, 1, 1, 2, 3))):
                number = rng.choice((4, 4, 4, 1, 1, 3, 2, 5))
                spelled = rng.choice(SPELLINGS)
                body = objects[number - 1]
                if isinstance(body, bytes) and rng.random() < 0.7:
                    objects[number - 1] = spelled(body, rng)
                else:  # with the words around it
                    body = (
                        b"".join(body)
                        if isinstance(body, tuple)
                        else b"%d 0 obj\n%s\nendobj\n" % (number, body)
                    )
                    body = spelled(body, rng)
                    objects[number - 1] = (body,)
            data = write(objects, rng)
            if rng.random() < 0.15:
                data = rng.choice(SPELLINGS)(data, rng)
        if not data.startswith(b"%PDF-1.7"):
            data = b"%PDF-1.7" + data[8:]
        if b"%%EOF" not in data[-1024:]:
            data += b"\n%%EOF\n"
        yield kind, data
