"""What is the same for all pages that a link opens without a login: their routes, their door, their files."""

import base64

from werkzeug.exceptions import BadRequest

from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools import formatLang

from ..tools.link_token import hash_token
from ..tools.pdf_check import MAX_SIZE
from ..tools.upload_limits import PDF_SIZE
from .pdf import FORM_SIZE, refuse_pdf
from .verbs import route

# What Odoo answers to a form with the CSRF token of an earlier session.
_OLD_TOKEN = BadRequest.code


def declare(base, explain_old_token):
    """Return two decorators of routes below the page of one activation: of any, and of those that do something.

    :param str base: path of all these pages
    :param explain_old_token: what is answered to a form with an old token, see `ir.http._handle_error`
    """

    def page(path="", methods=("GET",), **options):
        """Declare a route.

        None is `readonly`: a step redirects at once to data that a replica may not have received yet.
        """
        return route(
            f"{base}/<record_id:activation_id>{path}",
            methods,
            type="http",
            auth="public",
            website=True,
            sitemap=False,
            **options,
        )

    def step(path, **options):
        """Declare a route that does something: POST only, with a CSRF token."""
        defaults = {"max_content_length": FORM_SIZE, "explain_old_token": explain_old_token}
        return page(path, methods=("POST",), **{**defaults, **options})

    return page, step


# === THE DOOR === #


def get_token_hash(session, activation_id):
    """Return the hash of the token that opened a page in this session, or None.

    :param str session: name in the session
    """
    return request.session.get(session, {}).get(str(activation_id))


def name_visitor(row):
    """Name whom a page was opened by, for what the browser keeps in the tab; see draft.js.

    :param row: what the visitor has opened
    :rtype: str
    """
    return f"{row._name}.{row.id}"


def enter(activation_id, access_token, *, session, path, find, opened, closed, misses):
    """Store the hash of a valid token in the session, and redirect to the page's clean address.

    :param access_token: as sent; visitors without JavaScript paste the whole link
    :param str session: name in the session: by activation, the hash of the token that opened it
    :param str path: of the page
    :param find: returns the row of a hash, or an empty record
    :param opened: is told of the row
    :param closed: shows that nothing opened, for an activation
    :param misses: the limit of attempts, by address
    """
    token_hash = hash_token(str(access_token).rpartition("#")[2])
    row = find(token_hash)
    if not row:
        # A valid link always opens: many people share an address, and one of them may be guessing.
        address = request.httprequest.remote_addr
        if misses.is_reached(address):
            return closed(activation_id, status=429, is_link=True, is_rate_limited=True)
        misses.add(address)
        return closed(activation_id)
    opened(row)
    # A new session, against session fixation.
    request.session.should_rotate = True
    known = request.session.get(session, {})
    request.session[session] = {**known, str(activation_id): token_hash}
    return request.redirect(path)


def explain_old_token(activation_id, row, *, shown, closed):
    """Show the page with a new token, if it is still the visitor's, or how to open it.

    Tokens end with their session: when it expires, or when the link is opened again in another tab. The status
    is that of Odoo's bare answer.

    :param row: what the visitor has opened, or an empty record
    :param shown: shows the page of a row
    :param closed: shows that nothing is open, for an activation
    """
    if row:
        sentence = request.env._(
            "Nothing was sent, because your session was renewed in another window. Try again."
        )
        return shown(row, status=_OLD_TOKEN, error=sentence)
    return closed(activation_id, status=_OLD_TOKEN, is_link=True, is_session_over=True)


def explain_old_token_as_json(**_args):
    """Say to a script that sent files why no PDF was made of them."""
    sentence = request.env._("Your session has expired. Open the link in the mail again.")
    return refuse_pdf(sentence, _OLD_TOKEN)


# === FILES === #


def give_out(row, give, *, shown, reads):
    """Send a document to be saved.

    :param row: what the visitor has opened
    :param give: makes the response from an activation, or raises a `UserError`
    :param shown: shows the page of a row
    :param reads: the limit of documents, by row
    """
    if reads.is_reached(row.id):
        sentence = request.env._(
            "The documents were opened too often by this link. Wait an hour and try again."
        )
        return shown(row, status=429, error=sentence)
    reads.add(row.id)
    try:
        return give(row._get_activation())
    except UserError as error:
        return shown(row, status=422, error=str(error))


def read_upload(file):
    """Read the signed letter of a form.

    :param file: what was sent in its place
    :return: its content in base64, and its name
    :rtype: tuple[bytes, str]
    """
    # One byte more than the limit is enough to refuse it.
    content = file.read(MAX_SIZE + 1) if hasattr(file, "read") else b""
    return base64.b64encode(content), getattr(file, "filename", "")


def describe_file(activation):
    """Return what the page says of the signed letter, attached or not.

    :rtype: dict[str, str]
    """
    return {
        "size": formatLang(activation.env, activation.signed_letter_size / 1000, digits=0) + " kB",
        "file_label": request.env._("Signed letter, as a PDF of at most %s or as photos", PDF_SIZE),
    }
