from werkzeug.exceptions import NotFound

from odoo.exceptions import ValidationError
from odoo.http import request, route

from odoo.addons.account_payment.controllers.payment import PaymentPortal
from odoo.addons.account_payment.controllers.portal import PortalAccount
from odoo.addons.payment import utils as payment_utils
from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing

from ..const import INVOICE_PATH, PORTAL_PARAMETER, RECEIVED_PATH, WIZARD_PATH
from ..models.core.ir_http import get_brand
from .pdf import give_invoice
from .verbs import route as own_route


class PaidLink:
    """The verified link that led to the payment page: an object, which no request can contain."""

    def __init__(self, activation, amount):
        self.activation = activation
        self.amount = amount


class CertificatePaymentPortal(PaymentPortal):
    @route()
    def payment_pay(self, *args, amount=None, invoice_id=None, access_token=None, **kwargs):
        """Override of `account_payment` to open the payment of a certificate only by its own link.

        Odoo accepts a signature over any partner, amount and currency, which others can generate.
        """
        invoice = self._get_certificate_invoice(invoice_id)
        if activation := invoice._get_certificate_activation():
            signed = activation._read_payment_token(access_token)
            if signed is None or signed != self._cast_as_float(amount):
                raise ValidationError(
                    request.env._(
                        "This payment link has expired or is incomplete. Ask whoever sent it for a new one, "
                        "or open Activate your digital certificate and buy from there."
                    )
                )
            if sentence := self._get_certificate_settled_sentence(activation):
                return self._render_certificate_received(activation, sentence)
            kwargs["certificate_link"] = PaidLink(activation, signed)
            # The access token that Odoo checks from here on.
            access_token = payment_utils.generate_access_token(
                invoice.partner_id.id, signed, invoice.currency_id.id
            )
        return super().payment_pay(
            *args, amount=amount, invoice_id=invoice_id, access_token=access_token, **kwargs
        )

    @route()
    def invoice_transaction(self, invoice_id, access_token, **kwargs):
        """Override of `account_payment` to accept the token of a certificate's payment page."""
        invoice = self._get_certificate_invoice(invoice_id)
        activation = invoice._get_certificate_activation()
        if activation and activation._read_payment_token(access_token) is not None:
            # Odoo's own token of the invoice does not leave the server.
            access_token = invoice._portal_ensure_token()
        return super().invoice_transaction(invoice_id, access_token, **kwargs)

    def _get_extra_payment_form_values(self, invoice_id=None, certificate_link=None, **kwargs):
        """Override of `account_payment` to lead from the payment of a certificate back to its steps.

        The invoice belongs to the seller and the user to the buying company, which is expected and
        no reason to hide the form. No saved cards are shown.
        """
        if not isinstance(certificate_link, PaidLink):
            # Other pages accept any value in their address.
            if self._get_certificate_invoice(invoice_id)._get_certificate_activation():
                raise NotFound()
            return super()._get_extra_payment_form_values(invoice_id=invoice_id, **kwargs)
        form_values = super()._get_extra_payment_form_values(**kwargs)
        activation = certificate_link.activation
        invoice = activation.payment_move_id
        return {
            **form_values,
            **self._get_certificate_form_values(kwargs.get("providers_sudo") or ()),
            "amount": 0.0 if invoice.state == "cancel" else certificate_link.amount,
            "transaction_route": f"/invoice/transaction/{invoice.id}",
            "access_token": activation._get_payment_token(certificate_link.amount),
            "reference_prefix": activation.name,
            "landing_route": self._get_certificate_landing_route(activation, **kwargs),
            "company_mismatch": False,
            "partner_is_different": False,
            **get_brand(request.env, activation.seller_id),
            "purchase": activation._describe_purchase(),
            "purchase_back": self._get_certificate_back_path(activation, **kwargs),
        }

    def _create_transaction(self, provider_id, *args, custom_create_values=None, **kwargs):
        """Override of `payment` to accept for a certificate only what was offered.

        Here the amount, the provider and the landing route come from the browser, and the partner
        is the logged-in user's.
        """
        values = dict(custom_create_values or {})
        invoices = self._get_certificate_invoices(values)
        activations = invoices._get_certificate_activation()
        for activation in activations:
            activation._check_transaction(provider_id, invoices, **kwargs)
        if activations:
            kwargs["reference_prefix"] = activations[:1].name
            values["partner_id"] = activations[:1].payment_move_id.partner_id.id
        transaction = super()._create_transaction(
            provider_id, *args, custom_create_values=values, **kwargs
        )
        for activation in activations:
            activation._change_means(transaction)
        return transaction

    @staticmethod
    def _get_certificate_invoices(values):
        """Return the invoices, in sudo mode, that a transaction with these values pays."""
        transactions = request.env["payment.transaction"]
        invoice_ids = transactions._fields["invoice_ids"].convert_to_cache(
            values.get("invoice_ids") or [], transactions
        )
        return request.env["account.move"].sudo().browse(invoice_ids)

    # === AFTER THE PAYMENT === #

    @own_route(RECEIVED_PATH, ["GET"], type="http", auth="public", website=True, sitemap=False)
    def certificate_payment_received(self, **_kwargs):
        """Say what became of the payment, to whoever made it without a login here."""
        activation = self._get_certificate_paid_here()
        if not activation:
            return request.redirect("/my")
        paid = self._get_certificate_paid_here(states=("done",))
        return self._render_certificate_received(
            activation,
            activation._get_payment_sentence(),
            invoice=f"{RECEIVED_PATH}/invoice" if paid._get_paid_invoice() else None,
        )

    @own_route(
        f"{RECEIVED_PATH}/invoice", ["GET"], type="http", auth="public", website=True, sitemap=False
    )
    def certificate_payment_invoice(self, **_kwargs):
        """Give the invoice to whoever has just paid it, in the session that paid."""
        activation = self._get_certificate_paid_here(states=("done",))
        if not activation._get_paid_invoice():
            return request.redirect(RECEIVED_PATH)
        return give_invoice(activation)

    @own_route(f"{INVOICE_PATH}/<record_id:activation_id>", ["GET"], type="http", auth="user")
    def certificate_invoice(self, activation_id, **_kwargs):
        """Give the invoice to a user of the company that bought, whose books it is not in."""
        activation = request.env["certificate.activation"].browse(activation_id).exists()
        if not activation.has_access("read") or not activation._get_paid_invoice():
            raise request.not_found()
        return give_invoice(activation)

    @staticmethod
    def _get_certificate_paid_here(states=None):
        """Return the activation, in sudo mode, that this session has paid or tried to pay.

        :param states: of the transaction; any when None
        """
        transaction = request.env["payment.transaction"].sudo()
        monitored = request.session.get(PaymentPostProcessing.MONITORED_TX_ID_KEY)
        transaction = transaction.browse(monitored or []).exists()
        if states and transaction.state not in states:
            transaction = transaction.browse()
        return transaction.invoice_ids._get_certificate_activation()[:1]

    @staticmethod
    def _render_certificate_received(activation, sentence, invoice=None):
        """Show how far the payment has come.

        :param str invoice: address of the invoice, for whoever may have it
        """
        return request.render(
            "l10n_co_certificate_activation.payment_received",
            {
                **get_brand(request.env, activation.seller_id),
                "sentence": sentence,
                "instructions": activation.payment_instructions,
                "status": activation.payment_status,
                "steps": CertificatePaymentPortal._get_certificate_steps_path(activation),
                "purchase": activation._describe_purchase(),
                "invoice": invoice,
            },
        )

    @staticmethod
    def _get_certificate_settled_sentence(activation):
        """Say why nothing is to be paid any more, by a link that somebody has followed before.

        :rtype: str | None
        """
        try:
            activation._check_unpaid()
        except ValidationError as error:
            return str(error)
        return None

    def _get_certificate_back_path(self, activation, **kwargs):
        """Return where whoever does not pay now goes back to; nothing for a link that was sent.

        :rtype: str | None
        """
        if kwargs.get(PORTAL_PARAMETER):
            return activation._get_portal_path()
        return self._get_certificate_steps_path(activation)

    def _get_certificate_landing_route(self, activation, **kwargs):
        """Return where whoever pays is led to afterwards."""
        return self._get_certificate_back_path(activation, **kwargs) or RECEIVED_PATH

    @staticmethod
    def _get_certificate_steps_path(activation):
        """Return the address of the steps, for a user who can open them.

        :rtype: str | None
        """
        user = request.env.user
        is_user = user._is_internal() and activation.company_id in user.company_ids
        return WIZARD_PATH if is_user else None

    def _get_certificate_invoice(self, invoice_id):
        """Return the invoice with the id in the request, in sudo mode."""
        return request.env["account.move"].sudo().browse(self._cast_as_int(invoice_id) or [])

    @staticmethod
    def _get_certificate_form_values(providers):
        """Return the values of the payment form that hide saved cards and prevent saving one."""
        return {
            "tokens_sudo": request.env["payment.token"],
            "show_tokenize_input_mapping": dict.fromkeys(
                (provider.id for provider in providers), False
            ),
        }


class CertificatePaymentStatus(PaymentPostProcessing):
    @route()
    def display_status(self, **kwargs):
        """Override of `payment` to say in the visitor's language what is being paid, under the seller's logo."""
        response = super().display_status(**kwargs)
        transaction = self._get_monitored_transaction()
        activation = transaction.invoice_ids._get_certificate_activation()[:1]
        if activation and hasattr(response, "qcontext"):
            response.qcontext.update(
                **get_brand(request.env, activation.seller_id),
                purchase=activation._describe_purchase(),
                certificate_sentence=transaction._get_certificate_sentence(),
            )
        return response


class CertificateInvoicePortal(PortalAccount):
    def _invoice_get_page_view_values(self, invoice, *args, **kwargs):
        """Override of `account_payment` to let the invoice of a certificate be paid where it was sent."""
        values = super()._invoice_get_page_view_values(invoice, *args, **kwargs)
        if invoice._is_for_certificate():
            values["certificate_steps"] = self._get_certificate_buyer_path(invoice)
            if "tokens_sudo" in values:
                self._offer_for_certificate(invoice, values)
        return values

    @staticmethod
    def _get_certificate_buyer_path(invoice):
        """Return the address of the steps, for a user of this database who cannot open the seller's invoice.

        :rtype: str | None
        """
        user = request.env.user
        is_buyer = user._is_internal() and invoice.company_id not in user.company_ids
        return WIZARD_PATH if is_buyer else None

    def _overdue_invoices_get_page_view_values(self, overdue_invoices, **kwargs):
        """Override of `account_payment`, likewise: a certificate may be paid with other invoices."""
        values = super()._overdue_invoices_get_page_view_values(overdue_invoices, **kwargs)
        if "tokens_sudo" in values and overdue_invoices._is_for_certificate():
            self._offer_for_certificate(overdue_invoices, values)
        return values

    @staticmethod
    def _offer_for_certificate(invoices, values):
        """Offer in a page's values what pays certificates: by the seller's provider, and by nobody's card.

        The user belongs to the buying company, which is no reason to hide the form.
        """
        chosen = invoices.company_id.sudo().certificate_provider_id
        providers = values["providers_sudo"]
        providers = (providers & chosen) if chosen else providers
        methods = values["payment_methods_sudo"].filtered(
            lambda method: method.provider_ids & providers
        )
        values.update(
            {
                **CertificatePaymentPortal._get_certificate_form_values(providers),
                "company_mismatch": False,
                "payment_methods_sudo": methods,
                "providers_sudo": providers,
            }
        )
