# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Ask the authority that issued a certificate whether it has revoked it.

It is asked by OCSP (RFC 6960) or, without an answer, by its list of revoked certificates, a CRL
(RFC 5280). The address comes from the certificate, which somebody uploaded and which must not
control the server: only hosts of a given list are asked, at the ports of the web and at public
addresses, within limits of time and size. An answer is valid only with the authority's signature.
"""

import base64
import binascii
import hashlib
import json
import re
import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import urljoin

from asn1crypto import core, ocsp

from . import certificate_reader as reader
from .certificate_chain import OCSP_SIGNING, is_authority, is_issued_by, is_signature
from .der import CertificateUnreadable, read_element, read_head, read_time
from .sandbox import ChildBusy, ChildUnavailable, parse_facts, run_child
from .x509_extensions import CrlPoint, get_point_keys, read_extensions, read_point_names
from .x509_names import read_name
from .x509_signed import read_signed

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
_RESPONDERS = 10  # certificates of an answer that are looked at
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
_ID_HASHES = ("sha1", "sha256", "sha384", "sha512")
# Tags of ASN.1, and object identifiers of extensions.
_INTEGER, _SEQUENCE, _TIMES, _LIST_EXTENSIONS = 0x02, 0x30, (0x17, 0x18), 0xA0
_REASON, _ISSUING_POINT = "2.5.29.21", "2.5.29.28"
# RFC 5280, section 5.3.1.
_REASONS = {
    0: "unspecified",
    1: "keyCompromise",
    2: "cACompromise",
    3: "affiliationChanged",
    4: "superseded",
    5: "cessationOfOperation",
    6: "certificateHold",
    8: "removeFromCRL",
    9: "privilegeWithdrawn",
    10: "aACompromise",
}
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
        certificate = reader.load_pem(certificate)
        issuer = reader.load_pem(issuer) if issuer else None
    except CertificateUnreadable:
        return Revocation("unknown", "malformed")
    if not issuer or not is_authority(issuer) or not is_issued_by(certificate, issuer):
        return Revocation("unknown", "no_issuer")
    questions = _find_questions(certificate, issuer)
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
        certificate = reader.load_pem(certificate)
    except CertificateUnreadable:
        return []
    urls = [*certificate.ocsp_urls, *(url for url, _ in _find_crl_urls(certificate))]
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
    for url in _choose(certificate.ocsp_urls, get_host):
        nonce = secrets.token_bytes(32)  # RFC 9654, section 2.1
        request = _write_request(certificate, issuer, nonce)
        read = _OcspReader(certificate, issuer, nonce)
        questions.append((url, request, MAX_OCSP_SIZE, read))
    for url, point in _choose(_find_crl_urls(certificate), lambda pair: get_host(pair[0])):
        questions.append((url, None, MAX_CRL_SIZE, _CrlReader(certificate, issuer, point)))
    return questions


def _choose(addresses, get):
    """Return the first few addresses, those that can be asked before those that cannot, such as LDAP."""
    return sorted(addresses, key=lambda address: not get(address))[:_ADDRESSES]


def _write_request(certificate, issuer, nonce):
    """Write the question about a certificate: RFC 6960, section 4.1.1."""
    # SHA-1 only tells certificates apart here, and is what every responder knows: RFC 5019, section 2.1.1.
    name_hash, key_hash = _identify(certificate, issuer, "sha1")
    asked = {
        "hash_algorithm": {"algorithm": "sha1", "parameters": core.Null()},
        "issuer_name_hash": name_hash,
        "issuer_key_hash": key_hash,
        "serial_number": certificate.serial_number,
    }
    extension = {"extn_id": "nonce", "critical": False, "extn_value": core.OctetString(nonce)}
    return ocsp.OCSPRequest(
        {"tbs_request": {"request_list": [{"req_cert": asked}], "request_extensions": [extension]}}
    ).dump()


def _identify(certificate, issuer, name):
    """Return by what an authority is known in questions and answers: the hashes of its name and of its key."""
    digest = getattr(hashlib, name)
    return digest(certificate.issuer.der).digest(), digest(issuer.public_bits).digest()


def _find_crl_urls(certificate):
    """Return addresses, each with its point, of lists of the issuer for every reason.

    A point may name who signs its list. When that is the issuer itself, in whatever order its attributes stand, it says
    nothing new.
    """
    return [
        (url, point)
        for point in certificate.crl_points
        if point.is_whole and all(name.is_same(certificate.issuer) for name in point.issuers)
        for url in point.urls
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

    certificate: reader.Certificate
    issuer: reader.Certificate
    nonce: bytes

    def __call__(self, data, moment):
        response = ocsp.OCSPResponse.load(data)
        if response["response_status"].native != "successful":
            raise Unanswered("not_answered")
        basic = response["response_bytes"]["response"].parsed
        if not self._is_signed(basic, moment):
            raise Unanswered("wrong_signer")
        answer = basic["tbs_response_data"]
        # A responder need not repeat it (RFC 9654, section 2): then the dates alone tell the age.
        for extension in _list(answer["response_extensions"]):
            if extension["extn_id"].native == "nonce" and bytes(extension["extn_value"]) not in (
                self.nonce,
                core.OctetString(self.nonce).dump(),
            ):
                raise Unanswered("stale")
        single = next(filter(self._is_meant, answer["responses"]), None)
        if single is None:
            raise Unanswered("wrong_certificate")
        as_of = single["this_update"].native
        _check_current(as_of, single["next_update"].native or as_of + _MAX_AGE, moment)
        status = single["cert_status"]
        if status.name == "good":
            return Revocation("good", as_of=as_of)
        if status.name != "revoked":
            raise Unanswered("not_answered")
        reason = status.chosen["revocation_reason"]
        return Revocation(
            "revoked",
            as_of=as_of,
            revoked_on=status.chosen["revocation_time"].native,
            reason=None if isinstance(reason, core.Void) else _get_reason(reason.contents),
        )

    def _is_signed(self, basic, moment):
        """Tell whether the authority signed this, or a responder whom it has allowed to."""
        signed = read_signed(basic.dump())
        return is_signature(self.issuer, *signed) or any(
            self._is_responder(responder, moment) and is_signature(responder, *signed)
            for responder in self._find_responders(basic)
        )

    def _find_responders(self, basic):
        for certificate in _list(basic["certs"])[:_RESPONDERS]:
            try:
                yield reader.load_der(certificate.dump())
            except CertificateUnreadable:
                continue

    def _is_responder(self, responder, moment):
        """Tell whether this is a certificate of the authority for signing answers: section 4.2.2.2."""
        usage = responder.key_usage
        return (
            OCSP_SIGNING in (responder.extended_key_usage or ())
            and (usage is None or "digital_signature" in usage)
            and "key_usage" not in responder.unread
            and is_issued_by(responder, self.issuer)
            and responder.not_valid_before_utc <= moment + _SKEW
            and responder.not_valid_after_utc >= moment - _SKEW
        )

    def _is_meant(self, single):
        asked = single["cert_id"]
        name = asked["hash_algorithm"]["algorithm"].native
        return (
            asked["serial_number"].native == self.certificate.serial_number
            and name in _ID_HASHES
            and (asked["issuer_name_hash"].native, asked["issuer_key_hash"].native)
            == _identify(self.certificate, self.issuer, name)
        )


@dataclass(frozen=True)
class _CrlReader:
    """Reads a list by the rules of RFC 5280, section 6.3.3: a whole one, of the issuer itself.

    It can be of many megabytes: its entries are not read one by one, but looked through for the serial number.
    """

    certificate: reader.Certificate
    issuer: reader.Certificate
    point: CrlPoint

    def __call__(self, data, moment):
        if data.lstrip().startswith(b"-----BEGIN"):
            data = binascii.a2b_base64(b"".join(data.split(b"-----")[2].split()))
        signed = read_signed(data)
        parts = read_element(signed[1]).children()
        if parts[0].tag == _INTEGER:  # the version
            parts = parts[1:]
        issuer, this_update, *parts = parts[1:]
        usage = self.issuer.key_usage
        if (
            not read_name(issuer).is_same(self.certificate.issuer)
            or "key_usage" in self.issuer.unread
            or (usage is not None and "crl_sign" not in usage)
            or not is_signature(self.issuer, *signed)
        ):
            raise Unanswered("wrong_signer")
        self._check_scope(next((part for part in parts if part.tag == _LIST_EXTENSIONS), None))
        as_of = read_time(this_update)
        until = next((part for part in parts[:1] if part.tag != _SEQUENCE), None)
        _check_current(as_of, until and read_time(until), moment)
        revoked = next((part for part in parts[:2] if part.tag == _SEQUENCE), None)
        entry = revoked and self._find_entry(revoked.content)
        if not entry:
            return Revocation("good", as_of=as_of)
        return Revocation(
            "revoked",
            as_of=as_of,
            revoked_on=read_time(entry[1]),
            reason=self._find_reason(entry),
        )

    def _find_entry(self, entries):
        """Return the parts of the entry of the certificate, or nothing."""
        # As DER writes it, and as the authority has written it in the certificate.
        for number in {
            core.Integer(self.certificate.serial_number).dump(),
            self.certificate.serial_der,
        }:
            if entry := self._find_number(entries, number):
                return entry
        return None

    def _find_number(self, entries, number):
        place = entries.find(number)
        while place >= 0:
            # The number may stand anywhere; in an entry it comes first.
            for head in range(2, 6):
                begin = place - head
                if begin >= 0 and entries[begin] == _SEQUENCE:
                    _tag, start, _stop, stop = read_head(entries, begin)
                    if start == place:
                        parts = read_element(entries[begin:stop]).children(3)
                        if len(parts) > 1 and parts[1].tag in _TIMES:
                            return parts
            place = entries.find(number, place + 1)
        return None

    def _find_reason(self, entry):
        for extension in read_extensions(entry[2]) if len(entry) > 2 else ():
            if extension.oid == _REASON:
                return _get_reason(read_element(extension.value).content)
        return None

    def _check_scope(self, extensions):
        """Check that a certificate that is not on this list is on no other list: section 5.2.5."""
        for extension in read_extensions(extensions.children(1)[0]) if extensions else ():
            if extension.oid != _ISSUING_POINT:
                # What is not known here must not be passed over (section 5.2), such as that this is only the
                # difference to another list.
                if extension.critical:
                    raise Unanswered("unsupported")
                continue
            parts = {part.tag: part for part in read_element(extension.value).children()}
            point = parts.pop(0xA0, None)
            names = get_point_keys(read_point_names(point)) if point else None
            # Of certificates of users alone it speaks of this one.
            is_part = any(any(part.content) for tag, part in parts.items() if tag != 0x81)
            if is_part or (names is not None and not names & self.point.names):
                raise Unanswered("unsupported")


def _list(value):
    return [] if isinstance(value, core.Void) else list(value)


def _get_reason(content):
    """Return the name of a reason, as RFC 5280 has it, or None for one that it does not know."""
    return _REASONS.get(int.from_bytes(content, "big"))


def _check_current(as_of, until, moment):
    """Check that an answer is current.

    :param datetime | None until: when there is a newer one; a list always says so.
    :raise Unanswered: otherwise
    """
    if not until or not as_of - _SKEW <= moment <= until + _SKEW:
        raise Unanswered("stale")
