"""Pairing: who may be linked, what each side sees, and what a key opens."""

import hashlib
from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...const import GROUP_MANAGER, LINK_PATH, LINK_RELEASE, LINKS_PARAMETER, MODULE
from ...tools import csc
from ...tools.link_token import make_token
from ..common import samples
from ..common.link import DATABASE, NAME, NIT, LinkHttpCommon


@tagged("post_install", "-at_install")
class TestLinkClient(LinkHttpCommon):
    def get_refusal(self, find):
        """Return why something is refused; what is noted of it is kept."""
        try:
            find()
        except csc.CscRefused as refusal:
            return refusal.code
        return None

    def show(self, key, database=DATABASE):
        return self.links._find_by_token(csc.BearerToken(key, database), "192.0.2.7")

    # === PAIRING === #

    def test_two_databases_are_linked_when_both_have_seen_whom_they_are_linked_with(self):
        link, code = self.make_code()
        vendor = self.tell("look", {"code": code, "release": LINK_RELEASE}).json()
        self.assertEqual((vendor["name"], vendor["nit"]), ("Firma Facil SAS", "901414515-7"))
        # Looking is not asking.
        self.assertEqual((link.state, link.client_nit), ("offered", False))
        key = make_token()
        asked = self.tell("ask", {"code": code, **self.get_request(key)}).json()
        link.invalidate_recordset()
        self.assertEqual((link.state, link.client_nit, link.client_name), ("asked", NIT, NAME))
        self.assertEqual(asked["check_number"], link.check_number)
        self.assertRegex(link.check_number, r"^\d{3} \d{3}$")
        # Asking again, because the answer got lost, is the same; by another database it is too late.
        again = self.tell("ask", {"code": code, **self.get_request(key)})
        self.assertEqual(again.json(), asked)
        other = self.tell("ask", {"code": code, **self.get_request(make_token())})
        self.assertEqual((other.status_code, other.json()["reason"]), (403, "code"))
        # Nothing is answered before the vendor has confirmed.
        waiting = self.tell("status", key=key)
        self.assertEqual((waiting.status_code, waiting.json()["reason"]), (403, "not_confirmed"))
        link.action_confirm()
        status = self.tell("status", key=key).json()
        self.assertEqual((status["client_nit"], status["activation"]), (NIT, None))
        # The code is used.
        late = self.tell("look", {"code": code, "release": LINK_RELEASE})
        self.assertEqual(late.json()["reason"], "code")

    def test_a_linked_client_is_no_company_that_anybody_switches_to(self):
        link, _key = self.make_link()
        client = link.sudo().client_id
        self.assertFalse(client.active)
        self.assertEqual((client.vat, client.name), (NIT, NAME))
        self.assertFalse(client.sudo().chart_template)
        self.assertFalse(
            self.env["res.users"]
            .with_context(active_test=False)
            .search([("company_ids", "in", client.ids)])
        )
        # The same client, linked anew, keeps its place and what was paid.
        link.action_end()
        again, _key = self.make_link(database="0b3c")
        self.assertEqual(again.sudo().client_id, client)

    def test_a_client_has_one_link_at_a_time(self):
        former, _key = self.make_link()
        link, code = self.make_code()
        link._find_by_code(code)._ask(self.get_request(make_token()), "")
        with self.assertRaises(UserError):
            link.action_confirm()
        former.action_end()
        link.action_confirm()
        self.assertEqual((former.state, link.state), ("ended", "active"))

    def test_a_company_of_this_database_needs_no_link(self):
        link, code = self.make_code()
        link._find_by_code(code)._ask(
            self.get_request(make_token(), nit=self.company_a.vat, name="Somebody"), ""
        )
        with self.assertRaises(ValidationError):
            link.action_confirm()

    def test_who_confirms_is_a_manager_of_the_vendor(self):
        outsider = samples.make_user(
            self.env, "Olga", "certificate_other", self.company_a, GROUP_MANAGER
        )
        clerk = samples.make_user(
            self.env, "Carlos", "certificate_clerk", self.seller, "account.group_account_invoice"
        )
        link, code = self.make_code()
        link._find_by_code(code)._ask(self.get_request(make_token()), "")
        for user in (outsider, clerk, self.stranger):
            for method in ("action_confirm", "action_renew_code", "action_end"):
                with self.subTest(user=user.name, method=method), self.assertRaises(AccessError):
                    getattr(link.with_user(user), method)()
            with self.subTest(user=user.name), self.assertRaises(UserError):
                link.browse().with_user(user).action_make_code()
            with self.assertRaises(AccessError):
                link.with_user(user).write({"hourly_limit": 1})
        self.assertEqual(link.state, "asked")
        with self.assertRaises(AccessError):
            link.write({"state": "active"})
        with self.assertRaises(AccessError):
            link.read(["key_hash"])

    def test_a_code_ends(self):
        link, code = self.make_code()
        with freeze_time(datetime.now() + timedelta(days=8)):
            self.assertEqual(self.get_refusal(lambda: link._find_by_code(code)), "code")
        renewed = link.action_renew_code()["context"]["default_code"].rpartition("#")[2]
        self.assertEqual(self.get_refusal(lambda: link._find_by_code(code)), "code")
        self.assertEqual(link._find_by_code(renewed), link)
        link.action_end()
        self.assertEqual(self.get_refusal(lambda: link._find_by_code(renewed)), "code")
        with self.assertRaises(UserError):
            link.action_renew_code()

    def test_what_is_asked_with_a_code_is_examined(self):
        link, code = self.make_code()
        good = self.get_request(make_token())
        for name, value in (
            ("nit", "901555444"),
            ("nit", "901555444-9"),
            ("nit", None),
            ("nit", ["901555444-7"]),
            ("name", "\u202e"),
            ("name", {}),
            ("key_hash", "x" * 64),
            ("key_hash", None),
            ("database", "' OR 1=1"),
            ("database", "a" * 65),
        ):
            with self.subTest(name=name, value=value):
                refusal = self.get_refusal(
                    lambda name=name, value=value: link._find_by_code(code)._ask(
                        {**good, name: value}, ""
                    )
                )
                self.assertEqual(refusal, "pairing")
        for release in (None, "1", True, LINK_RELEASE + 2):
            answer = self.tell("ask", {"code": code, **good, "release": release})
            self.assertEqual(answer.json()["reason"], "release")
        for bad in (None, [], {}, "a guess", code[:-1], "\x00", 1):
            answer = self.tell("ask", {**good, "code": bad})
            self.assertEqual((answer.status_code, answer.json()["reason"]), (403, "code"))
        self.assertEqual(link.state, "offered")

    # === KEYS === #

    def test_a_key_is_known_by_its_hash_and_opens_one_link_from_one_database(self):
        link, key = self.make_link()
        other, other_key = self.make_link("800123456-5", "Flores SAS")
        self.assertEqual(link.sudo().key_hash, hashlib.sha256(key.encode()).hexdigest())
        self.assertEqual(self.show(key), link)
        self.assertEqual(self.show(other_key), other)
        link.invalidate_recordset()
        self.assertEqual(link.last_used_from, "192.0.2.7")
        self.assertTrue(link.last_used_on)
        # A copy of the client's database has the same key, and another identity.
        self.assertEqual(self.get_refusal(lambda: self.show(key, "0b3c")), "other_database")
        self.assertIn("192.0.2.7", link.last_refusal)
        for guess in (link.sudo().key_hash, key[:-1] + "?", make_token()):
            self.assertEqual(self.get_refusal(lambda guess=guess: self.show(guess)), "no_key")
        link.action_end()
        self.assertEqual(self.get_refusal(lambda: self.show(key)), "ended")
        self.assertEqual(self.show(other_key), other)

    def test_either_side_changes_the_key(self):
        link, key = self.make_link()
        new = make_token()
        body = {"key_hash": hashlib.sha256(new.encode()).hexdigest()}
        self.assertEqual(self.tell("key", body, key=key).status_code, 200)
        self.assertEqual(self.tell("status", key=key).status_code, 401)
        self.assertEqual(self.tell("status", key=new).status_code, 200)
        # Not to that of another link.
        _other, other_key = self.make_link("800123456-5", "Flores SAS")
        body = {"key_hash": hashlib.sha256(other_key.encode()).hexdigest()}
        self.assertEqual(self.tell("key", body, key=new).json()["reason"], "pairing")
        # The vendor gives a new code: the old key opens nothing, and the company is the same.
        code = link.action_renew_code()["context"]["default_code"].rpartition("#")[2]
        self.assertEqual(self.tell("status", key=new).status_code, 401)
        client, last = link.sudo().client_id, make_token()
        stolen = {"code": code, **self.get_request(last, nit="800123456-5")}
        self.assertEqual(self.tell("ask", stolen).json()["reason"], "pairing")
        self.tell("ask", {"code": code, **self.get_request(last)})
        link.invalidate_recordset()
        link.action_confirm()
        self.assertEqual(self.tell("status", key=last).status_code, 200)
        self.assertEqual(link.sudo().client_id, client)

    def test_either_side_ends_it(self):
        link, key = self.make_link()
        self.assertEqual(self.tell("end", key=key).status_code, 200)
        link.invalidate_recordset()
        self.assertEqual(link.state, "ended")
        self.assertEqual(self.tell("status", key=key).json()["reason"], "ended")

    # === WHOEVER HAS NOTHING TO DO WITH IT === #

    def test_nothing_is_answered_while_it_is_off(self):
        _link, key = self.make_link()
        self.env["ir.config_parameter"].sudo().set_param(LINKS_PARAMETER, False)
        for path in ("info", "credentials/list", "signatures/signDoc", f"{LINK_PATH}/v1/status"):
            answer = self.ask(path, key=key)
            self.assertEqual((answer.status_code, answer.json()["reason"]), (404, "off"))
        with self.assertRaises(UserError):
            self.links.action_make_code()

    def test_the_menu_is_there_for_the_vendor_that_has_turned_it_on(self):
        def see(user):
            menus = self.env["ir.ui.menu"].with_user(user).load_menus(False)
            return f"{MODULE}.menu_certificate_link_clients" in {
                menu.get("xmlid") for menu in menus.values()
            }

        self.assertTrue(see(self.vendor_manager))
        self.assertFalse(see(self.manager_a))
        self.env["ir.config_parameter"].sudo().set_param(LINKS_PARAMETER, False)
        self.assertFalse(see(self.vendor_manager))

    def test_guesses_are_slowed_down_and_a_right_key_always_opens(self):
        _link, key = self.make_link()
        with mute_logger("odoo.http"):
            statuses = [
                self.ask("credentials/list", key=make_token()).status_code for _ in range(40)
            ]
        self.assertEqual((statuses[0], statuses[-1]), (401, 429))
        self.assertEqual(self.ask("credentials/list", key=key).status_code, 200)
