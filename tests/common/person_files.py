# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What people attach as the signed letter, made as their programs do, at run time."""

import io
from datetime import datetime, timedelta
from pathlib import Path

from PIL import Image
from PIL.ExifTags import IFD, Base
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from . import letter_samples, pdf_samples

_TAKEN = datetime(2026, 3, 2, 10, 15)


def _write(writer):
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def _clone(data):
    return PdfWriter(clone_from=PdfReader(io.BytesIO(data)))


def _overlaid(data, draw):
    """The file with something drawn over its last page, as a program that flattens saves it."""
    file = io.BytesIO()
    canvas = Canvas(file)
    draw(canvas)
    canvas.save()
    writer = _clone(data)
    writer.pages[-1].merge_page(PdfReader(file).pages[0])
    return _write(writer)


def with_ink(data):
    """The file with a line of the finger in a note, appended to it as viewers of tablets save it."""
    writer = PdfWriter(io.BytesIO(data), incremental=True)
    curve = [170, 300, 190, 340, 210, 290, 235, 335, 260, 300]
    look = StreamObject()
    look.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Form"),
            NameObject("/BBox"): ArrayObject(map(NumberObject, (160, 280, 270, 350))),
        }
    )
    look._data = b"2 w 170 300 m 190 340 l 210 290 l 235 335 l 260 300 l S"
    page = writer.pages[-1]
    note = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Ink"),
            NameObject("/Rect"): ArrayObject(map(FloatObject, (160, 280, 270, 350))),
            NameObject("/InkList"): ArrayObject([ArrayObject(map(FloatObject, curve))]),
            NameObject("/C"): ArrayObject(map(FloatObject, (0, 0, 0.6))),
            NameObject("/F"): NumberObject(4),
            NameObject("/AP"): DictionaryObject({NameObject("/N"): writer._add_object(look)}),
        }
    )
    notes = page.get("/Annots")
    page[NameObject("/Annots")] = ArrayObject([*(notes or ()), writer._add_object(note)])
    return _write(writer)


def with_picture(data):
    """The file with the picture of a signature over its last page."""
    picture = Image.new("RGBA", (300, 120), (255, 255, 255, 0))
    for step in range(280):
        picture.paste((0, 0, 120, 255), (step, 60 + step * 37 % 50, step + 3, 64 + step * 37 % 50))
    return _overlaid(
        data, lambda canvas: canvas.drawImage(ImageReader(picture), 170, 280, 110, 44, mask="auto")
    )


def with_typed_name(data):
    """The file with the name typed over its last page."""
    return _overlaid(data, lambda canvas: canvas.drawString(170, 300, "Elena Mosquera Ruiz"))


def with_text_note(data):
    """The file with the name typed in a note."""
    writer = _clone(data)
    note = FreeText(text="Elena Mosquera Ruiz", rect=(170, 280, 330, 310), font_size="12pt")
    writer.add_annotation(len(writer.pages) - 1, note)
    return _write(writer)


def with_password(data, password):
    """The file encrypted, so that it opens with this password; without one it only restricts what is done with it."""
    writer = _clone(data)
    writer.encrypt(user_password=password, owner_password="owner", algorithm="AES-256")
    return _write(writer)


def with_program(data):
    """The file with a script that runs when it is opened."""
    writer = _clone(data)
    script = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("1")}
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject(script)
    return _write(writer)


def photo(page, taken=None, kind="JPEG"):
    """A photo of a page.

    :param taken: when, as the camera notes it
    """
    exif = Image.Exif()
    if taken:
        exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = taken.strftime("%Y:%m:%d %H:%M:%S")
    file = io.BytesIO()
    page.convert("RGB").save(file, kind, exif=exif, quality=80)
    return file.getvalue()


def get_pages(letter, code):
    """Return pictures of the pages of a letter, signed on paper."""
    total = len(PdfReader(io.BytesIO(letter)).pages)
    return [letter_samples.letter_page(f"{code} {page}/{total}") for page in range(1, total + 1)]


def make_signed_on_screen(letter):
    """The letter as it was downloaded, signed in a program that reads PDF.

    :rtype: dict[str, bytes]
    """
    return {
        "ink": with_ink(letter),
        "picture": with_picture(letter),
        "typed": with_typed_name(letter),
        "note": with_text_note(letter),
    }


def make_refused(letter, code, other, earlier):
    """What is not the signed letter, by why it is refused.

    :param code: of the letter
    :param other: the code of another letter
    :param earlier: the code of a letter of the same activation that is void
    :rtype: dict[str, bytes]
    """
    pages = get_pages(letter, code)
    scan = letter_samples.images_pdf(*pages)
    signed = letter_samples.signed_pdf(letter)
    changed = bytearray(signed)
    changed[signed.index(b"/Producer") + 12] ^= 1
    many = {f"too_many_photos/{number}.jpg": photo(pages[0]) for number in range(11)}
    return {
        "unsigned.pdf": letter,
        "missing_pages.pdf": letter_samples.images_pdf(*pages[:1]),
        "blank.pdf": letter_samples.images_pdf(Image.new("L", (1240, 1754), 250)),
        "other_letter.pdf": letter_samples.letter_scan(other),
        "earlier_letter.pdf": letter_samples.letter_scan(earlier),
        "broken_signature.pdf": bytes(changed),
        "no_letter.pdf": letter_samples.signed_pdf(pdf_samples.text_pdf("Contrato de obra")),
        "empty.pdf": b"",
        "not_pdf.pdf": b"PK\x03\x04 a document of an office program",
        "heic.heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        "truncated.pdf": scan[: len(scan) // 2],
        "damaged.pdf": scan[:1000] + b"%%EOF\n",
        "password.pdf": with_password(scan, "secreto"),
        "program.pdf": with_program(scan),
        "eleven_pages.pdf": pdf_samples.scan_pdf(11),
        "too_large.pdf": scan.ljust(21 * 1024**2),
        **many,
    }


def write_all(folder, letter, code, other, earlier):
    """Write them into folders for a browser: `screen`, `refused`, and photos by what puts them in order."""
    pages = get_pages(letter, code)
    named = ["IMG_2.jpg", "img_10.JPG"]
    files = {f"screen/{kind}.pdf": data for kind, data in make_signed_on_screen(letter).items()}
    refused = make_refused(letter, code, other, earlier)
    files |= {f"refused/{name}": data for name, data in refused.items()}
    files |= {f"named/{name}": photo(page) for name, page in zip(named, pages, strict=True)}
    files |= {
        f"alike/{len(pages) - number}/image.jpg": photo(page, _TAKEN + timedelta(minutes=number))
        for number, page in enumerate(pages)
    }
    scan = letter_samples.images_pdf(*pages)
    files |= {"restricted.pdf": with_password(scan, ""), "scan.pdf": scan}
    files |= {"page.tif": photo(pages[0], kind="TIFF")}
    for name, data in files.items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
