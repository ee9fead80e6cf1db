"""An authority that says which certificates it has revoked, as a server on this machine."""

import functools
import threading
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from ...tools.revocation import Unanswered, fetch_answer
from . import own_samples
from .own_samples import AUTHORITY, ROOT, get_key

HOST = "localhost"
DER = serialization.Encoding.DER
GOOD, REVOKED, UNKNOWN = ocsp.OCSPCertStatus
REVOKED_ON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
RESPONDER = own_samples.make_name((NameOID.COMMON_NAME, "OCSP ANDES SCD"))
HOUR = timedelta(hours=1)


def now():
    return datetime.now(timezone.utc)


class Authority:
    """What it answers at a path, and what it was asked: bytes, or what is made of the request.

    An answer is bytes, a function from what was sent to bytes, or a function of the request's handler
    that is marked with `raw`.
    """

    def __init__(self, port):
        self.port = port
        self.answers = {}
        self.asked = []

    def get_url(self, path, host=HOST):
        return f"http://{host}:{self.port}{path}"

    def fetch(self, *arguments):
        """Get an answer as the add-on does, but of this machine."""
        return fetch_answer(*arguments, ports=[self.port], allow_private=True)

    def fetch_at_once(self, url, data, *_limits):
        """Get the same answer without a way there."""
        path = url.removeprefix(self.get_url(""))
        self.asked.append(("POST" if data else "GET", path, data or b""))
        if path not in self.answers:
            raise Unanswered("not_answered")
        content = self.answers[path]
        return content(data) if callable(content) else content

    def issue(self, ocsp_path="/ocsp", crl_path="/crl", host=HOST, **options):
        """A certificate that says that its authority is asked here."""
        extensions = [*options.pop("extensions", ())]
        if ocsp_path:
            location = x509.UniformResourceIdentifier(self.get_url(ocsp_path, host))
            access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, location)
            extensions.append(x509.AuthorityInformationAccess([access]))
        if crl_path:
            names = [x509.UniformResourceIdentifier(self.get_url(crl_path, host))]
            point = x509.DistributionPoint(names, None, options.pop("reasons", None), None)
            extensions.append(x509.CRLDistributionPoints([point]))
        return own_samples.issue(extensions=extensions, **options)


@contextmanager
def serve():
    """Run an authority on this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            authority.asked.append((self.command, self.path, sent))
            content = authority.answers.get(self.path)
            if getattr(content, "is_raw", False):
                content(self)
            elif content is None:
                self.send_error(404)
            else:
                content = content(sent) if callable(content) else content
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        do_GET = do_POST = answer

        def log_message(self, *_arguments):
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_arguments):
            """Say nothing: a client may go while it is answered."""

    with Server(("127.0.0.1", 0), Handler) as server:
        authority = Authority(server.server_port)
        thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
        thread.start()
        try:
            yield authority
        finally:
            server.shutdown()
            thread.join()


def raw(answer):
    """Mark a function that answers a request by itself."""
    answer.is_raw = True
    return answer


@functools.cache
def get_issuer(name="authority", usage=("key_cert_sign", "crl_sign")):
    """The certificate of the authority, or of another one that calls itself the same."""
    return own_samples.issue(AUTHORITY, get_key(name), ROOT, get_key("root"), usage=usage)


def get_responder(purposes=(ExtendedKeyUsageOID.OCSP_SIGNING,), **options):
    """A certificate that the authority gave to whoever answers for it."""
    return own_samples.issue(
        RESPONDER,
        get_key("responder"),
        extensions=[x509.ExtendedKeyUsage(purposes)] if purposes else [],
        **options,
    )


def answer_ocsp(
    certificate,
    status=GOOD,
    responder=None,
    signer=None,
    issuer=None,
    reason=None,
    since=-HOUR,
    until=HOUR,
    nonce=None,
    hash_algorithm=None,
):
    """An OCSP response: of the authority, about now, unless told otherwise.

    `responder` is the certificate that comes with it, the signer's unless `signer` is given: a
    certificate and its key. `until` may be None.
    """
    revoked = status == REVOKED
    if not signer:
        signer = (
            (responder, get_key("responder")) if responder else (get_issuer(), get_key("authority"))
        )
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=certificate,
            issuer=issuer or get_issuer(),
            algorithm=hash_algorithm or hashes.SHA1(),
            cert_status=status,
            this_update=now() + since,
            next_update=None if until is None else now() + until,
            revocation_time=REVOKED_ON if revoked else None,
            revocation_reason=reason,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, signer[0])
    )
    if responder:
        builder = builder.certificates([responder])
    if nonce:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.sign(signer[1], hashes.SHA256()).public_bytes(DER)


def answer_crl(
    *revoked,
    key=None,
    issuer=AUTHORITY,
    reason=None,
    since=-HOUR,
    until=HOUR,
    scope=None,
    extensions=(),
):
    """A CRL of the authority, with these certificates on it; `scope` says of what it speaks."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer)
        .last_update(now() + since)
        .next_update(now() + until)
    )
    for certificate in revoked:
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(certificate.serial_number)
            .revocation_date(REVOKED_ON)
        )
        if reason:
            entry = entry.add_extension(x509.CRLReason(reason), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    if scope is not None:
        scope = {
            "full_name": None,
            "relative_name": None,
            "only_contains_user_certs": False,
            "only_contains_ca_certs": False,
            "only_some_reasons": None,
            "indirect_crl": False,
            "only_contains_attribute_certs": False,
            **scope,
        }
        builder = builder.add_extension(x509.IssuingDistributionPoint(**scope), critical=True)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    signed = builder.sign(key or get_key("authority"), hashes.SHA256())
    return signed.public_bytes(DER)
