# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A scanned page as the drivers of scanners and printers write it into a PDF."""

import io
import struct
import zlib

from PIL import Image, ImageChops

try:
    from . import pdf_samples
except ImportError:  # the benchmark has this folder on its path
    import pdf_samples

WIDTH, HEIGHT = 595, 842  # points
PLAIN = b"/BitsPerComponent %d /ColorSpace %s /Filter /FlateDecode"


def make_pdf(pictures, content):
    """A page of A4; its pictures are named P0, P1 and so on.

    :param pictures: pairs of the entries of a dictionary and the data
    """
    names = b" ".join(b"/P%d %d 0 R" % (number, 5 + number) for number in range(len(pictures)))
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R"
        b" /Resources << /XObject << %s >> >> >>" % (WIDTH, HEIGHT, names)
    )
    streams = [
        b"<< /Type /XObject /Subtype /Image %s /Length %d >>\nstream\n%s\nendstream"
        % (keys, len(data), data)
        for keys, data in pictures
    ]
    return pdf_samples.raw_pdf(
        (*pdf_samples.ONE_PAGE[:2], page, pdf_samples.stream(content), *streams)
    )


def on_page(keys, data):
    return make_pdf([(keys, data)], b"q %d 0 0 %d 0 0 cm /P0 Do Q" % (WIDTH, HEIGHT))


def size_of(image):
    return b"/Width %d /Height %d " % image.size


def as_jpeg(image):
    file = io.BytesIO()
    image.save(file, "JPEG")
    keys = b"/BitsPerComponent 8 /ColorSpace /DeviceGray /Filter /DCTDecode"
    return size_of(image) + keys, file.getvalue()


def as_samples(image, bits=8, space=b"/DeviceGray", data=None):
    data = image.tobytes() if data is None else data
    return size_of(image) + PLAIN % (bits, space), zlib.compress(data)


def as_fax(image, compression="group4", order=-1, options=0, keys=b""):
    """:param compression: Pillow's name; `order` and `keys` are what a PDF says of the same"""
    file = io.BytesIO()
    tags = {292: options} if options else {}
    image = image.convert("1", dither=Image.Dither.NONE)
    one_strip = 2 * image.width * image.height
    image.save(file, "TIFF", compression=compression, strip_size=one_strip, tiffinfo=tags)
    with Image.open(file) as tiff:
        (start,), (length,) = tiff.tag_v2[273], tiff.tag_v2[279]
        black = b"true" if tiff.tag_v2[262] else b"false"
    parameters = b"/K %d /Columns %d /Rows %d /BlackIs1 %s " % (order, *image.size, black) + keys
    return (
        size_of(image)
        + b"/BitsPerComponent 1 /ColorSpace /DeviceGray /Filter /CCITTFaxDecode"
        + b" /DecodeParms << %s >>" % parameters,
        file.getvalue()[start : start + length],
    )


def as_jbig2(image):
    """A page of one generic region, which is coded as a fax (ITU-T T.88, 6.2.6)."""
    _keys, fax = as_fax(ImageChops.invert(image))
    size = struct.pack(">II", *image.size)
    segments = (
        (48, size + bytes(8) + b"\0" + bytes(2)),  # the page: its resolution, flags and stripes
        (
            38,
            size + bytes(8) + b"\0" + b"\1" + fax,
        ),  # the region: where it lies, and how it is coded
    )
    data = b"".join(
        struct.pack(">IBBBI", number, kind, 0, 1, len(content)) + content
        for number, (kind, content) in enumerate(segments)
    )
    keys = b"/BitsPerComponent 1 /ColorSpace /DeviceGray /Filter /JBIG2Decode"
    return size_of(image) + keys, data


def cut(image, columns, rows):
    """Yield the cells of a picture, and where each lies: a matrix of PDF."""
    for row in range(rows):
        for column in range(columns):
            left, right = (at * image.width // columns for at in (column, column + 1))
            top, bottom = (at * image.height // rows for at in (row, row + 1))
            x, y = WIDTH / image.width, HEIGHT / image.height
            matrix = (
                (right - left) * x, 0, 0, (bottom - top) * y, left * x, HEIGHT - bottom * y,
            )  # fmt: skip
            yield image.crop((left, top, right, bottom)), b"%f %f %f %f %f %f" % matrix


def in_cells(image, columns, rows, encode=as_jpeg):
    cells = list(cut(image, columns, rows))
    content = b"\n".join(
        b"q %s cm /P%d Do Q" % (matrix, number) for number, (_cell, matrix) in enumerate(cells)
    )
    return make_pdf([encode(cell) for cell, _matrix in cells], content)


def in_content(image, columns=1, rows=1):
    """Pictures that stand in the content, with its short names."""
    parts = []
    for cell, matrix in cut(image, columns, rows):
        data = zlib.compress(cell.tobytes()).hex().encode() + b">"
        keys = b"/W %d /H %d /BPC 8 /CS /G /F [/AHx /Fl]" % cell.size
        parts.append(b"q %s cm\nBI %s ID %s\nEI Q" % (matrix, keys, data))
    return make_pdf([], b"\n".join(parts))


def turned(image):
    """Strips that lie on their side, and the page turns upright."""
    strips = list(cut(image.transpose(Image.Transpose.ROTATE_90), 6, 1))
    high = HEIGHT / len(strips)
    content = b"\n".join(
        b"q 0 %f %d 0 0 %f cm /P%d Do Q" % (-high, WIDTH, HEIGHT - number * high, number)
        for number in range(len(strips))
    )
    return make_pdf([as_jpeg(strip) for strip, _matrix in strips], content)


def upside_down(image):
    """Strips that begin with the last row."""
    strips = list(cut(image, 1, 6))
    high = HEIGHT / len(strips)
    content = b"\n".join(
        b"q %d 0 0 %f 0 %f cm /P%d Do Q" % (WIDTH, -high, HEIGHT - number * high, number)
        for number in range(len(strips))
    )
    flip = Image.Transpose.FLIP_TOP_BOTTOM
    return make_pdf([as_jpeg(strip.transpose(flip)) for strip, _matrix in strips], content)


def make_all(page):
    """Yield names and files of all these kinds.

    :param page: an image of mode L, whose width is a multiple of 8
    """
    inverted = ImageChops.invert(page)
    colours = page.convert("RGB").tobytes()
    nibbles = zip(colours[::2], colours[1::2], strict=True)
    bits = page.convert("1", dither=Image.Dither.NONE).convert("RGB").tobytes()
    bits = Image.frombytes("L", (3 * page.width, page.height), bits)
    yield "strips", in_cells(page, 1, 20)
    yield "tiles", in_cells(page, 6, 9)
    yield "strips of faxes", in_cells(page, 1, 20, as_fax)
    yield "strips on their side", turned(page)
    yield "strips upside down", upside_down(page)
    yield "strips in the content", in_content(page, 1, 20)
    yield "tiles in the content", in_content(page, 6, 9)
    yield "one in the content", in_content(page)
    yield "group 4", on_page(*as_fax(page))
    yield "group 3", on_page(*as_fax(page, "group3", 0))
    yield "group 3 of two dimensions", on_page(*as_fax(page, "group3", 4, 1))
    yield (
        "group 3, by bytes",
        on_page(*as_fax(page, "tiff_ccitt", 0, keys=b"/EncodedByteAlign true")),
    )
    sixteen = b"".join(bytes((value, value)) for value in page.tobytes())
    yield "16 bits", on_page(*as_samples(page, 16, data=sixteen))
    four = bytes(first & 0xF0 | second >> 4 for first, second in nibbles)
    yield "4 bits of colours", on_page(*as_samples(page, 4, b"/DeviceRGB", four))
    one = bits.convert("1", dither=Image.Dither.NONE).tobytes()
    yield "1 bit of colours", on_page(*as_samples(page, 1, b"/DeviceRGB", one))
    yield "ICCBased", on_page(*as_samples(page, space=b"[/ICCBased << /N 1 >>]"))
    yield "inverted", on_page(*as_samples(inverted, space=b"/DeviceGray /Decode [1 0]"))
    ink = (
        b"[/Separation /Black /DeviceGray << /FunctionType 2 /Domain [0 1] /C0 [1] /C1 [0] /N 1 >>]"
    )
    yield "an ink", on_page(*as_samples(inverted, space=ink))
