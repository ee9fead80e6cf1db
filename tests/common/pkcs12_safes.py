"""PKCS #12 files as programs write them, put together bag by bag: what no library can be made to write."""

import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from .certificate_corpus import integer, oid, seq, tlv
from .certificate_oddities import in_pieces, rewrite, write_length

_BAG, _X509 = "1.2.840.113549.1.12.10.1", "1.2.840.113549.1.9.22.1"
_DATA, _ENCRYPTED = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.6"
_PBKDF2, _PBES2, _PBMAC1 = (f"1.2.840.113549.1.5.{number}" for number in (12, 13, 14))
_HMAC_SHA256, _SHA256 = "1.2.840.113549.2.9", "2.16.840.1.101.3.4.2.1"
_AES_256 = "2.16.840.1.101.3.4.1.42"
_SALT, _VECTOR, _ROUNDS = b"saltsalt", b"v" * 16, 2_000
NULL = b"\x05\x00"


def bag(kind, value, name=None):
    """A bag.

    :param int kind: the last number of its type
    :param bytes name: of it, for people, in DER
    """
    attribute = seq(oid("1.2.840.113549.1.9.20"), tlv(0x31, name)) if name is not None else b""
    return seq(oid(f"{_BAG}.{kind}"), tlv(0xA0, value), tlv(0x31, attribute) if attribute else b"")


def certificate_bag(der, name=None):
    return bag(3, seq(oid(_X509), tlv(0xA0, tlv(0x04, der))), name)


def sealed_key_bag(key, password, form="utf-8"):
    return bag(2, seq(*_seal(key, password, form)))


def safe(*bags):
    return seq(oid(_DATA), tlv(0xA0, tlv(0x04, seq(*bags))))


def sealed_safe(password, *bags, form="utf-8"):
    algorithm, sealed = _seal(seq(*bags), password, form)
    content = seq(oid(_DATA), algorithm, tlv(0x80, sealed[2 + max(0, sealed[1] - 0x80) :]))
    return seq(oid(_ENCRYPTED), tlv(0xA0, seq(integer(0), content)))


def write_password(password, form):
    """Write a password as PKCS #12 does, or as text in an encoding; None is none."""
    if password is None:
        return b""
    return password.encode(form) if form == "utf-8" else password.encode("utf-16-be") + b"\0\0"


def _seal(content, password, form):
    key = hashlib.pbkdf2_hmac("sha256", write_password(password, form), _SALT, _ROUNDS, 32)
    padding = 16 - len(content) % 16
    encryptor = Cipher(algorithms.AES(key), modes.CBC(_VECTOR)).encryptor()
    sealed = encryptor.update(content + bytes([padding]) * padding) + encryptor.finalize()
    scheme = seq(oid(_AES_256), tlv(0x04, _VECTOR))
    return seq(oid(_PBES2), seq(_derive(), scheme)), tlv(0x04, sealed)


def _derive(*more):
    parameters = seq(tlv(0x04, _SALT), integer(_ROUNDS), *more, seq(oid(_HMAC_SHA256), NULL))
    return seq(oid(_PBKDF2), parameters)


def pfx(*safes, password=None, mac="pkcs12", way=None, version=3):
    """Put a file together.

    :param mac: `pkcs12`, `pbmac1`, or None for none
    :param way: of `certificate_oddities.write_length`, for BER
    """
    # The rest of this module serves outside of Odoo as well.
    from ...tools import pkcs12_child

    content = rewrite(seq(*safes), way, strings=True) if way else seq(*safes)
    if mac == "pbmac1":
        key = hashlib.pbkdf2_hmac("sha256", (password or "").encode(), _SALT, _ROUNDS, 32)
        ways = seq(_derive(integer(32)), seq(oid(_HMAC_SHA256), NULL))
        algorithm = seq(oid(_PBMAC1), ways)
    else:
        key = pkcs12_child._derive("sha256", 3, password, _SALT, 1, 32)
        algorithm = seq(oid(_SHA256), NULL)
    digest = tlv(0x04, hmac.digest(key, content, "sha256"))
    written = seq(seq(algorithm, digest), tlv(0x04, _SALT)) if mac else b""
    if not way:
        return seq(integer(version), seq(oid(_DATA), tlv(0xA0, tlv(0x04, content))), written)
    wrapped = write_length(0xA0, in_pieces(0x04, content), way)
    content = write_length(0x30, oid(_DATA) + wrapped, way)
    return write_length(0x30, integer(version) + content + written, way)
