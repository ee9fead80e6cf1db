from odoo import models


class CertificateActivation(models.Model):
    """Where an activation stands and what its three steps say: the same in the wizard and the portal."""

    _inherit = "certificate.activation"

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

    def _look_at_letter(self):
        """Void a letter that became stale, and report a bad file, when a page is opened."""
        self._void_stale_letter()
        if self.signed_letter_problem:
            self._report_stored_pdf()

    def _finish_unless_void(self):
        """Finish; when the letter became void while the page was open, the page says how to go on."""
        if not self._void_stale_letter() and not self.letter_void_sentence:
            self.action_finish()

    def _get_step_sentences(self):
        """Say what is so of this activation, each a whole sentence, by the names of the wizard's fields.

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
            "surplus_sentence": self.env._(
                "%(seller)s received %(amount)s more than the price: your credit. Ask it for a refund.",
                seller=seller,
                amount=self._format_money(self.payment_surplus),
            ),
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
                "The record states who activated the certificate, when and on what ground. "
                "Whoever has its code %s can verify it.",
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
