# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Report what one attached letter shows: the process behind `letter_scan.py`, run by `sandbox.py`.

On standard input come one byte and the file: `S` when it has a digital signature, `C` when it is to be
compared with the letter. Each fact goes to standard output as soon as it is known, one JSON object a line,
so that nothing said is lost when a limit kills this process: `text_codes`, `scan_text_codes`, `has_text` and
`scanned`, then of a signed file `signatures`, of one to compare `drawn`, then `blank`, and at last `codes` with
`complete`, whether every picture was looked at.

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
import re
import sys
import time
import warnings

import pypdf
from PIL import Image, ImageChops, ImageFilter, ImageOps
from pypdf import filters, generic

try:
    import zxingcpp
except ImportError:  # optional: then no scan is read
    zxingcpp = None

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
_WORD = re.compile(r"[^\W\d_]{3}")
# What a content stream paints with, save pictures and forms (Do). Found within a string as well,
# which only keeps a page from counting as blank.
_PAINT = re.compile(rb"(?<![^\s\])>])(?:[fFSsBb]|[fBb]\*|sh|Tj|TJ|'|\"|BI)(?![^\s\[(<])")
_PAINTERS = frozenset(b"S s f F f* B B* b b* sh".split())
_PAGE_PIXELS = 500  # of the shorter side; a smaller picture is a logo or a signature, not a page

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
    pages = []
    try:
        pages = list(pypdf.PdfReader(io.BytesIO(data), strict=False).pages)
        shown = [list(_pictures(page)) for page in pages]
    except Exception:  # pypdf raises almost anything; the caller has checked the file
        shown = [[] for _page in pages]
    _read_text(pages, shown)
    if purpose == b"S":
        _report(signatures=_verify_signatures(data))
    if purpose == b"C":
        _report(drawn=_attempt(_count_drawn, pages))
    _look_at(pages, shown)


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
    scanned = [
        any(min(_attempt(_size, picture, otherwise=(0, 0))) >= _PAGE_PIXELS for picture in pictures)
        for pictures in shown
    ]
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
        if len(data) - (width * components * bits + 7) // 8 * height in (0, 1):
            if bits == 1 and components == 1:
                return Image.frombytes("1", (width, height), data).convert("L")
            if bits in (2, 4) and components == 1:
                return Image.frombytes("L", (width, height), data, "raw", f"L;{bits}")
            if bits == 8:
                return Image.frombytes(mode, (width, height), data).convert("L")
    raise ValueError("The picture is of a kind that is not read.")


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


def _count_painted(node, content, counts, depth):
    if content is None:
        return
    if depth > _DEPTH:
        raise ValueError("The forms are too deep.")
    named = _value(_value(node, "/Resources"), "/XObject") or {}
    for operands, operator in generic.ContentStream(content, None).operations:
        counts[2] += operator == b"INLINE IMAGE"
        counts[3] += operator in _PAINTERS
        if operator == b"Do" and (item := _value(named, operands[0])) is not None:
            is_form = _value(item, "/Subtype") == "/Form"
            counts[2] += not is_form
            if is_form:
                _count_painted(item, item, counts, depth + 1)


# --- Codes and ink ---


def _look_at(pages, shown):
    """Report the codes that the pictures show, and whether there is ink on any page."""
    codes, unread, seen = set(), [], set()
    is_blank, is_complete = bool(pages), True
    for page, pictures in zip(pages, shown, strict=True):
        is_blank = is_blank and not _attempt(_paints, page, otherwise=True)
        for picture in pictures:
            if id(picture) in seen:  # all pages may show the same one
                continue
            seen.add(id(picture))
            if not is_blank and _is_time_up():
                is_complete = False
                continue
            image = _attempt(_open, picture)
            if image is None:
                is_blank = False
                continue
            is_blank = is_blank and not _has_ink(image)
            if min(image.size) < 100:
                continue
            found = _attempt(_read, image, otherwise=set())
            codes |= found
            if not found and min(image.size) >= _PAGE_PIXELS:
                unread.append(picture)
    _report(blank=is_blank)
    if not codes and not is_blank:
        codes = _read_harder(unread)
    _report(complete=is_complete, codes=sorted(codes))


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
    """Return the letter codes that a picture shows."""
    if zxingcpp is None:
        return set()
    barcodes = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode, **options)
    return {barcode.text for barcode in barcodes if _CODE.fullmatch(barcode.text)}


def _read_harder(pictures):
    """Return the codes of pictures at other sizes and sharpened, as far as the time suffices."""
    for side in _SIDES:
        for picture in pictures:
            image = _open(picture)  # again: all of them at once would be too much
            scale = side / min(image.size)
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
                    return set()
                if codes := _read(change):
                    return codes
    return set()


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
    """Tell whether the hash of what a signature covers, or its own value, is another one."""
    from pyhanko.sign.validation.generic_cms import validate_sig_integrity

    if signature.sig_object.get("/SubFilter") not in _DETACHED:  # their hash is made in another way
        return False
    return not all(
        validate_sig_integrity(
            signature.signer_info,
            signature.signer_cert,
            expected_content_type="data",
            actual_digest=signature.compute_digest(),
        )
    )


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
