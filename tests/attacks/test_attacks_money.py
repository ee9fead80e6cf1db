"""Payments as attackers see them: the people of other companies, and those of the buyer itself.

What they may write in their own books points at the seller's by a number that nobody checks. Here they
try it, by every relation of every model whose rows a verdict on a payment reads.
"""

import re
from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Datetime
from odoo.tests import JsonRpcException, tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.payment import utils as payment_utils

from ...models.payment.payment_transaction import REFERENCE_ALPHABET, REFERENCE_LENGTH
from ..common.money import MoneyAttackCommon
from ..common.payment import PRICE

# Every model whose rows a verdict reads, or Odoo on its behalf, and what is read of them.
VERDICT_READS = {
    "account.move": "the invoice: state, total; its credit notes and the entries that settle it",
    "account.move.line": "the lines that a reconciliation joins, their account and company",
    "account.partial.reconcile": "amounts in the invoice's currency, the lines on both sides",
    "account.full.reconcile": "nothing itself; Odoo deletes it together with what it joins",
    "account.payment": "payments without an entry: state, amount, date, invoices",
    "account.bank.statement.line": "nothing itself; its entry settles the invoice",
    "payment.transaction": "state, amount, refunds, payment, whether it is live and was booked",
}


@tagged("post_install", "-at_install")
class TestMoneyAttacks(MoneyAttackCommon):
    def make_unpaid(self, posted=False):
        activation = self.start()
        activation.action_pay()
        if posted:
            activation.sudo().payment_move_id.action_post()
        return activation

    # === 17: ROWS OF OTHER COMPANIES === #

    def test_17_no_entry_of_another_company_lowers_the_price_or_pays(self):
        for posted in (False, True):
            activation = self.make_unpaid(posted)
            invoice = activation.sudo().payment_move_id
            for user in (self.user_b, self.accountant_b, self.accountant_a, self.user_a):
                owner = (
                    self.accountant_b if user.company_id == self.company_b else self.accountant_a
                )
                entry = self.post_entry(owner)
                vals = {
                    "debit_move_id": self.get_receivable(invoice)[0].id,
                    "credit_move_id": self.get_receivable(entry).id,
                    "amount": PRICE - 1,
                    "debit_amount_currency": PRICE - 1,
                    "credit_amount_currency": PRICE - 1,
                }
                before = self.get_verdict(activation)
                partials = self.env["account.partial.reconcile"].with_user(user)
                with (
                    self.subTest(posted=posted, user=user.login),
                    self.tried(),
                    self.assertRaises(AccessError),
                ):
                    partials.create(vals)
                # The same through the other end of the relation, and step by step.
                line = self.get_receivable(entry).with_user(user)
                with self.subTest(posted=posted, user=user.login, by="line"), self.tried():
                    del vals["credit_move_id"]
                    with self.assertRaises(AccessError):
                        line.matched_debit_ids = [Command.create(vals)]
                self.assertEqual(self.get_verdict(activation), before)
            activation.with_user(self.manager_a).action_cancel()

    def test_17_what_another_company_reconciled_before_the_update_does_not_count(self):
        for posted in (False, True):
            with self.subTest(posted=posted), self.tried():
                activation = self.make_unpaid(posted)
                invoice = activation.sudo().payment_move_id
                before = self.get_verdict(activation)
                partial = self.insert_partial(
                    self.get_receivable(invoice)[0],
                    self.get_receivable(self.post_entry(self.accountant_b)),
                )
                self.assertEqual(invoice.amount_residual, 0)  # as Odoo reckons
                self.assertEqual(self.get_verdict(activation), before)
                # An amount that is written later is no part of Odoo's residual.
                self.env.cr.execute(
                    "UPDATE account_partial_reconcile SET debit_amount_currency = -1"
                )
                self.assertEqual(self.get_verdict(activation), before)
                self.assertIn(f"amount={PRICE}", activation._get_payment_url())
                # Who keeps the seller's books can take it away.
                partial.with_user(self.env.user).sudo(False).unlink()
                self.assertEqual(self.get_verdict(activation), before)

    def test_17_nobody_else_undoes_or_rewrites_what_paid(self):
        activation = self.start()
        self.pay(activation)
        invoice = activation.sudo().payment_move_id
        partial = self.get_receivable(invoice).matched_credit_ids
        before = self.get_verdict(activation)
        entry = self.get_receivable(self.post_entry(self.accountant_b))
        other = self.get_receivable(self.post_entry(self.accountant_a))
        for user in (self.user_b, self.accountant_b, self.accountant_a, self.user_a):
            foreign = partial.with_user(user)
            own = entry if user.company_id == self.company_b else other
            for name, attempt in {
                "unlink": lambda foreign=foreign: foreign.unlink(),
                "button": lambda foreign=foreign, user=user, own=own: (
                    self.env["account.move"]
                    .with_user(user)
                    .browse(own.move_id.id)
                    .js_remove_outstanding_partial(foreign.id)
                ),
                "amount": lambda foreign=foreign: foreign.write({"debit_amount_currency": 1}),
                "debit": lambda foreign=foreign, own=own: foreign.write({"debit_move_id": own.id}),
                "both": lambda foreign=foreign, own=own: foreign.write(
                    {"debit_move_id": own.id, "credit_move_id": own.id}
                ),
                "company": lambda foreign=foreign, user=user: foreign.write(
                    {"company_id": user.company_id.id}
                ),
                "exchange entry": lambda user=user, own=own: (
                    self.env["account.partial.reconcile"]
                    .with_user(user)
                    .create(
                        {
                            "debit_move_id": own.id,
                            "credit_move_id": own.id,
                            "amount": 1,
                            "exchange_move_id": invoice.id,
                        }
                    )
                ),
            }.items():
                self.try_in_vain(attempt, user=user.login, by=name)
                self.assertEqual(self.get_verdict(activation), before)

    def test_17_a_credit_note_or_refund_of_another_company_returns_nothing(self):
        activation = self.start()
        transaction = self.pay(activation)
        invoice = activation.sudo().payment_move_id
        before = self.get_verdict(activation)
        note = self.post_invoice(self.accountant_b, "out_refund", price=1)
        refund = self.create_own_transaction(
            self.accountant_b, operation="refund", amount=-PRICE
        ).sudo()
        refund.state = "done"
        self.env.flush_all()
        # As they may have stood there before the update.
        for query, values in (
            (
                "UPDATE account_move SET reversed_entry_id = %s WHERE id = %s",
                (invoice.id, note.id),
            ),
            (
                "UPDATE payment_transaction SET source_transaction_id = %s WHERE id = %s",
                (transaction.id, refund.id),
            ),
            (
                "INSERT INTO account_invoice_transaction_rel (invoice_id, transaction_id) VALUES (%s, %s)",
                (invoice.id, refund.id),
            ),
        ):
            self.env.cr.execute(query, values)
            self.assertEqual(self.get_verdict(activation), before, query)
        self.insert_partial(self.get_receivable(invoice), self.get_receivable(note), 1)
        self.assertEqual(self.get_verdict(activation), before)
        note.sudo()._follow_certificate_payment()
        self.assertEqual(self.get_verdict(activation), before)

    def test_17_no_payment_of_another_company_pays_or_is_booked_here(self):
        activation = self.make_unpaid()
        invoice = activation.sudo().payment_move_id
        before = self.get_verdict(activation)
        for user in (self.accountant_b, self.accountant_a):
            own = self.post_invoice(user)
            payment = self.env["account.payment"].with_user(user).create(self.prepare_payment(user))
            waiting = self.create_own_transaction(user)
            theirs = self.create_invoice_transaction(invoice, "pending")
            before = self.get_verdict(activation)
            for name, attempt in {
                "payment": lambda payment=payment: payment.write(
                    {"invoice_ids": [Command.link(invoice.id)]}
                ),
                "new transaction": lambda user=user: self.create_own_transaction(
                    user, state="done", invoice_ids=[Command.set(invoice.ids)]
                ),
                "transaction": lambda waiting=waiting: waiting.write(
                    {"state": "done", "invoice_ids": [Command.link(invoice.id)]}
                ),
                "child": lambda waiting=waiting, theirs=theirs: waiting.write(
                    {"state": "cancel", "source_transaction_id": theirs.id}
                ),
                "own invoice": lambda own=own, theirs=theirs: own.write(
                    {"transaction_ids": [Command.link(theirs.id)]}
                ),
            }.items():
                self.try_in_vain(attempt, user=user.login, by=name)
                self.assertEqual(self.get_verdict(activation), before)
            theirs._set_canceled()
        theirs = self.create_invoice_transaction(invoice, "done")
        theirs._post_process()
        self.assertEqual(self.get_status(activation), "paid")
        # A payment that Odoo would cancel in its own name, and an entry that it would reverse.
        for user in (self.accountant_b, self.accountant_a):
            before = self.get_verdict(activation)
            with (
                self.subTest(user=user.login, by="cancelled"),
                self.tried(),
                self.assertRaises(AccessError),
            ):
                self.create_own_transaction(user, state="cancel", payment_id=theirs.payment_id.id)
                self.env.flush_all()
                self.run_jobs()
            self.assertEqual(self.get_verdict(activation), before)

    def test_17_every_relation_of_every_model_that_a_verdict_reads(self):
        """Each user writes, creates, copies and deletes what points at the record, by every relation."""
        attempts = accepted = 0
        for paid in (False, True):
            activation = self.start()
            transaction = (
                self.pay(activation)
                if paid
                else self.create_invoice_transaction(self.buy_draft(activation), "pending")
            )
            targets = self.get_targets(activation, transaction)
            for user in (self.accountant_b, self.accountant_a):
                for record, vals in self.get_own_rows(user):
                    before = self.get_verdict(activation)
                    for name, field in record._fields.items():
                        for target in targets.get(field.comodel_name or "", ()):
                            value = (
                                target.id if field.type == "many2one" else [Command.link(target.id)]
                            )
                            creating = (
                                # Users cannot; the pages on which they pay do, as Odoo.
                                record.sudo() if record._name == "payment.transaction" else record
                            )
                            for attempt in (
                                lambda record=record, name=name, value=value: record.write(
                                    {name: value}
                                ),
                                lambda record=creating, name=name, value=value, vals=vals: (
                                    record.create({**vals, name: value})
                                ),
                            ):
                                attempts += 1
                                accepted += self.try_on(
                                    activation, before, attempt, (user.login, record._name, name)
                                )
                # And the rows of the seller themselves.
                for target in {record for records in targets.values() for record in records}:
                    foreign = target.with_user(user).sudo(False)
                    for attempt in (
                        lambda foreign=foreign: foreign.unlink(),
                        lambda foreign=foreign: foreign.copy(),
                        lambda foreign=foreign, user=user: foreign.write(
                            {"company_id": user.company_id.id}
                        ),
                        lambda foreign=foreign: foreign.write({"state": "cancel"}),
                        lambda foreign=foreign: foreign.write({"amount": 1}),
                    ):
                        attempts += 1
                        accepted += self.try_on(activation, before, attempt, (user.login, target))
            if not paid:
                transaction._set_canceled()
                activation.with_user(self.manager_a).action_cancel()
        self.assertGreater(attempts, 300)
        self.assertGreater(accepted, 10)  # ordinary work on own rows goes through

    # === 18: TOKENS AND CARDS === #

    def test_18_odoos_payment_link_is_for_the_record_and_who_may_read_it(self):
        activation = self.make_unpaid(posted=True)
        invoice = activation.sudo().payment_move_id
        own = self.post_invoice(self.accountant_b)
        true = {
            "res_model": invoice._name,
            "res_id": invoice.id,
            "amount": PRICE,
            "currency_id": invoice.currency_id.id,
            "partner_id": invoice.partner_id.id,
        }
        forged = (
            true,
            {**true, "res_id": own.id, "partner_id": self.company_b.partner_id.id},
            {**true, "res_model": "res.partner", "res_id": self.company_b.partner_id.id},
            {**true, "res_model": "res.partner", "res_id": invoice.partner_id.id},
            {**true, "res_model": "res.users", "res_id": self.accountant_b.id},
            {**true, "res_id": 0},
        )
        for vals in forged:
            wizards = self.env["payment.link.wizard"].with_user(self.accountant_b)
            for name, ask in {
                "read": lambda vals=vals, wizards=wizards: wizards.create(vals).read(["link"]),
                "new": lambda vals=vals, wizards=wizards: wizards.new(vals).link,
            }.items():
                with (
                    self.subTest(vals=vals, by=name),
                    self.tried(),
                    self.assertRaises(AccessError),
                ):
                    ask()
        # Its own accountant has one, which ends and does not open the invoice.
        link = self.env["payment.link.wizard"].create({**true, "amount": 1}).link
        self.assertNotIn(invoice._portal_ensure_token(), link)
        self.assertIn(f"amount={PRICE}.0", link)
        # As for any other invoice.
        made = (
            self.env["payment.link.wizard"]
            .with_user(self.accountant_b)
            .with_context(active_model=own._name, active_id=own.id)
            .create({})
        )
        self.assertIn(own._portal_ensure_token(), made.link)

    def test_18_only_its_own_link_opens_the_payment_of_a_certificate(self):
        activation = self.make_unpaid()
        invoice = activation.sudo().payment_move_id
        url = activation._get_payment_url()
        other = self.start(self.user_b)
        other.action_pay()
        general = payment_utils.generate_access_token(
            invoice.partner_id.id, float(PRICE), invoice.currency_id.id, env=self.env
        )
        query = f"invoice_id={invoice.id}&amount={float(PRICE)}"
        asked = (
            f"/payment/pay?{query}&access_token={general}",
            f"/payment/pay?{query}&access_token={invoice._portal_ensure_token()}",
            f"/payment/pay?{query}&access_token=",
            f"/payment/pay?{query}&access_token=AQ",
            f"/payment/pay?{query}&access_token={other._get_payment_token(float(PRICE))}",
            f"/payment/pay?{query}&access_token={activation._get_payment_token(1.0)}",
            f"/payment/pay?{query}&certificate_link=1&access_token={general}",
            # Other pages of Odoo that take whatever stands in their address.
            f"/my/payment_method?{query}&partner_id={invoice.partner_id.id}"
            f"&currency_id={invoice.currency_id.id}&access_token={general}",
            f"/my/payment_method?{query}&certificate_link=1",
        )
        for user in (None, self.user_b, self.user_a):
            self.authenticate(user and user.login, user and user.login)
            for address in asked:
                with (
                    self.subTest(user=user and user.login, address=address),
                    mute_logger("odoo.http"),
                ):
                    text = self.url_open(address).text.replace(general, "")
                    # (The menu of languages repeats the address.)
                    self.assertFalse(invoice.access_token in text and "my/invoices" in text)
                    self.assertFalse("o_payment_form" in text)
            # The right one opens the page, for a visitor too, and gives no other token away.
            page = self.url_open(url)
            self.assertEqual(page.status_code, 200)
            self.assertIn("o_payment_form", page.text)
            self.assertFalse(invoice.access_token in page.text)
        with freeze_time(Datetime.now() + timedelta(days=8)), mute_logger("odoo.http"):
            self.authenticate(None, None)
            self.assertNotIn("o_payment_form", self.url_open(url).text)

    def test_18_no_saved_card_is_shown_or_charged_and_none_is_saved(self):
        self.provider.sudo().allow_tokenization = True
        self.provider.payment_method_ids.sudo().support_tokenization = True
        activation = self.make_unpaid()
        invoice = activation.sudo().payment_move_id
        cards = self._create_token(partner_id=invoice.partner_id.id) | self._create_token(
            partner_id=self.user_a.partner_id.id
        )
        for user in (None, self.user_a, self.user_b):
            self.authenticate(user and user.login, user and user.login)
            text = self.url_open(activation._get_payment_url()).text
            self.assertIn("o_payment_form", text)
            self.assertNotIn('data-payment-option-type="token"', text)
            self.assertNotIn("o_payment_tokenize_container", text)
            page = self._get_payment_context(self.url_open(activation._get_payment_url()))
            for card in cards:
                for values in (
                    {"flow": "token", "token_id": card.id},
                    {"flow": "direct", "token_id": card.id},
                    {"tokenization_requested": True},
                    {"flow": "other"},
                ):
                    with (
                        self.subTest(user=user and user.login, values=values),
                        self.assertRaises(JsonRpcException),
                        mute_logger("odoo.http"),
                    ):
                        self.submit(page, **values)
        self.assertFalse(invoice.transaction_ids)
        # The invoice itself, once it is issued and sent.
        invoice.action_post()
        self.authenticate(None, None)
        text = self.url_open(invoice.get_portal_url()).text
        self.assertIn(invoice.name, text)
        self.assertNotIn('data-payment-option-type="token"', text)

    # === 20: REFERENCES AND WHAT IS ARCHIVED === #

    def test_20_the_reference_of_a_payment_cannot_be_guessed(self):
        activation = self.start()
        page = self.buy(activation)
        references = {self.submit(page).reference for _page in range(3)}
        pattern = rf"{re.escape(activation.name.replace('/', '-'))}-[{REFERENCE_ALPHABET}]{{{REFERENCE_LENGTH}}}"
        self.assertEqual(len(references), 3)
        for reference in references:
            self.assertRegex(reference, rf"^{pattern}$")
        # Also where the caller names no prefix, or the engine is asked by another page.
        invoices = [Command.set(activation.sudo().payment_move_id.ids)]
        reference = self.env["payment.transaction"]._compute_reference("none", invoice_ids=invoices)
        self.assertRegex(reference, rf"^{pattern}$")

    def archive(self, record):
        """Archive a record, past what Odoo asks of a company's users."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET active = FALSE WHERE id = %s",
                SQL.identifier(record._table),
                record._ids,
            )
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    def test_20_an_archived_lender_neither_sells_nor_lends_nor_signs(self):
        def pay(activation):
            return activation.action_pay()

        steps = {
            "pay": (self.start, pay),
            "pay again": (self.make_unpaid, pay),
            "finish": (
                self.get_downloaded,
                lambda activation: (self.attach(activation), activation.action_finish()),
            ),
            "sign": (
                self.get_active,
                lambda activation: activation._sign_message(b"x", activation),
            ),
        }
        for step, (prepare, attempt) in steps.items():
            with self.subTest(step), self.tried():
                activation = prepare()
                self.archive(self.seller)
                with self.assertRaises(UserError):
                    attempt(activation)
                self.assertNotEqual(activation.payment_status, "reversed")

    def test_20_nothing_is_sold_by_what_is_archived_or_switched_off(self):
        journals = self.env["account.journal"].search(
            [("type", "=", "sale"), ("company_id", "=", self.seller.id)]
        )
        self.seller.certificate_provider_id = self.provider
        for label, switch_off in {
            "product": lambda: self.archive(self.product),
            "journal": lambda: self.archive(journals),
            "provider": lambda: self.provider.sudo().write({"state": "disabled"}),
        }.items():
            for prepare in (self.start, self.make_unpaid):
                with self.subTest(label, prepare=prepare.__name__), self.tried():
                    activation = prepare()
                    switch_off()
                    self.env.invalidate_all()
                    with self.assertRaises(UserError):
                        activation.action_pay()
                    # What it shows goes on.
                    self.assertTrue(activation.payment_sentence)
        # A page that was open meanwhile.
        activation = self.start()
        page = self.buy(activation)
        self.provider.sudo().state = "disabled"
        with self.assertRaises(JsonRpcException), mute_logger("odoo.http"):
            self.submit(page)
        self.assertFalse(activation.sudo().payment_move_id.transaction_ids)

    def test_17_no_wizard_or_button_of_odoo_changes_a_verdict_from_outside(self):
        activation = self.start()
        transaction = self.pay(activation)
        invoice = activation.sudo().payment_move_id
        payment, before = transaction.payment_id, self.get_verdict(activation)
        for user in (self.accountant_b, self.accountant_a):
            own = self.post_invoice(user, "out_refund")
            lines = self.get_receivable(own) | self.get_receivable(invoice)
            books, env = self.books[user.company_id], self.env(user=user, su=False)
            at = {"active_model": "account.move", "active_ids": invoice.ids}
            attempts = {
                "register": lambda env=env, at=at: (
                    env["account.payment.register"].with_context(**at).create({})
                ).action_create_payments(),
                "reverse": lambda env=env, books=books: (
                    env["account.move.reversal"]
                    .create(
                        {
                            "move_ids": [Command.set(invoice.ids)],
                            "journal_id": books["sale"].id,
                            "company_id": env.company.id,
                        }
                    )
                    .refund_moves()
                ),
                "refund": lambda env=env: (
                    env["payment.refund.wizard"]
                    .create({"payment_id": payment.id, "amount_to_refund": 1})
                    .action_refund()
                ),
                "reconcile": lambda env=env, lines=lines: lines.with_env(env).reconcile(),
                "unreconcile": lambda env=env, lines=lines: lines.with_env(
                    env
                ).remove_move_reconcile(),
                "assign": lambda env=env, own=own: own.with_env(env).js_assign_outstanding_line(
                    self.get_receivable(invoice).ids[0]
                ),
                "assign there": lambda env=env, own=own: invoice.with_env(
                    env
                ).js_assign_outstanding_line(self.get_receivable(own).ids[0]),
            }
            for record, names in (
                (invoice, ("button_draft", "button_cancel", "action_post", "unlink")),
                (payment, ("action_draft", "action_cancel", "unlink")),
                (transaction, ("action_refund", "action_void", "action_capture", "unlink")),
            ):
                for name in names:
                    attempts[f"{record._name}.{name}"] = getattr(record.with_env(env), name)
            for label, attempt in attempts.items():
                self.try_on(activation, before, attempt, (user.login, label))

    def buy_draft(self, activation):
        activation.action_pay()
        return activation.sudo().payment_move_id

    def get_targets(self, activation, transaction):
        """Return the seller's rows that a verdict reads, by model."""
        invoice = activation.sudo().payment_move_id
        lines = self.get_receivable(invoice)
        partials = lines.matched_credit_ids
        found = (
            invoice,
            lines[:1],
            partials,
            partials.full_reconcile_id,
            transaction,
            transaction.payment_id,
            transaction.payment_id.move_id,
        )
        targets = {}
        for record in found:
            if record:
                targets.setdefault(record._name, []).append(record)
        return targets

    def get_own_rows(self, user):
        """Return one row of each model in the user's own company, and values for another one."""
        books, company = self.books[user.company_id], user.company_id
        note, invoice = self.post_invoice(user, "out_refund"), self.post_invoice(user)
        draft = self.env["account.move"].with_user(user)
        draft_vals = {
            "move_type": "out_refund",
            "journal_id": books["sale"].id,
            "company_id": company.id,
            "state": "posted",
        }
        partials = self.env["account.partial.reconcile"].with_user(user)
        partial_vals = {
            "debit_move_id": self.get_receivable(invoice).id,
            "credit_move_id": self.get_receivable(note).id,
            "amount": 1,
            "debit_amount_currency": 1,
            "credit_amount_currency": 1,
        }
        partial = partials.create(partial_vals)
        payment_vals = self.prepare_payment(user)
        payment = self.env["account.payment"].with_user(user).create(payment_vals)
        # As it is where an accounting application is installed: it counts without an entry.
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_payment SET state = 'in_process' WHERE id = %s", (payment.id,)
        )
        self.env.invalidate_all()
        transaction_vals = self.prepare_transaction(user, state="done", company_id=company.id)
        rows = [
            (note, draft_vals),
            (draft.create({"move_type": "out_refund", "journal_id": books["sale"].id}), draft_vals),
            (
                self.get_receivable(note),
                {
                    "move_id": note.id,
                    "account_id": books["receivable"].id,
                    "company_id": company.id,
                },
            ),
            (partial, partial_vals),
            (payment, payment_vals),
            (self.create_own_transaction(user), transaction_vals),
            (
                self.env["account.full.reconcile"].with_user(user),
                {"partial_reconcile_ids": [], "reconciled_line_ids": []},
            ),
            (
                self.env["account.bank.statement.line"].with_user(user),
                {"journal_id": books["bank"].id, "amount": PRICE, "payment_ref": "x"},
            ),
        ]
        self.assertEqual({record._name for record, _vals in rows}, set(VERDICT_READS))
        self.env.flush_all()
        return rows

    def try_on(self, activation, before, attempt, label):
        """Try something, let Odoo do what follows, and compare what is shown.

        :return: whether it was accepted
        """
        is_accepted = False
        with self.subTest(tried=label), self.tried():
            try:
                attempt()
                self.env.flush_all()
                is_accepted = True
            except Exception:
                return False
            try:
                self.run_jobs()
            except UserError:
                self.env.invalidate_all()
            self.assertEqual(self.get_verdict(activation), before)
        return is_accepted
