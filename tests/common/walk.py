"""The steps of the flow: each takes an activation in the environment of whoever does it, and does what they would do."""

import base64
import functools

from . import pdf_samples

# A complete and right legal representative, without the fields that are records.
REPRESENTATIVE = {
    "representative_name": "María Fernanda",
    "representative_surname": "Pérez Gómez",
    "representative_vat": "52123456",
    "representative_issue_city": "Bogotá",
    "representative_position": "Representante legal",
    "representative_email": "maria@example.com",
    "representative_phone": "300 123 4567",
    "representative_street": "Calle 1 # 2-3",
    "representative_city": "Medellín",
}


@functools.cache
def get_scan():
    """Return a good scan of a letter, in base64."""
    return base64.b64encode(pdf_samples.scan_pdf(2))


class Walk:
    """Walks activations: `user_a` does, unless another user is named, and pays by `provider`.

    A class of tests has all of it; `Walk(env, user, provider)` walks where there is no test.
    """

    def __init__(self, env, user, provider):
        self.env, self.user_a, self.provider = env, user, provider

    def start(self, user=None):
        """Open the wizard from the menu and return the user's activation."""
        user = user or self.user_a
        action = self.env["certificate.activation"].with_user(user).action_open_wizard()
        return self.get_wizard(action, user).activation_id

    def get_wizard(self, action, user=None):
        """Return the wizard that an action opens."""
        assert action["res_model"] == "certificate.activation.wizard", action
        return self.env[action["res_model"]].with_user(user or self.user_a).browse(action["res_id"])

    def create_invoice_transaction(self, invoice, state=None, **values):
        """Create a transaction for an invoice, and bring it to a state.

        `state` is one of `pending`, `authorized`, `done`, `canceled` and `error`.
        """
        transactions = self.env["payment.transaction"].sudo()
        transaction = transactions.create(
            {
                "operation": "online_direct",
                "provider_id": self.provider.id,
                "payment_method_id": self.provider.payment_method_ids[:1].id,
                "amount": invoice.amount_total,
                "currency_id": invoice.currency_id.id,
                "partner_id": invoice.partner_id.id,
                "reference": f"{invoice.id}-{len(invoice.transaction_ids)}",
                "invoice_ids": [(6, 0, invoice.ids)],
                **values,
            }
        )
        if state:
            message = ["refused"] if state == "error" else []
            getattr(transaction, f"_set_{state}")(*message)
        return transaction

    def pay(self, activation):
        """Buy, and have the provider confirm and Odoo book the payment."""
        activation.action_pay()
        transaction = self.create_invoice_transaction(activation.sudo().payment_move_id, "done")
        transaction._post_process()
        activation.invalidate_recordset()
        return transaction

    def fill(self, activation, **values):
        """Type a legal representative."""
        activation.write(
            {
                **REPRESENTATIVE,
                "representative_identification_type_id": self.env.ref(
                    "l10n_co.national_citizen_id"
                ).id,
                "representative_state_id": self.user_a.company_id.state_id.id,
                **values,
            }
        )

    def attach(self, activation, content=None):
        """Attach a scan: base64; without it a good one."""
        activation.write(
            {"signed_letter": content or get_scan(), "signed_letter_filename": "letter.pdf"}
        )

    # Each goes on from where the activation stands: what `setUpClass` has walked is not walked again.

    def get_processing(self, user=None):
        """Return an activation that is paid and in process, with the representative filled in."""
        activation = self.start(user)
        if activation.state == "pay":
            self.pay(activation)
            activation.action_continue()
            self.fill(activation)
        return activation

    def get_downloaded(self, user=None):
        """Return an activation in process whose letter was downloaded."""
        activation = self.get_processing(user)
        if activation.state == "process":
            activation.action_download_letter()
        return activation

    def get_active(self, user=None):
        """Return an active activation."""
        activation = self.get_downloaded(user)
        if activation.state == "process":
            self.attach(activation)
            activation.action_finish()
        return activation

    def get_file(self, record, name):
        """Return the attachment in which a record stores a file, in sudo mode."""
        return (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", record._name),
                    ("res_field", "=", name),
                    ("res_id", "=", record.id),
                ]
            )
        )
