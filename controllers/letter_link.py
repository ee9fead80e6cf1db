import base64

from odoo.exceptions import UserError
from odoo.http import Controller, request
from odoo.tools import formatLang

from ..const import LETTER_LINK_PATH
from ..tools.link_token import hash_token
from ..tools.pdf_check import MAX_SIZE
from ..tools.pdf_shrink import MAX_INPUT
from ..tools.rate_limit import RateLimit
from ..tools.upload_limits import PDF_SIZE
from . import old_token
from .pdf import FORM_SIZE, answer_with_pdf, give_document, limit_upload, refuse_pdf
from .verbs import route

# A token cannot be found by trying; this limits the load of attempts. Per address and minute.
_misses = RateLimit(limit=10, seconds=60)
# Files that one link brings: each is examined, and its sender told. Per link and hour.
_uploads = RateLimit(limit=20, seconds=3600)
# Conversions of photos, likewise: several are made until one is good.
_conversions = RateLimit(limit=60, seconds=3600)
# Documents that are read: each letter is laid out anew. Per link and hour.
_reads = RateLimit(limit=60, seconds=3600)

# In the session, by activation: the hash of the token that opened its page.
_SESSION = "certificate_letter_link"
# What the page points out; nothing of it is about money or the certificate.
_ALERTS = ("letter_problem", "letter_known", "letter_first")


def _page(path="", methods=("GET",), **options):
    """Declare a route below the page of one letter."""
    return route(
        f"{LETTER_LINK_PATH}/<record_id:activation_id>{path}",
        methods,
        type="http",
        auth="public",
        website=True,
        sitemap=False,
        **options,
    )


def _step(path, **options):
    """Declare a route that does something: POST only, with a CSRF token."""
    defaults = {"max_content_length": FORM_SIZE, "explain_old_token": _explain_old_token}
    return _page(path, methods=("POST",), **{**defaults, **options})


def _explain_old_token(activation_id):
    """Show the page with a new token, if it is still the visitor's, or how to open it."""
    pages = LetterLink()
    if link := pages._get_link(activation_id):
        sentence = old_token.get_renewed_sentence()
        return pages._render(link, status=old_token.STATUS, error=sentence)
    return pages._render_closed(
        activation_id, status=old_token.STATUS, is_link=True, is_session_over=True
    )


class LetterLink(Controller):
    """The page on which a legal representative reads one letter and sends it back signed, without a login.

    Each route first finds the link, by the session, and then reads that letter, or attaches or deletes its
    scan: there is a route for nothing else. Reading changes nothing.
    """

    # === ENTRY === #

    def _get_link(self, activation_id):
        """Return the valid link of this visitor to a letter, or an empty record.

        :rtype: certificate.letter.link
        """
        return request.env["certificate.letter.link"]._find(
            activation_id, request.session.get(_SESSION, {}).get(str(activation_id))
        )

    def _render_closed(self, activation_id, status=403, **values):
        """Show the same page if the letter does not exist, is not the visitor's, or the link has ended."""
        values = {"path": f"{LETTER_LINK_PATH}/{activation_id}", **values}
        return request.render(
            "l10n_co_certificate_activation.letter_link_closed", values, status=status
        )

    @_page("/open")
    def open_link(self, activation_id, **_kwargs):
        """Serve the page that reads the token after the # of the link, which only the browser knows, and
        posts it.
        """
        return self._render_closed(activation_id, status=200, is_link=True)

    @_step("/open")
    def open(self, activation_id, access_token="", **_kwargs):
        """Store the hash of a valid token in the session, and redirect to the page's clean address."""
        # Visitors without JavaScript paste the whole link.
        token_hash = hash_token(str(access_token).rpartition("#")[2])
        link = request.env["certificate.letter.link"]._find(activation_id, token_hash)
        if not link:
            # A valid link always opens: many people share an address.
            address = request.httprequest.remote_addr
            if _misses.is_reached(address):
                return self._render_closed(
                    activation_id, status=429, is_link=True, is_rate_limited=True
                )
            _misses.add(address)
            return self._render_closed(activation_id)
        link._open()
        # A new session, against session fixation.
        request.session.should_rotate = True
        opened = request.session.get(_SESSION, {})
        request.session[_SESSION] = {**opened, str(activation_id): token_hash}
        return request.redirect(f"{LETTER_LINK_PATH}/{activation_id}")

    # === THE PAGE === #

    @_page()
    def show(self, activation_id, **_kwargs):
        """Show the letter, and what came back of it."""
        link = self._get_link(activation_id)
        return self._render(link) if link else self._render_closed(activation_id)

    def _render(self, link, status=200, **values):
        activation = link._get_activation()
        alerts = {name: activation._describe_alert(name) for name in _ALERTS}
        path = f"{LETTER_LINK_PATH}/{activation.id}"
        pages = activation.signed_letter_pages
        return request.render(
            "l10n_co_certificate_activation.letter_link_page",
            {
                # The page shows the lender's branding, not that of the database's first company.
                "res_company": activation._get_brand(),
                "activation": activation,
                "path": request.env["ir.http"]._url_for(path),
                "sentences": {
                    **link._get_page_sentences(),
                    "pages": request.env._("1 page")
                    if pages == 1
                    else request.env._("%s pages", pages),
                },
                "alerts": alerts,
                "size": formatLang(activation.env, activation.signed_letter_size / 1000, digits=0)
                + " kB",
                "file_label": request.env._(
                    "Signed letter, as a PDF of at most %s or as photos", PDF_SIZE
                ),
                **values,
            },
            status=status,
        )

    # === THE LETTER === #

    def _give_out(self, activation_id, read, name):
        link = self._get_link(activation_id)
        if not link:
            return self._render_closed(activation_id)
        if _reads.is_reached(link.id):
            sentence = request.env._(
                "The documents were opened too often by this link. Wait an hour and try again."
            )
            return self._render(link, status=429, error=sentence)
        _reads.add(link.id)
        activation = link._get_activation()
        try:
            return give_document(read(activation), name(activation))
        except UserError as error:
            return self._render(link, status=422, error=str(error))

    @_page("/letter")
    def read_letter(self, activation_id, **_kwargs):
        return self._give_out(
            activation_id,
            lambda activation: activation._render_letter(),
            lambda activation: activation._get_letter_filename(),
        )

    @_page("/signed-letter")
    def read_signed_letter(self, activation_id, **_kwargs):
        return self._give_out(
            activation_id,
            lambda activation: activation._read_signed_letter(),
            lambda activation: activation.signed_letter_filename,
        )

    # === THE SIGNED LETTER === #

    def _run(self, activation_id, step, *args):
        """Do a step, roll it back with its sentence when it is refused, and show the page."""
        link = self._get_link(activation_id)
        if not link:
            return self._render_closed(activation_id)
        if _uploads.is_reached(link.id):
            sentence = request.env._(
                "Too many files came by this link. Wait an hour and try again."
            )
            return self._render(link, status=429, file_error=sentence)
        _uploads.add(link.id)
        try:
            with request.env.cr.savepoint():
                link._run(step, *args)
        except UserError as error:
            request.env.invalidate_all()
            if not self._get_link(activation_id):
                return self._render_closed(activation_id)
            return self._render(link, status=422, file_error=str(error))
        return request.redirect(f"{LETTER_LINK_PATH}/{activation_id}#signed_letter")

    @_step("/signed-letter", max_content_length=MAX_INPUT + FORM_SIZE)
    def attach(self, activation_id, file=None, **_kwargs):
        """Receive the signed letter; photos and large scans go through `/pdf` first."""
        # One byte more than the limit is enough to refuse it.
        content = file.read(MAX_SIZE + 1) if hasattr(file, "read") else b""
        return self._run(
            activation_id, "attach", base64.b64encode(content), getattr(file, "filename", "")
        )

    @_step("/signed-letter/delete")
    def delete(self, activation_id, **_kwargs):
        return self._run(activation_id, "delete")

    @_step("/pdf", max_content_length=limit_upload, explain_old_token=old_token.explain_as_json)
    def make_pdf(self, activation_id, **_kwargs):
        """Make one PDF of the uploaded `files` and store nothing.

        :return: JSON, as returned by `CertificatePdfController.make_pdf`
        """
        link = self._get_link(activation_id)
        if not link:
            return refuse_pdf(
                request.env._("Your session has expired. Open the link in the mail again."), 403
            )
        if _conversions.is_reached(link.id):
            return refuse_pdf(
                request.env._("Too many files came by this link. Wait an hour and try again."), 429
            )
        _conversions.add(link.id)
        activation = link._get_activation()
        return answer_with_pdf(activation, activation._make_pdf)
