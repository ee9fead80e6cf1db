from odoo import fields, models

from ..core.mailing import MailNotSent


class CertificateMailedMixin(models.AbstractModel):
    """A link that is sent by mail once it is stored, and whether the mail could be handed over.

    The link itself is stored nowhere.
    """

    _name = "certificate.mailed.mixin"
    _description = "Link Sent by Mail"
    _inherit = ["certificate.guarded.mixin"]

    mail_state = fields.Selection(
        [("waiting", "Being sent"), ("sent", "Sent"), ("failed", "Not sent")],
        string="Mail",
        readonly=True,
    )
    mail_error = fields.Char(readonly=True, help="Why it could not be sent, and what to do.")

    def _send(self, link, **options):
        """Send the link after this transaction, and note then whether that was possible.

        :param str link: which only its recipient gets
        :param options: what `_hand_over` of the model takes besides
        """
        self.ensure_one()
        self._trusted().write({"mail_state": "waiting", "mail_error": False})
        name, number = self._name, self.id
        self.env["certificate.mailing"]._after_commit(
            lambda env: env[name].browse(number).exists()._deliver(link, **options)
        )

    def _deliver(self, link, **options):
        """Send the link now, unless its row is gone, and note whether that was possible."""
        for record in self:
            try:
                record._hand_over(link, **options)
                vals = {"mail_state": "sent"}
            except MailNotSent as error:
                vals = {"mail_state": "failed", "mail_error": str(error)}
            record._trusted().write(vals)

    def _hand_over(self, link):
        """Write the mail and hand it over to the server.

        :param str link: as given to `_send`
        :raise MailNotSent: with the remedy
        """
        raise NotImplementedError
