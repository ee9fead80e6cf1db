from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import Controller, request

from ..const import LENT_CERTIFICATE_ROUTE, OWN_CERTIFICATE_ROUTE
from ..tools.pkcs12 import MAX_SIZE
from .verbs import route

# Small enough to stay in memory: an upload is never written to a temporary file.
_MAX_UPLOAD = 2 * MAX_SIZE + 50_000


class OwnCertificate(Controller):
    @route(
        f"{OWN_CERTIFICATE_ROUTE}/<record_id:activation_id>",
        ["POST"],
        type="http",
        auth="user",
        max_content_length=_MAX_UPLOAD,
    )
    def load(self, activation_id, certificate=None, key=None, password="", **_kwargs):
        """Receive the file of a company's own certificate, and its password.

        A route and not a method of a model: at debug level Odoo logs the arguments of methods.

        :param int activation_id: of the `certificate.activation`
        :param certificate: the uploaded file
        :param key: the uploaded file of the key, when it is another one
        :param str password: of the file
        :return: `errors`: of `_load_certificate`
        """
        activation = request.env["certificate.activation"].browse(activation_id)
        return self._load(activation._load_certificate, certificate, key, password)

    @route(
        f"{LENT_CERTIFICATE_ROUTE}/<record_id:company_id>",
        ["POST"],
        type="http",
        auth="user",
        max_content_length=_MAX_UPLOAD,
    )
    def load_lent(self, company_id, certificate=None, key=None, password="", **_kwargs):
        """Receive the file of the certificate that a company lends, likewise.

        :param int company_id: of the `res.company`
        """
        company = request.env["res.company"].browse(company_id)
        return self._load(company._load_lent_certificate, certificate, key, password)

    def _load(self, load, certificate, key, password):
        # (A file can be sent instead of a text.)
        password = password if isinstance(password, str) else ""
        files = [file.read() for file in (certificate, key) if hasattr(file, "read")]
        try:
            errors = load(files, password)
        except (AccessError, MissingError, UserError) as error:
            request.env.cr.rollback()
            errors = {"certificate": [str(error)]}
        return request.make_json_response({"errors": errors})
