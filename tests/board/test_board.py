"""The board of companies: what each row says, who sees it, and where it leads."""

import ast
from contextlib import contextmanager
from datetime import timedelta

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import SQL
from odoo.tools.safe_eval import safe_eval

from ...const import GROUP_MANAGER, MODULE
from ...tools.expiry import RED_DAYS, YELLOW_DAYS
from ..common import samples
from ..common.case import CertificateCommon

BOARD = "certificate.board"
# All that the views show.
SPECIFICATION = {
    "company_id": {"fields": {"display_name": {}}},
    "activation_id": {"fields": {"display_name": {}}},
    "open_activation_id": {"fields": {"display_name": {}}},
    **{
        name: {}
        for name in (
            "state",
            "step",
            "route",
            "is_letter_unread",
            "date_end",
            "days_left",
            "light",
            "payment_status",
            "steps_done",
            "certificate_date_end",
            "is_lent_ending",
        )
    },
}


@tagged("post_install", "-at_install")
class TestBoard(CertificateCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.companies = cls.seller | cls.company_a | cls.company_b
        cls.accountant = samples.make_user(
            cls.env, "Contadora", "certificate_board", cls.companies, GROUP_MANAGER
        )
        cls.activations = cls.env["certificate.activation"].sudo()
        cls.today = cls.activations._get_today()

    def make(self, company, state, days=None, **values):
        """Make an activation in some state, which signs for some more days."""
        if days is not None:
            values["date_end"] = self.today + timedelta(days=days)
            values["date_start"] = values["date_end"] - timedelta(days=364)
        return self.activations.create({"company_id": company.id, "state": state, **values})

    def see(self, user, companies=None):
        """Return the board as a user sees it with all, or some, of the companies switched on."""
        self.env.invalidate_all()
        companies = companies or user.company_ids
        return (
            self.env[BOARD]
            .with_user(user)
            .with_context(allowed_company_ids=companies.ids)
            .search([])
        )

    def row(self, company, user=None):
        return self.see(user or self.accountant).filtered(lambda row: row.company_id == company)

    def open(self, action):
        """Return the companies that an action switches on, and what it opens."""
        self.assertEqual(action["tag"], f"{MODULE}.switch_company")
        return action["params"]["allowed_company_ids"], action["params"]["action"]

    # === WHAT A ROW SAYS === #

    def test_a_company_that_has_not_started_has_a_row(self):
        row = self.row(self.company_a)
        self.assertEqual(
            (row.state, row.light, row.step, row.date_end), ("none", "grey", False, False)
        )
        self.assertFalse(row.activation_id | row.open_activation_id)

    def test_what_was_given_up_was_never_started(self):
        self.make(self.company_a, "cancelled")
        self.assertEqual(self.row(self.company_a).state, "none")

    def test_the_step_follows_the_flow(self):
        activation = self.start()
        row = self.row(self.company_a)
        self.assertEqual(
            (row.activation_id, row.open_activation_id, row.state, row.step, row.light),
            (activation, activation, "pay", "pay", "grey"),
        )
        self.assertEqual((row.payment_status, row.steps_done), ("none", "1 of 6"))
        activation.action_pay()
        self.assertEqual(self.row(self.company_a).payment_status, "to_pay")
        invoice = activation.sudo().payment_move_id
        self.create_invoice_transaction(invoice, "error")
        self.assertEqual(self.row(self.company_a).payment_status, "failed")
        self.create_invoice_transaction(invoice, "pending")
        self.assertEqual(self.row(self.company_a).payment_status, "pending")
        self.create_invoice_transaction(invoice, "done")._post_process()
        activation.invalidate_recordset()
        activation.action_continue()
        row = self.row(self.company_a)
        self.assertEqual((row.state, row.step, row.payment_status), ("process", "process", "paid"))
        self.fill(activation)
        activation.action_download_letter()
        self.attach(activation)
        activation.action_finish()
        row = self.row(self.company_a)
        self.assertEqual(
            (row.state, row.step, row.light, row.date_end, row.days_left),
            ("active", "active", "green", activation.date_end, activation.days_left),
        )
        self.assertFalse(row.open_activation_id or row.payment_status)
        self.assertEqual(row.steps_done, "2 of 6")

    def test_the_light_follows_the_days_left(self):
        activation = self.make(self.company_a, "active", 0)
        for days, light in (
            (YELLOW_DAYS + 1, "green"),
            (YELLOW_DAYS, "yellow"),
            (RED_DAYS + 1, "yellow"),
            (RED_DAYS, "red"),
            (0, "red"),
        ):
            with self.subTest(days=days):
                activation.date_end = self.today + timedelta(days=days)
                row = self.row(self.company_a)
                self.assertEqual((row.state, row.days_left, row.light), ("active", days, light))
        activation.date_end = self.today - timedelta(days=1)
        row = self.row(self.company_a)
        self.assertEqual((row.state, row.days_left, row.light), ("expired", 0, "red"))
        self.assertFalse(row.step)

    def test_what_is_in_force_comes_before_what_is_in_progress_and_what_has_ended(self):
        ended = self.make(self.company_a, "expired", -40)
        self.assertEqual(self.row(self.company_a).activation_id, ended)
        begun = self.make(self.company_a, "pay")
        row = self.row(self.company_a)
        # It goes on being red: until the new one is active nothing is signed.
        self.assertEqual((row.activation_id, row.state, row.light), (begun, "pay", "red"))
        in_force = self.make(self.company_a, "active", 20)
        row = self.row(self.company_a)
        self.assertEqual(
            (row.activation_id, row.open_activation_id, row.state, row.step, row.light),
            (in_force, begun, "active", "pay", "yellow"),
        )
        in_force.state = "revoked"
        begun.state = "cancelled"
        row = self.row(self.company_a)
        self.assertEqual((row.activation_id, row.state, row.light), (in_force, "revoked", "red"))
        # The day on which it would have ended says nothing any more.
        self.assertFalse(row.date_end)

    def test_the_seller_is_judged_by_the_certificate_that_it_lends(self):
        row = self.row(self.seller)
        certificate = self.seller.sudo().certificate_lent_id
        self.assertEqual((row.state, row.light), ("lender", "green"))
        self.assertEqual(row.date_end, self.activations._get_day(certificate.date_end))
        certificate = samples.store_certificate(self.seller.sudo(), days=10)
        self.seller.sudo().certificate_lent_id = certificate
        self.assertEqual(self.row(self.seller).light, "red")
        self.seller.sudo().certificate_lent_id = False
        row = self.row(self.seller)
        self.assertEqual((row.state, row.light, row.date_end), ("lender", "red", False))
        # The seller has a page of its own.
        self.assertIn("lender_page", str(row.action_open()))

    def test_a_branch_signs_under_the_company_whose_nit_it_has(self):
        branch = self.env["res.company"].create({"name": "Sede", "parent_id": self.company_a.id})
        other = self.env["res.company"].create(
            {"name": "Otra", "parent_id": self.company_a.id, "vat": "830114921-1"}
        )
        self.accountant.company_ids |= branch | other
        activation = self.make(self.company_a, "active", 200)
        self.assertEqual(self.row(branch).activation_id, activation)
        self.assertEqual(self.row(branch).light, "green")
        self.assertEqual(self.row(other).state, "none")
        user = samples.make_user(self.env, "Jefa", "certificate_branch", branch, GROUP_MANAGER)
        row = self.row(branch, user)
        self.assertEqual(row.light, "green")
        # What it is called may be read, and nothing else: it is another company's.
        with self.assertRaises(UserError):
            row.action_open()

    # === WHO SEES IT === #

    def test_a_manager_sees_the_own_companies(self):
        for company in (self.company_a, self.company_b):
            self.make(company, "active", 20)
        self.assertEqual(self.see(self.manager_a).company_id, self.company_a)
        self.assertEqual(self.see(self.accountant).company_id, self.companies)
        self.assertEqual(self.see(self.custodian).company_id, self.companies)
        self.assertEqual(self.see(self.accountant, self.company_b).company_id, self.company_b)

    def test_a_row_of_another_company_cannot_be_read_or_opened(self):
        self.make(self.company_b, "active", 20)
        row = self.env[BOARD].with_user(self.manager_a).browse(self.company_b.id)
        for call in (row.action_open, row.action_open_wizard, lambda: row.read(["state"])):
            with self.assertRaises(AccessError):
                call()
        with self.assertRaises(AccessError):
            row.with_context(allowed_company_ids=self.company_b.ids).action_open()

    def test_only_managers_see_the_board(self):
        for user in (self.user_a, self.stranger, self.portal_user):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    self.see(user)
                with self.assertRaises(AccessError):
                    self.env[BOARD].with_user(user).browse(self.company_a.id).action_open()
        menus = self.env["ir.ui.menu"].with_user(self.user_a)._visible_menu_ids()
        self.assertNotIn(self.env.ref(f"{MODULE}.menu_certificate_board").id, menus)

    def test_nobody_writes_it(self):
        row = self.row(self.company_a)
        for call in (
            lambda: row.write({"state": "active"}),
            row.unlink,
            lambda: row.create({"state": "active"}),
        ):
            with self.assertRaises(AccessError):
                call()

    def test_it_can_be_exported(self):
        self.make(self.company_a, "active", 20)
        self.accountant.group_ids += self.env.ref("base.group_allow_export")
        rows = self.see(self.accountant)
        exported = rows.export_data(["company_id", *(set(SPECIFICATION) - {"company_id"})])
        names = {data[0] for data in exported["datas"]}
        self.assertEqual(names, set(self.companies.mapped("name")))

    # === WHERE IT LEADS === #

    def test_a_row_opens_its_activation_in_its_company(self):
        activation = self.make(self.company_b, "active", 20)
        switched_on, action = self.open(self.row(self.company_b).action_open())
        self.assertEqual(switched_on[0], self.company_b.id)
        self.assertEqual(set(switched_on), set(self.companies.ids))
        self.assertEqual((action["res_model"], action["res_id"]), (activation._name, activation.id))

    def test_a_row_that_has_not_started_opens_the_wizard_of_its_company(self):
        switched_on, action = self.open(self.row(self.company_b).action_open())
        self.assertEqual(switched_on[0], self.company_b.id)
        wizard = self.get_wizard(action, self.accountant)
        self.assertEqual(wizard.company_id, self.company_b)
        self.assertEqual(self.row(self.company_b).activation_id, wizard.activation_id)
        self.assertEqual(self.row(self.company_a).state, "none")

    def test_continue_opens_what_is_in_progress(self):
        begun = self.make(self.company_b, "process")
        self.make(self.company_b, "active", 20)
        _switched_on, action = self.open(self.row(self.company_b).action_open_wizard())
        self.assertEqual(self.get_wizard(action, self.accountant).activation_id, begun)

    def test_activate_starts_again_where_it_has_ended(self):
        ended = self.make(self.company_b, "expired", -1)
        _switched_on, action = self.open(self.row(self.company_b).action_open_wizard())
        self.assertNotEqual(self.get_wizard(action, self.accountant).activation_id, ended)
        self.assertEqual(self.row(self.company_b).state, "pay")

    # === RENEWAL === #

    def renew(self, companies, user=None):
        """Select companies on the board and start their renewal; return what has begun."""
        rows = self.see(user or self.accountant).filtered(lambda row: row.company_id in companies)
        action = self.env.ref(f"{MODULE}.certificate_board_renew_action")
        notification = (
            action.with_user(rows.env.user)
            .with_context(
                allowed_company_ids=rows.env.companies.ids,
                active_model=BOARD,
                active_ids=rows.ids,
                active_id=rows[:1].id,
            )
            .run()
        )
        self.assertEqual(notification["tag"], "display_notification")
        begun = self.activations.search(
            [("state", "=", "pay"), ("company_id", "in", companies.ids)]
        )
        return notification["params"], begun

    def test_renewals_start_where_it_is_time_and_nowhere_else(self):
        extra = self.env["res.company"].create([{"name": f"Cliente {n}"} for n in range(4)])
        self.accountant.company_ids |= extra
        early, ended, revoked, renewed = extra
        due = self.make(self.company_a, "active", 20)
        self.make(self.company_b, "process")
        self.make(early, "active", 200)
        over = self.make(ended, "expired", -3)
        self.make(revoked, "revoked", 20)
        self.make(renewed, "active", 20, is_renewed=True)
        companies = self.companies | extra
        notification, begun = self.renew(companies)
        self.assertEqual(begun.company_id, self.company_a | ended)
        self.assertEqual(begun.renewal_of_id, due | over)
        first, *others = notification["message"].split("\n")
        for company in companies:
            line = first if company in begun.company_id else "\n".join(others)
            self.assertIn(company.name, line)
            self.assertEqual(company.name in first, company in begun.company_id)
        self.assertEqual(notification["type"], "warning")
        # Once more: nothing begins twice.
        _notification, again = self.renew(companies)
        self.assertEqual(again, begun)

    def test_a_renewal_that_is_started_alone_is_a_success(self):
        self.make(self.company_a, "active", 20)
        notification, begun = self.renew(self.company_a, self.manager_a)
        self.assertEqual(notification["type"], "success")
        self.assertEqual(begun.company_id, self.company_a)

    def test_nobody_renews_for_another_company(self):
        self.make(self.company_b, "active", 20)
        rows = self.env[BOARD].with_user(self.manager_a).browse(self.company_b.id)
        action = self.env.ref(f"{MODULE}.certificate_board_renew_action")
        context = {"active_model": BOARD, "active_ids": rows.ids, "active_id": rows.id}
        for user in (self.manager_a, self.user_b, self.stranger):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                action.with_user(user).with_context(**context).run()
        self.assertFalse(self.activations.search([("state", "=", "pay")]))

    def test_a_renewed_certificate_is_in_order_until_its_renewal_signs(self):
        self.make(self.company_a, "active", 5, is_renewed=True)
        renewal = self.make(self.company_a, "process", 370)
        renewal.switch_on = renewal.date_start
        row = self.row(self.company_a)
        self.assertEqual(
            (row.state, row.light, row.days_left, row.is_renewed), ("active", "green", 5, True)
        )
        self.assertFalse(row.open_activation_id)
        # From its day on it signs, whether or not the cron has run.
        renewal.renewal_of_id = row.activation_id
        self.activations.browse(row.activation_id.id).date_end = self.today - timedelta(days=1)
        renewal.write({"date_start": self.today, "switch_on": self.today})
        row = self.row(self.company_a)
        self.assertEqual(
            (row.activation_id, row.state, row.light, row.is_renewed),
            (renewal, "active", "green", False),
        )
        self.assertEqual(row.activation_id, self.company_a._get_active_certificate_activation())

    # === FILTERS AND FIGURES === #

    def test_the_filters_find_what_they_name(self):
        extra = self.env["res.company"].create([{"name": f"Cliente {n}"} for n in range(4)])
        self.accountant.company_ids |= extra
        soon, later, ended, lent = extra
        certificate = samples.store_certificate(self.seller.sudo(), days=10)
        self.make(lent, "active", 200, certificate_id=certificate.id)
        self.make(soon, "active", 30, letter_review="rejected")
        self.make(later, "active", 90, signed_letter_match="unread", letter_review="waiting")
        self.make(ended, "active", -1)
        self.make(self.company_a, "process")
        search = self.env.ref(f"{MODULE}.certificate_board_view_search")
        domains = {
            node.get("name"): ast.literal_eval(node.get("domain"))
            for node in etree.fromstring(search.arch).iter("filter")
            if node.get("domain")
        }
        found = {
            name: self.see(self.accountant).filtered_domain(domain).company_id
            for name, domain in domains.items()
        }
        searched = {
            name: self.see(self.accountant).search(domain).company_id
            for name, domain in domains.items()
        }
        self.assertEqual(
            searched,
            {
                "ends_soon": later | lent,
                "can_renew": soon | later,
                "expired": ended,
                "not_started": self.company_b,
                "open": self.company_a,
                "unread": later,
                "lent_ending": lent,
                "blocked": soon,
                "issuer_unknown": lent | self.seller,
                "issuer_refused": lent.browse(),
            },
        )
        self.assertEqual(found, searched)

    def test_renewal_is_offered_when_it_can_begin(self):
        """Whatever the seller has set: the button is where pressing it starts a renewal."""
        begun, asked, waiting, branch = self.env["res.company"].create(
            [
                *({"name": f"Cliente {n}"} for n in range(3)),
                {"name": "Sucursal", "parent_id": self.company_b.id},
            ]
        )
        self.accountant.company_ids |= begun | asked | waiting | branch
        self.make(self.company_a, "active", 100)
        for company in (self.company_b, begun, asked):
            self.make(company, "active", 50)
        self.make(begun, "pay")
        self.make(asked, "pay", route="request")
        self.make(waiting, "active", 50, is_renewed=True)
        offered = self.company_b | asked
        for days, expected in ((120, offered | self.company_a), (90, offered), (20, offered[:0])):
            self.seller.certificate_renewal_days = days
            rows = self.see(self.accountant)
            with self.subTest(days):
                self.assertEqual(rows.filtered("can_renew").company_id, expected)
                self.assertEqual(rows.search([("can_renew", "=", True)]).company_id, expected)
                self.assertEqual(
                    rows.search([("can_renew", "=", False)]).company_id, rows.company_id - expected
                )
            for row in rows.filtered(lambda row: row.state == "active"):
                with self.subTest(days=days, company=row.company_id.name):
                    savepoint = self.cr.savepoint()
                    try:
                        row._start_renewal()
                    except UserError:
                        self.assertFalse(row.can_renew)
                    else:
                        self.assertTrue(row.can_renew)
                    savepoint.close(rollback=True)
                    self.env.invalidate_all()

    def test_views_hold_no_days(self):
        """Days are the model's: in a view they would be right for one setting."""
        views = self.env["ir.ui.view"].search([("model_data_id.module", "=", MODULE)])
        for view in views.with_context(lang=None):
            with self.subTest(view.name):
                self.assertNotRegex(
                    view.arch_db,
                    r"days?(_left)?\s*(&[lg]t;=?|=)\s*\d|\d+d\b|\d+ (days|hours|MB|kB)",
                )

    def test_what_ends_first_stands_first(self):
        self.make(self.company_b, "active", 20)
        self.make(self.company_a, "active", 200)
        self.assertEqual(
            self.see(self.accountant).company_id.ids,
            (self.company_b | self.company_a | self.seller).ids,
        )

    def test_groups_count_companies(self):
        self.make(self.company_a, "active", 20)
        rows = self.see(self.accountant)
        by_state = dict(rows._read_group([], ["state"], ["__count"]))
        self.assertEqual(by_state, {"active": 1, "none": 1, "lender": 1})
        by_month = rows._read_group([], ["date_end:month", "light"], ["__count", "days_left:min"])
        self.assertIn((self.row(self.company_a).date_end.replace(day=1), "yellow", 1, 20), by_month)

    @contextmanager
    def counting(self, counts):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        yield
        counts.append(self.env.cr.sql_log_count - before)

    def make_companies(self, number):
        """Copy a company many times over, in the database, for the ORM takes minutes."""
        self.env.flush_all()
        columns = {
            name: SQL.identifier(name)
            for name, field in self.company_b._fields.items()
            if field.store and field.column_type and name not in ("id", "name", "partner_id")
        }
        self.cr.execute(
            SQL(
                """
                WITH partner AS (
                    INSERT INTO res_partner (name, active, is_company, type, autopost_bills)
                    SELECT 'Cliente ' || nextval('res_partner_id_seq'), true, true, 'contact', 'ask'
                    FROM generate_series(1, %(number)s)
                    RETURNING id, name
                )
                INSERT INTO res_company (name, partner_id, %(columns)s)
                SELECT partner.name, partner.id, %(values)s
                FROM partner, res_company model WHERE model.id = %(model)s
                RETURNING id
                """,
                number=number,
                columns=SQL(", ").join(columns.values()),
                values=SQL(", ").join(SQL("model.%s", name) for name in columns.values()),
                model=self.company_b.id,
            )
        )
        self.env.registry.clear_cache()
        self.env.invalidate_all()
        return self.env["res.company"].browse(row[0] for row in self.cr.fetchall())

    def test_many_companies_take_as_many_queries_as_a_few(self):
        counts = []
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.company_a.partner_id.id,
                "invoice_line_ids": [(0, 0, {"product_id": self.product.id, "price_unit": 1})],
            }
        )
        setups = self.env["electronic.invoicing.setup"].sudo()
        resolutions = self.env["electronic.invoicing.resolution"].sudo()
        for number in (10, 1000):
            companies = self.make_companies(number)
            self.accountant.company_ids |= companies
            begun = companies.filtered(lambda company: company.id % 5)
            self.activations.create(
                [
                    {
                        "company_id": company.id,
                        "state": state,
                        "date_start": self.today - timedelta(days=300),
                        "date_end": self.today + timedelta(days=days),
                    }
                    for company in begun
                    for state, days in (("expired", -40), ("pay", 0), ("active", 10))
                ]
            )
            # Each has an invoice of its own, which was not paid.
            moves = move.browse().concat(*(move.copy() for _company in begun[:5]))
            opened = self.activations.search(
                [("company_id", "in", begun.ids), ("state", "=", "pay")]
            )
            for activation, invoice in zip(opened, moves, strict=False):
                activation.payment_move_id = invoice
            opened.flush_recordset()
            chosen = resolutions.create(
                [
                    {
                        "company_id": company.id,
                        "number": "18764000000001",
                        "range_from": 1,
                        "range_to": 10,
                        "date_start": self.today,
                        "date_end": self.today,
                    }
                    for company in begun
                ]
            )
            setups.create(
                [
                    {"company_id": resolution.company_id.id, "resolution_id": resolution.id}
                    for resolution in chosen
                ]
            )
            rows = self.see(self.accountant, companies)
            rows.web_search_read([], SPECIFICATION)
            with self.counting(counts):
                read = rows.web_search_read([], SPECIFICATION)
                rows.formatted_read_group([], ["date_end:month", "light"], ["__count"])
                companies.with_user(self.accountant).mapped("certificate_state")
            self.assertEqual(len(read["records"]), number)
            for row in read["records"]:
                is_begun = row["company_id"]["id"] in begun.ids
                self.assertEqual(bool(row["payment_status"]), is_begun)
                self.assertEqual(row["steps_done"], "2 of 6" if is_begun else "0 of 6")
        self.assertEqual(counts[0], counts[1], counts)
        self.assertGreater(counts[0], 0)

    # === THE FORM OF A COMPANY === #

    def test_the_form_of_a_company_shows_its_certificate(self):
        activation = self.make(self.company_b, "active", 20)
        company = self.company_b.with_user(self.accountant)
        self.assertEqual((company.certificate_state, company.certificate_days_left), ("active", 20))
        # Also while the company is not switched on.
        company = company.with_context(allowed_company_ids=self.company_a.ids)
        company.invalidate_recordset()
        self.assertEqual(company.certificate_state, "active")
        action = self.env.ref(f"{MODULE}.certificate_board_company_action")
        action = action.with_user(self.accountant).with_context(
            allowed_company_ids=self.company_a.ids,
            active_model="res.company",
            active_id=self.company_b.id,
            active_ids=self.company_b.ids,
        )
        switched_on, opened = self.open(action.run())
        self.assertEqual(set(switched_on), {self.company_a.id, self.company_b.id})
        self.assertEqual(opened["res_id"], activation.id)

    def test_the_form_of_a_company_tells_nobody_else(self):
        self.make(self.company_b, "active", 20)
        with self.assertRaises(AccessError):
            self.company_b.with_user(self.user_b).read(["certificate_state"])
        # An administrator reads every company, and works for some.
        self.manager_a.group_ids += self.env.ref("base.group_erp_manager")
        company = self.company_b.with_user(self.manager_a)
        self.assertFalse(company.certificate_state)
        with self.assertRaises(AccessError):
            company._open_certificate()
        with Form(self.company_b.with_user(self.custodian)) as form:
            self.assertEqual(form.certificate_state, "active")

    # === THE FORM OF A JOURNAL ===

    def test_the_form_of_a_sales_journal_shows_what_signs(self):
        activation = self.make(self.company_b, "active", 20)
        sales, purchases = self.env["account.journal"].create(
            [
                {"name": code, "code": code, "type": kind, "company_id": self.company_b.id}
                for code, kind in (("FE", "sale"), ("FC", "purchase"))
            ]
        )
        self.accountant.group_ids += self.env.ref("account.group_account_manager")
        action = self.env.ref(f"{MODULE}.certificate_board_journal_action")
        journal = sales.with_user(self.accountant)
        self.assertEqual(
            (journal.certificate_state, journal.certificate_days_left, journal.certificate_light),
            ("active", 20, "yellow"),
        )
        view = journal.get_view(view_type="form")["arch"]
        (button,) = etree.fromstring(view).xpath(f"//button[@name='{action.id}']")
        for one, is_hidden in ((sales, False), (purchases, True)):
            values = {name: one[name] for name in ("type", "country_code", "certificate_state")}
            self.assertIs(safe_eval(button.get("invisible"), values), is_hidden)
        self.assertNotIn(
            "certificate_state", self.env["account.journal"].with_user(self.user_a).fields_get()
        )
        opened = action.with_user(self.accountant).with_context(
            allowed_company_ids=self.companies.ids,
            active_model="account.journal",
            active_id=sales.id,
            active_ids=sales.ids,
        )
        self.assertEqual(self.open(opened.run())[1]["res_id"], activation.id)
        with self.assertRaises(AccessError):
            sales.with_user(self.user_b).read(["certificate_state"])

    def test_rows_that_a_client_asks_for_in_the_context_are_rows_or_nothing(self):
        boards = self.env["certificate.board"].with_user(self.accountant)
        boards = boards.with_context(allowed_company_ids=self.companies.ids)
        rows = boards.search([])
        for asked in ([True], [None], ["1"], [{}], "1", 1, [[1]], [1.5]):
            with self.subTest(asked=asked):
                self.assertEqual(boards.with_context(certificate_board_ids=asked).search([]), rows)
