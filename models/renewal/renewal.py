from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...const import ACTIVITY_EXPIRY, GROUP_USER
from ...exceptions import ACTIVATE, make_remedy_error


class CertificateActivation(models.Model):
    """The renewal of an activation: a new activation that waits for the end of the previous one.

    A renewal that is finished in time stays at `process`, with the day on which it signs in
    `switch_on`, so that a company never has two that are active: its phase is `waiting`. On that day it
    signs, whether or not the cron has made it active already: what is in force follows from the dates.
    """

    _inherit = "certificate.activation"

    switch_on = fields.Date(
        string="Signs from",
        readonly=True,
        copy=False,
        help="The day from which this finished renewal signs; empty once it is active.",
    )
    is_renewed = fields.Boolean(
        string="Renewed",
        readonly=True,
        copy=False,
        help="A finished renewal waits for the end of this one: no more reminders of it are sent.",
    )
    can_renew = fields.Boolean(
        string="Can be renewed", compute="_compute_can_renew", search="_search_can_renew"
    )

    # === COMPUTE METHODS === #

    @api.depends("state", "date_end", "is_renewed")
    def _compute_can_renew(self):
        today = self._get_today()
        for activation in self:
            activation.can_renew = bool(
                activation.state == "active"
                and activation.date_end
                and not activation.is_renewed
                and activation._get_renewal_start() <= today <= activation.date_end
            )

    @api.model
    def _search_can_renew(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = self._get_today()
        last = today + timedelta(days=self.env.company._get_certificate_renewal_days())
        return Domain(
            [
                ("state", "=", "active"),
                ("is_renewed", "=", False),
                ("date_end", ">=", today),
                ("date_end", "<=", last),
            ]
        )

    # === BUSINESS METHODS - WHICH ONE SIGNS === #

    @api.model
    def _find_in_force(self, company):
        """Return the activation under which a company signs today, in Colombia.

        :param company: `res.company`
        :rtype: certificate.activation
        """
        return self._map_in_force(company).get(company, self.browse())

    @api.model
    def _map_in_force(self, companies):
        """Return the activations under which companies sign today, in Colombia.

        :param companies: `res.company`
        :return: of the companies that have one
        :rtype: dict[res.company, certificate.activation]
        """
        today = self._get_today()
        period = Domain(
            [
                ("company_id", "in", companies.ids),
                ("date_start", "<=", today),
                ("date_end", ">=", today),
            ]
        )
        # Keys are opened by this answer: it asks the columns that a phase is computed from, not the phase.
        waiting = Domain("state", "=", "process") & Domain("switch_on", "!=", False)
        # Fetch the fields needed next in the same query.
        found = self.search_fetch(period & (Domain("state", "=", "active") | waiting), order="id")
        # An active one comes before a renewal that the cron has not switched over to.
        found = found.sorted(lambda activation: activation.state == "active")
        return {activation.company_id: activation for activation in found}

    @api.model
    def _find_ended(self, company):
        """Return the activation that signed for a company until it ended by its date.

        :return: an empty record for a company that has one in force, or whose last one was revoked
        :rtype: certificate.activation
        """
        domain = Domain("company_id", "=", company.id)
        last = self.search_fetch(
            domain
            & Domain("state", "in", ("active", "expired", "revoked"))
            & Domain("date_end", "!=", False),
            order="date_end desc, id desc",
            limit=1,
        )
        has_ended = last and last.state != "revoked" and last.date_end < self._get_today()
        return last if has_ended else last.browse()

    def _get_renewals(self):
        """Return the renewal of this one: one that is begun and not finished, or else one that
        waits for its end.

        :rtype: certificate.activation
        """
        self.ensure_one()
        renewals = self.search(
            [("renewal_of_id", "=", self.id), ("state", "in", ("pay", "process"))]
        )
        return renewals.sorted(lambda renewal: renewal.phase == "waiting")

    def _get_waiting(self):
        """Return the finished renewal that waits for the end of this one.

        :rtype: certificate.activation
        """
        return self._get_renewals().filtered(lambda renewal: renewal.phase == "waiting")[:1]

    def _get_open_renewal(self):
        """Return the renewal of this one that somebody has begun and not finished.

        :rtype: certificate.activation
        """
        return self._get_renewals().filtered(lambda renewal: renewal.phase != "waiting")[:1]

    def _get_renewal_start(self):
        """Return the first day on which this can be renewed.

        :rtype: date
        """
        self.ensure_one()
        return self.date_end - timedelta(days=self.company_id._get_certificate_renewal_days())

    def _get_renewal_sentence(self):
        """Say how this and its renewal follow each other, or from when it can be renewed.

        :rtype: str | None
        """
        self.ensure_one()
        if self.phase == "waiting":
            former = self.sudo()._find_in_force(self.company_id) - self
            if former:
                return self.env._(
                    "%(former)s signs until %(end)s, and this renewal from %(start)s. There is "
                    "nothing left to do.",
                    former=former.name,
                    end=self._format_date(former.date_end),
                    start=self._format_date(self.switch_on),
                )
            return self.env._("This renewal signs from %s.", self._format_date(self.switch_on))
        if self.phase != "active" or not self.date_end:
            return None
        if waiting := self._get_waiting():
            return self.env._(
                "It is renewed: %(renewal)s signs from %(start)s to %(end)s.",
                renewal=waiting.name,
                start=self._format_date(waiting.date_start),
                end=self._format_date(waiting.date_end),
            )
        if self._get_open_renewal():
            return self.env._("Its renewal has begun. Finish it: no day is lost.")
        if self.can_renew:
            return self._get_route().write_renewable(self)
        return self.env._(
            "You can renew it from %s, without losing a day.",
            self._format_date(self._get_renewal_start()),
        )

    def _get_renewed_sentence(self):
        """Say what this renews and from when to when it is going to sign, until it is finished.

        :rtype: str | None
        """
        self.ensure_one()
        former = self.sudo().renewal_of_id
        # What the company's own certificate replaces is said where that is loaded.
        if not (former.date_end and self.needs_letter and self.phase in ("pay", "process")):
            return None
        words = {"former": former.name, "end": self._format_date(former.date_end)}
        if self.sudo()._find_in_force(self.company_id) != former:
            return self.env._(
                "This renews %(former)s, which signed until %(end)s. It signs for %(validity)s from the day on "
                "which you finish it.",
                validity=self._get_validity(),
                **words,
            )
        period = self._prepare_paid_period_vals(former.date_end + timedelta(days=1))
        return self.env._(
            "This renews %(former)s, which signs until %(end)s. If you finish it by then, it signs from %(start)s to %(last)s.",
            start=self._format_date(period["date_start"]),
            last=self._format_date(period["date_end"]),
            **words,
        )

    def _get_lost_sentence(self):
        """Say what switching over now costs, or return nothing if there is nothing to switch.

        :rtype: str | None
        """
        self.ensure_one()
        if self.phase != "waiting" or self.switch_on <= self._get_today():
            return None
        former = self.sudo()._find_in_force(self.company_id)
        if not former:
            return self.env._("No certificate signs for your company until then.")
        return self.env._(
            "You do not have to wait: the renewal can sign from today for its whole period. "
            "%(former)s then ends today, and its days until %(end)s are lost.",
            former=former.name,
            end=self._format_date(former.date_end),
        )

    # === BUSINESS METHODS - TRANSITIONS === #

    @api.model
    def _action_renew(self):
        """Open the renewal of the activation that signs for the user's company, and start it when
        it is time.

        Otherwise open the current activation, which says from when it can be renewed. The seller gets its own page.

        :return: the action of a full page
        :rtype: dict
        :raise AccessError: for a user without the group
        """
        if self.env.company == self.env.company.certificate_seller_id:
            return self.action_open_wizard()
        activation = self._get_or_start()
        if activation.is_requested:
            # A request to an authority may still run when the current activation has to be renewed.
            current = self._find_in_force(self.env.company)
            activation = current if current.can_renew else activation
        if activation.can_renew:
            activation = activation._renew()
        return activation.action_open_wizard()

    def _renew(self):
        """Return the renewal of this activation, started when there is none.

        :rtype: certificate.activation
        :raise UserError: when it is not in force, or too early
        """
        self._lock(GROUP_USER)
        if renewal := self._get_renewals()[:1]:
            return renewal
        if not self.can_renew:
            raise make_remedy_error(
                self.env,
                self.env._(
                    "This activation can be renewed from %(start)s to %(end)s. Open Activate your "
                    "digital certificate to see what signs now.",
                    start=self._format_date(self._get_renewal_start()),
                    end=self._format_date(self.date_end),
                )
                if self.state == "active"
                else self.env._(
                    "This activation has ended. Open Activate your digital certificate again."
                ),
                ACTIVATE,
            )
        return self._get_route().renew(self)

    def _start_renewal(self):
        return self._create_once(
            {"company_id": self.company_id.id, "route": self.route, "renewal_of_id": self.id}
        )

    def _start_period(self, certificate):
        """Sign from today; as the renewal of a loan, from the day after what is in force ends.

        :param certificate: `certificate.certificate` that signs, in sudo mode
        """
        self._trusted().activity_unlink([ACTIVITY_EXPIRY])
        self._get_route().start_period(self, certificate)

    def _start_own_period(self, certificate):
        """Sign at once, because the company's own certificate has its own period."""
        self._end_replaced()
        # It was archived until now, so that nothing else uses it.
        certificate.active = True
        self._activate(certificate)

    def _start_lent_period(self, certificate):
        """Sign after the end of the loan in force, or at once."""
        activation = self._trusted()
        former = activation._find_in_force(self.company_id)
        if former:
            # Locked, because the cron reminds of it and ends it.
            former._lock(GROUP_USER)
            former = activation._find_in_force(self.company_id)
        # The company's own certificate ends at once, as it does when its successor starts.
        if former.needs_letter:
            former.activity_unlink([ACTIVITY_EXPIRY])
            former.is_renewed = True
            switch_on = former.date_end + timedelta(days=1)
            activation.write(
                {
                    "certificate_id": certificate.id,
                    "renewal_of_id": former.id,
                    "switch_on": switch_on,
                    **self._prepare_period_vals(certificate, switch_on),
                }
            )
            activation.message_post(
                body=self.env._(
                    "Finished. It signs from %(date)s, when %(former)s has ended.",
                    date=self._format_date(switch_on),
                    former=former.name,
                )
            )
            return
        activation._expire_former()
        self._end_replaced()
        self._activate(certificate)

    def _activate(self, certificate):
        self._cancel_unpaid()
        self._set_state(
            "active",
            certificate_id=certificate.id,
            **self._prepare_period_vals(certificate, self._get_today()),
        )

    def _prepare_period_vals(self, certificate, date_start):
        return self._get_route().prepare_period_vals(self, certificate, date_start)

    def _prepare_paid_period_vals(self, date_start):
        """Return the first and last day of the period that was paid for.

        :param date date_start: the first day on which it signs
        :rtype: dict[str, date]
        """
        months = relativedelta(months=self.validity_months)
        return {
            "date_start": date_start,
            "date_end": date_start + months - timedelta(days=1),
        }

    def _switch_now(self):
        """Sign from today instead of waiting, and end the activation in force; its last days are
        lost.
        """
        self._lock(GROUP_USER)
        if self.state == "active":
            return
        if self.phase != "waiting":
            self._check_state("active")
        # An activation that signs is not ended for one that does not sign yet.
        self._check_letter_review()
        former = self._trusted()._find_in_force(self.company_id) - self
        if former:
            former._lock(GROUP_USER)
            former._expire(date_end=min(former.date_end, self._get_today()))
        self._switch_over(
            **self._prepare_period_vals(self.sudo().certificate_id, self._get_today())
        )
        if not self._is_evidence("record_file"):
            # The record states another period.
            self._keep_record()

    def _switch_over(self, **vals):
        """Become active, now that the one in force has ended."""
        self._trusted()._expire_former()
        self._set_state("active", **vals)

    def _expire_former(self):
        """Expire the activation that signed for the company and has ended: two cannot be active."""
        self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("state", "=", "active"),
                ("date_end", "<", self._get_today()),
            ]
        )._expire()

    def _expire(self, **vals):
        """End an active activation, by its date or because another one replaces it."""
        for activation in self:
            activation._set_state("expired", **vals)
            activation.activity_unlink([ACTIVITY_EXPIRY])
            activation._archive_own_certificate()
        # Flush before another one becomes active: PostgreSQL would see two.
        self.flush_recordset()

    def _prepare_waiting_vals(self, state):
        """Prepare the end of the wait of a finished renewal; once cancelled, its predecessor is not renewed.

        :rtype: dict
        """
        if self.phase != "waiting":
            return {}
        if state != "cancelled":
            return {"switch_on": False}
        self._trusted().renewal_of_id.is_renewed = False
        return dict.fromkeys(("switch_on", "date_start", "date_end", "certificate_id"), False)

    def _check_state(self, state):
        if state == "process":
            self._check_not_waiting()
        return super()._check_state(state)

    def _check_not_waiting(self):
        """Refuse to change a renewal that is finished and waits for its day."""
        if self.phase == "waiting" and not self._is_letter_open():
            raise UserError(
                self.env._(
                    "This renewal is finished and signs from %s: it cannot be changed. A manager can "
                    "cancel it.",
                    self._format_date(self.switch_on),
                )
            )
