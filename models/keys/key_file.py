import logging
import os
import re
from contextlib import suppress

from psycopg2.errors import LockNotAvailable

from odoo import api, fields, models
from odoo.tools import SQL, mute_logger

from ..core.aftermath import after_commit
from .custody import is_neutralized

_logger = logging.getLogger(__name__)

_ORDINARY = re.compile(r"([0-9a-f]{2})/\1[0-9a-f]{38}")


class CertificateKeyFile(models.Model):
    """A file of the store that contains a plain key and has to be removed.

    Odoo removes the files of deleted attachments later, other stores by rules of their own, and
    none of them removes what SQL deleted. So everything that deletes such a key, including
    `data/neutralize.sql`, leaves a row here. The row is deleted once the file can no longer be
    read; until then the custodian is warned.
    """

    _name = "certificate.key.file"
    _description = "File of a Removed Key"
    _log_access = False
    _rec_name = "store_fname"

    store_fname = fields.Char(string="File", required=True, readonly=True)

    _store_fname_unique = models.UniqueIndex("(store_fname)", "This file is already listed.")

    def _register_hook(self):
        """Remove the files that SQL could only note, as soon as the copy is used."""
        super()._register_hook()
        if is_neutralized(self.env) and self.sudo().search_count([], limit=1):
            self._remove_later()

    @api.autovacuum
    def _gc_key_files(self):
        self._remove_later()

    # === BUSINESS METHODS === #

    @api.model
    def _note(self, attachments):
        """Note the files of attachments that are about to be deleted, and remove them after the commit.

        :param attachments: `ir.attachment` with a key in the clear
        """
        for name in set(attachments.sudo().mapped("store_fname")) - {False}:
            self.env.cr.execute(
                SQL(
                    "INSERT INTO %s (store_fname) VALUES (%s) ON CONFLICT DO NOTHING",
                    SQL.identifier(self._table),
                    name,
                )
            )
        self._remove_later()

    @api.model
    def _remove_later(self, is_asked=False):
        """Remove the files after the commit.

        :param bool is_asked: by a custodian; a copy that was neutralised removes nothing by itself from
            a store that it may share with its original
        """
        is_all = is_asked or not is_neutralized(self.env)
        after_commit(self.env, lambda env: env["certificate.key.file"]._remove(is_all))

    @api.model
    def _remove(self, is_all):
        """Remove the files from the store that has them, and forget those that are gone.

        :param bool is_all: from other stores than Odoo's filestore as well
        """
        cr = self.env.cr
        # The lock of Odoo's file collector: nobody stores the same file meanwhile. Taken first, so
        # that this transaction sees what was stored before.
        cr.execute("SET LOCAL lock_timeout TO '5s'")
        try:
            with mute_logger("odoo.sql_db"):
                cr.execute("LOCK ir_attachment IN SHARE MODE")
        except LockNotAvailable:
            cr.rollback()  # the autovacuum tries again
            return
        for file in self.sudo().search([("id", "!=", False)], order="id"):
            name = file.store_fname
            if file._is_used() or not (is_all or _is_in_filestore(name)):
                continue
            if file._remove_from_store():
                file.unlink()
            else:
                _logger.warning("The file %s of a removed key could not be removed.", name)

    def _is_used(self):
        """Tell whether another attachment has the same file."""
        attachments = self.env["ir.attachment"].sudo()
        domain = [("store_fname", "=", self.store_fname), ("id", "!=", False)]
        return bool(attachments.with_context(active_test=False).search_count(domain, limit=1))

    def _remove_from_store(self):
        """Remove the file, and check that it is gone.

        :rtype: bool
        """
        name, attachments = self.store_fname, self.env["ir.attachment"].sudo()
        if _is_in_filestore(name):
            if not _is_ordinary(name):
                return False
            path = attachments._full_path(name)
            with suppress(OSError):
                os.unlink(path)
            return not os.path.lexists(path)
        try:
            attachments._file_delete(name)
            # OCA's fs_attachment, which collects files only if configured to
            if "fs.storage" in self.env:
                code, _separator, path = name.partition("://")
                with suppress(FileNotFoundError):
                    self.env["fs.storage"].sudo().get_fs_by_code(code).rm(path)
            return not attachments._file_read(name)
        except FileNotFoundError:
            return True
        except Exception:  # any error of the store, such as no connection
            _logger.warning("The store of the file %s does not answer.", name, exc_info=True)
            return False

    @api.model
    def _get_sentence(self):
        """Say which files still have a key.

        :rtype: str | None
        """
        files = self.sudo().search([("id", "!=", False)], order="id")
        if not files:
            return None
        names = ", ".join(files[:5].mapped("store_fname")) + (", ..." if len(files) > 5 else "")
        if any(file._is_used() for file in files):
            return self.env._(
                "The store still has files with a key that was removed, and other attachments use "
                "them: %s. Delete these attachments, then remove the files.",
                names,
            )
        if is_neutralized(self.env):
            return self.env._(
                "This copy still names files with a key: %s. Remove them, unless the copy shares its "
                "store with the original.",
                names,
            )
        return self.env._(
            "The store still has files with a key that was removed: %s. Remove them here; any "
            "that remain have to be deleted in the store itself.",
            names,
        )


def _is_in_filestore(name):
    """Tell whether a file is in Odoo's own filestore; names of other stores are prefixed, as in a
    URL.
    """
    return ":" not in name


def _is_ordinary(name):
    """Tell whether a name has the form that Odoo's filestore gives, so that no other name leads to
    the same file.
    """
    return bool(_ORDINARY.fullmatch(name))
