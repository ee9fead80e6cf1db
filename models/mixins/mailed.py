import logging
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models

from ...const import COLOMBIA_TZ, PORTAL_CONTACT
from ..core.addresses import get_page_path
from ..core.aftermath import after_commit, in_own_transaction
from ..core.mailing import MailNotSent

_logger = logging.getLogger(__name__)

# After which nothing more is heard of a mail: its server ended, or could not even note what went wrong.
_WAITS = timedelta(minutes=15)


class CertificateMailedMixin(models.AbstractModel):
    """A link that is sent by mail once it is stored, and whether the mail could be handed over.

    The link itself is stored nowhere: each model keeps only the hash of its token.
    """

    _name = "certificate.mailed.mixin"
    _description = "Link Sent by Mail"
    _inherit = ["certificate.guarded.mixin"]

    # Of the page that the link opens, and what says in the context who acts there; each model has its own.
    _link_path = None
    _actor = None

    mail_asked_on = fields.Datetime(readonly=True, help="When the mail was to be sent.")
    mail_outcome = fields.Selection([("sent", "Sent"), ("failed", "Not sent")], readonly=True)
    mail_reason = fields.Char(readonly=True)
    mail_state = fields.Selection(
        [("waiting", "Being sent"), ("sent", "Sent"), ("failed", "Not sent")],
        string="Mail",
        compute="_compute_mail_state",
    )
    mail_error = fields.Char(
        compute="_compute_mail_state", help="Why it could not be sent, and what to do."
    )

    @api.depends("mail_asked_on", "mail_outcome", "mail_reason")
    def _compute_mail_state(self):
        lapsed = fields.Datetime.now() - _WAITS
        for record in self:
            asked, outcome = record.mail_asked_on, record.mail_outcome
            if asked and not outcome:
                outcome = "waiting" if asked > lapsed else "failed"
            record.mail_state = asked and outcome
            record.mail_error = record.mail_state == "failed" and (
                record.mail_reason
                or self.env["certificate.mailing"]._explain_surprise(record.email)
            )

    # === THE LINK === #

    def _get_link(self, token, lang):
        """Return the link. Browsers do not send what follows #, so no log or proxy gets it.

        :param str lang: of the page; empty for the browser's own
        :rtype: str
        """
        activation = self.sudo().activation_id
        path = get_page_path(self.env, f"{self._link_path}/{activation.id}/open", lang)
        return f"{activation.get_base_url()}{path}#{token}"

    def _get_end(self):
        """Return the last day of the link, in Colombia, as a text."""
        row = self.sudo()
        return row.activation_id._format_moment(row.expires_on)

    def _get_activation(self):
        """Return the activation for whoever has opened the link: in sudo mode, in its company alone.

        Sudo mode passes the group checks in the transitions. The controller of the page decides which of them are
        open; the context tells who acts.

        :rtype: certificate.activation
        """
        self.ensure_one()
        activation = self.sudo().activation_id
        context = {
            "allowed_company_ids": activation.company_id.ids,
            "lang": self.env.lang,
            "tz": COLOMBIA_TZ,
            PORTAL_CONTACT: self._actor(self.id),
        }
        return activation.with_env(self.env(su=True, context=context))

    # === THE MAIL === #

    def _send(self, link, **options):
        """Send the link after this transaction, and note then whether that was possible.

        :param str link: which only its recipient gets
        :param options: what `_hand_over` of the model takes besides
        """
        self.ensure_one()
        self._trusted().write(
            {"mail_asked_on": fields.Datetime.now(), "mail_outcome": False, "mail_reason": False}
        )
        name, number = self._name, self.id
        # Once: what is tried again could arrive twice.
        after_commit(
            self.env,
            lambda env: env[name].browse(number).exists()._deliver(link, **options),
            tries=1,
        )

    def _deliver(self, link, **options):
        """Send the link now, unless its row is gone, and note whether that was possible.

        It is noted in a transaction of its own: a mail server takes long, and meanwhile others change the row.
        """
        for record in self:
            asked_on = record.mail_asked_on
            try:
                record._hand_over(link, **options)
                vals = {"mail_outcome": "sent"}
            except MailNotSent as error:
                vals = {"mail_outcome": "failed", "mail_reason": str(error)}
            except Exception:
                _logger.exception("A mail with a link could not be sent: %s", record)
                vals = {"mail_outcome": "failed"}
            in_own_transaction(
                self.env.cr.dbname,
                lambda env, record=record, asked_on=asked_on, vals=vals: (
                    env[record._name].browse(record.id).exists()._note_delivery(asked_on, vals)
                ),
            )

    def _note_delivery(self, asked_on, vals):
        """Note what became of a mail, unless another one was sent since.

        :param datetime asked_on: when it was to be sent
        :param dict vals: to write
        """
        for record in self._trusted():
            if record.mail_asked_on == asked_on:
                record.write(vals)

    def _hand_over(self, link):
        """Write the mail and hand it over to the server.

        :param str link: as given to `_send`
        :raise MailNotSent: with the remedy
        """
        raise NotImplementedError

    def _is_sender_entitled(self, sender, group):
        """Tell whether who sent the link could still send it: a link does not outlive what its sender may do.

        Checked at each use: users change in many ways, some of them by SQL.

        :param sender: `res.users`
        :param str group: that sending takes
        :rtype: bool
        """
        activation = self.sudo().activation_id
        return sender.id == SUPERUSER_ID or bool(
            sender.active
            and sender.has_group(group)
            and activation.with_user(sender)
            .with_context(allowed_company_ids=sender.company_ids.ids)
            .has_access("read")
        )
