# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Open files with a certificate and its key: the process behind `pkcs12.py`, run by `sandbox.py`.

A PKCS #12 file itself says how often its password is hashed, also in its encrypted parts, and a key
can have any length. What cannot be bounded by inspection is bounded here by the limits of a
process. The process can write no file and leaves no core dump, and its memory is gone when it ends.

One JSON object comes on standard input: `files`, a list of base64, and `password`. One goes to standard
output: `certificates` and `keys`, or `refused` with a code of `pkcs12.CODES`.
"""

import base64
import json
import re
import sys
import warnings

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
# SEQUENCE, of a definite or an indefinite length, and in it the version 3 (RFC 7292, section 4).
_PFX = re.compile(rb"\x30(?:[\x00-\x80]|\x81.|\x82..|\x83...)\x02\x01\x03", re.DOTALL)


class _Refused(Exception):
    pass


def main():
    asked = json.load(sys.stdin)
    certificates, keys = [], []
    try:
        for file in asked["files"]:
            found = _open(base64.b64decode(file), asked["password"].encode() or None)
            certificates += found[0]
            keys += found[1]
        _report(
            certificates=[
                _encode(c.public_bytes(serialization.Encoding.DER)) for c in certificates
            ],
            keys=[_describe(key) for key in keys],
        )
    except _Refused as refused:
        _report(refused=refused.args[0])
    except (UnsupportedAlgorithm, NotImplementedError):
        _report(refused="unsupported")
    except MemoryError:
        _report(refused="too_complex")
    except Exception:  # whatever a hostile file makes a parser raise
        _report(refused="damaged")


def _open(data, password):
    """Return the certificates and the private keys of one file, of whatever kind it is."""
    if blocks := list(_BLOCK.finditer(data)):
        certificates, keys = [], []
        for block in blocks:
            label, text = block[1], block[0]
            if label in (b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE"):
                certificates.append(x509.load_pem_x509_certificate(text))
            elif label in (b"PKCS7", b"CMS"):
                certificates += pkcs7.load_pem_pkcs7_certificates(text)
            elif label.endswith(b"PRIVATE KEY"):
                is_encrypted = b"ENCRYPTED" in text
                load = serialization.load_pem_private_key
                keys.append(_load_key(load, text, password, is_encrypted))
        return certificates, keys
    if _PFX.match(data):
        return _open_pkcs12(data, password)
    for load in (x509.load_der_x509_certificate, pkcs7.load_der_pkcs7_certificates):
        try:
            found = load(data)
        except ValueError:
            continue
        return (found if isinstance(found, list) else [found]), []
    load = serialization.load_der_private_key
    try:
        return [], [_load_key(load, data, None, False)]
    except TypeError:  # it needs a password
        return [], [_load_key(load, data, password, True)]
    except ValueError as error:
        raise _Refused("not_certificate") from error


def _open_pkcs12(data, password):
    # There are two ways to encode an absent password.
    for attempt in [password] if password else [None, b""]:
        try:
            key, certificate, others = pkcs12.load_key_and_certificates(data, attempt)
        except ValueError as error:
            if "password" not in str(error).lower():
                raise
        else:
            return [c for c in (certificate, *others) if c], [key] if key else []
    raise _Refused("password_wrong" if password else "password_missing")


def _load_key(load, data, password, is_encrypted):
    if not is_encrypted:
        return load(data, None)
    if not password:
        raise _Refused("password_missing")
    try:
        return load(data, password)
    except ValueError as error:
        raise _Refused("password_wrong") from error


def _describe(key):
    return {
        "key": _encode(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        ),
        "public": _encode(
            key.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        ),
    }


def _encode(content):
    return base64.b64encode(content).decode()


def _report(**facts):
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    main()
