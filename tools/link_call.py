# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Ask the vendor's server, which a pairing code names.

By TLS alone, but for this machine itself; no redirect is followed and no proxy is asked; the name is looked up once,
and what was looked at is what is connected to. An answer has 20 seconds from its first byte to its last, and a bound.
"""

import contextlib
import http.client
import ipaddress
import json
import re
import socket
import ssl
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature

from . import csc, key_seal, xades
from .key_seal import leave_no_frames
from .link_token import hash_token, make_token

# Why there is no answer.
CODES = (
    "address",  # it is no https://, or has anything but a name and a port
    "private_address",
    "not_reached",
    "certificate",  # of TLS
    "too_slow",
    "redirected",
    "not_understood",  # the answer is no JSON object, or far too large
    "not_signed",  # what was signed is not what was asked for
)

CONNECT_SECONDS = 5
ANSWER_SECONDS = 20
ANSWER_MAX = 8_000_000  # bytes; a signed document of 2 MB takes 3
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_CODE = re.compile(r"#([A-Za-z0-9_-]{40,100})")


class CallFailed(Exception):
    """There is no answer, or none that is understood.

    :ivar str code: the reason, one of `CODES`.
    """

    def __init__(self, code):
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Answer:
    """What a server answered.

    :ivar int status: of HTTP.
    :ivar dict body: the JSON object.
    """

    status: int
    body: dict


def read_code(code):
    """Take a pairing code to pieces.

    :param str code: as it was pasted: the address of the vendor's server, and the token behind #
    :return: the address, such as ``https://vendor.example``, and the token
    :rtype: tuple[str, str]
    :raise CallFailed: `address`
    """
    text = "".join((code or "").split())
    address, hash_mark, token = text.partition("#")
    if not _CODE.fullmatch(hash_mark + token):
        raise CallFailed("address")
    scheme, host, port = _split(address)
    shown = f"[{host}]" if ":" in host else host
    usual = {"https": 443, "http": 80}[scheme]
    return f"{scheme}://{shown}" + (f":{port}" if port != usual else ""), token


def call(address, path, body, *, headers=(), allow_private=False):
    """Ask by POST, and return the answer.

    :param str address: of `read_code`
    :param str path: such as ``/csc/v2/info``
    :param dict body: becomes JSON
    :param headers: more of them, such as the key
    :param bool allow_private: whether addresses of private networks are asked
    :rtype: Answer
    :raise CallFailed: with the reason
    """
    scheme, host, port = _split(address)
    data = json.dumps(body).encode()
    connection = http.client.HTTPConnection(host, port)
    connection.sock = _connect(scheme, host, port, allow_private)
    # A server that sends a byte now and then is never silent for long.
    late = threading.Event()
    watch = threading.Timer(ANSWER_SECONDS, _shut, [connection.sock, late])
    watch.daemon = True
    watch.start()
    try:
        shown = f"[{host}]" if ":" in host else host
        sent = {
            "Host": shown if port in (80, 443) else f"{shown}:{port}",
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Connection": "close",
            **dict(headers),
        }
        connection.request("POST", path, data, sent)
        response = connection.getresponse()
        content = response.read(ANSWER_MAX + 1)
        # What was cut off looks like the end of an answer that does not say how long it is.
        is_late = late.is_set()
    except (OSError, http.client.HTTPException, ValueError) as error:
        is_late = isinstance(error, TimeoutError) or late.is_set()
        raise CallFailed("too_slow" if is_late else "not_reached") from None
    finally:
        watch.cancel()
        connection.close()
    if is_late:
        raise CallFailed("too_slow")
    if 300 <= response.status < 400:
        raise CallFailed("redirected")
    return Answer(response.status, _read(content))


def _read(content):
    try:
        found = json.loads(content) if len(content) <= ANSWER_MAX else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise CallFailed("not_understood")
    return found


def _split(address):
    """Return scheme, host and port of an address.

    :raise CallFailed: `address`
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise CallFailed("address") from None
    is_plain = parts.scheme == "http" and host in _LOOPBACK
    if (
        not (parts.scheme == "https" or is_plain)
        or not re.fullmatch(r"[a-z0-9.:-]{1,253}", host)
        or parts.username is not None
        or parts.query
    ):
        raise CallFailed("address")
    return parts.scheme, host, port or {"https": 443, "http": 80}[parts.scheme]


def _connect(scheme, host, port, allow_private):
    """Connect to an address that was looked at.

    :raise CallFailed: with the reason
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise CallFailed("not_reached") from None
    addresses = list(dict.fromkeys(address[0] for *_, address in found))
    if not all(_may_ask(address, host, allow_private) for address in addresses):
        raise CallFailed("private_address")
    for address in addresses[:2]:
        try:
            plain = socket.create_connection((address, port), CONNECT_SECONDS)
            break
        except OSError:
            continue
    else:
        raise CallFailed("not_reached")
    try:
        if scheme == "https":
            plain = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except OSError as error:
        plain.close()
        is_refused = isinstance(error, ssl.SSLError)
        raise CallFailed("certificate" if is_refused else "not_reached") from None
    plain.settimeout(ANSWER_SECONDS)
    return plain


def _may_ask(text, host, allow_private):
    """Tell whether an address may be asked: one of the internet, or what the administrator allows.

    This machine is asked under its own name alone: another name that leads here is somebody's trick.
    """
    address = ipaddress.ip_address(text.partition("%")[0])
    address = getattr(address, "ipv4_mapped", None) or address
    if address.is_loopback:
        return allow_private and host in _LOOPBACK
    is_public = address.is_global and not address.is_multicast
    is_network = address.is_private and not (address.is_link_local or address.is_unspecified)
    return is_public or (allow_private and is_network)


def _shut(sock, late):
    late.set()
    with contextlib.suppress(OSError):  # it has ended by itself
        sock.shutdown(socket.SHUT_RDWR)


# === WITH WHAT NOBODY READS === #

_PLAIN = b"plain:"


@leave_no_frames
def seal_text(text, secrets, context):
    """Seal a key or a code; on a server without a secret it stays as it is, like the keys of certificates.

    :param str text: what nobody reads
    :param secrets: `key_seal.Secret`, the current one first
    :param bytes context: what the seal is bound to
    :rtype: bytes
    """
    return key_seal.seal(text.encode(), secrets, context) if secrets else _PLAIN + text.encode()


@leave_no_frames
def make_key(secrets, context):
    """Make a key, and seal it at once.

    :return: the sealed key, and its SHA-256 in hexadecimal digits, which is all that the vendor is told
    :rtype: tuple[bytes, str]
    """
    key = make_token()
    return seal_text(key, secrets, context), hash_token(key)


@leave_no_frames
def call_sealed(sealed, secrets, context, address, path, body, *, database="", **options):
    """Ask with a key or a code, which is opened here: no object and no error keeps it.

    :param bytes sealed: of `seal_text`
    :param secrets: `key_seal.Secret`; any of them opens
    :param bytes context: what the seal is bound to
    :param str database: that asks with a key; without one, with a code
    :param options: of `call`
    :rtype: Answer
    :raise CallFailed: as for `call`
    :raise key_seal.SealError: when it cannot be opened
    """
    if sealed.startswith(_PLAIN):
        text = sealed[len(_PLAIN) :].decode()
    else:
        text = key_seal.unseal(sealed, secrets, context).decode()
    headers = dict(options.pop("headers", ()))
    if database:
        headers["Authorization"] = csc.write_bearer(text, database)
    else:
        body = {**body, "code": text}
    return call(address, path, body, headers=headers, **options)


@leave_no_frames
def have_signed(ask, name, check):
    """Have something signed, and examine what comes back before anybody has it.

    :param ask: returns the `Answer`
    :param str name: of what was signed, in the answer
    :param check: is given the signed bytes; raises when they are not what was asked for
    :return: the answer without the signed bytes; their SHA-256; and what `key_seal.release` takes. The last two
        are empty when it was refused
    :rtype: tuple[Answer, str, bytes]
    :raise CallFailed: also `not_signed`, when the answer is no good signature
    """
    answer = ask()
    if answer.status != 200:
        return answer, "", b""
    try:
        signed = csc.read_signed(answer.body, name)
        csc.read_place(answer.body)
        check(signed)
    except (csc.CscRefused, xades.XadesError, InvalidSignature):
        raise CallFailed("not_signed") from None
    digest, withheld = key_seal.withhold(bytes, signed)
    return Answer(answer.status, {"log": answer.body["log"]}), digest, withheld
