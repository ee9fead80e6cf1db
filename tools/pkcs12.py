# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Open the file of a company's own certificate, and report everything that is wrong with it.

A private key is opened by `pkcs12_child.py`, in a process with limits of its own: a file can
require any amount of work. The child reports what is inside; every rule is here.
"""

import base64
import itertools
import json
import re
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from .certificate_chain import (
    WEAK_HASHES,
    get_extensions,
    get_label,
    get_moment,
    get_sha256,
    is_for_signing,
    is_issued_by,
    to_pem,
)
from .key_seal import SigningKey, take_key
from .sandbox import ChildUnavailable, parse_facts, run_child

MAX_SIZE = 131_072  # bytes; with its chain a certificate takes about 6,000

# Why a file cannot be opened.
CODES = (
    "empty",
    "too_large",
    "not_certificate",
    "damaged",
    "too_complex",
    "unsupported",
    "password_missing",
    "password_wrong",
    "no_certificate",
    "no_key",
    "key_mismatch",
)
# Faults of an opened certificate, with which it cannot sign electronic invoices.
FAULTS = (
    "not_rsa",
    "weak_key",
    "weak_hash",
    "no_signing",
    "expired",
    "not_yet_valid",
    "other_nit",
)
# Warnings that somebody should review.
WARNINGS = ("unknown_issuer", "no_nit")

MIN_BITS = 2048
_VERIFICATIONS = 60  # of signatures, to put the authorities' certificates of one file in order
_CHILD = Path(__file__).with_name("pkcs12_child.py")
_CPU_SECONDS = 5
_WALL_SECONDS = 20
_MEMORY = 600 * 1024**2  # bytes of address space

# Where authorities in Colombia write the NIT of the subscriber, the surest first. The same fields carry
# the citizenship card of a person, and serialNumber is used for either.
_NIT_OIDS = (
    "1.3.6.1.4.1.23267.2.3",  # Certicamara: NIT
    "1.3.6.1.4.1.31136.1.1.20.2",  # GSE: NIT
    "2.5.4.97",  # organizationIdentifier (ETSI EN 319 412-1): NTRCO-900123456
    "2.5.4.5",  # serialNumber
    "0.9.2342.19200300.100.1.1",  # UID
)
_NAME_OIDS = ("2.5.4.10", "2.5.4.11", "2.5.4.3")  # O, OU, CN: "... NIT 900.123.456-1"
_PRIVATE_OIDS = "1.3.6.1.4.1."  # of some authority: used if it is the NIT, and otherwise ignored
_NUMBER = re.compile(r"\d[\d. ]{4,18}\d(?:\s*-\s*\d(?!\d))?")


class CertificateRefused(Exception):
    """The file cannot be opened, or lacks what it takes to sign.

    :ivar str code: the reason, one of `CODES`.
    :ivar CertificateFacts | None facts: of the certificate without its key, when that much was found.
    """

    def __init__(self, code, facts=None):
        super().__init__(code)
        self.code = code
        self.facts = facts


class CertificateCheckUnavailable(RuntimeError):
    """The server could not open the file. It says nothing about the file."""


@dataclass(frozen=True)
class CertificateFacts:
    """What is known of a certificate.

    :ivar bytes certificate: PEM.
    :ivar key_seal.SigningKey | None key: its private key, when it is RSA.
    :ivar tuple[bytes, ...] chain: certificates of the authorities in the same file, PEM, in order.
    :ivar str subject: common name of the subscriber, else the organisation: a claim, as all names in it,
        until `certificate_chain.find_chain` leads to an anchor.
    :ivar str issuer: the same of the authority.
    :ivar tuple[str, ...] authorities: names of whoever issued it and the chain, as written.
    :ivar str serial_number: hexadecimal.
    :ivar datetime not_before: in UTC.
    :ivar datetime not_after: in UTC; the last moment at which it signs.
    :ivar tuple[str, ...] nits: digits of the numbers that the subscriber is identified by, the surest
        first; with a check digit or without, as they are written.
    :ivar tuple[str, ...] numbers: digits of any other numbers in it that could be a NIT.
    :ivar int | None bits: length of the RSA key; None when the key is of another kind.
    :ivar str | None hash_name: of its signature, such as `sha256`.
    :ivar bool signs: whether its key usage allows signatures, or says nothing.
    :ivar str sha256: fingerprint, 64 lower case hexadecimal digits.
    """

    certificate: bytes
    subject: str
    issuer: str
    authorities: tuple
    serial_number: str
    not_before: datetime
    not_after: datetime
    nits: tuple
    numbers: tuple
    bits: int | None
    hash_name: str | None
    signs: bool
    sha256: str
    chain: tuple = ()
    key: SigningKey | None = field(default=None, repr=False)


# === OPENING === #


def open_certificate(files, password: str) -> CertificateFacts:
    """Open a certificate and its key from one or several files: PKCS #12, PEM or DER, in any order.

    :param list[bytes] files: the decoded files.
    :param password: of the PKCS #12 or of the key, as typed; empty for none.
    :raise CertificateRefused: with one of `CODES`.
    :raise CertificateCheckUnavailable: the server cannot open any file.
    """
    if not files or not all(files):
        raise CertificateRefused("empty")
    if sum(map(len, files)) > MAX_SIZE:
        raise CertificateRefused("too_large")
    found = _ask_child(files, password)
    if "certificates" not in found:
        refused = found.get("refused")
        raise CertificateRefused(refused if refused in CODES else "too_complex")
    try:
        certificates = [
            x509.load_der_x509_certificate(base64.b64decode(der)) for der in found["certificates"]
        ]
        return _pair(certificates, found["keys"])
    except CertificateRefused:
        raise
    except Exception as error:  # fields of a certificate are parsed when they are read
        raise CertificateRefused("damaged") from error


def read_certificate(pem: bytes) -> CertificateFacts:
    """Read a certificate that was stored, with its chain behind it, and without its key.

    :param pem: one or more certificates.
    :raise CertificateRefused: `damaged`.
    """
    try:
        first, *chain = (
            x509.load_pem_x509_certificate(block)
            for block in re.findall(
                rb"-----BEGIN CERTIFICATE.*?END CERTIFICATE-----", pem, re.DOTALL
            )
        )
        return _read(first, chain)
    except Exception as error:  # whatever is wrong with it
        raise CertificateRefused("damaged") from error


def _pair(certificates, keys):
    """Find the certificate that one of the keys belongs to; the rest is its chain."""
    if not certificates:
        raise CertificateRefused("no_certificate")
    for key in keys:
        for certificate in certificates:
            if _get_public_der(certificate) == base64.b64decode(key["public"]):
                others = [other for other in certificates if other != certificate]
                facts = _read(certificate, _order_chain(certificate, others))
                # A key of another kind is refused later, by its `bits`.
                if facts.bits:
                    facts = replace(facts, key=take_key(base64.b64decode(key["key"])))
                return facts
    # Nothing tells which one is the subscriber's: take the one that issued none of the others.
    issuers = {
        certificate.issuer for certificate in certificates if not _is_self_signed(certificate)
    }
    ends = [certificate for certificate in certificates if certificate.subject not in issuers]
    raise CertificateRefused(
        "key_mismatch" if keys else "no_key", _read((ends or certificates)[0], [])
    )


def _order_chain(certificate, others):
    """Return the authorities' certificates, nearest first: those whose keys have signed, upwards.

    By the signature, not by the name alone: a renewed authority has several certificates with the
    same name.
    """
    chain, level = [], [certificate]
    left = _VERIFICATIONS
    while level:
        above = []
        for lower, other in itertools.product(level, others):
            if other in chain or _is_self_signed(lower) or other.subject != lower.issuer:
                continue
            left -= 1
            if left >= 0 and _has_issued(lower, other):
                chain.append(other)
                above.append(other)
        level = above
    return chain


def _has_issued(certificate, issuer):
    try:
        return is_issued_by(certificate, issuer)
    except Exception:  # fields of a certificate are parsed when they are read
        return False


def _is_self_signed(certificate):
    return certificate.subject == certificate.issuer


def _get_public_der(certificate):
    try:
        return certificate.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    except (UnsupportedAlgorithm, ValueError):
        return None


# === READING === #


def _read(certificate, chain):
    try:
        public = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        public = None
    try:
        hash_name = certificate.signature_hash_algorithm.name
    except (AttributeError, UnsupportedAlgorithm):
        hash_name = None
    nits, numbers = find_numbers(certificate)
    return CertificateFacts(
        certificate=to_pem(certificate),
        chain=tuple(map(to_pem, chain)),
        subject=get_label(certificate.subject),
        issuer=get_label(certificate.issuer),
        authorities=tuple(
            str(attribute.value)
            for c in (certificate, *chain)
            for attribute in c.issuer
            if attribute.oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
        ),
        serial_number=f"{certificate.serial_number:x}",
        not_before=get_moment(certificate, "not_valid_before"),
        not_after=get_moment(certificate, "not_valid_after"),
        nits=nits,
        numbers=numbers,
        bits=public.key_size if isinstance(public, rsa.RSAPublicKey) else None,
        hash_name=hash_name,
        signs=is_for_signing(certificate),
        sha256=get_sha256(certificate),
    )


def find_numbers(certificate):
    """Return the numbers that identify the subscriber, and others that may.

    :param x509.Certificate certificate: whose they are.
    :return: digits, without leading zeros.
    :rtype: tuple[tuple[str, ...], tuple[str, ...]]
    """
    attributes = [
        (attribute.oid.dotted_string, str(attribute.value)) for attribute in certificate.subject
    ]
    attributes += [
        (attribute["type"].dotted, str(attribute["value"].native))
        for name in get_extensions(certificate).get("subject_alt_name", ())
        if name.name == "directory_name"
        for several in name.chosen.chosen
        for attribute in several
    ]
    nits = [
        number
        for oid in _NIT_OIDS
        for found, text in attributes
        if found == oid
        for number in _read_numbers(text)
    ]
    others = [
        number
        for found, text in attributes
        if found in _NAME_OIDS or found.startswith(_PRIVATE_OIDS)
        for number in _read_numbers(text)
    ]
    return tuple(dict.fromkeys(nits)), tuple(dict.fromkeys(others))


def _read_numbers(text):
    return [re.sub(r"\D", "", number).lstrip("0") for number in _NUMBER.findall(text)]


# === JUDGING === #


def find_faults(facts, nit, moment):
    """Say everything that keeps a certificate from signing a company's invoices.

    :param CertificateFacts facts: of the certificate.
    :param str | None nit: of the company, with its check digit: ``900987321-1``.
    :param datetime moment: now, with its time zone.
    :return: of `FAULTS`; empty when nothing is wrong.
    :rtype: list[str]
    """
    found = {
        # DIAN takes RSA with SHA-256 or more only: Anexo tecnico 1.9, section 6.
        "not_rsa": facts.bits is None,
        "weak_key": facts.bits is not None and facts.bits < MIN_BITS,
        "weak_hash": facts.hash_name in WEAK_HASHES,
        "no_signing": not facts.signs,
        "expired": moment > facts.not_after,
        "not_yet_valid": moment < facts.not_before,
        "other_nit": bool(nit and facts.nits) and not _names_nit(facts, nit),
    }
    return [code for code in FAULTS if found[code]]


def find_warnings(facts, nit, authorities):
    """Return the warnings about a certificate that can sign.

    :param CertificateFacts facts: of the certificate.
    :param str | None nit: of the company, with its check digit.
    :param authorities: names of the accredited authorities, each a part of its name.
    :return: of `WARNINGS`.
    :rtype: list[str]
    """
    issuers = " | ".join(map(_simplify, facts.authorities))
    found = {
        "unknown_issuer": not any(_simplify(name) in issuers for name in authorities),
        "no_nit": bool(nit) and not _names_nit(facts, nit),
    }
    return [code for code in WARNINGS if found[code]]


def _names_nit(facts, nit):
    """Tell whether a certificate names a NIT, with its check digit or without."""
    number, digit = re.sub(r"[^\d-]", "", nit).split("-")
    return not {number, number + digit}.isdisjoint((*facts.nits, *facts.numbers))


def _simplify(name):
    """Write a name without case, accents and punctuation."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", letters).split())


# === CHILD === #


def _ask_child(files, password):
    """Return what the child found before it ended, however it ended."""
    asked = {
        "files": [base64.b64encode(file).decode() for file in files],
        "password": password or "",
    }
    try:
        written = run_child(
            _CHILD,
            json.dumps(asked).encode(),
            wall_seconds=_WALL_SECONDS,
            cpu_seconds=_CPU_SECONDS,
            memory=_MEMORY,
        )
    except ChildUnavailable as error:
        raise CertificateCheckUnavailable(str(error)) from error
    return parse_facts(written, {"certificates": list, "keys": list, "refused": str})
