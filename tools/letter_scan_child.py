# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Report what one attached letter shows: the process behind `letter_scan.py`, run by `sandbox.py`.

On standard input come one byte and the file: `S` when it has a digital signature, `C` when it is to be
compared with the letter. Each fact goes to standard output as soon as it is known, one JSON object a line,
so that nothing said is lost when a limit kills this process: `text_codes`, `scan_text_codes`, `has_text` and
`scanned`, then of a signed file `signatures`, of one to compare `drawn`, then `blank`, and `codes` with
`complete`, whether every picture was looked at, `numbers`, pairs of the number of a page of the letter and of
how many it says it is, `coded`, how many codes were read, and `others`, how many pages show something else or
have room beside the page of the letter that was read on them.

A signature proves the bytes that it covers, and programs differ in how they read any others. So it
is valid only if nothing but its own digits lies between those bytes, and everything after them is
accounted for.
"""

import base64
import contextlib
import io
import itertools
import json
import logging
import math
import re
import struct
import sys
import time
import warnings
from functools import partial
from typing import NamedTuple

import pypdf
from PIL import Image, ImageChops, ImageFilter, ImageOps
from pypdf import filters, generic

try:
    import zxingcpp
except ImportError:  # optional: then no scan is read
    zxingcpp = None
try:
    import pypdfium2
except ImportError:  # optional: then Pillow puts pages together, of the kinds that it reads
    pypdfium2 = None

_PIXELS = 40_000_000  # of one picture: A4 in grey at 600 dpi has 35 million
_DECODED = 3 * _PIXELS  # bytes that one stream may decode to: the same in colour
_PICTURES = 40  # of one page; more are not read
_DEPTH = 4  # of forms within forms
_CERTIFICATES = 20  # of authorities, of one signature
_HASHES = frozenset(
    ("sha224", "sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512")
)  # of a signature that proves something
_DETACHED = ("/adbe.pkcs7.detached", "/ETSI.CAdES.detached")
_HOLE = re.compile(rb"<((?:[0-9A-Fa-f]{2})+)>")  # in the bytes that a signature covers
_HEAD = re.compile(rb"(?<![0-9])(\d{1,10})[\0\t\n\f\r ]+(\d{1,5})[\0\t\n\f\r ]+obj")
_SECONDS = 5  # of CPU, after which no further attempt is made
_started = time.process_time()  # what was imported does not count

_CODE = re.compile(r"(?<![A-Z0-9-])[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}(?![A-Z0-9-])")
# What the QR code of a page says: the code, of which page, of how many. Until 19.0.1.1 only the code.
_MARK = re.compile(rf"({_CODE.pattern})(?: ([1-9]\d?)/([1-9]\d?))?")
_WORD = re.compile(r"[^\W\d_]{3}")
# What a content stream paints with, save pictures and forms (Do). Found within a string as well,
# which only keeps a page from counting as blank.
_PAINT = re.compile(rb"(?<![^\s\])>])(?:[fFSsBb]|[fBb]\*|sh|Tj|TJ|'|\"|BI)(?![^\s\[(<])")
_BITS_PER_SAMPLE, _COMPRESSION, _T4_OPTIONS = 258, 259, 292  # of TIFF
_INLINE = re.compile(rb"(?<![^\s\])>])BI(?=[\s/])")
# The short names that a picture in a content may have.
_KEYS = {
    "/BPC": "/BitsPerComponent",
    "/CS": "/ColorSpace",
    "/D": "/Decode",
    "/DP": "/DecodeParms",
    "/F": "/Filter",
    "/H": "/Height",
    "/IM": "/ImageMask",
    "/W": "/Width",
}
_NAMES = {
    "/G": "/DeviceGray",
    "/RGB": "/DeviceRGB",
    "/CMYK": "/DeviceCMYK",
    "/I": "/Indexed",
    "/AHx": "/ASCIIHexDecode",
    "/A85": "/ASCII85Decode",
    "/LZW": "/LZWDecode",
    "/Fl": "/FlateDecode",
    "/RL": "/RunLengthDecode",
    "/CCF": "/CCITTFaxDecode",
    "/DCT": "/DCTDecode",
}
_PAINTERS = frozenset(b"S s f F f* B B* b b* sh".split())
# Of a page of A4 or Letter, upright, in sides of the code on it, less what a glass cuts off: a copy may show two
# pages of the letter on one sheet, or four.
_PAGE_SIDES = 8.5, 12.3
_PAGE_PIXELS = 500  # of the shorter side; a smaller picture is a logo or a signature, not a page
_PAGE_AREA = 800_000  # pixels of strips and tiles that are a page together: A4 at 90 dpi
_DRAWN_PIXELS = 1750  # of the shorter side of a page that is drawn: A4 at 210 dpi
_OBJECTS = 20_000  # of a page to draw

# How ink is told from paper.
_BLANK_PIXELS = 1000  # of the shorter side, at which it is looked for
_MARGIN = 0.04  # of each side: shadows and holes
_SURROUNDINGS = 25  # pixels around, whose grey is that of the paper, however the light falls
_LEAST_CONTRAST = 8  # of 255: what differs by less from the paper is seen by nobody
_CONTRAST = 40  # what differs by more is ink on the grainiest paper
_GRAINS = 6  # ink differs by more than so many deviations of the paper from its own grey
_INK_SHARE = 0.00005  # less of a page is dust

# Sides in pixels at which a page is read again when its own size did not do: in between, the grid of
# the scanner and that of the code fall together differently.
_SIDES = (1250, 1750, 900, 2500)


def warm():
    """Import what some files need only, in the process that is forked for each of them."""
    Image.preinit()
    with contextlib.suppress(ImportError):
        import pyhanko.pdf_utils.reader
        import pyhanko.sign.diff_analysis
        import pyhanko.sign.validation  # noqa: F401


def main():
    _limit_libraries()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    purpose = sys.stdin.buffer.read(1)
    data = sys.stdin.buffer.read()
    pages, shown = _open_pages(data)
    _read_text(pages, shown)
    if purpose == b"S":
        _report(signatures=_verify_signatures(data))
    if purpose == b"C":
        _report(drawn=_attempt(_count_drawn, pages))
    _look_at(data, pages, shown)


def _open_pages(data):
    """Return the pages of a file, and the pictures of each."""
    pages = []
    try:
        pages = list(pypdf.PdfReader(io.BytesIO(data), strict=False).pages)
        shown = [list(_pictures(page)) + _attempt(_inline, page, otherwise=[]) for page in pages]
    except Exception:  # pypdf raises almost anything; the caller has checked the file
        shown = [[] for _page in pages]
    return pages, shown


def _limit_libraries():
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = _PIXELS
    limits = {
        "zlib_maximum_output_length": _DECODED,
        "lzw_maximum_output_length": _DECODED,
        "run_length_maximum_output_length": _DECODED,
        "array_based_stream_maximum_output_length": _DECODED,
        "stream_decoding_work_maximum_length": 2 * _DECODED,
        "jbig2dec_binary": None,  # another program
    }
    if hasattr(pypdf, "overwrite_configuration"):
        known = {name: limits[name] for name in limits if hasattr(pypdf.Configuration, name)}
        pypdf.overwrite_configuration(**known)
    else:  # pragma: no cover — constants of a module in releases of pypdf before 7
        for name in ("ZLIB", "LZW", "RUN_LENGTH"):
            setattr(filters, f"{name}_MAX_OUTPUT_LENGTH", _DECODED)
        filters.JBIG2DEC_BINARY = None


def _report(**fact):
    sys.stdout.write(json.dumps(fact) + "\n")
    sys.stdout.flush()


def _attempt(function, *arguments, otherwise=None):
    """Call a function on untrusted data: any exception means `otherwise`."""
    try:
        return function(*arguments)
    except Exception:
        return otherwise


# --- Text ---


def _read_text(pages, shown):
    """Report the codes in the text, apart for pages that are a scan.

    The text of a scan comes from OCR: a misread letter would be another code.
    """
    codes, has_text = {True: set(), False: set()}, False
    scanned = [_is_scan(pictures) for pictures in shown]
    for page, is_scan in zip(pages, scanned, strict=True):
        text = _attempt(page.extract_text, otherwise="")
        codes[is_scan].update(_CODE.findall(text))
        has_text = has_text or bool(_WORD.search(text))
    _report(
        text_codes=sorted(codes[False]),
        scan_text_codes=sorted(codes[True]),
        has_text=has_text,
        scanned=any(scanned),
    )


def _is_scan(pictures):
    """Whether a picture is as large as a page, or all of them are, which some drivers cut it into."""
    sizes = [_attempt(_size, picture, otherwise=(0, 0)) for picture in pictures]
    area = sum(width * height for width, height in sizes)
    return any(min(size) >= _PAGE_PIXELS for size in sizes) or area >= _PAGE_AREA


# --- Pictures ---


def _pictures(node, depth=0):
    """Yield the pictures of a page or a form, and the masks through which they are painted."""
    resources = _value(node, "/Resources")
    named = _value(resources, "/XObject")
    if depth > _DEPTH or not isinstance(named, generic.DictionaryObject):
        return
    for count, name in enumerate(named):
        item = _value(named, name)
        if count >= _PICTURES or not isinstance(item, generic.StreamObject):
            continue
        if _value(item, "/Subtype") == "/Form":
            yield from _pictures(item, depth + 1)
        elif _value(item, "/Subtype") == "/Image":
            yield item
            for key in ("/SMask", "/Mask"):
                if isinstance(mask := _value(item, key), generic.StreamObject):
                    yield mask


def _inline(page):
    """Return the pictures that stand in the content of a page, as if it named them."""
    content = page.get_contents()
    if content is None or not _INLINE.search(content.get_data()):
        return []
    operations = generic.ContentStream(content, None).operations
    found = [operands for operands, operator in operations if operator == b"INLINE IMAGE"]
    return [_name_fully(operands, page) for operands in found[:_PICTURES]]


def _name_fully(operands, page):
    """Return the picture that stands in a content, with the names that others have.

    :param operands: `settings` and `data`, of pypdf's operation
    """
    picture = generic.EncodedStreamObject()
    for key, value in operands["settings"].items():
        several = isinstance(value, list)
        full = [
            generic.NameObject(_NAMES.get(one, one)) if isinstance(one, str) else one
            for one in (value if several else [value])
        ]
        full = generic.ArrayObject(full) if several else full[0]
        picture[generic.NameObject(_KEYS.get(key, key))] = full
    space = picture.get("/ColorSpace")
    spaces = _value(_value(page, "/Resources"), "/ColorSpace")
    if isinstance(space, str) and (named := _value(spaces, space)) is not None:
        picture[generic.NameObject("/ColorSpace")] = named
    picture._data = bytes(operands["data"])
    return picture


def _value(dictionary, key):
    """Return the value of a key, looked up when it is a reference; None when there is none."""
    value = dictionary.get(key) if isinstance(dictionary, generic.DictionaryObject) else None
    return value if value is None else value.get_object()


def _size(picture):
    return int(_value(picture, "/Width") or 0), int(_value(picture, "/Height") or 0)


def _open(picture):
    """Decode a picture, in grey. Colours may be inverted, which neither codes nor ink care about."""
    width, height = _size(picture)
    if not 0 < width * height <= _PIXELS:
        raise ValueError("The picture is too large.")
    data = picture.get_data()
    picture.decoded_self = None  # pypdf keeps it: all of them would be too much
    kinds = _value(picture, "/Filter")
    kind = kinds[-1] if isinstance(kinds, list) and kinds else kinds
    if kind == "/CCITTFaxDecode":
        data = _mark_fax(picture, data)
    # Named formats only: Pillow would start other programs for some.
    formats = {"/DCTDecode": "JPEG", "/JPXDecode": "JPEG2000", "/CCITTFaxDecode": "TIFF"}
    if kind in formats:
        image = Image.open(io.BytesIO(data), formats=(formats[kind],))
        image.draft("L", image.size)
        return image.convert("L")
    bits = 1 if _value(picture, "/ImageMask") else int(_value(picture, "/BitsPerComponent") or 8)
    space = _value(picture, "/ColorSpace")
    if isinstance(space, list) and space and space[0].get_object() == "/Indexed":
        image = Image.frombytes(
            "P", (width, height), data, "raw", "P" if bits == 8 else f"P;{bits}"
        )
        image.putpalette(*_palette(space))
        return image.convert("RGB").convert("L")
    for components, mode in ((1, "L"), (3, "RGB"), (4, "CMYK")):
        # Some writers end the data with a line or two.
        if len(data) - (width * components * bits + 7) // 8 * height in (0, 1, 2):
            if bits == 1 and components == 1:
                return Image.frombytes("1", (width, height), data).convert("L")
            if bits == 8:
                return Image.frombytes(mode, (width, height), data).convert("L")
            if bits == 16:  # the upper half of each sample
                return Image.frombytes(mode, (width, height), data[::2]).convert("L")
            return _open_few_bits(data, (width, height), components, bits)
    raise ValueError("The picture is of a kind that is not read.")


def _mark_fax(picture, data):
    """Return a fax with what its TIFF header lacks: pypdf does not tell one kind of group 3 from another.

    :raise ValueError: its lines end at bytes, of a kind for which TIFF knows no such thing
    """
    parameters = _value(picture, "/DecodeParms")
    if isinstance(parameters, list) and parameters:
        parameters = parameters[-1].get_object()
    order = int(_value(parameters, "/K") or 0)
    is_aligned = bool(_value(parameters, "/EncodedByteAlign"))
    if is_aligned and order:
        raise ValueError("The picture is of a kind that is not read.")
    if order < 0 or not (order or is_aligned):
        return data
    end = 10 + 12 * int.from_bytes(data[8:10], "little")
    entries = [data[start : start + 12] for start in range(10, end, 12)]
    fields = {int.from_bytes(entry[:2], "little"): entry for entry in entries}
    # In the place of the bits of a sample, which are one without being said.
    del fields[_BITS_PER_SAMPLE]
    if order:
        fields[_T4_OPTIONS] = struct.pack("<HHII", _T4_OPTIONS, 4, 1, 1)  # two dimensions
    else:
        fields[_COMPRESSION] = struct.pack("<HHIHH", _COMPRESSION, 3, 1, 2, 0)  # lines end at bytes
        fields[_T4_OPTIONS] = struct.pack("<HHII", _T4_OPTIONS, 4, 1, 0)
    return data[:10] + b"".join(fields[tag] for tag in sorted(fields)) + data[end:]


def _open_few_bits(data, size, components, bits):
    """Decode samples of 2 or 4 bits, or of 1 bit of several colours: their mean tells enough."""
    width, height = size
    row = width * components, height
    if bits == 1:
        samples = Image.frombytes("1", row, data).convert("L")
    else:
        samples = Image.frombytes("L", row, data, "raw", f"L;{bits}")
    if components == 1:
        return samples
    return samples.resize(size, Image.Resampling.BOX)


def _palette(space):
    base, table = space[1].get_object(), space[3].get_object()
    if isinstance(table, generic.StreamObject):
        table = table.get_data()
    elif isinstance(table, str):
        table = table.original_bytes
    colours = int(space[2].get_object()) + 1
    components = len(table) // colours
    if components == 1:
        return bytes(value for value in table for _channel in range(3)), "RGB"
    return bytes(table), {3: "RGB", 4: "CMYK"}[components] if base else "RGB"


# --- Pages put together ---


def _draw(data, number, page):
    """Draw the pictures of a page where they belong, without whatever else it shows; in grey.

    Drivers cut a page into strips, tiles and layers, which show a code together only. The code that the
    letter itself draws as lines must not be read here: the letter as downloaded is no scan of it.
    """
    return _put_together(page) if pypdfium2 is None else _render(data, number)


def _render(data, number):
    from pypdfium2 import raw

    page = pypdfium2.PdfDocument(data)[number]
    for count, item in enumerate(page.get_objects()):
        if count > _OBJECTS:
            raise ValueError("The page has too many objects.")
        if item.type not in (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_FORM):
            raw.FPDFPageObj_SetIsActive(item, False)
    width, height = page.get_size()
    return page.render(
        scale=_get_scale(width, height), grayscale=True, draw_annots=False, may_draw_forms=False
    ).to_pil()


def _get_scale(width, height):
    """Return the pixels of a point, of a page of that size in points."""
    if not 0 < max(width, height) < 4 * min(width, height):
        raise ValueError("The page is too long.")
    return _DRAWN_PIXELS / min(width, height)


def _put_together(page):
    box = page.mediabox
    scale = _get_scale(float(box.width), float(box.height))
    paper = Image.new("L", (round(scale * box.width), round(scale * box.height)), 255)
    origin = (scale, 0, 0, -scale, -scale * float(box.left), scale * float(box.top))
    _paste(paper, page, page.get_contents(), origin, 0)
    return paper


def _paste(paper, node, content, matrix, depth):
    """Paste the pictures that a content paints.

    :param matrix: from the units of the content to pixels
    """
    if content is None or depth > _DEPTH:
        return
    named = _value(_value(node, "/Resources"), "/XObject") or {}
    kept = []
    for operands, operator in generic.ContentStream(content, None).operations:
        if operator == b"q":
            kept.append(matrix)
        elif operator == b"Q" and kept:
            matrix = kept.pop()
        elif operator == b"cm":
            matrix = _multiply(operands, matrix)
        elif operator == b"INLINE IMAGE":
            _attempt(_paste_one, paper, _name_fully(operands, node), matrix)
        elif operator == b"Do" and (item := _value(named, operands[0])) is not None:
            if _value(item, "/Subtype") == "/Image":
                _attempt(_paste_one, paper, item, matrix)
            else:
                inner = _multiply(_value(item, "/Matrix") or (1, 0, 0, 1, 0, 0), matrix)
                _paste(paper, item, item, inner, depth + 1)


def _multiply(first, second):
    a, b, c, d, e, f = map(float, first)
    g, h, i, j, k, l = second  # noqa: E741
    return (
        a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + l,
    )  # fmt: skip


def _paste_one(paper, picture, matrix):
    """Paste a picture, which fills the unit square; one that lies askew is left out."""
    if _is_time_up():
        return
    a, b, c, d, left, top = matrix
    image = _open(picture)
    if is_on_its_side := abs(b) + abs(c) > abs(a) + abs(d):
        image = image.transpose(Image.Transpose.TRANSPOSE)
    across, down = (c, b) if is_on_its_side else (a, d)
    # The first row of a picture is the upper side of its square, and pixels are counted downwards.
    if (across > 0) is is_on_its_side:
        image = ImageOps.mirror(image)
    if (down > 0) is not is_on_its_side:
        image = ImageOps.flip(image)
    corner = round(left + min(across, 0)), round(top + min(down, 0))
    size = (
        round(left + max(across, 0)) - corner[0],
        round(top + max(down, 0)) - corner[1],
    )
    if 0 < size[0] <= 2 * paper.width and 0 < size[1] <= 2 * paper.height:
        image = image.resize(size, Image.Resampling.BOX)
        if _value(picture, "/ImageMask"):  # paints where it is dark
            end = corner[0] + size[0], corner[1] + size[1]
            image = ImageChops.darker(image, paper.crop((*corner, *end)))
        paper.paste(image, corner)


# --- What is drawn beside the text ---


def _count_drawn(pages):
    """Count what a signature on the screen, a stamp or a scanned page adds to a letter.

    :return: pages, annotations but links, pictures, and operators that paint lines or areas
    :rtype: list[int]
    """
    counts = [len(pages), 0, 0, 0]
    for page in pages:
        for note in _value(page, "/Annots") or ():
            counts[1] += _value(note.get_object(), "/Subtype") != "/Link"
        _count_painted(page, page.get_contents(), counts, 0)
    return counts


def _count_painted(node, content, counts, depth, resources=None):
    """:param resources: of the node around, which a form without any uses"""
    if content is None:
        return
    if depth > _DEPTH:
        raise ValueError("The forms are too deep.")
    resources = _value(node, "/Resources") or resources
    named = _value(resources, "/XObject") or {}
    forms = set()  # each counts once: until 19.0.1.1, the letter drew its code once on a page
    for operands, operator in generic.ContentStream(content, None).operations:
        counts[2] += operator == b"INLINE IMAGE"
        counts[3] += operator in _PAINTERS
        if operator == b"Do" and (item := _value(named, operands[0])) is not None:
            is_form = _value(item, "/Subtype") == "/Form"
            counts[2] += not is_form
            if is_form and operands[0] not in forms:
                forms.add(operands[0])
                _count_painted(item, item, counts, depth + 1, resources)


# --- Codes and ink ---


class _Sheet:
    """What a page of the file shows.

    :ivar list codes: of `_Code`
    :ivar bool is_filled: whether it may show anything
    :ivar open_again: returns the picture that is most of it, or None
    """

    def __init__(self):
        self.codes = []
        self.is_filled = False
        self.open_again = None

    def count_unread(self):
        """Return how many pages of a letter it may show without a code that was read."""
        if not self.codes:
            return int(self.is_filled)
        # A page has a smaller code, too, beside which it seems larger.
        room = min(code.room for code in self.codes)
        return max(0, room - len({code.text for code in self.codes}))


class _Code(NamedTuple):
    """A QR code with the code of a letter.

    :ivar str text: what it says
    :ivar int room: how many pages of the letter the picture can hold, as large as the one with this code
    """

    text: str
    room: int


def _look_at(data, pages, shown):
    """Report the codes that the pictures show, which pages of the letter, and whether there is ink."""
    sheets, seen = [], {}
    is_complete = True
    for number, (page, pictures) in enumerate(zip(pages, shown, strict=True)):
        sheet = _Sheet()
        sheets.append(sheet)
        sheet.is_filled = _attempt(_paints, page, otherwise=True)
        for picture in pictures:
            if id(picture) in seen:  # all pages may show the same one
                codes, has_ink = seen[id(picture)]
                sheet.codes += codes
                sheet.is_filled = sheet.is_filled or has_ink
                continue
            if _is_time_up() and any(other.is_filled for other in sheets):
                is_complete, sheet.is_filled = False, True
                continue
            seen[id(picture)] = [], True
            image = _attempt(_open, picture)
            if image is None:
                sheet.is_filled = True
                continue
            codes = _attempt(_read, image, otherwise=[]) if min(image.size) >= 100 else []
            has_ink = bool(codes) or sheet.is_filled or _has_ink(image)
            seen[id(picture)] = codes, has_ink
            sheet.codes += codes
            sheet.is_filled = sheet.is_filled or has_ink
            if sheet.count_unread() and min(image.size) >= _PAGE_PIXELS:
                sheet.open_again = partial(_open, picture)
        if sheet.codes or not pictures or not sheet.is_filled:
            continue
        if not sheet.open_again and _is_scan(pictures):
            sheet.open_again = partial(_draw, data, number, page)
        # Said before the page is drawn, which may cost all that this process gets.
        _report(complete=False, **_sum_up(sheets))
        if not _is_time_up() and (drawn := _attempt(_draw, data, number, page)):
            sheet.codes = _attempt(_read, drawn, otherwise=[])
    found = _sum_up(sheets)
    is_blank = bool(sheets) and not found["codes"] and not found["others"]
    _report(blank=is_blank, complete=is_complete, **found)
    _read_harder(sheets)
    _report(complete=is_complete, **_sum_up(sheets))


def _sum_up(sheets):
    """Return the facts about the pages that were looked at."""
    marks = [_MARK.fullmatch(code.text) for sheet in sheets for code in sheet.codes]
    return {
        "codes": sorted({mark[1] for mark in marks}),
        "numbers": sorted({(int(mark[2]), int(mark[3])) for mark in marks if mark[2]}),
        "coded": len(marks),
        "others": sum(sheet.count_unread() for sheet in sheets),
    }


def _is_enough(sheets):
    """Whether all pages of a letter were seen, or its code, where it does not number the pages."""
    found = _sum_up(sheets)
    numbers = {number for number, _total in found["numbers"]}
    totals = {total for _number, total in found["numbers"]}
    return bool(found["codes"]) and numbers >= set(range(1, max(totals, default=0) + 1))


def _is_time_up():
    return time.process_time() - _started > _SECONDS


def _paints(node, depth=0):
    """Whether a page or a form paints anything but pictures."""
    if "/Annots" in node and _value(node, "/Annots"):
        return True
    contents = node.get_contents() if depth == 0 else node
    if contents is not None and _PAINT.search(contents.get_data()):
        return True
    named = _value(_value(node, "/Resources"), "/XObject") or {}
    items = [_value(named, name) for name in named]
    return any(
        depth > _DEPTH or _paints(item, depth + 1)
        for item in items
        if _value(item, "/Subtype") == "/Form"
    )


def _has_ink(image):
    """Whether more than dust differs from the paper, whichever of the two is dark.

    A faint pencil on white paper and a black page with dark writing differ by little: what counts is how
    much the paper differs from itself.
    """
    shrink = min(image.size) // _BLANK_PIXELS
    image = image.reduce(shrink) if shrink > 1 else image
    width, height = image.size
    margin = round(_MARGIN * width), round(_MARGIN * height)
    image = image.crop((*margin, width - margin[0], height - margin[1]))
    paper = image.filter(ImageFilter.BoxBlur(_SURROUNDINGS))
    counts = ImageChops.difference(image, paper).histogram()
    # The median of what differs is 0.67 standard deviations, when it differs by chance.
    grain = _GRAINS * _median(counts) / 0.67
    contrast = min(max(_LEAST_CONTRAST, grain), _CONTRAST)
    ink = sum(count for grey, count in enumerate(counts) if grey > contrast)
    return ink > _INK_SHARE * sum(counts)


def _median(counts):
    half = sum(counts) / 2
    return next(grey for grey, count in enumerate(itertools.accumulate(counts)) if count >= half)


def _read(image, **options):
    """Return the `_Code` of each QR code of a picture that shows the code of a letter."""
    if zxingcpp is None:
        return []
    barcodes = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode, **options)
    return [
        _Code(barcode.text, _count_places(image.size, barcode.position))
        for barcode in barcodes
        if _MARK.fullmatch(barcode.text)
    ]


def _count_places(size, position):
    """Return how many pages a picture can hold, side by side and one below the other.

    :param position: of a code on one of them, whose corners tell how large and which way up it is
    """
    corner = position.top_left
    across, down = (
        (other.x - corner.x, other.y - corner.y)
        for other in (position.top_right, position.bottom_left)
    )
    side = max(1, math.hypot(*across), math.hypot(*down))
    if abs(across[0]) < abs(across[1]):  # the page lies on its side
        size = size[::-1]
    width, height = (
        int(length / side / sides) for length, sides in zip(size, _PAGE_SIDES, strict=True)
    )
    return max(1, width) * max(1, height)


def _read_harder(sheets):
    """Read pages without a code at other sizes and sharpened, as far as the time suffices."""
    for side in _SIDES:
        for sheet in sheets:
            if not sheet.count_unread() or not sheet.open_again:
                continue
            if _is_enough(sheets):
                return
            image = _attempt(sheet.open_again)  # all of them at once would be too much
            scale = side / min(image.size) if image else 3
            if scale > 2:  # a blur
                continue
            image = ImageOps.autocontrast(
                image.resize([round(scale * length) for length in image.size], Image.BILINEAR),
                cutoff=1,
            )
            for change in (
                image,
                image.filter(ImageFilter.GaussianBlur(1)),
                image.filter(ImageFilter.UnsharpMask(3, 200, 0)),
            ):
                if _is_time_up():
                    return
                known = {code.text for code in sheet.codes}
                sheet.codes += [code for code in _read(change) if code.text not in known]
                if not sheet.count_unread():
                    break


# --- Signatures ---


def _verify_signatures(data):
    """Verify each signature, or None when that cannot be done.

    Of each: `signer`, as the certificate calls itself, whether it is `intact`: False when its hash or its value
    is proved wrong, None when nothing is proved. Then the `certificates` that came with
    it, the signer's first, when it says that it was `signed_on`, the `end` of the bytes that it covers, and
    whether it proves the `whole` file: by a hash that holds, and every program sees the same after that end.
    """
    try:
        from pyhanko.pdf_utils.reader import PdfFileReader
    except ImportError:  # optional: then a person has to look
        return None
    try:
        signatures = PdfFileReader(io.BytesIO(data), strict=False).embedded_regular_signatures
        last = len(signatures) - 1
        return [
            _try_to_verify(data, signature, number == last)
            for number, signature in enumerate(signatures)
        ]
    except (MemoryError, OSError):  # not the file's fault
        return None
    except Exception:  # a form that the library does not know
        return [{"signer": "", "intact": None}]


def _try_to_verify(data, signature, is_last):
    try:
        return _verify(data, signature, is_last)
    except (MemoryError, OSError):
        raise
    except Exception:  # pyHanko raises almost anything, and does not know every kind
        signer = _attempt(lambda: _get_signer(signature), otherwise="")
        intact = False if _attempt(_is_wrong, signature, otherwise=False) else None
        return {"signer": signer, "intact": intact}


def _get_signer(signature):
    names = signature.signer_cert.subject.native
    return str(names.get("common_name") or names.get("organization_name") or "")


def _is_wrong(signature):
    """Tell whether the hash of what a signature covers, or its own value, is proved to be another one."""
    from pyhanko.sign.validation.generic_cms import validate_sig_integrity

    if signature.sig_object.get("/SubFilter") not in _DETACHED:  # their hash is made in another way
        return False
    is_intact, is_valid = validate_sig_integrity(
        signature.signer_info,
        signature.signer_cert,
        expected_content_type="data",
        actual_digest=signature.compute_digest(),
    )
    return not is_intact or not (is_valid or _is_unknown(signature))


def _is_unknown(signature):
    """Tell whether the value of a signature is of a kind that the library tries as another one."""
    from asn1crypto.algos import DSASignature

    algorithm = signature.signer_info["signature_algorithm"]
    if algorithm["algorithm"].native == algorithm["algorithm"].dotted:  # without a name
        return True
    if signature.signer_cert.public_key.algorithm != "ec":
        return False
    # Some programs write the two numbers of a value one after the other, without ASN.1.
    value = signature.signer_info["signature"].native
    return _attempt(lambda: bool(DSASignature.load(value, strict=True).native)) is None


def _verify(data, signature, is_last):
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.status import SignatureCoverageLevel
    from pyhanko_certvalidator import ValidationContext

    # The caller decides whom to trust: nothing is fetched, and no authority is known here.
    context = ValidationContext(trust_roots=[], allow_fetching=False)
    status = validate_pdf_signature(signature, context)
    # After the last signature nothing but proofs of its time; after the others, further signatures.
    allowed = ModificationLevel.LTA_UPDATES if is_last else ModificationLevel.FORM_FILLING
    covered = status.coverage == SignatureCoverageLevel.ENTIRE_FILE or (
        status.coverage == SignatureCoverageLevel.ENTIRE_REVISION
        and status.modification_level is not None
        and status.modification_level <= allowed
    )
    certificates = [signature.signer_cert, *list(signature.other_embedded_certs)[:_CERTIFICATES]]
    signed_on = _attempt(lambda: signature.self_reported_timestamp)
    end = _find_end(data, signature)
    is_proved = status.intact and status.valid and covered and end
    return {
        "signer": _get_signer(signature),
        "intact": True if is_proved else False if _is_wrong(signature) else None,
        "end": end,
        "whole": bool(
            end
            and _attempt(_is_strong, signature, otherwise=False)
            and _attempt(_is_all_seen, data, end, signature, otherwise=False)
        ),
        "certificates": [base64.b64encode(one.dump()).decode() for one in certificates],
        "signed_on": signed_on and signed_on.isoformat(),
    }


def _find_end(data, signature):
    """Return where the bytes end that a signature covers: all from the first, but its own digits; or None.

    pyHanko compares the length of a file with what the signature says, not where the digits are. Without
    this, signed bytes of another document could stand around a new one.
    """
    ranges = [int(number) for number in signature.byte_range]
    if len(ranges) != 4 or ranges[0] != 0:
        return None
    _start, before, after, length = ranges
    hole = _HOLE.fullmatch(data[before:after]) if 0 < before < after else None
    if not hole or bytes.fromhex(hole[1].decode()) != signature.pkcs7_content:
        return None
    end = after + length
    return end if length > 0 and end <= len(data) else None


def _is_strong(signature):
    """Tell whether no two documents with the same hash are known to be made."""
    algorithm = signature.signer_info["signature_algorithm"]
    used = {signature.md_algorithm, signature.external_md_algorithm}
    # Some kinds name none: then it is the one of the document.
    used.add(_attempt(lambda: algorithm.hash_algo, otherwise=signature.md_algorithm))
    return used <= _HASHES


def _is_all_seen(data, end, signature):
    """Tell whether what follows a position is what the cross references lead to, and nothing more.

    A program that repairs the file, or prefers a hybrid table, would show content that was never
    compared.
    """
    xrefs = signature.reader.xrefs
    revisions = range(signature.signed_revision + 1, xrefs.total_revisions)
    if any(xrefs.get_xref_data(revision).hybrid is not None for revision in revisions):
        return False
    tables = sum(xrefs.get_xref_container_info(number).stream_ref is None for number in revisions)
    if data.count(b"trailer", end) != tables:
        return False
    heads = {}
    for head in _HEAD.finditer(data, end):
        heads[int(head[1]), int(head[2])] = head.start()
    return all(_is_seen(signature.reader, *key, start) for key, start in heads.items())


def _is_seen(reader, number, generation, start):
    from pyhanko.pdf_utils.generic import Reference, StreamObject
    from pyhanko.pdf_utils.xref import ObjStreamRef

    reference = Reference(number, generation, pdf=reader)
    if reader.xrefs[reference] != start:
        return False
    value = reader.get_object(reference)
    if not isinstance(value, StreamObject) or value.get("/Type") != "/ObjStm":
        return True
    index = value.data[: int(value["/First"])].split()
    return all(
        reader.xrefs[Reference(int(inner), 0, pdf=reader)] == ObjStreamRef(number, place)
        for place, inner in enumerate(index[::2])
    )


if __name__ == "__main__":
    main()
