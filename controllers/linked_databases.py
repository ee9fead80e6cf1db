"""What linked databases ask of a vendor's: signatures by the API of the Cloud Signature Consortium, and pairing.

Everything is asked by POST and answered in JSON, errors too, in the words of that standard. Whoever has no key is not
read: the key is found before the body of a request is.
"""

import base64
import json

from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from ..const import LINK_PATH, LINK_RELEASE, LINK_STEPS
from ..models.core.link_switch import is_on
from ..models.link.client import explain
from ..tools import csc, link_openapi
from ..tools.link_token import make_token
from ..tools.pdf_check import MAX_SIZE
from ..tools.rate_limit import RateLimit
from .verbs import route

_LINKS = "certificate.link.client"
# Bytes that are read, so that whoever sends too many is told so.
_READ_MAX = 32_000_000
_PAIRING_MAX = 20_000  # bytes of what is no document
# Keys and codes that were not found. Per address and minute.
_misses = RateLimit(limit=30, seconds=60)
# For how long the answer to `credentials/authorize` says that it is valid. In seconds.
_AUTHORIZED_FOR = 300


class LinkDispatcher(http.Dispatcher):
    """Answers in JSON whatever happens, and never with a traceback."""

    routing_type = "certificate_link"

    @classmethod
    def is_compatible_with(cls, request):
        return True

    def dispatch(self, endpoint, args):
        self.request.params = {}
        try:
            answer = self.request.registry["ir.http"]._dispatch(endpoint)
        except csc.CscRefused as refusal:
            self.request.env.cr.rollback()
            return self.refuse(refusal)
        return self.request.make_json_response(answer)

    def handle_error(self, exc):
        if isinstance(exc, RequestEntityTooLarge):
            return self.refuse(csc.CscRefused("too_large"))
        if isinstance(exc, HTTPException):
            return self.refuse(csc.CscRefused("unknown_path"))
        if isinstance(exc, UserError):
            return self.refuse(csc.CscRefused("refused", str(exc)))
        return self.refuse(csc.CscRefused("failed"))

    def refuse(self, refusal):
        """Answer with an error of the standard.

        :param csc.CscRefused refusal: the reason
        """
        headers = {}
        if refusal.status == 401:
            headers["WWW-Authenticate"] = f'Bearer error="{refusal.error}"'
        if refusal.status == 429:
            headers["Retry-After"] = "60"
        try:
            sentence = refusal.sentence or explain(_get_env(self.request), refusal.code)
        except Exception:  # pylint: disable=broad-except  # without a database, or with a broken one
            sentence = ""
        answer = {
            "error": refusal.error,
            "error_description": sentence,
            "reason": refusal.code,
        }
        return self.request.make_json_response(answer, headers=headers, status=refusal.status)


def _get_env(asked):
    """Return the environment in the language of whoever asks."""
    lang = asked.env["res.lang"]._get_data(code=asked.best_lang or "").code
    return asked.env(context={"lang": lang or "en_US"})


def _read_body(limit):
    """Read the JSON object of a request.

    :param int limit: bytes
    :rtype: dict
    :raise CscRefused: `too_large` or `not_json`
    """
    data = request.httprequest.get_data(cache=False)
    if len(data) > limit:
        raise csc.CscRefused("too_large")
    try:
        body = json.loads(data or b"{}")
    except (ValueError, RecursionError) as error:
        raise csc.CscRefused("not_json") from error
    if not isinstance(body, dict):
        raise csc.CscRefused("not_json")
    return body


def _answer(*paths, limit=_PAIRING_MAX, has_key=True):
    """Declare what is answered to a linked database.

    :param str paths: of the route
    :param int limit: bytes of the request
    :param bool has_key: whether the key of a link is asked for; the endpoint is given the link
    """

    def declare(endpoint):
        @http.route(
            list(paths),
            type=LinkDispatcher.routing_type,
            auth="public",
            save_session=False,
            # Of whoever shows no key, no more is read than what is answered.
            max_content_length=_READ_MAX if has_key else limit,
        )
        def run(self):
            if not is_on(request.env):
                raise csc.CscRefused("off")
            if request.httprequest.method != "POST":
                raise csc.CscRefused("method")
            links, address = request.env[_LINKS].sudo(), request.httprequest.remote_addr
            if not has_key:
                return endpoint(self, links, _read_body(limit))
            link = _limit_misses(
                lambda: links._find_by_token(
                    csc.read_bearer(request.httprequest.headers.get("Authorization")), address
                )
            )
            return endpoint(self, link, _read_body(limit))

        run.__name__ = endpoint.__name__
        run.__doc__ = endpoint.__doc__
        return run

    return declare


def _limit_misses(find):
    """Find the link of a key or of a code, and answer an address no more that tries many.

    A right one always opens: many databases share an address.

    :param find: returns the link, or raises `CscRefused`
    """
    try:
        return find()
    except csc.CscRefused as refusal:
        if refusal.code not in ("no_key", "code"):
            raise
        address = request.httprequest.remote_addr
        if _misses.is_reached(address):
            raise csc.CscRefused("too_many") from refusal
        _misses.add(address)
        raise


class CertificateSigningService(http.Controller):
    """The API of the Cloud Signature Consortium. Version 1 is what pyHanko's `CSCSigner` asks."""

    @_answer("/csc/<path:rest>", has_key=False)
    def certificate_csc_unknown(self, links, body):
        raise csc.CscRefused("unknown_path")

    @route("/csc/openapi.json", ["GET"], type="http", auth="public", save_session=False)
    def certificate_openapi(self, **_kwargs):
        """Describe all routes of linked databases, while they are on."""
        if not is_on(request.env):
            return request.make_response("", status=404)
        version = str(LINK_RELEASE)
        return request.make_json_response(link_openapi.write_document(LINK_PATH, version))

    @_answer("/csc/v1/info", "/csc/v2/info", has_key=False)
    def certificate_csc_info(self, links, body):
        vendor = links._get_vendor()
        description = request.env._("Signs electronic documents of Colombia's companies for DIAN.")
        return {
            **csc.write_info(vendor.name or "", description, "en-US"),
            "release": LINK_RELEASE,
        }

    @_answer("/csc/v1/credentials/list", "/csc/v2/credentials/list")
    def certificate_csc_list(self, link, body):
        try:
            facts = link._describe_credential({**body, "credentialID": csc.CREDENTIAL})
        except csc.CscRefused:
            return {"credentialIDs": []}
        answer = {"credentialIDs": [csc.CREDENTIAL], "onlyValid": True}
        if body.get("credentialInfo") is True:
            answer["credentialInfos"] = [{"credentialID": csc.CREDENTIAL, **facts}]
        return answer

    @_answer("/csc/v1/credentials/info", "/csc/v2/credentials/info")
    def certificate_csc_credential(self, link, body):
        return link._describe_credential(body)

    @_answer("/csc/v1/credentials/authorize", "/csc/v2/credentials/authorize")
    def certificate_csc_authorize(self, link, body):
        """Answer as the standard has it: the key of the link is all that authorizes a signature."""
        csc.check_credential(body)
        return {"SAD": make_token(), "expiresIn": _AUTHORIZED_FOR}

    @_answer("/csc/v2/signatures/signDoc", limit=csc.BODY_MAX)
    def certificate_csc_sign_document(self, link, body):
        answer = link._sign_document(body, request.httprequest.remote_addr)
        signed = base64.b64encode(answer.content).decode()
        return {"DocumentWithSignature": [signed], "log": answer.get_place()}

    @_answer("/csc/v1/signatures/signHash", "/csc/v2/signatures/signHash")
    def certificate_csc_sign_hash(self, link, body):
        answer = link._sign_hash(body, request.httprequest.remote_addr)
        signature = base64.b64encode(answer.content).decode()
        return {"signatures": [signature], "log": answer.get_place()}


class CertificateLinking(http.Controller):
    """Pairing, and what the two sides of a link tell each other besides signatures."""

    @_answer(f"{LINK_PATH}/v1/<path:rest>", LINK_PATH, has_key=False)
    def certificate_link_unknown(self, links, body):
        raise csc.CscRefused("unknown_path")

    @_answer(f"{LINK_PATH}/v1/look", has_key=False)
    def certificate_link_look(self, links, body):
        """Say who gave a pairing code, before anything is asked with it."""
        _check_release(body)
        link = _limit_misses(lambda: links._find_by_code(body.get("code")))
        return {**link._describe_vendor(), "release": LINK_RELEASE}

    @_answer(f"{LINK_PATH}/v1/ask", has_key=False)
    def certificate_link_ask(self, links, body):
        """Ask for the link of a pairing code, as a company of another database."""
        _check_release(body)
        link = _limit_misses(lambda: links._find_by_code(body.get("code")))
        return link._ask(body, request.httprequest.remote_addr)

    @_answer(f"{LINK_PATH}/v1/status")
    def certificate_link_status(self, link, body):
        """Say what the vendor has for the company."""
        return link._describe_status()

    @_answer(
        *(f"{LINK_PATH}/v1/steps/{step}" for step in LINK_STEPS if step != "signed-letter"),
    )
    def certificate_link_step(self, link, body):
        """Do one of the three steps in the name of the client."""
        return _run_step(link, body)

    @_answer(f"{LINK_PATH}/v1/steps/signed-letter", limit=MAX_SIZE * 4 // 3 + _PAIRING_MAX)
    def certificate_link_attach(self, link, body):
        """Attach the signed letter, which is larger than what the other steps take."""
        return _run_step(link, body)

    @_answer(f"{LINK_PATH}/v1/key")
    def certificate_link_key(self, link, body):
        """Take another key of the client in place of the one that was shown."""
        link._change_key(body.get("key_hash"))
        return {}

    @_answer(f"{LINK_PATH}/v1/end")
    def certificate_link_end(self, link, body):
        """End the link, as its client."""
        link._lock_row()
        link._end()
        return {}


def _run_step(link, body):
    """Do the step that the path names; what is refused is refused in a sentence.

    :rtype: dict
    """
    step = request.httprequest.path.partition("/steps/")[2].strip("/")
    try:
        return link.with_env(_get_env(request)).sudo()._run_step(step, body)
    except UserError as error:
        raise csc.CscRefused("refused", str(error)) from error


def _check_release(body):
    """Check that a client is as new as this, or one release apart.

    :raise CscRefused: `release`
    """
    release = body.get("release")
    if type(release) is not int or abs(release - LINK_RELEASE) > 1:
        raise csc.CscRefused("release")
