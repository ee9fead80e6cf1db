"""What comes along with whoever pays, or with whoever writes rows that belong to no company.

A user's own defaults, the context of a call, a shared payment term, a saved card, the company of a row:
each steered what the seller was paid, or what was booked in its name.
"""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import JsonRpcException, tagged
from odoo.tools import mute_logger

from ..common import samples
from ..common.money import MoneyAttackCommon
from ..common.payment import PRICE


@tagged("post_install", "-at_install")
class TestBookingAttacks(MoneyAttackCommon):
    def set_default(self, user, model, field, value):
        """Store a default of a user's own, as Odoo's dialog *Set Defaults* does."""
        self.env["ir.default"].with_user(user).set(model, field, value, user_id=True)

    def get_invoice(self, activation):
        return activation.sudo().payment_move_id

    # === DEFAULTS AND CONTEXT OF WHOEVER PAYS === #

    def test_a_default_of_the_payer_confirms_no_payment(self):
        for name, value in {
            "state": "done",
            "is_post_processed": True,
            "operation": "refund",
            "is_live": True,
            "payment_id": 1,
            "provider_reference": "x",
        }.items():
            with self.subTest(name), self.tried():
                self.set_default(self.user_a, "payment.transaction", name, value)
                activation = self.start()
                transaction = self.submit(self.buy(activation))
                self.assertEqual(transaction.state, "draft")
                self.assertEqual(transaction.operation, "online_direct")
                self.assertFalse(transaction.is_post_processed)
                self.assertFalse(transaction.payment_id)
                self.assertFalse(transaction.provider_reference)
                self.poll()
                self.assertFalse(activation.action_verify_payment())
                self.assertEqual(self.get_status(activation), "to_pay")

    def test_defaults_of_the_payer_are_not_those_of_the_sellers_books(self):
        foreign = self.books[self.company_a]["income"]
        for model, name, value in (
            ("account.payment", "date", "2001-01-01"),
            ("account.payment", "state", "paid"),
            ("account.payment", "outstanding_account_id", foreign.id),
            ("account.move", "auto_post", "monthly"),
            ("account.move", "ref", "x"),
        ):
            with self.subTest(model=model, name=name), self.tried():
                self.set_default(self.user_a, model, name, value)
                activation = self.start()
                payment = self.pay_online(activation).payment_id
                self.assertEqual(self.get_status(activation), "paid")
                self.assertEqual(payment.date, activation._get_today())
                self.assertEqual(payment.move_id.auto_post, "no")
                self.assertNotEqual(payment.move_id.ref, "x")
                self.assertNotIn(foreign, payment.move_id.line_ids.account_id)

    def test_a_context_gives_no_other_price(self):
        unit = self.env.ref("uom.product_uom_unit").sudo()
        small = unit.create({"name": "Crumb", "relative_factor": 0.001, "relative_uom_id": unit.id})
        for context in (
            {"uom": small.id},
            {"force_price_include": True},
            {"round": False},
            {"default_price_unit": 1, "default_quantity": 0, "default_move_type": "out_refund"},
        ):
            with self.subTest(context), self.tried():
                activation = self.start().with_context(**context)
                self.assertEqual(activation.price_total, PRICE)
                activation.action_pay()
                self.assertEqual(self.get_invoice(activation).amount_total, PRICE)
                self.assertEqual(self.get_invoice(activation).move_type, "out_invoice")

    def test_a_payment_term_of_all_companies_gives_no_other_price(self):
        term = self.env["account.payment.term"].sudo().create({"name": "Soon", "company_id": False})
        self.company_a.partner_id.with_company(self.seller).sudo().property_payment_term_id = term
        term.with_user(self.accountant_b).write(
            {
                "early_discount": True,
                "discount_percentage": 90,
                "discount_days": 30,
                "early_pay_discount_computation": "mixed",
            }
        )
        activation = self.start()
        activation.action_pay()
        self.assertEqual(self.get_invoice(activation).amount_total, PRICE)

    def test_nobody_else_changes_the_price_by_attributes_of_the_product(self):
        """Odoo lets whoever creates products write those of any product: they belong to no company."""
        attribute, other = self.env["product.attribute"].create(
            [{"name": name, "create_variant": "always"} for name in ("Kind", "Term")]
        )
        free, paid = self.env["product.attribute.value"].create(
            [
                {"name": "Free", "attribute_id": attribute.id, "default_extra_price": 1 - 100000},
                {"name": "Paid", "attribute_id": other.id},
            ]
        )
        template = self.product.sudo().product_tmpl_id
        lines = self.env["product.template.attribute.line"]
        vals = {"attribute_id": attribute.id, "value_ids": [Command.set(free.ids)]}
        # One of the seller's own, that costs nothing more.
        line = lines.sudo().create(
            {
                "product_tmpl_id": template.id,
                "attribute_id": other.id,
                "value_ids": [Command.set(paid.ids)],
            }
        )
        value = line.product_template_value_ids
        self.assertEqual(value.ptav_product_variant_ids, self.product.sudo())
        activation = self.start()
        for user in (self.accountant_b, self.accountant_a):
            user.sudo().group_ids += self.env.ref("product.group_product_manager")
            own = self.env["product.template"].with_user(user)
            own = own.create(
                {
                    "name": "X",
                    "company_id": user.company_id.id,
                    "attribute_line_ids": [Command.create(vals)],
                }
            )
            mine = own.attribute_line_ids.product_template_value_ids
            self.assertTrue(mine)
            for name, attempt in {
                "a line": lambda user=user: lines.with_user(user).create(
                    {"product_tmpl_id": template.id, **vals}
                ),
                "price": lambda user=user: value.with_user(user).write({"price_extra": -99999}),
                "variants": lambda user=user: line.with_user(user).write(
                    {"value_ids": [Command.create({"name": "Y", "attribute_id": other.id})]}
                ),
                "archived": lambda user=user: line.with_user(user).action_archive(),
                "deleted": lambda user=user: line.with_user(user).unlink(),
                "value deleted": lambda user=user: value.with_user(user).unlink(),
            }.items():
                self.try_in_vain(attempt, user=user.login, by=name)
                self.assertEqual(activation.price_total, PRICE)
                self.assertTrue(self.product.sudo().active)
            # Ordinary work on own products goes on.
            mine.price_extra = 7
            own.attribute_line_ids.unlink()
        # The seller's own people say what it costs.
        value.with_user(self.env.user).sudo(False).price_extra = 1000
        activation.invalidate_recordset()
        self.assertEqual(activation.price_total, PRICE + 1190)

    def test_nobody_else_says_where_a_payment_of_the_seller_is_booked(self):
        """Odoo takes the first method of payment that names the provider, whosever journal it is of."""
        journal = self.provider.journal_id
        line = journal.inbound_payment_method_line_ids.filtered("payment_provider_id")
        for user in (self.user_b, self.accountant_b, self.user_a, self.accountant_a):
            books = self.books[user.company_id]
            lines = self.env["account.payment.method.line"].with_user(user)
            mine = books["bank"].with_user(user).inbound_payment_method_line_ids[:1]
            theirs = line.with_user(user).sudo(False)
            vals = {"payment_provider_id": self.provider.id, "sequence": -5}
            new = {
                **vals,
                "name": "X",
                "payment_method_id": line.payment_method_id.id,
                "journal_id": books["bank"].id,
            }
            for name, attempt in {
                "new": lambda lines=lines, new=new: lines.create(new),
                "new in sudo mode": lambda lines=lines, new=new: lines.sudo().create(new),
                "own": lambda mine=mine, vals=vals: mine.write(vals),
                "by the journal": lambda mine=mine, vals=vals: mine.journal_id.write(
                    {"inbound_payment_method_line_ids": [Command.update(mine.id, vals)]}
                ),
                "account": lambda theirs=theirs: theirs.write({"payment_account_id": False}),
                "journal": lambda theirs=theirs, books=books: theirs.write(
                    {"journal_id": books["bank"].id}
                ),
                "no journal": lambda theirs=theirs: theirs.write({"journal_id": False}),
                "provider": lambda theirs=theirs: theirs.write({"payment_provider_id": False}),
                "other provider": lambda theirs=theirs, books=books: theirs.write(
                    {"payment_provider_id": books["provider"].id}
                ),
                "order": lambda theirs=theirs: theirs.write({"sequence": 99}),
                "deleted": lambda theirs=theirs: theirs.unlink(),
                "of all": lambda theirs=theirs: theirs.payment_method_id.sudo(False).write(
                    {"payment_type": "outbound"}
                ),
                "of all, deleted": lambda theirs=theirs: theirs.payment_method_id.sudo(
                    False
                ).unlink(),
            }.items():
                if name == "by the journal" and not mine.journal_id.has_access("write"):
                    continue
                self.try_in_vain(attempt, user=user.login, by=name)
                self.env.invalidate_all()
                self.assertEqual(self.provider.journal_id, journal)
            # One's own are one's own.
            mine.write({"name": "Y", "sequence": 3})
        # The seller's accountant says where what it collects is booked.
        line.with_user(self.env.user).sudo(False).sequence = 4
        activation = self.start()
        self.pay_online(activation)
        self.assertEqual(self.get_status(activation), "paid")

    # === ROWS THAT ARE TIED OR MOVED === #

    def test_nothing_is_tied_by_a_default(self):
        activation = self.start()
        activation.action_pay()
        invoice = self.get_invoice(activation)
        theirs = self.create_invoice_transaction(invoice, "pending")
        for user in (self.accountant_b, self.accountant_a):
            payments = self.env["account.payment"].with_user(user)
            vals = self.prepare_payment(user)
            moves, entry = (
                self.env["account.move"].with_user(user),
                {"journal_id": self.books[user.company_id]["general"].id},
            )

            def create_with_own_default(user=user, payments=payments, vals=vals):
                self.set_default(user, "account.payment", "invoice_ids", invoice.ids)
                payments.create(vals)

            for name, attempt in {
                "context": lambda payments=payments, vals=vals: payments.with_context(
                    default_invoice_ids=[Command.set(invoice.ids)]
                ).create(vals),
                "own default": create_with_own_default,
                "transaction": lambda payments=payments, vals=vals: payments.with_context(
                    default_payment_transaction_id=theirs.id
                ).create(vals),
                "entry": lambda moves=moves, entry=entry: moves.with_context(
                    default_transaction_ids=[Command.set(theirs.ids)]
                ).create(entry),
            }.items():
                self.try_in_vain(attempt, user=user.login, by=name)

    def test_no_payment_is_moved_into_the_sellers_books(self):
        bank = self.env["account.journal"].search(
            [("company_id", "=", self.seller.id), ("type", "=", "bank")], limit=1
        )
        activation = self.start()
        for user in (self.accountant_b, self.accountant_a):
            for vals in (
                {"company_id": self.seller.id},
                {"company_id": self.seller.id, "journal_id": bank.id},
                {"company_id": self.seller.id, "memo": "x"},
            ):
                with (
                    self.subTest(user=user.login, vals=vals),
                    self.tried(),
                    self.assertRaises(AccessError),
                ):
                    payment = self.env["account.payment"].with_user(user)
                    payment.create(self.prepare_payment(user)).write(vals)
                    self.env.flush_all()
        # Nor is an honest accountant kept from a journal of her own.
        payment = self.env["account.payment"].with_user(self.accountant_b)
        payment = payment.create(self.prepare_payment(self.accountant_b))
        payment.write({"journal_id": payment.journal_id.id, "company_id": self.company_b.id})
        self.assertEqual(self.get_status(activation), "none")

    def test_what_a_former_seller_was_paid_stays_its_own(self):
        activation = self.start()
        activation.action_pay()
        invoice = self.get_invoice(activation)
        invoice.action_post()
        other = self.env["account.payment"].create(
            {"partner_id": self.company_b.partner_id.id, "amount": PRICE, "payment_type": "inbound"}
        )
        other.action_post()
        credit = self.get_receivable(other.move_id)
        self.assertEqual(credit.company_id, self.seller)
        self.seller.sudo().certificate_product_id = False
        before = self.get_verdict(activation)
        for user in (self.accountant_b, self.accountant_a):
            with self.subTest(user=user.login), self.tried(), self.assertRaises(AccessError):
                self.env["account.partial.reconcile"].with_user(user).create(
                    {
                        "debit_move_id": self.get_receivable(invoice).id,
                        "credit_move_id": credit.id,
                        "amount": PRICE,
                        "debit_amount_currency": PRICE,
                        "credit_amount_currency": PRICE,
                    }
                )
            self.assertEqual(self.get_verdict(activation), before)

    def test_a_payment_in_another_currency_counts_when_it_is_booked(self):
        activation = self.start()
        activation.action_pay()
        invoice = self.get_invoice(activation)
        for vals, settled in (
            ({"currency_id": self.env.ref("base.USD").id, "amount": PRICE}, 0),
            ({"amount": 1000}, 1000),
            ({"amount": 1000, "payment_type": "outbound"}, -1000),
        ):
            with self.subTest(vals), self.tried():
                payment = self.env["account.payment"].create(
                    {
                        "payment_type": "inbound",
                        "partner_type": "customer",
                        "partner_id": invoice.partner_id.id,
                        "currency_id": invoice.currency_id.id,
                        "invoice_ids": [Command.set(invoice.ids)],
                        **vals,
                    }
                )
                self.env.flush_all()
                # As it is where an accounting application is installed.
                self.env.cr.execute(
                    "UPDATE account_payment SET state = 'in_process' WHERE id = %s", (payment.id,)
                )
                self.env.invalidate_all()
                self.assertEqual(invoice._get_settled_amount(), settled)
                self.assertNotEqual(self.get_status(activation), "paid")

    def test_no_contact_is_merged_to_come_by_the_certificate_that_it_paid(self):
        bookkeeper = samples.make_user(
            self.env, "Sol", "certificate_bookkeeper", self.seller, "account.group_account_invoice"
        )
        for user in (self.user_b, bookkeeper):
            user.sudo().group_ids += self.env.ref("base.group_partner_manager")
            # `website` reads the visitors of whoever is merged in the name of whoever merges.
            if designer := self.env.ref("website.group_website_designer", False):
                user.sudo().group_ids += designer
        company = self.company_b.partner_id

        def merge(user, contact, into):
            contact.with_user(user).email = company.email
            wizards = self.env["base.partner.merge.automatic.wizard"].with_user(user)
            wizards.create(
                {
                    "partner_ids": [Command.set((contact | company).ids)],
                    "dst_partner_id": into.id,
                }
            ).action_merge()

        # A former record of another client, say; only the company's own one is known as a company.
        payer = self.env["res.partner"].sudo().create({"name": "Payer"})
        invoice = self.invoice_by_hand(self.env["res.company"].new({"partner_id": payer.id}))
        activation = self.start(self.user_b)
        for into in (company, payer):
            with self.subTest(into=into.name), self.tried(), self.assertRaises(AccessError):
                merge(self.user_b, payer, into)
        activation.action_verify_payment()
        self.assertEqual(self.get_status(activation), "none")
        # Other contacts are merged as ever, the company's own invoice or not.
        self.invoice_by_hand(self.company_b, paid=False)
        other = self.env["res.partner"].with_user(self.user_b).create({"name": "Other"})
        merge(self.user_b, other, company)
        self.assertFalse(other.exists())
        # The seller knows to whom it sold.
        merge(bookkeeper, payer, company)
        self.assertEqual(invoice.partner_id, company)

    # === CARDS, AND WHAT IS ARCHIVED === #

    def test_the_sellers_accountant_is_offered_no_card_and_charges_none(self):
        activation = self.start()
        activation.action_pay()
        invoice = self.get_invoice(activation)
        invoice.action_post()
        card = self._create_token(partner_id=invoice.partner_id.id)
        method = self.provider.journal_id.inbound_payment_method_line_ids.filtered(
            lambda line: line.payment_provider_id == self.provider
        )

        def register(invoice, **vals):
            wizards = self.env["account.payment.register"].with_context(
                active_model=invoice._name, active_ids=invoice.ids
            )
            return wizards.create(
                {
                    "journal_id": self.provider.journal_id.id,
                    "payment_method_line_id": method.id,
                    **vals,
                }
            )

        wizard = register(invoice)
        self.assertFalse(wizard.suitable_payment_token_ids)
        self.assertFalse(wizard.payment_token_id)
        with self.tried(), self.assertRaises(UserError):
            register(invoice, payment_token_id=card.id).action_create_payments()
        self.assertFalse(invoice.transaction_ids)
        # Without it she registers what came in, as ever.
        wizard.action_create_payments()
        self.assertEqual(self.get_status(activation), "paid")
        # For any other invoice Odoo offers what it has.
        other = self.invoice_by_hand(self.company_a, paid=False)
        self.assertEqual(register(other).suitable_payment_token_ids, card)

    def test_an_open_page_sells_nothing_that_was_archived_meanwhile(self):
        for name in ("product", "journal", "seller"):
            with self.subTest(name), self.tried():
                activation = self.start()
                page = self.buy(activation)
                record = {
                    "product": self.product,
                    "journal": self.get_invoice(activation).journal_id,
                    "seller": self.seller,
                }[name].sudo()
                # Past what Odoo asks before it archives one.
                self.env.flush_all()
                self.env.cr.execute(
                    f"UPDATE {record._table} SET active = FALSE WHERE id = %s",
                    (record.id,),
                )
                self.env.invalidate_all()
                self.env.registry.clear_cache()
                with self.assertRaises(JsonRpcException), mute_logger("odoo.http"):
                    self.submit(page)
                self.assertFalse(self.get_invoice(activation).transaction_ids)

    def test_an_invoice_that_was_sent_is_paid_on_its_own_page(self):
        activation = self.start()
        activation.action_pay()
        invoice = self.get_invoice(activation)
        draft_address = invoice.get_portal_url()
        page = self.buy(activation)
        with self.assertRaises(JsonRpcException), mute_logger("odoo.http"):
            self.submit(page, landing_route=draft_address)
        invoice.action_post()
        self.authenticate(None, None)
        page = self._get_payment_context(self.url_open(invoice.get_portal_url()))
        transaction = self.submit(page)
        transaction._set_done()
        self.poll()
        self.assertEqual(self.get_status(activation), "paid")
