import re
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from lxml import etree

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import SQL, file_open

from ...const import MODULE
from ...models.core import concerned
from ..common.case import CertificateCommon

OURS = f"odoo.addons.{MODULE}."


def pass_on(base, name):
    """Return a method that does nothing but what Odoo does."""

    def call(self, *args, **kwargs):
        return getattr(super(base, self), name)(*args, **kwargs)

    return call


@tagged("post_install", "-at_install")
class TestCitizen(CertificateCommon):
    """Whoever does not use the add-on does not pay for it: a company, where others sell, buy and invite."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # As a server with workers.
        cls.startClassPatcher(patch.object(concerned, "is_cache_private", lambda: True))
        company, env = cls.company_a, cls.env
        cls.get_walk().start(cls.user_b)
        contact = env["res.partner"].create(
            {"name": "Iris", "email": "iris@example.com", "company_id": cls.company_b.id}
        )
        activation = env["certificate.activation"].search([("company_id", "=", cls.company_b.id)])
        env["certificate.portal.access"]._invite(activation, contact)
        books = env["account.account"].with_company(company)
        income, receivable = (
            books.create({"name": kind, "code": code, "account_type": kind, "reconcile": reconcile})
            for kind, code, reconcile in (
                ("income", "4135", False),
                ("asset_receivable", "1305", True),
            )
        )
        cls.journal, cls.entries = env["account.journal"].create(
            [
                {
                    "name": kind,
                    "code": kind[:3],
                    "type": kind,
                    "company_id": company.id,
                    "default_account_id": income.id if kind == "sale" else False,
                }
                for kind in ("sale", "general")
            ]
        )
        cls.customer = (
            env["res.partner"]
            .with_company(company)
            .create(
                {
                    "name": "Cliente",
                    "email": "cliente@example.com",
                    "property_account_receivable_id": receivable.id,
                }
            )
        )
        cls.accounts = {"income": income, "receivable": receivable}
        cls.ordinary = env(
            user=env.ref("base.user_admin").id,
            # Whole, as a browser's: what it lacks is read once for each environment, however long
            # Python keeps that.
            context={
                "allowed_company_ids": company.ids,
                "lang": "en_US",
                "tz": "America/Bogota",
                "uid": env.ref("base.user_admin").id,
            },
        )
        cls.ordinary.user.sudo().company_ids += company

    # === WORK === #

    def make_invoice(self):
        return self.ordinary["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "journal_id": self.journal.id,
                "invoice_line_ids": [
                    Command.create({"name": "Asesoría", "price_unit": 100, "tax_ids": False})
                ],
            }
        )

    def post(self):
        move = self.make_invoice()
        move.action_post()
        return move

    def receive(self):
        """Book money of the customer, and return what it and an invoice wait to be settled by."""
        line = {"partner_id": self.customer.id, "name": "Abono"}
        entry = self.ordinary["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": self.entries.id,
                "line_ids": [
                    Command.create(
                        {**line, "account_id": self.accounts["receivable"].id, "credit": 100}
                    ),
                    Command.create(
                        {**line, "account_id": self.accounts["income"].id, "debit": 100}
                    ),
                ],
            }
        )
        entry.action_post()
        lines = (entry | self.post()).line_ids
        return lines.filtered(lambda line: line.account_type == "asset_receivable")

    def pay(self):
        lines = self.receive()
        lines.reconcile()
        return lines

    def attach(self):
        return self.ordinary["ir.attachment"].create({"name": "acta.txt", "raw": b"Acta"})

    def list_works(self):
        """List what is done, each as a function that prepares it and a function of what that returns."""
        customer = self.customer.with_env(self.ordinary)
        contact = {"name": "Norte SAS", "email": "norte@example.com", "vat": "900123456-8"}
        return {
            "create an invoice": (bool, lambda _none: self.make_invoice()),
            "post it": (self.make_invoice, lambda move: move.action_post()),
            "reconcile it": (self.receive, lambda lines: lines.reconcile()),
            "unreconcile it": (self.pay, lambda lines: lines.remove_move_reconcile()),
            "reset it": (self.post, lambda move: move.button_draft()),
            "create a contact": (
                bool,
                lambda _none: self.ordinary["res.partner"].create(dict(contact)),
            ),
            "write a contact": (
                bool,
                lambda _none: customer.write({"name": "Sur SAS", "email": "sur@example.com"}),
            ),
            "attach a file": (bool, lambda _none: self.attach()),
            "write an attachment": (self.attach, lambda file: file.write({"name": "otra.txt"})),
            "read a company": (bool, lambda _none: self.company_a.with_env(self.ordinary).name),
        }

    # === WHAT IT ASKS === #

    @contextmanager
    def plain_odoo(self):
        """Let what the add-on overrides do what Odoo does."""
        with ExitStack() as stack:
            for model in self.registry.values():
                bases = model.__mro__
                for index, base in enumerate(bases):
                    if not base.__module__.startswith(OURS) or not hasattr(base, "_inherit"):
                        continue
                    for name, method in list(vars(base).items()):
                        if callable(method) and any(
                            name in vars(parent) and not parent.__module__.startswith(OURS)
                            for parent in bases[index + 1 :]
                            if parent is not object
                        ):
                            stack.enter_context(patch.object(base, name, pass_on(base, name)))
            yield

    def record(self, prepare, do):
        """Do something as a request does it, and take it back.

        :return: the queries
        :rtype: list[str]
        """
        queries, execute = [], type(self.env.cr).execute

        def noting(cursor, query, *args, **kwargs):
            queries.append(query.code if isinstance(query, SQL) else str(query))
            return execute(cursor, query, *args, **kwargs)

        self.env.flush_all()
        savepoint = self.env.cr.savepoint(flush=False)
        try:
            found = prepare()
            self.env.flush_all()
            self.env.invalidate_all()
            with patch.object(type(self.env.cr), "execute", noting):
                do(found)
                self.env.flush_all()
        finally:
            self.env.clear()
            savepoint.close(rollback=True)
        return queries

    def find_ours(self, queries):
        """Return which of some queries ask for something of the add-on."""
        tables = {
            model._table
            for model in self.registry.values()
            if model._original_module == MODULE and not model._abstract
        }
        names = {*tables, '"certificate_'}
        return [query for query in queries if any(name in query for name in names)]

    def test_nobody_asks_more_than_odoo(self):
        for name, (prepare, do) in self.list_works().items():
            with self.subTest(name):
                self.record(prepare, do)  # fills the caches
                queries = self.record(prepare, do)
                self.assertEqual(self.find_ours(queries), [])
                with self.plain_odoo():
                    self.record(prepare, do)
                    plain = self.record(prepare, do)
                self.assertEqual(len(queries), len(plain), "\n".join(queries))

    def test_forms_ask_nothing_of_the_add_on(self):
        views = {
            "account.move": ("account.view_move_form", self.post),
            "res.company": ("base.view_company_form", lambda: self.company_a),
            "account.journal": ("account.view_account_journal_form", lambda: self.journal),
        }
        for model, (view, find) in views.items():
            form = object.__new__(Form)
            shown = self.ordinary[model].get_views([(self.env.ref(view).id, "form")])
            object.__setattr__(form, "_models_info", shown["models"])
            object.__setattr__(form, "_env", self.ordinary)
            arch = etree.fromstring(shown["views"]["form"]["arch"])
            spec = form._process_view(arch, self.ordinary[model])["fields_spec"]
            self.assertTrue([name for name in spec if name.startswith("certificate_")], model)

            def read(record, spec=spec):
                record.with_env(self.ordinary).web_read(spec)

            with self.subTest(model):
                self.record(find, read)
                self.assertEqual(self.find_ours(self.record(find, read)), [])

    def test_a_guard_is_found_out(self):
        """This test itself: a query of the add-on, and one more query, are found."""
        self.assertTrue(
            self.find_ours(self.record(bool, lambda _none: self.company_a.certificate_provider_id))
        )

    # === PAGES THAT ARE LOADED WHEN THEY ARE OPENED === #

    def test_each_page_is_loaded_when_it_is_opened(self):
        """A client action that lazy.js does not name would not be there."""
        with file_open(f"{MODULE}/static/src/lazy/lazy.js") as file:
            source = file.read()
        loaded = set(re.findall(r'"(\w+)"', re.search(r"ACTIONS = \[(.*)\]", source)[1]))
        actions = self.env["ir.actions.client"].sudo().search([("tag", "=like", f"{MODULE}.%")])
        self.assertEqual({action.tag.removeprefix(f"{MODULE}.") for action in actions}, loaded)

    # === ANSWERS THAT ARE CACHED === #

    def test_pages_of_the_portal_are_loaded_by_those_pages_alone(self):
        def get_files(bundle):
            files = self.env["ir.qweb"]._get_asset_content(bundle)[0]
            return {
                file["url"].rpartition("/")[2]
                for file in files
                if f"/{MODULE}/" in file["url"] and file["url"].endswith((".js", ".xml"))
            }

        self.assertEqual(get_files("web.assets_frontend"), {"draft.js"})
        self.assertGreater(get_files(f"{MODULE}.assets_portal"), {"step.js", "upload.js"})

    def test_the_first_activation_counts_at_once(self):
        company = self.company_a
        self.assertFalse(company._may_have_activation())
        branch = self.env["res.company"].create({"name": "Sucursal", "parent_id": company.id})
        self.assertFalse(branch._may_have_activation())
        self.env["certificate.activation"].sudo().create({"company_id": company.id})
        self.assertTrue(company._may_have_activation())
        self.assertTrue(branch._may_have_activation())
        # Another thread, which cannot see it yet, answers meanwhile: the cache is emptied again.
        method = type(company)._has_activation.__cache__
        method.add_value(company, company.id, cache_value=False)
        self.assertTrue(company._may_have_activation())
        self.env.flush_all()
        self.env.cr.postcommit.run()
        self.assertTrue(company._may_have_activation())

    def test_what_is_rolled_back_is_asked_again(self):
        company = self.company_a
        with self.rolled_back():
            self.env["certificate.activation"].sudo().create({"company_id": company.id})
            self.assertTrue(company._may_have_activation())
        # Too much is never wrong; and a real one is told to everybody, whatever is cached here.
        self.registry.cache_invalidated.clear()
        self.env["certificate.activation"].sudo().create({"company_id": company.id})
        self.assertIn("default", self.registry.cache_invalidated)
        self.assertTrue(company._may_have_activation())

    def make_product(self, company):
        vals = {"name": "Certificado", "type": "service", "company_id": company.id}
        return self.env["product.product"].create(vals)

    def test_who_has_sold_is_never_forgotten(self):
        company = self.company_a.sudo()
        self.assertNotIn(company.id, company._get_certificate_sellers())
        product = self.make_product(company)
        company.certificate_product_id = product
        self.assertIn(company.id, company._get_certificate_sellers())
        company.certificate_product_id = False
        self.assertTrue(company.certificate_has_sold)
        self.env.flush_all()
        self.env.cr.postcommit.run()
        self.assertIn(company.id, company._get_certificate_sellers())
        for user in (self.system_user, self.env.ref("base.user_admin")):
            for vals in ({"certificate_has_sold": False}, {"certificate_has_sold": True}):
                with self.assertRaises(AccessError):
                    self.company_a.with_user(user).write(vals)

    def test_a_sale_that_is_rolled_back_is_noted_again(self):
        company = self.company_a.sudo()
        product = self.make_product(company)
        with self.rolled_back():
            company.certificate_product_id = product
        self.assertFalse(company.certificate_has_sold)
        company.certificate_product_id = product
        self.assertTrue(company.certificate_has_sold)

    def test_a_new_company_is_created_with_its_product(self):
        companies = self.env["res.company"].sudo()
        company = companies.create({"name": "Vendedora", "certificate_validity_months": 6})
        self.assertFalse(company.certificate_has_sold)
        company._note_certificate_sale()
        self.assertIn(company.id, companies._get_certificate_sellers())

    def test_threads_do_not_answer_by_what_another_one_has_cached(self):
        company = self.company_a.sudo()
        company.certificate_product_id = self.make_product(company)
        self.env.flush_all()
        self.env.cr.postcommit.run()
        # A thread that began before the sale has filled the cache after it.
        method = type(company)._read_certificate_sellers.__cache__
        method.add_value(company, cache_value=frozenset())
        self.assertNotIn(company.id, company._get_certificate_sellers())
        with patch.object(concerned, "is_cache_private", lambda: False):
            self.assertIn(company.id, company._get_certificate_sellers())
            other = self.company_b.sudo()
            other.certificate_product_id = self.make_product(other)
            self.assertIn(other.id, company._get_certificate_sellers())

    def test_others_are_told_before_anything_else_that_follows_the_commit(self):
        company = self.company_a.sudo()
        told = []
        with patch.object(self.registry, "signal_changes", lambda: told.append("others")):
            company.certificate_product_id = self.make_product(company)
            self.env.cr.postcommit.add(lambda: told.append("a mail"))
            self.env.flush_all()
            self.env.cr.postcommit.run()
        self.assertEqual(told, ["others", "a mail"])

    def test_an_invited_contact_counts_at_once(self):
        accesses = self.env["certificate.portal.access"].sudo()
        contact = self.env["res.partner"].create(
            {"name": "Otra", "email": "otra@example.com", "company_id": self.company_b.id}
        )
        self.assertNotIn(contact.id, accesses._get_invited_ids())
        activation = accesses.search([], limit=1).activation_id
        accesses._invite(activation, contact)
        self.assertIn(contact.id, accesses._get_invited_ids())
        with self.assertRaises(AccessError):
            contact.with_user(self.user_a).write({"email": "mia@example.com"})
        # Where they are too many to be kept, each contact may be one.
        with patch.dict(
            type(accesses)._read_invited_ids.__cache__.method.__globals__, {"_KNOWN_MAX": 1}
        ):
            self.registry.clear_cache()
            self.assertIsNone(accesses._get_invited_ids())
            with self.assertRaises(AccessError):
                contact.with_user(self.user_a).write({"email": "mia@example.com"})
