# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Ask the authority that issued a certificate whether it has revoked it.

It is asked by OCSP (RFC 6960) or, without an answer, by its list of revoked certificates, a CRL
(RFC 5280). The address comes from the certificate, which somebody uploaded and which must not
control the server: only hosts of a given list are asked, at the ports of the web and at public
addresses, within limits of time and size. An answer is valid only with the authority's signature.
"""

import base64
import json
import re
import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import urljoin

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from .certificate_chain import (
    get_moment,
    is_authority,
    is_issued_by,
    is_signature,
    read_extensions,
)
from .sandbox import ChildBusy, ChildUnavailable, parse_facts, run_child

# Why the status is not known, from the least to the most informative code.
CODES = (
    "no_issuer",  # the authority's certificate is not at hand: nobody's signature could be verified
    "not_offered",  # the certificate names no address
    "host_not_allowed",  # it names one that is not on the list
    "private_address",
    "not_reached",
    "too_slow",
    "redirected",  # to another host
    "not_answered",  # it answered that it does not say
    "too_large",
    "malformed",
    "unsupported",  # a list that does not say of every certificate and reason: RFC 5280, section 5.2.5
    "wrong_signer",
    "wrong_certificate",  # the answer is about another one
    "stale",
)

MAX_OCSP_SIZE = 100_000  # bytes; an answer with its responder's certificate takes about 2,000
MAX_CRL_SIZE = 20 * 1024**2
_TOTAL_SECONDS = 8
_FETCH_SECONDS = 5
_ADDRESSES = 2  # of each kind; what is named beyond is not asked
_REDIRECTS = 2
_PORTS = (80, 443)
_SKEW = timedelta(minutes=5)  # between the clocks of the authority and of this server
# Without nextUpdate newer information is always available: RFC 6960, section 4.2.2.1.
_MAX_AGE = timedelta(days=1)
_CHILD = Path(__file__).with_name("revocation_child.py")
# Neither user nor password, no address in numbers of IPv6, nothing that is read in two ways.
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:(?P<port>\d{1,5}))?"
    r"(?P<target>([/?][!-~]*)?)",
    re.IGNORECASE | re.ASCII,
)
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", re.ASCII)


@dataclass(frozen=True)
class Revocation:
    """What the authority says of a certificate.

    :ivar str status: `good`, `revoked`, or `unknown`: it was not asked, or gave no valid answer.
    :ivar str | None code: why it is unknown, one of `CODES`.
    :ivar datetime | None as_of: in UTC, the time that a `good` or `revoked` status refers to.
    :ivar datetime | None revoked_on: in UTC.
    :ivar str | None reason: of the revocation, as RFC 5280 (section 5.3.1) names it, such as
        `keyCompromise`; `certificateHold` can be lifted again.
    """

    status: str
    code: str | None = None
    as_of: datetime | None = None
    revoked_on: datetime | None = None
    reason: str | None = None


class Unanswered(Exception):
    """There is no valid answer.

    :ivar str code: one of `CODES`.
    """

    def __init__(self, code):
        super().__init__(code)
        self.code = code


# === ASKING === #


def check_revocation(certificate, issuer, hosts, fetch=None, moment=None):
    """Ask whether a certificate was revoked. Any error gives `unknown`; nothing is raised.

    :param bytes certificate: PEM.
    :param bytes | None issuer: PEM of the authority's certificate, or None when it is not at hand.
    :param hosts: domains of the authorities; what is below one of them is allowed, too.
    :param fetch: how to get an answer, as `fetch_answer`, which it is by default; it may be asked when no
        time is left.
    :param datetime moment: now, with its time zone, by default the clock's.
    :rtype: Revocation
    """
    codes = []
    try:
        certificate = x509.load_pem_x509_certificate(certificate)
        issuer = x509.load_pem_x509_certificate(issuer) if issuer else None
        if not issuer or not is_authority(issuer) or not is_issued_by(certificate, issuer):
            return Revocation("unknown", "no_issuer")
        questions = _find_questions(certificate, issuer)
    except Exception:  # fields of a certificate are parsed when they are read
        return Revocation("unknown", "malformed")
    fetch = fetch or fetch_answer
    moment = moment or datetime.now(timezone.utc)
    deadline = time.monotonic() + _TOTAL_SECONDS
    for url, data, limit, read in questions:
        try:
            if not is_allowed(get_host(url), hosts):
                raise Unanswered("host_not_allowed")
            left = min(deadline - time.monotonic(), _FETCH_SECONDS)
            return _read(read, fetch(url, data, limit, left), moment)
        except Unanswered as unanswered:
            codes.append(unanswered.code)
    return Revocation("unknown", max(codes, key=CODES.index, default="not_offered"))


def find_hosts(certificate):
    """Return the hosts that a certificate names to be asked.

    :param bytes certificate: PEM.
    :rtype: list[str]
    """
    try:
        certificate = x509.load_pem_x509_certificate(certificate)
        urls = _find_ocsp_urls(certificate) + [url for url, _ in _find_crl_urls(certificate)]
    except Exception:  # fields of a certificate are parsed when they are read
        return []
    return list(dict.fromkeys(host for url in urls if (host := get_host(url))))


def parse_hosts(text):
    """Parse a list of domains, as an administrator writes it; anything else is skipped.

    :param str text: with commas or spaces between them.
    :rtype: list[str]
    """
    hosts = [host.lower().strip("*.") for host in re.split(r"[\s,;]+", text)]
    return [host for host in hosts if _HOST.fullmatch(host)]


def is_allowed(host, hosts):
    """Tell whether a host is one of a list, or below one.

    :param str | None host: in lower case.
    :param hosts: as returned by `parse_hosts`.
    :rtype: bool
    """
    return bool(host) and any(host == known or host.endswith(f".{known}") for known in hosts)


def get_host(url):
    """Return the host of an address, or None for one that is not asked, of whatever host.

    :rtype: str | None
    """
    found = _URL.fullmatch(url)
    return found["host"].lower() if found else None


def _find_questions(certificate, issuer):
    """Return what to ask, in order: the address, the data to send, the size limit, and the parser."""
    questions = []
    for url in _find_ocsp_urls(certificate)[:_ADDRESSES]:
        nonce = secrets.token_bytes(32)  # RFC 9654, section 2.1
        # SHA-1 only identifies certificates here, and every responder supports it: RFC 5019,
        # section 2.1.1.
        request = (
            ocsp.OCSPRequestBuilder()
            .add_certificate(certificate, issuer, hashes.SHA1())
            .add_extension(x509.OCSPNonce(nonce), critical=False)
            .build()
            .public_bytes(serialization.Encoding.DER)
        )
        read = _OcspReader(certificate, issuer, nonce)
        questions.append((url, request, MAX_OCSP_SIZE, read))
    for url, point in _find_crl_urls(certificate)[:_ADDRESSES]:
        questions.append((url, None, MAX_CRL_SIZE, _CrlReader(certificate, issuer, point)))
    return questions


def _find_ocsp_urls(certificate):
    access = _get_extension(certificate, x509.AuthorityInformationAccess) or ()
    return [
        description.access_location.value
        for description in access
        if description.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(description.access_location, x509.UniformResourceIdentifier)
    ]


def _find_crl_urls(certificate):
    """Return addresses, each with its distribution point, of lists of the issuer for every reason."""
    return [
        (name.value, point)
        for point in _get_extension(certificate, x509.CRLDistributionPoints) or ()
        if not point.crl_issuer and not point.reasons
        for name in point.full_name or ()
        if isinstance(name, x509.UniformResourceIdentifier)
    ]


# === FETCHING === #


def fetch_answer(url, data, limit, seconds, ports=_PORTS, allow_private=False):
    """Get what an address answers, without following it to another host.

    The caller has checked the host. The environment is ignored, so no proxy is used.

    :param str url: of http or https.
    :param bytes | None data: to be posted; None for nothing.
    :param int limit: the most bytes to take.
    :param float seconds: after which it is given up, also while a name is looked up.
    :param ports: that may be asked.
    :param bool allow_private: whether addresses may be asked that are not public; for tests.
    :rtype: bytes
    :raise Unanswered: otherwise.
    """
    deadline = time.monotonic() + seconds
    host = get_host(url)
    for _ in range(_REDIRECTS + 1):
        found = _URL.fullmatch(url)
        is_secure = found["scheme"].lower() == "https"
        port = int(found["port"] or (443 if is_secure else 80))
        if port not in ports:
            raise Unanswered("host_not_allowed")
        target = found["target"].partition("#")[0]
        facts, content = _ask_child(
            {
                "host": host,
                "port": port,
                "is_secure": is_secure,
                "target": target if target.startswith("/") else f"/{target}",
                "data": base64.b64encode(data).decode() if data else None,
                "limit": limit,
                "allow_private": allow_private,
            },
            deadline - time.monotonic(),
        )
        if "location" not in facts:
            return content
        url = urljoin(url, facts["location"])
        if get_host(url) != host:
            break
    raise Unanswered("redirected")


def _ask_child(asked, seconds):
    if seconds <= 0:
        raise Unanswered("too_slow")
    try:
        written = run_child(
            _CHILD,
            json.dumps(asked).encode(),
            wall_seconds=seconds,
            output=asked["limit"] + 10_000,
            ports=[asked["port"]],
        )
    except ChildBusy as error:  # the clock has ended it
        raise Unanswered("too_slow") from error
    except ChildUnavailable as error:
        raise Unanswered("not_reached") from error
    line, _, content = written.partition(b"\n")
    facts = parse_facts(line, {"code": str, "location": str, "size": int})
    if "code" in facts:
        raise Unanswered(facts["code"] if facts["code"] in CODES else "not_reached")
    if not facts or len(content) != facts.get("size", 0):  # it was killed before
        raise Unanswered("too_slow")
    return facts, content


# === READING === #


def _read(read, data, moment):
    try:
        return read(data, moment)
    except Unanswered:
        raise
    except Exception as error:  # any error in data that others sent
        raise Unanswered("malformed") from error


@dataclass(frozen=True)
class _OcspReader:
    """Reads an answer by the rules of RFC 6960, section 3.2.

    A delegated responder's certificate is taken for as long as it is valid: its own revocation is
    not checked, which section 4.2.2.2.1 leaves to the client.
    """

    certificate: x509.Certificate
    issuer: x509.Certificate
    nonce: bytes

    def __call__(self, data, moment):
        response = ocsp.load_der_ocsp_response(data)
        if response.response_status != ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise Unanswered("not_answered")
        if not self._is_signed(response, moment):
            raise Unanswered("wrong_signer")
        # A responder need not repeat it (RFC 9654, section 2): then the dates alone tell the age.
        nonce = _get_extension(response, x509.OCSPNonce)
        if nonce and nonce.nonce != self.nonce:
            raise Unanswered("stale")
        single = next(filter(self._is_meant, response.responses), None)
        if single is None:
            raise Unanswered("wrong_certificate")
        as_of = get_moment(single, "this_update")
        _check_current(as_of, get_moment(single, "next_update") or as_of + _MAX_AGE, moment)
        if single.certificate_status == ocsp.OCSPCertStatus.UNKNOWN:
            raise Unanswered("not_answered")
        if single.certificate_status == ocsp.OCSPCertStatus.GOOD:
            return Revocation("good", as_of=as_of)
        reason = single.revocation_reason
        revoked_on = get_moment(single, "revocation_time")
        return Revocation(
            "revoked", as_of=as_of, revoked_on=revoked_on, reason=reason and reason.value
        )

    def _is_signed(self, response, moment):
        """Tell whether the authority signed this, or a responder whom it has allowed to."""
        signed = (
            response.signature,
            response.tbs_response_bytes,
            response.signature_hash_algorithm,
        )
        return is_signature(self.issuer, *signed) or any(
            self._is_responder(responder, moment) and is_signature(responder, *signed)
            for responder in response.certificates
        )

    def _is_responder(self, responder, moment):
        """Tell whether this is a certificate of the authority for signing answers: section 4.2.2.2."""
        purposes = _get_extension(responder, x509.ExtendedKeyUsage) or ()
        usage = _get_extension(responder, x509.KeyUsage)
        return (
            ExtendedKeyUsageOID.OCSP_SIGNING in purposes
            and (not usage or usage.digital_signature)
            and is_issued_by(responder, self.issuer)
            and get_moment(responder, "not_valid_before") <= moment + _SKEW
            and get_moment(responder, "not_valid_after") >= moment - _SKEW
        )

    def _is_meant(self, single):
        if single.serial_number != self.certificate.serial_number:
            return False
        meant = (
            ocsp.OCSPRequestBuilder()
            .add_certificate(self.certificate, self.issuer, single.hash_algorithm)
            .build()
        )
        return (single.issuer_name_hash, single.issuer_key_hash) == (
            meant.issuer_name_hash,
            meant.issuer_key_hash,
        )


@dataclass(frozen=True)
class _CrlReader:
    """Reads a list by the rules of RFC 5280, section 6.3.3: a whole one, of the issuer itself."""

    certificate: x509.Certificate
    issuer: x509.Certificate
    point: x509.DistributionPoint

    def __call__(self, data, moment):
        is_pem = data.lstrip().startswith(b"-----BEGIN")
        crl = x509.load_pem_x509_crl(data) if is_pem else x509.load_der_x509_crl(data)
        usage = _get_extension(self.issuer, x509.KeyUsage)
        if (
            crl.issuer != self.certificate.issuer
            or (usage and not usage.crl_sign)
            or not is_signature(
                self.issuer,
                crl.signature,
                crl.tbs_certlist_bytes,
                crl.signature_hash_algorithm,
            )
        ):
            raise Unanswered("wrong_signer")
        self._check_scope(crl)
        as_of = get_moment(crl, "last_update")
        _check_current(as_of, get_moment(crl, "next_update"), moment)
        entry = crl.get_revoked_certificate_by_serial_number(self.certificate.serial_number)
        if entry is None:
            return Revocation("good", as_of=as_of)
        reason = _get_extension(entry, x509.CRLReason)
        return Revocation(
            "revoked",
            as_of=as_of,
            revoked_on=get_moment(entry, "revocation_date"),
            reason=reason and reason.reason.value,
        )

    def _check_scope(self, crl):
        """Check that a certificate that is not on this list is on no other list: section 5.2.5."""
        for extension in crl.extensions:
            # What is not known here must not be passed over (section 5.2), such as that this is only
            # the difference to another list.
            if extension.critical and not isinstance(
                extension.value, x509.IssuingDistributionPoint
            ):
                raise Unanswered("unsupported")
        scope = _get_extension(crl, x509.IssuingDistributionPoint)
        if scope and (
            scope.only_contains_ca_certs
            or scope.only_contains_attribute_certs
            or scope.only_some_reasons
            or scope.indirect_crl
            or scope.relative_name
            or (scope.full_name and not set(scope.full_name) & set(self.point.full_name))
        ):
            raise Unanswered("unsupported")


def _check_current(as_of, until, moment):
    """Check that an answer is current.

    :param datetime | None until: when there is a newer one; a list always says so.
    :raise Unanswered: otherwise
    """
    if not until or not as_of - _SKEW <= moment <= until + _SKEW:
        raise Unanswered("stale")


def _get_extension(thing, kind):
    try:
        return read_extensions(thing).get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
