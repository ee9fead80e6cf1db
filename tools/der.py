# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Read DER, element by element, as far as somebody asks.

Whatever the bytes are, no error but `CertificateUnreadable` leaves this file, and the work is bounded by their number.
"""

import re
from datetime import datetime, timedelta, timezone

# Tags of ASN.1.
BOOLEAN, INTEGER, BITS, OCTETS, OID = 0x01, 0x02, 0x03, 0x04, 0x06
SEQUENCE, SET = 0x30, 0x31
_T61, _UTC_TIME, _GENERALIZED_TIME = 0x14, 0x17, 0x18

# Encodings of strings by their tag, as the standard has them. Authorities write Latin-1 in nearly all of them, and
# UTF-8 in some.
ASCII = re.compile(rb"[\x00-\x7f]*")
PRINTABLE = re.compile(rb"[A-Za-z0-9 '()+,./:=?-]*")
STRINGS = {
    0x0C: ("utf-8", None),
    0x12: ("ascii", ASCII),
    0x13: ("ascii", PRINTABLE),
    _T61: ("utf-8", None),  # T.61, whose own accents nobody writes
    0x16: ("ascii", ASCII),
    0x19: ("ascii", ASCII),
    0x1A: ("ascii", ASCII),
    0x1B: ("ascii", ASCII),
    0x1C: ("utf-32-be", None),
    0x1E: ("utf-16-be", None),
}
_WIDE = {0x1C: 4, 0x1E: 2}  # bytes of a character
_TIME = (
    r"(?P<month>\d\d)(?P<day>\d\d)(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?"
    r"([.,]\d+)?(Z|(?P<sign>[+-])(?P<hours>\d\d)(?P<minutes>\d\d))?"
)
_TIMES = {
    _UTC_TIME: re.compile(rf"(?P<year>\d{{2}}){_TIME}", re.ASCII),
    _GENERALIZED_TIME: re.compile(rf"(?P<year>\d{{4}}){_TIME}", re.ASCII),
}


class CertificateUnreadable(ValueError):
    """The bytes are no certificate, or one with which nothing can be done."""


class Element:
    """One element of DER.

    :ivar int tag: with its class, and whether it is constructed.
    :ivar bytes content: of it.
    :ivar bytes raw: the whole of it.
    """

    __slots__ = ("content", "raw", "tag")

    def __init__(self, tag, content, raw):
        self.tag = tag
        self.content = content
        self.raw = raw

    def children(self, most=None):
        """Return what is inside.

        :param int | None most: how many to read at most; all by default
        :raise CertificateUnreadable: it has no such form
        """
        return list(iterate_elements(self.content, most))

    def expect(self, *tags):
        if self.tag not in tags:
            raise CertificateUnreadable(f"tag {self.tag}")
        return self


def iterate_elements(data, most=None):
    position, count = 0, 0
    while position < len(data) and (most is None or count < most):
        tag, start, stop = read_head(data, position)
        yield Element(tag, data[start:stop], data[position:stop])
        position, count = stop, count + 1


def read_head(data, position):
    """Return tag, and begin and end of the content, of the element at a position.

    :raise CertificateUnreadable: there is none, it is cut off, or its length is indefinite
    """
    try:
        tag, length = data[position], data[position + 1]
        start = position + 2
        if tag & 0x1F == 0x1F or length == 0x80:
            raise CertificateUnreadable("tag or length")
        if length > 0x80:
            count = length - 0x80
            if count > 4:
                raise CertificateUnreadable("length")
            length = int.from_bytes(data[start : start + count], "big")
            start += count
    except IndexError as error:
        raise CertificateUnreadable("end") from error
    if start + length > len(data):
        raise CertificateUnreadable("end")
    return tag, start, start + length


def read_element(data):
    """Return the first element of some bytes; what follows does not matter."""
    tag, start, stop = read_head(data, 0)
    return Element(tag, data[start:stop], data[:stop])


def read_oid(element):
    """Return an object identifier in dots; its numbers can be of any size."""
    content = element.expect(OID).content
    if not content or len(content) > 100 or content[-1] & 0x80:
        raise CertificateUnreadable("object identifier")
    numbers, number = [], 0
    for byte in content:
        number = number << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(number)
            number = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


def read_integer(element, signed=True):
    content = element.expect(INTEGER).content
    if not content:
        raise CertificateUnreadable("integer")
    return int.from_bytes(content, "big", signed=signed)


def read_time(element):
    """Return a moment in UTC, also without seconds or with an offset, as some write it."""
    element.expect(*_TIMES)
    found = _TIMES[element.tag].fullmatch(element.content.decode("latin-1").strip())
    if not found:
        raise CertificateUnreadable("time")
    year = int(found["year"])
    if element.tag == _UTC_TIME:
        year += 1900 if year >= 50 else 2000  # RFC 5280, section 4.1.2.5.1
    try:
        moment = datetime(
            year,
            *(int(found[name] or 0) for name in ("month", "day", "hour", "minute", "second")),
            tzinfo=timezone.utc,
        )
        if found["sign"]:
            offset = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"]))
            moment += -offset if found["sign"] == "+" else offset
    except (OverflowError, ValueError) as error:
        raise CertificateUnreadable("time") from error
    return moment


def read_bits(element):
    """Return the bytes of a BIT STRING; they are whole ones in keys and signatures."""
    content = element.expect(BITS).content
    if not content:
        raise CertificateUnreadable("bits")
    return content[1:]


def read_text(element):
    """Return the text of a string, in whatever encoding it is, and whether that is the one of its type.

    :rtype: tuple[str, bool]
    :raise CertificateUnreadable: it is no string
    """
    if element.tag not in STRINGS:
        raise CertificateUnreadable("string")
    encoding, allowed = STRINGS[element.tag]
    text, is_regular = decode_text(element.content, encoding, allowed, _WIDE.get(element.tag, 1))
    # What is not UTF-8 in T.61 is what its readers take for Latin-1.
    return text, is_regular or element.tag == _T61


def decode_text(content, encoding, allowed=None, width=1):
    is_allowed = (allowed is None or allowed.fullmatch(content)) and len(content) % width == 0
    for name in (encoding, "utf-8") if is_allowed else ("utf-8",):
        try:
            return content.decode(name), is_allowed and name == encoding
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1"), False
