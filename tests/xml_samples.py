"""Electronic documents in UBL, made at run time: small, of the kinds and with the namespaces of DIAN."""

from xml.sax.saxutils import escape

UBL = "urn:oasis:names:specification:ubl:schema:xsd"
EMPTY_PLACE = "<ext:ExtensionContent></ext:ExtensionContent>"
LINES = {"Invoice": "InvoiceLine", "CreditNote": "CreditNoteLine", "DebitNote": "DebitNoteLine"}


def make_document(
    kind="Invoice",
    number="SETP990000001",
    lines=3,
    prolog='<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n',
    attributes="",
    first='<sts:DianExtensions><sts:InvoiceSource><cbc:IdentificationCode listAgencyID="6">CO'
    "</cbc:IdentificationCode></sts:InvoiceSource></sts:DianExtensions>",
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
        f'{prolog}<{kind} xmlns="{UBL}:{kind}-2"\n'
        f'  xmlns:cac="{UBL}:CommonAggregateComponents-2" xmlns:cbc="{UBL}:CommonBasicComponents-2"\n'
        f'  xmlns:ext="{UBL}:CommonExtensionComponents-2"\n'
        f'  xmlns:sts="dian:gov:co:facturaelectronica:Structures-2-1"{attributes}>\n'
        "  <ext:UBLExtensions>\n"
        f"    <ext:UBLExtension><ext:ExtensionContent>{first}</ext:ExtensionContent></ext:UBLExtension>\n"
        f"    <ext:UBLExtension>{place}</ext:UBLExtension>\n"
        "  </ext:UBLExtensions>\n"
        f"  <cbc:UBLVersionID>UBL 2.1</cbc:UBLVersionID>\n  <cbc:ID>{escape(number)}</cbc:ID>\n"
        f"{body}{content}</{kind}>{epilog}"
    ).encode()


def make_container(signed, **options):
    """Write an AttachedDocument around a signed one."""
    cdata = signed.decode().replace("]]>", "]]]]><![CDATA[>")
    return make_document(
        "AttachedDocument",
        content="  <cac:Attachment><cac:ExternalReference><cbc:Description>"
        f"<![CDATA[{cdata}]]></cbc:Description></cac:ExternalReference></cac:Attachment>\n",
        **options,
    )
