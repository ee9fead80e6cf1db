import secrets

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import ValidationError

from ..mixins.guarded import get_own_defaults
from .account_move import FOLLOW_LATER
from .links import check_new_links

# Without characters that are easily confused when read aloud. Ten of them have 49 bits.
REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
REFERENCE_LENGTH = 10


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

    def _post_process(self):  # pylint: disable=missing-return
        # Invoice, payment and entries are written one by one: what came of it is looked at once.
        context = {"certificate_follow": FOLLOW_LATER}
        sold = self.filtered(lambda tx: tx.invoice_ids._get_certificate_activation())
        if sold:
            # The seller's books, in the name of nobody: whoever paid and waits on the page has defaults,
            # a language and a time zone of her own.
            as_nobody = sold.with_env(self.env(user=SUPERUSER_ID, context=context))
            super(PaymentTransaction, as_nobody)._post_process()
        if others := self - sold:
            super(PaymentTransaction, others.with_context(**context))._post_process()
        # Also when there was nothing left to pay.
        self.invoice_ids._follow_certificate_payment()

    def _create_payment(self, **extra_create_values):
        """Override of `account_payment` to book a certificate's payment on the buying company.

        The engine books it on the partner of whoever was logged in, so that it would not reconcile
        with the invoice.
        """
        self.ensure_one()
        if self.invoice_ids._get_certificate_activation():
            extra_create_values["partner_id"] = self.invoice_ids.commercial_partner_id.id
        return super()._create_payment(**extra_create_values)
