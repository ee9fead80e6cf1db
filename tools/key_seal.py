# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Seal private keys under a secret that is kept outside the database.

AES-256-GCM with a key derived from the secret (HKDF-SHA256, RFC 5869). What is sealed is bound to a
context, such as the fingerprint of the certificate, and opens for no other one. It names the secret
by a number derived from it, so that a wrong secret is told from a damaged seal.

The secret is given by the environment of the server's process:

- `CERTIFICATE_KEY_SECRET`: at least 32 characters; `openssl rand -base64 32` makes a good one.
- `CERTIFICATE_KEY_SECRET_FILE`: a file with the secret on its first line, instead of it.
- `CERTIFICATE_KEY_SECRET_PREVIOUS`, or the second line of the file: the secret before, which still
  opens and no longer seals, while the keys are being sealed again.
"""

import secrets as random
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECRET = "CERTIFICATE_KEY_SECRET"
SECRET_FILE = "CERTIFICATE_KEY_SECRET_FILE"
SECRET_PREVIOUS = "CERTIFICATE_KEY_SECRET_PREVIOUS"

# Why a key cannot be sealed or opened.
CODES = ("no_secret", "short_secret", "unreadable_file", "other_secret", "damaged")

_MIN_SECRET = 32  # characters
_VERSION = b"\x01"
_ID = 8  # bytes that name the secret
_NONCE = 12  # bytes, as GCM wants it


class SealError(Exception):
    """A key cannot be sealed or opened.

    :ivar str code: the reason, one of `CODES`.
    """

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def load_secrets(environ):
    """Read the secrets of this server.

    :param dict environ: of the process
    :return: the current secret first, then the previous one, when there is one; empty without any
    :rtype: tuple[bytes, ...]
    :raise SealError: `short_secret`, or `unreadable_file`
    """
    found = [environ.get(SECRET), environ.get(SECRET_PREVIOUS)]
    if environ.get(SECRET_FILE):
        try:
            lines = Path(environ[SECRET_FILE]).read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError) as error:
            raise SealError("unreadable_file") from error
        found = [found[0] or next(iter(lines), ""), found[1] or "".join(lines[1:2])]
    current, previous = ((secret or "").strip() for secret in found)
    if not current:
        return ()
    found = [secret for secret in (current, previous) if secret]
    if min(map(len, found)) < _MIN_SECRET:
        raise SealError("short_secret")
    return tuple(secret.encode() for secret in found)


def seal(key, secrets, context):
    """Seal a key under the current secret.

    :param bytes key: what nobody may read
    :param secrets: of `load_secrets`
    :param bytes context: what the seal is bound to
    :rtype: bytes
    :raise SealError: `no_secret`
    """
    if not secrets:
        raise SealError("no_secret")
    secret_key, secret_id = _derive(secrets[0])
    nonce = random.token_bytes(_NONCE)
    head = _VERSION + secret_id
    return head + nonce + AESGCM(secret_key).encrypt(nonce, key, head + context)


def unseal(sealed, secrets, context):
    """Open a sealed key.

    :param bytes sealed: of `seal`
    :param secrets: of `load_secrets`; any of them opens
    :param bytes context: what the seal is bound to
    :rtype: bytes
    :raise SealError: `no_secret`; `other_secret`, when none of these sealed it; `damaged`, when it
        was altered or belongs to another context
    """
    if not secrets:
        raise SealError("no_secret")
    head, rest = sealed[: 1 + _ID], sealed[1 + _ID :]
    if head[:1] != _VERSION or len(rest) <= _NONCE:
        raise SealError("damaged")
    for secret in secrets:
        secret_key, secret_id = _derive(secret)
        if head[1:] == secret_id:
            try:
                return AESGCM(secret_key).decrypt(rest[:_NONCE], rest[_NONCE:], head + context)
            except InvalidTag as error:
                raise SealError("damaged") from error
    raise SealError("other_secret")


def is_current(sealed, secrets):
    """Tell whether a key is sealed under the current secret, and not under the previous one."""
    return bool(secrets) and sealed[1 : 1 + _ID] == _derive(secrets[0])[1]


def _derive(secret):
    """Return the key of 32 bytes, and the number that names the secret without telling it."""
    derived = HKDF(
        algorithm=hashes.SHA256(),
        length=32 + _ID,
        salt=None,
        info=b"l10n_co_certificate_activation key seal 1",
    ).derive(secret)
    return derived[:32], derived[32:]
