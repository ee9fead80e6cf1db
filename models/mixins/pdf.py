import base64
import functools
import hashlib
import logging
from contextlib import contextmanager

from odoo import api, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import config

from ...tools import sandbox, sandbox_places
from ...tools.pdf_check import MAX_SIZE, PdfCheckUnavailable, PdfRefused, check_pdf
from ...tools.upload_limits import INPUT_FILES, INPUT_SIZE, PDF_PAGES, PDF_SIZE
from ..core.ir_attachment import FILE_WRITER, FileWriter, storing_files
from ..core.ondelete_guard import ondelete_guard
from ..core.whole_files import read_whole

_logger = logging.getLogger(f"{__name__}.protection")

# Facts stored about a checked file, its SHA-256 first.
_FACTS = ("sha256", "filename", "size", "pages")


class CertificatePdfMixin(models.AbstractModel):
    """A guarded record that keeps uploaded PDF files, each of them checked before it is stored.

    For each binary field `x` of `_pdf_fields`, facts about its file are stored in `x_filename`,
    `x_size` (bytes), `x_sha256` and `x_pages`.

    Only the record writes its files: `ir.attachment` refuses everything else, even in sudo mode. A
    file that is evidence is never changed or deleted, not even by the superuser or with its record.
    """

    _name = "certificate.pdf.mixin"
    _description = "Record with Checked PDF Files"
    _inherit = ["certificate.guarded.mixin"]

    # Names of the binary fields; set by each model.
    _pdf_fields = ()
    # Binary fields that the record itself fills, with the names of the fields for facts about each.
    _kept_files = {}
    # Fields that lead to records whose evidence goes with this one.
    _evidence_children = ()

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            self._refuse_files(*vals_list)
        writer = FileWriter(self._name, None, self._get_file_names())
        records = super(CertificatePdfMixin, self.with_context(**{FILE_WRITER: writer}))
        return records.create(vals_list).with_env(self.env)

    def _register_hook(self):
        super()._register_hook()
        sandbox_places.configure(config["workers"], folder=config["data_dir"])
        _log_missing_layers()

    @contextmanager
    def _checking_files(self):
        """Reserve one of the server's few places for examining files in separate processes.

        :raise UserError: when no place is free, or the server was too busy to finish
        """
        try:
            with sandbox.working_for(repr((self.env.cr.dbname, *self._get_conversion_key()))):
                yield
        except sandbox.ChildBusy as error:
            raise UserError(self._get_busy_sentence()) from error

    @api.model
    def _get_busy_sentence(self):
        return self.env._(
            "The server is checking many files right now. Your file is not lost: try again in a minute."
        )

    @api.model
    def _refuse_files(self, *vals_list):
        """Refuse files in the values of a new record: they are checked when they are attached to it.

        :raise AccessError: if the values hold a file, or what is known of one
        """
        kept = {name for item in self._map_file_facts().items() for name in (item[0], *item[1])}
        if any(vals.get(name) for vals in vals_list for name in kept):
            raise AccessError(
                self.env._("Attach or delete this file in its own record, where it is checked.")
            )

    @contextmanager
    def _storing(self, vals):
        self._check_no_evidence(vals)
        with self._checking_files():
            vals = self._prepare_all_pdf_vals(vals)
        # In sudo mode, because users do not write the facts of a file. `_admit` has checked their rights.
        writer = FileWriter(self._name, frozenset(self.ids), self._get_file_names())
        context = {"certificate_pdf_unread": True, FILE_WRITER: writer}
        with storing_files(self.env), super()._storing(vals) as (records, vals):
            yield records.sudo().with_context(**context), vals

    @ondelete_guard
    def _unlink_except_evidence(self):
        for record in self.sudo():
            if record._holds_evidence():
                raise record._make_evidence_error()

    # === EVIDENCE === #

    @api.model
    def _get_file_names(self):
        """Return the names of the binary fields whose files this record keeps."""
        return frozenset((*self._pdf_fields, *self._kept_files))

    def _is_evidence(self, name):
        """Tell whether the file of a field is evidence and may no longer be changed or deleted.

        :param str name: of the binary field, which has a file
        :rtype: bool
        """
        return False

    def _holds_evidence(self):
        """Tell whether any file of this record, or of what goes with it, is evidence now.

        :rtype: bool
        """
        return any(
            record[facts[0]] and record._is_evidence(name)
            for record in self
            for name, facts in self._map_file_facts().items()
        ) or any(self.mapped(name)._holds_evidence() for name in self._evidence_children)

    @api.model
    def _map_file_facts(self):
        """Name the fields for facts about each file, its SHA-256 first.

        :rtype: dict[str, tuple[str, ...]]
        """
        kept = {name: tuple(f"{name}_{fact}" for fact in _FACTS) for name in self._pdf_fields}
        return {**kept, **self._kept_files}

    def _check_no_evidence(self, vals):
        """Refuse to change a file that is evidence now, or what is kept about it.

        :raise AccessError: if a value of it is among these
        """
        for name, facts in self._map_file_facts().items():
            if not vals.keys().isdisjoint((name, *facts)):
                for record in self.sudo():
                    if record[facts[0]] and record._is_evidence(name):
                        raise record._make_evidence_error()

    def _make_evidence_error(self):
        return AccessError(
            self.env._("This file is evidence of what was done: it cannot be changed or deleted.")
        )

    # === CHECKS === #

    def _prepare_all_pdf_vals(self, vals):
        """Check the files among the values, and derive the facts about them.

        :rtype: dict
        """
        for name in self._pdf_fields:
            if name in vals:
                vals = {**vals, **self._prepare_pdf_vals(name, vals)}
        return vals

    def _prepare_pdf_vals(self, name, vals):
        """Check a file that is about to be stored, and derive the facts about it.

        :param str name: of the binary field
        :param dict vals: values with that field: base64, or falsy to delete the file
        :rtype: dict
        :raise ValidationError: with one sentence and a remedy, when the file is refused
        """
        # An empty text is an empty file, which is refused like any other bad one.
        if vals[name] in (False, None):
            return dict.fromkeys(self._get_pdf_fields(name), False)
        data = self._decode_pdf(vals[name])
        facts = self._check_pdf(data)
        return {
            **self._examine_pdf(name, data, facts),
            f"{name}_filename": vals.get(f"{name}_filename") or self.env._("scan.pdf"),
            f"{name}_size": facts.size,
            f"{name}_sha256": facts.sha256,
            f"{name}_pages": facts.pages,
        }

    @api.model
    def _get_pdf_fields(self, name):
        """Name the binary field and the fields for facts about its file."""
        return [name] + [f"{name}_{fact}" for fact in _FACTS]

    @api.model
    def _decode_pdf(self, content):
        """Decode an uploaded file; its size is checked before.

        :param content: base64
        :rtype: bytes
        :raise ValidationError: with one sentence and a remedy, when the file is refused
        """
        try:
            if len(content) > 4 * (MAX_SIZE // 3 + 1):
                raise ValidationError(self._get_pdf_refusals()["too_large"])
            return base64.b64decode(content, validate=True)
        except (TypeError, ValueError) as error:
            raise ValidationError(self._get_pdf_refusals()["damaged"]) from error

    @api.model
    def _check_pdf(self, data):
        """Check an uploaded PDF in a process of its own.

        :param bytes data: the file
        :rtype: tools.pdf_check.PdfFacts
        :raise ValidationError: with one sentence and a remedy, when the file is refused
        :raise UserError: when files cannot be checked on this server, or not now
        """
        try:
            with self._checking_files():
                return check_pdf(data, pages=self._get_max_pages())
        except PdfRefused as refused:
            sentences = self._get_pdf_refusals(refused.pages)
            raise ValidationError(sentences[refused.code]) from refused
        except PdfCheckUnavailable as error:
            raise UserError(self._get_pdf_check_unavailable()) from error

    def _get_max_pages(self):
        """Return how many pages a file of these records may have.

        :rtype: int
        """
        return PDF_PAGES

    @api.model
    def _get_pdf_check_unavailable(self):
        return self.env._(
            "The server cannot check PDF files now. Try again, or tell your administrator."
        )

    @api.model
    def _get_pdf_refusals(self, max_pages=None):
        """Say why a file is refused and what to do, by the codes of `tools.pdf_check` and `tools.pdf_shrink`.

        :param max_pages: how many pages are accepted, where it is not the usual number
        :rtype: dict[str, str]
        """
        return {
            "empty": self.env._(
                "The file is empty. Download or scan the document again, or take a new photo, and "
                "attach the new file."
            ),
            "too_large": self.env._(
                "The file is larger than %s. Scan the document in black and white or at 150 dpi, and "
                "attach the new file.",
                PDF_SIZE,
            ),
            "not_pdf": self.env._(
                "The file is not a PDF. Save the document, scan or photo as a PDF and attach that."
            ),
            "truncated": self.env._(
                "The end of the file is missing. Download or scan the document again and attach the "
                "new file."
            ),
            "damaged": self.env._(
                "The file is damaged and cannot be opened. Download or scan the document again, or "
                "take a new photo, and attach the new file."
            ),
            "encrypted": self.env._(
                "The file opens only with a password. Open it, print it to PDF and attach that PDF."
            ),
            "no_pages": self.env._(
                "The file has no pages. Download or scan the document again and attach the new file."
            ),
            "too_many_pages": self.env._(
                "There are more than %s pages. Attach only those that are asked for.",
                max_pages or PDF_PAGES,
            ),
            "active_content": self.env._(
                "The file contains a program or another file. Print it to PDF, scan it or take photos "
                "of its pages, and attach the result."
            ),
            "too_complex": self.env._(
                "The file is too complicated to be checked. Print it to PDF, scan it or take photos "
                "of its pages, and attach the result."
            ),
            # Refusals of the tool that makes files smaller.
            "unknown_kind": self.env._(
                "The file is not a PDF, a JPG, a PNG or a TIFF. Save it as one of these and attach that."
            ),
            "heic": self.env._(
                "HEIC photos cannot be read. Save the photo as JPG and attach that. On an iPhone, you "
                "can also choose Settings > Camera > Formats > Most Compatible and take it again."
            ),
            "signed": self.env._(
                "The PDF has a digital signature, which would be lost in a new PDF. Attach it alone if "
                "it is at most %s; otherwise have a smaller PDF signed, or attach a scan of the printed "
                "document.",
                PDF_SIZE,
            ),
            "too_many_files": self.env._(
                "You chose more than %s files. Attach only what is asked for, or scan all pages into "
                "one PDF.",
                INPUT_FILES,
            ),
            "too_much": self.env._(
                "What you chose is larger than %s. Scan the document in black and white or at "
                "150 dpi, or take photos of a lower resolution.",
                INPUT_SIZE,
            ),
            "cannot_shrink": self.env._(
                "The file is still larger than %s after compressing it. Scan the document in "
                "black and white or at 150 dpi, or take photos of its pages in good light.",
                PDF_SIZE,
            ),
        }

    def _examine_pdf(self, name, data, facts):
        """Check whether an acceptable file is also the right one, and derive the fields that say
        so.

        :param str name: of the binary field
        :param bytes data: the file
        :param facts: `tools.pdf_check.PdfFacts`
        :rtype: dict
        :raise ValidationError: when it is not
        """
        return {}

    def _check_stored_pdf(self, name):
        """Check that the stored file is there, unaltered and still acceptable.

        :param str name: of the binary field
        :return: values of the fields that say whether it is the right one
        :rtype: dict
        :raise UserError: otherwise, with the remedy
        """
        data = self._read_stored_pdf(name)
        with self._checking_files():
            return self._examine_pdf(name, data, self._check_pdf(data))

    def _read_stored_pdf(self, name):
        """Return a stored file after comparing it with its SHA-256; report a bad one.

        :param str name: of the binary field
        :rtype: bytes
        :raise UserError: when it is missing, empty or altered, with the remedy
        """
        data = self._get_unaltered_pdf(name)
        if data is None:
            self._after_transaction("_report_stored_pdf")
            raise UserError(self._get_stored_pdf_error(name))
        return data

    def _get_unaltered_pdf(self, name):
        """Return a stored file, or None when it is not the one that was stored.

        :rtype: bytes | None
        """
        self.ensure_one()
        record = read_whole(self.sudo())
        data = base64.b64decode(record[name] or b"")
        return data if hashlib.sha256(data).hexdigest() == record[f"{name}_sha256"] else None

    def _get_stored_pdf_error(self, name):
        if not self._is_evidence(name):
            return self.env._(
                "The stored file is missing or was altered. Delete it and attach it again."
            )
        return self.env._(
            "The stored file is missing or was altered. Ask your administrator to restore it from "
            "the backup."
        )

    def _report_stored_pdf(self):
        """Notify the users responsible for the record that a stored file is bad; each model
        knows whom.
        """

    def _check_evidence(self):
        """Check that every file of this record is there and unaltered.

        :raise UserError: otherwise, with the remedy
        """
        for record in self.sudo():
            names = [name for name in record._pdf_fields if record[f"{name}_sha256"]]
            if not names:
                continue
            # As they are stored, all in one query.
            files = record.env["ir.attachment"].search_fetch(
                [
                    ("res_model", "=", record._name),
                    ("res_id", "=", record.id),
                    ("res_field", "in", names),
                ],
                ["res_field", "store_fname", "db_datas"],
            )
            found = {file.res_field: hashlib.sha256(file.raw or b"").hexdigest() for file in files}
            for name in names:
                if found.get(name) != record[f"{name}_sha256"]:
                    record._read_stored_pdf(name)


@functools.cache
def _log_missing_layers():
    """Log, once per process, which protections this server lacks for examining files."""
    if missing := sandbox.get_missing_layers():
        _logger.warning(
            "Uploaded files are examined without this protection of the kernel: %s.",
            ", ".join(missing),
        )
