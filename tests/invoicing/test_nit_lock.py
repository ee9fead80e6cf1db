"""After the test set the NIT of a company does not change, by any way in."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import SQL

from ..common.invoicing import NIT, ElectronicInvoicingCommon

OTHER_NIT = "830114921-1"


@tagged("post_install", "-at_install")
class TestNitLock(ElectronicInvoicingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        walk = cls.get_walk()
        walk.get_active()
        walk.confirm_test_set()
        cls.partner = cls.company_a.sudo().partner_id
        cls.passport = cls.env.ref("l10n_latam_base.it_pass")

    def assert_locked(self, attempt, error=ValidationError):
        """Assert that an attempt is refused, and that nothing of the NIT has changed."""
        with self.cr.savepoint() as savepoint:
            with self.assertRaises(error):
                attempt()
            savepoint.rollback()
        self.env.invalidate_all()
        self.assertEqual((self.company_a.vat, self.company_a.partner_id.vat), (NIT, NIT))
        self.assertEqual(self.company_a.partner_id, self.partner)
        self.assertEqual(
            self.partner.l10n_latam_identification_type_id, self.env.ref("l10n_co.rut")
        )

    def test_nobody_writes_another_nit(self):
        contact_manager = self.env.ref("base.group_partner_manager")
        (self.manager_a | self.system_user).group_ids += contact_manager
        for user in (self.manager_a, self.system_user, self.env.ref("base.user_root")):
            partner = self.partner.with_user(user)
            for values in (
                {"vat": OTHER_NIT},
                {"vat": False},
                {"vat": "900987321"},
                {"l10n_latam_identification_type_id": self.passport.id},
                {"l10n_latam_identification_type_id": False},
            ):
                with self.subTest(user=user.login, values=values):
                    self.assert_locked(lambda p=partner, v=values: p.write(v))
        self.assert_locked(lambda: self.partner.sudo().write({"vat": OTHER_NIT}))

    def test_a_change_that_is_under_way_is_tried_again(self):
        """Who writes a row of which a new version was committed meanwhile is refused by PostgreSQL."""
        self.setup_a.sudo().locked_nit = False
        self.env.flush_all()

        def get_versions():
            for record in (self.partner, self.company_a):
                query = SQL(
                    "SELECT ctid::text FROM %s WHERE id = %s",
                    SQL.identifier(record._table),
                    record.id,
                )
                self.cr.execute(query)
                yield self.cr.fetchone()

        before = list(get_versions())
        self.setup_a._confirm_test_set(NIT)
        for former, now in zip(before, get_versions(), strict=True):
            self.assertNotEqual(former, now)

    def test_the_company_is_no_way_round(self):
        for company in (self.company_a.with_user(self.system_user), self.company_a.sudo()):
            self.assert_locked(lambda c=company: c.write({"vat": OTHER_NIT}))
            self.assert_locked(lambda c=company: c.write({"vat": False}))
        self.assert_locked(
            lambda: self.company_a.sudo().write({"partner_id": self.company_b.partner_id.id})
        )
        blank = self.env["res.partner"].create({"name": "Otra"})
        self.assert_locked(lambda: self.company_a.sudo().write({"partner_id": blank.id}))

    def test_the_profile_is_no_way_round(self):
        own = self.setup_a.with_user(self.manager_a)
        self.assert_locked(lambda: own.write({"profile_vat": OTHER_NIT}))
        self.assert_locked(lambda: own.write({"profile_identification_type_id": self.passport.id}))
        own.write({"profile_street": "Calle 9", "profile_vat": "900.987.321-1"})
        self.assertEqual((self.company_a.street, self.company_a.vat), ("Calle 9", NIT))

    def test_an_import_is_no_way_round(self):
        partners = self.env["res.partner"].with_user(self.env.ref("base.user_admin"))
        result = partners.load([".id", "vat"], [[str(self.partner.id), OTHER_NIT]])
        self.assertTrue(result["messages"])
        self.assertFalse(result["ids"])
        self.env.invalidate_all()
        self.assertEqual(self.partner.vat, NIT)

    def test_a_parent_contact_is_no_way_round(self):
        parent = self.env["res.partner"].create(
            {"name": "Holding", "is_company": True, "vat": OTHER_NIT}
        )
        # A contact that is no company takes the NIT of its parent.
        self.assert_locked(
            lambda: self.partner.sudo().write({"is_company": False, "parent_id": parent.id}),
            UserError,
        )
        child = self.env["res.partner"].create(
            {"name": "Contacto", "parent_id": self.partner.id, "type": "contact"}
        )
        # And one below writes it upstream.
        self.assert_locked(lambda: child.write({"vat": OTHER_NIT}))

    def test_a_merge_is_no_way_round(self):
        other = self.env["res.partner"].create({"name": "Duplicado", "vat": OTHER_NIT})
        wizards = self.env["base.partner.merge.automatic.wizard"].with_user(
            self.env.ref("base.user_admin")
        )

        def merge(destination):
            wizard = wizards.create(
                {
                    "partner_ids": [(6, 0, (self.partner | other).ids)],
                    "dst_partner_id": destination.id,
                }
            )
            wizard.action_merge()

        self.assert_locked(lambda: merge(other), UserError)
        merge(self.partner)
        self.env.invalidate_all()
        self.assertEqual((self.company_a.partner_id, self.company_a.vat), (self.partner, NIT))
        self.assertFalse(other.exists())

    def test_a_visitor_of_the_portal_cannot_edit_it(self):
        self.assertFalse(self.partner.can_edit_vat())
        self.assertTrue(self.company_b.partner_id.can_edit_vat())

    def test_the_set_up_that_locks_cannot_go(self):
        for user in (self.manager_a, self.custodian, self.system_user):
            setup = self.setup_a.with_user(user)
            for attempt in (setup.unlink, lambda s=setup: s.write({"locked_nit": False})):
                with self.subTest(user.login), self.assertRaises(AccessError):
                    attempt()

    def test_everything_else_goes_on(self):
        company = self.company_a.sudo()
        company.write({"name": "Café de la Sierra y Cía SAS", "vat": NIT, "phone": "3001234567"})
        company.partner_id.write({"vat": " 900.987.321-1 ", "street": "Calle 8"})
        company.write({"vat": NIT})
        with Form(company) as form:
            form.street = "Calle 7"
        self.company_b.sudo().vat = "901414515-7"
        self.env["res.partner"].create({"name": "Cliente", "vat": OTHER_NIT})

    def test_the_lock_ends_with_a_reset(self):
        self.reset()
        self.partner.vat = OTHER_NIT
        self.assertEqual(self.company_a.vat, OTHER_NIT)
