"""One price: what page, settings and portal show is what is invoiced and charged; and who sells and buys at all."""

import itertools
import random
from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ...const import SELLER_PARAMETER
from ..common import samples
from ..common.books import AFTERMATH
from ..common.payment import PRICE, CertificatePaymentCommon

SALES_TAXES = {
    "IVA 19": {"amount": 19},
    "IVA 5": {"amount": 5},
    "exempt": {"amount": 0},
    "IVA 19 included": {"amount": 19, "price_include_override": "tax_included"},
    "INC 8": {"amount": 8},
    "stamp": {"amount": 1350.5, "amount_type": "fixed"},
    "withheld 2.5": {"amount": -2.5},
    "withheld 11": {"amount": -11},
    "ICA 0.966": {"amount": -0.966},
    "IVA withheld": {"amount": -2.85},
}
# What stands on the product.
TAXES = (
    ("IVA 19",),
    ("IVA 5",),
    ("exempt",),
    (),
    ("IVA 19 included",),
    ("IVA 19", "INC 8"),
    ("IVA 19", "withheld 2.5"),
    ("IVA 19", "withheld 11", "ICA 0.966", "IVA withheld"),
    ("IVA 19 included", "withheld 2.5", "ICA 0.966"),
    ("IVA 19", "stamp"),
)
PRICES = (100000, 84033.61, 99999.99, 33333.33, 1, 123456789.01, 50420.17)
ROUNDINGS = ("round_per_line", "round_globally")
POSITIONS = (None, "no IVA", "IVA 5", "withholds")
COUNT = 500


@tagged("post_install", "-at_install")
class TestPrice(CertificatePaymentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.taxes = cls.make_taxes()
        cls.positions = cls.make_positions()
        cls.accountant = samples.make_user(
            cls.env, "Contador", "certificate_price", cls.seller, "account.group_account_user"
        )

    @classmethod
    def make_taxes(cls):
        group = (
            cls.seller.sudo().account_sale_tax_id.tax_group_id or cls.product.taxes_id.tax_group_id
        )
        taxes = cls.env["account.tax"].create(
            [
                {
                    "name": name,
                    "type_tax_use": "sale",
                    "company_id": cls.seller.id,
                    "tax_group_id": group[:1].copy({"name": name}).id,
                    **values,
                }
                for name, values in SALES_TAXES.items()
            ]
        )
        return dict(zip(SALES_TAXES, taxes, strict=True))

    @classmethod
    def make_positions(cls):
        """Make fiscal positions that nobody has yet: without IVA, with less of it, and with a withholding more."""
        whole = cls.taxes["IVA 19"] | cls.taxes["IVA 19 included"]
        replaced = {
            "no IVA": [cls.taxes["exempt"].copy({"name": "none"})],
            "IVA 5": [cls.taxes["IVA 5"].copy({"name": "five"})],
            "withholds": [
                cls.taxes["IVA 19"].copy({"name": "nineteen"}),
                cls.taxes["withheld 11"].copy({"name": "eleven"}),
            ],
        }
        positions = {None: cls.env["account.fiscal.position"]}
        for name, taxes in replaced.items():
            positions[name] = cls.env["account.fiscal.position"].create(
                {"name": name, "company_id": cls.seller.id}
            )
            for tax in taxes:
                tax.write(
                    {
                        "fiscal_position_ids": [Command.set(positions[name].ids)],
                        "original_tax_ids": [Command.set(whole.ids)],
                    }
                )
        return positions

    def arrange(self, price, taxes, rounding, position):
        """Let the seller sell at a price, with taxes, to a buyer in a fiscal position."""
        self.product.write(
            {
                "list_price": price,
                "taxes_id": [Command.set([self.taxes[name].id for name in taxes])],
            }
        )
        self.seller.tax_calculation_rounding_method = rounding
        partner = self.company_a.partner_id.with_company(self.seller)
        partner.property_account_position_id = self.positions[position]

    # === SHOWN, INVOICED, CHARGED === #

    def test_shown_is_invoiced_whatever_taxes_rounding_and_buyer(self):
        """Five hundred combinations by a virtual invoice; each twentieth is stored, and a few are charged."""
        combinations = list(itertools.product(PRICES, TAXES, ROUNDINGS, POSITIONS))
        random.Random(19).shuffle(combinations)
        extra = random.Random(7)
        while len(combinations) < COUNT:
            price = round(extra.uniform(1, 3e6), 2)
            combinations.append((price, *extra.choice(combinations)[1:]))
        activation = self.start()
        seen = set()
        for number, combination in enumerate(combinations[:COUNT]):
            with self.subTest(combination=combination):
                self.arrange(*combination)
                activation.invalidate_recordset()
                shown = activation.price_total
                seen.add(shown)
                self.assertGreater(shown, 0)
                self.assertEqual(shown, round(shown))
                self.assertEqual(activation.sale_refusal, False)
                if number % 20:
                    continue
                # As when Buy is pressed.
                self.drop_invoice(activation)
                untaxed, withheld = activation.price_untaxed, activation.price_withheld
                url = activation.action_pay()["url"]
                invoice = activation.sudo().payment_move_id
                self.assertIn(f"&amount={shown}&", url)
                self.assertEqual(invoice.amount_total, shown)
                self.assertEqual(invoice.amount_untaxed, untaxed)
                self.assertEqual(
                    (activation.price_total, activation.price_withheld), (shown, withheld)
                )
                self.drop_invoice(activation)
        self.assertGreater(len(seen), COUNT // 4)

    def drop_invoice(self, activation):
        """Let an activation begin anew."""
        invoice = activation.sudo().payment_move_id
        if invoice:
            activation.sudo().payment_move_id = False
            invoice.unlink()
            activation.invalidate_recordset()

    def test_page_invoice_payment_page_and_transaction_say_the_same(self):
        for combination in (
            (84033.61, ("IVA 19", "withheld 2.5"), "round_globally", None),
            (84033.61, ("IVA 19 included",), "round_per_line", "no IVA"),
            (99999.99, ("IVA 19", "stamp"), "round_per_line", "withholds"),
        ):
            with self.subTest(combination=combination):
                self.arrange(*combination)
                activation = self.start()
                wizard = self.get_wizard(activation.action_open_wizard())
                shown = wizard.price_total
                self.assertAlmostEqual(
                    wizard.price_untaxed + wizard.price_tax + wizard.price_withheld, shown, 2
                )
                page = self.buy(activation)
                self.assertEqual(page["amount"], shown)
                transaction = self.submit(page)
                self.assertEqual(transaction.amount, shown)
                transaction._set_done()
                self.poll()
                self.assertEqual(transaction.payment_id.amount, shown)
                self.assertEqual(self.get_status(activation), "paid")
                activation.with_user(self.manager_a).action_cancel()
                # So that the next one does not find it.
                activation.sudo().payment_move_id._reverse_moves(cancel=True)

    def test_a_fiscal_position_that_applies_by_itself_is_shown(self):
        self.arrange(100000, ("IVA 19",), "round_per_line", None)
        self.positions["no IVA"].write(
            {"auto_apply": True, "state_ids": [Command.set(self.company_a.state_id.ids)]}
        )
        self.positions["no IVA"].country_id = self.company_a.country_id
        activation = self.start()
        self.assertEqual(activation.price_total, 100000)
        self.assertEqual(self.buy(activation)["amount"], 100000)

    def test_a_branch_sells_with_the_taxes_of_its_parent(self):
        branch = self.env["res.company"].create(
            {
                "name": "Firma Facil Medellin",
                "parent_id": self.seller.id,
                "country_id": self.seller.country_id.id,
                "vat": self.seller.vat,
            }
        )
        self.env.user.company_ids |= branch
        product = self.env["product.product"].create(
            {
                "name": "Certificate",
                "type": "service",
                "list_price": 100000,
                "company_id": branch.id,
                "taxes_id": [Command.set(self.taxes["IVA 19"].ids)],
            }
        )
        branch.write(
            {
                "certificate_product_id": product.id,
                "certificate_lent_id": samples.store_certificate(branch).id,
                "certificate_accept_test_payments": True,
                "certificate_provider_id": self.provider.id,
            }
        )
        branch.sudo().certificate_letter_read_on = "2026-01-01 00:00:00"
        samples.name_lender(branch)
        branch.certificate_seller_id = branch
        problems = branch._get_certificate_sale_problems()
        self.assertFalse(any(problem["stops_sale"] for problem in problems))
        activation = self.start()
        self.assertEqual(activation.price_total, PRICE)
        page = self.buy(activation)
        invoice = activation.sudo().payment_move_id
        self.assertEqual(
            (page["amount"], invoice.amount_total, invoice.company_id), (PRICE, PRICE, branch)
        )
        # The provider is the parent's.
        transaction = self.submit(page)
        self.assertEqual(transaction.amount, PRICE)

    def test_the_settings_show_the_price_that_is_typed_with_all_its_taxes(self):
        settings = self.env["res.config.settings"].sudo().with_company(self.seller)
        with mute_logger("odoo.tests.form.onchange"), Form(settings) as form:
            form.certificate_tax_ids.clear()
            form.certificate_tax_ids.add(self.taxes["IVA 19 included"])
            form.certificate_tax_ids.add(self.taxes["withheld 2.5"])
            form.certificate_price = 119000
            self.assertEqual(form.certificate_price_total, 119000 - 2500)
        form.record.execute()
        self.assertEqual(self.start().price_total, 119000 - 2500)

    def test_what_shows_no_price_makes_no_invoice_to_price_it(self):
        activation = self.get_processing()
        wizard = self.get_wizard(activation.action_open_wizard())
        priced = []
        self.patch(
            self.env.registry["res.company"],
            "_price_by_invoice",
            lambda *args, **kwargs: priced.append(args),
        )
        wizard.invalidate_recordset()
        self.assertEqual(wizard.price_total, PRICE)
        wizard.read()
        self.assertFalse(priced)

    # === THE CART === #

    def test_an_old_cart_takes_the_price_of_today(self):
        activation = self.start()
        activation.action_pay()
        cart = activation.sudo().payment_move_id
        self.create_invoice_transaction(cart, "error")
        self.product.list_price = 200000
        activation.action_open_wizard()
        self.assertEqual(activation.price_total, 2 * PRICE)
        self.assertEqual(self.buy(activation)["amount"], 2 * PRICE)
        self.assertEqual((activation.sudo().payment_move_id, cart.amount_total), (cart, 2 * PRICE))
        # Also what a buyer owes by where he is.
        partner = self.company_a.partner_id.with_company(self.seller)
        self.arrange(100000, ("IVA 19",), "round_per_line", "no IVA")
        self.assertEqual(self.buy(activation)["amount"], 100000)
        self.assertEqual(cart.fiscal_position_id, partner.property_account_position_id)

    def test_what_the_seller_wrote_on_the_invoice_is_what_is_paid(self):
        """Neither a discount nor an issued invoice follows the price; the page says so."""
        activation = self.start()
        activation.action_pay()
        before = activation.payment_sentence
        invoice = activation.sudo().payment_move_id.with_user(self.accountant)
        invoice.invoice_line_ids.discount = 50
        self.product.list_price = 200000
        activation.action_open_wizard()
        self.assertEqual(activation.price_total, PRICE / 2)
        self.assertEqual(self.buy(activation)["amount"], PRICE / 2)
        changed = activation.payment_sentence
        invoice.action_post()
        activation.invalidate_recordset()
        self.assertEqual(self.buy(activation)["amount"], PRICE / 2)
        self.assertEqual(len({before, changed, activation.payment_sentence}), 3)

    def test_a_draft_that_the_seller_has_locked_keeps_its_price(self):
        """As OCA's `base_tier_validation` locks an invoice that waits for somebody's approval."""
        activation = self.start()
        activation.action_pay()
        before = activation.payment_sentence
        moves = type(self.env["account.move"])
        write = moves.write

        def write_unlocked(records, vals):
            if "invoice_line_ids" in vals:
                raise ValidationError(records._name)
            return write(records, vals)

        self.product.list_price = 200000
        with patch.object(moves, "write", write_unlocked), mute_logger(AFTERMATH):
            activation.action_open_wizard()
        self.assertEqual(activation.price_total, PRICE)
        self.assertNotEqual(activation.payment_sentence, before)
        self.assertEqual(self.buy(activation)["amount"], PRICE)
        self.assertFalse(activation.sudo().payment_move_id.activity_ids)

    def test_a_payment_under_way_keeps_its_price(self):
        activation = self.start()
        activation.action_pay()
        self.create_invoice_transaction(activation.sudo().payment_move_id, "pending")
        self.product.list_price = 200000
        activation.action_open_wizard()
        self.assertEqual(activation.price_total, PRICE)

    # === WHAT THE SELLER FORGOT === #

    def get_problems(self):
        return [problem["code"] for problem in self.seller.sudo()._get_certificate_sale_problems()]

    def assert_not_sold(self, activation, code):
        """Assert that the seller is told what is missing, and the buyer before anything is invoiced."""
        moves = self.env["account.move"].sudo().search_count([])
        self.assertIn(code, self.get_problems())
        activation.invalidate_recordset()
        wizard = self.get_wizard(activation.action_open_wizard())
        self.assertFalse(wizard.is_for_sale)
        self.assertTrue(activation.sale_refusal)
        with self.assertRaises(UserError):
            activation.action_pay()
        self.assertEqual(self.env["account.move"].sudo().search_count([]), moves)

    def test_a_seller_whose_setup_is_complete_has_an_empty_list(self):
        # But for the payments of this test.
        self.assertEqual(self.get_problems(), ["demo"])
        self.assertEqual(self.start().sale_refusal, False)
        self.seller.certificate_accept_test_payments = False
        self.assertEqual(self.get_problems(), ["test"])

    def test_mistakes_of_the_seller_are_found_before_anybody_pays(self):
        activation = self.start()
        seller, today = self.seller.sudo(), activation._get_today()
        journals = self.env["account.journal"].search(
            [("company_id", "=", seller.id), ("type", "=", "sale")]
        )
        providers = self.env["payment.provider"].search([("company_id", "=", seller.id)])
        mistakes = (
            ("lender", seller, {"certificate_lent_id": False}),
            ("letter", seller, {"certificate_letter_read_on": False}),
            ("letter_data", seller, {"certificate_policy": False}),
            ("letter_data", seller, {"phone": False}),
            ("nit", seller, {"vat": False}),
            ("product", self.product, {"active": False}),
            ("product", seller, {"certificate_product_id": False}),
            ("price", self.product, {"list_price": 0}),
            ("journal", journals, {"active": False}),
            ("provider", providers, {"state": "disabled"}),
            ("lock", seller, {"fiscalyear_lock_date": today}),
            ("lock", seller, {"sale_lock_date": today}),
            ("country", seller, {"country_id": self.env.ref("base.us").id}),
            ("country", seller, {"account_fiscal_country_id": self.env.ref("base.us").id}),
        )
        for code, record, values in mistakes:
            with self.subTest(code=code, values=values), self.rolled_back():
                record.write(values)
                self.assert_not_sold(activation, code)
        # Past Odoo, which refuses to change these where something is booked.
        for code, change in (
            ("currency", "UPDATE res_company SET currency_id = 1 WHERE id = %s"),
            ("company", "UPDATE res_company SET active = FALSE WHERE id = %s"),
            (
                "chart",
                "UPDATE account_account SET account_type = 'asset_current'"
                " WHERE account_type = 'asset_receivable' AND %s > 0",
            ),
            ("product", "UPDATE product_template SET company_id = NULL WHERE company_id = %s"),
        ):
            with self.subTest(code=code, change=change), self.rolled_back():
                self.env.flush_all()
                self.env.cr.execute(change, [seller.id])
                self.env.invalidate_all()
                self.assert_not_sold(activation, code)
        activation.invalidate_recordset()
        self.assertFalse(activation.sale_refusal)

    def test_a_parameter_that_is_no_number_is_no_seller(self):
        activation = self.start()
        for value in ("abc", "1.5", "-1", "²", "99999999999999999999", " "):
            with self.subTest(value=value):
                self.env["ir.config_parameter"].set_param(SELLER_PARAMETER, value)
                activation.invalidate_recordset()
                self.company_a.invalidate_recordset()
                self.assertFalse(self.company_a.certificate_seller_id)
                self.assertTrue(activation.sale_refusal)
                with self.assertRaises(UserError):
                    activation.action_pay()

    def test_a_sold_product_stays_with_its_seller(self):
        """Whoever has rights to products, and works for a buyer, would set the price."""
        for company in (False, self.company_a.id):
            with self.subTest(company=company), self.assertRaises(ValidationError):
                self.product.product_tmpl_id.company_id = company
        free = self.env["product.product"].create({"name": "Free", "type": "service"})
        with self.assertRaises(ValidationError):
            self.seller.certificate_product_id = free

    def test_a_tax_of_a_stranger_does_not_set_the_price(self):
        """Odoo lets an accountant of any company tie a tax of its own to a fiscal position of the seller."""
        self.arrange(100000, ("IVA 19",), "round_per_line", "IVA 5")
        activation = self.start()
        self.assertEqual(activation.price_total, 105000)
        group = self.env["account.tax.group"].create(
            {"name": "Mine", "company_id": self.company_a.id}
        )
        self.env["account.tax"].create(
            {
                "name": "99 % less",
                "amount": -99,
                "type_tax_use": "sale",
                "company_id": self.company_a.id,
                "country_id": self.company_a.country_id.id,
                "tax_group_id": group.id,
                "fiscal_position_ids": [Command.set(self.positions["IVA 5"].ids)],
                "original_tax_ids": [Command.set(self.taxes["IVA 19"].ids)],
            }
        )
        self.env.invalidate_all()
        self.assertTrue(activation.sale_refusal)
        with self.assertRaises(UserError):
            activation.action_pay()

    # === WHO BUYS === #

    def test_a_branch_with_the_nit_of_its_parent_buys_nothing(self):
        for vat in (self.company_a.vat, False, self.company_a.vat.replace("-", " - ")):
            branch = self.env["res.company"].create(
                {
                    "name": f"Sucursal {vat}",
                    "parent_id": self.company_a.id,
                    "country_id": self.company_a.country_id.id,
                    "vat": vat,
                }
            )
            user = samples.make_user(
                self.env, "Jefa", f"certificate_{vat}", branch, "account.group_account_invoice"
            )
            with self.subTest(vat=vat):
                activations = self.env["certificate.activation"].with_user(user)
                with self.assertRaises(UserError):
                    activations.action_open_wizard()
                self.assertFalse(activations.sudo().search([("company_id", "=", branch.id)]))
                steps = self.env["electronic.invoicing.setup"].with_user(user)._get_for_company()
                step = next(row for row in steps._get_steps() if row["key"] == "certificate")
                self.assertIn(self.company_a.name, step["sentence"])
                # One that was started before it got the NIT.
                former = activations.sudo().create({"company_id": branch.id}).with_user(user)
                self.assertTrue(former.sale_refusal)
                with self.assertRaises(UserError):
                    former.action_pay()

    def test_a_branch_of_the_seller_buys_nothing_from_it(self):
        branch = self.env["res.company"].create(
            {
                "name": "Firma Facil Cali",
                "parent_id": self.seller.id,
                "country_id": self.seller.country_id.id,
                "vat": "830114921-1",
            }
        )
        user = samples.make_user(
            self.env, "Caleño", "certificate_cali", branch, "account.group_account_invoice"
        )
        activation = self.start(user)
        self.assertTrue(activation.sale_refusal)
        with self.assertRaises(UserError):
            activation.action_pay()

    def test_a_company_without_a_nit_is_told_before_it_pays(self):
        activation = self.start()
        for vat in (False, "901414515-1", "X"):
            with self.subTest(vat=vat):
                self.env.cr.execute(
                    "UPDATE res_partner SET vat = %s WHERE id = %s",
                    [vat or None, self.company_a.partner_id.id],
                )
                self.env.invalidate_all()
                self.assertTrue(activation.sale_refusal)
                with self.assertRaises(UserError):
                    activation.action_pay()
                self.assertFalse(activation.sudo().payment_move_id)
