# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Open the file of a company's own certificate, and report everything that is wrong with it.

A private key is opened by `pkcs12_child.py`, in a process with limits of its own: a file can
require any amount of work. The child reports what is inside; every rule is here. Certificates are read by
`certificate_reader.py`, as leniently as their authorities write them.
"""

import base64
import itertools
import json
import re
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path

from . import certificate_reader as reader
from .authorities import is_named
from .certificate_chain import WEAK_HASHES, is_for_signing, is_issued_by, to_pem
from .der import CertificateUnreadable
from .identity import is_juridical_number
from .key_seal import SigningKey, take_key
from .pem import split_pem, unwrap
from .sandbox import ChildUnavailable, parse_facts, run_child
from .x509_extensions import find_further_texts
from .x509_names import COMMON_NAME, ORGANIZATION_NAME, get_label

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
WARNINGS = ("no_nit", "other_place", "irregular", "unread", "odd")
# The same of its issuer, when no chain of signatures has verified it.
ISSUER_WARNINGS = ("unknown_issuer", "refused_issuer")
# Why another password than the typed one opened the file.
PASSWORDS = ("trimmed", "composed")

MIN_BITS = 2048
# What comes along with a pasted password and is not seen: blanks, tabs, line ends, no-break and zero-width ones.
_BLANKS = " \t\r\n\v\f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
_IDENTITIES = 20  # of one file that are looked at
_VERIFICATIONS = 60  # of signatures, to put the authorities' certificates of one file in order
_CHILD = Path(__file__).with_name("pkcs12_child.py")
_CPU_SECONDS = 5
_WALL_SECONDS = 20
_MEMORY = 600 * 1024**2  # bytes of address space

# Fields in which an authority writes the NIT of the subscriber and nothing else, each with what serialNumber is beside it:
# a card of whoever represents the subscriber, or a number of the authority's own, which identifies nobody.
_OWN_FIELDS = {
    "1.3.6.1.4.1.23267.2.3": "subscriber",  # Certicamara
    "1.3.6.1.4.1.31136.1.1.20.2": "card",  # GSE
    "1.3.6.1.4.1.4710.1.3.2": "card",  # GSE, and others after a Spanish custom
    "2.5.4.97": "card",  # organizationIdentifier (ETSI EN 319 412-1): NTRCO-900123456
}
# Where the others write it, and everybody the citizenship card of a person: serialNumber, UID.
_SERIAL_NUMBER = "2.5.4.5"
_IDENTIFIERS = (_SERIAL_NUMBER, "0.9.2342.19200300.100.1.1")
_NAME_OIDS = ("2.5.4.10", "2.5.4.11", "2.5.4.3")  # O, OU, CN: "... NIT 900.123.456-1"
_PRIVATE_OIDS = "1.3.6.1.4.1."  # of some authority: used if it is the NIT, and otherwise ignored
# Addresses, telephones and e-mails: their digits are of something else.
_PLACE_OIDS = (
    "2.5.4.6",
    "2.5.4.7",
    "2.5.4.8",
    "2.5.4.9",
    "2.5.4.16",
    "2.5.4.17",
    "2.5.4.18",
    "2.5.4.20",
    "2.5.4.23",
    "1.2.840.113549.1.9.1",
)
_NUMBER = re.compile(r"\d[\d., ]{3,18}\d(?:\s*-\s*\d(?!\d))?", re.ASCII)
_LABELLED = re.compile(r"\bN\.? ?I\.? ?T\b[^\d]{0,12}(\d.*)", re.IGNORECASE | re.ASCII)
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")
_LONGEST = 11  # digits of one number; more are several, with blanks between them


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
    :ivar tuple[str, ...] numbers: digits of what else names the subscriber.
    :ivar tuple[str, ...] further: digits of whatever in it is written elsewhere and could be the NIT: in the title, the
        description, alternative names or extensions of the authority.
    :ivar int | None bits: length of the RSA key; None when the key is of another kind.
    :ivar str | None hash_name: of its signature, such as `sha256`.
    :ivar bool signs: whether its key usage allows signatures, or says nothing.
    :ivar str sha256: fingerprint, 64 lower case hexadecimal digits.
    :ivar tuple[str, ...] unread: of `certificate_reader.FIELDS`, what could not be read.
    :ivar tuple[str, ...] odd: likewise, what was read although it is not written as the standard says.
    :ivar tuple[CertificateFacts, ...] others: the other identities of the file: certificates whose keys are there too.
    :ivar str | None password: of `PASSWORDS`, when it was not the typed one that opened the file.
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
    further: tuple = ()
    unread: tuple = ()
    odd: tuple = ()
    others: tuple = ()
    password: str | None = None


# === OPENING === #


def open_certificate(files, password: str, nit=None, moment=None) -> CertificateFacts:
    """Open a certificate and its key from one or several files: PKCS #12, PEM or DER, in any order.

    Of several identities the one without faults is taken, above all the one that names the NIT.

    :param list[bytes] files: the decoded files.
    :param password: of the PKCS #12 or of the key, as typed; empty for none.
    :param str | None nit: of whom the certificate is looked for, with its check digit.
    :param datetime | None moment: at which it is to sign, with its time zone; now by default.
    :raise CertificateRefused: with one of `CODES`.
    :raise CertificateCheckUnavailable: the server cannot open any file.
    """
    if not files or not all(files):
        raise CertificateRefused("empty")
    if sum(map(len, files)) > MAX_SIZE:
        raise CertificateRefused("too_large")
    passwords = list_passwords(password or "")
    found = _ask_child(list(map(unwrap, files)), list(passwords))
    if "certificates" not in found:
        refused = found.get("refused")
        raise CertificateRefused(refused if refused in CODES else "too_complex")
    try:
        ders = [base64.b64decode(der) for der in found["certificates"]]
        keys = [
            (base64.b64decode(key["public"]), base64.b64decode(key["key"])) for key in found["keys"]
        ]
        kind = list(passwords.values())[found.get("password", 0)]
    except (LookupError, TypeError, ValueError) as error:  # of a parser gone wild
        raise CertificateRefused("damaged") from error
    facts = _pair(ders, keys, nit, moment or datetime.now(timezone.utc))
    return replace(facts, password=kind)


def list_passwords(password: str):
    """Return what a typed password can mean, in the order in which it is tried: itself first.

    Others come of pasting, which brings blanks, tabs and line ends along, and of programs that write an accent in
    another form, or its bytes as letters (OpenSSL before 1.1).

    :return: why it is tried, of `PASSWORDS`, by the password; None for the typed one
    :rtype: dict[str, str | None]
    """
    # Half a character and NUL are none that anybody types.
    password = password.encode("utf-8", "replace").decode().replace("\0", "?")
    found = {password: None}
    trimmed = password.strip(_BLANKS)
    found.setdefault(trimmed, "trimmed")
    for text in (password, trimmed):
        for form in ("NFC", "NFD", "NFKC"):
            found.setdefault(unicodedata.normalize(form, text), "composed")
        found.setdefault(text.encode().decode("latin-1"), "composed")
    return found


def read_certificate(pem: bytes) -> CertificateFacts:
    """Read a certificate that was stored, with its chain behind it, and without its key.

    :param pem: one or more certificates.
    :raise CertificateRefused: `damaged`.
    """
    try:
        first, *others = split_pem(pem) or [b""]
        return _read(reader.load_der(first), _load_all(others)[0])
    except CertificateUnreadable as error:
        raise CertificateRefused("damaged") from error


def _load_all(ders):
    """Read certificates; tell also whether some could not be."""
    found, is_damaged = [], False
    for der in ders:
        try:
            found.append(reader.load_der(der))
        except CertificateUnreadable:
            is_damaged = True
    return found, is_damaged


def _pair(ders, keys, nit, moment):
    """Find the certificates that the keys belong to, and take one of them; the rest is its chain."""
    certificates, is_damaged = _load_all(ders)
    pairs = [
        (certificate, key)
        for public, key in dict(keys).items()
        for certificate in certificates
        if _is_of_key(certificate, public)
    ][:_IDENTITIES]
    if not pairs:
        if not certificates:
            raise CertificateRefused("damaged" if is_damaged else "no_certificate")
        if is_damaged and keys:
            raise CertificateRefused("damaged")
        raise CertificateRefused(
            "key_mismatch" if keys else "no_key", _read(_find_end(certificates))
        )
    identities = []
    for certificate, _key in pairs:
        others = [other for other in certificates if other != certificate]
        identities.append(_read(certificate, _order_chain(certificate, others)))
    best = min(range(len(pairs)), key=lambda place: _rate(identities[place], nit, moment))
    facts = identities.pop(best)
    # A key of another kind is refused later, by its `bits`.
    key = take_key(pairs[best][1]) if facts.bits else None
    return replace(facts, key=key, others=tuple(identities))


def _rate(facts, nit, moment):
    """Return by what identities of one file are compared; the least is taken."""
    return (
        bool(find_faults(facts, nit, moment)),
        bool(nit) and not _names_nit(facts, nit),
        not any(map(is_juridical_number, facts.nits)),
        -facts.not_after.timestamp(),
    )


def _is_of_key(certificate, public):
    numbers = reader.read_rsa_numbers(public)
    if numbers and certificate.rsa_numbers:
        return certificate.rsa_numbers == numbers
    # Of another kind: its parameters can be written in several ways, the key itself in one.
    return certificate.public_bits == reader.read_public_bits(public)


def _find_end(certificates):
    """Return the subscriber's certificate of several: the one that issued none of the others."""
    issuers = [
        certificate.issuer for certificate in certificates if not _is_self_signed(certificate)
    ]
    ends = [
        certificate
        for certificate in certificates
        if not any(certificate.subject.is_same(issuer) for issuer in issuers)
    ]
    return (ends or certificates)[0]


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
            if other in chain or _is_self_signed(lower) or not other.subject.is_same(lower.issuer):
                continue
            left -= 1
            if left >= 0 and is_issued_by(lower, other):
                chain.append(other)
                above.append(other)
        level = above
    return chain


def _is_self_signed(certificate):
    return certificate.subject.is_same(certificate.issuer)


# === READING === #


def _read(certificate, chain=()):
    numbers = find_numbers(certificate)
    return CertificateFacts(
        certificate=to_pem(certificate),
        chain=tuple(map(to_pem, chain)),
        subject=next(
            filter(None, map(get_label, (certificate.subject, *certificate.directory_names))), ""
        ),
        issuer=get_label(certificate.issuer),
        authorities=tuple(
            attribute.value
            for c in (certificate, *chain)
            for attribute in c.issuer
            if attribute.oid.dotted_string in (COMMON_NAME, ORGANIZATION_NAME)
        ),
        serial_number=f"{certificate.serial_number:x}",
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        nits=numbers.nits,
        numbers=numbers.names,
        further=numbers.further,
        bits=certificate.rsa_numbers and certificate.rsa_numbers[0].bit_length(),
        hash_name=certificate.hash_name,
        signs=is_for_signing(certificate),
        sha256=certificate.sha256,
        unread=_list_fields(certificate.unread),
        odd=_list_fields(certificate.odd - certificate.unread),
    )


def _list_fields(names):
    return tuple(name for name in reader.FIELDS if name in names)


@dataclass(frozen=True)
class Numbers:
    """Digits of the numbers in a certificate, without leading zeros.

    :ivar tuple[str, ...] nits: that identify the subscriber, the surest first.
    :ivar tuple[str, ...] names: in its names, and in fields of its authority.
    :ivar tuple[str, ...] cards: of serialNumber and UID, where the NIT has a field of its own: whoever represents the
        subscriber.
    :ivar tuple[str, ...] further: elsewhere, where the NIT may stand too.
    """

    nits: tuple
    names: tuple
    cards: tuple
    further: tuple


def find_numbers(certificate):
    """Find the numbers that identify the subscriber of a certificate, and others that may.

    Where an authority has a field of its own for the NIT, that is the NIT, and serialNumber is not.

    :param certificate_reader.Certificate certificate: whose they are.
    :rtype: Numbers
    """
    attributes = [
        (attribute.oid.dotted_string, attribute.value)
        for name in (certificate.subject, *certificate.directory_names)
        for attribute in name
    ]

    def find(*oids):
        return [
            number
            for oid in oids
            for found, text in attributes
            if found == oid
            for number in _read_numbers(text)
        ]

    own = find(*_OWN_FIELDS)
    is_subscriber = "subscriber" in {_OWN_FIELDS.get(oid) for oid, text in attributes if text}
    cards = find(*_IDENTIFIERS)
    names = [
        number
        for found, text in attributes
        if found in _NAME_OIDS or (found.startswith(_PRIVATE_OIDS) and found not in _OWN_FIELDS)
        for number in _read_numbers(text)
    ]
    labelled = [
        number
        for found, text in attributes
        if found in _NAME_OIDS and (match := _LABELLED.search(text))
        for number in _read_numbers(match[1])[:1]
    ]
    known = (*_OWN_FIELDS, *_IDENTIFIERS, *_NAME_OIDS, *_PLACE_OIDS)
    further = [
        text for oid, text in attributes if oid not in known and not oid.startswith(_PRIVATE_OIDS)
    ]
    further += find_further_texts(certificate)
    return Numbers(
        nits=_unite(own or cards or labelled),
        names=_unite(names),
        cards=_unite(cards if own else ()),
        further=_unite(
            (
                *(cards if own and not is_subscriber else ()),
                *(number for text in further for number in _read_numbers(text)),
            )
        ),
    )


def _unite(numbers):
    return tuple(dict.fromkeys(number for number in numbers if number))


def _read_numbers(text):
    text = _DASHES.sub("-", unicodedata.normalize("NFKC", text))
    found = []
    for number in _NUMBER.findall(text):
        digits = _get_digits(number)
        parts = [number] if len(digits) <= _LONGEST else number.split()
        found += [digits.lstrip("0") for digits in map(_get_digits, parts) if len(digits) >= 5]
    return found


def _get_digits(text):
    return re.sub(r"\D", "", text)


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
        "other_nit": bool(nit and facts.nits) and not _names_nit(facts, nit, elsewhere=True),
    }
    return [code for code in FAULTS if found[code]]


def find_warnings(facts, nit, authorities=None, refused=()):
    """Return the warnings about a certificate that can sign.

    :param CertificateFacts facts: of the certificate.
    :param str | None nit: of the company, with its check digit.
    :param authorities: names of the accredited authorities, each a part of its name; None when nothing is to
        be said of the issuer.
    :param refused: likewise, of those whose certificates DIAN is reported to refuse.
    :return: of `ISSUER_WARNINGS` and `WARNINGS`.
    :rtype: list[str]
    """
    # Whoever else is a legal entity among the numbers of the subscriber is the subscriber, whatever stands beside it.
    is_of_nit = not nit or (
        _names_nit(facts, nit) and not any(map(is_juridical_number, list_others(facts, nit)))
    )
    is_elsewhere = not is_of_nit and _names_nit(facts, nit, elsewhere=True)
    found = {
        "unknown_issuer": authorities is not None and not is_named(authorities, facts.authorities),
        "refused_issuer": is_named(refused, facts.authorities),
        "no_nit": not is_of_nit and not is_elsewhere,
        "other_place": is_elsewhere,
        "irregular": not reader.load_pem(facts.certificate).is_common,
        "unread": bool(facts.unread),
        "odd": bool(facts.odd),
    }
    return [code for code in (*ISSUER_WARNINGS, *WARNINGS) if found[code]]


def _names_nit(facts, nit, elsewhere=False):
    """Tell whether a certificate names a NIT, with its check digit or without.

    :param bool elsewhere: whether any field counts, and not only those that name the subscriber.
    """
    named = {*facts.nits, *facts.numbers, *(facts.further if elsewhere else ())}
    return not _list_forms(nit).isdisjoint(named)


def list_others(facts, nit):
    """Return the numbers that identify the subscriber and are not a NIT.

    :param CertificateFacts facts: of the certificate.
    :param str | None nit: with its check digit.
    :rtype: list[str]
    """
    forms = _list_forms(nit) if nit else ()
    return [number for number in facts.nits if number not in forms]


def _list_forms(nit):
    """Return a NIT without its check digit and with it, in digits."""
    number, digit = re.sub(r"[^\d-]", "", nit).split("-")
    number = number.lstrip("0")
    return {number, number + digit}


# === CHILD === #


def _ask_child(files, passwords):
    """Return what the child found before it ended, however it ended."""
    asked = {
        "files": [base64.b64encode(file).decode() for file in files],
        "passwords": passwords,
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
    return parse_facts(
        written, {"certificates": list, "keys": list, "password": int, "refused": str}
    )
