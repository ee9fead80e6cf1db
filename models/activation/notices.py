from collections.abc import Callable
from typing import NamedTuple

from odoo import SUPERUSER_ID, api, fields, models

from ...const import (
    ACTIVITY_DECISION,
    ACTIVITY_EXPIRY,
    ACTIVITY_FILE,
    ACTIVITY_LETTER,
    ACTIVITY_NEXT_STEP,
    ACTIVITY_PROBLEM,
    ACTIVITY_REQUEST,
    REQUEST_URL,
    STEPS_PATH,
    WIZARD_PATH,
)
from ..core.addresses import get_record_url
from ..core.aftermath import shielded
from ..core.mailing import write_note


class Button(NamedTuple):
    """The button of a notice.

    :ivar label: function of an activation, which returns the label in its language
    :ivar str get_url: method of the activation that returns the address for a user
    :ivar str place: field of the activation that leads to the record with the activity and the message;
        None for the activation itself
    """

    label: Callable
    get_url: str
    place: str | None = None


_STEPS_BUTTON = Button(
    lambda self: self.env._("Continue with your digital certificate"), "_get_steps_url"
)
_RECORD_BUTTON = Button(lambda self: self.env._("Open the activation"), "_get_record_url")
_CERTIFICATE_BUTTON = Button(
    lambda self: self.env._("See your certificate and its record"), "_get_steps_url"
)
_REQUEST_BUTTON = Button(
    lambda self: self.env._("Open the request"), "_get_request_url", "request_ids"
)


class Notice(NamedTuple):
    """Who is told what about an activation.

    :ivar str recipients: method of the activation that returns the users
    :ivar str activity: type of the activity that they get; None for a message alone
    :ivar button: its label, and where it leads
    :ivar subject: function of an activation, which returns the subject in its language
    :ivar sentence: likewise
    :ivar bool to_contacts: whether invited contacts are told, too
    :ivar bool to_seller: whether it goes to the seller's people, about a client of theirs
    """

    recipients: str
    activity: str | None
    button: Button
    subject: Callable
    sentence: Callable
    to_contacts: bool = False
    to_seller: bool = False


# A subject says to a person what happened, and what to do if there is something. No notice of a request
# repeats the custodian's observations, which may name a person.
NOTICES = {
    "paid": Notice(
        "_get_responsible_users",
        ACTIVITY_NEXT_STEP,
        _STEPS_BUTTON,
        lambda self: self.env._("Your digital certificate is paid"),
        lambda self: self._get_route().write_paid(self),
        to_contacts=True,
    ),
    "failed": Notice(
        "_get_responsible_users",
        ACTIVITY_NEXT_STEP,
        _STEPS_BUTTON,
        lambda self: self.env._("Your payment was not completed: try again"),
        lambda self: self.env._(
            "The digital certificate of %(company)s is not paid. You can try again. %(message)s",
            company=self.company_id.name,
            message=self.payment_message or "",
        ).strip(),
        to_contacts=True,
    ),
    "returned": Notice(
        "_get_managers",
        ACTIVITY_PROBLEM,
        _RECORD_BUTTON,
        lambda self: self.env._(
            "Your digital certificate is no longer paid: decide whether to keep it"
        ),
        lambda self: self.env._(
            "%(sentence)s Decide whether %(company)s keeps its activation.",
            sentence=self.payment_sentence,
            company=self.company_id.name,
        ),
    ),
    "surplus": Notice(
        "_get_managers",
        ACTIVITY_PROBLEM,
        _RECORD_BUTTON,
        lambda self: self.env._("You paid too much for your digital certificate: ask for a refund"),
        lambda self: self.surplus_sentence,
    ),
    "receipt_waiting": Notice(
        "_get_managers",
        ACTIVITY_DECISION,
        _RECORD_BUTTON,
        lambda self: self.env._("A payment receipt has come in: approve or reject it"),
        lambda self: self.env._(
            "%s attached the receipt of its digital certificate. Approve or reject it.",
            self.company_id.name,
        ),
    ),
    "receipt_rejected": Notice(
        "_get_responsible_users",
        ACTIVITY_NEXT_STEP,
        _STEPS_BUTTON,
        lambda self: self.env._("Your payment receipt was rejected: correct it and send it again"),
        lambda self: self.payment_sentence,
    ),
    "letter_void": Notice(
        "_get_responsible_users",
        ACTIVITY_NEXT_STEP,
        _STEPS_BUTTON,
        lambda self: self.env._("Your signed letter is void: have the new one signed"),
        lambda self: self.letter_void_sentence or "",
        to_contacts=True,
    ),
    "letter_review": Notice(
        "_get_lender_custodians",
        ACTIVITY_LETTER,
        _RECORD_BUTTON,
        lambda self: self.env._("Review the signed letter of %s", self.company_id.name),
        lambda self: self.env._(
            "Review the letter of %s, which signs with your certificate. Accept it, or reject "
            "it with a reason.",
            self.company_id.name,
        ),
        to_seller=True,
    ),
    "letter_rejected": Notice(
        "_get_responsible_users",
        ACTIVITY_NEXT_STEP,
        _STEPS_BUTTON,
        lambda self: self.env._("Your letter was rejected: attach another scan"),
        lambda self: self.letter_review_sentence or "",
        to_contacts=True,
    ),
    "letter_returned": Notice(
        "_get_letter_sender",
        ACTIVITY_NEXT_STEP,
        _STEPS_BUTTON,
        lambda self: self.env._("The signed letter came back: check it and continue"),
        lambda self: self.env._(
            "%(name)s sent the signed letter of %(company)s back. Look at it, then press Continue.",
            name=self._get_representative_name(),
            company=self.company_id.name,
        ),
        to_contacts=True,
    ),
    "letter_accepted": Notice(
        "_get_responsible_users",
        None,
        _RECORD_BUTTON,
        lambda self: self.env._("Your letter was accepted: your invoices are signed"),
        lambda self: self.env._(
            "The certificate signs the invoices of %s from now on.", self.company_id.name
        ),
        to_contacts=True,
    ),
    "file_problem": Notice(
        "_get_managers",
        ACTIVITY_FILE,
        _RECORD_BUTTON,
        lambda self: self.env._(
            "A file of %s is missing or was altered: have it restored", self.company_id.name
        ),
        lambda self: self.env._(
            "A letter or receipt of %s is not the file that was stored. Ask your administrator "
            "to restore it from the backup, or have it attached again.",
            self.company_id.name,
        ),
    ),
    "certificate_revoked": Notice(
        "_get_managers",
        ACTIVITY_EXPIRY,
        _RECORD_BUTTON,
        lambda self: self._get_revoked_subject(),
        lambda self: self._get_revoked_sentence(self.revocation_as_of, self.revocation_code),
    ),
    "activated": Notice(
        "_get_responsible_users",
        None,
        _CERTIFICATE_BUTTON,
        lambda self: self._get_step_sentences()["finished"],
        lambda self: self._write_activated(),
        to_contacts=True,
    ),
    "request_sent": Notice(
        "_get_seller_custodians",
        ACTIVITY_REQUEST,
        _REQUEST_BUTTON,
        lambda self: self.env._(
            "%s requests a digital certificate: review its documents", self.company_id.name
        ),
        lambda self: self.env._(
            "%(company)s asks %(authority)s for a certificate. Review its documents.",
            company=self.company_id.name,
            authority=self.request_ids.authority_id.name or "",
        ),
        to_seller=True,
    ),
    "request_resent": Notice(
        "_get_seller_custodians",
        ACTIVITY_REQUEST,
        _REQUEST_BUTTON,
        lambda self: self.env._("%s corrected its request: review it again", self.company_id.name),
        lambda self: self.env._(
            "%(company)s corrected its request to %(authority)s. Review what was rejected.",
            company=self.company_id.name,
            authority=self.request_ids.authority_id.name or "",
        ),
        to_seller=True,
    ),
    "request_rejected": Notice(
        "_get_responsible_users",
        ACTIVITY_NEXT_STEP,
        _STEPS_BUTTON,
        lambda self: self.env._("Your request was rejected: correct it and send it again"),
        lambda self: self.env._(
            "See what has to be corrected, and send it again. What was accepted is kept."
        ),
    ),
    "request_issued": Notice(
        "_get_responsible_users",
        ACTIVITY_NEXT_STEP,
        _STEPS_BUTTON,
        lambda self: self.env._("Your digital certificate was issued: load its file"),
        lambda self: self.env._(
            "%s gives you its file and its password. Load them to sign with it.",
            self.request_ids.authority_id.name or "",
        ),
    ),
    "request_completed": Notice(
        "_get_seller_custodians",
        ACTIVITY_REQUEST,
        _REQUEST_BUTTON,
        lambda self: self.env._(
            "The certificate that %s requested is active", self.company_id.name
        ),
        lambda self: self.env._(
            "%s signs with it. There is nothing left to do.", self.company_id.name
        ),
        to_seller=True,
    ),
    "request_cancelled": Notice(
        "_get_seller_custodians",
        ACTIVITY_REQUEST,
        _REQUEST_BUTTON,
        lambda self: self.env._(
            "%s withdrew its request: stop processing it", self.company_id.name
        ),
        lambda self: self.env._(
            "%s withdrew its request: stop processing it.", self.company_id.name
        ),
        to_seller=True,
    ),
}


class CertificateActivation(models.Model):
    """Who is told what about an activation when it moves on without them."""

    _inherit = "certificate.activation"

    @api.model
    def _follow_payment(self, invoices):
        """React to what happened to invoices, whoever did it.

        :param invoices: `account.move` in sudo mode
        """
        paid = activations = invoices._get_certificate_activation()
        sold = invoices.filtered(lambda move: move.company_id._get_certificate_products())
        if companies := sold._get_certificate_buyers():
            activations |= activations.search(
                [("state", "in", ("pay", "process", "active")), ("company_id", "in", companies.ids)]
            )
        # As the superuser: the user who records a payment has nothing to do with the activation.
        for activation in activations.with_env(self.env(user=SUPERUSER_ID, context={})):
            with shielded(self.env, activation.payment_move_id._report_certificate_problem):
                activation.invalidate_recordset()
                activation._react_to_payment(is_own=activation in paid)

    def _react_to_payment(self, is_own=True):
        """Tell who has to know that the certificate is paid, or is not paid any more.

        :param bool is_own: whether something happened to its own invoice, and not to another one of its company
        """
        self.ensure_one()
        if self.state == "pay":
            self._take_payment_made_elsewhere()
            if self.payment_status == "paid":
                self._notify("paid")
        elif self.state in ("process", "active") and self.payment_status != "paid":
            # An invoice that is wrong is reversed and issued anew; what is waited for to be paid comes first.
            if self.payment_status in ("reversed", "void") and not self._search_others("pay"):
                self._take_payment_made_elsewhere()
            if self.payment_status != "paid" and is_own:
                self._react_to_unsettled()
        if self.payment_surplus:
            self._notify("surplus")
        elif self.payment_status == "paid":
            self.activity_unlink([ACTIVITY_PROBLEM])
        if self.payment_status == "paid" and self.payment_unsettled_on:
            self._trusted().payment_unsettled_on = False

    def _react_to_unsettled(self):
        """Tell the managers that the payment is gone; while the seller corrects its books, only later."""
        if self.payment_status != "recording":
            self._notify("returned")
        elif not self.payment_unsettled_on:
            self._trusted().payment_unsettled_on = fields.Datetime.now()

    def _get_responsible_users(self):
        """Return the users who complete the steps: the one who started them, or else the managers.

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

    def _get_seller_custodians(self):
        """Return who processes the requests that the company of the invoice sells.

        :rtype: res.users
        """
        return self.payment_move_id.company_id._get_certificate_custodians()

    def _get_lender_custodians(self):
        """Return who reviews the letters of the company that lends the certificate.

        :rtype: res.users
        """
        return self.certificate_id.company_id._get_certificate_custodians()

    def _notify(self, kind, users=None):
        """Notify users once, with an activity and a message, each in their language.

        Invited contacts are notified after them, if the notice is for contacts.

        :param str kind: one of `NOTICES`
        :param users: `res.users`, instead of the recipients of the notice
        """
        self.ensure_one()
        notice = NOTICES[kind]
        mailing = self.env["certificate.mailing"]
        for user in getattr(self, notice.recipients)() if users is None else users:
            translated = mailing._speak_to(user, self, self.company_id)
            place = translated[notice.button.place] if notice.button.place else translated
            subject, sentence = translated._get_notice(kind)
            if notice.activity:
                known = place.activity_search([notice.activity], user_id=user.id)
                if subject in known.mapped("summary"):
                    continue
                if notice.activity == ACTIVITY_NEXT_STEP:
                    known.unlink()  # there is one next step
                place.activity_schedule(
                    notice.activity, user_id=user.id, summary=subject, note=write_note(sentence)
                )
            url = getattr(translated, notice.button.get_url)(user)
            translated._notify_about(
                place,
                user.partner_id,
                subject,
                [sentence],
                (notice.button.label(translated), url),
                to_seller=notice.to_seller,
            )
        if notice.to_contacts:
            self._notify_contacts(kind)

    def _get_brand(self):
        """Return the company whose name and logo the mails about this bear: the seller, else its own.

        :return: in sudo mode
        :rtype: res.company
        """
        activation = self.sudo()
        return activation.seller_id or activation.company_id

    def _notify_about(
        self, place, partner, subject, paragraphs, button, *, notes=(), to_seller=False
    ):
        """Notify a person of something about this activation, in the language of the context.

        :param place: the record that carries the message
        :param partner: `res.partner`
        :param str subject: of the mail
        :param list paragraphs: what it says
        :param tuple button: its label and its address
        :param notes: what it says after the button
        :param bool to_seller: whether the person is one of the seller's
        """
        self.env["certificate.mailing"]._notify_person(
            place,
            partner,
            brand=self._get_brand(),
            subject=subject,
            paragraphs=paragraphs,
            button=button,
            notes=notes,
            about=self.env._("client") if to_seller else self.env._("digital certificate"),
            name=self.company_id.name,
        )

    def _write_activated(self):
        """Say what signs from when to when, and what proves it.

        :rtype: str
        """
        sentences = self._get_step_sentences()
        facts = sentences["active"] or self.letter_review_sentence or self.pause_sentence
        return " ".join(filter(None, (facts, sentences["record"])))

    def _get_notice(self, kind):
        """Write a notice: its subject and one sentence, in the language of the context.

        :param str kind: one of `NOTICES`
        :rtype: tuple[str, str]
        """
        notice = NOTICES[kind]
        return notice.subject(self), notice.sentence(self)

    def _get_steps_url(self, user):
        """Return the address of the three steps; for a user of several companies, in the company of this one."""
        path = WIZARD_PATH if len(user.company_ids) == 1 else f"{STEPS_PATH}/{self.id}"
        return f"{self.get_base_url()}{path}"

    def _get_record_url(self, user):
        """Return the address where a user decides: the steps while they go on, else the record."""
        if self._get_step() != "finish" and self.company_id in user.company_ids:
            return self._get_steps_url(user)
        return get_record_url(self)

    def _get_request_url(self, _user):
        """Return the address at which the seller processes a request."""
        return f"{self.get_base_url()}{REQUEST_URL}/{self.request_ids.id}"
