"""Contacts that are companies or guests, by doors of Odoo that are not a write of a field that is typed."""

import base64

from odoo import http
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from ...models.invoicing.res_partner import _PICTURES
from ..common import samples
from ..common.attackers import CONTACTS, act_as, make_attacker
from ..common.portal import CertificatePortalCommon

# Pictures of one pixel each.
LOGO = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
OTHER = "R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs="


@tagged("post_install", "-at_install")
class TestAttacksOnContacts(CertificatePortalCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.attacker = make_attacker(cls)
        cls.partner = cls.seller.partner_id
        cls.partner.sudo().image_1920 = LOGO

    def setUp(self):
        super().setUp()
        act_as(self, self.attacker)

    def assert_refused(self, call):
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            call()
            self.env.flush_all()
        self.env.invalidate_all()

    def get_logo(self):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.seller._get_letter_layout()["logo"]

    def find_file(self, name):
        return (
            self.env["ir.attachment"]
            .with_user(self.attacker)
            .search(
                [
                    ("res_model", "=", "res.partner"),
                    ("res_field", "=", name),
                    ("res_id", "=", self.partner.id),
                ]
            )
        )

    def test_strangers_change_no_copy_of_a_logo(self):
        logo = self.get_logo()
        self.assertTrue(logo)
        partner = self.partner.with_user(self.attacker)
        for name in sorted(_PICTURES):
            for value in (OTHER, False):
                for record in (partner, partner.sudo()):
                    with self.subTest(field=name, value=value, su=record.env.su):
                        self.assert_refused(lambda r=record, n=name, v=value: r.write({n: v}))
        self.assertEqual(self.get_logo(), logo)

    def test_nor_its_files(self):
        logo = self.get_logo()
        files = self.env["ir.attachment"].with_user(self.attacker)
        place = {"res_model": "res.partner", "res_id": self.partner.id}
        for name in ("image_1920", "image_512"):
            found = self.find_file(name)
            self.assertTrue(found)
            mine = files.create({"name": "x", "datas": OTHER})
            for change in (
                {"datas": OTHER},
                {"raw": b"x"},
                {"datas": False},
                {"res_id": self.attacker.partner_id.id},
                {"res_field": "image_256"},
                {"res_field": False},
                {"res_model": "res.users"},
                {"type": "url", "url": "https://example.com"},
            ):
                for record in (found, found.sudo()):
                    with self.subTest(field=name, change=change, su=record.env.su):
                        self.assert_refused(lambda r=record, c=change: r.write(dict(c)))
            with self.subTest(field=name):
                self.assert_refused(found.unlink)
                vals = {**place, "name": name, "res_field": name, "datas": OTHER}
                self.assert_refused(lambda v=vals: files.create(v))
                self.assert_refused(lambda m=mine, n=name: m.write({**place, "res_field": n}))
                here = files.with_context(
                    default_res_model="res.partner",
                    default_res_id=self.partner.id,
                    default_res_field=name,
                )
                self.assert_refused(lambda h=here: h.create({"name": "x", "datas": OTHER}))
        self.assertEqual(self.get_logo(), logo)

    def test_its_own_people_and_administrators_change_it(self):
        own = samples.make_user(
            self.env, "Iris", "certificate_insider", self.seller, "base.group_user", CONTACTS
        )
        for user in (own, self.system_user, self.env.ref("base.user_root")):
            with self.subTest(user=user.login):
                act_as(self, user)
                partner = self.partner.with_user(user)
                partner.image_1920 = OTHER
                self.assertEqual(self.get_logo(), base64.b64decode(OTHER))
                partner.image_1920 = False
                self.assertFalse(self.get_logo())
                partner.image_1920 = LOGO
                self.assertTrue(self.get_logo())
        # What is attached to a company's contact and is no logo is everybody's.
        act_as(self, self.attacker)
        files = self.env["ir.attachment"].with_user(self.attacker)
        file = files.create(
            {"name": "x", "raw": b"x", "res_model": "res.partner", "res_id": self.partner.id}
        )
        file.raw = b"y"
        file.unlink()
        # And so is another contact's picture.
        hers = self.env["res.partner"].with_user(self.attacker).create({"name": "Eva SAS"})
        hers.image_1920 = OTHER
        hers.image_512 = LOGO
        hers.unlink()

    def test_departments_are_not_made_of_others_nor_deleted(self):
        country = self.env.ref("base.co")
        states = self.env["res.country.state"].with_user(self.attacker)
        state = states.search([("country_id", "=", country.id)], limit=1)
        self.assert_refused(state.unlink)
        abroad = states.browse(self.env.ref("base.state_us_1").id)
        for record in (abroad, abroad.sudo()):
            self.assert_refused(lambda r=record: r.write({"country_id": country.id}))
        states.create({"name": "X", "code": "XX", "country_id": abroad.country_id.id}).unlink()

    def test_strangers_do_not_end_an_invitation_by_what_makes_a_contact_a_company(self):
        access, _token = self.invite(self.start())
        contact = self.contact.with_user(self.attacker)
        for change in ({"is_company": True}, {"company_type": "company"}):
            with self.subTest(change=change):
                self.assert_refused(lambda c=change: contact.write(dict(c)))
        self.assertEqual(access.state, "valid")
        company = self.partner.with_user(self.attacker)
        company.sudo().with_user(self.system_user).is_company = True
        self.assert_refused(lambda: company.write({"is_company": False}))

    def test_ordinary_work_with_contacts_goes_on(self):
        partners = self.env["res.partner"].with_user(self.attacker)
        company = self.company_a.partner_id
        child = partners.create(
            {"name": "Q", "parent_id": company.id, "email": "q@example.com", "is_company": False}
        )
        child.write({"phone": "300 123 4567", "function": "Contadora"})
        messages = partners.load(
            ["name", "email", "is_company", "parent_id/.id"],
            [
                ["Nueva SAS", "a@example.com", "True", ""],
                ["Empleado", "b@example.com", "False", str(company.id)],
            ],
        )["messages"]
        self.assertFalse(messages)
        twins = partners.create([{"name": "Uno", "email": "u@example.com"}] * 2)
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(self.attacker).sudo()
        wizard._merge(twins.ids, twins[0])
        self.assertEqual(len(twins.exists()), 1)
        self.attacker.with_user(self.attacker).write({"email": "eva@example.org", "phone": "1"})
        partners.create({"name": "Hija SAS", "child_ids": [Command.create({"name": "Nieta"})]})

    def submit(self, user, **values):
        """Save the form of My account, as its script does, and return what it shows or where it leads."""
        partner = user.partner_id
        self.authenticate(user.login, user.login)
        self.assertEqual(self.url_open("/my/account").status_code, 200)
        response = self.url_open(
            "/my/address/submit",
            data={
                "csrf_token": http.Request.csrf_token(self),
                "partner_id": partner.id,
                "address_type": "billing",
                "name": partner.name,
                "email": partner.email,
                "phone": partner.phone or "",
                "street": partner.street or "",
                "city": partner.city or "",
                "zip": partner.zip or "",
                "country_id": partner.country_id.id or "",
                "state_id": partner.state_id.id or "",
                "required_fields": "",
                **values,
            },
        )
        self.assertEqual(response.status_code, 200, response.text[:300])
        self.env.invalidate_all()
        return response.json()

    def test_portal_users_edit_their_own_address(self):
        own = samples.make_user(
            self.env, "Paz", "certificate_paz", self.company_a, "base.group_portal"
        )
        address = {
            "street": "Calle 7",
            "city": "Cali",
            "zip": "760001",
            "country_id": self.env.ref("base.co").id,
            "state_id": self.company_a.state_id.id,
        }
        own.partner_id.email = "paz@example.com"
        told = self.submit(own, **address, phone="300 123 4567")
        self.assertIn("redirectUrl", told, told)
        self.assertEqual(own.partner_id.street, "Calle 7")
        # Of a company of this database: what is hers she changes, its address she does not.
        hers = self.portal_a
        hers.partner_id.email = "maria@example.org"
        self.company_a.sudo().zip = "050001"
        street = self.company_a.street
        told = self.submit(hers, phone="300 765 4321")
        self.assertIn("redirectUrl", told, told)
        self.assertTrue(hers.partner_id.phone)
        told = self.submit(hers, **address)
        self.assertIn(self.company_a.name, told["messages"][0])
        self.assertEqual(self.company_a.street, street)
        self.assertNotEqual(hers.partner_id.street, "Calle 7")
