"""Somebody without a log-in who follows a link, in a browser of their own."""

from odoo import http
from odoo.tools import mute_logger


class LinkVisitor:
    """For a class of tests over HTTP."""

    def visit(self, login=None):
        """Begin anew, as a visitor in a fresh browser."""
        self.authenticate(login, login)

    def request_page(self, method, url, *, csrf=True, **options):
        """Ask for a page, or send one of its forms with the token of the session."""
        if method == "POST" and csrf:
            data = {"csrf_token": http.Request.csrf_token(self), **options.pop("data", {})}
            options["data"] = data
        options.setdefault("allow_redirects", False)
        with mute_logger("odoo.http"):
            return self.url_open(url, method=method, **options)

    def keep_session(self, response):
        """Go on in the session of a response: an opened link begins another one, to which the next forms belong."""
        if sid := response.cookies.get("session_id"):
            self.session.sid = sid
        return response

    def read_activations(self):
        """Return all that is stored of all activations."""
        self.env.flush_all()
        self.env.invalidate_all()
        activations = self.env["certificate.activation"].sudo().search([], order="id")
        names = [
            name
            for name, field in activations._fields.items()
            if field.store and (field.column_type or field.type == "binary")
        ]
        return activations.read(names)
