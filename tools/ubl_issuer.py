# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who issues a UBL document, by its own words: before somebody else's key signs it, that is compared."""

import re
from dataclasses import dataclass

from lxml import etree

_UBL = "urn:oasis:names:specification:ubl:schema:xsd"
_NAMES = {
    "cac": f"{_UBL}:CommonAggregateComponents-2",
    "cbc": f"{_UBL}:CommonBasicComponents-2",
}
# Where the issuer stands, by the root, and in what it stands there: DIAN, Anexo técnico 1.9.
_ISSUERS = {
    "Invoice": ("AccountingSupplierParty", "cac:Party/"),
    "CreditNote": ("AccountingSupplierParty", "cac:Party/"),
    "DebitNote": ("AccountingSupplierParty", "cac:Party/"),
    "ApplicationResponse": ("SenderParty", ""),
    "AttachedDocument": ("SenderParty", ""),
}
# Whoever buys from somebody who issues no invoices issues the document in place of the seller: the
# support document and its adjustment note (Anexo técnico del documento soporte 1.1).
_ISSUED_BY_BUYER = {
    "Invoice": ("InvoiceTypeCode", "05"),
    "CreditNote": ("CreditNoteTypeCode", "95"),
}
_NUMBER_LENGTH = 100  # characters of a document's number that are kept


@dataclass(frozen=True)
class IssuerFacts:
    """What a document says of itself.

    :ivar str number: of the document, such as ``SETP990000001``; empty where it has none.
    :ivar tuple issuers: the number of whoever issues it, as often as it stands there.
    """

    number: str
    issuers: tuple

    def is_issued_by(self, nit):
        """Tell whether everything that names the issuer names this NIT.

        DIAN has the number and its check digit apart. The check digit may follow behind a hyphen, and
        without one it is another number: the card 90098732 with its digit 1 is no NIT 900987321.

        :param str nit: with its check digit: ``900987321-1``
        :rtype: bool
        """
        digits, _hyphen, _check = nit.partition("-")
        written = [re.sub(r"[.,\s]", "", issuer) for issuer in self.issuers]
        return bool(digits and written) and all(one in (digits, nit) for one in written)


def read_issuer(document):
    """Read who issues a document.

    :param bytes document: one whose place for a signature `xades.get_kind` has found: it has no document type
    :return: without issuers where the document has none, or more than one place for them
    :rtype: IssuerFacts
    """
    parser = etree.XMLParser(
        encoding="UTF-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    root = etree.fromstring(document, parser)
    kind = etree.QName(root).localname
    party, inside = _ISSUERS.get(kind, ("", ""))
    type_name, type_code = _ISSUED_BY_BUYER.get(kind, ("", ""))
    if type_name and [_read(code) for code in _find(root, f"cbc:{type_name}")] == [type_code]:
        party = "AccountingCustomerParty"
    parties = _find(root, f"cac:{party}") if party else []
    issuers = []
    if len(parties) == 1:
        taxed = _find(parties[0], f"{inside}cac:PartyTaxScheme/cbc:CompanyID")
        legal = _find(parties[0], f"{inside}cac:PartyLegalEntity/cbc:CompanyID")
        # By the first of the two DIAN knows who it is.
        issuers = [_read(number) for number in [*taxed, *legal]] if taxed else []
    numbers = _find(root, "cbc:ID")
    return IssuerFacts(_read(numbers[0])[:_NUMBER_LENGTH] if numbers else "", tuple(issuers))


def _find(element, path):
    return element.findall(path, _NAMES)


def _read(element):
    """Return the whole text of an element: a comment in it would hide the rest."""
    return "".join(_read_texts(element)).strip()


def _read_texts(element):
    yield element.text or ""
    for child in element:
        # What is inside a comment or an instruction is no text; what follows it is.
        if isinstance(child.tag, str):
            yield from _read_texts(child)
        yield child.tail or ""
