from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...tools.pdf_check import PdfCheckUnavailable
from ...tools.pdf_shrink import make_pdf


class CertificatePdfMixin(models.AbstractModel):
    """Makes a PDF that can be attached from a scan that is too large, or from photos."""

    _inherit = "certificate.pdf.mixin"

    def _make_pdf(self, files):
        """Make one PDF from scans and photos that are about to be attached to this record.

        It stores nothing: the user looks at the PDF, and saves it as any other.

        :param list[bytes] files: PDF, JPEG or PNG, in the order of their pages
        :return: the PDF
        :rtype: bytes
        :raise AccessError: for a user who may not attach a file to this record
        :raise ShrinkRefused: with a code for `_get_pdf_refusals`
        :raise UserError: while another file of the user is being made, or when none can be made here or now
        """
        self.ensure_one()
        self.check_access("write")
        # It takes seconds of a worker: one at a time for each user, until this transaction ends.
        lock = SQL(
            "SELECT pg_try_advisory_xact_lock(hashtext(%s), %s)", *self._get_conversion_key()
        )
        if not self.env.execute_query(lock)[0][0]:
            raise UserError(
                self.env._("Another file of yours is being converted. Try again when it is done.")
            )
        try:
            with self._checking_files():
                return make_pdf(files, max_pages=self._get_max_pages())
        except PdfCheckUnavailable as error:
            raise UserError(self._get_pdf_check_unavailable()) from error

    def _get_conversion_key(self):
        """Return whose file is made: the name of a model, and an id.

        :rtype: tuple[str, int]
        """
        return "res.users", self.env.uid
