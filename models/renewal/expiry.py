from collections import defaultdict
from datetime import timedelta
from functools import cache

from markupsafe import Markup
from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL

from ...const import ACTIVITY_EXPIRY, RENEWAL_PATH
from ...tools import expiry

# What one transaction of the cron does: all of it, or nothing when it is killed.
BATCH_SIZE = 500


class CertificateActivation(models.Model):
    """What happens by the calendar of Colombia alone: switching over, expiring and reminding.

    A daily cron does it in batches. Each batch is a transaction that locks its rows, leaving out what
    others hold, and marks them together with what it sends: killed at any point, nobody is told twice
    or not at all. Nothing that signs waits for the cron; see `_find_in_force`.
    """

    _inherit = "certificate.activation"

    reminded_days = fields.Integer(
        readonly=True,
        copy=False,
        help="The rung of the last reminder, in days before the end; 0 when it has ended. Null in the "
        "database before the first.",
    )

    _due_index = models.Index("(date_end, reminded_days) WHERE state = 'active'")
    _switch_index = models.Index("(switch_on) WHERE switch_on IS NOT NULL")

    # === CRON === #

    @api.model
    def _cron_follow_validity(self):
        """Switch over to the renewals whose day has come, expire what has ended, remind, and rate issuers."""
        # As nobody in particular, whoever runs the cron by hand.
        activations = self.with_env(self.env(user=SUPERUSER_ID, context={}))
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=activations._count_due())
        for follow in (
            activations.env["res.company"]._follow_lent_certificate,
            activations._follow_switches,
            activations._follow_ends,
            # Trusted certificates end as well, and two that were changed at once did not see each other.
            activations.env["certificate.certificate"]._rate_issuers,
        ):
            while True:
                try:
                    done = follow()
                except SerializationFailure:
                    # Somebody renewed or revoked one of these in this moment: look again.
                    self.env.cr.rollback()
                    continue
                if not done:
                    break
                if not cron._commit_progress(done):
                    return

    @api.model
    def _count_due(self):
        """Count what the cron has to do now.

        :rtype: int
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "SELECT (SELECT count(*) FROM certificate_activation WHERE %s)"
                " + (SELECT count(*) FROM certificate_activation WHERE %s)",
                self._get_switch_condition(),
                self._get_due_condition(),
            )
        )
        return self.env.cr.fetchone()[0]

    @api.model
    def _take(self, condition):
        """Lock the first batch of activations that a condition finds and nobody else works on.

        :param SQL condition: on this model's table
        :rtype: certificate.activation
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "SELECT id FROM certificate_activation WHERE %s "
                "ORDER BY date_end, id LIMIT %s FOR UPDATE SKIP LOCKED",
                condition,
                BATCH_SIZE,
            )
        )
        taken = self.browse(row[0] for row in self.env.cr.fetchall())
        taken.invalidate_recordset()
        return taken

    @api.model
    def _get_switch_condition(self):
        """Find the renewals that may sign: their day has come, and nothing else is in force."""
        return SQL(
            """
            phase = 'waiting' AND switch_on <= %(today)s AND NOT EXISTS (
                SELECT 1 FROM certificate_activation former
                WHERE former.company_id = certificate_activation.company_id
                  AND former.state = 'active' AND former.date_end >= %(today)s
            )
            """,
            today=self._get_today(),
        )

    @api.model
    def _get_due_condition(self):
        """Find what has ended, and what has come to a rung of which nobody was reminded."""
        today = self._get_today()
        days = self.env.company._get_certificate_reminder_days()
        rungs = [
            SQL(
                "(date_end BETWEEN %s AND %s AND (reminded_days IS NULL OR reminded_days > %s) "
                "AND date_end - %s > date_start)",
                today + timedelta(days=fewest),
                today + timedelta(days=rung),
                rung,
                rung,
            )
            for rung, fewest in expiry.get_rungs(days)
        ]
        return SQL(
            "state = 'active' AND date_end <= %s AND (date_end < %s%s)",
            today + timedelta(days=max(days, default=0)),
            today,
            SQL(" OR is_renewed IS NOT TRUE AND (%s)", SQL(" OR ").join(rungs)) if rungs else SQL(),
        )

    @api.model
    def _follow_switches(self):
        """Make the renewals active whose day has come.

        :return: how many
        :rtype: int
        """
        taken = self._take(self._get_switch_condition())
        for activation in taken:
            activation._switch_over()
        return len(taken)

    @api.model
    def _follow_ends(self):
        """Expire a batch of what has ended, and remind of it or of what ends soon.

        :return: how many
        :rtype: int
        """
        taken = self._take(self._get_due_condition())
        today = self._get_today()
        ended = taken.filtered(lambda activation: activation.date_end < today)
        ended._expire()
        unrenewed = taken.filtered(lambda activation: not activation.is_renewed)
        rungs = expiry.get_rungs(self.env.company._get_certificate_reminder_days())
        by_rung = unrenewed.grouped(
            lambda activation: expiry.find_rung(rungs, (activation.date_end - today).days)
        )
        for rung, activations in by_rung.items():
            activations.write({"reminded_days": rung})
        unrenewed._remind()
        return len(taken)

    # === REMINDERS === #

    def _remind(self):
        """Tell the responsible users, the companies and the seller, each in their language.

        In as few statements as a batch allows: no template is rendered, and the mails are sent by Odoo's
        queue, after the transaction.
        """
        if not self:
            return
        self.activity_unlink([ACTIVITY_EXPIRY])
        users = self._map_responsible_users()

        # Most of it is read in one or two languages, by several.
        @cache
        def get_notice(activation, lang):
            return activation.with_context(lang=lang)._get_expiry_notice()

        # The mails tell of the activities already.
        activities = self.env["mail.activity"].with_context(mail_activity_quick_update=True)
        activities.create(self._prepare_reminder_activities(users, get_notice))
        mails = [
            *self._prepare_reminder_mails(users, get_notice),
            *self._prepare_seller_mails(get_notice),
        ]
        self.env["mail.mail"].create(mails)
        self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    def _prepare_reminder_activities(self, users, get_notice):
        """Prepare an activity for each responsible user, due on the last day.

        :param dict users: as returned by `_map_responsible_users`
        :param get_notice: as `_get_expiry_notice`, of an activation and a language
        :rtype: list[dict]
        """
        today = self._get_today()
        common = {
            "activity_type_id": self.env.ref(ACTIVITY_EXPIRY).id,
            "res_model_id": self.env["ir.model"]._get_id(self._name),
            "automated": True,
        }
        vals_list = []
        for activation in self:
            for user in users[activation]:
                subject, sentence = get_notice(activation, user.lang)
                vals_list.append(
                    {
                        **common,
                        "res_id": activation.id,
                        # Odoo would store it by a write after the creation.
                        "res_name": activation.display_name,
                        "user_id": user.id,
                        "summary": subject,
                        "note": sentence,
                        "date_deadline": max(activation.date_end, today),
                    }
                )
        return vals_list

    def _prepare_reminder_mails(self, users, get_notice):
        """Prepare one mail for each language that the users of a company and the company itself read.

        :param dict users: as returned by `_map_responsible_users`
        :param get_notice: as returned by `_prepare_reminder_activities`
        :rtype: list[dict]
        """
        common = {**self._prepare_reminder_vals(), "model": self._name}
        base_url = self.browse().get_base_url()
        everybody = self.env["res.users"].union(*users.values())
        elsewhere = everybody.filtered(lambda user: len(user.company_ids) > 1)

        @cache
        def get_button(lang):
            return self.with_context(lang=lang).env._("Renew your digital certificate")

        vals_list = []
        for activation in self:
            addresses = self._group_addresses(users[activation], activation.company_id)
            # Odoo's own way to a record changes the company on the way, where somebody has others.
            path = (
                f"/mail/view?model={self._name}&res_id={activation.id}"
                if users[activation] & elsewhere
                else RENEWAL_PATH
            )
            for lang, emails in addresses.items():
                subject, sentence = get_notice(activation, lang)
                vals_list.append(
                    {
                        **common,
                        "res_id": activation.id,
                        "subject": subject,
                        "body": sentence,
                        "body_html": Markup('<p>%s</p><p><a href="%s%s">%s</a></p>')
                        % (sentence, base_url, path, get_button(lang)),
                        "email_to": ", ".join(emails),
                    }
                )
        return vals_list

    @api.model
    def _group_addresses(self, users, company):
        """Return the addresses of users and their company, each once, by the language that they read.

        :rtype: dict[str, list[str]]
        """
        languages = {user.email_normalized: user.lang for user in users}
        contact = company.partner_id
        languages.setdefault(contact.email_normalized, contact.lang)
        addresses = defaultdict(list)
        for address, lang in languages.items():
            if address:
                addresses[lang].append(address)
        return addresses

    def _prepare_seller_mails(self, get_notice):
        """Prepare one mail to the seller for all of these, which lists them.

        :param get_notice: as returned by `_prepare_reminder_activities`
        :rtype: list[dict]
        """
        seller = self.env.company.certificate_seller_id.sudo()
        if not seller.email:
            return []
        lang = seller.partner_id.lang
        told = self.with_context(lang=lang)
        sentences = [get_notice(activation, lang)[1] for activation in self]
        items = Markup().join(Markup("<li>%s</li>") % sentence for sentence in sentences)
        return [
            {
                **self._prepare_sender_vals(),
                "subject": told.env._(
                    "Digital certificates of your clients that end: %s", len(self)
                ),
                "body_html": Markup("<p>%s</p><ul>%s</ul>")
                % (told.env._("These companies were reminded today."), items),
                "email_to": seller.email,
            }
        ]

    def _prepare_reminder_vals(self):
        """Keep a mail in the history of what it reminds of: it tells who was reminded."""
        return {
            **self._prepare_sender_vals(),
            "message_type": "notification",
            "subtype_id": self.env.ref("mail.mt_note").id,
            "is_internal": True,
            "auto_delete": False,
        }

    def _prepare_sender_vals(self):
        """Send in the name of nobody, and let the seller have the answers."""
        seller = self.env.company.certificate_seller_id.sudo()
        sender = self.env.user.email_formatted
        return {
            "author_id": self.env.user.partner_id.id,
            "email_from": sender,
            "reply_to": seller.email_formatted or sender,
        }

    def _get_expiry_notice(self):
        """Say when this ends or has ended, in the language of the context.

        :return: a subject and one sentence
        :rtype: tuple[str, str]
        """
        left = (self.date_end - self._get_today()).days
        facts = {
            "company": self.company_id.name,
            "end": self._format_date(self.date_end),
            "days": left,
        }
        if left < 0:
            return (
                self.env._("Your digital certificate has ended"),
                self.env._(
                    "The digital certificate of %(company)s ended on %(end)s: no invoice is signed "
                    "until it is renewed.",
                    **facts,
                ),
            )
        if left == 0:
            return (
                self.env._("Your digital certificate ends today"),
                self.env._(
                    "The digital certificate of %(company)s signs for the last time today, %(end)s. "
                    "Renew it now, so that you can invoice tomorrow.",
                    **facts,
                ),
            )
        if left == 1:
            return (
                self.env._("Your digital certificate ends tomorrow"),
                self.env._(
                    "The digital certificate of %(company)s signs until tomorrow, %(end)s. Renew it "
                    "now: no day is lost.",
                    **facts,
                ),
            )
        return (
            self.env._("Your digital certificate ends in %s days", left),
            self.env._(
                "The digital certificate of %(company)s signs until %(end)s, for %(days)s more days. "
                "Renew it now: no day is lost.",
                **facts,
            ),
        )
