# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Tell whether a certificate leads to a trusted authority.

What a certificate says about its issuer and subject is only a claim: anybody can create an
authority with any name. Only a chain of signatures proves it, if the chain ends at a certificate
that was pinned by its SHA-256 fingerprint (RFC 5280, section 6). Names only tell where to look for
the next signature.

Extensions are parsed one by one: `cryptography` returns none of them if it rejects a single one,
and the root of Certicámara has one that it rejects.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timezone

from asn1crypto import core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

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
# The extensions that are understood below. An unknown critical extension means refusal: section
# 4.2.
_UNDERSTOOD = frozenset(
    (
        "basic_constraints",
        "certificate_policies",
        "extended_key_usage",
        "key_usage",
        "subject_alt_name",
    )
)
# Purposes that do not cover documents: the key of a web server is on the server. A client's purpose
# next to a server's belongs to a server, too.
_OF_MACHINES = frozenset(("server_auth", "code_signing", "time_stamping", "ocsp_signing"))
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
    blocks = PEM.findall(data)
    if len(blocks) > 1:
        raise AnchorRefused("several")
    try:
        certificate = (
            x509.load_pem_x509_certificate(blocks[0])
            if blocks
            else x509.load_der_x509_certificate(data)
        )
    except Exception as error:  # not a certificate, whatever it is
        raise AnchorRefused("not_certificate") from error
    try:
        return _examine_anchor(certificate, moment)
    except AnchorRefused:
        raise
    except Exception as error:  # fields of a certificate are parsed when they are read
        raise AnchorRefused("damaged") from error


def _examine_anchor(certificate, moment):
    # A certificate of the first version, without extensions, does not say that it is an authority's.
    if not is_authority(certificate):
        raise AnchorRefused("not_authority")
    if not _is_strong(certificate.public_key()):
        raise AnchorRefused("weak_key")
    is_root = certificate.subject == certificate.issuer
    # Its hash algorithm does not matter: the file itself is trusted, by its fingerprint.
    if is_root and not is_signature(certificate, *_get_signed(certificate), weak_hashes=()):
        raise AnchorRefused("damaged")
    if moment > get_moment(certificate, "not_valid_after"):
        raise AnchorRefused("expired")
    return AnchorFacts(
        certificate=to_pem(certificate),
        sha256=get_sha256(certificate),
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        label=get_label(certificate.subject),
        serial_number=f"{certificate.serial_number:x}",
        not_before=get_moment(certificate, "not_valid_before"),
        not_after=get_moment(certificate, "not_valid_after"),
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
        first = x509.load_pem_x509_certificate(certificate)
        if not _is_current(first, moment) or _has_unknown_extensions(first):
            return []
    except Exception:  # fields of a certificate are parsed when they are read
        return []
    blocks = [*(anchor.certificate for anchor in anchors if anchor.certificate), *others]
    candidates = {}
    for block in blocks[:_CANDIDATES]:
        try:
            candidate = x509.load_pem_x509_certificate(block)
            candidates[get_sha256(candidate)] = candidate
        except Exception:  # likewise: not a candidate
            continue
    trusted = {anchor.sha256 for anchor in anchors}
    chain = _Climb(candidates, trusted, moment).climb((first,))
    return [to_pem(link) for link in chain[1:]]


def find_anchor(certificate, others, anchors, moment):
    """Find the anchor that a certificate leads to, by the arguments of `find_chain`.

    :return: its SHA-256; None when it leads to none.
    :rtype: str | None
    """
    chain = find_chain(certificate, others, anchors, moment)
    return get_sha256(x509.load_pem_x509_certificate(chain[-1])) if chain else None


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
        try:
            if issuer.subject != chain[-1].issuer or not self.left:
                return False
            # Certificates that only bring another key of the same authority are not counted:
            # section 4.2.1.9.
            below = sum(link.subject != link.issuer for link in chain[1:])
            if (
                not is_authority(issuer, below)
                or not _is_current(issuer, self.moment)
                or _has_unknown_extensions(issuer)
                or not _has_human_purpose(get_extensions(issuer))
                or not _is_strong(issuer.public_key())
            ):
                return False
            self.left -= 1
            return is_issued_by(chain[-1], issuer)
        except Exception:  # fields of a certificate are parsed when they are read
            return False


def is_authority(certificate, below=0):
    """Tell whether a certificate may sign others: RFC 5280, section 6.1.4, (k) to (n).

    :param x509.Certificate certificate: whose it is asked.
    :param int below: how many authorities are between it and the last certificate of the chain.
    """
    extensions = get_extensions(certificate)
    constraints = extensions.get("basic_constraints")
    if not constraints or not constraints["ca"].native:
        return False
    most = constraints["path_len_constraint"].native
    usage = extensions.get("key_usage")
    return (most is None or below <= most) and (usage is None or "key_cert_sign" in usage.native)


def is_for_documents(certificate):
    """Tell whether the key of a certificate is meant for signing documents, and strong enough."""
    return (
        is_for_signing(certificate)
        and _has_human_purpose(get_extensions(certificate))
        and _is_strong(certificate.public_key())
    )


def is_for_signing(certificate):
    """Tell whether the key usage of a certificate allows signing; without one, nothing is
    restricted: section 4.2.1.3.
    """
    usage = get_extensions(certificate).get("key_usage")
    return usage is None or not usage.native.isdisjoint(("digital_signature", "non_repudiation"))


def _has_human_purpose(extensions):
    purposes = extensions.get("extended_key_usage")
    if purposes is None:
        return True
    purposes = set(purposes.native)
    if "server_auth" in purposes:
        purposes.discard("client_auth")
    return not purposes <= _OF_MACHINES


def is_issued_by(certificate, issuer):
    """Tell whether the key of one certificate has signed another one that names it as its issuer."""
    return certificate.issuer == issuer.subject and is_signature(issuer, *_get_signed(certificate))


def is_signature(signer, signature, signed, algorithm, parameters=None, weak_hashes=WEAK_HASHES):
    """Verify a signature of RSA or ECDSA; another kind is none.

    :param x509.Certificate signer: whose it is said to be.
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
    except InvalidSignature:
        return False
    return True


def _get_signed(certificate):
    """Return the signature of a certificate, what it signs, and how, as `is_signature` takes them."""
    try:
        # cryptography before 41 does not tell.
        parameters = getattr(certificate, "signature_algorithm_parameters", None)
    except UnsupportedAlgorithm:
        parameters = None
    return (
        certificate.signature,
        certificate.tbs_certificate_bytes,
        certificate.signature_hash_algorithm,
        parameters,
    )


def _is_strong(public):
    if isinstance(public, rsa.RSAPublicKey):
        return public.key_size in _BITS
    return isinstance(public, ec.EllipticCurvePublicKey) and public.key_size >= 256


def _is_current(certificate, moment):
    return (
        get_moment(certificate, "not_valid_before")
        <= moment
        <= get_moment(certificate, "not_valid_after")
    )


# === READING === #


def get_extensions(certificate):
    """Return the extensions of a certificate that are needed here, each parsed separately.

    :param x509.Certificate certificate: whose they are.
    :return: values of asn1crypto, by its names; what cannot be read is left out.
    :rtype: dict
    """
    return {
        name: value
        for name, _is_critical, value in _read_extensions(certificate)
        if value is not None
    }


def read_extensions(thing):
    """Return the extensions of something of X.509 as cryptography gives them.

    If `cryptography` rejects how a policy is written, the policies are left out: nothing here needs them.

    :rtype: x509.Extensions
    """
    try:
        return thing.extensions
    except ValueError:
        if not isinstance(thing, x509.Certificate):
            raise
    whole = asn1_x509.Certificate.load(thing.public_bytes(serialization.Encoding.DER))
    tbs = whole["tbs_certificate"]
    tbs["extensions"] = [
        extension
        for extension in tbs["extensions"]
        if extension["extn_id"].native != "certificate_policies"
    ]
    return x509.load_der_x509_certificate(whole.dump(force=True)).extensions


def _has_unknown_extensions(certificate):
    """Tell whether a critical extension is not understood, or any extension is repeated."""
    names = []
    for name, is_critical, value in _read_extensions(certificate):
        names.append(name)
        if is_critical and (name not in _UNDERSTOOD or value is None):
            return True
    # Name constraints are not applied here, so a certificate that has them proves nothing.
    return len(set(names)) < len(names) or "name_constraints" in names


def _read_extensions(certificate):
    """Return name, criticality and value of each extension; None is a value that cannot be read."""
    extensions = asn1_x509.TbsCertificate.load(certificate.tbs_certificate_bytes)["extensions"]
    return [
        (
            extension["extn_id"].native,
            extension["critical"].native,
            _parse(extension) if extension["extn_id"].native in _UNDERSTOOD else None,
        )
        for extension in (() if isinstance(extensions, core.Void) else extensions)
    ]


def _parse(extension):
    try:
        value = extension["extn_value"].parsed
        # asn1crypto parses when it is asked; of policies nothing is.
        if extension["extn_id"].native != "certificate_policies":
            value.native  # noqa: B018
        return value
    except (TypeError, ValueError):
        return None


def get_moment(thing, name):
    """Return a moment of something of X.509, by the name that cryptography has for it.

    :rtype: datetime | None
    """
    # cryptography before 42 knows moments without a time zone only: UTC.
    if hasattr(thing, f"{name}_utc"):
        return getattr(thing, f"{name}_utc")
    moment = getattr(thing, name)
    return moment and moment.replace(tzinfo=timezone.utc)


def get_sha256(certificate):
    """Return the SHA-256 of a certificate, in lower case hexadecimal digits."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def get_label(name):
    """Return the common name, else the organisation, else the whole of an X.509 name."""
    for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        for attribute in name.get_attributes_for_oid(oid):
            if attribute.value:
                return str(attribute.value)
    return name.rfc4514_string()


def to_pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)
