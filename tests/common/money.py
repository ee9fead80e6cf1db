"""Companies with books of their own, whose people would pay less."""

import itertools
from contextlib import contextmanager, suppress

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools import mute_logger

from . import samples
from .payment import PRICE, CertificatePaymentCommon

# What the company, the seller and the payment page are shown.
SHOWN = (
    "payment_status",
    "payment_sentence",
    "payment_reference",
    "payment_date",
    "payment_message",
    "payment_surplus",
    "price_untaxed",
    "price_total",
)


class MoneyAttackCommon(CertificatePaymentCommon):
    numbers = itertools.count()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        accountant = "account.group_account_manager"
        cls.books = {company: cls.open_books(company) for company in (cls.company_a, cls.company_b)}
        # One who works for another company, and one who would pay less for her own.
        cls.accountant_b = samples.make_user(
            cls.env, "Berta", "certificate_accountant_b", cls.company_b, accountant
        )
        cls.accountant_a = samples.make_user(
            cls.env, "Alba", "certificate_accountant_a", cls.company_a, accountant
        )

    @classmethod
    def open_books(cls, company):
        """Give a company accounts, journals and a provider of its own."""
        accounts, journals = cls.env["account.account"].sudo(), cls.env["account.journal"].sudo()
        create = accounts.with_company(company).create
        receivable, income, suspense = (
            create(
                {
                    "name": kind,
                    "code": f"99{number}",
                    "account_type": kind,
                    "reconcile": kind == "asset_receivable",
                    "company_ids": [Command.set(company.ids)],
                }
            )
            for number, kind in enumerate(("asset_receivable", "income", "asset_current"))
        )
        general, sale, bank = (
            journals.with_company(company).create(
                {
                    "name": kind,
                    "code": kind[:3].upper(),
                    "type": kind,
                    "company_id": company.id,
                    "default_account_id": suspense.id if kind == "bank" else income.id,
                }
            )
            for kind in ("general", "sale", "bank")
        )
        bank.inbound_payment_method_line_ids.payment_account_id = suspense
        provider = cls.dummy_provider.sudo().copy({"company_id": company.id, "name": company.name})
        return {
            "receivable": receivable,
            "income": income,
            "general": general,
            "sale": sale,
            "bank": bank,
            "provider": provider,
        }

    # === STEPS === #

    def post_entry(self, user, credit=PRICE, **vals):
        """Post an entry in the user's own company that owes its customer something."""
        books = self.books[user.company_id]
        entry = (
            self.env["account.move"]
            .with_user(user)
            .create(
                {
                    "move_type": "entry",
                    "journal_id": books["general"].id,
                    "line_ids": [
                        Command.create({"account_id": books["receivable"].id, "credit": credit}),
                        Command.create({"account_id": books["income"].id, "debit": credit}),
                    ],
                    **vals,
                }
            )
        )
        entry.action_post()
        return entry

    def post_invoice(self, user, move_type="out_invoice", price=PRICE, **vals):
        """Post an invoice or credit note of the user's own company."""
        books = self.books[user.company_id]
        invoice = (
            self.env["account.move"]
            .with_user(user)
            .create(
                {
                    "move_type": move_type,
                    "journal_id": books["sale"].id,
                    "partner_id": self.company_a.partner_id.id,
                    "invoice_date": "2026-01-31",
                    "invoice_line_ids": [
                        Command.create(
                            {
                                "name": "x",
                                "price_unit": price,
                                "account_id": books["income"].id,
                                "tax_ids": [Command.clear()],
                            }
                        )
                    ],
                    **vals,
                }
            )
        )
        invoice.action_post()
        return invoice

    def prepare_transaction(self, user, **vals):
        """Return the values of a transaction of the user's own provider."""
        return {
            "provider_id": self.books[user.company_id]["provider"].id,
            "payment_method_id": self.payment_method_id,
            "amount": PRICE,
            "currency_id": self.env.ref("base.COP").id,
            "partner_id": user.partner_id.id,
            "reference": f"own-{next(self.numbers)}",
            **vals,
        }

    def create_own_transaction(self, user, **vals):
        """Create one as Odoo does when somebody pays on a page."""
        transactions = self.env["payment.transaction"].with_user(user)
        return transactions.sudo().create(self.prepare_transaction(user, **vals)).sudo(False)

    def prepare_payment(self, user, **vals):
        return {
            "payment_type": "inbound",
            "partner_type": "customer",
            "partner_id": self.company_a.partner_id.id,
            "amount": PRICE,
            "journal_id": self.books[user.company_id]["bank"].id,
            "company_id": user.company_id.id,
            **vals,
        }

    def get_receivable(self, move):
        return move.sudo().line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )

    def insert_partial(self, debit, credit, amount=PRICE):
        """Reconcile two lines without asking anybody, as an attacker did before the update."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            INSERT INTO account_partial_reconcile (debit_move_id, credit_move_id, amount,
                debit_amount_currency, credit_amount_currency, debit_currency_id, credit_currency_id,
                company_id)
            VALUES (%(debit)s, %(credit)s, %(amount)s, %(amount)s, %(amount)s, %(currency)s,
                %(currency)s, %(company)s) RETURNING id
            """,
            {
                "debit": debit.id,
                "credit": credit.id,
                "amount": amount,
                "currency": debit.currency_id.id,
                "company": debit.company_id.id,
            },
        )
        [partial_id] = self.env.cr.fetchone()
        self.env.invalidate_all()
        partial = self.env["account.partial.reconcile"].browse(partial_id)
        lines = (debit | credit).sudo()
        for name in ("amount_residual", "amount_residual_currency", "reconciled"):
            self.env.add_to_compute(lines._fields[name], lines)
        self.env.add_to_compute(lines.move_id._fields["amount_residual"], lines.move_id)
        self.env.flush_all()
        self.env.invalidate_all()
        return partial

    def get_verdict(self, activation):
        """Return everything that is shown of a payment, to whomever."""
        self.env.flush_all()
        self.env.invalidate_all()
        invoice = activation.sudo().payment_move_id
        return {
            **{name: activation[name] for name in SHOWN},
            "invoice": invoice.id,
            "state": invoice.state,
            "booked": invoice.certificate_booked,
            "due": invoice._get_amount_due(),
            "surplus": invoice.certificate_surplus,
            "seller sees": invoice.certificate_payment_status,
            "refused": activation._trusted()._get_payment_refusal(invoice),
        }

    def run_jobs(self):
        """Let Odoo do in its own name what it finds to do."""
        waiting = self.env["payment.transaction"].sudo().search([("is_post_processed", "=", False)])
        for transaction in waiting:
            # A job that fails is logged by Odoo, and the others go on.
            with suppress(IntegrityError, UserError), self.env.cr.savepoint():
                transaction._post_process()

    @contextmanager
    def tried(self):
        """Undo what is tried here."""
        savepoint = self.env.cr.savepoint()
        try:
            with mute_logger(
                "odoo.sql_db", "odoo.models", "odoo.addons.base.models.ir_rule", "odoo.http"
            ):
                yield
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def try_in_vain(self, attempt, **what):
        """See that an attempt is refused.

        :param what: tells it from the others
        """
        with self.subTest(**what), self.tried(), self.assertRaises(AccessError):
            attempt()
            self.env.flush_all()
