from odoo import api, fields, models
from odoo.exceptions import UserError

from ...const import GROUP_MANAGER


class CertificateActivation(models.Model):
    """A company switches its own certificate off for a while, and on again, each time with a reason.

    The state stays: what is switched off goes on counting its days, can be renewed, revoked and replaced, and signs
    nothing meanwhile. It says so wherever somebody would sign.
    """

    _inherit = "certificate.activation"

    paused_on = fields.Datetime(
        string="Switched off on",
        readonly=True,
        copy=False,
        help="Since when the company's own certificate signs nothing, because the company said so.",
    )
    pause_reason = fields.Char(
        string="Reason for switching",
        readonly=True,
        copy=False,
        help="Why the certificate was switched off or on again, the last time.",
    )
    is_paused = fields.Boolean(
        string="Switched off", compute="_compute_is_paused", compute_sudo=True
    )
    pause_sentence = fields.Char(compute="_compute_is_paused", compute_sudo=True)
    can_pause = fields.Boolean(
        string="Can be switched off or on", compute="_compute_can_pause", compute_sudo=True
    )

    # === COMPUTE METHODS === #

    @api.depends("paused_on", "pause_reason", "state")
    @api.depends_context("lang")
    def _compute_is_paused(self):
        for activation in self:
            is_paused = activation.state == "active" and bool(activation.paused_on)
            activation.is_paused = is_paused
            activation.pause_sentence = is_paused and self.env._(
                "The certificate of %(company)s was switched off on %(day)s: “%(reason)s”. Nothing is signed until one "
                "of its managers switches it on again.",
                company=activation.company_id.name,
                day=activation._format_moment(activation.paused_on),
                reason=(activation.pause_reason or "").rstrip("."),
            )

    @api.depends("is_own", "state", "date_end")
    def _compute_can_pause(self):
        today = self._get_today()
        for activation in self:
            activation.can_pause = bool(
                activation.is_own
                and activation.state == "active"
                and activation.date_end
                and activation.date_end >= today
            )

    # === TRANSITIONS === #

    def _pause(self, reason):
        """Switch the company's own certificate off: nothing is signed from now on.

        :param str reason: as the manager typed it
        :raise UserError: when it does not sign anyway, or without a reason
        """
        reason = self._lock_for_pause(reason)
        if self.paused_on:
            return
        # Other add-ons sign with whatever certificate of the company is active.
        self._switch(False, paused_on=fields.Datetime.now(), pause_reason=reason)
        self._trusted().message_post(body=self.env._("Switched off: %s", reason))

    def _resume(self, reason):
        """Switch the company's own certificate on again, once it is sure that it can sign.

        :param str reason: as the manager typed it
        :raise UserError: when it cannot sign any more, or without a reason
        """
        self._check_user(GROUP_MANAGER)
        if self.is_paused:
            # The row is not locked yet: the authority may take its time.
            self._ask_revocation_again()
        reason = self._lock_for_pause(reason)
        if not self.paused_on:
            return
        self._prove_certificate(self._check_own_certificate())
        self._switch(True, paused_on=False, pause_reason=reason)
        self._trusted().message_post(body=self.env._("Switched on again: %s", reason))

    def _lock_for_pause(self, reason):
        """Lock the activation for a manager of its company, and check that it can be switched.

        :return: the reason, as it is kept
        :rtype: str
        """
        self._lock(GROUP_MANAGER)
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why."))
        if not self.is_own:
            raise UserError(
                self.env._(
                    "Only a company's own certificate is switched off and on by the company."
                )
            )
        self._check_state("active")
        if not self.can_pause:
            raise UserError(
                self.env._(
                    "This activation has ended: there is nothing to switch. Reload the page."
                )
            )
        return reason

    def _switch(self, is_on, **vals):
        activation = self._trusted()
        activation.write(vals)
        activation.certificate_id.active = is_on

    def _check_not_paused(self):
        """Check that the company has not switched its certificate off.

        :raise UserError: otherwise
        """
        if self.is_paused:
            raise UserError(self.pause_sentence)
