import secrets
from contextlib import nullcontext

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import ValidationError

from ...const import ACTIVITY_BOOKING, COLOMBIA_TZ
from ..core.aftermath import shielded
from ..mixins.guarded import get_own_defaults
from .account_move import FOLLOW_LATER
from .links import check_new_links

# Without characters that are easily confused when read aloud. Ten of them have 49 bits.
REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
REFERENCE_LENGTH = 10
# Put in the context by the button that books a transaction: an object, which no client can send.
BY_HAND = object()


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    @api.model
    def default_get(self, fields):  # pylint: disable=method-required-super
        """Take the model's own defaults only, in sudo mode.

        Odoo's pages create what a visitor pays in that one's name: a default that somebody stores for
        herself would confirm her own payment.
        """
        return get_own_defaults(self, fields) if self.env.su else super().default_get(fields)

    @api.model_create_multi
    def create(self, vals_list):
        transactions = super().create(vals_list)
        check_new_links(transactions)
        # A refund of one that was charged by a card before has that card, too.
        charges = transactions.filtered(lambda tx: tx.token_id and not tx.source_transaction_id)
        if charges.invoice_ids._get_certificate_activation():
            raise ValidationError(
                self.env._(
                    "A saved card belongs to a person and cannot pay for a certificate. "
                    "Register the payment without it."
                )
            )
        return transactions

    def write(self, vals):
        waiting = self.filtered(lambda tx: tx.state in ("pending", "authorized"))
        result = super().write(vals)
        check_new_links(self, vals)
        if vals.get("state") in ("error", "cancel"):
            # Whoever waited for it is not in front of the page any more.
            for activation in waiting.sudo().invoice_ids._get_certificate_activation():
                with shielded(self.env):
                    if activation.state == "pay" and activation.payment_status == "failed":
                        activation._notify("failed")
        elif vals.get("state") == "done":
            refunds = self.filtered(lambda tx: tx.operation == "refund")
            refunds.source_transaction_id.sudo().invoice_ids._follow_certificate_payment()
        return result

    @api.model
    def _compute_reference(self, provider_code, prefix=None, separator="-", **kwargs):
        """Override of `payment` to end the reference of a certificate's payment with a random part.

        Whoever comes back from a provider, and whoever simulates one, is believed by the reference.
        """
        invoice_ids = self._fields["invoice_ids"].convert_to_cache(
            kwargs.get("invoice_ids") or [], self
        )
        activation = self.env["account.move"].browse(invoice_ids)._get_certificate_activation()
        if activation:
            random = "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(REFERENCE_LENGTH))
            # Without slashes: Mercado Pago's webhook has the reference in its path, which Odoo would not route.
            name = (prefix or activation[:1].name).replace("/", "-")
            prefix = f"{name}{separator}{random}"
        return super()._compute_reference(
            provider_code, prefix=prefix, separator=separator, **kwargs
        )

    def _get_certificate_sentence(self):
        """Say on the page that waits for a payment how it stands; the seller's provider may know no Spanish.

        :return: a sentence, or nothing where Odoo's own is right
        :rtype: str | None
        """
        sentences = {
            "pending": self.env._("Your payment is being processed. One moment, please."),
            "authorized": self.env._("Your payment is being processed. One moment, please."),
            "done": self.env._("We received your payment. One moment, please."),
            "cancel": self.env._("The payment was not completed. You can try again."),
        }
        return sentences.get(self.state)

    def action_post_process(self):
        """Override of `payment` to tell whoever clicks the button why a payment cannot be booked."""
        return super(
            PaymentTransaction, self.with_context(certificate_booking=BY_HAND)
        ).action_post_process()

    def _post_process(self):  # pylint: disable=missing-return
        # Invoice, payment and entries are written one by one: what came of it is looked at once. Their day
        # is that of Colombia, where it is still today for five hours after midnight in UTC.
        context = {"certificate_follow": FOLLOW_LATER, "tz": COLOMBIA_TZ}
        sold = self.filtered(lambda tx: tx._get_certificate_invoices())
        is_by_hand = self.env.context.get("certificate_booking") is BY_HAND
        # The seller's books, in the name of nobody: whoever paid and waits on the page has defaults,
        # a language and a time zone of her own.
        for transaction in sold.with_env(self.env(user=SUPERUSER_ID, context=context)):
            invoices = transaction._get_certificate_invoices()
            # Whoever waits on the page cannot mend the seller's books: the payment stays to be booked.
            with (
                nullcontext()
                if is_by_hand
                else shielded(self.env, invoices._report_certificate_problem)
            ):
                super(PaymentTransaction, transaction)._post_process()
                invoices.activity_unlink([ACTIVITY_BOOKING])
        if others := self - sold:
            context = {"certificate_follow": FOLLOW_LATER}
            super(PaymentTransaction, others.with_context(**context))._post_process()
        # Also when there was nothing left to pay.
        (self | self.source_transaction_id).invoice_ids._follow_certificate_payment()

    def _get_certificate_invoices(self):
        """Return the invoices, in sudo mode, by which these pay certificates, or give their money back.

        :rtype: account.move
        """
        invoices = (self | self.source_transaction_id).sudo().invoice_ids
        return invoices._get_certificate_activation().payment_move_id & invoices

    def _create_payment(self, **extra_create_values):
        """Override of `account_payment` to book a certificate's payment on the buying company.

        The engine books it on the partner of whoever was logged in, so that it would not reconcile
        with the invoice.
        """
        self.ensure_one()
        if invoices := self._get_certificate_invoices():
            extra_create_values["partner_id"] = invoices[0].commercial_partner_id.id
        return super()._create_payment(**extra_create_values)
