from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.pdf_check import PdfCheckUnavailable
from ..tools.pdf_shrink import make_pdf
from ..tools.upload_limits import INPUT_FILES, INPUT_SIZE, PDF_SIZE


class CertificatePdfMixin(models.AbstractModel):
    """What makes a PDF that can be attached of a scan that is too large, or of photos."""

    _inherit = "certificate.pdf.mixin"

    def _make_pdf(self, files):
        """Make one PDF of scans and photos that are about to be attached to this record.

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
                return make_pdf(files)
        except PdfCheckUnavailable as error:
            raise UserError(self._get_pdf_check_unavailable()) from error

    def _get_conversion_key(self):
        """Return whose file is made: the name of a model, and an id.

        :rtype: tuple[str, int]
        """
        return "res.users", self.env.uid

    def _get_pdf_refusals(self):
        return {
            **super()._get_pdf_refusals(),
            "unknown_kind": self.env._(
                "The file is not a PDF, a JPG or a PNG. Save it as one of these and attach that."
            ),
            "heic": self.env._(
                "Photos in the HEIC format cannot be read. On the iPhone, choose Settings > Camera > "
                "Formats > Most Compatible and take the photo again, or export it as JPG."
            ),
            "signed": self.env._(
                "The PDF has a digital signature, which a smaller copy would lose. Have a PDF of at "
                "most %s signed, or attach a scan of the paper.",
                PDF_SIZE,
            ),
            "too_many_files": self.env._(
                "You chose more than %s files. Attach only what is asked for.", INPUT_FILES
            ),
            "too_much": self.env._(
                "The files are larger than %s together. Scan in black and white or at 150 dpi.",
                INPUT_SIZE,
            ),
            "cannot_shrink": self.env._(
                "However it is written, the file stays larger than %s. "
                "Scan it in black and white or at 150 dpi.",
                PDF_SIZE,
            ),
        }
