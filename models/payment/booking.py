from datetime import timedelta

from psycopg2 import OperationalError

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain

from ...const import ACTIVITY_BOOKING
from ..core.addresses import get_record_url
from ..core.aftermath import get_reason, shielded
from ..core.mailing import write_note

# Who is asked to mend the books, in this order: who closes periods, who invoices, who administers.
_ACCOUNTANTS = (
    ("account.group_account_user", "account.group_account_manager"),
    ("account.group_account_invoice",),
    ("base.group_system",),
)
# For so long the seller may correct what it has booked, before the managers of its client are told.
CORRECTION_DAYS = 2


class AccountMove(models.Model):
    """What the seller's accountants have to mend, so that a confirmed payment is booked."""

    _inherit = "account.move"

    def _get_certificate_to_book(self):
        """Return the confirmed transactions of these invoices that are not booked yet.

        :rtype: payment.transaction
        """
        return self.env["payment.transaction"].union(
            *(
                move._get_certificate_transactions().filtered(
                    lambda tx: tx.state == "done" and not tx.is_post_processed
                )
                for move in self
            )
        )

    def _get_certificate_buyers(self):
        """Return the companies that these invoices of certificates may be for.

        :rtype: res.company
        """
        return self.partner_id._find_certificate_buyers() if self else self.env["res.company"]

    def _get_certificate_accountants(self):
        """Return who keeps the books of the seller.

        :rtype: res.users
        """
        self.ensure_one()
        for groups in _ACCOUNTANTS:
            users = self.env["res.users"].union(
                *(
                    self.company_id._map_certificate_users(group)[self.company_id]
                    for group in groups
                )
            )
            if users:
                return users
        return self.env["res.users"]

    def _report_certificate_problem(self, error):
        """Tell the accountants, once, why what was paid cannot be booked, or followed, for a certificate.

        :param Exception error: what went wrong
        """
        mailing = self.env["certificate.mailing"]
        for move in self.sudo():
            for user in move._get_certificate_accountants():
                told = mailing._speak_to(user, move, move.company_id)
                sentence = told.env._(
                    "The payment of the digital certificate of %(company)s cannot be booked: %(reason)s Once "
                    "that is fixed, it is booked automatically within the hour. Do not register the payment by "
                    "hand, or it will be booked twice.",
                    company=told.commercial_partner_id.name,
                    reason=get_reason(told.env, error),
                )
                known = told.activity_search([ACTIVITY_BOOKING], user_id=user.id)
                if known:
                    known.note = write_note(sentence)
                    continue
                subject = told.env._("A confirmed payment is not booked")
                told.activity_schedule(
                    ACTIVITY_BOOKING, user_id=user.id, summary=subject, note=write_note(sentence)
                )
                mailing._notify_person(
                    told,
                    user.partner_id,
                    brand=told.company_id,
                    subject=subject,
                    paragraphs=[sentence],
                    button=(told.env._("Open the invoice"), get_record_url(told)),
                    about=told.env._("client"),
                    name=told.commercial_partner_id.name,
                )

    def _get_certificate_paid_on(self):
        """Return the day of the last entry by which these were paid; of the invoice, where none has a day.

        :rtype: date | bool
        """
        paid = self._get_own_rows(self.reconciled_payment_ids).mapped("date")
        for move in self:
            for part in move._get_all_reconciled_invoice_partials():
                paid += move._get_own_rows(part["aml"].move_id).mapped("date")
        return max(filter(None, paid), default=self[:1].invoice_date)

    def _get_certificate_number(self):
        """Return the number of an invoice; empty for one that was never issued, which some add-ons call `/`.

        :rtype: str
        """
        return self.name if self.name and self.name != "/" else ""

    def _get_certificate_day(self):
        """Return the day of an invoice, which one that was never issued may lack.

        :rtype: date | bool
        """
        return self.invoice_date or self.date or fields.Date.to_date(self.create_date) or False


class CertificateActivation(models.Model):
    """What nobody opens the page for: payments that can be booked now, corrections that stay undone."""

    _inherit = "certificate.activation"

    @api.model
    def _cron_book_payments(self):
        """Book the confirmed payments that could not be booked before, and tell of long corrections.

        And take the drafts that wait to be paid out of the months that are over.
        """
        # As nobody in particular, whoever runs the cron by hand.
        activations = self.with_env(self.env(user=SUPERUSER_ID, context={}))
        to_book = [("state", "=", "done"), ("is_post_processed", "=", False)]
        unbooked = activations.search(
            [
                ("state", "!=", "cancelled"),
                ("payment_move_id.transaction_ids", "any", to_book),
            ]
        )
        limit = fields.Datetime.now() - timedelta(days=CORRECTION_DAYS)
        unsettled = activations.search(
            Domain("payment_unsettled_on", "<=", limit)
            & Domain("state", "in", ("process", "active"))
        )
        # A draft in a month that is over would keep the seller from closing it.
        month = activations._get_today().replace(day=1)
        abandoned = activations.search(
            [
                ("state", "=", "pay"),
                ("payment_move_id.state", "=", "draft"),
                ("payment_move_id.posted_before", "=", False),
                ("payment_move_id.date", "<", month),
            ]
        )
        work = {
            "_book_payment": unbooked,
            "_tell_unsettled": unsettled,
            "_move_cart": abandoned,
        }
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=sum(map(len, work.values())))
        for method, those in work.items():
            for activation in those:
                try:
                    getattr(activation, method)()
                except OperationalError:
                    # Somebody changed it in this moment: the next run looks again.
                    self.env.cr.rollback()
                if not cron._commit_progress(1):
                    return

    def _book_payment(self):
        """Book what was confirmed, if the seller's books allow it by now."""
        self.payment_move_id._get_certificate_to_book()._post_process()

    def _tell_unsettled(self):
        """Tell the managers that what had paid this activation is still not booked again."""
        with shielded(self.env):
            self._react_to_payment()
            if self.payment_status != "paid":
                self._notify("returned")

    def _move_cart(self):
        """Move the drafted invoice, which nobody has paid yet, to the month that has begun."""
        with shielded(self.env):
            self.payment_move_id.date = self._get_today()
