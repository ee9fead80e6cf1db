from io import BytesIO

from odoo import models
from odoo.exceptions import UserError

from ..const import LETTER_REPORT, READING_REPORT, RECORD_REPORT
from ..models.core.ir_http import protect_answer

# The method that makes each report of an activation: none of them is printed from HTML.
_RENDERERS = {
    LETTER_REPORT: "_render_letter",
    READING_REPORT: "_render_letter_in_english",
    RECORD_REPORT: "_read_record",
}


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    # The letter is laid out by reportlab: the same data gives the same bytes, and no program
    # besides Odoo is needed. Odoo asks two methods for a PDF, and both answer for these reports.

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        renderer = _RENDERERS.get(self._get_report(report_ref).report_name)
        if not renderer:
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=res_ids)
        protect_answer()
        # Odoo would merge several in this process, and a record contains an uploaded file.
        if len(set(res_ids or ())) != 1:
            raise UserError(self.env._("Download one file at a time."))
        activation = self.env["certificate.activation"].browse(res_ids[0])
        return {
            activation.id: {"stream": BytesIO(getattr(activation, renderer)()), "attachment": None}
        }

    def _get_rendering_context(self, report, docids, data):
        """As HTML or plain text, the response is protected like the PDF."""
        if report.report_name in _RENDERERS:
            protect_answer()
        return super()._get_rendering_context(report, docids, data)

    def _pre_render_qweb_pdf(self, report_ref, res_ids=None, data=None):
        # Under test Odoo renders HTML here, because wkhtmltopdf would hang; reportlab does not.
        if self._get_report(report_ref).report_name not in _RENDERERS:
            return super()._pre_render_qweb_pdf(report_ref, res_ids=res_ids, data=data)
        return self._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=res_ids), "pdf"
