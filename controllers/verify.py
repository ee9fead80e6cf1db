from urllib.parse import quote

from odoo import http
from odoo.http import request

from ..const import VERIFY_PATH
from ..models.core.ir_http import get_brand
from ..tools.identity import show_nit
from ..tools.rate_limit import RateLimit
from ..tools.text_limits import clean_text
from .verbs import route

# A code cannot be found by trying; this limits the load of attempts. Per address and minute.
_misses = RateLimit(limit=30, seconds=60)

# `website` gives the page its language, and its look if that add-on is installed.
_PAGE = {"type": "http", "auth": "public", "website": True, "sitemap": False, "readonly": True}
_CODE_LENGTH = 64  # characters that are read; a code has 19
_TYPED_LENGTH = 200  # the same, including blanks and invisible characters, which are removed


class CertificateVerification(http.Controller):
    """The public page that tells which company an activation record belongs to and whether it is in
    force.
    """

    @route(VERIFY_PATH, ["GET"], **_PAGE)
    def ask(self, code="", **_kwargs):
        # (A file can be sent instead of a text.)
        code = clean_text(code[:_TYPED_LENGTH])[:_CODE_LENGTH] if isinstance(code, str) else ""
        if code:
            return request.redirect(f"{VERIFY_PATH}/{quote(code, safe='')}")
        return self._render()

    @route(f"{VERIFY_PATH}/<path:code>", ["GET"], **_PAGE)
    def verify(self, code, **_kwargs):
        code = clean_text(code[:_TYPED_LENGTH])[:_CODE_LENGTH]
        record = request.env["certificate.activation"]._verify_record(code)
        if not record:
            # A valid code always gets an answer: many people share an address.
            address = request.httprequest.remote_addr
            if _misses.is_reached(address):
                return self._render(429, code=code, is_rate_limited=True)
            _misses.add(address)
            return self._render(
                404,
                code=code,
                unknown_sentence=request.env._(
                    "No activation has the code %s. Compare it with the one printed on the record: "
                    "16 letters and digits, and among the digits only 2 to 7.",
                    code,
                ),
            )
        return self._render(code=record["code"], record=record)

    def _render(self, status=200, code="", **values):
        return request.render(
            "l10n_co_certificate_activation.verify_page",
            {
                "code": code,
                "verify_path": VERIFY_PATH,
                "show_nit": show_nit,
                # Who lends the certificate vouches for the record; with the company's own, the seller's page says it.
                **get_brand(request.env, (values.get("record") or {}).get("brand")),
                **values,
            },
            status=status,
        )
