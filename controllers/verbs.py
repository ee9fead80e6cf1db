"""Routes that answer to their own verbs and to no others."""

import functools

from werkzeug.exceptions import MethodNotAllowed

from odoo import http
from odoo.http import request


def route(paths, methods, **options):
    """Declare a route, like `odoo.http.route`, whose list of verbs is a wall.

    Odoo adds OPTIONS to the verbs of every route, and asks for no token against forged requests
    with it: by OPTIONS a step of a POST route would run without one.

    :param paths: one path or a list of them
    :param methods: verbs; GET answers to HEAD as well
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
