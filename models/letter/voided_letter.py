from odoo import api, fields, models
from odoo.exceptions import UserError

from ...const import COLOMBIA_TZ, LETTER_MATCHES, VOID_REASONS
from ..core.whole_files import read_whole
from .terms import TERMS_FIELDS


class CertificateVoidedLetter(models.Model):
    """A downloaded letter that became void, with the scan that was attached.

    It is part of the history: managers of the company can read it, and nobody can write it.
    """

    _name = "certificate.voided.letter"
    _description = "Voided Exoneration Letter"
    _inherit = ["certificate.pdf.mixin"]
    _order = "id desc"
    _rec_name = "letter_code"
    _pdf_fields = ("signed_letter",)

    activation_id = fields.Many2one(
        "certificate.activation", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="activation_id.company_id", store=True, index=True)
    letter_code = fields.Char(string="Code", readonly=True)
    letter_date = fields.Date(string="Date of the letter", readonly=True)
    letter_downloaded_on = fields.Datetime(string="Downloaded on", readonly=True)
    letter_version = fields.Char(string="Version of the letter", readonly=True)
    letter_scope = fields.Char(string="Documents of the letter", readonly=True)
    letter_certificate = fields.Json(string="Certificate of the letter", readonly=True)
    voided_on = fields.Datetime(string="Void since", readonly=True, default=fields.Datetime.now)
    voided_by_id = fields.Many2one(
        "res.users", string="Changed by", readonly=True, default=lambda self: self.env.uid
    )
    reason = fields.Selection(VOID_REASONS, readonly=True)
    restored_on = fields.Datetime(
        readonly=True,
        help="When the letter said the same words again, so that it and its scan are valid as before.",
    )
    signed_letter = fields.Binary(attachment=True, readonly=True)
    signed_letter_filename = fields.Char(readonly=True)
    signed_letter_size = fields.Integer(string="Size in bytes", readonly=True)
    signed_letter_sha256 = fields.Char(string="SHA-256", readonly=True)
    signed_letter_pages = fields.Integer(string="Pages", readonly=True)
    signed_letter_match = fields.Selection(LETTER_MATCHES, string="Signed letter", readonly=True)
    signed_letter_signers = fields.Char(string="Digital signature of", readonly=True)
    signed_letter_anchors = fields.Char(string="Authorities of the signature", readonly=True)
    signed_letter_unread_pages = fields.Char(string="Pages not recognised", readonly=True)

    @api.model
    def _keep(self, activation, reason):
        """Store the letter and the scan of an activation before they are deleted.

        :param activation: `certificate.activation` in sudo mode
        :param str reason: one of `VOID_REASONS`
        """
        kept = (
            "letter_code",
            "letter_date",
            "letter_downloaded_on",
            *TERMS_FIELDS,
            "signed_letter_match",
            "signed_letter_signers",
            *activation._get_pdf_fields("signed_letter"),
        )
        whole = read_whole(activation)
        return self.with_context(certificate_pdf_unread=True).create(
            {
                "activation_id": activation.id,
                "reason": reason,
                **{name: whole[name] for name in kept},
            }
        )

    def _restore(self):
        """Make the letter and its scan those of the activation again.

        The scan is checked like any file that is attached. Should it be refused, the letter is back and
        the scan is not.
        """
        self.ensure_one()
        letter, activation = self._trusted(), self.activation_id._trusted()
        activation.write(
            {
                "letter_code": letter.letter_code,
                "letter_date": letter.letter_date,
                "letter_downloaded_on": letter.letter_downloaded_on,
                **{name: letter[name] for name in TERMS_FIELDS},
            }
        )
        letter.restored_on = fields.Datetime.now()
        whole = read_whole(letter)
        if not whole.signed_letter:
            return
        try:
            with self.env.cr.savepoint():
                activation.write(
                    {
                        "signed_letter": whole.signed_letter,
                        "signed_letter_filename": letter.signed_letter_filename,
                    }
                )
        except UserError:
            activation.invalidate_recordset()

    def _get_void_date(self):
        """Return the day in Colombia since which the letter is void."""
        here = self.with_context(tz=COLOMBIA_TZ)
        return fields.Datetime.context_timestamp(here, self.voided_on).date()

    def _is_evidence(self, name):
        return True

    def _report_stored_pdf(self):
        self.activation_id._report_stored_pdf()
