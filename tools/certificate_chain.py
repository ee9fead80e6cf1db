# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Tell whether a certificate leads to a trusted authority.

What a certificate says about its issuer and subject is only a claim: anybody can create an
authority with any name. Only a chain of signatures proves it, if the chain ends at a certificate
that was pinned by its SHA-256 fingerprint (RFC 5280, section 6). Names only tell where to look for
the next signature.

Names are compared by what they say, not by how their strings are encoded (section 7.1): what a certificate calls its
issuer is often written in another type of string than what the issuer calls itself. Whatever of a certificate cannot
be read proves nothing.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from . import certificate_reader as reader
from . import x509_extensions as extensions
from .der import CertificateUnreadable
from .pem import split_pem, unwrap
from .x509_names import get_label

WEAK_HASHES = frozenset(("md2", "md4", "md5", "sha1"))
MAX_ANCHOR_SIZE = 65_536  # bytes of a file with one certificate, which takes about 2,500

# Why a file cannot become an anchor.
CODES = (
    "empty",
    "too_large",
    "not_certificate",
    "several",
    "damaged",
    "not_authority",
    "weak_key",
    "expired",
)

_DEPTH = 8  # certificates above the first
_CANDIDATES = 200  # certificates of a file that are considered
_VERIFICATIONS = (
    60  # of signatures for one certificate: each takes less than 1 ms for ordinary keys
)
# Of an authority's RSA key: a weaker one proves nothing, a longer one costs too much.
_BITS = range(2048, 8193)
# The extensions that are understood below. An unknown critical extension means refusal: section 4.2.
_UNDERSTOOD = {
    extensions.BASIC_CONSTRAINTS: "basic_constraints",
    extensions.CERTIFICATE_POLICIES: None,  # nothing here asks for them
    extensions.CRL_POINTS: "crl_distribution_points",
    extensions.EXTENDED_KEY_USAGE: "extended_key_usage",
    extensions.KEY_USAGE: "key_usage",
    extensions.SUBJECT_ALT_NAME: "subject_alt_name",
}
# Purposes that do not cover documents: the key of a web server is on the server. A client's purpose
# next to a server's belongs to a server, too.
_SERVER, _CLIENT, OCSP_SIGNING = (f"1.3.6.1.5.5.7.3.{number}" for number in (1, 2, 9))
_OF_MACHINES = frozenset((_SERVER, "1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.8", OCSP_SIGNING))
PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


class AnchorRefused(Exception):
    """A file cannot become an anchor.

    :ivar str code: the reason, one of `CODES`.
    """

    def __init__(self, code):
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Anchor:
    """A certificate of an authority that is trusted.

    :ivar str sha256: its fingerprint, 64 lower case hexadecimal digits.
    :ivar bytes | None certificate: PEM; None when only the fingerprint is known, so that the certificate must
        come with the chain.
    """

    sha256: str
    certificate: bytes | None = None


@dataclass(frozen=True)
class AnchorFacts:
    """What is known of a certificate that becomes an anchor.

    :ivar bytes certificate: PEM.
    :ivar str subject: distinguished name (RFC 4514); likewise `issuer`.
    :ivar str label: common name, else the organisation.
    :ivar datetime not_before: in UTC; likewise `not_after`.
    :ivar bool is_root: whether it is signed by itself.
    """

    certificate: bytes
    sha256: str
    subject: str
    issuer: str
    label: str
    serial_number: str
    not_before: datetime
    not_after: datetime
    is_root: bool


# === ANCHORS === #


def read_anchor(data, moment):
    """Read the file of an authority's certificate, which is to be trusted from now on.

    :param bytes data: one certificate, in PEM or DER.
    :param datetime moment: now, with its time zone.
    :rtype: AnchorFacts
    :raise AnchorRefused: it cannot be one.
    """
    if not data:
        raise AnchorRefused("empty")
    if len(data) > MAX_ANCHOR_SIZE:
        raise AnchorRefused("too_large")
    data = unwrap(data)
    try:
        blocks = split_pem(data)
        if len(blocks) > 1:
            raise AnchorRefused("several")
        certificate = reader.load_der(blocks[0] if blocks else data)
    except CertificateUnreadable as error:
        raise AnchorRefused("not_certificate") from error
    return _examine_anchor(certificate, moment)


def _examine_anchor(certificate, moment):
    # A certificate of the first version, without extensions, does not say that it is an authority's.
    if not is_authority(certificate):
        raise AnchorRefused("not_authority")
    if not _is_strong(certificate.public_key()):
        raise AnchorRefused("weak_key")
    is_root = certificate.subject.is_same(certificate.issuer)
    # Its hash algorithm does not matter: the file itself is trusted, by its fingerprint.
    if is_root and not is_signature(certificate, *_get_signed(certificate), weak_hashes=()):
        raise AnchorRefused("damaged")
    if moment > certificate.not_valid_after_utc:
        raise AnchorRefused("expired")
    return AnchorFacts(
        certificate=to_pem(certificate),
        sha256=get_sha256(certificate),
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        label=get_label(certificate.subject),
        serial_number=f"{certificate.serial_number:x}",
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        is_root=is_root,
    )


# === CHAINS === #


def find_chain(certificate, others, anchors, moment):
    """Find the chain by which a certificate leads to an anchor.

    Any error in the certificates means that there is no chain; nothing is raised.

    :param bytes certificate: PEM.
    :param others: certificates that came with it, PEM, in whatever order; none of them is trusted.
    :param anchors: of `Anchor`.
    :param datetime moment: at which all of them must be valid, with its time zone.
    :return: from the issuer up to the anchor, PEM; empty when it leads to none.
    :rtype: list[bytes]
    """
    try:
        first = reader.load_pem(certificate)
    except CertificateUnreadable:
        return []
    if not _is_current(first, moment) or _has_unknown_extensions(first):
        return []
    blocks = [*(anchor.certificate for anchor in anchors if anchor.certificate), *others]
    candidates = {candidate.sha256: candidate for candidate in _load_all(blocks[:_CANDIDATES])}
    trusted = {anchor.sha256 for anchor in anchors}
    chain = _Climb(candidates, trusted, moment).climb((first,))
    return [to_pem(link) for link in chain[1:]]


def find_anchor(certificate, others, anchors, moment):
    """Find the anchor that a certificate leads to, by the arguments of `find_chain`.

    :return: its SHA-256; None when it leads to none.
    :rtype: str | None
    """
    chain = find_chain(certificate, others, anchors, moment)
    return reader.load_pem(chain[-1]).sha256 if chain else None


def find_issuer(certificate, others):
    """Find the certificate whose key has signed another one, by the signature: a renewed authority has several
    certificates of one name.

    :param bytes certificate: PEM.
    :param others: PEM, in whatever order; what cannot be read is passed over.
    :return: PEM; None when there is none.
    :rtype: bytes | None
    """
    try:
        first = reader.load_pem(certificate)
    except CertificateUnreadable:
        return None
    left = _VERIFICATIONS
    for other in _load_all(list(others)[:_CANDIDATES]):
        if left and other.subject.is_same(first.issuer) and is_authority(other):
            left -= 1
            if is_issued_by(first, other):
                return to_pem(other)
    return None


def _load_all(blocks):
    """Read certificates in PEM, and pass over what cannot be read."""
    found = []
    for block in blocks:
        try:
            found.append(reader.load_pem(block))
        except CertificateUnreadable:
            continue
    return found


class _Climb:
    """The search for a chain, which tries a limited number of signatures."""

    def __init__(self, candidates, trusted, moment):
        self.candidates = candidates
        self.trusted = trusted
        self.moment = moment
        self.left = _VERIFICATIONS

    def climb(self, chain):
        """Return a chain that extends this one and ends at an anchor, or an empty one."""
        if len(chain) > _DEPTH:
            return ()
        for sha256, issuer in self.candidates.items():
            if issuer in chain or not self._is_issuer(chain, issuer):
                continue
            longer = (*chain, issuer)
            if sha256 in self.trusted:
                return longer
            if found := self.climb(longer):
                return found
        return ()

    def _is_issuer(self, chain, issuer):
        """Tell whether a certificate issued the last one of a chain, and was allowed to."""
        if not self.left or not issuer.subject.is_same(chain[-1].issuer):
            return False
        # Those that only bring another key of the same authority do not count: section 4.2.1.9.
        below = sum(not link.subject.is_same(link.issuer) for link in chain[1:])
        if (
            not is_authority(issuer, below)
            or not _is_current(issuer, self.moment)
            or _has_unknown_extensions(issuer)
            or not _has_human_purpose(issuer)
            or not _is_strong(issuer.public_key())
        ):
            return False
        self.left -= 1
        return is_issued_by(chain[-1], issuer)


def is_authority(certificate, below=0):
    """Tell whether a certificate may sign others: RFC 5280, section 6.1.4, (k) to (n).

    :param certificate_reader.Certificate certificate: whose it is asked.
    :param int below: how many authorities are between it and the last certificate of the chain.
    """
    most, usage = certificate.path_length, certificate.key_usage
    return (
        bool(certificate.is_ca)
        and (most is None or below <= most)
        and "key_usage" not in certificate.unread
        and (usage is None or "key_cert_sign" in usage)
    )


def is_for_documents(certificate):
    """Tell whether the key of a certificate is meant for signing documents, and strong enough."""
    return (
        "key_usage" not in certificate.unread
        and is_for_signing(certificate)
        and _has_human_purpose(certificate)
        and _is_strong(certificate.public_key())
    )


def is_for_signing(certificate):
    """Tell whether the key usage of a certificate allows signing; without one, nothing is
    restricted: section 4.2.1.3.
    """
    usage = certificate.key_usage
    return usage is None or not usage.isdisjoint(("digital_signature", "non_repudiation"))


def _has_human_purpose(certificate):
    if "extended_key_usage" in certificate.unread:
        return False
    if certificate.extended_key_usage is None:
        return True
    purposes = set(certificate.extended_key_usage)
    if _SERVER in purposes:
        purposes.discard(_CLIENT)
    return not purposes <= _OF_MACHINES


def is_issued_by(certificate, issuer):
    """Tell whether the key of one certificate has signed another one that names it as its issuer."""
    return certificate.issuer.is_same(issuer.subject) and is_signature(
        issuer, *_get_signed(certificate)
    )


def is_signature(signer, signature, signed, algorithm, parameters=None, weak_hashes=WEAK_HASHES):
    """Verify a signature of RSA or ECDSA; another kind is none.

    :param signer: `certificate_reader.Certificate`, whose it is said to be.
    :param parameters: how it was padded; PKCS #1 v1.5 unless it says otherwise.
    """
    if algorithm is None or algorithm.name in weak_hashes:
        return False
    public = signer.public_key()
    try:
        if isinstance(public, rsa.RSAPublicKey):
            padded = parameters if isinstance(parameters, padding.PSS) else padding.PKCS1v15()
            public.verify(signature, signed, padded, algorithm)
        elif isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(signature, signed, ec.ECDSA(algorithm))
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):  # or a key of a size nobody uses
        return False
    return True


def _get_signed(certificate):
    """Return the signature of a certificate, what it signs, and how, as `is_signature` takes them."""
    return (
        certificate.signature,
        certificate.tbs_certificate_bytes,
        certificate.signature_hash_algorithm,
        certificate.signature_algorithm_parameters,
    )


def _is_strong(public):
    if isinstance(public, rsa.RSAPublicKey):
        return public.key_size in _BITS
    return isinstance(public, ec.EllipticCurvePublicKey) and public.key_size >= 256


def _is_current(certificate, moment):
    return certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc


def _has_unknown_extensions(certificate):
    """Tell whether a critical extension is not understood, or any extension is repeated."""
    oids = [extension.oid for extension in certificate.extensions]
    # Name constraints are not applied here, so a certificate that has them proves nothing.
    if len(set(oids)) < len(oids) or extensions.NAME_CONSTRAINTS in oids:
        return True
    return "extensions" in certificate.unread or any(
        extension.oid not in _UNDERSTOOD or _UNDERSTOOD[extension.oid] in certificate.unread
        for extension in certificate.extensions
        if extension.critical
    )


def get_sha256(certificate):
    """Return the SHA-256 of a certificate, in lower case hexadecimal digits."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def to_pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)
