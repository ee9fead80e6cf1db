from odoo import api, fields, models

from ...const import REPRESENTATIVE_FIELDS
from ...tools import identity
from ...tools.words import split_codes

# Numbers that people write with points.
_CEDULAS = ("national_citizen_id", "foreign_resident_card")


class CertificateActivation(models.Model):
    """The progress of an activation and the sentences of its three steps, shared by wizard and
    portal.
    """

    _inherit = "certificate.activation"

    surplus_sentence = fields.Char(compute="_compute_surplus_sentence")

    @api.depends("currency_id", "payment_surplus", "seller_id")
    @api.depends_context("lang")
    def _compute_surplus_sentence(self):
        for activation in self:
            activation.surplus_sentence = activation.payment_surplus > 0 and self.env._(
                "%(seller)s received %(amount)s more than the price: a credit of your company. "
                "Ask for a refund.",
                seller=activation.seller_id.sudo().name,
                amount=activation._format_money(activation.payment_surplus),
            )

    def _get_step(self):
        """Return which of the three steps this has reached.

        :return: `pay`, `process` or `finish`
        :rtype: str
        """
        self.ensure_one()
        if self._is_letter_open():
            return "process"
        return "pay" if self.phase == "pay" else "finish"

    def _has_all_for_loan(self):
        """Tell whether letter and scan are there, so that finishing can be offered."""
        self.ensure_one()
        return bool(
            self.letter_downloaded_on and self.signed_letter_size and not self.signed_letter_problem
        )

    def _refresh_letter(self):
        """Void a stale letter and report a bad file, when a page is opened."""
        self._void_stale_letter()
        if self.signed_letter_problem:
            self._report_stored_pdf()

    def _finish_unless_void(self):
        """Finish, unless the letter became void while the page was open: the page then says what to
        do.
        """
        if not self._void_stale_letter() and not self.letter_void_sentence:
            self.action_finish()

    def _get_step_sentences(self):
        """Return the sentences that describe this activation, by name.

        What a page points out besides is in `alerts.py`.

        :return: of what is offered, its `title`, `text` and `points`; of the representative, lines
        :rtype: dict[str, str | dict | list[str]]
        """
        self.ensure_one()
        period = {
            "start": self._format_date(self.date_start),
            "end": self._format_date(self.date_end),
        }
        return {
            "company": " · ".join(self._name_with_nit(self.company_id.sudo())),
            "offer": self._get_route().write_offer(self) if self.phase == "pay" else None,
            # Money on its way is no money that was not found.
            "findings": self.env._("Verified just now:")
            if self.payment_status in ("pending", "recording", "partial")
            else self.env._("No valid payment found. We checked:"),
            "loan": self.env._(
                "The certificate is lent to your company for %s from its activation. "
                "Your legal representative agrees to it by signing a letter.",
                self._get_validity(),
            ),
            "representative": self._summarize_representative(),
            "representative_change": self.letter_code
            and self.env._(
                "If you change anything here, the letter %s and its signed scan become void. If you type the "
                "same words again, they are valid as before.",
                self.letter_code,
            ),
            "finished": self.env._("Your letter is being reviewed")
            if self.is_signing_blocked
            else self.env._("Your digital certificate is switched off")
            if self.is_paused
            else self.env._("Your digital certificate is renewed")
            if self.phase == "waiting"
            else self.env._("Your digital certificate is active"),
            "active": None
            if self.is_signing_blocked or self.is_paused
            else self._get_route().write_active(self, **period),
            "record": self.record_code
            and self.env._(
                "The record states who activated the certificate, when and on what grounds. "
                "Anyone who has its code %s can verify it.",
                self.record_code,
            ),
        }

    def _get_progress_sentence(self):
        """Say in one short sentence how far this has come and what is next, beside the other steps of a company.

        :rtype: str
        """
        self.ensure_one()
        if self.phase == "pay":
            sentences = {
                "pending": self.env._("Your payment is being confirmed."),
                "recording": self.env._(
                    "Your payment is confirmed; the seller still has to book it."
                ),
                "partial": self.env._("It is paid in part: pay the rest."),
                "failed": self.env._("The payment was not completed: try again."),
                "test": self.env._("Only a test payment was made: ask the seller."),
                "reversed": self.env._("The payment was returned: buy the certificate again."),
                "void": self.env._("The invoice was cancelled: buy the certificate again."),
                "paid": self.env._("It is paid: continue with the request.")
                if self.is_requested
                else self.env._("It is paid: continue with the letter."),
            }
            return sentences.get(self.payment_status, self.env._("Pay for it to continue."))
        if self.is_requested:
            return self.request_ids.sentence or self.env._("It is paid: continue with the request.")
        if not self.needs_letter:
            return (
                self.env._("Your certificate is loaded: finish its activation.")
                if self._get_route().is_ready(self)
                else self.env._("Load the file of your certificate.")
            )
        if self._has_all_for_loan():
            return self.env._("The signed letter is attached: finish the activation.")
        return (
            self.env._("It is paid: attach the signed letter.")
            if self.letter_downloaded_on
            else self.env._("It is paid: continue with the letter.")
        )

    @staticmethod
    def _split_codes(text):
        """Split a sentence for a page without the client's widgets; see `words.split_codes`."""
        return split_codes(text)

    def _summarize_representative(self):
        """Say in three lines who signs a downloaded letter.

        :rtype: list[str]
        """
        if not self.letter_downloaded_on:
            return []
        values = {name: self[name] or "" for name in REPRESENTATIVE_FIELDS}
        document = self.representative_identification_type_id
        number = values["representative_vat"]
        has_points = document.l10n_co_document_code in _CEDULAS
        shown = identity.show_cedula(number) if has_points else number
        return [
            f"{values['representative_name']} {values['representative_surname']}, "
            f"{values['representative_position']}".rstrip(", "),
            self.env._(
                "%(document)s %(number)s of %(place)s",
                document=document.name,
                number=shown,
                place=values["representative_issue_city"],
            )
            if values["representative_issue_city"]
            else f"{document.name} {shown}",
            f"{values['representative_street']}, {values['representative_city']}, "
            f"{self.representative_state_id.name} · {values['representative_email']} · "
            f"{values['representative_phone']}",
        ]

    def _get_lender_sentence(self):
        return self.env._("Lent by %s", self.seller_id.sudo().name)

    def _get_validity(self):
        months = self.validity_months
        return self.env._("1 month") if months == 1 else self.env._("%s months", months)
