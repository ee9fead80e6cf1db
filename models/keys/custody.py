"""The only place where a private key is opened.

These are functions and not methods of a model: neither RPC nor a server action can call them. What
they return signs and cannot be exported, and no object that an expression reaches has the bytes of a key
or of the secret; see `tools/key_seal.py`.

What this cannot prevent: a system administrator, who may install code or write server actions, can
have documents signed by the methods that sign, as long as the server holds the secret. With a
secret outside the database (`tools/server_secret.py`), neither such a user nor anyone with the
database or its backup can take the key away. Without the secret, keys are in Odoo's
`certificate.key`, which they can read.
"""

import base64
import hmac
import json
import os
from contextlib import contextmanager

from cryptography.hazmat.primitives import serialization

from odoo.exceptions import UserError
from odoo.tools import str2bool

from ...tools import certificate_chain, certificate_reader, key_seal, server_secret
from ...tools.der import CertificateUnreadable
from ..core.whole_files import read_whole

# Read now, so that the variable is gone before anything else runs.
SOURCE = server_secret.Source(os.environ)

PLACE_PARAMETER = "l10n_co_certificate_activation.key_place"
_PLACE_PURPOSE = b"l10n_co_certificate_activation key place 1"


def open_signing_key(activation, company=None):
    """Open the key with which an activation signs, for one signature.

    :param activation: a `certificate.activation` that is in force today; who may sign under it has
        been checked by the caller
    :param company: `res.company` whose document is to be signed, by default the activation's: a branch
        signs under what its parent has
    :return: the certificate and its key
    :rtype: tuple[certificate_reader.Certificate, key_seal.SigningKey]
    :raise UserError: when the activation is not in force for the company, when its certificate or its
        evidence does not allow it, in a neutralised copy, or when the key cannot be opened; with the
        remedy, and nothing of the key
    """
    activation = activation.sudo()
    check_signing(activation, activation.company_id if company is None else company)
    return load_certificate(activation.certificate_id), open_key(activation.certificate_id)


def check_signing(activation, company):
    """Check that an activation is in force for a company, and that its certificate and evidence allow it to sign.

    :param activation: `certificate.activation` in sudo mode
    :param company: `res.company` whose document is to be signed
    :raise UserError: otherwise, with the remedy
    """
    activation.ensure_one()
    # For a branch, the activation in force may be its parent's.
    if activation != company._get_active_certificate_activation():
        raise UserError(
            activation.env._(
                "%s has no digital certificate in force. Open Activate your digital certificate.",
                company.sudo().name,
            )
        )
    activation._check_signing()


def load_certificate(certificate):
    """Read the public certificate of a `certificate.certificate`.

    :rtype: certificate_reader.Certificate
    :raise UserError: when there is none that can be read
    """
    content = read_whole(certificate.sudo()).pem_certificate
    try:
        return certificate_reader.load_pem(base64.b64decode(content or b""))
    except CertificateUnreadable as error:
        raise UserError(
            certificate.env._(
                "The certificate %s cannot be read. Ask its custodian to load it again.",
                certificate.sudo().name,
            )
        ) from error


def get_public_content(certificate):
    """Return the public certificate followed by those of its authorities, as stored.

    :return: PEM
    :rtype: bytes
    """
    certificate = read_whole(certificate.sudo())
    content = base64.b64decode(certificate.content or b"")
    # Odoo accepts a file with the key beside the certificate, and keeps it as it is.
    blocks = certificate_chain.PEM.findall(content)
    return b"\n".join(blocks) or base64.b64decode(certificate.pem_certificate or b"")


def open_key(certificate):
    """Open the private key of a certificate, to sign with it.

    :param certificate: `certificate.certificate`
    :rtype: key_seal.SigningKey
    :raise UserError: in a neutralised copy, or when the key cannot be opened
    """
    certificate = read_whole(certificate.sudo())
    env = certificate.env
    check_not_neutralized(env)
    with _explained(certificate):
        if certificate.sealed_key:
            key = key_seal.SigningKey(
                base64.b64decode(certificate.sealed_key), get_secrets(), _get_context(certificate)
            )
            _check_place(env)
            return key
        stored = certificate.private_key_id
        return key_seal.take_key(
            base64.b64decode(stored.pem_key or b""), (stored.password or "").encode() or None
        )


def seal(certificate, key):
    """Seal a key for one certificate.

    :param certificate: `certificate.certificate` to which the seal is bound
    :param key_seal.SigningKey key: of it
    :return: base64, as a binary field takes it
    :rtype: bytes
    :raise UserError: without a usable secret
    """
    if type(key) is not key_seal.SigningKey:
        raise TypeError("No object but a key of ours is handed the secrets.")
    with _explained(certificate):
        sealed = key.seal(get_secrets(), _get_context(certificate))
    # This is the first sealed key of the database, or the current secret replaces the previous one.
    if is_confirmed(certificate.env) or not _has_sealed_keys(certificate.env):
        confirm_place(certificate.env)
    return base64.b64encode(sealed)


def is_confirmed(env):
    """Tell whether the sealed keys belong to this database, and not to one that it was copied from.

    A copy has the same keys, and a server with the same secret would sign with them. So the database where
    they were sealed is noted by its name and `database.uuid`, authenticated by the secret.

    :rtype: bool
    :raise key_seal.SealError: as `get_secrets`
    """
    noted = env["ir.config_parameter"].sudo().get_param(PLACE_PARAMETER) or ""
    return any(
        hmac.compare_digest(noted.encode(), _describe_place(env, secret).encode())
        for secret in get_secrets()
    )


def _has_sealed_keys(env):
    """Tell whether any key is sealed, judging by the keys themselves: a flag could be written."""
    env.flush_all()
    env.cr.execute("SELECT 1 FROM certificate_certificate WHERE sealed_key IS NOT NULL LIMIT 1")
    return bool(env.cr.rowcount)


def confirm_place(env):
    """Note that the keys are used in this database, because one was sealed here or a custodian
    confirmed it.

    :raise UserError: without a usable secret
    """
    secrets = require_secrets(env)
    if not secrets:
        raise UserError(get_sentence(env, "no_secret"))
    env["ir.config_parameter"].sudo().set_param(PLACE_PARAMETER, _describe_place(env, secrets[0]))


def get_place_sentence(env, certificates):
    """Say that this database signs nothing with its sealed keys, because it may be a copy.

    :param certificates: `certificate.certificate` to look at
    :rtype: str | None
    """
    states = {get_key_state(certificate) for certificate in certificates}
    if states.isdisjoint(("sealed", "previous")) or is_confirmed(env):
        return None
    return env._(
        "The keys were sealed in a database with another name or identity: this one was "
        "renamed, restored or copied. It signs nothing with them until a custodian confirms it. "
        "Confirm it in one database only: a copy would sign in the company's name as well."
    )


def is_neutralized(env):
    """Tell whether the database is a copy that was neutralised.

    :rtype: bool
    """
    value = env["ir.config_parameter"].sudo().get_param("database.is_neutralized", "False")
    return str2bool(value, True)


def check_not_neutralized(env):
    """Check that the database may sign, and is no copy that was neutralised.

    :raise UserError: otherwise
    """
    if is_neutralized(env):
        raise UserError(env._("This is a neutralised copy of a database: it signs nothing."))


def get_key_state(certificate):
    """Tell how the key of one certificate is kept.

    :return: `sealed`; `previous`, sealed under the previous secret; `locked`, sealed and this server
        cannot open it; `plain`, in Odoo's own table; or `none`
    :rtype: str
    """
    certificate = read_whole(certificate.sudo())
    if not certificate.sealed_key:
        return "plain" if certificate.private_key_id else "none"
    sealed = base64.b64decode(certificate.sealed_key)
    try:
        secrets = get_secrets()
        key_seal.SigningKey(sealed, secrets, _get_context(certificate))
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
            "Keys are sealed: encrypted with a secret that the server has and the database does "
            "not. Keep a copy of the secret apart from the backups: without it the sealed keys "
            "are lost."
        ),
        "plain": env._(
            "Not all keys are sealed: system administrators, and anyone who gets hold of the "
            "database with its files, can read the others. This server has a secret: seal them."
        ),
        "no_secret": env._(
            "Keys are not sealed: system administrators, and anyone who gets hold of the "
            "database with its files, can read them. Write a secret of at least %(length)s "
            "characters to a file of mode 600 that only the server can read, name that file in "
            "the server's environment as %(file)s, restart the server, and seal the keys.",
            length=key_seal.MIN_SECRET,
            file=server_secret.VARIABLE_FILE,
        ),
    }.get(protection) or get_sentence(env, protection)


def get_secret_warning(env):
    """Say what is weak about where the secret of this server comes from.

    :rtype: str | None
    """
    names = {
        "variable": server_secret.VARIABLE,
        "file": server_secret.VARIABLE_FILE,
        "credential": server_secret.CREDENTIAL,
    }
    try:
        if not get_secrets():
            return None
    except key_seal.SealError:
        return None
    if SOURCE.origin == "variable":
        return env._(
            "The secret comes from the variable %(variable)s. Odoo takes it out of its environment, but the "
            "service manager still shows it (systemctl show, docker inspect), and so does a process that "
            "started Odoo. Write it to a file of mode 600 and name that as %(file)s, or give it as "
            "systemd's credential %(credential)s.",
            variable=names["variable"],
            file=names["file"],
            credential=names["credential"],
        )
    if SOURCE.is_exposed:
        return env._(
            "Other users of the machine can read or replace the secret's file (%s). Make the "
            "user that runs Odoo its owner, with mode 600.",
            names[SOURCE.origin],
        )
    return None


def get_secrets():
    """Return the secrets of this server, the current one first.

    :rtype: tuple[key_seal.Secret, ...]
    :raise key_seal.SealError: when the server has one that cannot be used
    """
    return SOURCE.get_secrets()


def require_secrets(env):
    """Return what `get_secrets` returns, or say in one sentence why the secret cannot be used.

    :rtype: tuple[key_seal.Secret, ...]
    :raise UserError: when this server has one that cannot be used, with the remedy
    """
    try:
        return get_secrets()
    except key_seal.SealError as error:
        raise UserError(get_sentence(env, error.code)) from error


def _check_place(env):
    if not is_confirmed(env):
        raise UserError(
            env._(
                "The keys were sealed in a database with another name, and this one may be a "
                "copy of it. Ask the custodian of the certificate to confirm it in Custody of "
                "keys."
            )
        )


def _describe_place(env, secret):
    """Authenticate the name and the identity of a database.

    :rtype: str
    """
    uuid = env["ir.config_parameter"].sudo().get_param("database.uuid") or ""
    return secret.mac(_PLACE_PURPOSE, json.dumps([env.cr.dbname, uuid]).encode()).hex()


def _get_context(certificate):
    """Bind a seal to the public certificate: it opens for no other one."""
    return load_certificate(certificate).public_bytes(serialization.Encoding.DER)


@contextmanager
def _explained(certificate):
    """Say in one sentence, with its remedy, why the key of a certificate cannot be sealed or opened."""
    code = None
    try:
        yield
    except key_seal.SealError as error:
        code = error.code
    if code == "unreadable_key":
        raise UserError(
            certificate.env._(
                "The key of the certificate %s cannot be opened. Ask its custodian to load the "
                "certificate again.",
                certificate.sudo().name,
            )
        )
    if code:
        raise UserError(get_sentence(certificate.env, code))


def get_sentence(env, code):
    """Say why a key cannot be sealed or opened, with the remedy.

    :param str code: one of `key_seal.CODES`
    :rtype: str
    """
    return {
        "no_secret": env._(
            "This server has no secret to seal keys with. Ask the administrator to set %s.",
            server_secret.VARIABLE_FILE,
        ),
        "short_secret": env._(
            "The secret of the server is too short. Ask the administrator for one of at least %s "
            "characters.",
            key_seal.MIN_SECRET,
        ),
        "unreadable_file": env._(
            "The file of the secret cannot be read. Ask the administrator to check %s.",
            server_secret.VARIABLE_FILE,
        ),
        "other_secret": env._(
            "The key was sealed with a secret that this server does not have. Ask the administrator "
            "to bring back the former one as %s.",
            server_secret.VARIABLE_PREVIOUS,
        ),
        "damaged": env._(
            "The sealed key is damaged. Restore it from a backup, or load the certificate again."
        ),
    }[code]
