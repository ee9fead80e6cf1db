"""Purchases: who pays for whom, what comes back, and what a browser may send."""

from types import SimpleNamespace

from odoo.exceptions import UserError
from odoo.tests import JsonRpcException, tagged
from odoo.tools import mute_logger

from ...const import INVOICE_PATH
from ..common.attackers import make_attacker
from ..common.payment import PRICE, PaymentFollowCommon

OTHER_NIT = "800197268-4"


@tagged("post_install", "-at_install")
class TestAttacksPurchases(PaymentFollowCommon):
    def test_nobody_pays_by_the_nit_of_another_one_for_a_moment(self):
        client = self.env["res.partner"].create({"name": "No company here", "vat": OTHER_NIT})
        paid = self.invoice_by_hand(SimpleNamespace(partner_id=client))
        user = make_attacker(self)
        poser = self.company_b.partner_id.with_user(user)
        nit = poser.vat
        for is_early in (True, False):
            with self.subTest(is_early=is_early), self.rolled_back():
                paid.flush_recordset()
                poser.vat = OTHER_NIT
                activation = self.start(self.user_b)
                self.assertEqual(activation.sudo().payment_move_id, paid)
                if is_early:
                    poser.vat = nit
                    with self.assertRaises(UserError):
                        activation.action_continue()
                    continue
                activation.action_continue()
                poser.vat = nit
                self.fill(activation)
                activation.action_download_letter()
                self.attach(activation)
                with self.assertRaises(UserError):
                    activation.action_finish()
                self.assertEqual(activation.state, "process")

    def test_nobody_pays_what_the_seller_made_of_the_draft(self):
        other = {
            "another one's": lambda draft: draft.write(
                {"partner_id": self.company_b.partner_id.id}
            ),
            "a credit note": lambda draft: draft.action_switch_move_type(),
        }
        for name, change in other.items():
            with self.subTest(name), self.rolled_back():
                activation = self.start()
                page = self.buy(activation)
                draft = activation.sudo().payment_move_id
                change(draft)
                # Neither by the page that is open in another tab ...
                with mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
                    self.submit(page)
                self.assertFalse(draft.transaction_ids)
                # ... nor by the one that opens now.
                self.start()
                self.assertFalse(activation.sudo().payment_move_id)
                self.assertEqual(draft.state, "draft", "it is the seller's")
                activation.action_pay()
                bought = activation.sudo().payment_move_id
                self.assertEqual(bought.partner_id, self.company_a.partner_id)
                self.assertEqual(bought.move_type, "out_invoice")

    def test_the_currency_of_a_draft_is_not_written_over(self):
        activation = self.start()
        activation.action_pay()
        draft = activation.sudo().payment_move_id
        draft.currency_id = self.env.ref("base.USD")
        draft.invoice_line_ids.price_unit = 30
        activation.sudo().cart_total = draft.amount_total
        self.start()
        self.assertEqual(draft.invoice_line_ids.price_unit, 30)

    def test_a_part_that_went_back_is_told_as_it_is(self):
        for part, status in ((1, "paid"), (1000, "reversed"), (PRICE, "reversed")):
            with self.subTest(part=part), self.rolled_back():
                activation = self.start()
                self.refund(self.pay(activation), part)
                self.assertEqual(self.get_status(activation), status)
                # The invoice stands: nobody says that it was cancelled.
                self.assertEqual(activation.sudo().payment_move_id.state, "posted")
                self.assertNotIn("was cancelled", activation.payment_sentence)

    def test_whatever_a_browser_sends_is_answered_in_a_sentence(self):
        activation = self.start()
        page = self.buy(activation)
        base = self.get_payment_form(page)
        odd = {
            "amount": ("x", "nan", "inf", "-inf", True, [], {}, [PRICE], {"a": 1}, 2**1100, -PRICE),
            "provider_id": ("x", "nan", True, {"a": 1}, [], 1.5, 2**70, -1, None),
        }
        for name, values in odd.items():
            for value in values:
                with self.subTest(name=name, value=value), mute_logger("odoo.http"):
                    answer = self.opener.post(
                        self.base_url() + page["transaction_route"],
                        json={"jsonrpc": "2.0", "id": 0, "params": {**base, name: value}},
                    ).json()
                    self.assertEqual(
                        answer["error"]["data"]["name"], "odoo.exceptions.ValidationError"
                    )
        self.assertFalse(activation.sudo().payment_move_id.transaction_ids)

    # === INVOICES OF OTHERS === #

    def make_stranger(self):
        vals = {"name": "Norte SAS", "vat": "800197268-4", "street": "Calle Secreta 99"}
        return self.env["res.partner"].create(vals)

    def read_invoice(self, activation, user):
        self.env.flush_all()
        self.env.invalidate_all()
        self.authenticate(user.login, user.login)
        return self.url_open(f"{INVOICE_PATH}/{activation.id}", allow_redirects=False).text

    def test_the_invoice_of_a_stranger_is_not_read_by_its_nit(self):
        stranger = self.make_stranger()
        self.invoice_by_hand(SimpleNamespace(partner_id=stranger))
        poser = self.company_b.partner_id.with_user(make_attacker(self))
        nit, poser.vat = poser.vat, stranger.vat
        activation = self.start(self.user_b)
        with self.subTest("while it has the other NIT"):
            self.assertNotIn("Secreta", self.read_invoice(activation, self.user_b))
        poser.vat = nit
        with self.subTest("with its own again"):
            self.assertNotIn("Secreta", self.read_invoice(activation, self.user_b))

    def test_an_invoice_that_was_made_another_ones_is_not_given(self):
        activation = self.start()
        self.pay_online(activation)
        move = activation.sudo().payment_move_id
        move.button_draft()
        move.partner_id = self.make_stranger()
        move.action_post()
        self.assertNotIn("Secreta", self.read_invoice(activation, self.user_a))
