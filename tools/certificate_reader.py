# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Read a certificate of X.509 as authorities write them, and not only as RFC 5280 says.

`cryptography` reads strictly: one letter that a string's type does not have makes it refuse all extensions, or the
whole certificate. OpenSSL, .NET and DIAN read on. So what signing needs is taken here from the DER, each thing by its
object identifier and by itself: public key, dates, names, usage, alternative names, and the addresses for
revocation. What cannot be read is not known, and a remark names its field. A certificate is refused only when its frame,
its dates or its serial number cannot be read: then nothing can be done with it.

Whatever the bytes are, no error but `CertificateUnreadable` leaves this file, and the work is bounded by their number.
Values have the names that `cryptography` has for them, so that a `Certificate` stands where one of its own is
asked for.
"""

import base64
import binascii
import functools
import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .text_limits import clean_text, remove_unseen

MAX_SIZE = 65_536  # bytes of one certificate, which takes about 2,000
_ATTRIBUTES = 200  # of one name; what is beyond is not read
_NAMES = 200  # alternative names, addresses and points, likewise
_TEXT_LENGTH = 1_000  # characters of one value
_DEPTH = 10  # levels of an unknown extension that are looked through for text
_TEXTS = 200  # of all unknown extensions

# Tags of ASN.1.
_BOOLEAN, _INTEGER, _BITS, _OCTETS, _OID = 0x01, 0x02, 0x03, 0x04, 0x06
_SEQUENCE, _SET = 0x30, 0x31
_T61, _UTC_TIME, _GENERALIZED_TIME = 0x14, 0x17, 0x18
_VERSION, _EXTENSIONS = 0xA0, 0xA3
# Tags of a GeneralName: RFC 5280, section 4.2.1.6.
_OTHER_NAME, _DIRECTORY_NAME, _URI = 0xA0, 0xA4, 0x86

# Encodings of strings by their tag, as the standard has them. Authorities write Latin-1 in nearly all of them, and
# UTF-8 in some.
_ASCII = re.compile(rb"[\x00-\x7f]*")
_PRINTABLE = re.compile(rb"[A-Za-z0-9 '()+,./:=?-]*")
_STRINGS = {
    0x0C: ("utf-8", None),
    0x12: ("ascii", _ASCII),
    0x13: ("ascii", _PRINTABLE),
    _T61: ("utf-8", None),  # T.61, whose own accents nobody writes
    0x16: ("ascii", _ASCII),
    0x19: ("ascii", _ASCII),
    0x1A: ("ascii", _ASCII),
    0x1B: ("ascii", _ASCII),
    0x1C: ("utf-32-be", None),
    0x1E: ("utf-16-be", None),
}
_WIDE = {0x1C: 4, 0x1E: 2}  # bytes of a character

_KEY_USAGE = (
    "digital_signature",
    "non_repudiation",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
_RSA = ("1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10")
_RSA_PSS = "1.2.840.113549.1.1.10"
_HASHES = {
    "1.2.840.113549.1.1.2": "md2",
    "1.2.840.113549.1.1.3": "md4",
    "1.2.840.113549.1.1.4": "md5",
    "1.2.840.113549.1.1.5": "sha1",
    "1.3.14.3.2.29": "sha1",
    "1.2.840.113549.1.1.14": "sha224",
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
    "1.2.840.10045.4.1": "sha1",
    "1.2.840.10045.4.3.1": "sha224",
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}

# Fields that can be unread or odd, by the object identifier of their extension.
KEY_USAGE, EXTENDED_KEY_USAGE, BASIC_CONSTRAINTS = "2.5.29.15", "2.5.29.37", "2.5.29.19"
SUBJECT_ALT_NAME, CERTIFICATE_POLICIES = "2.5.29.17", "2.5.29.32"
NAME_CONSTRAINTS = "2.5.29.30"
CRL_POINTS, AUTHORITY_ACCESS = "2.5.29.31", "1.3.6.1.5.5.7.1.1"
FIELDS = (
    "public_key",
    "subject",
    "issuer",
    "extensions",
    "key_usage",
    "extended_key_usage",
    "basic_constraints",
    "subject_alt_name",
    "authority_info_access",
    "crl_distribution_points",
)
_OCSP = "1.3.6.1.5.5.7.48.1"
# Extensions of the standard, in which no authority writes a number of the subscriber.
_STANDARD = ("2.5.29.", "1.3.6.1.5.5.7.", "2.16.840.1.113730.1.")
_SUBJECT_ATTRIBUTES = "2.5.29.9"

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
_TIME = (
    r"(?P<month>\d\d)(?P<day>\d\d)(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?"
    r"([.,]\d+)?(Z|(?P<sign>[+-])(?P<hours>\d\d)(?P<minutes>\d\d))?"
)
_TIMES = {
    _UTC_TIME: re.compile(rf"(?P<year>\d{{2}}){_TIME}", re.ASCII),
    _GENERALIZED_TIME: re.compile(rf"(?P<year>\d{{4}}){_TIME}", re.ASCII),
}
_PEM = re.compile(
    rb"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----(.*?)-----END (?:X509 |TRUSTED )?CERTIFICATE-----",
    re.DOTALL,
)
# How text in UTF-16 begins: with a mark, or with a hyphen or the M of base64 for a SEQUENCE.
_WRAPPINGS = (
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"-\0", "utf-16-le"),
    (b"\0-", "utf-16-be"),
    (b"M\0", "utf-16-le"),
    (b"\0M", "utf-16-be"),
)
# Of at least 100 bytes that begin with a SEQUENCE.
_BASE64 = re.compile(rb"(?:\xef\xbb\xbf)?\s*M[A-Za-z0-9+/\s]{133,}(?:=\s*){0,2}")


class CertificateUnreadable(ValueError):
    """The bytes are no certificate, or one with which nothing can be done."""


# === DER === #


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
        return list(_iterate(self.content, most))

    def expect(self, *tags):
        if self.tag not in tags:
            raise CertificateUnreadable(f"tag {self.tag}")
        return self


def _iterate(data, most=None):
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
    content = element.expect(_OID).content
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
    content = element.expect(_INTEGER).content
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


def read_text(element):
    """Return the text of a string, in whatever encoding it is, and whether that is the one of its type.

    :rtype: tuple[str, bool]
    :raise CertificateUnreadable: it is no string
    """
    if element.tag not in _STRINGS:
        raise CertificateUnreadable("string")
    encoding, allowed = _STRINGS[element.tag]
    text, is_regular = _decode(element.content, encoding, allowed, _WIDE.get(element.tag, 1))
    # What is not UTF-8 in T.61 is what its readers take for Latin-1.
    return text, is_regular or element.tag == _T61


def _decode(content, encoding, allowed=None, width=1):
    is_allowed = (allowed is None or allowed.fullmatch(content)) and len(content) % width == 0
    for name in (encoding, "utf-8") if is_allowed else ("utf-8",):
        try:
            return content.decode(name), is_allowed and name == encoding
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1"), False


# === NAMES === #


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
    for rdn in element.expect(_SEQUENCE).children(_ATTRIBUTES):
        attributes = []
        for pair in rdn.expect(_SET).children(_ATTRIBUTES):
            kind, value = pair.expect(_SEQUENCE).children(2)
            try:
                text, is_regular = read_text(value)
            except CertificateUnreadable:
                text, is_regular = "", None
            if not is_regular:
                odd.append(is_regular is not None or None)
            text = _BREAKS.sub(" ", remove_unseen(text[:_TEXT_LENGTH]))
            attributes.append(Attribute(Oid(read_oid(kind)), text, value.raw))
            count += 1
            if count > _ATTRIBUTES:
                raise CertificateUnreadable("attributes")
        rdns.append(tuple(attributes))
        keys.append(tuple(sorted(map(_make_key, attributes))))
    return Name(tuple(rdns), element.raw, tuple(sorted(keys)))


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


def _escape(text):
    text = _ESCAPED.sub(r"\\\g<0>", text)
    if text[:1] in ("#", " "):
        text = "\\" + text
    if text[-1:] == " ":
        text = text[:-1] + "\\ "
    return text.replace("\0", "\\00")


# === CERTIFICATES === #


@dataclass(frozen=True)
class Extension:
    """An extension.

    :ivar str oid: its type, in dots.
    :ivar bool critical: whether who does not know it must not go on.
    :ivar bytes value: DER of it.
    """

    oid: str
    critical: bool
    value: bytes


@dataclass(frozen=True)
class CrlPoint:
    """Where a list of revoked certificates is.

    :ivar tuple[str, ...] urls: its addresses.
    :ivar frozenset[bytes] names: the same and others, as they are written.
    :ivar tuple[Name, ...] issuers: who signs the list, when it is not said to be the issuer of the certificate.
    :ivar bool is_whole: whether the list speaks of every reason and is signed by whom it names.
    """

    urls: tuple
    names: frozenset
    issuers: tuple = ()
    is_whole: bool = True


@dataclass(frozen=True, eq=False)
class Certificate:
    """What is read of a certificate; the same one when its bytes are.

    :ivar bytes der: itself.
    :ivar bytes tbs_certificate_bytes: what its issuer has signed.
    :ivar str signature_oid: how, in dots; likewise `hash_name`, such as `sha256`, or None.
    :ivar tuple[int, int] | None rsa_numbers: modulus and exponent of an RSA key.
    :ivar bytes public_info: DER of the public key.
    :ivar datetime not_valid_before_utc: likewise `not_valid_after_utc`.
    :ivar tuple[Extension, ...] extensions: all of them.
    :ivar frozenset | None key_usage: names as asn1crypto has them; None when it says nothing, or is unread.
    :ivar frozenset | None extended_key_usage: object identifiers, likewise.
    :ivar bool | None is_ca: of the basic constraints; likewise `path_length`.
    :ivar tuple[Name, ...] directory_names: of the subject's alternative names; likewise `other_names`, texts.
    :ivar frozenset[str] unread: of `FIELDS`, what is there and could not be read.
    :ivar frozenset[str] odd: of `FIELDS`, what was read although it is written otherwise than its type allows.
    """

    der: bytes
    tbs_certificate_bytes: bytes = field(repr=False)
    serial_number: int
    issuer: Name
    subject: Name
    not_valid_before_utc: datetime
    not_valid_after_utc: datetime
    signature: bytes = field(repr=False)
    signature_oid: str
    signature_parameters: bytes = field(repr=False)
    public_info: bytes = field(repr=False)
    rsa_numbers: tuple | None = field(repr=False)
    extensions: tuple = field(repr=False)
    key_usage: frozenset | None = None
    extended_key_usage: frozenset | None = None
    is_ca: bool | None = None
    path_length: int | None = None
    directory_names: tuple = ()
    other_names: tuple = ()
    ocsp_urls: tuple = ()
    crl_points: tuple = ()
    unread: frozenset = frozenset()
    odd: frozenset = frozenset()

    def __repr__(self):
        return f"<Certificate {self.sha256}>"

    def __eq__(self, other):
        """Tell whether it is the same certificate, also where `cryptography` has read the other one."""
        if not hasattr(other, "public_bytes"):
            return NotImplemented
        return self.der == other.public_bytes(serialization.Encoding.DER)

    def __hash__(self):
        return hash(self.der)

    @property
    def sha256(self):
        """Its fingerprint, 64 lower case hexadecimal digits."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def hash_name(self):
        return get_hash_name(self.signature_oid, self.signature_parameters)

    @property
    def signature_hash_algorithm(self):
        """The hash of its signature as `cryptography` has it, or None."""
        return _make_hash(self.hash_name)

    @property
    def signature_algorithm_parameters(self):
        """How its signature is padded, when it says so: `padding.PSS`, or None."""
        return _make_padding(self.signature_oid, self.signature_parameters)

    def public_key(self):
        """Return the public key.

        :rtype: one of `cryptography`, or None for a kind or a number that it does not take
        """
        return _load_key(self.public_info, self.rsa_numbers)

    def public_bytes(self, encoding):
        """Return it, as `cryptography` does.

        :param serialization.Encoding encoding: DER or PEM
        """
        if encoding == serialization.Encoding.DER:
            return self.der
        return to_pem(self.der)

    def fingerprint(self, algorithm):
        """Return its hash, as `cryptography` does."""
        digest = hashes.Hash(algorithm)
        digest.update(self.der)
        return digest.finalize()

    @property
    def public_bits(self):
        """The key itself, without its algorithm: what its hash identifies, in questions about revocation."""
        return _read_bits(read_element(self.public_info).children(2)[1])

    def find_further_texts(self):
        """Return texts in which an authority may have written something of its own: alternative names of another kind,
        and extensions that no standard knows.

        :rtype: list[str]
        """
        texts = list(self.other_names)
        for extension in self.extensions:
            if not extension.oid.startswith(_STANDARD) or extension.oid == _SUBJECT_ATTRIBUTES:
                _collect_texts(extension.value, texts, 0)
        return texts[:_TEXTS]


@functools.lru_cache(maxsize=128)
def load_der(der):
    """Read a certificate.

    :param bytes der: what follows it does not matter
    :rtype: Certificate
    :raise CertificateUnreadable: it is none, or nothing can be done with it
    """
    if len(der) > MAX_SIZE:
        raise CertificateUnreadable("size")
    try:
        return _read(read_element(der))
    except CertificateUnreadable:
        raise
    except (LookupError, OverflowError, TypeError, ValueError) as error:
        raise CertificateUnreadable("form") from error


def load_pem(pem):
    """Read the first certificate of a text, by the terms of `load_der`."""
    blocks = split_pem(pem)
    if not blocks:
        raise CertificateUnreadable("none")
    return load_der(blocks[0])


def unwrap(data):
    """Return the bytes of a file without what programs have wrapped around them: UTF-16, as Windows saves text, and
    base64 without the lines of PEM. Other files stay as they are.

    :param bytes data: the file
    :rtype: bytes
    """
    for mark, encoding in _WRAPPINGS:
        if data.startswith(mark):
            text = data.decode(encoding, "ignore").encode("ascii", "ignore")
            # The same bytes can be the beginning of anything.
            if b"-----BEGIN " in text or _BASE64.fullmatch(text):
                data = text
            break
    if _BASE64.fullmatch(data):
        try:
            return _decode_base64(data)
        except CertificateUnreadable:
            return data
    return data


def split_pem(pem):
    """Return the certificates of a text in PEM, in DER; lines may be of any length.

    :rtype: list[bytes]
    :raise CertificateUnreadable: what stands between the lines is no base64
    """
    return [_decode_base64(block) for block in _PEM.findall(pem)]


def _decode_base64(text):
    try:
        return binascii.a2b_base64(b"".join(text.removeprefix(b"\xef\xbb\xbf").split()))
    except binascii.Error as error:
        raise CertificateUnreadable("base64") from error


def to_pem(der):
    """Write DER in PEM, in lines of 64 characters."""
    text = base64.b64encode(der)
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return b"\n".join((b"-----BEGIN CERTIFICATE-----", *lines, b"-----END CERTIFICATE-----", b""))


class _Notes:
    """Which fields were not read, and which were although they are odd."""

    def __init__(self):
        self.unread = set()
        self.odd = set()

    def take(self, name, odd):
        """Note what `read_name` has told of a field."""
        if None in odd:
            self.unread.add(name)
        if True in odd:
            self.odd.add(name)

    def run(self, name, read, *args):
        """Return what a function reads; nothing, and a note, when it cannot."""
        try:
            return read(*args)
        except (LookupError, OverflowError, TypeError, ValueError):
            self.unread.add(name)
            return None


def _read(whole):
    tbs, algorithm, signature = whole.expect(_SEQUENCE).children(3)
    notes = _Notes()
    parts = tbs.expect(_SEQUENCE).children(20)
    if parts[0].tag == _VERSION:
        parts = parts[1:]
    serial_number, _algorithm, issuer, validity, subject, public = parts[:6]
    start, end = validity.expect(_SEQUENCE).children(2)
    signature_oid, parameters = _read_algorithm(algorithm)
    extensions = notes.run("extensions", _read_extensions, parts[6:]) or ()
    return Certificate(
        der=whole.raw,
        tbs_certificate_bytes=tbs.raw,
        serial_number=read_integer(serial_number),
        issuer=_read_known_name(notes, "issuer", issuer),
        subject=_read_known_name(notes, "subject", subject),
        not_valid_before_utc=read_time(start),
        not_valid_after_utc=read_time(end),
        signature=_read_bits(signature),
        signature_oid=signature_oid,
        signature_parameters=parameters,
        public_info=public.raw,
        rsa_numbers=notes.run("public_key", _read_rsa, public),
        extensions=extensions,
        **_read_known_extensions(notes, extensions),
        unread=frozenset(notes.unread),
        odd=frozenset(notes.odd),
    )


def _read_known_name(notes, name, element):
    odd = []
    found = notes.run(name, read_name, element, odd)
    notes.take(name, odd)
    # A name that cannot be read is that of nobody else: by its bytes.
    return found or Name((), element.raw, ((("", element.raw.hex()),),))


def _read_algorithm(element):
    kind, *parameters = element.expect(_SEQUENCE).children(2)
    return read_oid(kind), parameters[0].raw if parameters else b""


def _read_bits(element):
    """Return the bytes of a BIT STRING; they are whole ones in keys and signatures."""
    content = element.expect(_BITS).content
    if not content:
        raise CertificateUnreadable("bits")
    return content[1:]


def _read_rsa(element):
    """Return modulus and exponent of an RSA key, or None for a key of another kind.

    Some leave out the parameters, or the zero byte in front of a modulus: OpenSSL reads both.
    """
    algorithm, bits = element.expect(_SEQUENCE).children(2)
    if _read_algorithm(algorithm)[0] not in _RSA:
        return None
    modulus, exponent = read_element(_read_bits(bits)).expect(_SEQUENCE).children(2)
    return read_integer(modulus, signed=False), read_integer(exponent, signed=False)


def read_rsa_numbers(public_info):
    """Return modulus and exponent of an RSA key, or None for a key of another kind.

    :param bytes public_info: SubjectPublicKeyInfo in DER
    """
    try:
        return _read_rsa(read_element(public_info))
    except (LookupError, ValueError):
        return None


@functools.lru_cache(maxsize=128)
def _load_key(public_info, rsa_numbers):
    try:
        if rsa_numbers:
            return rsa.RSAPublicNumbers(rsa_numbers[1], rsa_numbers[0]).public_key()
        return serialization.load_der_public_key(public_info)
    except (OverflowError, TypeError, UnsupportedAlgorithm, ValueError):
        return None


def read_extensions(element):
    """Return the extensions of something of X.509.

    :rtype: list[Extension]
    """
    found = []
    for extension in element.expect(_SEQUENCE).children():
        kind, *rest = extension.expect(_SEQUENCE).children(3)
        is_critical = rest[0].tag == _BOOLEAN and any(rest[0].content)
        found.append(Extension(read_oid(kind), is_critical, rest[-1].expect(_OCTETS).content))
    return found


def _read_extensions(parts):
    wrapped = [part.children(1)[0] for part in parts if part.tag == _EXTENSIONS]
    return tuple(extension for element in wrapped for extension in read_extensions(element))


def _read_known_extensions(notes, extensions):
    """Return values of `Certificate` that stand in extensions; of one that stands there twice, the first."""
    values = {}
    for oid, name, read in (
        (KEY_USAGE, "key_usage", _read_key_usage),
        (EXTENDED_KEY_USAGE, "extended_key_usage", _read_purposes),
        (BASIC_CONSTRAINTS, "basic_constraints", _read_constraints),
        (SUBJECT_ALT_NAME, "subject_alt_name", _read_alt_names),
        (AUTHORITY_ACCESS, "authority_info_access", _read_access),
        (CRL_POINTS, "crl_distribution_points", _read_points),
    ):
        value = next((one.value for one in extensions if one.oid == oid), None)
        if value is not None:
            odd = []
            values |= notes.run(name, read, value, odd) or {}
            notes.take(name, odd)
    return values


def _read_key_usage(value, _odd):
    content = read_element(value).expect(_BITS).content
    if not content or content[0] > 7:
        raise CertificateUnreadable("bits")
    bits = "".join(f"{byte:08b}" for byte in content[1:3])
    return {
        "key_usage": frozenset(
            name for name, bit in zip(_KEY_USAGE, bits, strict=False) if bit == "1"
        )
    }


def _read_purposes(value, _odd):
    purposes = read_element(value).expect(_SEQUENCE).children(_NAMES)
    return {"extended_key_usage": frozenset(map(read_oid, purposes))}


def _read_constraints(value, _odd):
    parts = read_element(value).expect(_SEQUENCE).children(2)
    is_ca = bool(parts) and parts[0].tag == _BOOLEAN and any(parts[0].content)
    length = parts and parts[-1].tag == _INTEGER and read_integer(parts[-1])
    return {"is_ca": is_ca, "path_length": length if parts and length is not False else None}


def _read_alt_names(value, odd):
    """Read the alternative names; only of directory names and of names of another kind more than the form."""
    directory_names, other_names = [], []
    for name in read_element(value).expect(_SEQUENCE).children(_NAMES):
        if name.tag == _DIRECTORY_NAME:
            directory_names.append(read_name(read_element(name.content), odd))
        elif name.tag == _OTHER_NAME:
            # An object identifier, and a value of any kind.
            _collect_texts(name.content, other_names, 0)
        elif name.tag in (0x81, 0x82, _URI) and not _ASCII.fullmatch(name.content):
            odd.append(True)  # of an e-mail, a domain or an address
    return {"directory_names": tuple(directory_names), "other_names": tuple(other_names)}


def _read_access(value, odd):
    urls = []
    for description in read_element(value).expect(_SEQUENCE).children(_NAMES):
        method, location = description.expect(_SEQUENCE).children(2)
        if location.tag == _URI and read_oid(method) == _OCSP:
            urls.append(_read_url(location, odd))
    return {"ocsp_urls": tuple(urls)}


def _read_points(value, odd):
    points = []
    for point in read_element(value).expect(_SEQUENCE).children(_NAMES):
        parts = {part.tag: part for part in point.expect(_SEQUENCE).children(3)}
        issuers = []
        is_whole = 0x81 not in parts and 0xA1 not in parts  # reasons
        for name in parts[0xA2].children(_NAMES) if 0xA2 in parts else ():
            if name.tag == _DIRECTORY_NAME:
                issuers.append(read_name(read_element(name.content), odd))
            else:
                is_whole = False
        names = read_point_names(parts[0xA0]) if 0xA0 in parts else ()
        urls = tuple(_read_url(name, odd) for name in names if name.tag == _URI)
        written = frozenset(name.raw for name in names)
        points.append(CrlPoint(urls, written, tuple(issuers), is_whole))
    return {"crl_points": tuple(points)}


def read_point_names(element):
    """Return the full names of a DistributionPointName; one that is relative to the issuer's has none."""
    return [
        name for form in element.children(1) if form.tag == 0xA0 for name in form.children(_NAMES)
    ]


def _read_url(element, odd):
    if not _ASCII.fullmatch(element.content):
        odd.append(True)
    return element.content.decode("latin-1").strip()


def _collect_texts(data, texts, depth):
    """Collect the strings of an unknown value, whatever its form; a value that is none may be a text itself."""
    if len(texts) >= _TEXTS:
        return
    try:
        elements = list(_iterate(data, _NAMES))
    except CertificateUnreadable:
        elements = []
        if not depth:
            texts.append(clean_text(_decode(data, "utf-8")[0][:_TEXT_LENGTH]))
    for element in elements:
        if element.tag in _STRINGS:
            texts.append(clean_text(read_text(element)[0][:_TEXT_LENGTH]))
        elif element.tag & 0x20 and depth < _DEPTH:
            _collect_texts(element.content, texts, depth + 1)
        elif element.tag & 0xE0 == 0x80 and _PRINTABLE.fullmatch(element.content):
            texts.append(element.content.decode("ascii")[:_TEXT_LENGTH])


# === SIGNATURES === #


def read_signed(data):
    """Take apart what is signed as a certificate is: a list of revoked ones, or an answer about one.

    :param bytes data: SEQUENCE of what is signed, algorithm and signature
    :return: as `certificate_chain.is_signature` takes them: signature, what is signed, hash and padding
    :rtype: tuple[bytes, bytes, hashes.HashAlgorithm | None, padding.PSS | None]
    :raise CertificateUnreadable: it has no such form
    """
    signed, algorithm, signature = read_element(data).expect(_SEQUENCE).children(3)
    oid, parameters = _read_algorithm(algorithm)
    return (
        _read_bits(signature),
        signed.raw,
        _make_hash(get_hash_name(oid, parameters)),
        _make_padding(oid, parameters),
    )


def get_hash_name(oid, parameters):
    """Return the name of the hash of a kind of signature, such as `sha256`, or None."""
    if oid == _RSA_PSS:
        pss = _read_pss(parameters)
        return pss[0] if pss else None
    return _HASHES.get(oid)


def _make_padding(oid, parameters):
    pss = _read_pss(parameters) if oid == _RSA_PSS else None
    mask = pss and _make_hash(pss[1])
    return padding.PSS(padding.MGF1(mask), pss[2]) if mask else None


def _read_pss(parameters):
    """Return hash, hash of the mask, and length of the salt of RSASSA-PSS (RFC 4055, section 3.1), or None."""
    try:
        parts = {part.tag: part.children(1)[0] for part in read_element(parameters).children(4)}
        hash_name = mask_name = "sha1"
        if 0xA0 in parts:
            hash_name = _HASHES.get(_read_algorithm(parts[0xA0])[0])
        if 0xA1 in parts:
            mask_name = _HASHES.get(
                _read_algorithm(read_element(_read_algorithm(parts[0xA1])[1]))[0]
            )
        salt = read_integer(parts[0xA2]) if 0xA2 in parts else 20
    except (LookupError, ValueError):
        return None
    return (hash_name, mask_name, salt) if hash_name and mask_name and 0 <= salt <= 1024 else None


def _make_hash(name):
    kind = name and getattr(hashes, name.upper(), None)
    return kind() if kind else None
