from odoo import api, fields, models


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
        return "pay" if self.state == "pay" else "finish"

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
        """Return the sentences that describe this activation, by name of the wizard's field.

        :rtype: dict[str, str]
        """
        self.ensure_one()
        seller = self.seller_id.sudo().name
        months = self.validity_months
        validity = self.env._("1 month") if months == 1 else self.env._("%s months", months)
        period = {
            "start": self._format_date(self.date_start),
            "end": self._format_date(self.date_end),
        }
        return {
            "validity_sentence": self.env._("Valid for %s", validity),
            "lender_sentence": self.env._("Lent by %s", seller),
            "surplus_sentence": self.surplus_sentence,
            "loan_sentence": self.env._(
                "The certificate is lent to your company for %s from its activation. "
                "Your legal representative agrees to it by signing a letter.",
                validity,
            ),
            "letter_sentence": self.env._(
                "The letter %s was downloaded. Have the legal representative sign it by hand, "
                "scan it and attach it here.",
                self.letter_code,
            ),
            "record_sentence": self.env._(
                "The record states who activated the certificate, when and on what grounds. "
                "Anyone who has its code %s can verify it.",
                self.record_code,
            ),
            "active_sentence": self.env._(
                "Your certificate is activated from %(start)s to %(end)s.", **period
            )
            if self.is_signing_blocked
            else self.pause_sentence
            if self.is_paused
            else self._get_route().write_active(self, **period),
        }
