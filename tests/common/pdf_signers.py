# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A letter as programs leave it with which people sign: each writes an update of its own kind.

What the programs write is imitated: no signature in here is one. Object 1 is the catalog, 3 the page; an
update has the catalog and the page again, then a field, an annotation and what they refer to.
"""

from dataclasses import dataclass

try:
    from .pdf_samples import ONE_PAGE, compressed_pdf, raw_pdf, stream
except ImportError:  # the benchmark has this folder on its path
    from pdf_samples import ONE_PAGE, compressed_pdf, raw_pdf, stream

RICH = (
    b'(<?xml version="1.0"?><body xmlns="http://www.w3.org/1999/xhtml" xmlns:xfa="http://www.xfa.org/schema/xfa-data'
    b'/1.0/" xfa:APIVersion="Acrobat:23.8.0" xfa:spec="2.0.2"><p dir="ltr"><span>Ana G\xf3mez</span></p></body>)'
)
XMP = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns'
    b':rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta><?xpacket end="w"?>'
)
SIGNATURE = (
    b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter %s /M (D:20261130101010-05'00') /Name (Ana) /Reason (Acepto)"
    b" /Location (Bogot\xe1 D.C.) /ContactInfo () /ByteRange [0 100 200 300] /Contents <%s> %s >>"
)
FORM = b"/Type /XObject /Subtype /Form /BBox [0 0 100 50] /Matrix [1 0 0 1 0 0] /Resources %s"
BUILD = (
    b"/Prop_Build << /Filter << /Name /Adobe.PPKLite /R 131104 >> /PubSec << /Date (2026) /NonEFontNoWarn true >>"
    b" /App << /Name /%s /OS [/Win] /REx (23.008) /TrustedMode false >> >>"
)
MDP = (
    b"/Reference [<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /Type /TransformParams /P 2 /V /1.2"
    b" >> >>]"
)
LOCK = b"/Lock << /Type /SigFieldLock /Action /All >> /SV << /Type /SV /Ff 0 >>"
ROWS = 30  # higher numbers are those of streams of objects and tables


@dataclass
class Program:
    """How a program writes.

    :ivar base: builds the file that it opens, of object bodies
    :ivar str style: of its update: `table`, `stream` or `packed`
    :ivar bytes catalog: entries of the catalog
    :ivar bytes field: further entries of the signature field, which there is only with a `signature`
    :ivar bytes signature: the SubFilter and further entries of the signature
    :ivar bytes note: entries of an annotation
    :ivar tuple more: bodies of the objects from 10 on; the first two are appearances
    :ivar tuple later: of each further update: entries of the catalog, and bodies of objects from 20 on
    """

    base: object = raw_pdf
    style: str = "table"
    catalog: bytes = b""
    field: bytes = b""
    signature: tuple = ()
    note: bytes = b""
    more: tuple = ()
    later: tuple = ()


DSS = (
    b"<< /Type /DSS /Certs [21 0 R] /OCSPs [22 0 R] /CRLs [] /VRI << /0123456789ABCDEF0123456789ABCDEF01234567 <<"
    b" /Type /VRI /Cert [21 0 R] /OCSP [22 0 R] /TU (D:20261130101010Z) >> >> >>"
)
PROOFS = (DSS, stream(bytes(range(256)) * 3), stream(b"\x30\x82\x01" * 99))
STAMP = b"<< /Type /DocTimeStamp /Filter /Adobe.PPKLite /SubFilter /ETSI.RFC3161 /ByteRange [0 1 2 3] /Contents <00> >>"
STAMPED = (
    b"/DSS 20 0 R",
    (*PROOFS, b"<< /FT /Sig /T (Stamp) /V 24 0 R /F 132 /Rect [0 0 0 0] >>", STAMP),
)
ADOBE = b"/adbe.pkcs7.detached"
PADES = b"/ETSI.CAdES.detached"
INK = (
    b"/Subtype /Ink /InkList [[100 100 120 140 150 90]] /BS << /W 2 /S /S >> /C [0 0 .5] /F 4 /CA 1"
)
LAYERS = stream(
    b"q 1 0 0 1 0 0 cm /n0 Do Q q 1 0 0 1 0 0 cm /n2 Do Q",
    FORM % b"<< /XObject << /n0 12 0 R /n2 13 0 R >> >>",
)
BLANK = stream(b"% DSBlank\n", FORM % b"<< >>")
WORDS = stream(b"BT /F1 9 Tf (Firmado por /AA /JS) Tj ET", FORM % b"<< /Font << /F1 14 0 R >> >>")
FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
SEAL = (LAYERS, LAYERS, BLANK, WORDS, FONT)
DRAWN = (stream(b"2 w 0 0 m 9 9 l S", FORM % b"<< >>"), BLANK)
OPENS = b"/OpenAction [3 0 R /XYZ null null 1]"
DESTINATIONS = b"/Names << /Dests << /Kids [15 0 R] >> /JavaScript 16 0 R /EmbeddedFiles 16 0 R >>"
EMPTIED = (b"<< /Names [(a) [3 0 R /Fit]] /Limits [(a) (a)] >>", b"<< /Names [] >>")

PROGRAMS = {
    "Acrobat Fill & Sign": Program(
        compressed_pdf, "packed", b"/PieceInfo << /ADBE_FillSign << /LastModified (D:2026) /Private << /v 2 >> >> >>"
        b" /Metadata 12 0 R /PageMode /UseNone",
        note=b"/Subtype /Stamp /AP << /N 10 0 R >> /Name /FillSignSignature /NM (a) /T (Ana)",
        more=(*DRAWN, stream(XMP, b"/Type /Metadata /Subtype /XML")),
    ),
    "Acrobat Sign": Program(
        raw_pdf, "stream", b"/Perms << /DocMDP 9 0 R >> /Extensions << /ADBE << /BaseVersion /1.7 /ExtensionLevel 8"
        b" >> >>", LOCK, (PADES, BUILD % b"Adobe#20Sign" + MDP), more=SEAL, later=((b"/DSS 20 0 R", PROOFS),),
    ),
    "Acrobat, certified by oneself": Program(
        compressed_pdf, "packed", OPENS + DESTINATIONS + b"/Perms << /UR3 9 0 R >>", LOCK,
        (ADOBE, BUILD % b"Exchange-Pro" + MDP), b"/Subtype /Popup /Open false", (*SEAL, *EMPTIED),
    ),
    "DocuSign": Program(
        raw_pdf, "table", b"/ViewerPreferences << /DisplayDocTitle true >> /Lang (es)", b"/TU (ENVELOPEID_0123)",
        (ADOBE, b"/R 131072 /Prop_AuthTime 0"), b"/Subtype /Widget /FT /Btn /T (Sello) /Ff 65536 /MK << /R 0 >>", SEAL,
    ),
    "iText 5": Program(
        raw_pdf, "table", b"", b"", (ADOBE, b""), more=SEAL, later=((b"/DSS 20 0 R", PROOFS), STAMPED),
    ),
    "iText 7": Program(
        compressed_pdf, "packed", b"/Extensions << /ESIC << /BaseVersion /1.7 /ExtensionLevel 5 >> >>", LOCK,
        (PADES, MDP), more=SEAL, later=((b"/DSS 20 0 R", PROOFS), STAMPED, STAMPED),
    ),
    "DSS": Program(
        raw_pdf, "stream", b"/Version /1.7", b"", (PADES, b"/Prop_Build << /App << /Name /DSS#206 >> >>"),
        more=(WORDS, WORDS, BLANK, BLANK, FONT), later=((b"/DSS 20 0 R", PROOFS), STAMPED),
    ),
    "JSignPdf": Program(
        raw_pdf, "table", b"/Perms << /DocMDP 9 0 R >> /PageLayout /OneColumn", b"", (ADOBE, MDP), more=SEAL,
    ),
    "AutoFirma": Program(
        raw_pdf, "table", b"/Metadata 15 0 R " + OPENS, b"", (PADES, b"/Cert <3082> /Prop_Build << /App << /Name"
        b" /AutoFirma >> >>"), more=(*SEAL, stream(XMP, b"/Type /Metadata /Subtype /XML")),
    ),
    "Foxit": Program(
        compressed_pdf, "stream", b"/FXInfo << /Producer (Foxit) >> " + OPENS, b"/FoxitTag true",
        (ADOBE, BUILD % b"Foxit#20PDF#20Reader"), b"/Subtype /FreeText /IT /FreeTextTypewriter /DA (/Helv 9 Tf) /RC "
        + RICH + b" /DS (font: 9pt Helvetica)", SEAL,
    ),
    "LibreOffice": Program(
        raw_pdf, "stream", b"/MarkInfo << /Marked true >> /OpenAction [3 0 R /XYZ null null 0] /Lang (es-CO)", b"",
        (PADES, b"/Reason ()"), more=(BLANK, BLANK),
    ),
    "Preview": Program(
        raw_pdf, "table", b"", note=b"/Subtype /Stamp /Name /AAPL:AKExtras /AAPL:AKExtras << /AAPL:AKAnnotationObject"
        b" (YnBsaXN0MDA=) /AAPL:AKPDFAnnotationDictionary << /Subtype /Stamp /Rect [0 0 9 9] >> >> /AP << /N 10 0 R >>",
        more=DRAWN,
    ),
    "Edge": Program(raw_pdf, "table", b"", note=INK + b" /AP << /N 10 0 R >> /M (D:2026)", more=DRAWN),
    "Drawboard": Program(
        compressed_pdf, "stream", b"", note=INK + b" /BBI << /Points [1 2 3] >> /RC " + RICH + b" /AP << /N 10 0 R >>",
        more=DRAWN,
    ),
    "Xodo": Program(
        raw_pdf, "table", b"/PDFTRON << /v 9 >>", note=b"/Subtype /Stamp /trn-custom-data ({'a':'AA'}) /RC "
        + RICH + b" /Popup 11 0 R /AP << /N 10 0 R >>", more=(DRAWN[0], b"<< /Type /Annot /Subtype /Popup /Parent 8 0 R >>"),
    ),
    "PDF-XChange": Program(
        compressed_pdf, "packed", DESTINATIONS + b"/OCProperties << /OCGs [] /D << /Order [] >> >>", note=b"/Subtype"
        b" /FreeText /IT /FreeTextTypewriter /RC " + RICH + b" /DS (color:#000) /DA (/F1 9 Tf) /AP << /N 13 0 R >>",
        more=(*SEAL, *EMPTIED),
    ),
    "an authority's signer": Program(
        raw_pdf, "table", b"/AcroFormXFA null", b"", (ADOBE, BUILD % b"CertiFirma"), more=SEAL,
        later=((b"/DSS 20 0 R", PROOFS),),
    ),
}  # fmt: skip


def write(program, catalog=b"", field=b"", note=b"", more=b""):
    """Return a letter as a `Program` leaves it.

    :param catalog: further entries of it; likewise of the field and the annotation
    :param more: the body of object 19
    """
    data = program.base()
    page = ONE_PAGE[2].replace(b">>", b"/Annots [7 0 R 8 0 R] >>")
    objects = {
        3: page,
        8: b"<< /Type /Annot /Rect [9 9 99 99] /P 3 0 R %s %s >>" % (program.note, note),
    }
    if program.note == b"":
        objects[8] = (
            b"<< /Type /Annot /Subtype /Link /Rect [0 0 1 1] /A << /S /URI /URI (https://a.co) >> %s >>"
            % note
        )
    entries = program.catalog + b" " + catalog
    if program.signature:
        kind, others = program.signature
        objects[7] = (
            b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Signature1) /F 132 /Rect [9 9 99 99] /P 3 0 R /V 9 0 R"
            b" /AP << /N 10 0 R >> %s %s >>" % (program.field, field)
        )
        objects[9] = SIGNATURE % (kind, b"00" * 4000, others)
        entries += b" /AcroForm << /SigFlags 3 /Fields [7 0 R] /DA (/Helv 0 Tf 0 g) /DR << /Font << >> >> >>"
    else:
        objects[7] = b"<< /Type /Annot /Subtype /Highlight /Rect [0 0 9 9] %s >>" % field
    objects |= dict(enumerate(program.more, 10))
    if more:
        objects[19] = more
    for later, bodies in ((b"", ()), *program.later):
        if bodies:
            entries += b" " + later if later not in entries else b""
            objects = dict(enumerate(bodies, 20))
        objects[1] = ONE_PAGE[0].replace(b">>", entries + b" >>", 1)
        data = update(data, objects, program.style)
    return data


def update(data, objects, style):
    """The file with an update of objects: `table`, `stream` or `packed`, all but streams and signatures in one."""
    previous = int(data[data.rindex(b"startxref") :].split()[1])
    size = ROWS + 2 * data.count(b"%%EOF")  # further numbers for each update
    packed = {
        number: body
        for number, body in objects.items()
        if style == "packed" and not body.endswith(b"endstream") and b"/ByteRange" not in body
    }
    places = {}
    if packed:
        index, offset = b"", 0
        for place, (number, body) in enumerate(packed.items()):
            index += b"%d %d " % (number, offset)
            offset += len(body) + 1
            places[number] = 2, size, place
        keys = b"/Type /ObjStm /N %d /First %d" % (len(packed), len(index))
        objects = {**objects, size: stream(index + b"\n".join(packed.values()), keys)}
    for number, body in objects.items():
        if number in packed:
            continue
        places[number] = 1, len(data), 0
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    end = b"startxref\n%d\n%%%%EOF\n" % len(data)
    if style == "table":
        rows = b"".join(
            b"%d 1\n%010d 00000 n \n" % (number, places[number][1]) for number in sorted(places)
        )
        trailer = b"trailer\n<< /Size %d /Root 1 0 R /Prev %d /ID [<01> <02>] >>\n" % (
            size,
            previous,
        )
        return data + b"xref\n" + rows + trailer + end
    places[size + 1] = 1, len(data), 0
    rows = b"".join(
        kind.to_bytes(1, "big") + where.to_bytes(4, "big") + last.to_bytes(2, "big")
        for _number, (kind, where, last) in sorted(places.items())
    )
    index = b" ".join(b"%d 1" % number for number in sorted(places))
    keys = b"/Type /XRef /W [1 4 2] /Size %d /Root 1 0 R /Prev %d /Index [%s] /ID [<01> <02>]" % (
        size + 2, previous, index,
    )  # fmt: skip
    return data + b"%d 0 obj\n%s\nendobj\n" % (size + 1, stream(rows, keys)) + end


SCRIPT = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"
# What somebody hides where these programs write.
HOSTILE = {
    "a script on opening": {"catalog": b"/OpenAction %s" % SCRIPT},
    "a script on opening, elsewhere": {"catalog": b"/OpenAction 19 0 R", "more": SCRIPT},
    "a page of the web on opening": {"catalog": b"/OpenAction << /S /URI /URI (https://a.co) >>"},
    "scripts by name": {
        "catalog": b"/Names << /JavaScript 19 0 R >>",
        "more": b"<< /Names [(a) %s] >>" % SCRIPT,
    },
    "actions of the document": {
        "catalog": b"/AA 19 0 R",
        "more": b"<< /WC << /S /Named /N /Close >> >>",
    },
    "files by name": {
        "catalog": b"/Names << /EmbeddedFiles 19 0 R >>",
        "more": b"<< /Names [(a) 18 0 R] >>",
    },
    "a file of the document": {
        "catalog": b"/AF [19 0 R]",
        "more": b"<< /F (a.exe) /EF << /F 18 0 R >> >>",
    },
    "a form of another kind": {
        "catalog": b"/AcroForm << /XFA 19 0 R >>",
        "more": stream(b"<xdp/>"),
    },
    "a script of the field": {"field": b"/AA << /K %s >>" % SCRIPT},
    "a script of the field, elsewhere": {"field": b"/AA << /K 19 0 R >>", "more": SCRIPT},
    "a form sent": {"field": b"/A << /S /SubmitForm /F (https://a.co) >>"},
    "a program of the annotation": {"note": b"/A << /S /Launch /F (a.exe) >>"},
    "another document of the annotation": {"note": b"/A << /S /GoToR /F (a.pdf) /D [0 /Fit] >>"},
    "a film of the annotation": {"note": b"/A << /S /Rendition /R 19 0 R /OP 0 >>"},
}


def harmless_files():
    """Yield (program, file) of each, also as others save it again."""
    for name, program in PROGRAMS.items():
        data = write(program)
        yield name, data
        yield f"{name}, with a line after the end", data + b"\r\n"
        yield f"{name}, behind a byte order mark", b"\xef\xbb\xbf" + data


def hostile_files():
    """Yield (kind, file): each program's, with each active content."""
    for name, program in PROGRAMS.items():
        for kind, places in HOSTILE.items():
            yield f"{name}, {kind}", write(program, **places)
