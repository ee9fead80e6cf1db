"""What is answered to a form with the CSRF token of an earlier session: see `ir.http._handle_error`.

Tokens end with their session: when it expires, or when a link is opened again in another tab. Odoo answers a bare
400; what a route names as `explain_old_token` answers a page, with the same status.
"""

from werkzeug.exceptions import BadRequest

from odoo.http import request

from .pdf import refuse_pdf

STATUS = BadRequest.code


def get_renewed_sentence():
    """Say why nothing was done, on a page that is still open to the visitor and has a new token."""
    return request.env._(
        "Nothing was sent, because your session was renewed in another window. Try again."
    )


def explain_as_json(**_args):
    """Say to a script that sent files why no PDF was made of them."""
    sentence = request.env._("Your session has expired. Open the link in the mail again.")
    return refuse_pdf(sentence, STATUS)
