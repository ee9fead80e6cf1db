from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ...const import MODULE


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def message_process(
        self,
        model,
        message,
        custom_values=None,
        save_original=False,
        strip_attachments=False,
        thread_id=None,
    ):
        """Let only users who may configure incoming mail choose what a message creates and what it
        belongs to.

        Odoo lets everybody who can log in call this, and creates a record of any model with these values in
        sudo mode, in the name of whoever the message says it is from: an activation in force, an invoice of
        another company, or, by the commands of a relation, a change of any record at all.
        """
        if (custom_values or thread_id) and not (self.env.su or self.env.user._is_system()):
            raise AccessError(
                self.env._(
                    "Only an administrator can configure what an incoming message creates or "
                    "answers."
                )
            )
        return super().message_process(
            model, message, custom_values, save_original, strip_attachments, thread_id
        )

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Let no message create a record of this add-on: Odoo would skip the steps.

        Replies to existing records are accepted.
        """
        if self._original_module == MODULE:
            raise UserError(self.env._("%s: no record can be created by email.", self._description))
        return super().message_new(msg_dict, custom_values)
