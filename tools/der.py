# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Read ASN.1, element by element, as far as somebody asks: DER, as the standard says, and any BER, as some write.

Whatever the bytes are, no error but `CertificateUnreadable` leaves this file, and the work is bounded by their number.
"""

import re
from datetime import datetime, timedelta, timezone

# Tags of ASN.1.
BOOLEAN, INTEGER, BITS, OCTETS, OID = 0x01, 0x02, 0x03, 0x04, 0x06
SEQUENCE, SET = 0x30, 0x31
_CLASS, _CONSTRUCTED = 0xC0, 0x20
_WHOLES = (
    0x08,
    0x0B,
    0x10,
    0x11,
)  # types that consist of others; all other ones of the standard are in one piece
_END = b"\0\0"
_DEPTH = 8  # of pieces in pieces
_STEPS = 200_000  # elements that are passed over to find the end of one
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
    r"([.,]\d+)?(Z|(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d))?"
)
_TIMES = {
    _UTC_TIME: re.compile(rf"(?P<year>\d{{2}}){_TIME}", re.ASCII),
    _GENERALIZED_TIME: re.compile(rf"(?P<year>\d{{4}}){_TIME}", re.ASCII),
}


class CertificateUnreadable(ValueError):
    """The bytes are no certificate, or one with which nothing can be done."""


class Element:
    """One element.

    :ivar int tag: with its class, and whether it is constructed; of a string in pieces that of the whole one.
    :ivar bytes content: of it.
    :ivar bytes raw: the whole of it, as it is written.
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


def iterate_elements(data, most=None, depth=0):
    position, count = 0, 0
    while position < len(data) and (most is None or count < most):
        element = _read_at(data, position, depth)
        yield element
        position, count = position + len(element.raw), count + 1


def read_element(data):
    """Return the first element of some bytes; what follows does not matter."""
    return _read_at(data, 0, 0)


def _read_at(data, position, depth):
    tag, start, stop, end = read_head(data, position)
    content = data[start:stop]
    if tag & _CLASS == 0 and tag & _CONSTRUCTED and tag & 0x1F not in _WHOLES:
        tag, content = tag & ~_CONSTRUCTED, join_pieces(content, depth, tag & 0x1F == BITS)
    return Element(tag, content, data[position:end])


def read_head(data, position):
    """Return tag, begin and end of the content, and end of the element at a position.

    A length may be written in more bytes than it takes, or be indefinite: X.690, section 8.1.3.

    :raise CertificateUnreadable: there is none, or it is cut off
    """
    tag, start, length = _read_length(data, position)
    if length is None:
        stop = _find_end(data, start)
        return tag, start, stop, stop + 2
    if start + length > len(data):
        raise CertificateUnreadable("end")
    return tag, start, start + length, start + length


def _read_length(data, position):
    """Return tag, begin of the content, and length, which is None when it is indefinite."""
    try:
        tag = data[position]
        position += 1
        if tag & 0x1F == 0x1F:  # of a number that stands in the bytes behind
            while data[position] & 0x80:
                position += 1
            position += 1
        length = data[position]
        start = position + 1
    except IndexError as error:
        raise CertificateUnreadable("end") from error
    if length == 0x80:
        if not tag & _CONSTRUCTED:
            raise CertificateUnreadable("length")
        return tag, start, None
    if length > 0x80:
        count = length - 0x80
        length = int.from_bytes(data[start : start + count], "big")
        start += count
    return tag, start, length


def _find_end(data, position):
    """Return where the content of an element of indefinite length ends."""
    opened, left = 1, _STEPS
    while left:
        left -= 1
        if data[position : position + 2] == _END:
            opened -= 1
            if not opened:
                return position
            position += 2
            continue
        _tag, position, length = _read_length(data, position)
        if length is None:
            opened += 1
        else:
            position += length
    raise CertificateUnreadable("length")


def join_pieces(content, depth=0, is_bits=False):
    """Return the content of a string that is written in pieces: X.690, section 8.7.3.

    :param bool is_bits: whether each piece says how many of its last bits are none
    """
    if depth > _DEPTH:
        raise CertificateUnreadable("depth")
    pieces = [piece.content for piece in iterate_elements(content, depth=depth + 1)]
    if is_bits and pieces:
        return b"".join((pieces[-1][:1], *(piece[1:] for piece in pieces)))
    return b"".join(pieces)


def is_der(data):
    """Tell whether lengths are written as DER asks for, and strings in one piece: X.690, section 10."""
    places = [(0, len(data))]
    while places:
        position, stop = places.pop()
        while position < stop:
            try:
                tag, start, length = _read_length(data, position)
            except CertificateUnreadable:
                return False
            is_string = tag & _CLASS == 0 and tag & _CONSTRUCTED and tag & 0x1F not in _WHOLES
            if length is None or is_string:
                return False
            size = 2 + (length > 0x7F and (length.bit_length() + 7) // 8)
            if start - position != size and tag & 0x1F != 0x1F:
                return False
            if tag & _CONSTRUCTED:
                places.append((start, start + length))
            position = start + length
    return True


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
    """Return a moment in UTC, also without seconds, with an offset, or in the form of the other type, as some write it."""
    text = element.expect(*_TIMES).content.decode("latin-1").strip()
    for tag in (element.tag, *_TIMES):
        if found := _TIMES[tag].fullmatch(text):
            try:
                return _make_time(found, tag == _UTC_TIME)
            except (OverflowError, ValueError):
                continue
    raise CertificateUnreadable("time")


def is_regular_time(element):
    """Tell whether a moment is written with seconds and in UTC, as RFC 5280, section 4.1.2.5, asks for."""
    text = element.content
    length = 13 if element.tag == _UTC_TIME else 15
    # Hour 24 and second 60 are no moments there.
    return (
        len(text) == length
        and text[:-1].isdigit()
        and text[-1:] == b"Z"
        and text[-7:-5] < b"24"
        and text[-3:-1] < b"60"
    )


def _make_time(found, is_short):
    year = int(found["year"])
    if is_short:
        year += 1900 if year >= 50 else 2000  # RFC 5280, section 4.1.2.5.1
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    if hour > 24 or minute > 59 or second > 60:
        raise ValueError
    day = datetime(year, int(found["month"]), int(found["day"]), tzinfo=timezone.utc)
    moment = day + timedelta(hours=hour, minutes=minute, seconds=second)
    if found["sign"]:
        offset = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"]))
        moment += -offset if found["sign"] == "+" else offset
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
