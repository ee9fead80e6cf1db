from werkzeug.wsgi import wrap_file

from odoo.http import Controller, content_disposition, request

from ..const import EVIDENCE_ROUTE
from ..models.trace.export import exporting
from .verbs import route


class CertificateEvidence(Controller):
    @route(f"{EVIDENCE_ROUTE}/<record_id:wizard_id>", ["GET"], type="http", auth="user")
    def export_certificate_evidence(self, wizard_id, **_kwargs):
        """Send the archive that a user has asked for in the dialog: no other address leads to one."""
        wizard = request.env["certificate.evidence.wizard"].browse(wizard_id).exists()
        if not wizard:
            return request.make_response("", status=404)  # an exception would not have the headers
        wizard.check_access("read")
        with exporting(wizard.env, wizard._get_companies()) as (stream, size):
            response = request.make_response(
                wrap_file(request.httprequest.environ, stream),
                [
                    ("Content-Type", "application/zip"),
                    ("Content-Length", str(size)),
                    ("Content-Disposition", content_disposition(wizard._get_filename())),
                ],
            )
        response.direct_passthrough = True
        response.call_on_close(stream.close)
        return response
