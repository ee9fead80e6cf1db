# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is asked and answered by the API of the Cloud Signature Consortium, version 2.0.0.2.

https://cloudsignatureconsortium.org/resources/download-api-specifications/

Of version 1 there is what a client needs that signs hashes (pyHanko's `CSCSigner`). No value of a request is
used before it was found here to be of its kind.
"""

import base64
import binascii
import re
from dataclasses import dataclass

from .text_limits import clean_text

SPECS = "2.0.0.2"
CREDENTIAL = "lent"
"""The one credential of a link: the certificate that is lent to its company."""

DOCUMENT_MAX = 2_000_000
"""Bytes of a document: DIAN takes no file of more than 2 MB (Anexo técnico 1.9, section 11)."""
BODY_MAX = DOCUMENT_MAX * 4 // 3 + 20_000
"""Bytes of a request: a document in base64, and what is said of it."""
DOCUMENTS_MAX = 1
"""Documents or hashes of a request: each has a row in the log before it leaves."""

RSA = "1.2.840.113549.1.1.1"
RSA_SHA256 = "1.2.840.113549.1.1.11"
SHA256 = "2.16.840.1.101.3.4.2.1"
SHA256_LENGTH = 32
ALGORITHMS = (RSA, RSA_SHA256)
XADES_FORMAT = "X"
XADES_LEVELS = ("AdES-B-B", "AdES-B", "Ades-B-B", "Ades-B")
ENVELOPED = "Enveloped"

METHODS = (
    "info",
    "credentials/list",
    "credentials/info",
    "signatures/signDoc",
    "signatures/signHash",
)

# Why something is not answered: the status of HTTP and the error of the standard (section 10.1).
REFUSALS = {
    "off": (404, "invalid_request"),
    "unknown_path": (404, "invalid_request"),
    "method": (405, "invalid_request"),
    "too_large": (413, "invalid_request"),
    "not_json": (400, "invalid_request"),
    "no_key": (401, "invalid_token"),
    "other_database": (401, "invalid_token"),
    "ended": (401, "invalid_token"),
    "not_confirmed": (403, "access_denied"),
    "no_certificate": (403, "access_denied"),
    "other_nit": (403, "access_denied"),
    "blind": (403, "access_denied"),
    "too_many": (429, "temporarily_unavailable"),
    "limit": (429, "temporarily_unavailable"),
    "credential": (400, "invalid_request"),
    "algorithm": (400, "invalid_request"),
    "format": (400, "invalid_request"),
    "document": (400, "invalid_request"),
    "one_document": (400, "invalid_request"),
    "hash": (400, "invalid_request"),
    "refused": (403, "access_denied"),
    "step": (400, "invalid_request"),
    "letter_too_large": (413, "invalid_request"),
    "code": (403, "access_denied"),
    "pairing": (400, "invalid_request"),
    "release": (400, "invalid_request"),
    "unavailable": (503, "temporarily_unavailable"),
    "failed": (500, "server_error"),
}


class CscRefused(Exception):
    """A request is refused.

    :ivar str code: the reason, one of `REFUSALS`.
    :ivar str sentence: what is wrong with the document, where a sentence says more than the code.
    """

    def __init__(self, code, sentence=""):
        super().__init__(code)
        self.code = code
        self.sentence = sentence

    @property
    def status(self):
        return REFUSALS[self.code][0]

    @property
    def error(self):
        return REFUSALS[self.code][1]


@dataclass(frozen=True)
class BearerToken:
    """What a client shows: the key of its link, and the database that it asks from."""

    key: str
    database: str


_KEY_LENGTHS = range(40, 101)
_DATABASE_LENGTHS = range(1, 65)


def read_bearer(header):
    """Read the header `Authorization`.

    :param header: as it came
    :rtype: BearerToken
    :raise CscRefused: `no_key`
    """
    scheme, _space, token = str(header or "")[:300].partition(" ")
    key, _point, database = token.strip().partition(".")
    if (
        scheme.lower() != "bearer"
        or len(key) not in _KEY_LENGTHS
        or len(database) not in _DATABASE_LENGTHS
    ):
        raise CscRefused("no_key")
    return BearerToken(key, database)


def read_text(value, limit):
    """Return a text of an answer, of one line and without what nobody sees.

    :param value: as it came
    :param int limit: characters that are kept
    :rtype: str
    """
    return clean_text(value[:limit])[:limit] if isinstance(value, str) else ""


def read_place(answer):
    """Return the row of the vendor's log that an answer names.

    :param dict answer: to a request to sign
    :return: its number and its hash
    :rtype: tuple[int, str]
    :raise CscRefused: `failed`, where it names none
    """
    log = answer.get("log")
    number, seal = (log.get("number"), log.get("seal")) if isinstance(log, dict) else (None, None)
    if type(number) is not int or not 0 < number < 2**31 or not isinstance(seal, str):
        raise CscRefused("failed")
    if not re.fullmatch(r"[0-9a-f]{64}", seal):
        raise CscRefused("failed")
    return number, seal


def read_signed(answer, name):
    """Return the one thing that was signed.

    :param dict answer: to a request to sign
    :param str name: `DocumentWithSignature` or `signatures`
    :rtype: bytes
    :raise CscRefused: `failed`
    """
    signed = answer.get(name)
    if not isinstance(signed, list) or len(signed) != 1:
        raise CscRefused("failed")
    return read_base64(signed[0], "failed")


def write_bearer(key, database):
    """Write the header `Authorization`."""
    return f"Bearer {key}.{database}"


# === REQUESTS === #


def check_credential(body):
    """Check that a request is about the one credential that there is.

    :raise CscRefused: `credential`
    """
    if body.get("credentialID") != CREDENTIAL:
        raise CscRefused("credential")


def read_document(body):
    """Return the document that is to be signed.

    :param dict body: of `signatures/signDoc`
    :rtype: bytes
    :raise CscRefused: with the reason
    """
    check_credential(body)
    documents = body.get("documents")
    if not isinstance(documents, list) or not documents or body.get("documentDigests"):
        raise CscRefused("document")
    if len(documents) > DOCUMENTS_MAX:
        raise CscRefused("one_document")
    asked = documents[0]
    if not isinstance(asked, dict):
        raise CscRefused("document")
    if asked.get("signature_format") != XADES_FORMAT or (
        asked.get("signed_envelope_property", ENVELOPED) != ENVELOPED
    ):
        raise CscRefused("format")
    if asked.get("conformance_level", XADES_LEVELS[0]) not in XADES_LEVELS:
        raise CscRefused("format")
    if asked.get("signAlgo", RSA) not in ALGORITHMS:
        raise CscRefused("algorithm")
    document = read_base64(asked.get("document"), "document")
    if len(document) > DOCUMENT_MAX:
        raise CscRefused("too_large")
    return document


def read_hash(body):
    """Return the SHA-256 that is to be signed blindly.

    :param dict body: of `signatures/signHash`, in the words of version 2 or 1
    :rtype: bytes
    :raise CscRefused: with the reason
    """
    check_credential(body)
    hashes = body.get("hashes", body.get("hash"))
    hashes = [hashes] if isinstance(hashes, str) else hashes
    if not isinstance(hashes, list) or not hashes:
        raise CscRefused("hash")
    if len(hashes) > DOCUMENTS_MAX:
        raise CscRefused("one_document")
    of_hash = body.get("hashAlgorithmOID", body.get("hashAlgo", SHA256))
    if of_hash != SHA256 or body.get("signAlgo", RSA) not in ALGORITHMS:
        raise CscRefused("algorithm")
    digest = read_base64(hashes[0], "hash")
    if len(digest) != SHA256_LENGTH:
        raise CscRefused("hash")
    return digest


def read_base64(text, code):
    """Decode what a request holds in base64, strictly.

    :param text: as it came
    :param str code: why it is refused
    :rtype: bytes
    :raise CscRefused: of that code
    """
    try:
        content = base64.b64decode(text.encode("ascii"), validate=True)
    except (AttributeError, UnicodeEncodeError, binascii.Error):
        content = b""
    if not content:
        raise CscRefused(code)
    return content


# === ANSWERS === #


def write_info(name, description, lang):
    """Describe the service: `info`."""
    return {
        "specs": SPECS,
        "name": name,
        "logo": "",
        "region": "CO",
        "lang": lang,
        "description": description,
        "authType": ["external"],
        "methods": list(METHODS),
        "signAlgorithms": {"algos": list(ALGORITHMS)},
        "signature_formats": {"formats": [XADES_FORMAT], "envelope_properties": [[ENVELOPED]]},
        "conformance_levels": ["AdES-B-B"],
        "asynchronousOperationMode": False,
    }


def write_credential(certificates, facts, body):
    """Describe the credential: `credentials/info`, with as much of its certificates as was asked for.

    :param list[bytes] certificates: DER, that of the signer first
    :param certificate_reader.Certificate facts: of the signer
    :param dict body: of the request
    :rtype: dict
    """
    wanted = body.get("certificates", "single")
    shown = {"none": 0, "chain": len(certificates)}.get(
        wanted if isinstance(wanted, str) else "", 1
    )
    cert = {
        "status": "valid",
        "certificates": [base64.b64encode(der).decode() for der in certificates[:shown]],
    }
    if body.get("certInfo") is True:
        cert |= {
            "serialNumber": f"{facts.serial_number:x}",
            "validFrom": f"{facts.not_valid_before_utc:%Y%m%d%H%M%SZ}",
            "validTo": f"{facts.not_valid_after_utc:%Y%m%d%H%M%SZ}",
        }
    return {
        "description": "Certificate that is lent to the company of the link",
        "key": {"status": "enabled", "algo": list(ALGORITHMS), "len": facts.public_key().key_size},
        "cert": cert,
        # Who has the key of the link may sign: there is nothing else to ask a person for.
        "SCAL": "1",
        "multisign": DOCUMENTS_MAX,
        "auth": {"mode": "implicit"},
    }
