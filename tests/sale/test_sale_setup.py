"""The page that sets up the sale: what is missing, in order, and that each button mends what it names."""

import io
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from odoo.exceptions import AccessError, UserError
from odoo.http import Request
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ...const import LENT_CERTIFICATE_ROUTE, MODULE
from ...models.sale.res_company import CHECKS
from ...models.sale.setup import STEPS
from ..common import own_samples, samples
from ..common.own_samples import PASSWORD
from ..common.payment import CertificatePaymentCommon

SETUP = "certificate.sale.setup"
WIZARD = "certificate.sale.wizard"


@tagged("post_install", "-at_install")
class TestSaleSetup(CertificatePaymentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keeper = samples.make_user(
            cls.env, "Sofía", "certificate_keeper", cls.seller, "base.group_system"
        )
        cls.page = cls.env[SETUP].with_user(cls.keeper)
        # As a stranger to what it sells: an administrator of client companies alone.
        cls.outsiders = (
            cls.user_a,
            cls.manager_a,
            cls.custodian,
            cls.stranger,
            cls.system_user,
        )

    def get_steps(self, page=None):
        self.env.invalidate_all()
        return {step["key"]: step for step in (page or self.page).get_overview()["steps"]}

    def get_states(self, page=None):
        return {key: step["state"] for key, step in self.get_steps(page).items()}

    def open(self, key, choice=None):
        return self.page.action_open_step(key, choice)

    def get_opened(self, action):
        """Return the record that an action opens, as the administrator."""
        return self.env[action["res_model"]].with_user(self.keeper).browse(action["res_id"])

    def get_p12(self, nit="901414515"):
        return own_samples.make_p12(own_samples.issue(own_samples.make_subject(nit)))

    # === THE PAGE === #

    def test_each_check_has_its_step_its_remedy_and_its_words(self):
        company = self.seller.with_user(self.keeper)
        for code, check in CHECKS.items():
            with self.subTest(code=code):
                self.assertIn(check.step, STEPS)
                self.assertTrue(callable(getattr(company, check.find)))
                self.assertTrue(callable(getattr(company, check.mend)))
                self.assertTrue(check.label(self.env))
        for step in STEPS.values():
            self.assertTrue(callable(getattr(company, step.review)))

    def test_a_provider_in_test_mode_can_be_tried_and_is_switched_off_again(self):
        self.seller.certificate_accept_test_payments = False
        step = self.get_steps()["test"]
        self.assertEqual((step["state"], step["level"]), ("todo", "warning"))
        self.assertEqual([choice["key"] for choice in step["choices"]], ["test"])
        self.open("test", "test")
        self.assertTrue(self.seller.certificate_accept_test_payments)
        step = self.get_steps()["test"]
        self.assertEqual((step["level"], step["choices"]), ("danger", []))
        self.open("test")
        self.assertFalse(self.seller.certificate_accept_test_payments)

    def test_a_seller_that_is_set_up_lacks_only_real_payments(self):
        steps = self.get_steps()
        self.assertEqual([*steps], [*STEPS])
        test = steps.pop("test")
        self.assertEqual({step["state"] for step in steps.values()}, {"done"})
        self.assertTrue(all(step["sentence"] and step["button"] for step in steps.values()))
        self.assertEqual((test["state"], test["level"]), ("todo", "danger"))
        self.assertTrue(test["alarm"])
        self.seller.certificate_request_product_id = False
        self.assertNotIn("request", self.get_steps())

    def test_what_is_ready_says_so(self):
        self.assertFalse(self.page.get_overview()["warning"])
        self.open("test")
        self.dummy_provider.sudo().state = "enabled"
        self.env.invalidate_all()
        overview = self.page.get_overview()
        self.assertEqual({step["state"] for step in overview["steps"]}, {"done"})
        self.assertEqual(overview["warning"]["level"], "success")

    def test_nothing_is_open_until_somebody_sells(self):
        for values in ({"vat": False}, {"country_id": self.env.ref("base.us").id}):
            with self.subTest(values=values), self.rolled_back():
                self.seller.write(values)
                states = self.get_states()
                self.assertEqual(states.pop("seller"), "todo")
                self.assertEqual(set(states.values()), {"locked"})
                with self.assertRaises(UserError):
                    self.open("product")
        self.env["ir.config_parameter"].set_param(f"{MODULE}.certificate_seller_id", 0)
        states = self.get_states()
        self.assertEqual(states.pop("seller"), "todo")
        self.assertEqual(set(states.values()), {"locked"})
        wizard = self.get_opened(self.open("seller"))
        self.assertEqual((wizard._name, wizard.company_id), (WIZARD, self.seller))

    def test_a_step_names_what_comes_first(self):
        """By the order of the table, which is that of a seller who begins."""
        self.product.active = False
        self.dummy_provider.sudo().state = "disabled"
        self.provider.sudo().state = "disabled"
        self.seller.certificate_lent_id = False
        self.seller.sudo()._void_letters()
        steps = self.get_steps()
        missing = [key for key, step in steps.items() if step["state"] == "todo"]
        self.assertEqual(missing[:4], ["product", "provider", "lender", "letter"])
        codes = [problem["code"] for problem in self.seller.sudo()._get_certificate_sale_problems()]
        self.assertEqual(sorted(codes, key=[*CHECKS].index), codes)

    # === WHO === #

    def test_nobody_else_sets_up_the_sale(self):
        overview = self.env[SETUP].with_user(self.system_user).get_overview()
        self.assertFalse(overview["steps"])
        self.assertTrue(overview["warning"])
        for user in self.outsiders:
            page = self.env[SETUP].with_user(user)
            if user != self.system_user:
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    page.get_overview()
            for key, choice in (
                ("seller", None),
                ("test", None),
                ("provider", "demo"),
                ("x", None),
            ):
                with self.subTest(user=user.login, key=key), self.assertRaises(AccessError):
                    page.action_open_step(key, choice)
            company = self.seller.with_user(user)
            for attempt in (
                lambda company=company: company._set_up_seller({}),
                lambda company=company: company._load_lent_certificate([b""], ""),
                lambda company=company: company._choose_demo(),
                lambda company=company: company.action_confirm_certificate_letter(),
                lambda company=company: company.env[WIZARD]._open(company, "lender"),
            ):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    attempt()
        self.assertTrue(self.seller.certificate_accept_test_payments)

    def test_the_pages_of_one_administrator_are_not_anothers(self):
        wizard = self.get_opened(self.open("lender"))
        other = samples.make_user(
            self.env, "Otra", "certificate_other", self.seller, "base.group_system"
        )
        with self.assertRaises(AccessError):
            wizard.with_user(other).action_replace()
        for values in ({"is_checked": True}, {"replaced_id": 1}):
            with self.assertRaises(AccessError):
                wizard.write(values)
        with self.assertRaises(AccessError):
            wizard.company_id = self.company_a
            wizard.action_confirm()

    def test_a_step_that_is_not_offered_is_not_done(self):
        for key, choice in (("x", None), ("lender", "demo"), ("provider", "demo"), ("test", "x")):
            with self.subTest(key=key, choice=choice), self.assertRaises(UserError):
                self.open(key, choice)

    def test_from_another_company_the_page_leads_to_the_seller(self):
        self.keeper.company_ids |= self.company_a
        page = self.page.with_context(allowed_company_ids=self.company_a.ids)
        overview = page.get_overview()
        self.assertEqual(overview["company"], self.seller.name)
        action = page.action_open_step("provider")
        self.assertEqual(action["params"]["allowed_company_ids"][0], self.seller.id)

    # === EACH REMEDY === #

    def test_the_product_is_made_right(self):
        for forgotten in ("gone", "archived"):
            with self.subTest(forgotten=forgotten):
                if forgotten == "gone":
                    self.seller.certificate_product_id = False
                else:
                    self.seller.certificate_product_id.active = False
                self.assertEqual(self.get_states()["product"], "todo")
                product = self.get_opened(self.open("product"))
                self.assertEqual(self.seller.certificate_product_id, product)
                self.assertEqual((product.type, product.company_id), ("service", self.seller))
                self.assertEqual(product.taxes_id.mapped("amount"), [19])
                # It has no price yet, and the same button opens it again.
                self.assertEqual(self.get_states()["product"], "todo")
                self.assertEqual(self.get_opened(self.open("product")), product)
                product.list_price = 100000
                self.assertEqual(self.get_states()["product"], "done")
        self.assertEqual(self.start().price_total, 119000)

    def test_the_product_of_a_request_is_mended_by_the_same_step(self):
        self.seller.certificate_request_product_id.list_price = 0
        self.assertEqual(self.get_states()["product"], "todo")
        product = self.get_opened(self.open("product"))
        self.assertEqual(product, self.seller.certificate_request_product_id)

    def test_the_certificate_comes_from_its_file(self):
        self.seller.certificate_lent_id = False
        self.assertEqual(self.get_states()["lender"], "todo")
        wizard = self.get_opened(self.open("lender"))
        self.assertFalse(wizard.lent_certificate)
        seller = self.seller.with_user(self.keeper)
        certificates = self.env["certificate.certificate"].with_context(active_test=False)
        before = certificates.search_count([])
        for file, password, field in (
            (self.get_p12(), "wrong", "password"),
            (self.get_p12("830114921"), PASSWORD, "certificate"),
            (b"no certificate", PASSWORD, "certificate"),
        ):
            with self.subTest(field=field):
                self.assertEqual([*seller._load_lent_certificate([file], password)], [field])
        self.assertEqual(certificates.search_count([]), before)
        self.assertEqual(seller._load_lent_certificate([self.get_p12()], PASSWORD), {})
        lent = self.seller.certificate_lent_id
        self.assertTrue(lent._can_be_lent())
        self.assertFalse(lent.pkcs12_password)
        self.assertEqual(self.get_states()["lender"], "done")
        wizard.invalidate_recordset()
        self.assertTrue(wizard.lent_certificate["rows"])
        # And another one takes its place.
        wizard.action_replace()
        self.assertFalse(wizard.lent_certificate)
        self.assertEqual(seller._load_lent_certificate([self.get_p12()], PASSWORD), {})
        wizard.invalidate_recordset()
        self.assertTrue(wizard.lent_certificate)
        self.assertNotEqual(self.seller.certificate_lent_id, lent)

    def test_its_file_comes_by_its_own_route(self):
        self.seller.certificate_lent_id = False
        url = f"{LENT_CERTIFICATE_ROUTE}/{self.seller.id}"

        def upload(user):
            self.authenticate(user.login, user.login)
            data = {"csrf_token": Request.csrf_token(self), "password": PASSWORD}
            files = {"certificate": ("lent.p12", io.BytesIO(self.get_p12()))}
            with mute_logger("odoo.http"):
                return self.url_open(url, data=data, files=files)

        for user in (self.user_a, self.custodian, self.system_user):
            with self.subTest(user=user.login):
                self.assertTrue(upload(user).json()["errors"])
                self.assertFalse(self.seller.certificate_lent_id)
        self.assertEqual(upload(self.keeper).json(), {"errors": {}})
        self.env.invalidate_all()
        self.assertTrue(self.seller.certificate_lent_id._can_be_lent())

    def test_who_read_the_letter_is_known(self):
        seller = self.seller.with_user(self.keeper)
        for name, value in (
            ("certificate_letter_read_on", False),
            ("certificate_letter_read_by_id", self.user_a.id),
        ):
            with self.assertRaises(AccessError):
                seller[name] = value
        seller.email = "certificados@example.com"
        text = seller.certificate_letter_text
        self.assertEqual(self.get_states()["letter"], "done")
        # A text of today was read by nobody.
        seller.certificate_letter_text = text
        self.assertEqual(self.get_states()["letter"], "todo")
        activation = self.start()
        self.assertTrue(activation.sale_refusal)
        self.assertEqual(self.open("letter")["path"], "exoneration-letter")
        letter = self.get_opened(seller.action_edit_certificate_letter())
        letter.action_confirm_certificate_letter()
        self.assertEqual(letter.certificate_letter_read_by_id, self.keeper)
        self.assertIn("Sofía", self.get_steps()["letter"]["sentence"])
        read_on = letter.certificate_letter_read_on
        self.assertTrue(read_on)
        # Once: the first who read it stays.
        other = samples.make_user(
            self.env, "Otra", "certificate_other", self.seller, "base.group_system"
        )
        letter.with_user(other).action_confirm_certificate_letter()
        self.assertEqual(letter.certificate_letter_read_by_id, self.keeper)
        activation.invalidate_recordset()
        self.assertFalse(activation.sale_refusal)

    def test_test_payments_are_red_until_they_are_switched_off(self):
        self.sell_by_demo_provider()
        (self.provider | self.dummy_provider).sudo().state = "disabled"
        demo = self.env["payment.provider"].sudo().search([("company_id", "=", self.seller.id)])
        demo.filtered(lambda provider: provider.code == "demo").state = "disabled"
        self.seller.certificate_accept_test_payments = False
        step = self.get_steps()["provider"]
        self.assertEqual(
            (step["state"], [one["key"] for one in step["choices"]]), ("todo", ["demo"])
        )
        self.open("provider", "demo")
        states = self.get_states()
        self.assertEqual((states["provider"], states["test"]), ("done", "todo"))
        self.assertTrue(self.seller.certificate_accept_test_payments)
        self.assertTrue(self.start().is_for_sale)
        # Not at once a button that switches the demonstration off twice.
        self.assertIsNone(self.open("test"))
        self.assertFalse(self.seller.certificate_accept_test_payments)
        # What is left is to be paid by nobody.
        self.assertEqual(self.get_states()["test"], "todo")
        self.assertEqual(self.open("test")["res_model"], "payment.provider")

    def test_who_looks_after_it_is_chosen(self):
        users = self.seller._find_certificate_users(f"{MODULE}.group_certificate_custodian")
        group = self.env.ref(f"{MODULE}.group_certificate_custodian")
        group.user_ids -= users
        self.assertEqual(self.get_states()["groups"], "todo")
        self.assertFalse(self.start().sale_refusal)
        self.assertEqual(self.open("groups")["res_model"], "res.users")
        group.user_ids += self.keeper
        self.assertEqual(self.get_states()["groups"], "done")

    # === FROM NOTHING === #

    def test_a_company_that_has_nothing_becomes_the_seller(self):
        """As of a database without demo data: in dollars, in no country, with another chart of accounts."""
        bare = self.env["res.company"].create(
            {"name": "Empresa sin nada", "currency_id": self.env.ref("base.USD").id}
        )
        self.keeper.write({"company_ids": bare.ids, "company_id": bare.id})
        self.env["ir.config_parameter"].set_param(f"{MODULE}.certificate_seller_id", 0)
        wizard = self.get_opened(self.open("seller"))
        self.assertEqual(wizard.company_id, bare)
        self.assertFalse(wizard.field_errors)
        self.assertIsNone(wizard.action_confirm())
        wizard.invalidate_recordset()
        self.assertIn("profile_vat", wizard.field_errors)
        self.assertFalse(bare.certificate_seller_id)
        with Form(wizard) as form:
            form.profile_name = "Firma Nueva SAS"
            form.profile_vat = "890903938-8"
            form.profile_street = "Calle 1"
            form.profile_city = "Bogotá"
            form.profile_state_id = self.env["res.country.state"].search(
                [("country_id.code", "=", "CO")], limit=1
            )
            form.profile_email = "firma@example.com"
        wizard.action_confirm()
        self.assertEqual(bare.certificate_seller_id, bare)
        self.assertEqual(
            (bare.name, bare.country_id.code, bare.currency_id.name, bare.chart_template),
            ("Firma Nueva SAS", "CO", "COP", "co"),
        )
        self.assertEqual(bare.account_fiscal_country_id.code, "CO")
        states = self.get_states()
        self.assertEqual((states["seller"], states["product"]), ("done", "todo"))
        product = self.get_opened(self.open("product"))
        self.assertEqual(
            (product.company_id, product.taxes_id.mapped("amount"), product.taxes_id.company_id),
            (bare, [19], bare),
        )

    def test_a_company_with_books_in_dollars_does_not_become_the_seller(self):
        self.get_processing(self.user_b)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_company SET currency_id = %s WHERE id = %s",
            [self.env.ref("base.USD").id, self.seller.id],
        )
        self.env.invalidate_all()
        with self.assertRaises(UserError):
            self.seller.with_user(self.keeper)._set_up_seller({})

    # === NO LENDER, NO LETTER === #

    def test_where_nobody_lends_nobody_pays_elsewhere_or_signs(self):
        self.seller.certificate_accept_receipts = True
        paid = self.get_processing(self.user_b)
        self.fill(paid)
        activation = self.start()
        self.assertTrue(activation.accepts_receipts)
        for forgotten in ("certificate", "seller"):
            with self.subTest(forgotten=forgotten):
                if forgotten == "certificate":
                    self.seller.certificate_lent_id = False
                else:
                    self.env["ir.config_parameter"].set_param(f"{MODULE}.certificate_seller_id", 0)
                self.env.invalidate_all()
                self.assertFalse(activation.accepts_receipts)
                self.assertTrue(activation.sale_refusal)
                wizard = self.get_wizard(activation.action_open_wizard())
                self.assertFalse(wizard.receipt_id)
                self.assertEqual(wizard.has_seller, forgotten == "certificate")
                self.assertTrue(self.get_alert(wizard, "not_for_sale"))
                is_open = self.get_alert(wizard, "payment_open")
                self.assertEqual(bool(is_open), forgotten == "certificate")
        self.seller.with_user(self.keeper).vat = False
        self.env.invalidate_all()
        with self.assertRaises(UserError):
            paid.action_download_letter()
        self.assertFalse(paid.letter_code)

    def test_sellers_whose_letters_were_downloaded_have_read_theirs(self):
        path = Path(__file__).parents[2] / "migrations/19.0.1.1.0/post-letter-read.py"
        spec = spec_from_file_location("post_letter_read", path)
        migration = module_from_spec(spec)
        spec.loader.exec_module(migration)

        def migrate():
            self.seller.sudo().certificate_letter_read_on = False
            self.env.flush_all()
            migration.migrate(self.env.cr, "19.0.1.0.0")
            self.env.invalidate_all()
            return bool(self.seller.sudo().certificate_letter_read_on)

        self.assertFalse(migrate())
        self.seller.sudo().certificate_letter_read_on = "2026-01-01 00:00:00"
        self.get_downloaded()
        # Nobody has read the default text of today.
        self.assertFalse(migrate())
        seller = self.seller.sudo()
        seller.certificate_letter_html = seller._get_default_letter_text()
        self.assertTrue(migrate())
