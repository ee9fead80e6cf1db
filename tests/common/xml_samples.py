"""Electronic documents in UBL, made at run time: small, of the kinds and with the namespaces of DIAN."""

from xml.sax.saxutils import escape

UBL = "urn:oasis:names:specification:ubl:schema:xsd"
EMPTY_PLACE = "<ext:ExtensionContent></ext:ExtensionContent>"
LINES = {"Invoice": "InvoiceLine", "CreditNote": "CreditNoteLine", "DebitNote": "DebitNoteLine"}

# What the extensions of DIAN hold.
SOURCE = (
    '<sts:DianExtensions><sts:InvoiceSource><cbc:IdentificationCode listAgencyID="6">CO'
    "</cbc:IdentificationCode></sts:InvoiceSource></sts:DianExtensions>"
)
HEALTH = "<CustomTagGeneral><Name>Responsable</Name><Value>Salud</Value></CustomTagGeneral>"
SELLING_POINT = (
    "<PuntoVenta><InformacionCajaVenta><Name>Caja</Name></InformacionCajaVenta></PuntoVenta>"
)

# Kinds of documents by the root and what their extensions hold: the signature goes where nothing stands.
LAYOUTS = {
    "invoice": ("Invoice", (SOURCE, "")),
    "health sector": ("Invoice", (SOURCE, HEALTH, "")),
    "POS equivalent": ("Invoice", (SOURCE, HEALTH, SELLING_POINT, SELLING_POINT, "")),
    "export invoice": ("Invoice", ("", SOURCE)),
    "credit note": ("CreditNote", (SOURCE, "")),
    "debit note": ("DebitNote", (SOURCE, "")),
    "event": ("ApplicationResponse", (SOURCE, "")),
    "container": ("AttachedDocument", ("",)),
}


def make_document(
    kind="Invoice",
    number="SETP990000001",
    lines=3,
    prolog='<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n',
    attributes="",
    first=SOURCE,
    place=EMPTY_PLACE,
    content="",
    epilog="\n",
):
    """Write a document that can be signed.

    :param str kind: its root
    :param int lines: of an invoice or a note, 140 bytes each
    :param str attributes: more of the root
    :param str first: what the first extension contains
    :param str place: the content of the second extension
    :param str content: more of the document, at its end
    :rtype: bytes
    """
    line = LINES.get(kind)
    body = "".join(
        f"  <cac:{line}>\n    <cbc:ID>{index}</cbc:ID>\n"
        f"    <cbc:Note>Café de la sierra, bolsa {index} &amp; envío</cbc:Note>\n  </cac:{line}>\n"
        for index in range(1, lines + 1 if line else 1)
    )
    return (
        f"{prolog}{_open_root(kind, attributes)}  <ext:UBLExtensions>\n"
        f"    <ext:UBLExtension><ext:ExtensionContent>{first}</ext:ExtensionContent></ext:UBLExtension>\n"
        f"    <ext:UBLExtension>{place}</ext:UBLExtension>\n"
        "  </ext:UBLExtensions>\n"
        f"  <cbc:UBLVersionID>UBL 2.1</cbc:UBLVersionID>\n  <cbc:ID>{escape(number)}</cbc:ID>\n"
        f"{body}{content}</{kind}>{epilog}"
    ).encode()


def _open_root(kind, attributes=""):
    return (
        f'<{kind} xmlns="{UBL}:{kind}-2"\n'
        f'  xmlns:cac="{UBL}:CommonAggregateComponents-2" xmlns:cbc="{UBL}:CommonBasicComponents-2"\n'
        f'  xmlns:ext="{UBL}:CommonExtensionComponents-2"\n'
        f'  xmlns:sts="dian:gov:co:facturaelectronica:Structures-2-1"{attributes}>\n'
    )


def make_layout(name, number="SETP990000001", lines=3, note="Café &amp; envío", extensions=None):
    """Write a document that is complete by the schemas of UBL, and can be signed.

    :param str name: one of `LAYOUTS`
    :param str note: markup of its note
    :param extensions: what they hold, if not what the layout says; nothing is an empty content
    :rtype: bytes
    """
    kind, contents = LAYOUTS[name]
    extensions = "".join(
        f"    <ext:UBLExtension><ext:ExtensionContent>{content}</ext:ExtensionContent></ext:UBLExtension>\n"
        for content in (contents if extensions is None else extensions)
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n{_open_root(kind)}'
        f"  <ext:UBLExtensions>\n{extensions}  </ext:UBLExtensions>\n"
        f"  <cbc:UBLVersionID>UBL 2.1</cbc:UBLVersionID>\n  <cbc:ID>{escape(number)}</cbc:ID>\n"
        "  <cbc:IssueDate>2026-11-30</cbc:IssueDate>\n  <cbc:IssueTime>10:00:00-05:00</cbc:IssueTime>\n"
        f"  <cbc:Note>{note}</cbc:Note>\n{_write_body(kind, lines)}</{kind}>\n"
    ).encode()


def _write_body(kind, lines):
    """Write what a schema asks for after the note."""
    party = "<cac:PartyName><cbc:Name>Café de la Sierra SAS</cbc:Name></cac:PartyName>"
    parties = f"  <cac:SenderParty>{party}</cac:SenderParty>\n  <cac:ReceiverParty>{party}</cac:ReceiverParty>\n"
    if kind == "ApplicationResponse":
        return (
            f"{parties}  <cac:DocumentResponse><cac:Response><cbc:ResponseCode>030</cbc:ResponseCode>"
            "</cac:Response><cac:DocumentReference><cbc:ID>SETP1</cbc:ID></cac:DocumentReference>"
            "</cac:DocumentResponse>\n"
        )
    if kind == "AttachedDocument":
        return (
            f"  <cbc:ParentDocumentID>SETP1</cbc:ParentDocumentID>\n{parties}"
            "  <cac:Attachment><cac:ExternalReference><cbc:Description><![CDATA[<Invoice>&amp;</Invoice>]]>"
            "</cbc:Description></cac:ExternalReference></cac:Attachment>\n"
        )
    total = "Requested" if kind == "DebitNote" else "Legal"
    amount = '<cbc:LineExtensionAmount currencyID="COP">1000.00</cbc:LineExtensionAmount>'
    return "".join(
        f"  <cac:Accounting{side}Party><cac:Party>{party}</cac:Party></cac:Accounting{side}Party>\n"
        for side in ("Supplier", "Customer")
    ) + (
        f"  <cac:{total}MonetaryTotal>"
        '<cbc:PayableAmount currencyID="COP">1000.00</cbc:PayableAmount>'
        f"</cac:{total}MonetaryTotal>\n"
        + "".join(
            f"  <cac:{LINES[kind]}><cbc:ID>{index}</cbc:ID>{amount}<cac:Item><cbc:Description>"
            f"Café, bolsa {index}</cbc:Description></cac:Item></cac:{LINES[kind]}>\n"
            for index in range(1, lines + 1)
        )
    )


def make_container(signed, **options):
    """Write an AttachedDocument around a signed one."""
    cdata = signed.decode().replace("]]>", "]]]]><![CDATA[>")
    return make_document(
        "AttachedDocument",
        content="  <cac:Attachment><cac:ExternalReference><cbc:Description>"
        f"<![CDATA[{cdata}]]></cbc:Description></cac:ExternalReference></cac:Attachment>\n",
        **options,
    )
