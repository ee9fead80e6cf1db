"""Scans of the letter that are too large: how small, how fast, and whether they can still be read.

Needs pdftoppm (poppler-utils) to print the letter; tesseract with tesseract-ocr-spa to read it, and
zxing-cpp to read its QR code. What is missing is said, and not measured.
"""

import io
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kit.row import Row
from PIL import Image, ImageChops, ImageFilter
from pypdf import PdfReader

from tools.letter_pdf import render_letter
from tools.pdf_check import MAX_SIZE, check_pdf
from tools.pdf_shrink import shrink_pdf

SECONDS = 3
CODE = "K7QZ-M3DV-XW5A-PJ2E"
TITLE = "<h1>Carta de exoneración de responsabilidad por el uso del certificado digital</h1>"
PARAGRAPH = """
<p>Yo, <b>María Fernanda Pérez Gómez</b>, identificada con la cédula de ciudadanía número 52.123.456
expedida en Bogotá, en mi calidad de representante legal de la sociedad <b>Café de la Sierra SAS</b>,
con NIT 900.123.456-8, autorizo a Firma Fácil SAS para firmar con su certificado digital las facturas
electrónicas, las notas crédito y las notas débito que mi representada expida durante la vigencia de
la habilitación, conforme a la Ley 527 de 1999 y a las resoluciones de la Dirección de Impuestos y
Aduanas Nacionales.</p>
<p>Declaro que la información de cada documento es responsabilidad exclusiva de mi representada, y que
exonero al titular del certificado de cualquier reclamación por su contenido, su oportunidad o su
transmisión. Esta autorización se entiende otorgada desde la fecha de su firma.</p>
"""
SIGNATURE = """<div class="o_letter_signature"><p>Firmada en Bogotá el 3 de marzo de 2026.</p>
<p>_______________________________<br/>María Fernanda Pérez Gómez</p></div>"""


def main():
    row = Row(__doc__)
    if not shutil.which("pdftoppm"):
        row.leave_out("scans that are made smaller", "pdftoppm is missing: install poppler-utils")
        return row.finish()
    can_read = not row.quick and has_spanish_reader()
    if not can_read and not row.quick:
        row.leave_out("words that can still be read", "tesseract-ocr-spa is missing")
    try:
        import zxingcpp
    except ImportError:
        row.leave_out("QR codes that can still be read", "zxing-cpp is missing")
        zxingcpp = None
    for pages in (1,) if row.quick else (1, 2, 3):
        scan, words = scan_letter(pages)
        seconds, cpu, small = [], [], b""
        for _run in range(1 if row.quick else 5):
            start, start_cpu = time.perf_counter(), cpu_seconds()
            small = shrink_pdf(scan)
            seconds.append(time.perf_counter() - start)
            cpu.append(cpu_seconds() - start_cpu)
        check_pdf(small)
        line = (
            f"{pages} pages: {len(scan) / 1e6:.1f} MB -> {len(small) / 1e3:.0f} kB"
            f" in {statistics.median(seconds):.2f} s ({statistics.median(cpu):.2f} s of CPU)"
        )
        # Judged by what it costs: a machine that is busy with other things makes everyone wait.
        kept = len(small) <= MAX_SIZE and statistics.median(cpu) <= SECONDS
        images = render(small, 200)
        if zxingcpp:
            codes = [[code.text for code in zxingcpp.read_barcodes(image)] for image in images]
            line += f", QR code read on {codes.count([CODE])} of {pages}"
            kept &= codes.count([CODE]) == pages
        if can_read:
            before, after = (read(pictures) for pictures in (render(scan, 300), images))
            lost = sorted((words & before) - after)
            line += f", words read {len(words & after)} of {len(words)}"
            line += f" (before: {len(words & before)}; lost: {' '.join(lost) or 'none'})"
            kept &= not lost
        row.add(f"scan of {len(scan) / 1e6:.1f} MB", line, "1 MB in 3 s, every word and code", kept)
    return row.finish()


def cpu_seconds():
    """Return the CPU time of this process and of those that it started and that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def has_spanish_reader():
    if not shutil.which("tesseract"):
        return False
    command = ["tesseract", "--list-langs"]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return "spa" in found.split()


def scan_letter(pages):
    """Print the letter, put it on the scanner a little askew, and scan it at 300 dpi in colour.

    :return: the PDF of the scan, and the words of the letter
    """
    paragraphs, letter = 1, b""
    while len(PdfReader(io.BytesIO(letter)).pages if letter else ()) < pages:
        # The signature alone is no page.
        letter = render_letter(TITLE + PARAGRAPH * paragraphs + SIGNATURE, CODE)
        paragraphs += 1
    noise = random.Random(pages)
    scans = []
    for page in render(letter, 300):
        paper = Image.merge("RGB", [Image.effect_noise(page.size, 9) for _colour in "RGB"])
        ink = page.convert("RGB").filter(ImageFilter.GaussianBlur(0.8))
        # The noise is around 128: half of paper that is 242 of 255 bright.
        scan = ImageChops.multiply(ink.point(lambda value: value * 0.85 + 28), paper)
        scan = scan.point(lambda value: min(255, value * 1.9))
        scans.append(
            scan.rotate(noise.uniform(-1, 1), Image.Resampling.BICUBIC, fillcolor=(240, 240, 240))
        )
    file = io.BytesIO()
    scans[0].save(file, "PDF", resolution=300, quality=88, save_all=True, append_images=scans[1:])
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(letter)).pages)
    return file.getvalue(), split(text)


def render(data, dpi):
    """Return the pages of a PDF as images, as poppler draws them."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["pdftoppm", "-r", str(dpi), "-", f"{folder}/page"]
        subprocess.run(command, input=data, check=True, stderr=subprocess.DEVNULL)
        return [Image.open(path).copy() for path in sorted(Path(folder).iterdir())]


def read(images):
    """Return the words that tesseract reads on the images."""
    words = set()
    for image in images:
        file = io.BytesIO()
        image.save(file, "PNG", compress_level=1)
        command = ["tesseract", "-l", "spa", "-", "-"]
        text = subprocess.run(command, input=file.getvalue(), capture_output=True, check=True)
        words |= split(text.stdout.decode())
    return words


def split(text):
    return {word.lower() for word in re.findall(r"[^\W\d_]{3,}", text)}


if __name__ == "__main__":
    sys.exit(main())
