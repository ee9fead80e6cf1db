"""The demo data, as a database with demo data loads it."""

from unittest.mock import patch

from odoo.exceptions import AccessDenied, UserError
from odoo.tests import TransactionCase, tagged

from ...demo import records
from ...tools import identity


@tagged("post_install", "-at_install")
class TestDemo(TransactionCase):
    def test_the_story_has_a_client_at_each_point_and_loads_once(self):
        demo = self.env["certificate.demo"]
        # A database with demo data has it already.
        if not self.env.ref("base.certificate_demo_seller", raise_if_not_found=False):
            demo._load()
        companies = self.env["res.company"]
        clients = {
            key: self.env.ref(f"base.certificate_demo_{key}")
            for key in ("coffee", "flowers", "bakery", "transport")
        }
        found = {
            key: self.env["certificate.activation"]
            .search([("company_id", "=", client.id)])
            .mapped("state")
            for key, client in clients.items()
        }
        self.assertEqual(
            found,
            {"coffee": ["pay"], "flowers": [], "bakery": ["process"], "transport": ["active"]},
        )
        seller = self.env.ref("base.certificate_demo_seller")
        problems = {problem["code"] for problem in seller._get_certificate_sale_problems()}
        # Without payment_demo nobody collects; with it, nobody pays with money.
        self.assertLessEqual(problems, {"provider", "demo"})
        for client in clients.values():
            self.assertTrue(identity.format_nit(client.vat))
            self.assertFalse(client._get_electronic_profile_errors())
        downloaded = clients["bakery"]
        activation = self.env["certificate.activation"].search([("company_id", "=", downloaded.id)])
        self.assertTrue(activation.with_user(activation.create_uid)._render_letter())
        active = clients["transport"]._get_active_certificate_activation()
        self.assertLess(active.days_left, 31)
        self.assertEqual(active.payment_status, "paid")
        self.assertIn(active.signed_letter_match, ("match", "unread"))
        board = self.env["certificate.board"].search(
            [("company_id", "in", [client.id for client in clients.values()])]
        )
        self.assertEqual(len(board), 4)
        setup = self.env["electronic.invoicing.setup"].search(
            [("company_id", "=", clients["transport"].id)]
        )
        self.assertEqual({step["state"] for step in setup._get_steps()}, {"done"})
        # What stayed of an earlier installation is found again.
        before = companies.search_count([])
        demo._make_companies()
        self.assertEqual(companies.search_count([]), before)

    def test_whoever_logs_in_has_the_login_as_password(self):
        demo = self.env["certificate.demo"]
        # Of Odoo's `auth_password_policy`, where that is installed.
        self.env["ir.config_parameter"].set_param("auth_password_policy.minlength", 0)
        demo._make_companies()
        for login in ("ana", "mario", "flor", "carla"):
            with self.subTest(login):
                user = self.env.ref(f"base.certificate_demo_{login}")
                credential = {"login": login, "password": login, "type": "password"}
                user.with_user(user)._check_credentials(credential, {"interactive": False})

    def test_a_policy_that_refuses_the_login_as_password_keeps_nothing_from_loading(self):
        def refuse(users):
            if any(users.mapped("password")):
                raise UserError(users._name)

        with patch.object(type(self.env["res.users"]), "_set_password", refuse):
            user = records.make_user(self.env, "Sol", "sol", self.env.company, "base.group_user")
        credential = {"login": "sol", "password": "sol", "type": "password"}
        with self.assertRaises(AccessDenied):
            user.with_user(user)._check_credentials(credential, {"interactive": False})
