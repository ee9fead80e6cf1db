"""What the seller's accountants do, and what everybody then sees of a certificate."""

import functools
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import mute_logger

from ...const import ACTIVITY_BOOKING, ACTIVITY_PROBLEM
from . import samples
from .payment import PaymentFollowCommon

# The logger of what could not follow somebody's work.
AFTERMATH = "odoo.addons.l10n_co_certificate_activation.models.core.aftermath"
# In these the buyer is offered to pay; in the others a click on Buy charges nothing.
_PAYABLE = ("none", "to_pay", "partial", "failed", "reversed", "void")


def situation(status, start="cart", *, client="", seller="", booking=0, returned=0, credit=0):
    """Assert what a situation comes to, for the client and for the seller, after a test has made it.

    :param str status: what the payment of the certificate has become
    :param str start: whose activation it is about: `cart`, a drafted invoice; `issued`, a posted one;
        `paid`, by a provider; `active`, the same of an active certificate
    :param str client: what the client sees, for the table
    :param str seller: what the seller sees, for the table
    :param int booking: activities of each of the seller's accountants
    :param int returned: activities of each manager of the client about its payment
    :param float credit: what the seller received beyond the price
    """

    def declare(method):
        @functools.wraps(method)
        def walk(self):
            self.activation = getattr(self, f"get_{start}")()
            self.invoice = self.activation.sudo().payment_move_id
            method(self)
            # The page tries to book once more, and says in the log why it cannot.
            with mute_logger(AFTERMATH):
                self.assert_situation(status, booking, returned, credit)

        return walk

    return declare


class BooksCommon(PaymentFollowCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = samples.make_user(
            cls.env, "Tomás", "certificate_accountant", cls.seller, "account.group_account_manager"
        )
        cls.bank = cls.company_data["default_journal_bank"]
        cls.receivable = cls.company_data["default_account_receivable"]
        walk = cls.get_walk()
        cls.active = walk.get_active(cls.user_b)
        cls.cart = walk.start()
        cls.cart.action_pay()

    # === WHERE A SITUATION STARTS === #

    def get_cart(self):
        return self.cart

    def get_issued(self):
        self.cart.sudo().payment_move_id.action_post()
        return self.cart

    def get_paid(self):
        self.pay(self.cart)
        return self.cart

    def get_active(self):
        return self.active

    # === WHAT ACCOUNTANTS DO === #

    def get_lines(self, moves):
        return moves.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    def reconcile(self, *moves):
        lines = self.get_lines(self.env["account.move"].union(*moves))
        lines.filtered(lambda line: not line.reconciled).reconcile()

    def unreconcile(self, move=None):
        self.get_lines(move or self.invoice).remove_move_reconcile()

    def post_note(self, amount, reverses=None, product=None, partner=None):
        note = self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": (partner or self.invoice.partner_id).id,
                "reversed_entry_id": reverses and reverses.id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Credit",
                            "product_id": product and product.id,
                            "quantity": 1,
                            "price_unit": amount,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
            }
        )
        note.action_post()
        return note

    def post_entry(self, amount):
        """Book money of the client by hand, in a miscellaneous entry."""
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "line_ids": [
                    Command.create(
                        {"account_id": self.bank.default_account_id.id, "debit": amount}
                    ),
                    Command.create(
                        {
                            "account_id": self.receivable.id,
                            "partner_id": self.invoice.partner_id.id,
                            "credit": amount,
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        return entry

    def post_payment(self, amount, **values):
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.invoice.partner_id.id,
                "amount": amount,
                "journal_id": self.bank.id,
                **values,
            }
        )
        payment.action_post()
        return payment

    def charge(self, state="done", **values):
        return self.create_invoice_transaction(self.invoice, state, **values)

    def run_cron(self):
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=1):
            self.env["certificate.activation"]._cron_book_payments()

    # === WHAT EVERYBODY SEES === #

    def assert_situation(self, status, booking, returned, credit):
        activation = self.activation
        self.assertEqual(self.get_status(activation), status)
        self.assertEqual(activation.payment_surplus, credit)
        # The client opens the page, and reads one sentence.
        if activation.state == "pay":
            wizard = self.get_wizard(activation.action_open_wizard(), activation.env.user)
            self.assertTrue(wizard.activation_id.payment_sentence)
            wizard.action_verify_payment()
        else:
            self.assertTrue(activation.payment_sentence)
        # The accountant opens the invoice and the list.
        if self.invoice.exists():
            self.invoice.invalidate_recordset()
            seen = self.invoice.with_user(self.accountant)
            self.assertTrue(seen.certificate_payment_status)
            known = seen.sudo().activity_search([ACTIVITY_BOOKING], user_id=self.accountant.id)
            self.assertEqual(len(known), booking)
        managers = activation.company_id.sudo()._get_certificate_managers()
        for manager in managers:
            marks = self.get_activities(activation, ACTIVITY_PROBLEM, manager)
            self.assertEqual(len(marks), returned)
        self.assert_offer(activation, status)

    def assert_offer(self, activation, status):
        """Assert that the buttons do what the status says, and nothing twice."""
        if activation.state != "pay":
            return
        with self.env.cr.savepoint() as savepoint:
            if status == "paid":
                activation.action_continue()
                self.assertEqual(activation.state, "process")
            else:
                with self.assertRaises(UserError):
                    activation.action_continue()
            savepoint.rollback()
        self.env.invalidate_all()
        if status in _PAYABLE or activation.can_change_payment:
            self.assertIn("/payment/pay", activation.action_pay()["url"])
        elif status in ("pending", "recording"):
            with self.assertRaises(UserError):
                activation.action_pay()
        else:
            self.assertEqual(activation.action_pay()["res_model"], "certificate.activation.wizard")
