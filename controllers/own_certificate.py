from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import Controller, request

from ..const import OWN_CERTIFICATE_ROUTE
from ..tools.pkcs12 import MAX_SIZE
from .verbs import route


class OwnCertificate(Controller):
    @route(
        f"{OWN_CERTIFICATE_ROUTE}/<record_id:activation_id>",
        ["POST"],
        type="http",
        auth="user",
        # Small enough to stay in memory: an upload is never written to a temporary file.
        max_content_length=2 * MAX_SIZE + 50_000,
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
        # (A file can be sent instead of a text.)
        password = password if isinstance(password, str) else ""
        files = [file.read() for file in (certificate, key) if hasattr(file, "read")]
        try:
            errors = activation._load_certificate(files, password)
        except (AccessError, MissingError, UserError) as error:
            request.env.cr.rollback()
            errors = {"certificate": [str(error)]}
        return request.make_json_response({"errors": errors})
