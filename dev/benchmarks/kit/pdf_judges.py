"""What PDFium, MuPDF and qpdf find in PDF files: the other side of dev/benchmarks/pdf_check.py.

It runs in the environment of requirements-bench.txt. A question comes on standard input as the number of a
judge, one byte, the length of a file, four bytes, big endian, and the file. The answer is one line of JSON: a
list of what the judge resolved that does something or carries a file, or null when it cannot open the file or
sees no page in it.

PDFium and MuPDF show what they resolve by rewriting the file, every object as they read it. What
they wrote is sound and is walked by qpdf, as is the file itself.
"""

import io
import json
import logging
import struct
import sys

import pikepdf
import pymupdf
import pypdfium2
import pypdfium2.raw

ACTIONS = frozenset(
    (
        "/JavaScript",
        "/Launch",
        "/SubmitForm",
        "/ImportData",
        "/GoToE",
        "/GoToR",
        "/Rendition",
        "/RichMediaExecute",
        "/Movie",
        "/Sound",
        "/GoTo3DView",
    )
)
ANNOTATIONS = frozenset(("/FileAttachment", "/RichMedia", "/3D", "/Movie", "/Sound"))
ON_OPEN = ("/GoTo", "/Named")
NAMED = ("/NextPage", "/PrevPage", "/FirstPage", "/LastPage", "/Print", "None")
NODES = 20_000


def walk(pdf):
    """Yield what is active among all objects that the trailer leads to."""
    root = pdf.trailer.get("/Root")
    action = root.get("/OpenAction") if isinstance(root, pikepdf.Dictionary) else None
    is_action = isinstance(action, pikepdf.Dictionary | pikepdf.Stream)
    if is_action and (action.get("/S") not in ON_OPEN or "/Next" in action):
        yield f"OpenAction {action.get('/S')}"
    elif is_action and action.get("/S") == "/Named" and str(action.get("/N")) not in NAMED:
        yield f"OpenAction {action.get('/N')}"
    seen, todo = set(), [pdf.trailer]
    while todo and len(seen) < NODES:
        node = todo.pop()
        if node.is_indirect:
            if node.objgen in seen:
                continue
            seen.add(node.objgen)
        if isinstance(node, pikepdf.Array):
            todo += [item for item in node if isinstance(item, pikepdf.Object)]
        elif isinstance(node, pikepdf.Dictionary | pikepdf.Stream):
            entries = dict(node.items())
            yield from look(entries)
            if isinstance(node, pikepdf.Stream):
                yield from look_at_stream(entries)
            todo += [value for value in entries.values() if isinstance(value, pikepdf.Object)]


def look(entries):
    kind = entries.get("/S")
    if isinstance(kind, pikepdf.Name) and str(kind) in ACTIONS:
        yield f"action {kind}"
    if kind == "/Thread" and isinstance(entries.get("/F"), pikepdf.String | pikepdf.Dictionary):
        yield "a thread of another file"
    for key in ("/Subtype", "/Type"):
        value = entries.get(key)
        if isinstance(value, pikepdf.Name):
            if key == "/Subtype" and str(value) in ANNOTATIONS:
                yield f"annotation {value}"
            if key == "/Type" and value == "/EmbeddedFile":
                yield "embedded file"
    for key in ("/JS", "/XFA"):
        if isinstance(entries.get(key), pikepdf.String | pikepdf.Stream | pikepdf.Array):
            yield f"key {key}"
    for key in ("/AA", "/EF"):
        value = entries.get(key)
        if isinstance(value, pikepdf.Dictionary) and len(value):
            yield f"key {key}"
    for key in ("/JavaScript", "/EmbeddedFiles"):
        value = entries.get(key)
        if isinstance(value, pikepdf.Dictionary) and any(
            len(item) for item in value.values() if isinstance(item, pikepdf.Array)
        ):
            yield f"key {key}"


def look_at_stream(entries):
    for key in ("/F", "/Ref"):
        if isinstance(entries.get(key), pikepdf.String | pikepdf.Dictionary):
            yield f"another file by {key}"
    if "/PS" in (str(entries.get(key)) for key in ("/Subtype", "/Subtype2")):
        yield "a program for a printer"


def walk_bytes(data):
    with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as pdf:
        return list(walk(pdf)), len(pdf.pages)


def qpdf(data):
    found, pages = walk_bytes(data)
    return found if pages else None


def pdfium(data):
    document = pypdfium2.PdfDocument(data)
    try:
        if not len(document):
            return None
        found = []
        if count := pypdfium2.raw.FPDFDoc_GetJavaScriptActionCount(document):
            found.append(f"{count} scripts")
        if count := pypdfium2.raw.FPDFDoc_GetAttachmentCount(document):
            found.append(f"{count} attachments")
        file = io.BytesIO()
        document.save(file, flags=pypdfium2.raw.FPDF_NO_INCREMENTAL)
        return found + walk_bytes(file.getvalue())[0]
    finally:
        document.close()


def mupdf(data):
    with pymupdf.open(stream=data, filetype="pdf") as document:
        if not document.page_count:
            return None
        found = ["embedded files"] if document.embfile_count() else []
        return found + walk_bytes(document.tobytes())[0]


JUDGES = (pdfium, mupdf, qpdf)


def judge(look_at, data):
    try:
        return look_at(data)
    except Exception:  # it does not open the file, or cannot make sense of it
        return None


def main():
    logging.disable(logging.CRITICAL)
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    answers = sys.stdout
    sys.stdout = sys.stderr
    while header := sys.stdin.buffer.read(5):
        index, length = struct.unpack(">BI", header)
        found = judge(JUDGES[index], sys.stdin.buffer.read(length))
        answers.write(json.dumps(found) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
