import functools
import secrets

from werkzeug.exceptions import BadRequest
from werkzeug.routing import BaseConverter, ValidationError

from odoo import api, models
from odoo.http import request

from ...const import MODULE
from ...tools.upload_limits import BROWSER_LIMITS

_ID_MAX = 2**31 - 1  # of PostgreSQL's integers

# Another one after each log-out: what was typed before is dropped by the browser; see draft.js.
_LOGOUT_COOKIE = "certificate_logout"

# Headers of every response of this add-on, for browsers and proxies.
_HEADERS = {
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    # Nearly all responses contain somebody's data.
    "Cache-Control": "no-store",
    # Addresses contain codes, which must not reach other sites.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # In a frame of another site a click could be led to a button here. For old browsers and new ones.
    "X-Frame-Options": "DENY",
}
_FRAME_POLICY = "frame-ancestors 'none'"


class RecordIdConverter(BaseConverter):
    """The id of a record in an address: a value that cannot be an id gives 404 instead of an error."""

    regex = r"[1-9][0-9]{0,9}"

    def to_python(self, value):
        if (number := int(value)) > _ID_MAX:
            raise ValidationError()
        return number


def get_session_uid():
    """Return whose session it was when the request came in: templates can write to a session meanwhile.

    :rtype: int | None
    """
    return getattr(request, "certificate_session_uid", request.session.uid) if request else None


def protect_answer():
    """Give this response the add-on's headers, for example when a route of Odoo serves one of its
    files.
    """
    if request:
        request.is_certificate_answer = True


def get_brand(env, company=None):
    """Return the values by which a public page of this add-on shows whose page it is, by name and logo.

    :param company: `res.company` that the page is about; the seller when None
    :rtype: dict[str, res.company]
    """
    brand = (company or env.company.sudo().certificate_seller_id or env.company).sudo()
    return {"res_company": brand, "certificate_brand": brand}


class IrHttp(models.AbstractModel):
    """The headers of this add-on's responses, whichever route sends them, and the session data of
    its pages.
    """

    _inherit = "ir.http"

    def session_info(self):
        """Override of `web`: tell the browser the limits, so that it refuses a file before the
        upload.
        """
        return {**super().session_info(), "certificate_limits": BROWSER_LIMITS}

    @api.model
    def get_frontend_session_info(self):
        """Override of `web`, likewise for the pages of the portal."""
        return {**super().get_frontend_session_info(), "certificate_limits": BROWSER_LIMITS}

    @classmethod
    def _get_translation_frontend_modules_name(cls):
        """Override of `http_routing`: pages of the portal convert scans, in the visitor's language."""
        return [*super()._get_translation_frontend_modules_name(), MODULE]

    @classmethod
    def _get_converters(cls):
        return {**super()._get_converters(), "record_id": RecordIdConverter}

    @classmethod
    def _serve_fallback(cls):
        """Override of `base`, which looks for a file with this address: the database takes no NUL."""
        return None if "\x00" in request.httprequest.path else super()._serve_fallback()

    @classmethod
    def _pre_dispatch(cls, rule, args):  # pylint: disable=missing-return
        request.certificate_session_uid = request.session.uid
        endpoint = getattr(rule.endpoint, "func", rule.endpoint)
        if endpoint.__module__.startswith(f"odoo.addons.{MODULE}."):
            protect_answer()
            if explain := rule.endpoint.routing.get("explain_old_token"):
                request.explain_old_token = functools.partial(explain, **args)
        super()._pre_dispatch(rule, args)

    @classmethod
    def _handle_error(cls, exception):
        """Override of `base` to show what a route's `explain_old_token` returns when a form was sent with
        the CSRF token of a session that has ended.
        """
        explain = isinstance(exception, BadRequest) and getattr(request, "explain_old_token", None)
        if not explain or request.validate_csrf(request.get_http_params().get("csrf_token")):
            return super()._handle_error(exception)
        request.env.cr.rollback()
        response = explain()
        response.flatten()
        cls._post_dispatch(response)
        return response

    @classmethod
    def _post_dispatch(cls, response):  # pylint: disable=missing-return
        super()._post_dispatch(response)
        if getattr(request, "certificate_session_uid", None) and not request.session.uid:
            # Somebody logged out. (A session that expired was already without its user.)
            response.set_cookie(_LOGOUT_COOKIE, secrets.token_hex(8), expires=None, samesite="Lax")
        if getattr(request, "is_certificate_answer", False):
            response.headers.update(_HEADERS)
            # Keep what Odoo already forbids for a file.
            policy = response.headers.get("Content-Security-Policy", "")
            if "frame-ancestors" not in policy:
                policy = "; ".join(filter(None, (policy.rstrip("; "), _FRAME_POLICY)))
            response.headers["Content-Security-Policy"] = policy
