# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Names of X.509, as they are written: of whom a certificate is, and of who issued it."""

import re
from dataclasses import dataclass, field

from .der import OID, SEQUENCE, SET, CertificateUnreadable, read_oid, read_text
from .text_limits import clean_text, remove_unseen

_ATTRIBUTES = 200  # of one name; what is beyond is not read
TEXT_LENGTH = 1_000  # characters of one value
COMMON_NAME, ORGANIZATION_NAME = "2.5.4.3", "2.5.4.10"
# Short names of RFC 4514, section 3, which are those of RFC 2253.
SHORT_NAMES = {
    "2.5.4.3": "CN",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.6": "C",
    "2.5.4.9": "STREET",
    "0.9.2342.19200300.100.1.25": "DC",
    "0.9.2342.19200300.100.1.1": "UID",
}
_ESCAPED = re.compile(r'[\\,+"<>;=]')
_BLANKS = re.compile(r"\s+")
_BREAKS = re.compile(r"[\t-\r\x85\u2028\u2029]")


@dataclass(frozen=True)
class Oid:
    """An object identifier.

    :ivar str dotted_string: its numbers, with dots between them.
    """

    dotted_string: str


@dataclass(frozen=True)
class Attribute:
    """One attribute of a name.

    :ivar Oid oid: its type.
    :ivar str value: its text in one line, without what nobody sees; empty when it is no text.
    :ivar bytes der: its value as it is written.
    """

    oid: Oid
    value: str
    der: bytes

    def rfc4514_string(self, names=None):
        """Write it by RFC 4514, as `cryptography` does.

        :param dict names: short names by type, further ones or others
        """
        names = {oid.dotted_string: name for oid, name in (names or {}).items()}
        number = self.oid.dotted_string
        return f"{names.get(number) or SHORT_NAMES.get(number, number)}={_escape(self.value)}"


@dataclass(frozen=True)
class Name:
    """A name of X.509.

    :ivar tuple rdns: of tuples of `Attribute`, in their order.
    :ivar bytes der: itself.
    :ivar tuple key: what two names have in common that are the same although they are written in other types of
        strings, with other blanks or capitals (RFC 5280, section 7.1), or in another order.
    """

    rdns: tuple
    der: bytes = field(compare=False, repr=False)
    key: tuple = field(repr=False)

    def __iter__(self):
        return (attribute for rdn in self.rdns for attribute in rdn)

    def get_attributes_for_oid(self, oid):
        """Return the attributes of one type, as `cryptography` does.

        :param oid: with a `dotted_string`
        """
        return self.get(oid.dotted_string)

    def get(self, number):
        return [attribute for attribute in self if attribute.oid.dotted_string == number]

    def rfc4514_string(self, names=None):
        """Write it by RFC 4514, as `cryptography` does."""
        return ",".join(
            "+".join(attribute.rfc4514_string(names) for attribute in rdn)
            for rdn in reversed(self.rdns)
        )

    def is_same(self, other):
        """Tell whether it is the same name, also when its attributes stand in another order."""
        return self.key == other.key


def read_name(element, odd=None):
    """Read a name; of what is written in a way that nobody reads there is nothing.

    :param list odd: takes `True` for a string that its type does not allow, `None` for a value that is no string
    :rtype: Name
    :raise CertificateUnreadable: it is none
    """
    odd = [] if odd is None else odd
    rdns, keys, count = [], [], 0
    for rdn in element.expect(SEQUENCE).children(_ATTRIBUTES):
        attributes, key = [], []
        for pair in _list_pairs(rdn, odd):
            try:
                attribute = _read_attribute(pair, odd)
                attributes.append(attribute)
                key.append(_make_key(attribute))
            except (CertificateUnreadable, ValueError):
                odd.append(None)
                key.append(("", pair.raw.hex()))
            count += 1
            if count > _ATTRIBUTES:
                raise CertificateUnreadable("attributes")
        if attributes or key:
            rdns.append(tuple(attributes))
            keys.append(tuple(sorted(key)))
    return Name(tuple(filter(None, rdns)), element.raw, tuple(sorted(keys)))


def _list_pairs(rdn, odd):
    """Return the attributes of a part of a name, also of one that is written without its SET."""
    pairs = rdn.expect(SET, SEQUENCE).children(_ATTRIBUTES)
    if rdn.tag == SEQUENCE:
        odd.append(True)
        if pairs and pairs[0].tag == OID:
            return [rdn]
    return pairs


def _read_attribute(pair, odd):
    kind, value = pair.expect(SEQUENCE).children(2)
    number = read_oid(kind)
    try:
        text, is_regular = read_text(value)
    except CertificateUnreadable:
        text, is_regular = "", None
    if not is_regular:
        odd.append(is_regular is not None or None)
    text = _BREAKS.sub(" ", remove_unseen(text[:TEXT_LENGTH]))
    return Attribute(Oid(number), text, value.raw)


def _make_key(attribute):
    text = _BLANKS.sub(" ", attribute.value.casefold()).strip()
    # Two values that are no text are the same when their bytes are.
    return attribute.oid.dotted_string, text or attribute.der.hex()


def get_label(name):
    """Return the common name, else the organisation, else the whole of a name.

    :param name: `Name`
    """
    for number in (COMMON_NAME, ORGANIZATION_NAME):
        for attribute in name.get(number):
            if label := clean_text(attribute.value):
                return label
    return clean_text(name.rfc4514_string())


def get_organisation(name):
    """Return the organisation of a name, else what `get_label` returns.

    :param name: `Name`
    """
    for attribute in name.get(ORGANIZATION_NAME):
        if label := clean_text(attribute.value):
            return label
    return get_label(name)


def _escape(text):
    text = _ESCAPED.sub(r"\\\g<0>", text)
    if text[:1] in ("#", " "):
        text = "\\" + text
    if text[-1:] == " ":
        text = text[:-1] + "\\ "
    return text.replace("\0", "\\00")
