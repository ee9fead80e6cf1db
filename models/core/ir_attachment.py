import base64
import os
from contextlib import contextmanager
from dataclasses import dataclass

from odoo import api, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.base.models.ir_attachment import SECURITY_FIELDS

from .ondelete_guard import ondelete_guard

# Context key of the record that writes its own files.
FILE_WRITER = "certificate_file_writer"


@dataclass(frozen=True)
class FileWriter:
    """A record that writes its own files: an object, which no client can send in a context.

    :ivar str model: of the record.
    :ivar frozenset ids: of the records; None while they are created.
    :ivar frozenset names: of the binary fields.
    """

    model: str
    ids: frozenset | None
    names: frozenset

    def owns(self, res_model, res_field, res_id):
        """Tell whether a file is one of the record's."""
        is_ours = res_model == self.model and res_field in self.names
        return is_ours and (self.ids is None or res_id in self.ids)


@contextmanager
def storing_files(env):
    """Write to the filestore, or raise one sentence if it cannot be written.

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

    # The files of a record of `certificate.pdf.mixin` are stored as attachments. The record checks
    # every file, knows which one is evidence, and writes it. Nobody changes the file any other way,
    # not even in sudo mode: Odoo deletes attachments in sudo mode where a message or a job holds
    # them.

    @api.model_create_multi
    def create(self, vals_list):
        attachments = super().create(vals_list)
        # After super(): the context also gives default values.
        attachments._check_file_writer()
        attachments._check_company_pictures()
        return attachments

    def write(self, vals):
        kept = self._get_files_of_fields().filtered(
            lambda attachment: self._is_kept(attachment.res_model, attachment.res_field)
        )
        # Only a change of content matters: a file may move to another store.
        if kept and not kept._is_same_content(vals):
            self._check_file_writer()
        self._check_company_pictures()
        is_moved = not vals.keys().isdisjoint(("res_model", "res_field", "res_id"))
        if is_moved:
            for attachment in self.sudo():
                place = [
                    vals.get(name, attachment[name])
                    for name in ("res_model", "res_field", "res_id")
                ]
                self._check_place(*place)
        result = super().write(vals)
        if is_moved:  # where they are now
            self._check_company_pictures()
        return result

    @ondelete_guard
    def _unlink_except_file_writer(self):
        self._check_file_writer(is_deleted=True)
        self._check_company_pictures()

    def _get_files_of_fields(self):
        """Return those, in sudo mode, that are a field's: no other one is kept by its record, or a picture of one.

        :rtype: ir.attachment
        """
        attachments = self.sudo()
        # What Odoo reads next in any case, to check access; the rest of the row is not read.
        attachments.fetch(SECURITY_FIELDS)
        return attachments.filtered("res_field")

    def _check_company_pictures(self):
        """Refuse to let outsiders change a company's logo by way of its contact's attachments.

        Letters show the logo. Odoo lets a user who may write a contact write the files of its
        fields as well.

        :raise AccessError: when they do
        """
        for attachment in self._get_files_of_fields():
            if attachment.res_model == "res.partner":
                partner = self.env["res.partner"].browse(attachment.res_id)
                partner._check_company_picture(attachment.res_field)

    def _check_file_writer(self, is_deleted=False):
        """Refuse to change a record's file other than through the record.

        :param bool is_deleted: whether the file is being deleted, which is allowed with its record
        :raise AccessError: otherwise
        """
        for attachment in self._get_files_of_fields():
            self._check_place(
                attachment.res_model, attachment.res_field, attachment.res_id, is_deleted
            )

    @api.model
    def _check_place(self, res_model, res_field, res_id, is_deleted=False):
        if not self._is_kept(res_model, res_field):
            return
        writer = self.env.context.get(FILE_WRITER)
        if isinstance(writer, FileWriter) and writer.owns(res_model, res_field, res_id):
            return
        # A record that is being deleted has already checked whether it may be.
        if is_deleted and self.env.su and not self.env[res_model].browse(res_id).exists():
            return
        raise AccessError(
            self.env._("Attach or delete this file in its own record, where it is checked.")
        )

    @api.model
    def _is_kept(self, res_model, res_field):
        """Tell whether a field is one of those whose files the record itself keeps."""
        if not res_field or res_model not in self.env:
            return False
        return res_field in getattr(self.env[res_model], "_get_file_names", frozenset)()

    def _is_same_content(self, vals):
        """Tell whether a write only moves files to another store, as `force_storage` does.

        Other stores, such as those of OCA's `fs_attachment`, write `datas` instead, and then where the file
        is in fields of their own.
        """
        contents = [vals["raw"]] if "raw" in vals else []
        if "datas" in vals:
            contents.append(base64.b64decode(vals["datas"] or b""))
        names = {name for name in vals if "base" in self._fields[name]._modules}
        return (
            self.env.su
            and names <= {"raw", "datas", "mimetype"}
            and bool(contents or not names)
            and all(attachment.raw == content for attachment in self for content in contents)
        )

    @api.model
    def _get_path(self, bin_data, sha):
        """Let a checked PDF be stored again over a damaged copy of itself.

        Odoo names a file by its SHA-1, and would report a collision to a user who attaches the same
        scan again.
        """
        if self.env.context.get("certificate_pdf_unread"):
            self._remove_damaged_file(sha)
        return super()._get_path(bin_data, sha)

    @api.model
    def _file_write(self, bin_value, checksum):
        """Remove a file that a full disk stored only partly."""
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
        if self.env.context.get("certificate_pdf_unread"):
            return None
        # Not in the file, which may be large, but in what would be kept of it.
        content = super()._index(bin_data, file_type, checksum=checksum)
        return None if content and "PRIVATE KEY-----" in content else content
