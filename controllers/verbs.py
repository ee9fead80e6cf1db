"""Routes that respond only to their own HTTP methods."""

import functools

from werkzeug.exceptions import MethodNotAllowed

from odoo import http
from odoo.http import request


def route(paths, methods, **options):
    """Declare a route like `odoo.http.route`, but with a strict list of HTTP methods.

    Odoo adds OPTIONS to the methods of every route and checks no CSRF token for it: with OPTIONS, a
    step of a POST route would run without one.

    :param paths: one path or a list of them
    :param methods: HTTP methods; GET also allows HEAD
    :param options: of `odoo.http.route`
    """
    allowed = {*methods, "HEAD"} if "GET" in methods else set(methods)

    def declare(endpoint):
        @http.route(paths, methods=list(methods), **options)
        @functools.wraps(endpoint)
        def answer(self, *args, **kwargs):
            if request.httprequest.method not in allowed:
                raise MethodNotAllowed(valid_methods=sorted(allowed))
            return endpoint(self, *args, **kwargs)

        return answer

    return declare
