from markupsafe import Markup

from odoo import SUPERUSER_ID, api, models

from ..const import (
    ACTIVITY_DECISION,
    ACTIVITY_EXPIRY,
    ACTIVITY_FILE,
    ACTIVITY_LETTER,
    ACTIVITY_NEXT_STEP,
    ACTIVITY_PROBLEM,
    ACTIVITY_REQUEST,
    WIZARD_PATH,
)

# What kind of activity each notice leaves with the user; None for a message alone.
ACTIVITIES = {
    "paid": ACTIVITY_NEXT_STEP,
    "failed": ACTIVITY_NEXT_STEP,
    "receipt_rejected": ACTIVITY_NEXT_STEP,
    "receipt_waiting": ACTIVITY_DECISION,
    "letter_void": ACTIVITY_NEXT_STEP,
    "letter_review": ACTIVITY_LETTER,
    "letter_rejected": ACTIVITY_NEXT_STEP,
    "letter_accepted": None,
    "request_sent": ACTIVITY_REQUEST,
    "request_resent": ACTIVITY_REQUEST,
    "request_cancelled": ACTIVITY_REQUEST,
    "request_completed": ACTIVITY_REQUEST,
    "request_rejected": ACTIVITY_NEXT_STEP,
    "request_issued": ACTIVITY_NEXT_STEP,
    "file_problem": ACTIVITY_FILE,
    "returned": ACTIVITY_PROBLEM,
    "surplus": ACTIVITY_PROBLEM,
    "certificate_revoked": ACTIVITY_EXPIRY,
}


class CertificateActivation(models.Model):
    """Who is told what of an activation when it moves on without them."""

    _inherit = "certificate.activation"

    @api.model
    def _follow_payment(self, invoices):
        """React to what happened to invoices, whoever did it.

        :param invoices: `account.move` in sudo mode
        """
        activations = invoices._get_certificate_activation()
        sold = invoices.filtered(lambda move: move.company_id._get_certificate_products())
        if sold:
            activations |= activations.search(
                [("state", "=", "pay"), ("company_id.partner_id", "in", sold.partner_id.ids)]
            )
        # In the name of nobody: whoever books a payment has nothing to do with the activation.
        for activation in activations.with_env(self.env(user=SUPERUSER_ID, context={})):
            activation.invalidate_recordset()
            activation._react_to_payment()

    def _react_to_payment(self):
        """Tell who has to know that the certificate is paid, or is not paid any more."""
        self.ensure_one()
        if self.state == "pay":
            self._take_payment_made_elsewhere()
            if self.payment_status == "paid":
                self._notify("paid", self._get_responsible_users())
        elif self.state in ("process", "active"):
            if self.payment_status == "paid":
                self.activity_unlink([ACTIVITY_PROBLEM])
            else:
                self._notify("returned", self._get_managers())
        if self.payment_surplus:
            self._notify("surplus", self._get_managers())

    def _get_responsible_users(self):
        """Return who walks the steps: who started them, else the managers.

        :rtype: res.users
        """
        self.ensure_one()
        return self._map_responsible_users()[self]

    def _map_responsible_users(self):
        """Return the responsible users of many activations at once.

        :rtype: dict[certificate.activation, res.users]
        """
        starters = self.create_uid.filtered(lambda user: user.active and not user.share)
        # Read once: somebody may work for a hundred companies.
        companies = {user: set(user.company_ids.ids) for user in starters}
        users = {
            activation: activation.create_uid.filtered(
                lambda user, company=activation.company_id: company.id in companies.get(user, ())
            )
            for activation in self
        }
        orphans = self.filtered(lambda activation: not users[activation])
        managers = orphans.company_id._map_certificate_managers()
        return {**users, **{orphan: managers[orphan.company_id] for orphan in orphans}}

    def _get_managers(self):
        """Return the managers of the company.

        :rtype: res.users
        """
        return self.company_id._get_certificate_managers()

    def _notify(self, kind, users):
        """Tell users of something by an activity and a message, each in their language, once.

        :param str kind: one of `ACTIVITIES`
        :param users: `res.users`
        """
        self.ensure_one()
        for user in users:
            # The message tells of the activity already.
            context = {"lang": user.lang, "mail_activity_quick_update": True}
            told = self.with_env(self.env(user=SUPERUSER_ID, context=context))
            subject, sentence = told._get_notice(kind)
            if ACTIVITIES[kind]:
                known = told.activity_search([ACTIVITIES[kind]], user_id=user.id)
                if subject in known.mapped("summary"):
                    continue
                if ACTIVITIES[kind] == ACTIVITY_NEXT_STEP:
                    known.unlink()  # there is one next step
                told.activity_schedule(
                    ACTIVITIES[kind], user_id=user.id, summary=subject, note=sentence
                )
            told.message_notify(
                partner_ids=user.partner_id.ids,
                subject=subject,
                body=Markup('<p>%s</p><p><a href="%s">%s</a></p>')
                % (sentence, told._get_notice_url(kind, user), told._get_notice_button(kind)),
            )

    def _get_notice(self, kind):
        """Write a notice: its subject and one sentence, in the language of the context.

        :rtype: tuple[str, str]
        """
        seller, company = self.seller_id.name, self.company_id.name
        notices = {
            "paid": (
                self.env._("Your digital certificate is paid"),
                self.env._(
                    "%s Next: the legal representative's data and the letter.",
                    self.payment_sentence,
                ),
            ),
            "failed": (
                self.env._("The payment of your digital certificate was not completed"),
                self.env._("You can try again. %s", self.payment_message or ""),
            ),
            "receipt_waiting": (
                self.env._("A payment receipt waits for your decision"),
                self.env._(
                    "%s attached the receipt of its digital certificate. Approve or reject it.",
                    company,
                ),
            ),
            "receipt_rejected": (
                self.env._("The receipt of your digital certificate was rejected"),
                self.payment_sentence,
            ),
            "letter_void": (
                self.env._("The signed letter of your digital certificate is void"),
                self.letter_void_sentence or "",
            ),
            "letter_review": (
                self.env._("A signed letter waits for your review"),
                self.env._(
                    "Look at the letter by which %s signs with your certificate. Accept it, or reject it "
                    "with a reason.",
                    company,
                ),
            ),
            "letter_rejected": (
                self.env._("The signed letter of your digital certificate was rejected"),
                self.letter_review_sentence or "",
            ),
            "letter_accepted": (
                self.env._("The signed letter of your digital certificate was accepted"),
                self.env._("The certificate signs the invoices of %s from now on.", company),
            ),
            "file_problem": (
                self.env._("A stored file of a digital certificate is missing or was altered"),
                self.env._(
                    "A letter or receipt of %s is not the file that was stored. Ask your administrator "
                    "to restore it from the backup, or have it attached again.",
                    company,
                ),
            ),
            "returned": (
                self.env._("The payment of a digital certificate is gone"),
                self.env._(
                    "%(sentence)s Decide whether %(company)s keeps its activation.",
                    sentence=self.payment_sentence,
                    company=company,
                ),
            ),
            "surplus": (
                self.env._("A digital certificate was charged too much"),
                self.env._(
                    "%(amount)s beyond the price is a credit with %(seller)s. Ask it for a refund.",
                    amount=self._format_money(self.payment_surplus),
                    seller=seller,
                ),
            ),
        }
        return notices[kind]

    @api.model
    def _get_notice_button(self, kind):
        if ACTIVITIES[kind] == ACTIVITY_NEXT_STEP:
            return self.env._("Continue with your digital certificate")
        return self.env._("Open the activation")

    def _get_notice_url(self, kind, user):
        """Return where a notice leads: to the steps, when the user has no other company to be in."""
        base_url = self.get_base_url()
        if len(user.company_ids) == 1 and self._get_step() != "finish":
            return f"{base_url}{WIZARD_PATH}"
        # Odoo's own way to a record, which changes the company on the way.
        return f"{base_url}/mail/view?model={self._name}&res_id={self.id}"
