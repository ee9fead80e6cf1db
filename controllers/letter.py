from odoo import http
from odoo.http import request

from .verbs import route


class CertificateLetter(http.Controller):
    # Not `readonly`: the text was saved just before, and a replica may be behind.
    @route("/certificate/letter/preview/<record_id:company_id>", ["GET"], type="http", auth="user")
    def preview(self, company_id, **_kwargs):
        """Show the letter of a lender as a PDF, to whoever may edit it."""
        company = request.env["res.company"].browse(company_id).exists()
        if not company:
            raise request.not_found()
        company._check_letter_editor()
        return request.make_response(
            company._render_letter_example(),
            [
                ("Content-Type", "application/pdf"),
                ("Content-Disposition", 'inline; filename="letter.pdf"'),
            ],
        )
