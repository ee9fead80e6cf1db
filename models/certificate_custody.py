"""The only place where a private key is opened.

These are functions and not methods of a model: neither RPC nor a server action can call them. What
they return is a key, so that whoever calls them signs and lets it go, and never stores it, logs it or
hands it on.

What this cannot do: who administers the system, and may install code or write server actions, has
documents signed by the methods that sign, as long as the server holds the secret. With a secret outside
the database (`tools/key_seal.py`) no such user, and nobody with the database or its backup, carries the
key off. Without the secret, keys lie in Odoo's `certificate.key`, which they read.
"""

import base64
import os
import re
from contextlib import contextmanager

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from odoo.exceptions import UserError
from odoo.tools import str2bool

from ..tools import key_seal

# Odoo takes a file with the key beside the certificate, and keeps it as it is.
_PUBLIC_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def get_secrets():
    """Return the secrets of this server: the current one first, then the previous one, if any.

    :rtype: tuple[bytes, ...]
    :raise SealError: when there is one that cannot be used
    """
    return key_seal.load_secrets(os.environ)


def open_signing_key(activation, company=None):
    """Open the key with which an activation signs, for one signature.

    :param activation: a `certificate.activation` that is in force today; who may sign under it has
        been checked by the caller
    :param company: `res.company` whose document is to be signed, by default the activation's: a branch
        signs under what its parent has
    :return: the certificate and its key
    :rtype: tuple[cryptography.x509.Certificate, rsa.RSAPrivateKey]
    :raise UserError: when the activation is not in force for the company, when its certificate or its
        evidence does not allow it, in a neutralised copy, or when the key cannot be opened; with the
        remedy, and nothing of the key
    """
    activation = activation.sudo()
    activation.ensure_one()
    company = activation.company_id if company is None else company
    # What is in force for a branch is so for the company whose activation it is.
    if activation != company._get_active_certificate_activation():
        raise UserError(
            activation.env._(
                "%s has no digital certificate in force. Open Activate your digital certificate.",
                company.sudo().name,
            )
        )
    activation._check_signing()
    return load_certificate(activation.certificate_id), open_key(activation.certificate_id)


def load_certificate(certificate):
    """Read the public certificate of a `certificate.certificate`.

    :rtype: cryptography.x509.Certificate
    :raise UserError: when there is none that can be read
    """
    content = certificate.sudo().with_context(bin_size=False).pem_certificate
    try:
        return x509.load_pem_x509_certificate(base64.b64decode(content or b""))
    except (ValueError, x509.InvalidVersion) as error:
        raise UserError(
            certificate.env._(
                "The certificate %s cannot be read. Ask its custodian to load it again.",
                certificate.sudo().name,
            )
        ) from error


def get_public_content(certificate):
    """Return the public certificate with the authorities' behind it, as it was stored.

    :return: PEM
    :rtype: bytes
    """
    certificate = certificate.sudo().with_context(bin_size=False)
    content = base64.b64decode(certificate.content or b"")
    blocks = _PUBLIC_BLOCK.findall(content)
    return b"\n".join(blocks) or base64.b64decode(certificate.pem_certificate or b"")


def open_key(certificate):
    """Open the private key of a certificate.

    :param certificate: `certificate.certificate`
    :rtype: rsa.RSAPrivateKey
    :raise UserError: in a neutralised copy, or when the key cannot be opened
    """
    certificate = certificate.sudo().with_context(bin_size=False)
    env = certificate.env
    if str2bool(env["ir.config_parameter"].get_param("database.is_neutralized", "False"), True):
        raise UserError(env._("This is a neutralised copy of a database: it signs nothing."))
    stored = certificate.private_key_id
    try:
        if certificate.sealed_key:
            return _load_key(unseal(certificate, certificate.sealed_key))
        return _load_key(
            base64.b64decode(stored.pem_key or b""), (stored.password or "").encode() or None
        )
    except (TypeError, ValueError) as error:
        raise UserError(
            env._(
                "The key of the certificate %s cannot be opened. Ask its custodian to load the "
                "certificate again.",
                certificate.name,
            )
        ) from error


def export_key(certificate):
    """Write the private key of a certificate, to be sealed.

    :return: PKCS #8 in DER
    :rtype: bytes
    :raise UserError: as `open_key`
    """
    return open_key(certificate).private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def seal(certificate, key):
    """Seal a key for one certificate.

    :param certificate: `certificate.certificate` to which the seal is bound
    :param bytes key: PEM or DER
    :return: base64, as a binary field takes it
    :rtype: bytes
    :raise UserError: without a usable secret
    """
    with explained(certificate.env):
        return base64.b64encode(key_seal.seal(key, get_secrets(), _get_context(certificate)))


def unseal(certificate, sealed):
    """Open a sealed key of one certificate.

    :param certificate: `certificate.certificate`
    :param bytes sealed: base64
    :rtype: bytes
    :raise UserError: with the remedy
    """
    with explained(certificate.env):
        return key_seal.unseal(base64.b64decode(sealed), get_secrets(), _get_context(certificate))


def get_key_state(certificate):
    """Tell how the key of one certificate is kept.

    :return: `sealed`; `previous`, sealed under the previous secret; `locked`, sealed and this server
        cannot open it; `plain`, in Odoo's own table; or `none`
    :rtype: str
    """
    certificate = certificate.sudo().with_context(bin_size=False)
    if not certificate.sealed_key:
        return "plain" if certificate.private_key_id else "none"
    sealed = base64.b64decode(certificate.sealed_key)
    try:
        secrets = get_secrets()
        key_seal.unseal(sealed, secrets, _get_context(certificate))
    except key_seal.SealError:
        return "locked"
    return "sealed" if key_seal.is_current(sealed, secrets) else "previous"


def get_protection(certificates=()):
    """Tell how keys are protected on this server.

    :param certificates: `certificate.certificate` to look at
    :return: `sealed`; `plain`, when keys can be sealed and some of these are not; or the code of
        `key_seal` for why they cannot be: `no_secret`, `short_secret` or `unreadable_file`
    :rtype: str
    """
    try:
        if not get_secrets():
            return "no_secret"
    except key_seal.SealError as error:
        return error.code
    is_plain = any(get_key_state(certificate) == "plain" for certificate in certificates)
    return "plain" if is_plain else "sealed"


def get_protection_sentence(env, protection):
    """Say how keys are protected on this server, and how they could be better.

    :param str protection: of `get_protection`
    :rtype: str
    """
    return {
        "sealed": env._(
            "Keys are sealed: encrypted under a secret that this server has and the database has not. "
            "Keep a copy of the secret apart from the backups: without it the sealed keys are lost."
        ),
        "plain": env._(
            "Not all keys are sealed: who administers the system, and whoever gets hold of the database "
            "with its files, can read the others. This server has a secret: seal them."
        ),
        "no_secret": env._(
            "Keys are not sealed: who administers the system, and whoever gets hold of the database with "
            "its files, can read them. Set %s in the environment of the server, to at least 32 "
            "characters, restart it, and seal the keys.",
            key_seal.SECRET,
        ),
    }.get(protection) or get_sentence(env, protection)


def _get_context(certificate):
    """Bind a seal to the public certificate: it opens for no other one."""
    return load_certificate(certificate).public_bytes(serialization.Encoding.DER)


def _load_key(content, password=None):
    """Load a key that was examined when it came in: examining it each time takes longer than signing.

    :raise ValueError: when it is no RSA key
    """
    if not content:
        raise ValueError("no key")
    load = (
        serialization.load_pem_private_key
        if content.startswith(b"-----")
        else serialization.load_der_private_key
    )
    try:
        key = load(content, password, unsafe_skip_rsa_key_validation=True)
    except (
        TypeError
    ):  # cryptography before 39 knows no such argument; or a password that is not asked
        key = load(content, password)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("not RSA")  # DIAN takes RSA only: Anexo tecnico 1.9, section 6
    return key


@contextmanager
def explained(env):
    """Say in one sentence, with its remedy, why a key cannot be sealed or opened."""
    try:
        yield
    except key_seal.SealError as error:
        raise UserError(get_sentence(env, error.code)) from error


def get_sentence(env, code):
    """Say why a key cannot be sealed or opened, with the remedy.

    :param str code: one of `key_seal.CODES`
    :rtype: str
    """
    return {
        "no_secret": env._(
            "This server has no secret to seal keys with. Ask the administrator to set %s.",
            key_seal.SECRET,
        ),
        "short_secret": env._(
            "The secret %s is too short. Ask the administrator for one of at least 32 characters.",
            key_seal.SECRET,
        ),
        "unreadable_file": env._(
            "The file of the secret cannot be read. Ask the administrator to check %s.",
            key_seal.SECRET_FILE,
        ),
        "other_secret": env._(
            "The key was sealed with a secret that this server does not have. Ask the administrator "
            "to bring back the former one as %s.",
            key_seal.SECRET_PREVIOUS,
        ),
        "damaged": env._(
            "The sealed key is damaged. Restore it from a backup, or load the certificate again."
        ),
    }[code]
