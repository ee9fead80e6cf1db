from collections import defaultdict
from datetime import timedelta
from functools import cache

from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL

from ...const import ACTIVITY_EXPIRY, BOARD_PATH, RENEWAL_PATH, STEPS_PATH
from ...tools import expiry
from ..core.mailing import fill_in, mark, write_note

# Batch size: one transaction of the cron does all of a batch, or nothing if it is killed.
BATCH_SIZE = 500


class CertificateActivation(models.Model):
    """What happens by date (in Colombia) alone: switching over, expiring and reminding.

    A daily cron does it in batches. Each batch is a transaction that locks its rows, skipping those
    that others hold, and marks them together with what it sends: if it is killed at any point,
    nobody is told twice or missed. Signing never waits for the cron; see `_find_in_force`.
    """

    _inherit = "certificate.activation"

    reminded_days = fields.Integer(
        readonly=True,
        copy=False,
        help="Days before the end of the last reminder that was sent; 0 if it was the one after the "
        "end. NULL in the database before the first one.",
    )

    _due_index = models.Index("(date_end, reminded_days) WHERE state = 'active'")
    _switch_index = models.Index("(switch_on) WHERE switch_on IS NOT NULL")

    # === CRON === #

    @api.model
    def _cron_follow_validity(self):
        """Switch over to the renewals whose day has come, expire what has ended, remind, and rate issuers."""
        # As the superuser, even if a user runs the cron by hand.
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
                    # Somebody has just renewed or revoked one of these: search again.
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
    def _lock_batch(self, condition):
        """Lock the first batch of activations that match a condition and are not locked by others.

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
        locked = self.browse(row[0] for row in self.env.cr.fetchall())
        locked.invalidate_recordset()
        return locked

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
        """Find activations that have ended, and those with a due reminder that was not sent."""
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
        locked = self._lock_batch(self._get_switch_condition())
        for activation in locked:
            activation._switch_over()
        return len(locked)

    @api.model
    def _follow_ends(self):
        """Expire a batch of activations that have ended, and send reminders of them and of those
        that end soon.

        :return: how many
        :rtype: int
        """
        locked = self._lock_batch(self._get_due_condition())
        today = self._get_today()
        ended = locked.filtered(lambda activation: activation.date_end < today)
        ended._expire()
        unrenewed = locked.filtered(lambda activation: not activation.is_renewed)
        rungs = expiry.get_rungs(self.env.company._get_certificate_reminder_days())
        by_rung = unrenewed.grouped(
            lambda activation: expiry.find_rung(rungs, (activation.date_end - today).days)
        )
        for rung, activations in by_rung.items():
            activations.write({"reminded_days": rung})
        unrenewed._remind()
        return len(locked)

    # === REMINDERS === #

    def _remind(self):
        """Tell the responsible users, the companies and the seller, each in their language.

        With as few statements as a batch allows; Odoo's queue sends the mails after the transaction.
        """
        if not self:
            return
        self.activity_unlink([ACTIVITY_EXPIRY])
        users = self._map_responsible_users()

        # Most notices are needed in one or two languages, by several users.
        @cache
        def get_notice(activation, lang):
            return activation.with_context(lang=lang)._get_expiry_notice()

        # The mails already announce the activities.
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
        :param get_notice: like `_get_expiry_notice`, for an activation and a language
        :rtype: list[dict]
        """
        today, mailing = self._get_today(), self.env["certificate.mailing"]
        common = {
            "activity_type_id": self.env.ref(ACTIVITY_EXPIRY).id,
            "res_model_id": self.env["ir.model"]._get_id(self._name),
            "automated": True,
        }
        vals_list = []
        for activation in self:
            for user in users[activation]:
                lang = mailing._choose_person_lang(user, activation.company_id)
                subject, sentence = get_notice(activation, lang)
                vals_list.append(
                    {
                        **common,
                        "res_id": activation.id,
                        # Odoo would store it with a write after the creation.
                        "res_name": activation.display_name,
                        "user_id": user.id,
                        "summary": subject,
                        "note": write_note(sentence),
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
        base_url, mailing = self.browse().get_base_url(), self.env["certificate.mailing"]
        everybody = self.env["res.users"].union(*users.values())
        elsewhere = everybody.filtered(lambda user: len(user.company_ids) > 1)

        # Laid out once for a language; the mails of a batch differ by a few words.
        @cache
        def get_common(brand, lang):
            env = self.with_context(lang=lang).env
            button = env._("Renew your digital certificate"), mark("url")
            return {
                **common,
                **mailing._prepare_mail(
                    [],
                    lang,
                    brand=brand,
                    subject="",
                    content=mailing._write_content(brand, lang, [mark("sentence")], button),
                    about=env._("digital certificate"),
                    name=mark("name"),
                ),
            }

        vals_list = []
        for activation in self:
            addresses = self._group_addresses(users[activation], activation.company_id)
            path = (
                f"{STEPS_PATH}/{activation.id}?renew=1"
                if users[activation] & elsewhere
                else RENEWAL_PATH
            )
            brand = activation._get_brand()
            for lang, emails in addresses.items():
                subject, sentence = get_notice(activation, lang)
                vals = get_common(brand, lang)
                words = {
                    "sentence": sentence,
                    "url": f"{base_url}{path}",
                    "name": activation.company_id.name,
                }
                vals_list.append(
                    {
                        **vals,
                        "res_id": activation.id,
                        "subject": subject,
                        "body": sentence,
                        "body_html": fill_in(vals["body_html"], words),
                        "email_to": ", ".join(emails),
                    }
                )
        return vals_list

    @api.model
    def _group_addresses(self, users, company):
        """Return the addresses of users and their company, each once, by the language that they read.

        :rtype: dict[str, list[str]]
        """
        mailing = self.env["certificate.mailing"]
        languages = {
            user.email_normalized: mailing._choose_person_lang(user, company) for user in users
        }
        languages.setdefault(
            company.partner_id.email_normalized, mailing._choose_company_lang(company, users)
        )
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
        seller, mailing = (
            self.env.company.certificate_seller_id.sudo(),
            self.env["certificate.mailing"],
        )
        email = seller.partner_id.email_normalized
        if not email:
            return []
        lang = mailing._choose_company_lang(seller, seller._get_certificate_custodians())
        env = self.with_context(lang=lang).env
        is_one = len(self) == 1
        content = mailing._write_content(
            seller,
            lang,
            [
                env._("This company was reminded today.")
                if is_one
                else env._("These companies were reminded today.")
            ],
            (env._("Open the board"), f"{self.browse().get_base_url()}{BOARD_PATH}"),
            items=[get_notice(activation, lang)[1] for activation in self],
        )
        return [
            mailing._prepare_mail(
                [email],
                lang,
                brand=seller,
                subject=env._("A digital certificate of your clients ends")
                if is_one
                else env._("%s digital certificates of your clients end", len(self)),
                content=content,
                about=env._("client board"),
                name=seller.name,
            )
        ]

    def _prepare_reminder_vals(self):
        """Keep a mail as a message of the activation, to show who was reminded."""
        return {
            "message_type": "notification",
            "subtype_id": self.env.ref("mail.mt_note").id,
            "is_internal": True,
            "auto_delete": False,
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
