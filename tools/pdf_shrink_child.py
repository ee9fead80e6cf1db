# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Make one small PDF of scans and photos: the process behind `pdf_shrink.py`, run by `sandbox.py`.

Standard input is a line of JSON, `{"limit": bytes, "max_pages": number, "sizes": [bytes of each file],
"photos": [whether each is a photo, not a PDF]}`, and the files.
Standard output is the PDF, or a line of JSON, `{"code": ..., "position": of the file or null}`.
"""

import io
import json
import logging
import math
import sys
from dataclasses import dataclass

import pypdf
from PIL import Image, ImageChops, ImageFilter, ImageOps, TiffImagePlugin  # noqa: F401  # opens TIFF
from pypdf import errors, filters, generic
from pypdf.generic import NameObject, NumberObject

_A4 = (595.276, 841.89)  # points
# Inches that the sides of a page are taken to have, shorter and longer: some makers write one point
# for each pixel, and the page would be a poster.
_SIDES = ((4, 8.5), (6, 14))
_PIXELS = 120_000_000  # of one image: A3 at 600 dpi, or the largest sensor of a phone
_DECODED = 400 * 1024**2  # bytes one stream may decode to: such an image of three colours

# Releases of pypdf before 6 know no limits; there the limits of the process are the only ones.
_LimitReachedError = getattr(errors, "LimitReachedError", MemoryError)


@dataclass(frozen=True)
class Rung:
    """How an image is written.

    :ivar int dpi: dots an inch that a whole page has at most.
    :ivar int | None quality: of the gray JPEG; None for black and white, as CCITT group 4.
    :ivar int bitonal_dpi: the same for what is black and white already, always as CCITT group 4.
    """

    dpi: int
    quality: int | None
    bitonal_dpi: int


LADDER = (
    Rung(200, 60, 400),
    Rung(150, 60, 300),
    Rung(150, 40, 300),
    Rung(120, 40, 240),
    Rung(200, None, 200),
)


class _Refused(Exception):
    def __init__(self, code, position=None):
        super().__init__(code)
        self.code = code
        self.position = position


def warm():
    """Import what most files need, in the process that is forked for each of them."""
    Image.preinit()


def main():
    _limit_parsers()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    header = json.loads(sys.stdin.buffer.readline())
    files = [sys.stdin.buffer.read(size) for size in header["sizes"]]
    try:
        answer = make_pdf(files, header["photos"], header["limit"], header["max_pages"])
    except _Refused as refused:
        answer = json.dumps({"code": refused.code, "position": refused.position}).encode()
    sys.stdout.buffer.write(answer)


def _limit_parsers():
    logging.disable(logging.CRITICAL)
    Image.MAX_IMAGE_PIXELS = _PIXELS
    limits = {
        "zlib_maximum_output_length": _DECODED,
        "lzw_maximum_output_length": _DECODED,
        "run_length_maximum_output_length": _DECODED,
        "stream_decoding_work_maximum_length": 2 * _DECODED,
    }
    if hasattr(pypdf, "overwrite_configuration"):
        known = {name: limits[name] for name in limits if hasattr(pypdf.Configuration, name)}
        pypdf.overwrite_configuration(**known)
    else:  # pragma: no cover — constants of a module in releases of pypdf before 7
        for name in ("ZLIB", "LZW", "RUN_LENGTH"):
            setattr(filters, f"{name}_MAX_OUTPUT_LENGTH", _DECODED)


def make_pdf(files, photos, limit, max_pages):
    """Return the PDF that the files become, at most `limit` bytes and `max_pages` pages."""
    writer = pypdf.PdfWriter()
    writer.pdf_header = "%PDF-1.7"
    pictures = []
    for position, (data, is_photo) in enumerate(zip(files, photos, strict=True)):
        with _refusing(position):
            if not is_photo:
                pictures += _add_pdf(writer, data)
                continue
            for image in _open_photos(data):
                if len(writer.pages) >= max_pages:
                    raise _Refused("too_many_pages", position if len(files) > 1 else None)
                pictures.append(_add_photo(writer, image))
    with _refusing(None):
        _leave_out_waste(writer)
        result = _write(writer)
        if len(result) <= limit:
            return result
        for rung in LADDER if pictures else ():
            for picture in pictures:
                picture.encode(rung)
            result = _write(writer)
            if len(result) <= limit:
                return result
    raise _Refused("cannot_shrink")


class _refusing:
    """Refuse the file at a position for whatever pypdf or Pillow raise on it."""

    def __init__(self, position):
        self.position = position

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if error is None or isinstance(error, _Refused) or not isinstance(error, Exception):
            return
        too_much = (MemoryError, RecursionError, _LimitReachedError, Image.DecompressionBombError)
        code = "too_complex" if isinstance(error, too_much) else "damaged"
        raise _Refused(code, self.position) from error


def _write(writer):
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def _leave_out_waste(writer):
    """Leave out what is there twice or unused, and compress what is not."""
    for stream in _streams(writer):
        if "/Filter" not in stream:
            _replace(stream, stream.flate_encode())
    writer.compress_identical_objects()


def _streams(writer):
    return [
        value
        for value in map(writer.get_object, _numbers(writer))
        if isinstance(value, generic.StreamObject)
    ]


def _numbers(writer):
    return range(1, len(writer._objects) + 1)


def _replace(stream, other):
    """Let a stream of a document become another one, wherever it is referred to."""
    stream.clear()
    stream.update(other)
    stream._data = other._data


# --- What a file brings ---


def _add_pdf(writer, data):
    """Add the pages of a PDF as they are; return their images."""
    start = len(writer.pages)
    writer.append(io.BytesIO(data), import_outline=False)
    pictures = {}
    for page in writer.pages[start:]:
        sides = _sides(page.mediabox.width, page.mediabox.height)
        _find_pictures(page.get("/Resources"), sides, pictures, set())
    return list(pictures.values())


def _sides(width, height):
    """Return the sides of a page in inches, the shorter first."""
    sides = sorted((float(width) / 72, float(height) / 72))
    return [min(max(side, least), most) for side, (least, most) in zip(sides, _SIDES, strict=True)]


def _find_pictures(resources, sides, pictures, seen):
    """Collect the images that resources name, directly or through a form."""
    resources = resources and resources.get_object()
    objects = resources and resources.get("/XObject")
    for value in objects.get_object().values() if objects else ():
        stream = value.get_object()
        if id(stream) in seen or not isinstance(stream, generic.StreamObject):
            continue
        seen.add(id(stream))
        if stream.get("/Subtype") == "/Form":
            _find_pictures(stream.get("/Resources"), sides, pictures, seen)
        elif stream.get("/Subtype") == "/Image":
            pictures.setdefault(id(stream), Picture(stream, sides))
            mask = stream.get("/SMask")
            mask = mask and mask.get_object()
            if isinstance(mask, generic.StreamObject):
                pictures.setdefault(id(mask), Picture(mask, sides, is_mask=True))


def _open_photos(data):
    """Yield the pictures of a file that are pages: of a TIFF all, of other kinds the first one."""
    # Named formats only: Pillow would start other programs for some.
    image = Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "TIFF"))
    yield image
    if image.format == "TIFF":
        for number in range(1, image.n_frames):
            image.seek(number)
            yield image


def _add_photo(writer, image):
    """Add a page of A4 with a photo as large as fits; return the photo."""
    _check_pixels(*image.size)
    # Before it is turned, as it is when it is decoded at less than its size.
    longest = LADDER[0].dpi * _A4[1] / 72
    if image.format in ("JPEG", "MPO"):
        image.draft("L", (math.ceil(longest), math.ceil(longest)))
    is_bitonal = image.format == "TIFF" and image.mode == "1"
    image = _turn(_to_gray(image))
    page_width, page_height = _A4 if image.width <= image.height else _A4[::-1]
    factor = min(page_width / image.width, page_height / image.height)
    width, height = factor * image.width, factor * image.height
    left, bottom = (page_width - width) / 2, (page_height - height) / 2
    page = writer.add_blank_page(page_width, page_height)
    sides = _sides(width, height)
    if is_bitonal:
        image = image.convert("1", dither=Image.Dither.NONE)
        photo = Picture(_encode(image, None), sides, image)
    else:
        image = _fit(image, sides, LADDER[0].dpi)
        photo = Picture(_encode(image, LADDER[0].quality), sides, image)
    content = generic.DecodedStreamObject()
    content.set_data(b"q %.3f 0 0 %.3f %.3f %.3f cm /Photo Do Q" % (width, height, left, bottom))
    photos = generic.DictionaryObject({NameObject("/Photo"): writer._add_object(photo.stream)})
    page[NameObject("/Resources")] = generic.DictionaryObject({NameObject("/XObject"): photos})
    page[NameObject("/Contents")] = writer._add_object(content)
    return photo


def _turn(image):
    """Turn a photo as its camera says, if that can be read: editors and messengers leave half of it."""
    try:
        return ImageOps.exif_transpose(image)
    except (MemoryError, RecursionError):
        raise
    except Exception:
        return image


# --- Images ---


class Picture:
    """An image of a page, which each rung writes anew; as it was, where that is smaller.

    :ivar sides: of the page that shows it, in inches, the shorter first. The image is taken to fill
        it: one that fills less of it just stays a little larger.
    """

    def __init__(self, stream, sides, image=None, is_mask=False):
        self.stream = stream
        self.sides = sides
        self.is_mask = is_mask
        self.original = generic.EncodedStreamObject()
        _replace(self.original, stream)
        self.image = image
        self.is_readable = True

    def encode(self, rung):
        """Write the image as the rung says; an image that cannot be read stays as it is."""
        if self.is_readable and self.image is None:
            try:
                self.image = self.decode()
            except (MemoryError, _LimitReachedError, _Refused):
                raise
            except Exception:  # a kind that pypdf or Pillow do not know, or a damaged one
                self.is_readable = False
        if self.is_readable:
            stream = self.encoded(rung)
            small = min(stream, self.original, key=lambda stream: len(stream._data))
            _replace(self.stream, small)

    def decode(self):
        stream = self.original
        width, height = stream["/Width"], stream["/Height"]
        _check_pixels(width, height)
        if isinstance(stream.get("/Mask"), generic.ArrayObject) or "/Matte" in stream:
            raise ValueError("These colours must stay exactly what they are.")
        image = _read_image(stream, _target((width, height), self.sides, LADDER[0].dpi))
        bitonal = image.mode == "1"
        return image if bitonal else _fit(image, self.sides, LADDER[0].dpi)

    def encoded(self, rung):
        bitonal = self.image.mode == "1"
        if bitonal:
            image = _fit(self.image.convert("L"), self.sides, rung.bitonal_dpi)
            # Rather too much ink than a thin line lost.
            image = image.point(lambda value: 255 if value > 160 else 0).convert("1")
        else:
            image = _fit(self.image, self.sides, rung.dpi)
            if rung.quality is None:
                image = _to_ink(image, plain=self.is_mask)
        stream = _encode(image, rung.quality)
        for name in ("/SMask", "/Mask", "/OC", "/Interpolate", "/StructParent"):
            if name in self.original:
                stream[NameObject(name)] = self.original.raw_get(name)
        if self.original.get("/ImageMask"):
            # The same samples paint the same dots, whatever the mask says of their colour.
            del stream["/ColorSpace"]
            stream[NameObject("/ImageMask")] = generic.BooleanObject(True)
            if "/Decode" in self.original:
                stream[NameObject("/Decode")] = self.original.raw_get("/Decode")
        return stream


def _target(size, sides, dpi):
    """Return the size in pixels that an image of `size` has at a resolution; never more."""
    factor = min(
        1, *(dpi * inches / pixels for inches, pixels in zip(sides, sorted(size), strict=True))
    )
    return tuple(max(1, round(factor * pixels)) for pixels in size)


def _fit(image, sides, dpi):
    size = _target(image.size, sides, dpi)
    return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS)


def _check_pixels(width, height):
    if not 0 < width * height <= _PIXELS:
        raise _Refused("too_complex")


def _to_gray(image):
    """Return an image of mode L, as it looks on white paper."""
    if image.mode.startswith("I"):  # 16 bits, which Pillow would cut off at 255
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode == "F":
        raise ValueError("Numbers are no shades of gray.")
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        exif = image.getexif()
        paper = Image.new("RGBA", image.size, "white")
        paper.alpha_composite(image)
        paper.info["exif"] = exif.tobytes() if exif else b""
        image = paper
    return image.convert("L")


def _to_ink(image, plain):
    """Return an image of mode 1: black is what is dark, or darker than what is around it."""
    if plain:
        return image.point(lambda value: 255 if value > 127 else 0).convert("1")
    image = image.filter(ImageFilter.GaussianBlur(0.8))  # the grain of paper is no ink
    around = image.filter(ImageFilter.BoxBlur(max(8, max(image.size) // 60)))
    darker = ImageChops.subtract(around, image).point(lambda value: 0 if value > 20 else 255)
    dark = image.point(lambda value: 0 if value < 64 else 255)
    return ImageChops.darker(dark, darker).convert("1")


def _encode(image, quality):
    """Return the stream of a gray image (JPEG) or of a black and white one (CCITT group 4)."""
    file = io.BytesIO()
    stream = generic.EncodedStreamObject()
    stream.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Image"),
            NameObject("/Width"): NumberObject(image.width),
            NameObject("/Height"): NumberObject(image.height),
            NameObject("/ColorSpace"): NameObject("/DeviceGray"),
        }
    )
    if image.mode == "1":
        image.save(
            file, "TIFF", compression="group4", strip_size=-(-image.width // 8) * image.height
        )
        with Image.open(file) as tiff:
            (start,), (length,) = tiff.tag_v2[273], tiff.tag_v2[279]  # the one strip
        stream._data = file.getvalue()[start : start + length]
        kind, bits = "/CCITTFaxDecode", 1
        stream[NameObject("/DecodeParms")] = generic.DictionaryObject(
            {
                NameObject("/K"): NumberObject(-1),
                NameObject("/BlackIs1"): generic.BooleanObject(True),
                NameObject("/Columns"): NumberObject(image.width),
                NameObject("/Rows"): NumberObject(image.height),
            }
        )
    else:
        image.save(file, "JPEG", quality=quality, optimize=True)
        stream._data = file.getvalue()
        kind, bits = "/DCTDecode", 8
    stream[NameObject("/Filter")] = NameObject(kind)
    stream[NameObject("/BitsPerComponent")] = NumberObject(bits)
    return stream


# --- The kinds of images in a PDF ---


def _read_image(stream, size):
    """Decode an image of a PDF.

    :param size: in pixels that are enough; a JPEG is not decoded at much more
    :return: an image of mode 1, when it is just black and white, or L
    :raise Exception: of any class, for a kind or a damage that is not known
    """
    kinds = stream.get("/Filter") or []
    kinds = (
        [kinds] if isinstance(kinds, str) else [kind.get_object() for kind in kinds.get_object()]
    )
    if {"/JBIG2Decode", "/Crypt"} & set(kinds):
        raise ValueError("As small as can be, or not to be read.")
    last = kinds[-1] if kinds else ""
    if last == "/CCITTFaxDecode":
        _check_fax(stream)
    if isinstance(stream.get("/ImageMask"), generic.BooleanObject) and stream["/ImageMask"].value:
        components, decode = 1, None
    else:
        components, decode = None, stream.get("/Decode")
    data = filters.decode_stream_data(stream)
    if last in ("/DCTDecode", "/JPXDecode", "/CCITTFaxDecode"):
        image = Image.open(io.BytesIO(data), formats=("JPEG", "JPEG2000", "TIFF"))
        _check_pixels(*image.size)
        if last == "/DCTDecode":
            image.draft("L", size)
        image.load()
        is_turned_round = last == "/DCTDecode" and image.mode == "CMYK" and "adobe" in image.info
        if (
            is_turned_round
        ):  # by Pillow, which takes Adobe's inks to be inverted; a PDF says so itself
            image = ImageChops.invert(image)
        if _color_space(stream.get("/ColorSpace"))[0] == "/Indexed":
            raise ValueError("Lossless, and small.")
    else:
        image = _read_samples(stream, data, components)
    if decode is not None and _is_inverted(decode):
        image = ImageChops.invert(image)
    return image if image.mode == "1" else _to_gray(image)


def _check_fax(stream):
    """Refuse what pypdf would read wrongly: all but plain group 4."""
    parameters = stream.get("/DecodeParms")
    if isinstance(parameters, generic.ArrayObject):
        parameters = parameters[-1].get_object()
    if parameters.get("/K", 0) >= 0 or parameters.get("/EncodedByteAlign"):
        raise ValueError("Not group 4.")


def _is_inverted(decode):
    pairs = [float(value) for value in decode]
    if pairs == [0, 1] * (len(pairs) // 2):
        return False
    if pairs == [1, 0] * (len(pairs) // 2):
        return True
    raise ValueError("Colours of part of the range.")


def _color_space(space):
    """Return the name of a colour space, the number of its components, and its array."""
    space = space and space.get_object()
    array = space if isinstance(space, generic.ArrayObject) else [space]
    name = array[0] and array[0].get_object()
    if name == "/ICCBased":
        return name, array[1].get_object()["/N"], array
    components = {"/DeviceGray": 1, "/CalGray": 1, "/DeviceRGB": 3, "/CalRGB": 3, "/DeviceCMYK": 4}
    components.update({"/G": 1, "/RGB": 3, "/CMYK": 4, "/Indexed": 1})
    return name, components.get(name), array


def _read_samples(stream, data, components):
    """Return the image of uncompressed samples."""
    size = stream["/Width"], stream["/Height"]
    name, known, array = _color_space(stream.get("/ColorSpace"))
    components = components or known
    bits = 1 if stream.get("/ImageMask") else stream["/BitsPerComponent"]
    if name == "/Indexed":
        if stream.get("/Decode"):
            raise ValueError("Colours of part of the range.")
        image = Image.frombytes("P", size, data, "raw", {8: "P"}.get(bits, f"P;{bits}"))
        image.putpalette(_palette(array))
        image = image.convert("L")
        is_bitonal = bits == 1 and set(image.histogram()[1:255]) == {0}
        return image.convert("1") if is_bitonal else image
    mode = {1: "L", 3: "RGB", 4: "CMYK"}[components]
    if bits == 16:  # the upper half of each sample
        data, bits = data[::2], 8
    if bits == 8:
        return Image.frombytes(mode, size, data)
    if components != 1:
        raise ValueError("Few bits of several colours.")
    if bits == 1:
        return Image.frombytes("1", size, data)
    return Image.frombytes("L", size, data, "raw", f"L;{bits}")


def _palette(array):
    """Return the colours of an indexed space, as bytes of red, green and blue."""
    components = _color_space(array[1])[1]
    lookup = array[3].get_object()
    if isinstance(lookup, generic.StreamObject):
        lookup = filters.decode_stream_data(lookup)
    elif isinstance(lookup, str):
        lookup = lookup.original_bytes
    mode = {1: "L", 3: "RGB", 4: "CMYK"}[components]
    count = min(256, len(lookup) // components)
    colours = Image.frombytes(mode, (count, 1), bytes(lookup[: count * components]))
    return colours.convert("RGB").tobytes()


if __name__ == "__main__":
    main()
