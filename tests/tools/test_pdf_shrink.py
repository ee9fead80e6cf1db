# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import io
import tempfile
import zlib
from pathlib import Path
from unittest.mock import patch

# Named, for Odoo lets Pillow find only a few by itself.
from PIL import (
    Image,
    ImageChops,
    ImageOps,
    ImageStat,
    Jpeg2KImagePlugin,
    MpoImagePlugin,
    TiffImagePlugin,
)
from pypdf import PdfReader

from odoo.tests import BaseCase

from ...tools import pdf_check, pdf_shrink
from ...tools.sandbox import ChildBusy
from ..common import person_files
from ..common.pdf_samples import ONE_PAGE, padded_pdf, raw_pdf, scan_pdf, stream, text_pdf

PLUGINS = (Jpeg2KImagePlugin, MpoImagePlugin, TiffImagePlugin)
SIZE = (300, 420)
# Of the sample's four quarters, as a gray image shows them: top left, top right, bottom left, ...
SHADES = [30, 200, 110, 250]


def picture(mode="RGB", size=SIZE, shades=SHADES):
    """Four quarters of different shades, with the noise that makes a file large."""
    width, height = size
    image = Image.new("L", size)
    for index, shade in enumerate(shades):
        box = (index % 2 * width // 2, index // 2 * height // 2)
        image.paste(shade, (*box, box[0] + width // 2, box[1] + height // 2))
    channels = []
    for _channel in "RGB":
        noise = Image.effect_noise(size, 12)
        channels.append(ImageChops.add(image, noise, 1, -128))
    return Image.merge("RGB", channels).convert(mode)


def saved(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def image_object(data, size, keys, image_filter=b"/FlateDecode"):
    """The body of an image object; without a filter given, `data` are its samples."""
    if image_filter == b"/FlateDecode":
        data = zlib.compress(data, 1)
    return (
        b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /Filter %s /Length %d %s >>\n"
        b"stream\n%s\nendstream" % (*size, image_filter, len(data), keys, data)
    )


def image_pdf(body, *objects, page_keys=b"", content=b"q 595 0 0 842 0 0 cm /Im Do Q"):
    """A page that shows object 4, the image; object 5 is its content, further ones follow."""
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
        b" /Resources << /XObject << /Im 4 0 R >> /Font << /F1 << /Type /Font /Subtype /Type1"
        b" /BaseFont /Helvetica >> >> >> %s >>" % page_keys
    )
    return raw_pdf((*ONE_PAGE[:2], page, body, stream(content), *objects))


def jpeg_pdf(**options):
    body = image_object(
        saved(picture(), "JPEG", quality=95),
        SIZE,
        b"/ColorSpace /DeviceRGB /BitsPerComponent 8",
        b"/DCTDecode",
    )
    return image_pdf(body, **options)


def pages(data):
    return PdfReader(io.BytesIO(data)).pages


def image_kinds():
    """The same picture in each way that a PDF may hold it: {name: file}."""
    rgb, gray, cmyk = picture(), picture("L"), picture("CMYK")
    black = gray.point(lambda value: 255 if value > 150 else 0).convert("1")
    palette = picture("P")
    colours = bytes(palette.getpalette()).ljust(768, b"\0")
    packed = bytes(
        (high & 0xF0) | (low >> 4)
        for high, low in zip(gray.tobytes()[::2], gray.tobytes()[1::2], strict=True)
    )
    bits = b" /BitsPerComponent 8"
    flate = {
        "RGB": (rgb.tobytes(), b"/ColorSpace /DeviceRGB" + bits),
        "gray": (gray.tobytes(), b"/ColorSpace /DeviceGray" + bits),
        "inverted": (
            ImageChops.invert(gray).tobytes(),
            b"/Decode [1 0] /ColorSpace /DeviceGray" + bits,
        ),
        "CMYK": (cmyk.tobytes(), b"/ColorSpace /DeviceCMYK" + bits),
        "ICC": (rgb.tobytes(), b"/ColorSpace [/ICCBased << /N 3 >>]" + bits),
        "16 bits": (
            b"".join(bytes((value, 99)) for value in rgb.tobytes()),
            b"/ColorSpace /DeviceRGB /BitsPerComponent 16",
        ),
        "4 bits": (packed, b"/ColorSpace /DeviceGray /BitsPerComponent 4"),
        "palette": (
            palette.tobytes(),
            b"/ColorSpace [/Indexed /DeviceRGB 255 <%s>]" % colours.hex().encode() + bits,
        ),
        "1 bit": (black.tobytes(), b"/ColorSpace /DeviceGray /BitsPerComponent 1"),
        "mask": (black.tobytes(), b"/ImageMask true /BitsPerComponent 1"),
        "mask, inverted": (
            ImageChops.invert(black).tobytes(),
            b"/ImageMask true /BitsPerComponent 1 /Decode [1 0]",
        ),
        "whole range": (rgb.tobytes(), b"/Decode [0 1 0 1 0 1] /ColorSpace /DeviceRGB" + bits),
    }
    kinds = {
        name: image_pdf(image_object(data, SIZE, keys)) for name, (data, keys) in flate.items()
    }
    kinds["palette in a stream"] = image_pdf(
        image_object(
            palette.tobytes(), SIZE, b"/ColorSpace [/Indexed /DeviceRGB 255 6 0 R]" + bits
        ),
        stream(colours),
    )
    for name, image, space, keys in (
        ("JPEG", rgb, b"RGB", b""),
        ("JPEG, gray", gray, b"Gray", b""),
        ("JPEG, inks", cmyk, b"CMYK", b"/Decode [1 0 1 0 1 0 1 0]"),
    ):
        data = saved(image, "JPEG", quality=95)
        colours = b"/ColorSpace /Device%s /BitsPerComponent 8 %s" % (space, keys)
        kinds[name] = image_pdf(image_object(data, SIZE, colours, b"/DCTDecode"))
    keys = b"/ColorSpace /DeviceRGB /BitsPerComponent 8"
    kinds["JPEG 2000"] = image_pdf(image_object(saved(rgb, "JPEG2000"), SIZE, keys, b"/JPXDecode"))
    fax = saved(black, "TIFF", compression="group4", strip_size=10**6)
    with Image.open(io.BytesIO(fax)) as tiff:
        (start,), (length,) = tiff.tag_v2[273], tiff.tag_v2[279]
    keys = b"/DecodeParms << /K -1 /Columns %d /Rows %d >> /BitsPerComponent 1 /Decode [1 0]" % SIZE
    kinds["fax"] = image_pdf(
        image_object(
            fax[start : start + length],
            SIZE,
            b"/ColorSpace /DeviceGray " + keys,
            b"/CCITTFaxDecode",
        )
    )
    return kinds


class TestPdfShrink(BaseCase):
    def assertRefused(self, code, *files, position=None, limit=pdf_check.MAX_SIZE):
        self.assertIn(code, pdf_shrink.CODES)
        with self.assertRaises(pdf_shrink.ShrinkRefused) as refusal:
            pdf_shrink.make_pdf(list(files), limit)
        self.assertEqual((refusal.exception.code, refusal.exception.position), (code, position))

    def assertShows(self, page, shades=SHADES):
        """The page's image has four quarters of these shades."""
        self.assertShades(page.images[0].image, shades)

    def assertShades(self, image, shades):
        image = image.convert("L")
        width, height = image.size
        found = []
        for index in range(4):
            left, top = index % 2 * width / 2, index // 2 * height / 2
            box = (left + width / 8, top + height / 8, left + width * 3 / 8, top + height * 3 / 8)
            found.append(round(ImageStat.Stat(image.crop(tuple(map(round, box)))).mean[0]))
        for shade, expected in zip(found, shades, strict=True):
            self.assertAlmostEqual(shade, expected, delta=14, msg=f"{found}, not {shades}")

    # === SCANS === #

    def test_a_large_scan_comes_out_small_and_the_same_each_time(self):
        scan = io.BytesIO()
        images = [picture(size=(1654, 2339)) for _page in range(2)]
        images[0].save(
            scan, "PDF", resolution=200, quality=90, save_all=True, append_images=images[1:]
        )
        scan = scan.getvalue()
        self.assertGreater(len(scan), pdf_check.MAX_SIZE)
        small = pdf_shrink.shrink_pdf(scan, pdf_check.MAX_SIZE)
        facts = pdf_check.check_pdf(small)
        self.assertEqual(facts.pages, 2)
        self.assertEqual(pdf_shrink.shrink_pdf(scan, pdf_check.MAX_SIZE), small)
        for page in pages(small):
            self.assertShows(page)

    def test_each_kind_of_image_is_shown_as_before(self):
        kinds = image_kinds()
        names = list(kinds)
        for start in range(0, len(names), 8):
            some = names[start : start + 8]
            limit = sum(len(kinds[name]) for name in some) // 2
            small = pdf_shrink.make_pdf([kinds[name] for name in some], limit)
            for name, page in zip(some, pages(small), strict=True):
                with self.subTest(name):
                    image = page["/Resources"]["/XObject"]["/Im"]
                    self.assertNotEqual(image["/Filter"], "/FlateDecode", "it was written anew")
                    if name.startswith("mask"):
                        self.assertTrue(image["/ImageMask"].value)
                    # What is black and white stays so.
                    black = name in ("1 bit", "mask", "mask, inverted", "fax")
                    self.assertShows(page, [0, 255, 0, 255] if black else SHADES)

    def test_black_and_white_is_the_last_resort(self):
        large = jpeg_pdf()
        gray = pdf_shrink.shrink_pdf(large, len(large) // 2)
        self.assertEqual(pages(gray)[0].images[0].image.mode, "L")
        paper = picture(size=(1240, 1754), shades=[250, 230, 210, 240])
        paper.paste(60, (100, 100, 500, 120))
        scan = saved(paper, "PDF", resolution=150, quality=90)
        ink = pdf_shrink.shrink_pdf(scan, 30_000)
        image = pages(ink)[0].images[0].image
        self.assertEqual(image.mode, "1")
        # The line is there, and paper that is a little darker stays paper.
        width, height = image.size
        line = image.convert("L").crop(
            (width // 5, height * 104 // 1754, width // 4, height * 116 // 1754)
        )
        self.assertEqual(line.getextrema()[1], 0)
        self.assertGreater(ImageStat.Stat(image.convert("L")).mean[0], 240)

    def test_rotation_place_and_text_are_kept(self):
        content = (
            b"q 300 0 0 420 100 200 cm /Im Do Q BT 3 Tr /F1 9 Tf 72 72 Td (Layer of text) Tj ET"
        )
        large = jpeg_pdf(page_keys=b"/Rotate 270", content=content)
        small = pdf_shrink.shrink_pdf(large, len(large) // 2)
        (page,) = pages(small)
        self.assertEqual(page.rotation, 270)
        self.assertEqual(page.get_contents().get_data().strip(), content)
        self.assertIn("Layer of text", page.extract_text())
        self.assertEqual(page.mediabox, pages(large)[0].mediabox)
        self.assertShows(page)

    def test_a_soft_mask_stays_with_its_image(self):
        keys = b"/ColorSpace /DeviceRGB /BitsPerComponent 8 /SMask 6 0 R"
        mask = image_object(
            picture("L").tobytes(), SIZE, b"/ColorSpace /DeviceGray /BitsPerComponent 8"
        )
        large = image_pdf(image_object(picture().tobytes(), SIZE, keys), mask)
        small = pdf_shrink.shrink_pdf(large, len(large) // 2)
        image = pages(small)[0]["/Resources"]["/XObject"]["/Im"]
        self.assertEqual(image["/Filter"], "/DCTDecode")
        self.assertEqual(image["/SMask"]["/Width"], SIZE[0])
        # When all becomes black and white, what is half clear has no dots of its own.
        small = pdf_shrink.shrink_pdf(large, 9_000)
        mask = pages(small)[0]["/Resources"]["/XObject"]["/Im"]["/SMask"]
        self.assertEqual(mask["/BitsPerComponent"], 1)
        with Image.open(io.BytesIO(mask.get_data())) as image:
            self.assertShades(image, [0, 255, 0, 255])

    def test_what_is_exact_or_unknown_stays_as_it_is(self):
        keys = b"/ColorSpace /DeviceRGB /BitsPerComponent 8 "
        samples = picture().tobytes()
        palette = b"/ColorSpace [/Indexed /DeviceGray 255 <%s>] /BitsPerComponent 8 " % (
            bytes(range(256)).hex().encode()
        )
        for name, body in {
            "colour key": image_object(samples, SIZE, keys + b"/Mask [0 9 0 9 0 9]"),
            "colours of the printer": image_object(
                picture("L").tobytes(),
                SIZE,
                b"/ColorSpace [/Separation /Gold /DeviceRGB 6 0 R] /BitsPerComponent 8",
            ),
            "part of the range": image_object(samples, SIZE, keys + b"/Decode [0 .5 0 1 0 1]"),
            "too few samples": image_object(samples[:-9], SIZE, keys),
            "damaged JPEG": image_object(b"\xff\xd8\xff" + samples, SIZE, keys, b"/DCTDecode"),
            "JBIG2": image_object(samples, SIZE, keys, b"/JBIG2Decode"),
            "4 bits of colours": image_object(
                samples, SIZE, b"/ColorSpace /DeviceRGB /BitsPerComponent 4"
            ),
            "palette, inverted": image_object(
                picture("P").tobytes(), SIZE, palette + b"/Decode [1 0]"
            ),
            "palette, as JPEG 2000": image_object(
                saved(picture("L"), "JPEG2000"), SIZE, palette, b"/JPXDecode"
            ),
            "numbers": image_object(saved(picture("F"), "TIFF"), SIZE, keys, b"/DCTDecode"),
            "fax of group 3": image_object(
                samples,
                SIZE,
                b"/ColorSpace /DeviceGray /BitsPerComponent 1 /DecodeParms [<< /K 0 >>]",
                b"[/CCITTFaxDecode]",
            ),
        }.items():
            with self.subTest(name):
                self.assertRefused("cannot_shrink", image_pdf(body), limit=30_000)

    def test_text_is_kept_word_for_word(self):
        text = text_pdf(pages=2)
        unused = text_pdf() + b"9 0 obj\n%s\nendobj\n" % stream(bytes(10))
        large = raw_pdf((*ONE_PAGE, b"<< /Length 90000 >>\nstream\n%s\nendstream" % (b"x" * 90000)))
        self.assertLess(len(pdf_shrink.shrink_pdf(large, 5000)), 5000)
        padded = padded_pdf(90_000, text)
        small = pdf_shrink.shrink_pdf(padded, 5000)
        self.assertEqual(
            pdf_check.check_pdf(small).text_sha256, pdf_check.check_pdf(text).text_sha256
        )
        self.assertRefused("cannot_shrink", unused, limit=200)

    # === PHOTOS === #

    def test_photos_become_pages_as_they_are_held(self):
        photos = []
        for orientation in range(1, 9):
            exif = Image.Exif()
            exif[0x0112] = orientation
            exif[0x010F] = "Maker of phones"
            # What has to be undone, as a camera does it.
            turn = Image.Exif()
            turn[0x0112] = {6: 8, 8: 6}.get(orientation, orientation)
            image = picture()
            image.info["exif"] = turn.tobytes()
            image = ImageOps.exif_transpose(image)
            photos.append(saved(image, "JPEG", quality=95, exif=exif))
        photos.append(saved(picture(size=SIZE[::-1]), "PNG"))
        result = pdf_shrink.make_pdf(photos)
        pdf_check.check_pdf(result)
        self.assertNotIn(b"Maker", result)
        for page in pages(result)[:8]:
            self.assertShows(page)
            self.assertEqual([round(side) for side in page.mediabox[2:]], [595, 842])
            # As large as fits: to the sides of the paper, and in the middle of it.
            content = page.get_contents().get_data().split()
            self.assertAlmostEqual(float(content[1]), 595.276, delta=0.01)
            self.assertAlmostEqual(2 * float(content[6]) + float(content[4]), 841.89, delta=0.01)
        self.assertEqual([round(side) for side in pages(result)[8].mediabox[2:]], [842, 595])
        self.assertShows(pages(result)[8])

    def test_each_kind_of_photo(self):
        clear = picture("RGBA")
        clear.putalpha(Image.new("L", SIZE, 0))
        deep = Image.frombytes(
            "I;16", SIZE, b"".join(bytes((9, value)) for value in picture("L").tobytes())
        )
        palette = picture("P")
        files = {
            "phone's two pictures": saved(
                picture(), "MPO", save_all=True, append_images=[picture()]
            ),
            "a camera's data that make no sense": saved(
                picture(), "JPEG", quality=95, exif=b"Exif\0\0nothing"
            ),
            "inks": saved(picture("CMYK"), "JPEG", quality=95),
            "progressive": saved(picture(), "JPEG", quality=95, progressive=True),
            "16 bits": saved(deep, "PNG"),
            "palette": saved(palette, "PNG"),
            "black and white": saved(
                picture("L").point(lambda v: v > 150 and 255).convert("1"), "PNG"
            ),
            "nothing but clear": saved(clear, "PNG"),
        }
        shades = {"nothing but clear": [255] * 4, "black and white": [0, 255, 0, 255]}
        result = pdf_shrink.make_pdf(list(files.values()))
        for name, page in zip(files, pages(result), strict=True):
            with self.subTest(name):
                self.assertShows(page, shades.get(name, SHADES))

    def test_a_tiff_has_the_pages_of_its_pictures(self):
        gray, ink = picture("L"), picture("L").point(lambda v: v > 150 and 255).convert("1")
        for kind, image, options in (
            ("a fax", ink, {"compression": "group4"}),
            ("a fax of one dimension", ink, {"compression": "group3"}),
            ("packed", gray, {"compression": "tiff_lzw"}),
            ("a photo", picture(), {"compression": "jpeg"}),
            ("plain", picture(), {}),
        ):
            file = saved(image, "TIFF", save_all=True, append_images=[image], **options)
            result = pages(pdf_shrink.make_pdf([file, saved(picture(), "JPEG")]))
            with self.subTest(kind):
                self.assertEqual(len(result), 3)
                shades = [0, 255, 0, 255] if image.mode == "1" else SHADES
                for page in result[:2]:
                    self.assertShows(page, shades)
        many = saved(ink, "TIFF", save_all=True, append_images=[ink] * 10, compression="group4")
        self.assertRefused("too_many_pages", many)
        self.assertRefused("too_many_pages", saved(picture(), "JPEG"), many, position=1)
        self.assertRefused("damaged", many[: len(many) // 2], position=0)

    def test_scans_and_photos_are_joined_in_their_order(self):
        files = [
            saved(picture(), "JPEG"),
            text_pdf("Second"),
            scan_pdf(),
            b"\xef\xbb\xbf" + text_pdf("Fourth"),
            b"Written by a program\n" + text_pdf("Fifth"),
            person_files.with_password(text_pdf("Sixth"), ""),
        ]
        joined = pages(pdf_shrink.make_pdf(files))
        self.assertEqual(
            [page.extract_text().strip() for page in joined],
            ["", "Second", "", "Fourth", "Fifth", "Sixth"],
        )

    # === REFUSED === #

    def test_what_check_pdf_refuses_is_not_laundered(self):
        photo = saved(picture(), "PNG")
        opens = ONE_PAGE[0].replace(b" >>", b" /OpenAction << /S /Launch /F (a.exe) >> >>")
        for code, data in {
            "empty": b"",
            "truncated": scan_pdf()[:-900],
            "damaged": b"%PDF-1.7\n%%EOF\n",
            "encrypted": text_pdf(encrypt="secret"),
            "active_content": raw_pdf((opens, *ONE_PAGE[1:])),
            "too_many_pages": text_pdf(pages=11),
        }.items():
            self.assertRefused(code, photo, data, position=1)

    def test_a_signed_file_is_never_rewritten(self):
        catalog = ONE_PAGE[0].replace(b" >>", b" /AcroForm << /Fields [4 0 R] >> >>")
        field, value = b"<< /FT /Sig /T (a) /V 5 0 R >>", b"<< /Type /Sig /Contents <00> >>"
        signed = raw_pdf((catalog, *ONE_PAGE[1:], field, value))
        self.assertTrue(pdf_check.check_pdf(signed).signed)
        self.assertRefused("signed", signed, position=0)
        self.assertRefused("signed", scan_pdf(), signed, position=1)

    def test_kinds_that_are_not_taken(self):
        self.assertRefused("heic", b"\0\0\0\x18ftypheic" + bytes(99), position=0)
        avif = b"\0\0\0\x18ftypavif" + bytes(99)
        for data in (b"MZ" + bytes(99), b"GIF89a" + bytes(99), b"RIFF" + bytes(99), avif):
            self.assertRefused("unknown_kind", data, position=0)
        self.assertRefused("damaged", saved(picture(), "JPEG")[:-5000], position=0)
        self.assertRefused("damaged", b"\x89PNG\r\n\x1a\n" + bytes(99), position=0)

    def test_how_much_is_taken(self):
        self.assertRefused("empty")
        self.assertRefused("too_many_files", *[saved(picture(), "PNG")] * 11)
        self.assertRefused("too_many_pages", text_pdf(pages=6), text_pdf(pages=5))
        some = [text_pdf(pages=6), text_pdf(pages=5)]
        self.assertEqual(len(pages(pdf_shrink.make_pdf(some, max_pages=11))), 11)
        self.assertRefused(
            "too_much", bytes(pdf_shrink.MAX_INPUT // 2 + 1), bytes(pdf_shrink.MAX_INPUT // 2)
        )
        self.assertRefused("cannot_shrink", saved(picture(), "PNG"), limit=1000)

    def test_bombs_are_stopped(self):
        png = bytearray(saved(Image.new("L", (9, 9)), "PNG"))
        png[16:24] = (60_000).to_bytes(4, "big") * 2
        png[29:33] = zlib.crc32(png[12:29]).to_bytes(4, "big")
        self.assertRefused("too_complex", bytes(png), position=0)
        gray = b"/ColorSpace /DeviceGray /BitsPerComponent 8"
        self.assertRefused(
            "too_complex", image_pdf(image_object(bytes(9), (60_000, 60_000), gray)), limit=300
        )
        inflated = zlib.compress(zlib.compress(bytes(450_000_000), 1), 1)
        twice = image_object(inflated, (99, 99), gray, b"[/FlateDecode /FlateDecode]")
        self.assertRefused("too_complex", image_pdf(twice), limit=300)
        # Forms that contain each other.
        form = b"<< /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /Im 4 0 R >> >> /Length 0 >>"
        loop = image_pdf(form + b"\nstream\n\nendstream")
        self.assertRefused("cannot_shrink", loop, limit=300)

    # === THE CHILD PROCESS === #

    def with_child(self, code, wall_seconds=20):
        """Make a PDF with another program in the place of the child."""

        def run_child(script, data, **limits):
            return pdf_shrink_run_child(script, data, **{**limits, "wall_seconds": wall_seconds})

        pdf_shrink_run_child = pdf_shrink.run_child
        with tempfile.NamedTemporaryFile("w", suffix=".py") as child:
            child.write(code)
            child.flush()
            with (
                patch.object(pdf_shrink, "_CHILD", Path(child.name)),
                patch.object(pdf_shrink, "run_child", run_child),
            ):
                return pdf_shrink.make_pdf([saved(picture(), "PNG")])

    def test_a_child_that_hangs_dies_or_talks_nonsense(self):
        ready = "print('ready', flush=True)\n"
        with self.assertRaises(ChildBusy):
            self.with_child(ready + "import time; time.sleep(60)", wall_seconds=3)
        for code in (
            "import os; os.abort()",
            "print('{}')",
            "print(1)",
        ):
            with self.assertRaises(pdf_shrink.ShrinkRefused) as refusal:
                self.with_child(ready + code)
            self.assertEqual(refusal.exception.code, "too_complex")
        with self.assertRaises(pdf_check.PdfCheckUnavailable):
            self.with_child("import no_such_package")

    def test_what_comes_out_is_not_trusted(self):
        for data in (padded_pdf(pdf_check.MAX_SIZE + 1), text_pdf()[:-99], text_pdf(encrypt="x")):
            code = f"import sys\nprint('ready', flush=True)\nsys.stdout.buffer.write({data!r})"
            with self.assertRaises(pdf_shrink.ShrinkRefused) as refusal:
                self.with_child(code)
            self.assertEqual(refusal.exception.code, "cannot_shrink")
