"""Where a company that has not begun finds the six steps: on its first invoice, and on the sales journal's card."""

from unittest.mock import patch

from odoo.tests import tagged

from ...models.invoicing import res_company
from ..common.invoicing import ElectronicInvoicingCommon


@tagged("post_install", "-at_install")
class TestSeenFromAccounting(ElectronicInvoicingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.journal = cls.get_walk().get_journal(cls.company_a, "VT")

    def draft(self, **values):
        """Begin an invoice, as the form does before anything is saved."""
        moves = self.env["account.move"].with_user(self.user_a)
        return moves.new({"move_type": "out_invoice", "journal_id": self.journal.id, **values})

    def get_phase(self):
        self.env.invalidate_all()
        return self.journal.with_user(self.user_a).certificate_phase

    def test_an_invoice_and_the_card_show_where_to_begin_until_it_has_started(self):
        self.assertTrue(self.draft().certificate_start)
        self.assertEqual(self.get_phase(), "open")
        for kind in ("out_refund", "in_invoice", "entry"):
            self.assertFalse(self.draft(move_type=kind).certificate_start, kind)
        self.assertFalse(self.draft(state="posted").certificate_start)
        self.get_active()
        self.complete_data()
        self.assertTrue(self.draft().certificate_start)
        self.start_invoicing()
        self.assertFalse(self.draft().certificate_start)
        self.assertEqual(self.get_phase(), "started")
        self.reset()
        self.assertTrue(self.draft().certificate_start)
        self.assertEqual(self.get_phase(), "open")

    def test_nothing_is_shown_to_whom_it_is_not_for(self):
        # Who works for several companies is led to the steps of the one that is chosen.
        moves = self.env["account.move"].sudo().with_company(self.company_b)
        elsewhere = moves.new({"move_type": "out_invoice", "company_id": self.company_a.id})
        self.assertFalse(elsewhere.certificate_start)
        self.assertFalse(self.journal.sudo().with_company(self.company_b).certificate_phase)
        self.company_a.sudo().account_fiscal_country_id = self.env.ref("base.us")
        self.assertFalse(self.draft().certificate_start)
        self.assertFalse(self.get_phase())
        self.company_a.sudo().account_fiscal_country_id = self.env.ref("base.co")
        self.assertTrue(self.draft().certificate_start)
        # As the fields by which Odoo's add-ons say that another provider is used.
        self.company_a.sudo().company_registry = "usuario-de-otro"
        with patch.object(res_company, "_OTHER_PROVIDERS", ("company_registry",)):
            self.assertFalse(self.draft().certificate_start)
            self.assertFalse(self.get_phase())

    def test_only_who_may_use_the_steps_sees_the_line(self):
        self.stranger.group_ids |= self.env.ref("account.group_account_readonly")
        for user, is_shown in ((self.user_a, True), (self.stranger, False)):
            view = self.env["account.move"].with_user(user).get_view(view_type="form")
            self.assertEqual("does not invoice electronically yet" in view["arch"], is_shown)
            kanban = self.env.ref("account.account_journal_dashboard_kanban_view")
            view = self.env["account.journal"].with_user(user).get_view(kanban.id, "kanban")
            self.assertEqual("Start invoicing electronically" in view["arch"], is_shown)

    def test_it_costs_no_query(self):
        moves = [self.draft() for _number in range(3)]
        self.assertTrue(moves[0].certificate_start)
        self.assertEqual(self.journal.with_user(self.user_a).certificate_phase, "open")
        journal = self.journal.with_user(self.user_a)
        journal.invalidate_recordset(["certificate_phase"])
        with self.assertQueryCount(0):
            self.assertTrue(moves[1].certificate_start)
            self.assertTrue(journal.certificate_phase)
