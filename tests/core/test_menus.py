"""The menu has four groups, of which each user sees what applies."""

from odoo.fields import Command
from odoo.tests import tagged

from ...const import GROUP_CUSTODIAN, GROUP_USER, MODULE
from ..common import samples
from ..common.case import CertificateCommon

GROUPS = ("electronic_invoicing", "certificates", "certificate_sale", "certificate_configuration")


@tagged("post_install", "-at_install")
class TestMenus(CertificateCommon):
    def see(self, user):
        """Return the groups of the menu that a user sees, each with its entries, by their names without `menu_`."""
        menus = self.env["ir.ui.menu"].with_user(user).load_menus(False)
        names = {
            key: menu["xmlid"].removeprefix(f"{MODULE}.menu_")
            for key, menu in menus.items()
            if key != "root"
        }
        app = next((key for key, name in names.items() if name == "electronic_documents"), None)
        return app and {
            names[group]: [names[entry] for entry in menus[group]["children"]]
            for group in menus[app]["children"]
        }

    def test_an_invoicing_user_has_the_way_to_the_certificate_and_nothing_else(self):
        self.assertEqual(
            self.see(self.user_a),
            {
                "electronic_invoicing": [
                    "start_process",
                    "activate_certificate",
                    "billing_resolutions",
                ]
            },
        )
        self.assertIsNone(self.see(self.stranger))

    def test_a_manager_also_has_what_became_of_certificates(self):
        groups = self.see(self.manager_a)
        self.assertEqual([*groups], ["electronic_invoicing", "certificates"])
        self.assertIn("certificate_activations", groups["certificates"])

    def test_the_sale_is_the_sellers_alone(self):
        groups = self.see(self.custodian)
        self.assertEqual([*groups], [*GROUPS])
        self.assertEqual(
            groups["certificate_sale"], ["certificate_letters", "certificate_requests"]
        )
        self.custodian.sudo().write(
            {
                "company_id": self.company_a.id,
                "company_ids": [Command.unlink(self.seller.id)],
            }
        )
        self.assertNotIn("certificate_sale", self.see(self.custodian))
        # Likewise for whoever keeps books: of the seller, or of a company that buys.
        bookkeeper = samples.make_user(
            self.env, "Vera", "certificate_seller", self.seller, "account.group_account_invoice"
        )
        self.assertEqual(self.see(bookkeeper)["certificate_sale"], ["sold_certificates"])
        # Who sells is a setting.
        self.seller.sudo().certificate_seller_id = self.company_b
        self.assertNotIn("certificate_sale", self.see(bookkeeper))

    def test_an_administrator_sets_up_what_nobody_sells_yet(self):
        self.seller.sudo().certificate_seller_id = False
        self.system_user.group_ids -= self.env.ref(GROUP_CUSTODIAN)
        self.system_user.group_ids += self.env.ref(GROUP_USER)
        groups = self.see(self.system_user)
        self.assertNotIn("certificate_sale", groups)
        self.assertIn("certificate_sale_setup", groups["certificate_configuration"])
        self.assertIn("certificate_settings", groups["certificate_configuration"])
