from collections.abc import Callable
from typing import NamedTuple

from odoo import api, fields, models

from ...const import PAYMENT_LEVELS

# A sentence that is no alert, such as that nobody has paid yet.
MUTED = "muted"
# What is wrong is read aloud at once, and good news when there is time for it.
_ROLES = {"danger": "alert", "warning": "alert", "info": "status", "success": "status"}


class Action(NamedTuple):
    """The button of an alert, in the wizard; the portal says whom to ask instead.

    :ivar str name: method of the wizard, or XML id of an action
    :ivar label: function of an activation, which returns the label in its language
    :ivar confirm: likewise, what is asked before it is done
    :ivar str type: `object` or `action`
    :ivar str group: whoever is in it gets the button; None for everybody
    :ivar offered: function of an activation, which tells whether there is something to do
    """

    name: str
    label: Callable
    confirm: Callable | None = None
    type: str = "object"
    group: str | None = None
    offered: Callable = lambda self: True


class Alert(NamedTuple):
    """Something that the pages of an activation point out, while it is so.

    :ivar level: `success`, `info`, `warning`, `danger` or `muted`; or a function of an activation
    :ivar sentence: function of an activation, which returns one sentence in its language, or nothing while
        there is nothing to point out
    :ivar icon: of Font Awesome; or a function of an activation
    :ivar details: function of an activation, which returns more lines
    :ivar action: its button
    """

    level: str | Callable
    sentence: Callable
    icon: str | Callable | None = None
    details: Callable = lambda self: []
    action: Action | None = None


def _write_payment(self):
    """Say how far the payment has come, while it is what has to be done; then, that it is done."""
    is_shown = self.phase == "pay" or (
        self.payment_status == "paid" and self.phase in ("process", "waiting")
    )
    return is_shown and self.payment_level != MUTED and self.payment_sentence


def _write_letter_next(self):
    is_attached = self.signed_letter_size and self.letter_downloaded_on
    if not self.needs_letter or not self._is_letter_open() or is_attached:
        return None
    if self.letter_void_sentence or self._write_letter_sent():
        return None
    if not self.letter_downloaded_on:
        return self.env._(
            "Download the letter first. The legal representative signs it; then scan it or take photos "
            "of it, and attach them here."
        )
    return self.env._(
        "The letter %s was downloaded. Have the legal representative sign it; then attach a scan or "
        "photos of all its pages here.",
        self.letter_code,
    )


def _write_running_request(self):
    running = self.phase != "ended" and self._get_running_request(self.company_id)
    return (
        running
        and running != self
        and self.env._("Your company has requested a certificate of its own.")
    )


def _write_lender_review(self):
    if self.letter_review == "rejected":
        return self.env._(
            "Nothing is signed for this company with your certificate. The company has been told why, "
            "and has to attach a new letter."
        )
    if self.letter_review != "waiting":
        return None
    return (
        self.env._(
            "Nothing is signed for this company with your certificate until you accept the letter."
        )
        if self.is_signing_blocked
        else self.env._("Until you reject the letter, this company signs with your certificate.")
    )


# In the order in which they stand on a page; each view says which of them stand where.
ALERTS = {
    "other_company": Alert(
        "warning",
        lambda self: (
            self.company_id != self.env.company
            and self.env._(
                "This page is about %(company)s, and you are working in %(chosen)s.",
                company=self.company_id.sudo().name,
                chosen=self.env.company.name,
            )
        ),
        action=Action(
            "action_restart",
            lambda self: self.env._("Open that of %s", self.env.company.name),
        ),
    ),
    "renews": Alert(MUTED, lambda self: self._get_renewed_sentence(), icon="fa-refresh"),
    "surplus": Alert("info", lambda self: self.surplus_sentence),
    # Pay
    "not_for_sale": Alert(
        "warning",
        lambda self: not self.accepts_receipts and self.sale_refusal,
        action=Action(
            "l10n_co_certificate_activation.certificate_sale_setup_action",
            lambda self: self.env._("Set up the sale"),
            type="action",
            group="base.group_system",
        ),
    ),
    "payment": Alert(
        lambda self: self.payment_level,
        _write_payment,
        icon=lambda self: "fa-check-circle" if self.payment_status == "paid" else None,
        details=lambda self: [self.payment_message] if self.payment_status == "failed" else [],
        action=Action(
            "action_open_invoice",
            lambda self: self.env._("Open the invoice"),
            offered=lambda self: bool(self._get_paid_invoice()),
        ),
    ),
    "payment_open": Alert(
        MUTED,
        lambda self: (
            self.phase == "pay"
            and self.payment_level == MUTED
            # Nothing to buy where nobody sells.
            and self.seller_id
            and self.payment_sentence
        ),
    ),
    "payment_hint": Alert(
        MUTED,
        lambda self: (
            self.phase == "pay"
            and self.payment_status in ("none", "to_pay", "failed")
            and self.is_for_sale
            and self.env._(
                "You come back to this page after the payment. PSE and cash payments are confirmed some "
                "hours later: you can close the page, and we will tell you by email."
            )
        ),
    ),
    "payment_gone": Alert(
        # What the seller is still to book, or corrects, is not lost.
        lambda self: "info" if self.payment_status == "recording" else "danger",
        lambda self: (
            self.needs_payment
            and self.payment_status != "paid"
            and self.phase in ("process", "waiting", "active")
            and self.payment_sentence
        ),
    ),
    # Process
    "profile": Alert(
        "warning",
        lambda self: self._is_letter_open() and self._get_profile_error(),
        action=Action("action_open_profile", lambda self: self.env._("Open the profile")),
    ),
    "replaced": Alert("info", lambda self: not self.is_requested and self._get_replaced_sentence()),
    # A request takes days, in which the company looks at what signs meanwhile.
    "replaced_later": Alert(
        MUTED,
        lambda self: self.is_requested and self._get_replaced_sentence(),
        action=Action(
            "action_open_current", lambda self: self.env._("Open the current certificate")
        ),
    ),
    "letter_rejected": Alert(
        "danger", lambda self: self.letter_review == "rejected" and self.letter_review_sentence
    ),
    "letter_void": Alert("warning", lambda self: self.letter_void_sentence),
    "letter_sent": Alert(
        "info",
        lambda self: self._is_letter_open() and self._write_letter_sent(),
        icon="fa-paper-plane",
        action=Action(
            "action_withdraw_letter_link",
            lambda self: self.env._("Withdraw the link"),
            confirm=lambda self: self.env._(
                "Withdraw the link? The page closes to the legal representative at once."
            ),
        ),
    ),
    "letter_not_sent": Alert(
        "warning", lambda self: self._is_letter_open() and self._write_letter_not_sent()
    ),
    "letter_next": Alert(MUTED, _write_letter_next),
    "letter_problem": Alert("danger", lambda self: self.signed_letter_problem),
    "letter_known": Alert(
        lambda self: "warning" if self.signed_letter_match == "unread" else "success",
        lambda self: not self.signed_letter_problem and self.signed_letter_sentence,
        icon=lambda self: "fa-eye" if self.signed_letter_match == "unread" else "fa-check-circle",
    ),
    "letter_first": Alert(
        "warning",
        lambda self: (
            self.signed_letter_size
            and not self.letter_downloaded_on
            and self.env._(
                "Download the letter first: the scan must be of the letter that you downloaded here."
            )
        ),
    ),
    "request_running": Alert(
        MUTED,
        _write_running_request,
        action=Action("action_start_request", lambda self: self.env._("Track your request")),
    ),
    "request": Alert(
        lambda self: {"rejected": "danger", "issued": "success"}.get(
            self.request_ids.state, "info"
        ),
        lambda self: self.request_ids.sentence,
        icon=lambda self: {"in_process": "fa-clock-o", "issued": "fa-check-circle"}.get(
            self.request_ids.state
        ),
        details=lambda self: (
            [self.request_ids.observation] if self.request_ids.state == "rejected" else []
        ),
    ),
    # Finish
    "expiry": Alert(
        "warning",
        lambda self: (
            self._get_step() == "finish"
            and (self.company_id._get_certificate_warning() or {}).get("sentence")
        ),
        icon="fa-hourglass-half",
    ),
    "letter_review": Alert(
        lambda self: "warning" if self.is_signing_blocked else "info",
        lambda self: self.letter_review == "waiting" and self.letter_review_sentence,
    ),
    "paused": Alert("danger", lambda self: self.is_paused and self.pause_sentence),
    "nit": Alert(
        "danger", lambda self: self.phase == "active" and self._get_changed_nit_sentence()
    ),
    "issuer": Alert("warning", lambda self: self.phase != "ended" and self.issuer_sentence),
    "renewal": Alert(MUTED, lambda self: self._get_renewal_sentence()),
    "switch": Alert(
        MUTED,
        lambda self: not self.is_signing_blocked and self._get_lost_sentence(),
        action=Action(
            "action_switch_now",
            lambda self: self.env._("Switch over now"),
            lambda self: self.env._(
                "Switch over to the renewal today? What signs now ends, and cannot be resumed."
            ),
        ),
    ),
    "ended": Alert(
        "warning",
        lambda self: self.phase == "ended" and self.env._("This activation has ended."),
        action=Action("action_restart", lambda self: self.env._("Open the current one")),
    ),
    # For the lender, who reviews the letter
    "lender_review": Alert(
        lambda self: (
            "danger"
            if self.letter_review == "rejected"
            else "warning"
            if self.is_signing_blocked
            else "info"
        ),
        _write_lender_review,
    ),
}


class CertificateActivation(models.Model):
    """What the pages of an activation point out: the same in the wizard, the portal and the records."""

    _inherit = "certificate.activation"

    alerts = fields.Json(
        compute="_compute_alerts",
        compute_sudo=True,
        help="What there is to point out now, of `ALERTS`, each as returned by `_describe_alert`.",
    )
    payment_level = fields.Char(
        compute="_compute_payment_level",
        help="How the payment stands, as the colour in which it is shown; see `PAYMENT_LEVELS`.",
    )

    @api.depends("payment_status")
    def _compute_payment_level(self):
        for activation in self:
            activation.payment_level = PAYMENT_LEVELS[activation.payment_status]

    @api.depends(
        "phase",
        "payment_move_id",
        "receipt_ids.state",
        "letter_code",
        "letter_downloaded_on",
        "letter_review",
        "signed_letter_sha256",
        "certificate_id",
        "request_ids.state",
    )
    @api.depends_context("lang", "uid", "company")
    def _compute_alerts(self):
        for activation in self:
            activation.alerts = activation._describe_alerts()

    def _describe_alerts(self):
        """Describe what there is to point out now.

        :return: as returned by `_describe_alert`, in the order of `ALERTS`
        :rtype: list[dict]
        """
        return [alert for name in ALERTS if (alert := self._describe_alert(name))]

    def _describe_alert(self, name):
        """Describe an alert for a page.

        :param str name: one of `ALERTS`
        :return: None while there is nothing to point out
        :rtype: dict | None
        """
        self.ensure_one()
        alert = ALERTS[name]
        if not (sentence := alert.sentence(self)):
            return None
        level = alert.level(self) if callable(alert.level) else alert.level
        action = alert.action
        if action and action.group and not self.env.user.has_group(action.group):
            action = None
        if action and not action.offered(self):
            action = None
        return {
            "name": name,
            "level": level,
            "role": _ROLES.get(level),
            "sentence": sentence,
            "icon": alert.icon(self) if callable(alert.icon) else alert.icon,
            "details": [line for line in alert.details(self) if line],
            "action": action
            and {
                "name": action.name,
                "type": action.type,
                "label": action.label(self),
                "confirm": action.confirm and action.confirm(self),
            },
        }
