"""How a company's database asks its vendor's.

Functions, not methods: neither RPC nor a server action gets at a key. What they hand over lies sealed, and is opened
where the request is made (`tools/link_call.py`).
"""

import base64
import json

from odoo.exceptions import UserError
from odoo.tools import str2bool

from ...const import LINK_PATH, LINK_PRIVATE_PARAMETER, LINK_RELEASE
from ...tools import csc, key_seal, link_call
from ..core.link_switch import is_on
from ..keys import custody
from .client import explain


class VendorRefused(UserError):
    """The vendor has answered, and refuses.

    :ivar str reason: one of `csc.REFUSALS`.
    """

    def __init__(self, sentence, reason):
        super().__init__(sentence)
        self.reason = reason


def get_database(env):
    """Return what tells this database from every other one, its copies included.

    :rtype: str
    """
    return env["ir.config_parameter"].sudo().get_param("database.uuid") or "-"


def seal(link, kind, text):
    """Seal what nobody reads, for one link of this database.

    :param link: `certificate.link.vendor`
    :param str kind: `key` or `code`
    :return: as a field takes it
    :rtype: str
    """
    secrets = custody.require_secrets(link.env)
    return _store(link_call.seal_text(text, secrets, _get_context(link, kind)))


def make_sealed_key(link):
    """Make a key for a link.

    :return: sealed, as a field takes it, and its SHA-256
    :rtype: tuple[str, str]
    """
    secrets = custody.require_secrets(link.env)
    sealed, key_hash = link_call.make_key(secrets, _get_context(link, "key"))
    return _store(sealed), key_hash


def ask(link, path, body=None, *, with_key=False):
    """Ask the vendor of a link.

    No row of anybody else may be locked meanwhile: an answer can take 25 seconds.

    :param link: `certificate.link.vendor`; that the user may ask was checked
    :param str path: below `LINK_PATH`
    :param dict body: of the request
    :param bool with_key: whether to show the key of the link, or the code
    :return: the answer
    :rtype: dict
    :raise UserError: when the vendor refuses or cannot be reached, in one sentence with the remedy
    """
    body = {**(body or {}), "release": LINK_RELEASE}
    answer = _explained(link, prepare(link, f"{LINK_PATH}/v1/{path}", body, with_key=with_key))
    return read(link, answer)


def prepare(link, path, body, *, with_key=True):
    """Prepare a request.

    :return: what makes it, without arguments, and returns its `link_call.Answer`
    :raise UserError: when this database asks nobody
    """
    env, stored = link.env, link.sudo()
    custody.check_not_neutralized(env)
    if not is_on(env):
        raise UserError(env._("Links with other databases are off, so the vendor cannot be asked."))
    sealed = base64.b64decode((stored.sealed_key if with_key else stored.sealed_code) or b"")
    secrets, context = (
        custody.require_secrets(env),
        _get_context(link, "key" if with_key else "code"),
    )
    parameters = env["ir.config_parameter"].sudo()
    options = {
        "database": get_database(env) if with_key else "",
        "headers": {"Accept-Language": (env.lang or "en_US").replace("_", "-")},
        "allow_private": str2bool(parameters.get_param(LINK_PRIVATE_PARAMETER) or "False", False),
    }
    address = stored.address

    def call():
        return link_call.call_sealed(sealed, secrets, context, address, path, body, **options)

    return call


def have_signed(link, call, name, check):
    """Have something signed by the vendor of a link.

    :param call: of `prepare`
    :param str name: of what was signed, in the answer
    :param check: as for `link_call.have_signed`
    :return: SHA-256 of what was signed; what `key_seal.release` takes; and the row of the vendor's log
    :rtype: tuple[str, bytes, tuple[int, str]]
    :raise UserError: when it was not signed, in one sentence with the remedy
    """
    answer, digest, withheld = _explained(link, lambda: link_call.have_signed(call, name, check))
    body = read(link, answer)
    return digest, withheld, csc.read_place(body)


def read(link, answer):
    """Return what an answer says.

    :param link_call.Answer answer: of the vendor
    :rtype: dict
    :raise VendorRefused: when it is a refusal
    """
    if answer.status == 200:
        return answer.body
    env, reason = link.env, answer.body.get("reason")
    reason = reason if isinstance(reason, str) and reason in csc.REFUSALS else "failed"
    sentence = explain(env, reason)
    # About a document it says more than a code can.
    if reason in ("document", "refused") and (
        said := csc.read_text(answer.body.get("error_description"), 500)
    ):
        sentence = env._("The vendor's server answered: %s", said)
    raise VendorRefused(sentence, reason)


def _explained(link, call):
    """Say in one sentence why there is no answer."""
    env, failure = link.env, None
    try:
        return call()
    except link_call.CallFailed as error:
        failure = explain_failure(env, error.code)
    except key_seal.SealError:
        failure = env._(
            "The key of the link cannot be opened: this database is a copy, or the server's secret is another "
            "one. Link the company anew."
        )
    raise UserError(failure)


def explain_failure(env, code):
    """Say why the vendor did not answer.

    :param str code: one of `link_call.CODES`
    :rtype: str
    """
    return {
        "address": env._("The vendor's address is not valid. Link the company anew."),
        "private_address": env._(
            "The vendor's server is in a private network. An administrator can allow that in Settings, under "
            "Electronic Documents."
        ),
        "certificate": env._(
            "The vendor's server does not prove who it is: its TLS certificate is not valid. Tell the vendor."
        ),
        "too_slow": env._(
            "The vendor's server did not answer in time. Nothing is lost: try again in a few minutes."
        ),
        "redirected": env._(
            "The vendor's server has moved to another address. Ask the vendor for a new pairing code."
        ),
        "not_understood": env._(
            "The vendor's server did not answer as expected. Try again later, or tell the vendor."
        ),
        "not_signed": env._(
            "What the vendor's server answered is not the signature of this document, so it was not used. Tell "
            "the vendor."
        ),
    }.get(code) or env._(
        "The vendor's server cannot be reached. Nothing is lost: try again in a few minutes."
    )


def _get_context(link, kind):
    return json.dumps(["link", kind, get_database(link.env), link.id]).encode()


def _store(sealed):
    return base64.b64encode(sealed).decode()
