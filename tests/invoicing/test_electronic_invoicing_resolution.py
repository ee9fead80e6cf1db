"""Billing resolutions: their format, how many numbers are left, and who is warned of their end."""

from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...const import ACTIVITY_RESOLUTION
from ..common.invoicing import NIT, ElectronicInvoicingCommon

RESOLUTION = "electronic.invoicing.resolution"


@tagged("post_install", "-at_install")
class TestElectronicInvoicingResolution(ElectronicInvoicingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.get_walk().get_active()

    def post_invoice(self, journal, name):
        """Post an invoice of a journal under a number."""
        invoice = (
            self.env["account.move"]
            .sudo()
            .with_company(journal.company_id)
            .create(
                {
                    "move_type": "out_invoice",
                    "journal_id": journal.id,
                    "partner_id": self.partner_a.id,
                    "invoice_date": self.today,
                    "name": name,
                    "invoice_line_ids": [
                        (
                            0,
                            0,
                            {
                                "name": "Service",
                                "price_unit": 1,
                                "tax_ids": [],
                                "account_id": self.company_data["default_account_revenue"].id,
                            },
                        )
                    ],
                }
            )
        )
        invoice.action_post()
        self.env.invalidate_all()
        return invoice

    # === FORM === #

    def test_a_form_hears_all_that_is_missing_or_wrong_at_once(self):
        empty = {"date_start": False, "date_end": False, "range_from": 0, "range_to": 0}
        with self.assertRaises(ValidationError) as caught:
            self.create_resolution(number="123", prefix="ÑANDÚ", **empty)
        errors = caught.exception.context["field_errors"]
        self.assertEqual({*errors}, {"number", "prefix", "date_start", "date_end", "range_from"})
        resolution = self.create_resolution()
        with self.assertRaises(ValidationError) as caught:
            resolution.write({"number": False, "range_from": 7000})
        self.assertEqual([*caught.exception.context["field_errors"]], ["number"])
        with self.assertRaises(ValidationError) as caught:
            resolution.write({"range_from": 7000})
        self.assertEqual([*caught.exception.context["field_errors"]], ["range_to"])

    def test_only_who_enters_the_technical_key_reads_where_it_is_found(self):
        resolutions = self.env["electronic.invoicing.resolution"]
        for user, is_told in ((self.user_a, False), (self.manager_a, True)):
            with self.subTest(user=user.login):
                arch = resolutions.with_user(user).get_view(view_type="form")["arch"]
                self.assertIs("technical_key_hint" in arch, is_told)
                self.assertIs('name="technical_key"' in arch, is_told)

    def test_what_dian_does_not_write_is_refused(self):
        today = self.today
        for values in (
            {"number": "18760000001"},
            {"number": "1876400000001"},
            {"number": "28764000000001"},
            {"prefix": "SETPX"},
            {"prefix": "F-E"},
            {"range_from": 0},
            {"range_from": -5},
            {"range_from": 6000},
            {"range_to": 99_999_999_999},
            {"date_start": today, "date_end": today - timedelta(days=1)},
            {"technical_key": "no key"},
            {"alarm_days": -1},
            {"alarm_numbers": -1},
        ):
            with (
                self.subTest(values),
                self.assertRaises(ValidationError),
                self.cr.savepoint(),
            ):
                self.create_resolution(self.manager_a, **values)

    def test_codes_are_written_as_dian_writes_them(self):
        resolution = self.create_resolution(
            self.manager_a,
            number=" 1876 4000000001 ",
            prefix=" se tp ",
            technical_key="FC" * 20,
        )
        self.assertEqual(
            (resolution.number, resolution.prefix, resolution.technical_key),
            ("18764000000001", "SETP", "fc" * 20),
        )

    @mute_logger("odoo.sql_db")
    def test_a_resolution_is_entered_once_for_each_prefix(self):
        self.create_resolution()
        self.create_resolution(prefix="FE")
        with self.assertRaises(Exception) as caught, self.cr.savepoint():
            self.create_resolution()
        self.assertEqual(type(caught.exception).__name__, "UniqueViolation")
        self.create_resolution(self.user_b)

    # === STATES === #

    def test_its_days_say_whether_it_is_in_force(self):
        today = self.today
        for start, end, state in (
            (-10, 10, "in_force"),
            (-10, 2, "in_force"),
            (3, 10, "future"),
            (-10, -3, "ended"),
        ):
            with self.subTest(state), self.cr.savepoint() as savepoint:
                resolution = self.create_resolution(
                    date_start=today + timedelta(days=start), date_end=today + timedelta(days=end)
                )
                self.assertEqual(resolution.state, state)
                savepoint.rollback()

    def test_the_invoices_of_its_journal_use_its_numbers(self):
        journal = self.company_data["default_journal_sale"].copy({"code": "FE", "name": "FE"})
        resolutions = self.env[RESOLUTION].sudo().with_company(self.seller)
        resolution = resolutions.create(
            self.get_resolution_vals(range_from=100, range_to=103, company_id=self.seller.id)
        )
        self.assertEqual((resolution.last_number, resolution.numbers_left), (0, 4))
        resolution.journal_id = journal
        self.assertEqual((resolution.last_number, resolution.numbers_left), (0, 4))
        for name, last, left in (
            ("SETP100", 100, 3),
            ("SETP102", 102, 1),
            ("FV900", 102, 1),
        ):
            self.post_invoice(journal, name)
            with self.subTest(name):
                self.assertEqual((resolution.last_number, resolution.numbers_left), (last, left))
                self.assertEqual(resolution.state, "in_force")
        self.post_invoice(journal, "SETP103")
        self.assertEqual((resolution.numbers_left, resolution.state), (0, "used_up"))
        # The next one of the same prefix goes on from there.
        following = resolutions.create(
            self.get_resolution_vals(
                number="18764000000002",
                range_from=104,
                range_to=203,
                company_id=self.seller.id,
                journal_id=journal.id,
            )
        )
        self.assertEqual((following.last_number, following.numbers_left), (0, 100))

    def test_a_longer_term_than_dian_authorises_is_warned_of_and_kept(self):
        resolution = self.create_resolution()
        self.assertFalse(resolution.term_warning)
        resolution.date_end = self.today + timedelta(days=3 * 365)
        self.assertTrue(resolution.term_warning)
        self.assertEqual(resolution.state, "in_force")

    # === KINDS === #

    def test_only_numbers_for_electronic_invoices_are_chosen_to_invoice_with(self):
        self.confirm_test_set()
        setup = self.setup_a
        for number, kind in enumerate(("contingency", "pos", "support"), 2):
            other = self.create_resolution(number=f"1876400000000{number}", kind=kind)
            for is_trusted in (False, True):
                with self.subTest(kind, is_trusted=is_trusted), self.assertRaises(ValidationError):
                    (setup.sudo() if is_trusted else setup).resolution_id = other
        # They are no numbers to invoice with, and none of them is chosen as the only one.
        self.assertEqual(self.get_states()[3], "todo")
        right = self.create_resolution()
        self.assertEqual(self.get_states()[3], "done")
        setup.action_open_step("invoice")
        self.assertEqual(setup.resolution_id, right)
        # What was chosen stays of its kind.
        for record in (right, right.sudo()):
            with self.assertRaises(UserError):
                record.kind = "contingency"
        self.start_invoicing_with(right)
        with self.assertRaises(ValidationError):
            setup.with_user(self.manager_a).resolution_id = other

    def start_invoicing_with(self, resolution):
        self.setup_a.write(
            {
                "resolution_id": resolution.id,
                "sale_journal_id": self.get_journal(self.company_a).id,
                "invoice_type": "01",
            }
        )
        self.start_invoicing()

    # === RIGHTS === #

    def test_a_user_enters_resolutions_of_the_own_company_alone(self):
        resolution = self.create_resolution()
        self.assertEqual(resolution.company_id, self.company_a)
        for values in (
            {"company_id": self.company_b.id},
            {"days_reminded_on": "2026-01-01"},
        ):
            with self.subTest(values):
                with self.assertRaises(AccessError):
                    self.create_resolution(**values)
                with self.assertRaises(AccessError):
                    resolution.write(values)
        foreign = resolution.with_user(self.user_b)
        self.assertFalse(foreign.search([]))
        for attempt in (
            lambda: foreign.read(["number"]),
            lambda: foreign.write({"number": "18764000000009"}),
            foreign.unlink,
            lambda: self.create_resolution(self.stranger),
            lambda: resolution.with_user(self.stranger).read(["number"]),
        ):
            with self.assertRaises(AccessError):
                attempt()

    def test_the_technical_key_is_for_managers(self):
        resolution = self.create_resolution(self.manager_a, technical_key="fc" * 20)
        own = resolution.with_user(self.user_a)
        for attempt in (
            lambda: own.read(["technical_key"]),
            lambda: own.write({"technical_key": False}),
            lambda: own.search([("technical_key", "!=", False)]),
        ):
            with self.assertRaises(AccessError):
                attempt()

    def test_a_resolution_in_use_does_not_change_and_does_not_go(self):
        self.get_active()
        self.complete_data()
        resolution = self.setup_a.resolution_id
        with self.assertRaises(UserError):
            resolution.unlink()
        resolution.range_to = 6000
        self.start_invoicing()
        for values in ({"range_to": 7000}, {"number": "18764000000009"}, {"journal_id": False}):
            for user in (self.user_a, self.manager_a):
                with self.subTest(values, user=user.login), self.assertRaises(UserError):
                    resolution.with_user(user).write(values)
        resolution.alarm_days = 60
        other = self.create_resolution(number="18764000000002")
        other.unlink()

    def test_a_form_takes_no_journal_of_another_company(self):
        journal = self.company_data["default_journal_sale"]
        self.post_invoice(journal, "SETP42")
        resolution = self.create_resolution()
        with self.assertRaises(AccessError):
            resolution.onchange(
                {"journal_id": journal.id}, ["journal_id"], {"last_number": {}, "numbers_left": {}}
            )

    # === REMINDERS === #

    def get_reminders(self):
        activities = self.env["mail.activity"].sudo()
        return activities.search(
            [
                ("res_model", "=", self.setup_a._name),
                ("activity_type_id", "=", self.env.ref(ACTIVITY_RESOLUTION).id),
            ]
        )

    def remind(self):
        self.env[RESOLUTION].sudo()._remind_of_resolutions()
        self.env.invalidate_all()

    def test_the_managers_are_told_once_of_each(self):
        self.get_active()
        self.complete_data()
        resolution = self.setup_a.resolution_id
        self.remind()
        self.assertFalse(self.get_reminders())
        self.assertFalse(self.setup_a.get_overview()["steps"][3]["alarm"])
        resolution.date_end = self.today + timedelta(days=20)
        self.assertTrue(self.setup_a.get_overview()["steps"][3]["alarm"])
        self.remind()
        # Those of the company, each once.
        managers = self.manager_a | self.system_user
        self.assertEqual(self.get_reminders().user_id, managers)
        self.assertEqual(len(self.get_reminders()), 2)
        self.get_reminders().action_feedback()
        self.remind()
        self.assertFalse(self.get_reminders())
        # Of its numbers as well, and of a new end again.
        resolution.write({"alarm_numbers": 5000})
        self.remind()
        self.assertEqual(len(self.get_reminders()), 2)
        resolution.date_end = self.today + timedelta(days=25)
        self.remind()
        self.remind()
        self.assertEqual(len(self.get_reminders()), 4)
        self.assertEqual(len(set(self.get_reminders().mapped("note"))), 2)

    def test_nobody_is_told_of_a_resolution_that_is_not_in_use(self):
        self.create_resolution(date_end=self.today + timedelta(days=3))
        self.remind()
        self.assertFalse(self.get_reminders())

    def test_the_cron_reminds(self):
        self.get_active()
        self.complete_data()
        self.setup_a.resolution_id.date_end = self.today + timedelta(days=3)
        cron = self.env.ref("l10n_co_certificate_activation.ir_cron_resolution_reminder")
        self.assertTrue(cron.active)
        cron.ir_actions_server_id.run()
        self.assertIn(self.manager_a, self.get_reminders().user_id)

    # === JOURNALS OF AN ADD-ON FOR ELECTRONIC INVOICING === #

    def add_journal_fields(self, names, types):
        """Add fields to the journal, as an add-on would, and return how they are found."""
        model = self.env["ir.model"]._get("account.journal")
        for name in names:
            self.env["ir.model.fields"].create(
                {
                    "model_id": model.id,
                    "name": f"x_{name}",
                    "field_description": name,
                    "ttype": types.get(name, "char"),
                }
            )
        return {name: f"x_{name}" for name in names}

    def test_what_the_journals_hold_is_taken_once(self):
        dates, integers = ("date_start", "date_end"), ("range_from", "range_to")
        types = {**dict.fromkeys(dates, "date"), **dict.fromkeys(integers, "integer")}
        names = ("number", "prefix", *integers, *dates, "technical_key")
        sources = self.add_journal_fields(names, types)
        test_set_sources = self.add_journal_fields(("test_set_identifier",), {})
        self.get_active()
        self.confirm_test_set()
        vals = self.get_resolution_vals(technical_key="fc" * 20)
        for number, prefix in (("18764000000001", "SETP"), ("18760000001", "SETT"), (False, "FE")):
            journal = self.get_journal(self.company_a, prefix)
            journal.write(
                {sources[name]: value for name, value in vals.items()}
                | {sources["number"]: number, sources["prefix"]: prefix}
            )
        module = "odoo.addons.l10n_co_certificate_activation.models.invoicing"
        with (
            patch(f"{module}.resolution.JOURNAL_RESOLUTION_FIELDS", sources),
            patch(f"{module}.setup.JOURNAL_TEST_SET_FIELDS", test_set_sources),
        ):
            for _time in range(2):
                self.setup_a.action_open_step("resolution")
            resolution = (
                self.env[RESOLUTION].sudo().search([("company_id", "=", self.company_a.id)])
            )
            self.assertEqual(resolution.number, "18764000000001")
            self.assertEqual(resolution.journal_id.code, "SETP")
            self.assertEqual(resolution.technical_key, "fc" * 20)
            # Nothing changes what was confirmed, or entered by hand.
            resolution.journal_id[test_set_sources["test_set_identifier"]] = "a1b2"
            self.setup_a.action_open_step("test_set")
            self.assertNotEqual(self.setup_a.test_set_identifier, "a1b2")
            self.reset()
            self.setup_a.test_set_identifier = False
            self.setup_a.action_open_step("test_set")
            self.assertEqual(self.setup_a.test_set_identifier, "a1b2")
        self.assertEqual(self.company_a.vat, NIT)
