from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ...const import ACTIVITY_LETTER, GROUP_CUSTODIAN, LETTER_REVIEWS
from ..activation.routes import LETTER_ROUTES

# Context key of the buttons: the SHA-256 of the letter that the page shows.
SEEN_LETTER = "certificate_seen_letter"


class CertificateActivation(models.Model):
    """The lender reviews the letters of the companies that its certificate is lent to.

    The software only tells how a letter was recognised; whether it is valid is the lender's
    decision, never the borrower's. A letter whose code could not be read waits for the custodian,
    and so does every letter if the lender signs only after review. After a rejection the company
    attaches a new letter on the page where it was made; until then nothing is signed, and nothing
    is lost. A rejection concerns the company: neither a renewal nor another activation signs before
    a letter of the company is accepted.
    """

    _inherit = "certificate.activation"

    letter_review = fields.Selection(
        LETTER_REVIEWS,
        string="Review of the letter",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="What the lender of the certificate decided on the signed letter.",
    )
    letter_reviewed_by_id = fields.Many2one(
        "res.users", string="Reviewed by", readonly=True, copy=False
    )
    letter_reviewed_on = fields.Datetime(string="Reviewed on", readonly=True, copy=False)
    letter_rejection_reason = fields.Char(
        string="Reason of the rejection",
        readonly=True,
        copy=False,
        help="Why the previous letter was rejected, until a new one is accepted.",
    )
    letter_review_sentence = fields.Char(compute="_compute_letter_review", compute_sudo=True)
    is_signing_blocked = fields.Boolean(
        string="Signs nothing",
        compute="_compute_letter_review",
        compute_sudo=True,
        help="Nothing is signed until the lender has accepted the letter.",
    )
    can_review_letter = fields.Boolean(compute="_compute_can_review_letter")

    # === COMPUTE METHODS === #

    @api.depends("letter_review", "letter_rejection_reason", "letter_reviewed_on", "certificate_id")
    @api.depends_context("lang")
    def _compute_letter_review(self):
        for activation in self:
            is_blocked = activation._is_review_blocking()
            lender = activation.certificate_id.company_id.name or ""
            sentences = {
                "waiting": self.env._(
                    "%s reviews the signed letter, and nothing is signed until it accepts the "
                    "letter. We will tell you by email.",
                    lender,
                )
                if is_blocked
                else self.env._(
                    "%s will review the signed letter. Meanwhile, the certificate signs.", lender
                ),
                "accepted": self.env._(
                    "%(lender)s accepted the signed letter on %(day)s.",
                    lender=lender,
                    day=activation._format_moment(activation.letter_reviewed_on),
                ),
                "rejected": self.env._(
                    "%(lender)s rejected the signed letter: “%(reason)s”. Nothing is signed "
                    "until a new one is accepted. Correct it, attach the new file and continue: "
                    "nothing is paid again.",
                    lender=lender,
                    reason=(activation.letter_rejection_reason or "").rstrip("."),
                ),
            }
            activation.is_signing_blocked = is_blocked
            activation.letter_review_sentence = sentences.get(activation.letter_review)

    @api.depends("certificate_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_can_review_letter(self):
        for activation in self:
            activation.can_review_letter = (
                activation.letter_review == "waiting"
                and activation.state in ("process", "active")
                and activation._is_reviewer()
            )

    # === BUSINESS METHODS - WHAT IT MEANS === #

    def _is_review_blocking(self):
        """Tell whether nothing is signed until the lender has accepted the letter.

        :rtype: bool
        """
        activation = self.sudo()
        return activation.letter_review == "rejected" or bool(
            activation.letter_review == "waiting"
            and (
                # After a rejection, only an accepted letter is valid.
                activation.letter_rejection_reason
                or activation.certificate_id.company_id.certificate_sign_after_review
            )
        )

    def _check_letter_review(self):
        """Check that no review of the letter keeps the certificate from signing.

        :raise UserError: otherwise
        """
        if self._is_review_blocking():
            raise UserError(self.letter_review_sentence)

    def _is_letter_open(self):
        """Tell whether the letter and its data can be changed: before it is finished, or once rejected.

        :rtype: bool
        """
        self.ensure_one()
        if self.letter_review == "rejected":
            return self.state in ("process", "active")
        return self.phase == "process"

    def _check_letter_open(self):
        """Refuse to change the letter of a finished activation.

        :raise UserError: otherwise
        """
        if not self._is_letter_open():
            self._check_state("process")

    # === TRANSITIONS - BORROWER === #

    def _ask_for_review(self):
        """Ask the lender to review the letter of an activation that has just been finished, if
        needed.
        """
        activation = self._trusted()
        if not self.needs_letter:
            return
        if rejected := activation._find_rejected():
            rejected._pass_rejection_on(activation)
        elif (
            activation.signed_letter_match == "unread"
            or activation.certificate_id.company_id.certificate_sign_after_review
        ):
            activation.write({"letter_review": "waiting"})
            activation._notify("letter_review")

    def _find_rejected(self):
        """Return the activation of the company whose letter was rejected, unless one was accepted since.

        It may have ended: after a revocation, cancellation or renewal the company starts with
        another letter, which may be the same file. A branch that signs under its parent's
        activation counts as the same company.

        :return: in sudo mode
        :rtype: certificate.activation
        """
        self.ensure_one()
        legal = self.sudo().company_id._get_certificate_companies()[-1:]
        companies = legal.with_context(active_test=False).search([("id", "child_of", legal.ids)])
        companies = companies.filtered(
            lambda company: legal in company._get_certificate_companies()
        )
        last = self.sudo().search(
            Domain("company_id", "in", companies.ids)
            & Domain("id", "!=", self.id)
            & Domain("letter_reviewed_on", "!=", False),
            order="letter_reviewed_on desc, id desc",
            limit=1,
        )
        return last.filtered("letter_rejection_reason")

    def _pass_rejection_on(self, others):
        """Let other activations of the company, in sudo mode, wait for the lender as this one does."""
        for other in others:
            other.write(
                {
                    "letter_review": "waiting",
                    "letter_rejection_reason": self.letter_rejection_reason,
                    "letter_reviewed_by_id": self.letter_reviewed_by_id.id,
                    "letter_reviewed_on": self.letter_reviewed_on,
                }
            )
            other._notify("letter_review")

    def _hand_in_letter(self):
        """Submit a new letter instead of the rejected one; the row is locked.

        :raise UserError: when the letter cannot be used
        """
        self._check_signed_letter()
        activation = self._trusted()
        activation._end_letter_links()
        activation.write({"letter_review": "waiting"})
        activation.message_post(body=self.env._("A new signed letter was attached."))
        activation._notify("letter_review")
        self._keep_record(is_new_edition=True)

    # === TRANSITIONS - LENDER === #

    def _is_reviewer(self):
        """Tell whether the user is a custodian of the lender.

        Sudo mode does not give this right: the portal and the borrower's own steps run in it.

        :rtype: bool
        """
        user = self.env.user
        lender = self.sudo().certificate_id.company_id
        return self.sudo().needs_letter and (
            user._is_superuser()
            or bool(user.has_group(GROUP_CUSTODIAN) and lender and lender in user.company_ids)
        )

    def _lock_for_lender(self):
        """Lock an activation for the custodian of its lender, whose review it waits for.

        :raise AccessError: if the user is not that custodian
        :raise UserError: when nothing waits for a review
        """
        self.ensure_one()
        self.check_access("read")
        if not self._is_reviewer():
            raise AccessError(
                self.env._(
                    "Only a custodian of the company that lends the certificate can do this."
                )
            )
        self._lock_row()
        if self.state not in ("process", "active"):
            raise UserError(
                self.env._(
                    "This activation has ended: there is nothing to review. Reload the page."
                )
            )

    def _accept_letter(self):
        """Accept the signed letter; called by the server action of the form and the list."""
        for activation in self:
            activation._lock_for_lender()
            if activation.letter_review == "accepted":
                continue
            activation._check_review_waits()
            activation._check_letter_seen()
            activation._read_stored_pdf("signed_letter")
            is_blocked = activation._is_review_blocking()
            activation._decide_on_letter(
                letter_review="accepted",
                letter_rejection_reason=False,
                signed_letter_match="reviewed"
                if activation.signed_letter_match == "unread"
                else activation.signed_letter_match,
            )
            activation._trusted().message_post(body=self.env._("Signed letter accepted."))
            activation._keep_record(is_new_edition=True)
            if is_blocked:
                activation._trusted()._notify("letter_accepted")

    def _reject_letter(self, reason):
        """Reject the signed letter. It is kept in the history, and a new one is asked for.

        :param str reason: as the custodian typed it; the company and its contact read it
        :raise AccessError: if the user is not a custodian of the lender
        :raise UserError: when nothing waits for a review, or without a reason
        """
        self._lock_for_lender()
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Explain why the letter is rejected."))
        if self.letter_review == "rejected" and self.letter_rejection_reason == reason:
            return
        self._check_review_waits()
        activation = self._trusted()
        self.env["certificate.voided.letter"].sudo()._keep(activation, "rejected")
        # The state first: it allows the file to be replaced.
        self._decide_on_letter(letter_review="rejected", letter_rejection_reason=reason)
        activation.write({"signed_letter": False})
        activation.message_post(body=self.env._("Signed letter rejected: %s", reason))
        # A finished renewal must not sign instead; an earlier activation keeps signing.
        activation._pass_rejection_on(
            activation.search(
                [
                    ("company_id", "=", activation.company_id.id),
                    ("id", "!=", activation.id),
                    ("route", "in", LETTER_ROUTES),
                    ("letter_review", "in", (False, "waiting")),
                    ("letter_rejection_reason", "=", False),
                    ("phase", "=", "waiting"),
                ]
            )
        )
        activation._notify("letter_rejected")

    def _check_letter_seen(self):
        """Check that the letter is the one on the page whose button was clicked.

        Between the page and the click another custodian may have rejected it, and the borrower may
        have attached another file, which nobody has reviewed.

        :raise UserError: otherwise
        """
        seen = self.env.context.get(SEEN_LETTER)
        if seen and seen != self.signed_letter_sha256:
            raise UserError(
                self.env._(
                    "Another letter was attached after you opened this page. Reload it and "
                    "review the new one."
                )
            )

    def _check_review_waits(self):
        if self.letter_review != "waiting":
            raise UserError(self.env._("There is no letter to review here. Reload the page."))

    def _decide_on_letter(self, **vals):
        activation = self._trusted()
        activation.write(
            {
                "letter_reviewed_by_id": self.env.uid,
                "letter_reviewed_on": fields.Datetime.now(),
                **vals,
            }
        )
        activation.activity_unlink([ACTIVITY_LETTER])

    # === RECORD === #

    def _get_review_facts(self):
        """Return how the letter was known and who reviewed it, for the record.

        :return: texts only; None for what does not exist
        :rtype: dict
        """
        activation = self.sudo()
        anchors = self.env["certificate.trust.anchor"].sudo().with_context(active_test=False)
        pinned = anchors.search(
            [("sha256", "in", (activation.signed_letter_anchors or "").split(", "))]
        )
        return {
            "match": activation.signed_letter_match,
            "signers": activation.signed_letter_signers or None,
            "anchors": ", ".join(pinned.mapped("name")) or None,
            "review": activation.letter_review or None,
            "reviewed_by": activation.letter_reviewed_by_id.name or None,
            "reviewed_on": fields.Datetime.to_string(activation.letter_reviewed_on) or None,
        }
