from odoo.exceptions import UserError
from odoo.http import Controller, request

from ..const import LETTER_LINK_PATH
from ..models.core.ir_http import get_brand
from ..tools.pdf_shrink import MAX_INPUT
from ..tools.rate_limit import RateLimit
from . import linked
from .pdf import FORM_SIZE, answer_with_pdf, give_document, limit_upload, refuse_pdf

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


def _explain_old_token(activation_id):
    pages = LetterLink()
    return linked.explain_old_token(
        activation_id,
        pages._get_link(activation_id),
        shown=pages._render,
        closed=pages._render_closed,
    )


_page, _step = linked.declare(LETTER_LINK_PATH, _explain_old_token)


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
            activation_id, linked.get_token_hash(_SESSION, activation_id)
        )

    def _render_closed(self, activation_id, status=403, **values):
        """Show the same page if the letter does not exist, is not the visitor's, or the link has ended."""
        values = {
            "path": f"{LETTER_LINK_PATH}/{activation_id}",
            **get_brand(request.env),
            **values,
        }
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
        links = request.env["certificate.letter.link"]
        return linked.enter(
            activation_id,
            access_token,
            session=_SESSION,
            path=f"{LETTER_LINK_PATH}/{activation_id}",
            find=lambda token_hash: links._find(activation_id, token_hash),
            opened=lambda link: link._open(),
            closed=self._render_closed,
            misses=_misses,
        )

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
        return request.render(
            "l10n_co_certificate_activation.letter_link_page",
            {
                # The page shows the lender's branding, not that of the database's first company.
                **get_brand(request.env, activation._get_brand()),
                "visitor": linked.name_visitor(link),
                "activation": activation,
                "path": request.env["ir.http"]._url_for(path),
                "sentences": link._get_page_sentences(),
                "alerts": alerts,
                **linked.describe_file(activation),
                **values,
            },
            status=status,
        )

    # === THE LETTER === #

    def _give_out(self, activation_id, give):
        link = self._get_link(activation_id)
        if not link:
            return self._render_closed(activation_id)
        return linked.give_out(link, give, shown=self._render, reads=_reads)

    @_page("/letter")
    def read_letter(self, activation_id, **_kwargs):
        return self._give_out(
            activation_id,
            lambda activation: give_document(
                activation._render_letter(), activation._get_letter_filename()
            ),
        )

    @_page("/signed-letter")
    def read_signed_letter(self, activation_id, **_kwargs):
        return self._give_out(
            activation_id,
            lambda activation: give_document(
                activation._read_signed_letter(), activation.signed_letter_filename
            ),
        )

    # === THE SIGNED LETTER === #

    @staticmethod
    def _get_flood_sentence():
        return request.env._("Too many files came by this link. Wait an hour and try again.")

    def _run(self, activation_id, step, *args):
        """Do a step, roll it back with its sentence when it is refused, and show the page."""
        link = self._get_link(activation_id)
        if not link:
            return self._render_closed(activation_id)
        if _uploads.is_reached(link.id):
            return self._render(link, status=429, file_error=self._get_flood_sentence())
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
        return self._run(activation_id, "attach", *linked.read_upload(file))

    @_step("/signed-letter/delete")
    def delete(self, activation_id, **_kwargs):
        return self._run(activation_id, "delete")

    @_step(
        "/pdf", max_content_length=limit_upload, explain_old_token=linked.explain_old_token_as_json
    )
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
            return refuse_pdf(self._get_flood_sentence(), 429)
        _conversions.add(link.id)
        activation = link._get_activation()
        return answer_with_pdf(activation, activation._make_pdf)
