# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Read a certificate of X.509 as authorities write them, and not only as RFC 5280 says.

`cryptography` reads strictly: one letter that a string's type does not have makes it refuse all extensions, or the
whole certificate. OpenSSL, .NET and DIAN read on. So what signing needs is taken here from the DER, each thing by its
object identifier and by itself: public key, dates, names, usage, alternative names, and the addresses for
revocation. What cannot be read is not known, and a remark names its field. A certificate is refused only when its frame,
its dates or its serial number cannot be read: then nothing can be done with it.

Whatever the bytes are, no error but `CertificateUnreadable` leaves this file, and the work is bounded by their number.
The bytes are taken apart in `der.py`, names in `x509_names.py`, extensions in `x509_extensions.py`. Values have the names that `cryptography` has for them, so that a `Certificate` stands where one of its own is
asked for.
"""

import functools
import hashlib
import ssl
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .der import (
    INTEGER,
    SEQUENCE,
    CertificateUnreadable,
    is_der,
    is_regular_time,
    read_bits,
    read_element,
    read_integer,
    read_time,
)
from .pem import split_pem, to_pem
from .x509_extensions import read_all_extensions, read_known_extensions
from .x509_names import Name, read_name
from .x509_signed import get_hash_name, make_hash, make_padding, read_algorithm

MAX_SIZE = 65_536  # bytes of one certificate, which takes about 2,000
_SERIAL_SIZE = 500  # bytes, of which the standard allows 20

_VERSION, _THIRD_VERSION = 0xA0, b"\xa0\x03\x02\x01\x02"
_STANDARD = "2.5.29."  # extensions of X.509 itself


_RSA = "1.2.840.113549.1.1.1"

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


@dataclass(frozen=True, eq=False)
class Certificate:
    """What is read of a certificate; the same one when its bytes are.

    :ivar bytes der: itself.
    :ivar bytes tbs_certificate_bytes: what its issuer has signed.
    :ivar bytes serial_der: its serial number as it is written.
    :ivar str signature_oid: how, in dots; likewise `hash_name`, such as `sha256`, or None.
    :ivar tuple[int, int] | None rsa_numbers: modulus and exponent of an RSA key.
    :ivar bytes public_info: DER of the public key.
    :ivar datetime not_valid_before_utc: likewise `not_valid_after_utc`.
    :ivar tuple[Extension, ...] extensions: all of them.
    :ivar frozenset | None key_usage: names as asn1crypto has them; None when it says nothing, or is unread.
    :ivar frozenset | None extended_key_usage: object identifiers, likewise.
    :ivar bool | None is_ca: of the basic constraints; likewise `path_length`.
    :ivar tuple[Name, ...] directory_names: of the subject's alternative names; likewise `other_names`, texts.
    :ivar bool is_regular: whether it is DER, with dates and extensions by RFC 5280, sections 4.1.2.5 and 4.2.
    :ivar frozenset[str] unread: of `FIELDS`, what is there and could not be read.
    :ivar frozenset[str] odd: of `FIELDS`, what was read although it is written otherwise than its type allows.
    """

    der: bytes
    tbs_certificate_bytes: bytes = field(repr=False)
    serial_number: int
    serial_der: bytes = field(repr=False)
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
    is_regular: bool = True
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
    def is_common(self):
        """Whether programs read it that are not as lenient, such as OpenSSL."""
        return self.is_regular and _is_read_by_openssl(self.der)

    @property
    def hash_name(self):
        return get_hash_name(self.signature_oid, self.signature_parameters)

    @property
    def signature_hash_algorithm(self):
        """The hash of its signature as `cryptography` has it, or None."""
        return make_hash(self.hash_name)

    @property
    def signature_algorithm_parameters(self):
        """How its signature is padded, when it says so: `padding.PSS`, or None."""
        return make_padding(self.signature_oid, self.signature_parameters)

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
        return read_public_bits(self.public_info)


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
    tbs, algorithm, signature = whole.expect(SEQUENCE).children(3)
    notes = _Notes()
    parts = tbs.expect(SEQUENCE).children(20)
    version = None
    if parts[0].tag == _VERSION or parts[1].tag == INTEGER:
        version, *parts = parts
    serial, _algorithm, issuer, validity, subject, public = parts[:6]
    start, end = validity.expect(SEQUENCE).children(2)
    signature_oid, parameters = read_algorithm(algorithm)
    if len(serial.content) > _SERIAL_SIZE:
        raise CertificateUnreadable("serial number")
    odd = []
    extensions = notes.run("extensions", read_all_extensions, parts[6:], odd) or ()
    notes.take("extensions", odd)
    return Certificate(
        der=whole.raw,
        tbs_certificate_bytes=tbs.raw,
        serial_number=read_integer(serial),
        serial_der=serial.raw,
        issuer=_read_known_name(notes, "issuer", issuer),
        subject=_read_known_name(notes, "subject", subject),
        not_valid_before_utc=read_time(start),
        not_valid_after_utc=read_time(end),
        signature=read_bits(signature),
        signature_oid=signature_oid,
        signature_parameters=parameters,
        public_info=public.raw,
        rsa_numbers=notes.run("public_key", _read_rsa, public),
        extensions=extensions,
        **read_known_extensions(notes, extensions),
        is_regular=(
            is_der(whole.raw)
            and is_regular_time(start)
            and is_regular_time(end)
            and _is_regular(version, extensions)
        ),
        unread=frozenset(notes.unread),
        odd=frozenset(notes.odd),
    )


def _is_regular(version, extensions):
    """Tell whether extensions are there in the version that has them, each once, and critical ones are of the standard."""
    oids = [extension.oid for extension in extensions]
    return (
        (not oids or (version is not None and version.raw == _THIRD_VERSION))
        and len(set(oids)) == len(oids)
        and all(
            extension.oid.startswith(_STANDARD) for extension in extensions if extension.critical
        )
    )


def _read_known_name(notes, name, element):
    odd = []
    found = notes.run(name, read_name, element, odd)
    notes.take(name, odd)
    # A name that cannot be read is that of nobody else: by its bytes.
    return found or Name((), element.raw, ((("", element.raw.hex()),),))


def _read_rsa(element):
    """Return modulus and exponent of an RSA key, or None for a key of another kind: one that may only sign by RSASSA-PSS
    (RFC 4055, section 1.2) is one, for DIAN takes no such signature, and .NET no such key.

    Some leave out the parameters, or the zero byte in front of a modulus: OpenSSL reads both.
    """
    algorithm, bits = element.expect(SEQUENCE).children(2)
    if read_algorithm(algorithm)[0] != _RSA:
        return None
    modulus, exponent = read_element(read_bits(bits)).expect(SEQUENCE).children(2)
    return read_integer(modulus, signed=False), read_integer(exponent, signed=False)


@functools.lru_cache(maxsize=128)
def _is_read_by_openssl(der):
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=der)
    except (ssl.SSLError, ValueError):
        return False
    return True


def read_public_bits(public_info):
    """Return a key itself, without its algorithm, or None where there is none.

    :param bytes public_info: SubjectPublicKeyInfo
    """
    try:
        return read_bits(read_element(public_info).children(2)[1])
    except (LookupError, ValueError):
        return None


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
