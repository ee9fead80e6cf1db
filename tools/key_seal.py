# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Seal private keys with a secret that is kept outside the database, and sign with sealed keys.

AES-256-GCM with a key derived from the secret (HKDF-SHA256, RFC 5869). What is sealed is bound to a
context, such as the fingerprint of the certificate, and opens for no other one. It identifies the
secret by a number derived from it, so that a wrong secret can be told from a damaged seal.

Users who write expressions for Odoo (server actions, mail templates, computed fields) can read any
attribute of any object that they reach, including the local variables of code that runs or has
failed: `"{0.__traceback__.tb_frame.f_locals[key]}".format(error)`. They cannot call what they reach
that way. Hence:

- No object here has the bytes of a secret or of a key, in whatever attribute. A secret is two keyed
  HMACs of OpenSSL, which give nothing back; a key stays sealed, and is opened for each signature.
- Bytes that are in the clear for a moment are local to functions that call nothing but OpenSSL, and
  an exception leaves these functions without their frames (`leave_no_frames`).
- A signature is sealed as well, until it may be released (`withhold`).
"""

import functools
import hashlib
import hmac
import secrets as random

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

# Why a key cannot be sealed or opened.
CODES = (
    "no_secret",
    "short_secret",
    "unreadable_file",
    "other_secret",
    "damaged",
    "unreadable_key",
)

MIN_SECRET = 32  # characters
_INFO = b"l10n_co_certificate_activation key seal 1"
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


def leave_no_frames(function):
    """Let an exception leave a function without the frames in which it was raised.

    Their local variables hold bytes that nobody may read, and an exception keeps its frames. It is
    raised again after its handler has ended, so that it is not the context of the new one either.
    """

    @functools.wraps(function)
    def run(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except SealError as error:
            failure = SealError(error.code)
        except BaseException as error:  # at any moment: memory, recursion, a time limit
            failure = error.with_traceback(None)
            failure.__cause__ = failure.__context__ = None
        del args, kwargs
        raise failure

    return run


class Secret:
    """A secret that seals and authenticates, and gives none of its bytes back.

    :ivar bytes id: names the secret without telling anything of it.
    """

    __slots__ = ("_extracted", "_keyed", "id")

    @leave_no_frames
    def __init__(self, secret):
        """Take the secret.

        :param bytes secret: at least 32 characters
        :raise SealError: `short_secret`
        """
        if len(secret.decode(errors="replace")) < MIN_SECRET:
            raise SealError("short_secret")
        self._keyed = hmac.new(secret, digestmod="sha256")
        # HKDF without salt: its first half once, its second one for each use.
        extracted = hmac.digest(bytes(32), secret, "sha256")
        self._extracted = hmac.new(extracted, digestmod="sha256")
        self.id = self._expand()[32:]

    @leave_no_frames
    def mac(self, purpose, message):
        """Authenticate a message with a key of its own for each purpose.

        :param bytes purpose: fixed, and the only one of its kind
        :param bytes message: what is vouched for
        :return: HMAC-SHA256
        :rtype: bytes
        """
        keyed = self._keyed.copy()
        keyed.update(purpose)
        return hmac.digest(keyed.digest(), message, "sha256")

    @leave_no_frames
    def encrypt(self, nonce, content, context):
        return AESGCM(self._expand()[:32]).encrypt(nonce, content, context)

    @leave_no_frames
    def decrypt(self, nonce, content, context):
        """Decrypt what `encrypt` made.

        :raise SealError: `damaged`
        """
        try:
            return AESGCM(self._expand()[:32]).decrypt(nonce, content, context)
        except InvalidTag:
            raise SealError("damaged") from None

    @leave_no_frames
    def _expand(self):
        """Return the key of 32 bytes, and the number that names the secret."""
        blocks = [b""]
        for number in (b"\x01", b"\x02"):
            block = self._extracted.copy()
            block.update(blocks[-1] + _INFO + number)
            blocks.append(block.digest())
        return b"".join(blocks)[: 32 + _ID]


def _make_own_secret():
    return (Secret(random.token_hex(32).encode()),)


# Seals what is withheld. It is not an attribute of any object, so no expression can call it.
_WITHHOLDING = _make_own_secret()


class SigningKey:
    """A private RSA key that signs and cannot be exported: it lies sealed, and is opened to sign."""

    __slots__ = ("_context", "_sealed", "_secrets")

    def __init__(self, sealed, secrets, context):
        """Take a sealed key, and try whether it opens.

        :param bytes sealed: of `seal`
        :param secrets: `Secret`; any of them opens
        :param bytes context: what the seal is bound to
        :raise SealError: as `unseal`; `unreadable_key`, when it is no RSA key
        """
        self._sealed, self._secrets, self._context = sealed, tuple(secrets), context
        self._open()

    def public_key(self):
        """Return the public key, as `rsa.RSAPrivateKey.public_key`."""
        return self._open().public_key()

    @leave_no_frames
    def sign(self, data, padding, algorithm):
        """Sign, as `rsa.RSAPrivateKey.sign`."""
        return self._open().sign(data, padding, algorithm)

    def seal(self, secrets, context):
        """Seal the same key under the current secret, and for another context.

        :rtype: bytes
        :raise SealError: `no_secret`
        """
        return _seal_again(self, secrets, context)

    @leave_no_frames
    def _open(self):
        return _load_key(unseal(self._sealed, self._secrets, self._context))


# It signs where one of `cryptography` is asked for.
rsa.RSAPrivateKey.register(SigningKey)


@leave_no_frames
def take_key(content, password=None):
    """Load a plain key that is stored elsewhere, to sign with it or to seal it.

    :param bytes content: PKCS #8 or the traditional format, in PEM or DER
    :param bytes | None password: of the file
    :rtype: SigningKey
    :raise SealError: `unreadable_key`
    """
    # A separate secret for each key, so that it opens no other key.
    own = _make_own_secret()
    return SigningKey(seal(_dump_key(_load_key(content, password)), own, b""), own, b"")


@leave_no_frames
def export_key(key):
    """Export a plain key, for a server that has no secret to seal it with.

    :param SigningKey key: of `take_key`
    :return: PKCS #8 in PEM
    :rtype: bytes
    """
    return _dump_key(key._open(), serialization.Encoding.PEM)


@leave_no_frames
def seal(key, secrets, context):
    """Seal a key under the current secret.

    :param bytes key: what nobody may read
    :param secrets: `Secret`, the current one first
    :param bytes context: what the seal is bound to
    :rtype: bytes
    :raise SealError: `no_secret`
    """
    if not secrets:
        raise SealError("no_secret")
    nonce = random.token_bytes(_NONCE)
    head = _VERSION + secrets[0].id
    return head + nonce + secrets[0].encrypt(nonce, key, head + context)


@leave_no_frames
def unseal(sealed, secrets, context):
    """Open a sealed key.

    :param bytes sealed: of `seal`
    :param secrets: `Secret`; any of them opens
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
        if head[1:] == secret.id:
            return secret.decrypt(rest[:_NONCE], rest[_NONCE:], head + context)
    raise SealError("other_secret")


@leave_no_frames
def withhold(make, *args):
    """Make bytes that nobody may have yet: no error or running code reveals any of them.

    :param make: a function that returns them, and calls nothing of Odoo
    :param args: for that function
    :return: their SHA-256 in hexadecimal digits, and what `release` takes
    :rtype: tuple[str, bytes]
    """
    content = make(*args)
    return hashlib.sha256(content).hexdigest(), seal(content, _WITHHOLDING, b"")


@leave_no_frames
def release(withheld):
    """Return what was withheld.

    :param bytes withheld: of `withhold`
    :rtype: bytes
    """
    return unseal(withheld, _WITHHOLDING, b"")


def is_current(sealed, secrets):
    """Tell whether a key is sealed under the current secret, and not under the previous one."""
    return bool(secrets) and sealed[1 : 1 + _ID] == secrets[0].id


@leave_no_frames
def _seal_again(key, secrets, context):
    return seal(unseal(key._sealed, key._secrets, key._context), secrets, context)


@leave_no_frames
def _load_key(content, password=None):
    """Load a key without checking it: it was checked when it came in, and checking takes longer
    than signing.

    :raise SealError: `unreadable_key`
    """
    load = (
        serialization.load_pem_private_key
        if content.startswith(b"-----")
        else serialization.load_der_private_key
    )
    try:
        try:
            key = load(content, password, unsafe_skip_rsa_key_validation=True)
        except TypeError:  # before cryptography 39; or a password that is not asked, or not given
            key = load(content, password)
    except (TypeError, ValueError):
        raise SealError("unreadable_key") from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise SealError("unreadable_key")  # DIAN takes RSA only: Anexo tecnico 1.9, section 6
    return key


@leave_no_frames
def _dump_key(key, encoding=serialization.Encoding.DER):
    return key.private_bytes(
        encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
