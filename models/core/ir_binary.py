from werkzeug.exceptions import NotFound, UnprocessableEntity

from odoo import models
from odoo.exceptions import UserError
from odoo.http import Stream

from ...const import MODULE
from ...tools.text_limits import clean_filename
from .ir_http import protect_answer


class CheckedPdfStream(Stream):
    """A checked PDF on its way to a browser: always a PDF, always to be saved, never kept by it.

    The type, name and caching that the request asks for are ignored: the file came from somebody
    else.
    """

    def get_response(self, **kwargs):
        self.mimetype = "application/pdf"
        self.download_name = clean_filename(self.download_name or "", ".pdf") or "file.pdf"
        return super().get_response(
            **{**kwargs, "as_attachment": True, "immutable": False, "max_age": None}
        )


class IrBinary(models.AbstractModel):
    _inherit = "ir.binary"

    # Whatever its address, a checked PDF is served by its own record, after comparing it with what
    # was stored.

    def _record_to_stream(self, record, field_name):
        owner, name = self._find_owner(record, field_name)
        if MODULE in owner._fields[name]._modules:
            protect_answer()
        if name not in getattr(owner, "_pdf_fields", ()):
            return super()._record_to_stream(record, field_name)
        if owner != record and record._name != "ir.attachment" and not record.env.su:
            owner.check_access("read")
        record, field_name = owner, name
        file = record.sudo()
        if not file[f"{field_name}_sha256"]:
            raise NotFound()
        try:
            data = record._read_stored_pdf(field_name)
        except UserError as error:
            # Odoo would only say that nothing was found.
            raise UnprocessableEntity(str(error)) from error
        return CheckedPdfStream(
            type="data",
            data=data,
            size=len(data),
            etag=file[f"{field_name}_sha256"],
            last_modified=file.write_date,
            download_name=file[f"{field_name}_filename"],
        )

    def _find_owner(self, record, field_name):
        """Return the record that owns a file which another record leads to, such as an attachment
        or a wizard.

        :return: the record, and the name of its field
        """
        if record._name == "ir.attachment":
            attachment = record.sudo()
            owner = self.env.get(attachment.res_model)
            if owner is not None and attachment.res_field in owner._fields:
                return owner.browse(attachment.res_id), attachment.res_field
        while (field := record._fields[field_name]).related:
            *path, name = field.related.split(".")
            owner = record.sudo().mapped(".".join(path)).with_env(record.env) if path else record
            if len(owner) != 1:
                break
            record, field_name = owner, name
        return record, field_name
