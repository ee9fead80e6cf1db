"""What others reach by contacts, wizards, links and verbs: each attack as the attacker."""

import functools
import json
from unittest.mock import patch

from psycopg2 import Error as DatabaseError
from psycopg2 import OperationalError

from odoo import http
from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.fields import Command
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tests import tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from ...const import GROUP_CUSTODIAN, GROUP_MANAGER, MODULE, PORTAL_PATH
from ...models.invoicing.res_partner import LETTER_FIELDS
from ..common import samples
from ..common.attackers import CONTACTS, act_as, make_attacker
from ..common.case import CertificateCommon
from ..common.portal import CertificatePortalCommon

ACTIVATION = "certificate.activation"
VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "post", "options")


@tagged("post_install", "-at_install")
class TestAttacksOnIdentity(CertificatePortalCommon):
    """Attack 9: a contact is not an identity. 16, 19 and 20: links, sessions and verbs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.attacker = make_attacker(cls)

    def assert_shut(self, activation):
        self.env.flush_all()
        self.assertEqual(self.ask("GET", activation).status_code, 403)
        self.assertNotIn(activation.name, self.url_open("/my").text)

    def grant(self, user, partner, **values):
        """Grant portal access by Odoo's wizard, and return the login."""
        wizard = self.env["portal.wizard"].with_user(user)
        wizard = wizard.create({"partner_ids": [Command.set(partner.ids)]})
        line = wizard.user_ids.filtered(lambda line: line.partner_id == partner)
        line.write(values)
        with patch.object(type(line), "_send_email", lambda _self: None):
            line.action_grant_access()
        login = partner.sudo().user_ids
        login.sudo().password = login.login
        return login

    def merge(self, user, source, target):
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(user).sudo()
        wizard._merge((source | target).ids, target)

    # === 9: ANOTHER LOGIN OF THE CONTACT === #

    def test_09_a_login_that_was_granted_does_not_open_what_the_contact_was_invited_to(self):
        activation = self.start()
        _access, token = self.invite(activation)
        with self.unchanged(), self.assertRaises(AccessError):
            self.grant(self.attacker, self.contact, email="eva@example.com")
        self.assertEqual(self.contact.email, "maria@example.com")
        login = self.grant(self.attacker, self.contact)
        self.visit(login.login)
        self.assert_shut(activation)
        # With the link it does, and another login of the same contact still does not.
        self.assertEqual(self.open(activation, token).status_code, 303)
        self.visit(login.login)
        self.assertEqual(self.ask("GET", activation).status_code, 200)
        second = login.copy({"login": "certificate_second", "password": "certificate_second"})
        second.partner_id = self.contact
        self.visit(second.login)
        self.assert_shut(activation)

    def test_09_contacts_are_not_merged_while_one_of_them_is_invited(self):
        activation = self.start()
        self.invite(activation)
        hers = self.env["res.partner"].create({"name": "Eva", "email": "eva@example.com"})
        for source, target in ((self.contact, hers), (hers, self.contact)):
            with (
                self.subTest(source=source.name),
                self.unchanged(),
                self.assertRaises(UserError),
                self.env.cr.savepoint(),
            ):
                self.merge(self.attacker, source, target)
        self.assertTrue(self.contact.exists())

    def test_09_strangers_change_no_contact_that_is_invited(self):
        activation = self.start()
        access, _token = self.invite(activation)
        hers = self.env["res.partner"].create({"name": "Eva SAS", "is_company": True})
        act_as(self, self.attacker)
        changes = (
            {"email": "eva@example.com"},
            {"name": "Eva"},
            {"parent_id": hers.id},
            {"parent_id": False},
            {"company_id": self.company_b.id},
            {"commercial_partner_id": hers.id},
            {"active": False},
        )
        for partner in (
            self.contact.with_user(self.attacker),
            self.contact.with_user(self.attacker).sudo(),
        ):
            for change in changes:
                with (
                    self.subTest(change=change, su=partner.env.su),
                    self.assertRaises(AccessError),
                    self.env.cr.savepoint(),
                ):
                    partner.write(dict(change))
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                partner.unlink()
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                hers.with_env(partner.env).child_ids = [Command.link(self.contact.id)]
        self.assertEqual(access.state, "valid")
        # Fields that do not identify the contact stay writable for everybody.
        self.contact.with_user(self.attacker).comment = "Calls back on Monday"
        self.contact.with_user(self.attacker).write({"email": self.contact.email})

    def test_09_a_change_by_the_companys_own_people_ends_the_invitation(self):
        insider = samples.make_user(
            self.env, "Iris", "certificate_insider", self.company_a, "base.group_user", CONTACTS
        )
        other = self.env["res.partner"].create({"name": "Otra SAS", "is_company": True})
        for change in ({"email": "new@example.com"}, {"parent_id": other.id}, {"active": False}):
            with self.subTest(change=change):
                activation = self.start()
                access, token = self.invite(activation)
                messages = activation.sudo().message_ids
                self.visit()
                self.open(activation, token)
                before = {
                    name: self.contact._fields[name].convert_to_write(
                        self.contact[name], self.contact
                    )
                    for name in change
                }
                self.contact.with_user(insider).write(dict(change))
                self.assertEqual(access.state, "withdrawn")
                self.assertTrue(activation.sudo().message_ids - messages)
                # Neither does changing it back open anything.
                self.contact.with_user(insider).write(before)
                self.assert_shut(activation)
                self.assertEqual(self.open(activation, token).status_code, 403)

    def test_09_a_login_that_is_another_persons_opens_the_link_anew(self):
        activation = self.start()
        access, token = self.invite(activation, self.portal_a.partner_id)
        for change in ({"login": "certificate_taken"}, {"partner_id": self.contact.id}):
            with self.subTest(change=change):
                self.visit(self.portal_a.login)
                self.open(activation, token)
                self.assertEqual(access.opened_by_id, self.portal_a)
                self.portal_a.write(change)
                self.assertFalse(access.opened_by_id)
        access.opened_by_id = self.portal_a
        self.assertFalse(access._is_opened_by(self.portal_a), "of another contact now")

    def test_09_only_contacts_of_the_company_are_invited(self):
        activation = self.start()
        partners = self.env["res.partner"]
        child = {"email": "x@example.com", "name": "X"}
        for partner in (
            partners.create({**child, "parent_id": self.company_b.partner_id.id}),
            partners.create({**child, "company_id": self.company_b.id}),
            partners.create({**child, "active": False}),
            self.company_b.partner_id,
        ):
            with self.subTest(partner=partner), self.unchanged(), self.assertRaises(UserError):
                self.invite(activation, partner)
        for partner in (
            partners.create(child),
            partners.create({**child, "company_id": self.company_a.id}),
            self.company_a.partner_id,
        ):
            with self.subTest(partner=partner):
                self.assertEqual(self.invite(activation, partner)[0].state, "valid")

    # === 20: LINKS THAT OUTLIVE SOMEBODY === #

    def test_20_a_link_ends_with_its_host_and_with_its_contact(self):
        group = self.env.ref(GROUP_MANAGER)
        manager = samples.make_user(
            self.env, "Hugo", "certificate_host", self.company_a, GROUP_MANAGER
        )
        changes = {
            "archived": lambda: manager.write({"active": False}),
            "no manager": lambda: manager.write({"group_ids": [Command.unlink(group.id)]}),
            "of another company": lambda: manager.write(
                {
                    "company_id": self.company_b.id,
                    "company_ids": [Command.set(self.company_b.ids)],
                }
            ),
        }
        activation = self.start()
        for name, change in changes.items():
            with self.subTest(host=name):
                manager.write(
                    {
                        "active": True,
                        "group_ids": [Command.link(group.id)],
                        "company_id": self.company_a.id,
                        "company_ids": [Command.set(self.company_a.ids)],
                    }
                )
                access, link = activation.with_user(manager)._invite(self.portal_a.partner_id)
                token = link.partition("#")[2]
                self.visit(self.portal_a.login)
                self.open(activation, token)
                self.assertEqual(self.ask("GET", activation).status_code, 200)
                change()
                self.assertEqual(access.sudo().state, "ended")
                self.assert_shut(activation)
                self.assertEqual(self.open(activation, token).status_code, 403)
                self.visit(self.portal_a.login)
                self.assert_shut(activation)
        # By whichever way the contact went: by SQL as well.
        access, token = self.invite(activation)
        self.visit()
        self.open(activation, token)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET email = 'eva@example.com' WHERE id = %s", [self.contact.id]
        )
        self.env.invalidate_all()
        self.assert_shut(activation)
        self.assertEqual(access.state, "withdrawn")
        self.contact.sudo().write({"email": "maria@example.com"})
        self.assert_shut(activation)
        access, token = self.invite(activation)
        self.contact.sudo().unlink()
        self.assertFalse(access.exists())
        self.assertEqual(self.open(activation, token).status_code, 403)

    # === 16: THE PORTAL'S DOOR === #

    def test_16_an_opened_link_begins_another_session(self):
        activation = self.start()
        _access, token = self.invite(activation)
        self.visit()
        fixed = self.session.sid
        csrf_token = http.Request.csrf_token(self)
        self.assertEqual(self.open(activation, token).status_code, 303)
        self.assertNotEqual(self.session.sid, fixed)
        self.assertEqual(self.ask("GET", activation).status_code, 200)
        # The token against forged requests of before counts no longer.
        url = f"{PORTAL_PATH}/{activation.id}/verify"
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open(url, data={"csrf_token": csrf_token}).status_code, 400)
        kept = http.root.session_store.get(self.session.sid)
        self.assertNotIn(token, json.dumps(dict(kept), default=str))
        # Who knew the cookie of before has nothing, and logging out closes the page.
        self.opener.cookies.set("session_id", fixed, domain="127.0.0.1")
        self.assertEqual(self.ask("GET", activation).status_code, 403)
        self.opener.cookies.set("session_id", self.session.sid, domain="127.0.0.1")
        self.assertEqual(self.ask("GET", activation).status_code, 200)
        self.url_open("/web/session/logout", allow_redirects=False)
        self.assertEqual(self.ask("GET", activation).status_code, 403)

    # === 19: VERBS === #

    def get_routes(self, activation):
        """Return the addresses of the add-on's own routes, each with its verbs and who opens it."""
        values = {
            "activation_id": activation.id,
            "company_id": self.seller.id,
            "code": "X",
            "wizard_id": 1,
        }
        routes = {}
        for rule in self.env["ir.http"].routing_map().iter_rules():
            module = rule.endpoint.func.__module__
            # Those of the payment are Odoo's own, with its verbs; those of links answer to every verb, in JSON.
            apart = (".payment", ".linked_databases")
            if module.startswith(f"odoo.addons.{MODULE}.") and not module.endswith(apart):
                path = rule.build(
                    {name: values[name] for name in rule.arguments}, append_unknown=False
                )[1]
                routing = rule.endpoint.routing
                with self.subTest(path=path, declared=routing["methods"]):
                    self.assertIn(routing["methods"], (["GET"], ["POST"]))
                verbs, _auth = routes.setdefault(path, (set(), routing["auth"]))
                verbs.update(routing["methods"] or ("GET", "POST"))
        return routes

    def test_19_no_verb_but_its_own_runs_a_route(self):
        activation = self.get_downloaded()
        self.attach(activation)
        self.enter(activation)
        form = {
            "access_token": "x",
            "representative_name": "Otra",
            "model": ACTIVATION,
            "res_id": str(activation.id),
            "_method": "POST",
        }
        override = {"X-HTTP-Method-Override": "POST", "X-HTTP-Method": "POST"}
        routes = self.get_routes(activation)
        self.assertGreaterEqual(len(routes), 18)
        # Those of the portal in the session of the contact, the others in a user's.
        for path, (own, auth) in sorted(routes.items(), key=lambda item: item[1][1]):
            if auth == "user" and self.session.uid != self.user_a.id:
                self.visit(self.user_a.login)
            for verb in VERBS:
                if verb.upper() in own and verb != "post":
                    continue
                with self.subTest(path=path, verb=verb), mute_logger("odoo.http"):
                    before = self.get_everything()
                    response = self.url_open(
                        path, method=verb, data=form, headers=override, allow_redirects=False
                    )
                    if verb == "HEAD" and "GET" in own:
                        self.assertLess(response.status_code, 500)
                        continue
                    # A forged POST lacks the token; every other verb is not the route's.
                    forged = verb == "post" and "POST" in own
                    self.assertEqual(self.get_everything(), before)
                    self.assertIn(response.status_code, (400,) if forged else (404, 405))

    # === 20: TWO AT ONCE === #

    def test_20_who_was_slower_is_tried_again_by_a_server_action_too(self):
        activation = self.start()

        def create():
            activation._create_once({"company_id": self.company_a.id})

        with (
            self.assertRaises(OperationalError) as caught,
            self.env.cr.savepoint(),
        ):
            safe_eval("create()", {"create": create})
        self.assertIsInstance(caught.exception, PG_CONCURRENCY_EXCEPTIONS_TO_RETRY)
        self.assertIsInstance(caught.exception, ConcurrencyError)
        # Over HTTP, where Odoo names it in its log and tries again.
        found = type(activation).search_fetch
        blind = [True]

        def search_fetch(records, domain, *args, **kwargs):
            is_current = records._name == ACTIVATION and "date_end" in str(domain)
            if is_current and blind and "limit" not in kwargs:
                blind.pop()
                return records.browse()
            return found(records, domain, *args, **kwargs)

        self.visit(self.user_a.login)
        action = self.env.ref(f"{MODULE}.certificate_activation_wizard_action")
        with (
            patch.object(type(activation), "search_fetch", search_fetch),
            patch("odoo.service.model.random.uniform", lambda *_args: 0),
        ):
            opened = self.make_jsonrpc_request(
                "/web/action/run", {"action_id": action.id, "context": {}}
            )
        self.assertFalse(blind)
        self.assertEqual(self.get_wizard(opened).activation_id, activation)


@tagged("post_install", "-at_install")
class TestAttacksOnLetters(CertificateCommon):
    """Attack 10: what a letter says of a company is written by that company's people."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.attacker = make_attacker(cls)
        cls.activation = cls.get_walk().get_downloaded()

    def assert_refused(self, change, error=AccessError):
        code = self.activation.letter_code
        with self.assertRaises(error), self.env.cr.savepoint():
            change()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.activation.letter_code, code)
        self.assertFalse(self.activation._is_letter_stale())

    def get_changes(self):
        hers = self.env["res.partner"].create({"name": "Eva SAS", "is_company": True})
        texts = dict.fromkeys(LETTER_FIELDS - {"state_id", "country_id"}, "Otra")
        return [
            *({name: value} for name, value in {**texts, "email": "otra@example.com"}.items()),
            {"city": "x" * 72_000},
            {"state_id": self.env.ref("base.state_us_1").id},
            {"country_id": self.env.ref("base.us").id},
            {"l10n_latam_identification_type_id": False},
            {"parent_id": hers.id},
            {"active": False},
            {"image_1920": "R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs="},
        ]

    def test_10_strangers_write_nothing_that_a_letter_says_of_a_company(self):
        visitors = (self.attacker, self.env.ref("base.public_user"), self.portal_user)
        for company in (self.company_a, self.seller):
            for user in visitors:
                for change in self.get_changes():
                    with self.subTest(company=company.name, user=user.id, change=change):
                        partner = company.partner_id.with_user(user)
                        self.assert_refused(lambda p=partner, c=change: p.write(dict(c)))
                        self.assert_refused(lambda p=partner, c=change: p.sudo().write(dict(c)))

    def test_10_not_by_contacts_that_are_synchronised_with_it(self):
        partner = self.company_a.partner_id
        partners = self.env["res.partner"].with_user(self.attacker)
        act_as(self, self.attacker)
        child = self.env["res.partner"].create(
            {"name": "X", "parent_id": partner.id, "type": "contact"}
        )
        mine = child.with_user(self.attacker)
        self.assert_refused(lambda: mine.write({"street": "Otra 1"}))
        self.assert_refused(lambda: mine.write({"vat": "901414515-7"}))
        self.assert_refused(
            lambda: partners.create({"name": "Y", "child_ids": [Command.link(partner.id)]})
        )
        self.assert_refused(
            lambda: partner.with_user(self.attacker).write(
                {"child_ids": [Command.update(child.id, {"street": "Otra 1"})]}
            )
        )
        # The first contact of a company without an address brings it one.
        bare = self.env["res.company"].create({"name": "Sin Dirección SAS"})
        self.assert_refused(
            lambda: partners.create(
                {"name": "Z", "parent_id": bare.partner_id.id, "street": "Otra 1"}
            )
        )
        self.assertFalse(bare.partner_id.street)

    def test_10_not_by_merging(self):
        hers = self.env["res.partner"].create({"name": "Eva SAS", "street": "Otra 1"})
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(self.attacker).sudo()
        partner = self.company_a.partner_id
        self.assert_refused(lambda: wizard._merge((partner | hers).ids, hers), UserError)
        self.assertEqual(self.company_a.partner_id, partner)

    def test_10_not_by_what_all_companies_share(self):
        state = self.activation.sudo().representative_state_id
        kind = self.activation.sudo().representative_identification_type_id
        for user in (self.attacker, self.manager_a):
            self.assert_refused(lambda u=user: state.with_user(u).sudo().write({"name": "Otro"}))
            self.assert_refused(
                lambda u=user: kind.with_user(u).sudo().write({"l10n_co_document_code": "rut"})
            )
        self.assert_refused(
            lambda: state.with_user(self.attacker).write({"country_id": self.env.ref("base.us").id})
        )
        # Another country's are nobody's letter.
        self.env.ref("base.state_us_1").with_user(self.attacker).name = "Otro"

    def test_10_its_own_people_and_administrators_write_it(self):
        own = samples.make_user(
            self.env, "Iris", "certificate_insider", self.company_a, "base.group_user", CONTACTS
        )
        admin = samples.make_user(
            self.env,
            "Adela",
            "certificate_erp",
            self.company_b,
            "base.group_erp_manager",
            "base.group_partner_manager",
        )
        partner = self.company_a.partner_id
        for number, user in enumerate(
            (own, admin, self.system_user, self.env.ref("base.user_root"))
        ):
            with self.subTest(user=user.login):
                partner.with_user(user).sudo().street = f"Calle {number}"
                self.assertEqual(self.company_a.street, f"Calle {number}")
        self.assertFalse(self.activation.letter_code, "The letter follows.")
        # Whoever else creates a company fills its contact.
        company = self.env["res.company"].with_user(self.attacker).sudo()
        company = company.create({"name": "Nueva SAS", "street": "Calle 1", "phone": "1"})
        self.assertEqual(company.partner_id.street, "Calle 1")
        # And what says nothing, or the same, is anybody's.
        partner.with_user(self.attacker).write(
            {"comment": "Pays on time", "name": partner.name, "street": partner.street}
        )

    def test_10_others_contacts_cost_no_query_more(self):
        contact = self.env["res.partner"].create({"name": "X", "email": "x@example.com"})
        contact = contact.with_user(self.attacker)
        contact.street = "Calle 1"
        self.env.flush_all()
        statements = []
        execute = type(self.env.cr).execute

        def count(cursor, query, *args, **kwargs):
            statements.append(str(query))
            return execute(cursor, query, *args, **kwargs)

        with patch.object(type(self.env.cr), "execute", count):
            contact.street = "Calle 2"
            self.env.flush_all()
        asked = [text for text in statements if "res_company" in text or "portal_access" in text]
        self.assertFalse(asked)


@tagged("post_install", "-at_install")
class TestAttacksOnNames(CertificateCommon):
    """Attack 11: no form shows the name of what its user may not read."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        walk = cls.get_walk()
        # Everybody may know the seller's name, which otherwise appears as its certificate's.
        cls.seller.sudo().certificate_lent_id.name = "Certificado reservado"
        cls.activation = walk.get_processing()
        cls.own = walk.start(cls.user_b)
        receipts = cls.env["certificate.payment.receipt"]
        for user, activation in ((cls.user_a, cls.activation), (cls.user_b, cls.own)):
            receipt = receipts.with_user(user)._create_once({"activation_id": activation.id})
            receipt.sudo().write({"reference": f"Recibo {user.name}"})
            cls.env["electronic.invoicing.setup"].with_user(user)._get_for_company()
            partner = cls.env["res.partner"].create(
                {
                    "name": f"Contacto {user.name}",
                    "email": "c@example.com",
                    "parent_id": user.company_id.partner_id.id,
                    "company_id": user.company_id.id,
                }
            )
            activation.with_user(cls.custodian)._invite(partner)
            cls.env["account.journal"].sudo().create(
                {
                    "name": f"Diario {user.name}",
                    "code": "ZZ",
                    "type": "sale",
                    "company_id": user.company_id.id,
                }
            )
        group = "account.group_account_invoice"
        make = samples.make_user
        cls.users = cls.user_b | make(
            cls.env, "Mb", "certificate_mb", cls.company_b, group, GROUP_MANAGER, CONTACTS
        )
        cls.users |= make(cls.env, "Cb", "certificate_cb", cls.company_b, group, GROUP_CUSTODIAN)
        cls.users |= make(
            cls.env, "Sb", "certificate_sb", cls.company_b, group, "base.group_system"
        )
        cls.users |= cls.stranger

    def get_links(self):
        """Return the relational fields of the add-on's models, and its own of Odoo's settings."""
        return {
            name: links
            for name, model in self.env.registry.items()
            if not model._abstract
            and (
                links := [
                    field
                    for field in self.env[name]._fields.values()
                    if field.relational
                    # Who wrote it is the user, and the seller is named to everybody.
                    and field.name not in ("create_uid", "write_uid", "certificate_seller_id")
                    and (
                        model._original_module == MODULE
                        or (name == "res.config.settings" and field._modules[-1:] == (MODULE,))
                        or (name == "res.config.settings" and field.name == "company_id")
                    )
                ]
            )
            and (model._original_module == MODULE or name == "res.config.settings")
        }

    def get_foreign(self, user, name):
        """Return records of a model that the user may not read, of company A before others."""
        model = self.env[name].sudo().with_context(active_test=False)
        records = model.search([], order="id desc", limit=200)
        foreign = records - records.with_user(user)._filtered_access("read")
        named = [record for record in foreign if len(record.display_name or "") > 5]
        if "company_id" in model._fields:
            named.sort(key=lambda record: record.company_id != self.company_a)
        return named[:1]

    def get_values(self, field, record):
        """Return the value of a relational field that points at a record, as a client may send it."""
        if field.type == "many2one":
            return [record.id, [record.id, "x"], {"id": record.id}]
        if field.type == "reference":
            return [f"{record._name},{record.id}"]
        return [[Command.link(record.id)], [Command.set(record.ids)]]

    def get_answers(self, model, name, value, own):
        """Try each way in, and give what each answers."""
        # All of a wizard, which may show the record elsewhere; of others what was pointed at.
        is_wizard = model._transient and model._original_module == MODULE
        spec = {
            field_name: {"fields": {"display_name": {}}} if field.relational else {}
            for field_name, field in model._fields.items()
            if field_name == name or (is_wizard and not field.groups)
        }
        ways = {
            "create": lambda: model.create({name: value}).web_read(spec),
            "web_save": lambda: model.web_save({name: value}, spec),
            "write": lambda: own.write({name: value}) and own.web_read(spec),
            "onchange": lambda: model.onchange({name: value}, [name], spec),
            "onchange of a record": lambda: own.onchange({name: value}, [name], spec),
            "first onchange": lambda: model.onchange({name: value}, [], spec),
            "default_get": lambda: (
                model.with_context(**{f"default_{name}": value}).default_get(list(spec)) and None
            ),
            "default": lambda: model.with_context(**{f"default_{name}": value}).onchange(
                {}, [], spec
            ),
            "active_id": lambda: model.with_context(
                active_id=value, active_ids=[value], active_model=model._fields[name].comodel_name
            ).onchange({}, [], spec),
            "name_create": lambda: model.with_context(**{f"default_{name}": value}).name_create(
                "X"
            ),
            "search": lambda: (
                model.search_read([(f"{name}.display_name", "ilike", "a")])
                if model._fields[name].store
                else None
            ),
        }
        for way, call in ways.items():
            savepoint = self.env.cr.savepoint()
            try:
                answer = call()
            except (
                AccessError,
                UserError,
                ValueError,
                TypeError,
                KeyError,
                DatabaseError,
            ) as error:
                answer = str(error)
            except (NotImplementedError, AttributeError, AssertionError):
                continue
            finally:
                savepoint.rollback()
                savepoint.close(rollback=False)
                self.env.invalidate_all()
            yield way, answer

    @mute_logger("odoo.sql_db", "odoo.addons.base.models.ir_rule", "odoo.models", "odoo.domains")
    def test_11_no_way_in_gives_out_a_name(self):
        tried = 0
        # Whatever is tried is taken back, so that what somebody may not read stays the same.
        get_foreign = functools.cache(self.get_foreign)
        for user in self.users:
            for model_name, links in self.get_links().items():
                model = self.env[model_name].with_user(user).with_context(bin_size=True)
                operations = ("read", "write", "create")
                if not (model._transient or any(map(model.has_access, operations))):
                    continue
                is_wizard = model._transient and model._original_module == MODULE
                own = model.search([], limit=1) if model.has_access("read") else model.browse()
                for field in links:
                    name = field.name
                    for record in get_foreign(user, field.comodel_name):
                        secret = record.display_name
                        for value in self.get_values(field, record)[: 3 if is_wizard else 1]:
                            for way, answer in self.get_answers(model, name, value, own):
                                tried += 1
                                with self.subTest(
                                    user=user.login, model=model_name, field=name, way=way
                                ):
                                    told = json.dumps(answer, default=str, ensure_ascii=False)
                                    self.assertNotIn(secret, told)
        self.assertGreater(tried, 300)
