from odoo import models
from odoo.exceptions import AccessError

from ..core.ondelete_guard import ondelete_guard
from .history import TRACKED

# Fields that hold what a message says, about what, when and by whom.
_CONTENT_FIELDS = frozenset(
    (
        "author_guest_id",
        "author_id",
        "body",
        "create_date",
        "create_uid",
        "date",
        "email_from",
        "is_internal",
        "message_type",
        "model",
        "parent_id",
        "res_id",
        "subject",
        "subtype_id",
        "tracking_value_ids",
    )
)


class MailMessage(models.Model):
    """The readable copy of the history stays as it was written, whoever its author is.

    What people say to each other about a record remains theirs to correct.
    """

    _inherit = "mail.message"

    def write(self, vals):
        if not _CONTENT_FIELDS.isdisjoint(vals):
            self._check_not_history()
        if "attachment_ids" not in vals:
            return super().write(vals)
        # Odoo adds attachments to a mail made from a template; none may be removed.
        before = {
            message: message.attachment_ids for message in self.sudo() if message.model in TRACKED
        }
        result = super().write(vals)
        for message, attachments in before.items():
            if attachments - message.attachment_ids:
                message._check_not_history()
        return result

    @ondelete_guard
    def _unlink_except_history(self):
        self._check_not_history()

    def _check_not_history(self):
        """Refuse to change what was written by the steps of a record that has a history.

        :raise AccessError: if any of these is
        """
        for message in self.sudo():
            if message.model in TRACKED and message.message_type != "comment":
                raise AccessError(
                    self.env._(
                        "This message is part of the history: it cannot be changed or deleted."
                    )
                )


class MailTrackingValue(models.Model):
    _inherit = "mail.tracking.value"

    def write(self, vals):
        self.sudo().mail_message_id._check_not_history()
        return super().write(vals)

    @ondelete_guard
    def _unlink_except_history(self):
        self.sudo().mail_message_id._check_not_history()
