from io import BytesIO

from odoo import models

from ..const import LETTER_REPORT


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    # The letter is laid out by reportlab: the same data gives the same bytes, and no program
    # besides Odoo is needed. Odoo asks two methods for a PDF, and both answer for this report.

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        if self._get_report(report_ref).report_name != LETTER_REPORT:
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=res_ids)
        return {
            activation.id: {"stream": BytesIO(activation._render_letter()), "attachment": None}
            for activation in self.env["certificate.activation"].browse(res_ids)
        }

    def _pre_render_qweb_pdf(self, report_ref, res_ids=None, data=None):
        # Under test Odoo renders HTML here, because wkhtmltopdf would hang; reportlab does not.
        if self._get_report(report_ref).report_name != LETTER_REPORT:
            return super()._pre_render_qweb_pdf(report_ref, res_ids=res_ids, data=data)
        return self._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=res_ids), "pdf"
