# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Extensions of a certificate, each read by its object identifier and by itself."""

from dataclasses import dataclass

from .der import (
    ASCII,
    BITS,
    BOOLEAN,
    INTEGER,
    OCTETS,
    OID,
    PRINTABLE,
    SEQUENCE,
    STRINGS,
    CertificateUnreadable,
    Element,
    decode_text,
    iterate_elements,
    join_pieces,
    read_element,
    read_integer,
    read_oid,
    read_text,
)
from .text_limits import clean_text
from .x509_names import TEXT_LENGTH, read_name

_NAMES = 200  # alternative names, addresses and points, likewise
_DEPTH = 10  # levels of an unknown extension that are looked through for text
_TEXTS = 200  # of all unknown extensions
# Tags of a GeneralName: RFC 5280, section 4.2.1.6.
_OTHER_NAME, _DIRECTORY_NAME = 0xA0, 0xA4
_EMAIL, _DOMAIN, _URI = 0x81, 0x82, 0x86
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
# Fields that can be unread or odd, by the object identifier of their extension.
KEY_USAGE, EXTENDED_KEY_USAGE, BASIC_CONSTRAINTS = "2.5.29.15", "2.5.29.37", "2.5.29.19"
SUBJECT_ALT_NAME, CERTIFICATE_POLICIES = "2.5.29.17", "2.5.29.32"
NAME_CONSTRAINTS = "2.5.29.30"
CRL_POINTS, AUTHORITY_ACCESS = "2.5.29.31", "1.3.6.1.5.5.7.1.1"
_WRAPPED = 0xA3  # the extensions of a certificate
_OCSP = "1.3.6.1.5.5.7.48.1"
# Extensions of the standard, in which no authority writes a number of the subscriber.
_STANDARD = ("2.5.29.", "1.3.6.1.5.5.7.", "2.16.840.1.113730.1.")
_SUBJECT_ATTRIBUTES = "2.5.29.9"


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
    :ivar frozenset names: the same and others, as by `get_point_keys`.
    :ivar tuple[Name, ...] issuers: who signs the list, when it is not said to be the issuer of the certificate.
    :ivar bool is_whole: whether the list speaks of every reason and is signed by whom it names.
    """

    urls: tuple
    names: frozenset
    issuers: tuple = ()
    is_whole: bool = True


def read_extensions(element):
    """Return the extensions of something of X.509.

    :rtype: list[Extension]
    """
    return [_read_extension(extension, []) for extension in element.expect(SEQUENCE).children()]


def read_all_extensions(parts, odd):
    """Return the extensions of a certificate; one that cannot be read leaves the others as they are.

    :param parts: elements of the certificate, behind its public key
    :param list odd: takes what `read_name` says there
    :rtype: tuple[Extension, ...]
    """
    found = []
    for element in (inner for part in parts if part.tag == _WRAPPED for inner in part.children()):
        extensions = element.expect(SEQUENCE).children()
        if extensions and extensions[0].tag == OID:
            extensions = [element]  # without the SEQUENCE around all of them
            odd.append(True)
        for extension in extensions:
            try:
                found.append(_read_extension(extension, odd))
            except (LookupError, ValueError):
                odd.append(None)
    return tuple(found)


def _read_extension(element, odd):
    kind, *rest = element.expect(SEQUENCE).children(3)
    value = [part for part in rest if part.tag != BOOLEAN][-1]
    if value.tag != OCTETS:
        odd.append(True)
    return Extension(
        oid=read_oid(kind),
        critical=any(part.tag == BOOLEAN and any(part.content) for part in rest),
        value=value.content if value.tag == OCTETS else value.raw,
    )


def read_known_extensions(notes, extensions):
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


def _open(value, tag, odd):
    """Return the one element of an extension, also where it is wrapped twice."""
    element = read_element(value)
    if element.tag == OCTETS:
        odd.append(True)
        element = read_element(element.content)
    return element.expect(tag)


def _read_each(value, read, odd):
    """Return what a function reads of each element of an extension; of what it cannot read there is nothing."""
    found = []
    for element in _open(value, SEQUENCE, odd).children(_NAMES):
        try:
            found.append(read(element, odd))
        except (LookupError, ValueError):
            odd.append(None)
    return tuple(found)


def _read_key_usage(value, odd):
    content = _open(value, BITS, odd).content
    if not content or content[0] > 7:
        raise CertificateUnreadable("bits")
    bits = "".join(f"{byte:08b}" for byte in content[1:3])
    return {
        "key_usage": frozenset(
            name for name, bit in zip(_KEY_USAGE, bits, strict=False) if bit == "1"
        )
    }


def _read_purposes(value, odd):
    purposes = _read_each(value, lambda purpose, _odd: read_oid(purpose), odd)
    return {"extended_key_usage": frozenset(purposes)}


def _read_constraints(value, odd):
    parts = _open(value, SEQUENCE, odd).children(2)
    is_ca = bool(parts) and parts[0].tag == BOOLEAN and any(parts[0].content)
    length = parts and parts[-1].tag == INTEGER and read_integer(parts[-1])
    return {"is_ca": is_ca, "path_length": length if parts and length is not False else None}


def _read_alt_names(value, odd):
    """Read the alternative names; only of directory names and of names of another kind more than the form."""
    directory_names, other_names = [], []

    def read(name, odd):
        name = _join_name(name)
        if name.tag == _DIRECTORY_NAME:
            directory_names.append(read_name(read_element(name.content), odd))
        elif name.tag == _OTHER_NAME:
            # An object identifier, and a value of any kind.
            _collect_texts(name.content, other_names, 0)
        elif name.tag in (_EMAIL, _DOMAIN, _URI) and not ASCII.fullmatch(name.content):
            odd.append(True)

    _read_each(value, read, odd)
    return {"directory_names": tuple(directory_names), "other_names": tuple(other_names)}


def _read_access(value, odd):
    def read(description, odd):
        method, location = description.expect(SEQUENCE).children(2)
        location = _join_name(location)
        is_asked = location.tag == _URI and read_oid(method) == _OCSP
        return _read_url(location, odd) if is_asked else None

    return {"ocsp_urls": tuple(filter(None, _read_each(value, read, odd)))}


def _read_points(value, odd):
    return {"crl_points": _read_each(value, _read_point, odd)}


def _read_point(point, odd):
    parts = {part.tag: part for part in point.expect(SEQUENCE).children(3)}
    issuers = []
    is_whole = 0x81 not in parts and 0xA1 not in parts  # reasons
    for name in parts[0xA2].children(_NAMES) if 0xA2 in parts else ():
        if name.tag == _DIRECTORY_NAME:
            issuers.append(read_name(read_element(name.content), odd))
        else:
            is_whole = False
    names = read_point_names(parts[0xA0]) if 0xA0 in parts else ()
    urls = tuple(_read_url(name, odd) for name in names if name.tag == _URI)
    return CrlPoint(urls, get_point_keys(names), tuple(issuers), is_whole)


def read_point_names(element):
    """Return the full names of a DistributionPointName; one that is relative to the issuer's has none."""
    return [
        _join_name(name)
        for form in element.children(1)
        if form.tag == 0xA0
        for name in form.children(_NAMES)
    ]


def get_point_keys(names):
    """Return by what names of a point are compared, however their lengths are written."""
    return frozenset((name.tag, name.content) for name in names)


def _join_name(name):
    """Return a name of a kind that is one string as one, also when it is written in pieces."""
    if name.tag & ~0x20 in (_EMAIL, _DOMAIN, _URI) and name.tag & 0x20:
        return Element(name.tag & ~0x20, join_pieces(name.content), name.raw)
    return name


def _read_url(element, odd):
    if not ASCII.fullmatch(element.content):
        odd.append(True)
    return element.content.decode("latin-1").strip()


def find_further_texts(certificate):
    """Return texts in which an authority may have written something of its own: alternative names of another kind,
    and extensions that no standard knows.

    :param certificate_reader.Certificate certificate: whose they are
    :rtype: list[str]
    """
    texts = list(certificate.other_names)
    for extension in certificate.extensions:
        if not extension.oid.startswith(_STANDARD) or extension.oid == _SUBJECT_ATTRIBUTES:
            _collect_texts(extension.value, texts, 0)
    return texts[:_TEXTS]


def _collect_texts(data, texts, depth):
    """Collect the strings of an unknown value, whatever its form; a value that is none may be a text itself."""
    if len(texts) >= _TEXTS:
        return
    try:
        elements = list(iterate_elements(data, _NAMES))
    except CertificateUnreadable:
        elements = []
        if not depth:
            texts.append(clean_text(decode_text(data, "utf-8")[0][:TEXT_LENGTH]))
    for element in elements:
        if element.tag in STRINGS:
            texts.append(clean_text(read_text(element)[0][:TEXT_LENGTH]))
        elif element.tag & 0x20 and depth < _DEPTH:
            _collect_texts(element.content, texts, depth + 1)
        elif element.tag & 0xE0 == 0x80 and PRINTABLE.fullmatch(element.content):
            texts.append(element.content.decode("ascii")[:TEXT_LENGTH])
