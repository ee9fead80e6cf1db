# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a lent certificate may sign: the one table that the letter's text and the signing code read.

Whoever exceeds a mandate answers for it (Codigo Civil, article 2180). So a letter lists what is signed under
it, and nothing else is.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from xml.parsers import expat

_DEPTH_MAX = 3  # containers inside containers
_PIECE = 1 << 16
_CONTAINER = "AttachedDocument"
_DIGITAL_SIGNATURE = "http://www.w3.org/2000/09/xmldsig#"
UNKNOWN = "unknown"
"""What is of no kind that a letter lists."""


@dataclass(frozen=True)
class Kind:
    """A kind of what is signed.

    :ivar str spanish: as a letter lists it
    :ivar str english: likewise, in the version for reading
    :ivar documents: the roots, each with the type codes of DIAN that belong to this kind; an empty code
        stands for a document that has none
    :ivar str choice: the field of the lender that includes it; empty for what every loan covers
    """

    spanish: str
    english: str
    documents: tuple[tuple[str, tuple[str, ...]], ...] = ()
    choice: str = ""


# In the order of the letter. Type codes: Anexo tecnico de factura electronica de venta 1.9, table 13.1.3;
# Anexo tecnico del documento equivalente electronico 1.0; Anexo tecnico del documento soporte 1.1.
KINDS = {
    "invoice": Kind(
        "facturas electrónicas de venta, incluidas las de exportación y las de contingencia",
        "electronic sales invoices, those of exports and of contingency included",
        (("Invoice", ("", "01", "02", "03", "04")),),
    ),
    "notes": Kind(
        "notas crédito y notas débito de esas facturas",
        "credit notes and debit notes of these invoices",
        (("CreditNote", ("", "91")), ("DebitNote", ("", "92"))),
    ),
    "equivalent": Kind(
        "documentos equivalentes electrónicos y sus notas de ajuste",
        "electronic equivalent documents and their adjustment notes",
        (
            (
                "Invoice",
                ("20", "25", "27", "30", "32", "35", "40", "45", "50", "55", "60"),
            ),
            ("CreditNote", ("94",)),
            ("DebitNote", ("93",)),
        ),
    ),
    "support": Kind(
        "documentos soporte en adquisiciones efectuadas a sujetos no obligados a expedir factura de "
        "venta o documento equivalente, y sus notas de ajuste",
        "support documents of purchases from those who need not issue invoices, and their adjustment "
        "notes",
        (("Invoice", ("05",)), ("CreditNote", ("95",))),
        "certificate_signs_support",
    ),
    "event": Kind(
        "eventos de las facturas electrónicas de venta, tales como el acuse de recibo, el recibo del "
        "bien o servicio, la aceptación y el reclamo (ApplicationResponse)",
        "events of electronic sales invoices, such as their receipt, the receipt of goods or services, "
        "acceptance and claim (ApplicationResponse)",
        (("ApplicationResponse", ("",)),),
        "certificate_signs_events",
    ),
    "container": Kind(
        "los contenedores con que se entregan los anteriores (AttachedDocument)",
        "the containers in which these are delivered (AttachedDocument)",
        ((_CONTAINER, ("",)),),
    ),
    "request": Kind(
        "las solicitudes con que los anteriores se transmiten a la DIAN y se consultan su estado y su "
        "numeración",
        "the requests by which these are sent to DIAN and their status and numbering are looked up",
    ),
}
FORMER_SCOPE = ("invoice", "notes", "equivalent", "container", "request")
"""What letters of before 19.0.1.1.0 cover. They list all but the requests, without which no document is
issued: a mandate comprises the acts that its performance needs (Codigo de Comercio, article 1263)."""

_KIND_OF = {
    (root, code): kind
    for kind, facts in KINDS.items()
    for root, codes in facts.documents
    for code in codes
}


def get_scope(chosen: Callable[[str], object]) -> tuple[str, ...]:
    """Return the kinds of a loan, in the order of the letter.

    :param chosen: tells whether the lender's field of a choice is set
    """
    return tuple(kind for kind, facts in KINDS.items() if not facts.choice or chosen(facts.choice))


def write_scope(scope, english: bool = False) -> str:
    """Write the kinds as the letter lists them: ``(a) …; (b) …; y (c) …``.

    :param scope: as returned by `get_scope`
    """
    kinds = [KINDS[kind] for kind in scope]
    parts = [
        f"({letter}) {kind.english if english else kind.spanish}"
        for letter, kind in zip("abcdefghij", kinds, strict=False)
    ]
    parts[-1:] = [f"{'and' if english else 'y'} {parts[-1]}"] if len(parts) > 1 else parts
    return "; ".join(parts)


def find_kinds(document: bytes) -> set[str]:
    """Tell of what kinds a document is: its own, and of a container those of what it contains.

    :param document: XML in UTF-8 that is well formed at least as far as its extensions
    :return: of `KINDS`; `UNKNOWN` for what is of none of them
    """
    return _find_kinds(document, 0)


def is_document_signature(message: bytes) -> bool:
    """Tell whether bytes to be signed are those of a signature over a whole document, not over a request.

    The signature of a document refers to what it stands in (an empty address) or to its signed properties;
    that of a request refers to parts of an envelope.

    :param message: what is signed
    """
    found = False

    def open_element(name, attributes):
        nonlocal found
        if name == f"{_DIGITAL_SIGNATURE} Reference":
            found |= not attributes.get("URI", "") or "SignedProperties" in attributes.get(
                "Type", ""
            )

    parser = _make_parser()
    parser.StartElementHandler = open_element
    with suppress(expat.ExpatError):  # no XML is no document
        parser.Parse(message, True)
    return found


def _make_parser():
    return expat.ParserCreate("UTF-8", " ")


class _Refused(Exception):
    """There is a document type declaration, which no document has."""


def _find_kinds(document, depth):
    """See `find_kinds`."""
    parser = _make_parser()
    path, codes, contents, text = [], [], [], None
    root = is_support = None

    def refuse(*_declaration):
        raise _Refused

    def open_element(name, _attributes):
        nonlocal root, text
        name = name.rpartition(" ")[2]
        path.append(name)
        if len(path) == 1:
            root = name
        elif len(path) == 3 and path[1] == f"{root}TypeCode":
            codes.append(UNKNOWN)  # a code holds no elements
        # What it says of itself stands right below the root; what is attached, anywhere in the attachment.
        is_said = len(path) == 2 and name in (f"{root}TypeCode", "ProfileID")
        is_attached = root == _CONTAINER and len(path) > 2 and path[1] == "Attachment"
        text = [] if is_said or is_attached else None

    def close_element(_name):
        nonlocal text, is_support
        name = path.pop()
        content = "".join(text or ()).strip(" \t\r\n\ufeff")
        if text is not None and len(path) == 1 and name == "ProfileID":
            is_support = is_support or "soporte" in content.lower()
        elif text is not None and len(path) == 1:
            codes.append(content)
        elif content.startswith("<"):
            contents.append(content)
        text = None

    def read_text(piece):
        if text is not None:
            text.append(piece)

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = open_element
    parser.EndElementHandler = close_element
    parser.CharacterDataHandler = read_text
    try:
        for at in range(0, len(document), _PIECE):
            parser.Parse(document[at : at + _PIECE], False)
        parser.Parse(b"", True)
    except (expat.ExpatError, _Refused):
        return {UNKNOWN}
    kinds = {_KIND_OF.get((root, code), UNKNOWN) for code in codes or [""]}
    if is_support and "support" not in kinds:
        kinds.add("support")
    if contents and depth == _DEPTH_MAX:
        return kinds | {UNKNOWN}
    for content in contents:
        kinds |= _find_kinds(content.encode(), depth + 1)
    return kinds
