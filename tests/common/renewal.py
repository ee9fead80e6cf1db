"""A company with an active certificate on some day of its period, and the reminders of its end."""

from datetime import datetime, time, timedelta

from freezegun import freeze_time

from ...const import ACTIVITY_EXPIRY, CRON_VALIDITY
from . import samples
from .case import CertificateCommon
from .walk import Walk

RUNGS = [90, 60, 30, 15, 7, 1]
ACTIVATION = "certificate.activation"


class RenewalWalk(Walk):
    def open(self, user=None):
        """Open the page from the menu."""
        user = user or self.user_a
        action = self.env[ACTIVATION].with_user(user).action_open_wizard()
        return self.get_wizard(action, user)

    def complete(self, renewal):
        """Walk a renewal from its payment to its end; what it was prefilled with is enough."""
        self.pay(renewal)
        renewal.action_continue()
        renewal.action_download_letter()
        self.attach(renewal)
        renewal.action_finish()
        self.env.invalidate_all()

    def renew(self, activation):
        """Renew as a user does: by the button of the page."""
        wizard = self.open()
        assert wizard.activation_id == activation, (wizard.activation_id, activation)
        renewal = self.get_wizard(wizard.action_renew()).activation_id
        self.complete(renewal)
        return renewal


class RenewalCommon(CertificateCommon, RenewalWalk):
    """Company A has an active certificate of one year; `at` moves to a day of it."""

    walk_class = RenewalWalk

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        seller = cls.seller.sudo()
        seller.certificate_lent_id = samples.store_certificate(seller, days=12 * 366)
        # Walked once for all tests.
        cls.activation = cls.get_walk().get_active()

    @classmethod
    def at(cls, day, moment=time(17)):
        """Freeze the clock at a moment in UTC: Colombia is five hours behind it."""
        cls.env.invalidate_all()
        return freeze_time(datetime.combine(day, moment))

    @classmethod
    def at_days_left(cls, days, activation=None):
        return cls.at((activation or cls.activation).date_end - timedelta(days=days))

    def get_in_force(self, company=None):
        self.env.invalidate_all()
        return (company or self.company_a)._get_active_certificate_activation()


class ExpiryCommon(RenewalCommon):
    def run_cron(self):
        """Run the job as the scheduler does, and return the mails that it writes."""
        mails = self.env["mail.mail"].sudo()
        last = mails.search([], order="id desc", limit=1).id
        self.env.flush_all()
        with self.enter_registry_test_mode():
            result = self.env.ref(CRON_VALIDITY).method_direct_trigger()
        self.assertIs(result, True)
        self.env.invalidate_all()
        return mails.search([("id", ">", last)])

    def get_reminders(self, mails, activation=None):
        return mails.filtered(
            lambda mail: (
                mail.model == ACTIVATION and mail.res_id == (activation or self.activation).id
            )
        )

    def get_activities(self, activation=None):
        activities = (activation or self.activation).sudo().activity_ids
        return activities.filtered(
            lambda activity: activity.activity_type_id == self.env.ref(ACTIVITY_EXPIRY)
        )
