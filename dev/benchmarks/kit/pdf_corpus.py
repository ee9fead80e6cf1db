"""Writes acceptable PDF files of every producer that this machine has: pdf_corpus.py <folder> [--quick]

Each producer gets a folder. What is missing is printed, one line each. Every file has 1 to 10 pages,
at most 1 MiB, no password, and nothing that runs or carries another file.
"""

import io
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

MAX_SIZE = 1_048_576
TEXT = "Carta de exoneración de responsabilidad del señor Núñez, NIT 901.414.515-7. " * 3
HTML = """<!DOCTYPE html><html lang="es"><head><meta charset="utf-8"><title>Recibo</title>
<style>table {{ border-collapse: collapse }} td {{ border: 1px solid }} h1 {{ color: navy }}</style></head>
<body><h1 id="a">Recibo {0}</h1><p>{1}</p><p><a href="https://example.com/a?b=1">Enlace</a> <a href="#b">Total</a></p>
<table><tr><td>IVA</td><td>$ 19.000</td></tr></table><ul><li>Uno</li><li>Dos</li></ul>
<svg width="80" height="40"><circle cx="20" cy="20" r="15" fill="green"/></svg>{2}<p id="b">Total: $ 119.000</p></body></html>"""
BREAK = '<div style="page-break-before: always">Otra página</div>'

folder = Path(sys.argv[1])
quick = "--quick" in sys.argv
work = Path(tempfile.mkdtemp())
os.environ["HOME"] = str(work)  # for programs that leave their settings behind
missing = []


def save(producer, name, data):
    data = data if isinstance(data, bytes) else Path(data).read_bytes()
    if len(data) <= MAX_SIZE:
        (folder / producer).mkdir(parents=True, exist_ok=True)
        (folder / producer / f"{name}.pdf").write_bytes(data)


def run(*command, **options):
    """Run a program in the work folder; a missing one ends the producer."""
    program = shutil.which(str(command[0]))
    if not program:
        raise FileNotFoundError(command[0])
    return subprocess.run(
        [program, *map(str, command[1:])],
        cwd=work,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=180,
        check=True,
        **options,
    ).stdout


def made():
    """A few files of other producers, to be rewritten."""
    files = [
        file for each in sorted(folder.iterdir()) for file in sorted(each.glob("*.pdf"))[::4][:3]
    ]
    return [file for file in files if file.parent.name not in REWRITERS]


def scan(mode="L", dpi=72, page=0):
    from PIL import Image, ImageDraw

    width, height = round(8.27 * dpi), round(11.69 * dpi)
    image = Image.new("L", (width, height), 250)
    draw = ImageDraw.Draw(image)
    for line in range(dpi, height - dpi, dpi // 3):
        draw.text((dpi, line), TEXT[page : page + 60], fill=40)
    return image.convert(mode)


# === PYTHON PACKAGES === #


def pillow():
    for mode, dpi, pages in itertools.product(
        ["1", "L", "P", "RGB", "CMYK", "LA", "RGBA"], (72, 150), (1, 3)
    ):
        images = [scan(mode, dpi, page) for page in range(pages)]
        file = io.BytesIO()
        options = {"title": "Carta señora", "author": "Ñ"} if pages == 3 else {}
        images[0].save(
            file, "PDF", resolution=dpi, save_all=True, append_images=images[1:], **options
        )
        save("pillow", f"{mode}-{dpi}-{pages}", file.getvalue())


def reportlab():
    from reportlab.lib.pagesizes import A4, legal, letter
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas
    from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Table

    pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))
    for size, compressed, font, pages in itertools.product(
        (A4, letter, legal), (0, 1), ("Helvetica", "Vera", "Times-Roman"), (1, 10)
    ):
        file = io.BytesIO()
        canvas = Canvas(file, pagesize=size, pageCompression=compressed)
        for page in range(pages):
            canvas.setFont(font, 10)
            canvas.drawString(72, 700, TEXT[:90])
            canvas.bookmarkPage(f"p{page}")
            canvas.addOutlineEntry(f"Página {page}", f"p{page}", 0)
            canvas.linkURL("https://example.com/JavaScript/AA", (72, 72, 144, 90))
            canvas.linkAbsolute("", "p0", (72, 172, 144, 190))
            canvas.drawInlineImage(scan("RGB", 30), 300, 300, 100, 140)
            canvas.showPage()
        canvas.setPageTransition("Dissolve")
        canvas.setViewerPreference("FitWindow", "true")
        canvas.showOutline()
        canvas.save()
        save("reportlab", f"{int(size[1])}-{compressed}-{font}-{pages}", file.getvalue())
    for number in range(8):
        file = io.BytesIO()
        style = getSampleStyleSheet()["Normal"]
        story = [Paragraph(TEXT, style), Table([["a", number]] * 9), PageBreak()] * (number + 1)
        SimpleDocTemplate(file, title="Informe", lang="es-CO").build(story)
        save("reportlab", f"story-{number}", file.getvalue())
    for number in range(4):
        file = io.BytesIO()
        canvas = Canvas(file)
        canvas.acroForm.textfield(name="nombre", x=72, y=600, value="Ana" * number)
        canvas.acroForm.checkbox(name="acepto", x=72, y=500, checked=bool(number % 2))
        canvas.acroForm.choice(name="tipo", x=72, y=400, options=["A", "B"], value="A")
        canvas.showPage()
        canvas.save()
        save("reportlab", f"form-{number}", file.getvalue())


def img2pdf():
    import img2pdf

    formats = (
        ("L", "JPEG"),
        ("RGB", "JPEG"),
        ("CMYK", "JPEG"),
        ("1", "PNG"),
        ("L", "PNG"),
        ("RGB", "PNG"),
    )
    formats += (("P", "PNG"), ("1", "TIFF"), ("RGB", "JPEG2000"), ("P", "GIF"))
    for (mode, kind), pages in itertools.product(formats, (1, 4)):
        images = []
        for page in range(pages):
            file = io.BytesIO()
            options = {"compression": "group4"} if kind == "TIFF" else {}
            scan(mode, 72, page).save(file, kind, **options)
            images.append(file.getvalue())
        for engine in (img2pdf.Engine.internal, img2pdf.Engine.pikepdf):
            data = img2pdf.convert(images, engine=engine, title="Escaneo", producer="Escaner")
            save("img2pdf", f"{mode}-{kind}-{pages}-{engine.name}", data)


def fpdf2():
    import fpdf

    for number, compressed, pages in itertools.product(range(6), (False, True), (1, 5)):
        pdf = fpdf.FPDF(format=("A4", "letter")[number % 2])
        pdf.set_compression(compressed)
        pdf.set_title("Carta")
        pdf.set_lang("es")
        for page in range(pages):
            pdf.add_page()
            pdf.set_font("helvetica", size=12)
            pdf.start_section(f"Sección {page}")
            pdf.multi_cell(0, 8, TEXT)
            pdf.cell(40, 10, "Enlace", link="https://example.com")
            if number > 1:
                pdf.image(scan("RGB", 40), 20, 120, 60)
            if number > 2:
                pdf.text_annotation(30, 30, "Una nota (con paréntesis)")
            if number > 3:
                pdf.ink_annotation([(40, 50), (60, 70)], "firma")
        if number == 5:
            pdf.set_display_mode("fullpage")
            pdf.set_page_label(label_style="R")
        save("fpdf2", f"{number}-{compressed}-{pages}", bytes(pdf.output()))


def borb():
    from borb.pdf import PDF, Document, Page, Paragraph, SingleColumnLayout

    for number in range(6):
        document = Document()
        for _page in range(number + 1):
            page = Page()
            document.append_page(page) if hasattr(document, "append_page") else document.add_page(
                page
            )
            layout = SingleColumnLayout(page)
            paragraph = Paragraph("Carta de responsabilidad")
            layout.append_layout_element(paragraph) if hasattr(
                layout, "append_layout_element"
            ) else layout.add(paragraph)
        path = work / "borb.pdf"
        if hasattr(PDF, "write"):
            PDF.write(what=document, where_to=path)
        else:
            with path.open("wb") as file:
                PDF.dumps(file, document)
        save("borb", number, path)


def weasyprint():
    import weasyprint

    for number, variant in enumerate((None, "pdf/a-1b", "pdf/a-2b", "pdf/a-4u", "pdf/ua-1")):
        for pages, plain in itertools.product((0, 4), (False, True)):
            form = "<form><input name=a value=Ana><input type=checkbox name=b></form>"
            html = HTML.format(number, TEXT, (form if not variant else "") + BREAK * pages)
            data = weasyprint.HTML(string=html).write_pdf(
                pdf_variant=variant,
                uncompressed_pdf=plain,
                pdf_forms=not variant,
                custom_metadata=True,
            )
            save("weasyprint", f"{number}-{pages}-{plain}", data)


def xhtml2pdf():
    from xhtml2pdf import pisa

    for number in range(8):
        file = io.BytesIO()
        pisa.CreatePDF(
            re.sub("(?s)<svg.*</svg>", "", HTML.format(number, TEXT, BREAK * number)), dest=file
        )
        save("xhtml2pdf", number, file.getvalue())


def matplotlib():
    import matplotlib
    from matplotlib.backends.backend_pdf import PdfPages
    from matplotlib.figure import Figure

    for kind, compression, pages in itertools.product((3, 42), (0, 6), (1, 3)):
        matplotlib.rcParams.update({"pdf.fonttype": kind, "pdf.compression": compression})
        path = work / "figure.pdf"
        with PdfPages(path) as pdf:
            for _page in range(pages):
                figure = Figure()
                axes = figure.add_subplot()
                axes.plot([3, 1, 4, 1, 5])
                axes.set_title("AA, JS y EF: señal", url="https://example.com")
                pdf.savefig(figure)
        save("matplotlib", f"{kind}-{compression}-{pages}", path)


def pymupdf():
    import pymupdf

    for number, pages in itertools.product(range(10), (1, 6)):
        document = pymupdf.open()
        for page_number in range(pages):
            page = document.new_page()
            page.insert_text((72, 72), TEXT[:80], fontname="helv" if number % 2 else "tiro")
            page.insert_link(
                {
                    "kind": pymupdf.LINK_URI,
                    "from": pymupdf.Rect(9, 9, 99, 99),
                    "uri": "https://example.com",
                }
            )
            page.add_text_annot((30, 30), "Nota")
            page.add_highlight_annot(pymupdf.Rect(72, 60, 200, 80))
            widget = pymupdf.Widget()
            widget.field_name, widget.field_type = f"f{page_number}", pymupdf.PDF_WIDGET_TYPE_TEXT
            widget.rect, widget.field_value = pymupdf.Rect(72, 200, 200, 220), "Ana"
            page.add_widget(widget)
        document.set_toc([[1, "Inicio", 1]])
        document.set_page_labels([{"startpage": 0, "prefix": "A-", "style": "D"}])
        data = document.tobytes(
            garbage=number % 5,
            deflate=number % 2,
            clean=number > 5,
            ascii=number == 7,
            use_objstms=number % 3 == 0,
            pretty=number == 8,
        )
        save("pymupdf", f"{number}-{pages}", data)


def pypdfium2():
    import pypdfium2

    for number, version in enumerate((14, 15, 16, 17)):
        for path in made()[number::7][:3]:
            document = pypdfium2.PdfDocument(path)
            document.save(work / "a.pdf", version=version)
            save("pypdfium2", f"{path.parent.name}-{path.stem}-{version}", work / "a.pdf")


def pikepdf():
    import pikepdf

    modes = list(pikepdf.ObjectStreamMode.__members__.values())
    for path, (number, mode) in itertools.product(made()[::2], enumerate(modes)):
        with pikepdf.open(path) as pdf:
            with pdf.open_metadata() as metadata:
                metadata["dc:title"] = "Carta"
            file = io.BytesIO()
            pdf.save(file, object_stream_mode=mode, linearize=number == 1, qdf=number == 0)
        save("pikepdf", f"{path.parent.name}-{path.stem}-{number}", file.getvalue())


def pypdf():
    from pypdf import PdfReader, PdfWriter

    for number, path in enumerate(made()):
        if number % 3:
            writer = PdfWriter(clone_from=PdfReader(path))
        else:
            writer = PdfWriter(io.BytesIO(path.read_bytes()), incremental=True)
        writer.add_metadata({"/Title": "Carta", "/Producer": "Ñ"})
        if number % 3 == 1:
            writer.compress_identical_objects()
        if number % 2:
            writer.add_outline_item(title="Inicio", page_number=0)
            writer.page_layout = "/SinglePage"
        file = io.BytesIO()
        writer.write(file)
        save("pypdf", f"{path.parent.name}-{path.stem}", file.getvalue())


def pdfrw():
    import pdfrw

    for number, path in enumerate(made()[1::2]):
        file = io.BytesIO()
        pdfrw.PdfWriter(file, compress=bool(number % 2), trailer=pdfrw.PdfReader(path)).write()
        save("pdfrw", f"{path.parent.name}-{path.stem}", file.getvalue())


def pyhanko():
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers

    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Ana")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 7, now, now + datetime.timedelta(9))
        .add_extension(x509.KeyUsage(True, True, *[False] * 7), True)
        .sign(key, hashes.SHA256())
    )
    (work / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    (work / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    signer = signers.SimpleSigner.load(str(work / "key.pem"), str(work / "certificate.pem"))
    for number, path in enumerate(made()[::2]):
        writer = IncrementalPdfFileWriter(io.BytesIO(path.read_bytes()), strict=False)
        metadata = signers.PdfSignatureMetadata(
            field_name="Firma",
            subfilter=fields.SigSeedSubFilter.PADES if number % 2 else None,
            certify=number % 3 == 0,
        )
        box = fields.SigFieldSpec("Firma", box=(20, 20, 200, 80))
        try:
            out = signers.PdfSigner(metadata, signer, new_field_spec=box).sign_pdf(writer)
        except Exception:  # not every file can be signed
            continue
        save("pyhanko", f"{path.parent.name}-{path.stem}", out.getvalue())


def ocrmypdf():
    scan("L", 150).save(work / "scan.png", dpi=(150, 150))
    for number, options in enumerate(
        (
            "--output-type pdf",
            "--output-type pdfa",
            "--output-type pdfa-1 -O 0",
            "--output-type pdf -O 2",
        )
    ):
        command = [
            sys.executable,
            "-m",
            "ocrmypdf",
            "--image-dpi",
            "150",
            *options.split(),
            "scan.png",
            "ocr.pdf",
        ]
        run(*command, env={**os.environ, "OMP_THREAD_LIMIT": "1"})
        save("ocrmypdf", number, work / "ocr.pdf")


# === PROGRAMS === #


def tesseract():
    for number in range(4):
        scan("L", 100, number).save(work / "scan.png", dpi=(100, 100))
        run(
            "tesseract",
            "scan.png",
            "ocr",
            "-l",
            "eng",
            *(["-c", "textonly_pdf=1"] if number == 3 else []),
            "pdf",
        )
        save("tesseract", number, work / "ocr.pdf")


def ghostscript():
    gs = ("gs", "-q", "-dNOPAUSE", "-dBATCH", "-sOutputFile=a.pdf")
    options = [
        f"-sDEVICE=pdfwrite -dCompatibilityLevel={version}"
        for version in ("1.3", "1.4", "1.5", "1.6", "1.7", "2.0")
    ]
    options += [
        f"-sDEVICE=pdfwrite -dPDFSETTINGS=/{name}"
        for name in ("screen", "ebook", "printer", "prepress")
    ]
    options += [
        "-sDEVICE=pdfwrite -dCompressPages=false",
        "-sDEVICE=pdfwrite -dASCII85EncodePages=true",
        "-sDEVICE=pdfwrite -dPDFA=2",
    ]
    options += [
        "-sDEVICE=pdfwrite -dFastWebView=true",
        "-sDEVICE=pdfimage24 -r72",
        "-sDEVICE=pdfimage8 -r72",
        "-sDEVICE=pdfocr8 -r72",
    ]
    for number, option in enumerate(options):
        for path in made()[number % 5 :: 9][:4]:
            try:
                run(*gs, *option.split(), path)
            except subprocess.CalledProcessError:  # a device that this build lacks
                break
            save("ghostscript", f"{path.parent.name}-{path.stem}-{number}", work / "a.pdf")


def enscript():
    (work / "text.txt").write_bytes((TEXT + "\n").encode("latin-1") * 20)
    for number, options in enumerate(("", "-2 -r", "-G", "-B -f Times-Roman12")):
        run("enscript", "-q", *options.split(), "-p", "text.ps", "text.txt")
        run("ps2pdf", "text.ps", "a.pdf")
        save("enscript", number, work / "a.pdf")


def poppler():
    for path in made()[::2]:
        run("pdftocairo", "-pdf", path, "a.pdf")
        save("cairo", f"{path.parent.name}-{path.stem}", work / "a.pdf")
        if path.parent.name in (
            "latex",
            "enscript",
            "rsvg",
            "tesseract",
        ):  # twice is at most ten pages
            run("pdfunite", path, path, "a.pdf")
            save("poppler", f"{path.parent.name}-{path.stem}", work / "a.pdf")


def rsvg():
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="{0}"><text x="9" y="40">Señor {0}</text><circle cx="99" cy="99" r="{0}" opacity=".5" fill="red"/></svg>'
    for number in range(1, 6):
        (work / "a.svg").write_text(svg.format(number * 90))
        run(
            "rsvg-convert",
            "-f",
            ("pdf", "pdf1.7", "pdf1.5", "pdf1.4", "pdf1.6")[0],
            "-o",
            "a.pdf",
            "a.svg",
        )
        save("rsvg", number, work / "a.pdf")


def qpdf():
    options = [
        "--object-streams=generate",
        "--object-streams=disable --linearize",
        "--object-streams=generate --linearize",
        "--qdf",
        "--stream-data=uncompress",
        "--stream-data=preserve --newline-before-endstream",
        "--force-version=2.0",
        "--coalesce-contents",
        "--deterministic-id --normalize-content=y",
    ]
    for number, option in enumerate(options):
        for path in made()[number % 4 :: 5][:6]:
            run("qpdf", "--warning-exit-0", *option.split(), path, "a.pdf")
            save("qpdf", f"{path.parent.name}-{path.stem}-{number}", work / "a.pdf")


def mutool():
    for number, option in enumerate(("", "-g", "-gggg -z", "-d -i -f", "-l", "-s", "-a")):
        for path in made()[number % 4 :: 8][:4]:
            try:
                run("mutool", "clean", *option.split(), path, "a.pdf")
            except subprocess.CalledProcessError:
                continue
            save("mutool", f"{path.parent.name}-{path.stem}-{number}", work / "a.pdf")


def pdftk():
    for number, path in enumerate(made()[::4]):
        run(
            "pdftk",
            path,
            "output",
            "a.pdf",
            ("compress", "uncompress", "flatten", "drop_xfa")[number % 4],
        )
        save("pdftk", f"{path.parent.name}-{path.stem}", work / "a.pdf")


def tiff2pdf():
    for mode, compression in (
        ("1", "group4"),
        ("1", "group3"),
        ("L", "tiff_lzw"),
        ("RGB", "jpeg"),
        ("RGB", "tiff_deflate"),
        ("L", "raw"),
    ):
        images = [scan(mode, 100, page) for page in range(3)]
        images[0].save(
            work / "a.tiff",
            compression=compression,
            save_all=True,
            append_images=images[1:],
            dpi=(100, 100),
        )
        for option in ("", "-p A4 -F -z", "-j -q 60"):
            try:
                run("tiff2pdf", *option.split(), "-o", "a.pdf", "a.tiff")
            except subprocess.CalledProcessError:
                continue
            save("tiff2pdf", f"{mode}-{compression}-{option[:2].strip('-')}", work / "a.pdf")


def imagemagick():
    program = next(filter(shutil.which, ("convert-im6.q16", "magick")), "magick")
    for mode, compression in itertools.product(
        ("L", "RGB"), ("JPEG", "Zip", "Fax", "Group4", "LZW", "RLE", "None")
    ):
        scan(mode).save(work / "a.png")
        run(program, "a.png", "-compress", compression, "a.pdf")
        save("imagemagick", f"{mode}-{compression}", work / "a.pdf")


def chromium():
    program = next(filter(shutil.which, ("chromium", "google-chrome")), "chromium")
    flags = "--headless --no-sandbox --disable-gpu --no-pdf-header-footer --user-data-dir=chromium"
    for number in range(5):
        (work / "a.html").write_text(HTML.format(number, TEXT, BREAK * number))
        extra = (
            "",
            "--generate-pdf-document-outline",
            "--disable-pdf-tagging",
            "--print-to-pdf-no-header",
            "--force-renderer-accessibility",
        )[number]
        run(program, *flags.split(), *extra.split(), "--print-to-pdf=a.pdf", "a.html")
        save("chromium", number, work / "a.pdf")


def wkhtmltopdf():
    for number, option in enumerate(
        ("", "-g", "-l", "--outline --lowquality", "--no-pdf-compression")
    ):
        (work / "a.html").write_text(HTML.format(number, TEXT, BREAK * number))
        run(
            "wkhtmltopdf",
            "-q",
            *option.split(),
            "a.html",
            "a.pdf",
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        )
        save("wkhtmltopdf", number, work / "a.pdf")


def libreoffice():
    (work / "a.html").write_text(HTML.format(1, TEXT, BREAK * 2))
    (work / "b.txt").write_text(TEXT * 9)
    (work / "c.csv").write_text("IVA,19\nTotal,119\n" * 30)
    inputs = ["a.html", "b.txt", "c.csv"]
    try:
        import docx

        document = docx.Document()
        document.add_heading("Carta")
        document.add_paragraph(TEXT)
        document.add_table(3, 3)
        document.save(work / "d.docx")
        inputs.append("d.docx")
    except ImportError:
        pass
    settings = [
        {},
        {"SelectPdfVersion": 1},
        {"SelectPdfVersion": 2},
        {"SelectPdfVersion": 3},
        {"SelectPdfVersion": 15},
        {"SelectPdfVersion": 17},
    ]
    settings += [
        {"UseTaggedPDF": True, "ExportBookmarks": True},
        {"UseLosslessCompression": True, "ExportNotes": True},
        {"ExportFormFields": False, "InitialView": 1},
        {"PDFUACompliance": True},
        {"OpenInFullScreenMode": True, "Magnification": 1},
    ]
    for number, values in enumerate(settings):
        pairs = ",".join(
            f'"{name}":{{"type":"{"boolean" if value is True or value is False else "long"}","value":"{str(value).lower()}"}}'
            for name, value in values.items()
        )
        for filters, names in (
            ("writer_web_pdf_Export", inputs[:1]),
            ("writer_pdf_Export", [*inputs[1:2], *inputs[3:]]),
            ("calc_pdf_Export", inputs[2:3]),
        ):
            run(
                "soffice",
                f"-env:UserInstallation=file://{work}/office",
                "--headless",
                "--convert-to",
                f"pdf:{filters}:{{{pairs}}}",
                *names,
            )
            for name in names:
                path = (work / name).with_suffix(".pdf")
                if path.exists():
                    save("libreoffice", f"{path.stem}-{number}", path)
                    path.unlink()


def latex():
    source = r"\documentclass{article}\usepackage[T1]{fontenc}%s\begin{document}\section{Carta}Texto de la carta%s\end{document}"
    packages = (
        "",
        r"\usepackage{lmodern}",
        r"\usepackage{hyperref}",
        r"\usepackage{hyperref}\pdfobjcompresslevel=0",
        r"\usepackage[pdfpagelabels]{hyperref}\pdfminorversion=4",
        r"\pdfcompresslevel=0",
    )
    for number, package in enumerate(packages):
        link = (
            r" \href{https://example.com}{enlace} \ref{a}\label{a} \newpage otra"
            if "hyperref" in package
            else ""
        )
        (work / "a.tex").write_text(source % (package, link))
        run("pdflatex", "-interaction=batchmode", "a.tex")
        save("latex", number, work / "a.pdf")


def fop():
    region = '<fo:root xmlns:fo="http://www.w3.org/1999/XSL/Format"><fo:layout-master-set><fo:simple-page-master master-name="a" page-height="29cm" page-width="21cm"><fo:region-body/></fo:simple-page-master></fo:layout-master-set><fo:page-sequence master-reference="a"><fo:flow flow-name="xsl-region-body"><fo:block>{}</fo:block></fo:flow></fo:page-sequence></fo:root>'
    (work / "a.fo").write_text(region.format(TEXT))
    for number, options in enumerate(("", "-pdfprofile PDF/A-1b", "-a")):
        try:
            run("fop", *options.split(), "a.fo", "a.pdf")
        except subprocess.CalledProcessError:  # a profile needs fonts that this machine lacks
            continue
        save("fop", number, work / "a.pdf")


# === NODE === #

NODE = """
const fs = require("fs"); const text = %r;
const kind = process.argv[2], number = Number(process.argv[3]);
if (kind === "jspdf") { const { jsPDF } = require("jspdf"); const d = new jsPDF({ compress: number %% 2 === 1, format: number > 2 ? "a4" : "letter" });
  for (let p = 0; p <= number; p++) { if (p) d.addPage(); d.text(text.slice(0, 60), 10, 20); d.textWithLink("Enlace", 10, 40, { url: "https://example.com" }); }
  if (number === 4) d.autoPrint(); if (number === 5) d.outline.add(null, "Inicio", { pageNumber: 1 });
  fs.writeFileSync("a.pdf", Buffer.from(d.output("arraybuffer"))); }
if (kind === "pdfkit") { const K = require("pdfkit"); const d = new K({ compress: number %% 2 === 1, pdfVersion: ["1.3","1.4","1.5","1.6","1.7","1.7ext3"][number], tagged: number > 3, lang: "es-CO" });
  d.pipe(fs.createWriteStream("a.pdf")); d.text(text, { link: "https://example.com" }); d.outline.addItem("Inicio"); if (number > 2) d.addPage().text("Otra"); d.end(); }
if (kind === "pdf-lib") { const { PDFDocument } = require("pdf-lib"); (async () => { const d = await PDFDocument.create();
  for (let p = 0; p <= number; p++) d.addPage().drawText("Carta de exoneracion"); if (number > 2) { const f = d.getForm().createTextField("a"); f.setText("Ana"); f.addToPage(d.getPage(0)); }
  fs.writeFileSync("a.pdf", await d.save({ useObjectStreams: number %% 2 === 1 })); })(); }
"""


def node():
    (work / "a.js").write_text(NODE % TEXT)
    for kind, number in itertools.product(("jspdf", "pdfkit", "pdf-lib"), range(6)):
        run("node", "a.js", kind, number)
        save(kind, number, work / "a.pdf")


# === FILES THAT SCANNERS, TELEPHONES AND PORTALS GIVE === #


def variants():
    """Legal or tolerated oddities, on files whose structure is known."""
    base = _raw()
    lines = base.split(b"\n")
    xref = int(lines[-3])
    oddities = {
        "carriage returns": base.replace(b"\n", b"\r").replace(b"n \r", b"n\r\n"),
        "both line ends": _raw(end=b"\r\n"),
        "binary comment": base.replace(b"%PDF-1.7\n", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"),
        "spaces after the header": base.replace(b"%PDF-1.7\n", b"%PDF-1.7    \n"),
        "no line end at the end": base.rstrip(),
        "zeros after the end": base + bytes(900),
        "lines after the end": base + b"\r\n" * 400,
        "text after the end": base + b"\nScanned by a telephone\n" * 9,
        "two ends": base + b"%%EOF\n",
        "no endobj": base.replace(b"\nendobj", b""),
        "references a few bytes off": base.replace(b"startxref\n%d" % xref, b"startxref\n%d" % (xref + 3)),
        "references at zero": base.replace(b"startxref\n%d" % xref, b"startxref\n0"),
        "rows off": re.sub(rb"(\d{10}) 00000 n", lambda row: b"%010d 00000 n" % (int(row[1]) + 2), base),
        "table that begins at one": base.replace(b"xref\n0 ", b"xref\n1 "),
        "no table": base[:xref] + base[base.index(b"trailer") :],
        "version 2.0": base.replace(b"%PDF-1.7", b"%PDF-2.0"),
        "version 1.0": base.replace(b"%PDF-1.7", b"%PDF-1.0"),
    }  # fmt: skip
    catalogs = {
        "empty actions": b"/AA << >>",
        "form without scripts": b"/AcroForm << /Fields [] /NeedAppearances true /DA (/Helv 0 Tf 0 g) >>",
        "opens at a page": b"/OpenAction [3 0 R /Fit]",
        "opens at a page by an action": b"/OpenAction << /S /GoTo /D [3 0 R /XYZ null null 1] >>",
        "prints": b"/OpenAction << /Type /Action /S /Named /N /Print >>",
        "no scripts": b"/Names << /Dests << /Names [(a) [3 0 R /Fit]] >> >>",
        "no files": b"/Names << /EmbeddedFiles << /Names [] >> >>",
        "outline of addresses": b"/Outlines << /Count 1 /First << /Title (a) /A << /S /URI /URI (https://example.com/JS) >> >> >>",
        "labels": b"/PageLabels << /Nums [0 << /S /r >> 3 << /S /D /St 1 >>] >>",
        "viewer": b"/ViewerPreferences << /HideToolbar true >> /PageMode /UseOutlines /PageLayout /OneColumn",
        "layers": b"/OCProperties << /OCGs [] /D << /Order [] /AS [<< /Event /Print >>] >> >>",
        "language": b"/Lang (es-CO) /MarkInfo << /Marked true >> /StructTreeRoot << /Type /StructTreeRoot >>",
        "extensions": b"/Extensions << /ADBE << /BaseVersion /1.7 /ExtensionLevel 3 >> >> /Version /1.7",
        "permissions": b"/Perms << /UR3 << /Type /Sig /Reference [<< /TransformMethod /UR3 /TransformParams << /EF [/Create /Delete] >> >>] >> >>",
        "intent": b"/OutputIntents [<< /S /GTS_PDFA1 /OutputConditionIdentifier (sRGB) >>]",
        "private": b"/PieceInfo << /Scanner << /Private << /Pages 1 >> >> >> /Metadata 4 0 R",
    }
    pages = {
        "transition": b"/Trans << /S /Wipe >> /Dur 3",
        "thumbnail": b"/Thumb 4 0 R",
        "rotated": b"/Rotate 270 /UserUnit 1.5 /CropBox [0 0 99 99]",
        "fonts called AA, JS, EF": b"/Resources << /Font << /AAA 4 0 R /JSX 4 0 R >> /ProcSet [/PDF /Text] >>",
        "highlights": b"/Annots [<< /Subtype /Highlight /Rect [0 0 9 9] /Contents (ver /AA y /JS) >>]",
        "notes": b"/Annots [<< /Subtype /Popup >> << /Subtype /Stamp /Name /Approved >> << /Subtype /Ink >>]",
        "encodings": b"/Resources << /Font << /F << /Encoding << /Differences [65 /AA /JS /EF 70 /A] >> >> >> >>",
        "comments": b"% scanned (at 300 dpi\n /Tabs /S",
    }
    for name, entry in catalogs.items():
        oddities[name] = _raw(catalog=entry)
    for name, entry in pages.items():
        oddities[name] = _raw(page=entry)
    for name, data in oddities.items():
        save("variants", name.replace(",", "").replace(" ", "-"), data)
    for number, path in enumerate(made()[::3]):
        data = path.read_bytes()
        save(
            "tails",
            f"{path.parent.name}-{path.stem}",
            data.rstrip() + (b"\r\n", bytes(512), b"\n" * 600, b" ", b"\x1a")[number % 5],
        )


def _raw(catalog=b"", page=b"", end=b"\n"):
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R %s >>" % page,
        b"<< /Length 24 >>"
        + end
        + b"stream"
        + end
        + b"0 0 m 99 99 l S %(/JS (x "
        + end
        + b"endstream",
    )
    data = b"%PDF-1.7" + end
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj" % number + end + body + end + b"endobj" + end
    eol = end if len(end) == 2 else b" " + end
    rows = [b"xref", b"0 5", b"0000000000 65535 f" + eol] + [
        b"%010d 00000 n" % offset + eol for offset in offsets
    ]
    return (
        data
        + rows[0]
        + end
        + rows[1]
        + end
        + b"".join(rows[2:])
        + end.join(
            (
                b"trailer",
                b"<< /Size 5 /Root 1 0 R >>",
                b"startxref",
                b"%d" % len(data),
                b"%%EOF",
                b"",
            )
        )
    )


REWRITERS = {
    "pypdfium2",
    "pikepdf",
    "pypdf",
    "pdfrw",
    "pyhanko",
    "ghostscript",
    "cairo",
    "poppler",
    "qpdf",
    "mutool",
    "pdftk",
    "tails",
}
FAST = (
    pillow,
    reportlab,
    img2pdf,
    fpdf2,
    borb,
    weasyprint,
    xhtml2pdf,
    matplotlib,
    pymupdf,
    tesseract,
)
FAST += (enscript, rsvg, tiff2pdf, imagemagick, latex, node)
SLOW = (ocrmypdf, chromium, wkhtmltopdf, fop, libreoffice)
REWRITE = (
    pypdfium2,
    pikepdf,
    pypdf,
    pdfrw,
    pyhanko,
    ghostscript,
    poppler,
    qpdf,
    mutool,
    pdftk,
    variants,
)

folder.mkdir(parents=True, exist_ok=True)
for producer in (*FAST, *(() if quick else SLOW), *REWRITE):
    try:
        producer()
    except (ImportError, FileNotFoundError) as error:
        missing.append(f"{producer.__name__} ({error})")
    except Exception as error:
        missing.append(f"{producer.__name__}, in part ({type(error).__name__}: {str(error)[:150]})")
shutil.rmtree(work, ignore_errors=True)
print("; ".join(missing))
