from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...const import ACTIVITY_LENT_EXPIRY, BOARD_PATH, GROUP_CUSTODIAN, WARNING_DAYS
from ...tools import expiry
from ..core.mailing import write_note


class CertificateCertificate(models.Model):
    _inherit = "certificate.certificate"

    reminded_on = fields.Date(
        readonly=True,
        copy=False,
        help="The date of the last reminder to the custodians, if this certificate is lent.",
    )

    def _can_be_lent(self):
        """Tell whether this can sign today.

        :rtype: bool
        """
        return bool(self.active and self.is_valid and self._has_key())


class ResCompany(models.Model):
    """The lender's own certificate: all clients depend on it, so it has reminders as theirs have."""

    _inherit = "res.company"

    def _lend_another_certificate(self):
        """Move everyone who signs with the former lent certificate to the new one, if there is one."""
        for lender in self:
            if lender.sudo().certificate_lent_id:
                self.env["certificate.activation"]._carry_over(lender)
                lender._get_setup_of_lender().activity_unlink([ACTIVITY_LENT_EXPIRY])

    def _check_lends(self):
        """Check that this company, in sudo mode, still sells and lends.

        :raise UserError: when it is archived
        """
        self.ensure_one()
        if not self.active:
            raise UserError(
                self.env._(
                    "%s is archived and no longer sells or lends certificates. What you entered is "
                    "kept: ask your administrator to choose another company.",
                    self.name,
                )
            )

    # === REMINDERS === #

    @api.model
    def _follow_lent_certificate(self):
        """Send the reminder of the lent certificate that is due today, if any.

        Called by the daily cron, in a transaction of its own: the certificate is locked, its
        reminder is sent and it is marked as reminded, all together.

        :return: how many
        :rtype: int
        """
        seller = self.env.company.certificate_seller_id.sudo()
        certificate = seller.certificate_lent_id
        # Foreign keys to it are not blocked; if another transaction has locked it, that one sends
        # the reminder.
        if not (
            certificate
            and seller._get_lent_reminder_day()
            and certificate.try_lock_for_update(allow_referencing=True)
        ):
            return 0
        certificate.reminded_on = seller._get_lent_reminder_day()
        seller._remind_of_lent_certificate()
        return 1

    def _get_lent_reminder_day(self):
        """Return the date of the lent certificate's latest due reminder, if it was not sent yet.

        The days are those of the clients' reminders; the last one is the day after the end.

        :rtype: date | None
        """
        self.ensure_one()
        activations = self.env["certificate.activation"]
        certificate = self.certificate_lent_id
        end = activations._get_day(certificate.date_end)
        if not end:
            return None
        left = (end - activations._get_today()).days
        rung = expiry.find_rung(expiry.get_rungs(self._get_certificate_reminder_days()), left)
        if left >= 0 and not rung:
            return None
        day = end - timedelta(days=rung) if rung else end + timedelta(days=1)
        known = certificate.reminded_on or activations._get_day(certificate.date_start)
        return day if day > known else None

    def _remind_of_lent_certificate(self):
        """Tell the custodians and the seller, each in their language."""
        self.ensure_one()
        certificate = self.certificate_lent_id
        activations = self.env["certificate.activation"]
        end = activations._get_day(certificate.date_end)
        setup = self._get_setup_of_lender(create=True)
        custodians, mailing = self._get_custodians(), self.env["certificate.mailing"]
        setup.activity_unlink([ACTIVITY_LENT_EXPIRY])
        for user in custodians:
            translated = self.with_context(lang=mailing._choose_person_lang(user, self))
            subject, sentence = translated._get_lent_notice()
            setup.with_context(mail_activity_quick_update=True).activity_schedule(
                ACTIVITY_LENT_EXPIRY,
                user_id=user.id,
                summary=subject,
                note=write_note(sentence),
                date_deadline=max(end, activations._get_today()),
            )
        vals_list = []
        for lang, emails in activations._group_addresses(custodians, self).items():
            translated = self.with_context(lang=lang)
            subject, sentence = translated._get_lent_notice()
            vals_list.append(
                {
                    **activations._prepare_reminder_vals(),
                    **mailing._prepare_mail(
                        emails,
                        lang,
                        brand=self,
                        subject=subject,
                        content=mailing._write_content(
                            self,
                            lang,
                            [sentence],
                            (
                                translated.env._("Open the board"),
                                f"{self.get_base_url()}{BOARD_PATH}",
                            ),
                        ),
                        about=translated.env._("lent certificate"),
                        name=self.name,
                    ),
                    "model": setup._name,
                    "res_id": setup.id,
                    "body": sentence,
                }
            )
        self.env["mail.mail"].create(vals_list)
        self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    def _get_custodians(self):
        """Return the users responsible for the lent certificate: the custodians, or else the
        managers.

        :rtype: res.users
        """
        self.ensure_one()
        custodians = self._find_certificate_users(GROUP_CUSTODIAN)
        return custodians or self._get_certificate_managers()

    def _get_setup_of_lender(self, create=False):
        """Return the set-up of this company, which carries its activities and reminders.

        :param bool create: whether to make it when there is none
        :rtype: electronic.invoicing.setup
        """
        self.ensure_one()
        setups = self.env["electronic.invoicing.setup"].sudo()
        setup = setups.search([("company_id", "=", self.id)])
        return setup or (setups.with_company(self)._get_for_company() if create else setup)

    def _get_lent_warning(self):
        """Say to the lender's own users that its certificate ends soon or has ended.

        :return: as returned by `_get_certificate_warning`
        :rtype: dict[str, str] | None
        """
        activations = self.env["certificate.activation"]
        end = activations._get_day(self.certificate_lent_id.date_end)
        left = (end - activations._get_today()).days if end else WARNING_DAYS + 1
        if left > WARNING_DAYS:
            return None
        return {
            "level": self._get_certificate_warning_level(left),
            "sentence": self._get_lent_notice()[1],
        }

    def _get_lent_notice(self):
        """Say when the lent certificate ends or has ended, in the language of the context.

        :return: a subject and one sentence
        :rtype: tuple[str, str]
        """
        activations = self.env["certificate.activation"]
        end = activations._get_day(self.certificate_lent_id.date_end)
        left = (end - activations._get_today()).days
        facts = {
            "company": self.name,
            "end": activations._format_date(end),
            "days": left,
            "count": activations.sudo().search_count(
                [("certificate_id", "=", self.certificate_lent_id.id), ("state", "=", "active")]
            ),
        }
        remedy = self.env._(
            "Load the next one and choose it in Settings, under Electronic Documents, as the "
            "lent certificate: it then signs in its place."
        )
        if left < 0:
            return (
                self.env._("The certificate that you lend has ended"),
                (
                    self.env._(
                        "The certificate that %(company)s lends ended on %(end)s: no invoice of the "
                        "company that signs with it is signed.",
                        **facts,
                    )
                    if facts["count"] == 1
                    else self.env._(
                        "The certificate that %(company)s lends ended on %(end)s: no invoice of the "
                        "%(count)s companies that sign with it is signed.",
                        **facts,
                    )
                )
                + " "
                + remedy,
            )
        subject = (
            self.env._("The certificate that you lend ends in %s days", left)
            if left > 1
            else self.env._("The certificate that you lend ends tomorrow")
            if left
            else self.env._("The certificate that you lend ends today")
        )
        return (
            subject,
            (
                self.env._(
                    "The certificate that %(company)s lends signs until %(end)s, for 1 company.",
                    **facts,
                )
                if facts["count"] == 1
                else self.env._(
                    "The certificate that %(company)s lends signs until %(end)s, for %(count)s companies.",
                    **facts,
                )
            )
            + " "
            + remedy,
        )
