import os
from contextlib import contextmanager

from odoo import api, models
from odoo.exceptions import AccessError, UserError


@contextmanager
def storing_files(env):
    """Write to the filestore, or say in one sentence that it takes nothing.

    :raise UserError: when a file cannot be written, with the remedy
    """
    try:
        yield
    except OSError as error:
        raise UserError(
            env._(
                "The server could not store the file, maybe because its disk is full. Tell your "
                "administrator, then try again: nothing else is lost."
            )
        ) from error


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    # A checked PDF is stored as an attachment. Its record checks every file that it takes and writes
    # it in sudo mode; nobody may change the file past it.

    @api.model_create_multi
    def create(self, vals_list):
        attachments = super().create(vals_list)
        # Afterwards: the context gives values as well.
        for attachment in attachments.sudo():
            self._check_pdf_field(attachment.res_model, attachment.res_field)
        return attachments

    def write(self, vals):
        for attachment in self.sudo():
            self._check_pdf_field(attachment.res_model, attachment.res_field)
            self._check_pdf_field(
                vals.get("res_model", attachment.res_model),
                vals.get("res_field", attachment.res_field),
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_pdf_field(self):
        for attachment in self.sudo():
            self._check_pdf_field(attachment.res_model, attachment.res_field)

    def _check_pdf_field(self, res_model, res_field):
        if not self.env.su and res_field and getattr(self.env.get(res_model), "_pdf_fields", ()):
            raise AccessError(
                self.env._("This file is attached and deleted on its record, where it is checked.")
            )

    @api.model
    def _get_path(self, bin_data, sha):
        """Let a checked PDF be stored anew where a damaged copy of it lies.

        Odoo names a file by its SHA-1, and would tell whoever attaches the same scan again that it
        collides with another one.
        """
        if self.env.context.get("certificate_pdf_unread"):
            self._remove_damaged_file(sha)
        return super()._get_path(bin_data, sha)

    @api.model
    def _file_write(self, bin_value, checksum):
        """Leave nothing of a file that a full disk took a part of."""
        try:
            return super()._file_write(bin_value, checksum)
        except OSError:
            self._remove_damaged_file(checksum)
            raise

    @api.model
    def _remove_damaged_file(self, checksum):
        path = self._full_path(f"{checksum[:2]}/{checksum}")
        if os.path.isfile(path):
            with open(path, "rb") as file:
                is_damaged = self._compute_checksum(file.read()) != checksum
            if is_damaged:
                os.remove(path)

    @api.model
    def _index(self, bin_data, file_type, checksum=None):
        """Keep the search in documents away from what it must not read.

        Uploaded PDF files, which nothing in this process parses, and private keys, which are text.
        """
        if self.env.context.get("certificate_pdf_unread") or (
            b"PRIVATE KEY-----" in (bin_data or b"")
        ):
            return None
        return super()._index(bin_data, file_type, checksum=checksum)
