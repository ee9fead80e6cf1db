"""Who gets at a key: nobody, by no way in. What a key is used for: signing, by whoever may."""

import base64
import itertools
import json
from contextlib import suppress
from unittest.mock import patch

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import get_db_name, tagged
from odoo.tools import mute_logger

from ...models.keys import custody
from ...tools import pkcs12 as tool
from ..common import own_samples, samples
from ..common.custody import CERTIFICATE, KEY, NEUTRALIZE, CustodyCommon
from ..common.own import UploadCommon
from ..common.own_samples import PASSWORD


@tagged("post_install", "-at_install")
class TestSealing(CustodyCommon):
    def get_plain_keys(self, company):
        return self.env[KEY].sudo().search([("company_id", "=", company.id)])

    def press(self, user=None):
        page = self.env["certificate.custody.wizard"].with_user(user or self.custodian).create({})
        page.action_seal()
        return page

    def test_an_own_key_is_sealed_when_it_comes_in(self):
        own = self.get_active_own()
        certificate = own.sudo().certificate_id
        self.assertTrue(certificate.is_key_sealed)
        self.assertFalse(certificate.private_key_id)
        self.assertFalse(self.get_plain_keys(self.company_a))
        self.assertSigns(own)
        with self.assertRaises(UserError):
            certificate._sign(b"message")

    def test_without_a_secret_it_lies_where_odoo_keeps_keys(self):
        with own_samples.secret(None):
            own = self.get_active_own()
            certificate = own.sudo().certificate_id
            self.assertFalse(certificate.is_key_sealed)
            self.assertEqual(certificate.private_key_id, self.get_plain_keys(self.company_a))
            self.assertSigns(own)

    def test_the_custodian_seals_the_lent_key_which_goes_on_signing(self):
        active = self.get_active()
        key = self.open(self.lent)
        self.assertSigns(active)
        page = self.press()
        self.assertTrue(self.lent.is_key_sealed)
        self.assertFalse(self.lent.private_key_id)
        self.assertFalse(self.get_plain_keys(self.seller))
        self.assertEqual(self.open(self.lent).private_numbers(), key.private_numbers())
        self.assertSigns(active)
        self.assertEqual([row["state"] for row in page.keys], ["sealed"])
        # It is lent as before.
        other = self.get_active(self.user_b)
        self.assertSigns(other)

    def test_sealing_removes_the_key_from_whatever_was_loaded(self):
        """A PKCS #12 with its password, a file with certificate and key, and the same key twice."""
        seller = self.seller.sudo()
        certificate = own_samples.issue()
        p12 = {"content": base64.b64encode(own_samples.make_p12(certificate))}
        both = base64.b64encode(own_samples.to_pem(certificate, own_samples.get_key()))
        loaded = [
            self.env[CERTIFICATE]
            .sudo()
            .create({"name": "x", "company_id": seller.id, "pkcs12_password": PASSWORD, **values})
            for values in (p12, p12, {"content": both})
        ]
        loaded[2].private_key_id = loaded[0].private_key_id
        loaded[1].active = False
        seller.certificate_lent_id = loaded[0]
        self.press()
        secrets = self.get_numbers(own_samples.get_key())
        for certificate in loaded:
            self.assertTrue(certificate.is_key_sealed)
            self.assertFalse(certificate.pkcs12_password)
            self.assertFalse(self.leaks(base64.b64decode(certificate.content), secrets))
            self.assertEqual(self.get_numbers(self.open(certificate)), secrets)
        attachments = self.env["ir.attachment"].sudo().search([("res_field", "!=", False)])
        for attachment in attachments.filtered(lambda a: a.res_model in (CERTIFICATE, KEY)):
            self.assertFalse(self.leaks(attachment.raw or b"", secrets))
        # What was deleted lies in the filestore until its files are removed, too.
        paths = self.get_noted_paths()
        self.assertTrue(any(self.leaks(path.read_bytes(), secrets) for path in paths))
        self.env["certificate.key.file"]._remove(is_all=True)
        self.assertFalse([path for path in paths if path.exists()])
        self.assertFalse(self.get_noted_paths())

    def test_a_key_is_not_kept_among_the_words_that_are_searched(self):
        attachments = self.env["ir.attachment"].sudo()
        keys = attachments.search([("res_model", "=", KEY), ("res_field", "!=", False)])
        self.assertTrue(keys)
        self.assertFalse(any(keys.mapped("index_content")))

    def test_keys_are_sealed_again_under_a_new_secret(self):
        own = self.get_active_own()
        self.press()
        new = "the new secret of a server under test, and longer"
        with own_samples.secret(new, own_samples.SECRET):
            self.assertSigns(own)
            page = self.env["certificate.custody.wizard"].with_user(self.custodian).create({})
            self.assertEqual({row["state"] for row in page.keys}, {"previous"})
            page = self.press()
            self.assertEqual({row["state"] for row in page.keys}, {"sealed"})
        with own_samples.secret(new):
            self.assertSigns(own)
        self.assertEqual(custody.get_key_state(own.sudo().certificate_id), "locked")

    def test_a_missing_secret_is_told_and_signs_nothing(self):
        own = self.get_active_own()
        certificate = own.sudo().certificate_id
        for values, protection in (
            ({"current": None}, "no_secret"),
            ({"current": "short"}, "short_secret"),
            ({"current": "another secret of a server under test"}, "sealed"),
            ({"current": None, "CERTIFICATE_KEY_SECRET_FILE": "/missing"}, "unreadable_file"),
        ):
            with self.subTest(protection), own_samples.secret(**values):
                self.assertEqual(custody.get_protection(), protection)
                self.assertTrue(custody.get_protection_sentence(self.env, protection))
                self.assertEqual(custody.get_key_state(certificate), "locked")
                with self.assertRaises(UserError):
                    custody.open_signing_key(own)
                page = self.env["certificate.custody.wizard"].with_user(self.custodian).create({})
                self.assertTrue(page.has_locked_key)

    def test_a_seal_belongs_to_its_certificate(self):
        own = self.get_active_own()
        self.press()
        certificate = own.sudo().certificate_id
        self.lent.sealed_key = certificate.sealed_key
        with self.assertRaises(UserError):
            self.open(self.lent)

    def test_a_broken_key_signs_nothing_and_is_no_traceback(self):
        active = self.get_active()
        key = self.lent.private_key_id
        for content in (b"no key", own_samples.to_pem(own_samples.issue())):
            key.content = base64.b64encode(content)
            with self.assertRaises(UserError):
                custody.open_signing_key(active)

    def test_only_a_custodian_looks_after_keys_and_only_of_the_own_companies(self):
        self.get_active_own()
        pages = self.env["certificate.custody.wizard"]
        for user in (self.user_a, self.manager_a, self.user_b, self.stranger, self.portal_user):
            with self.subTest(user.login), self.assertRaises(AccessError):
                pages.with_user(user).create({}).action_seal()
            with self.subTest(user.login), self.assertRaises(AccessError):
                pages.with_user(user).new({}).keys  # noqa: B018
        page = pages.with_user(self.custodian).create({})
        self.assertEqual(len(page.keys), 2)
        # A custodian of the clients is none of the seller.
        page = pages.with_user(self.system_user).create({})
        self.assertEqual([row["company"] for row in page.keys], [self.company_a.name])
        self.press(self.system_user)
        self.assertFalse(self.lent.is_key_sealed)
        with self.assertRaises(AccessError):
            page.with_user(self.custodian).read(["keys"])

    def test_the_settings_say_how_keys_are_kept(self):
        settings = self.env["res.config.settings"].sudo().create({})
        self.assertEqual(settings.certificate_key_protection, "plain", "the lent one is not")
        self.press()
        settings.invalidate_recordset()
        self.assertEqual(settings.certificate_key_protection, "sealed")
        with own_samples.secret(None):
            settings.invalidate_recordset()
            self.assertEqual(settings.certificate_key_protection, "no_secret")
            self.assertIn("CERTIFICATE_KEY_SECRET", settings.certificate_key_protection_sentence)

    def test_an_activation_that_is_not_in_force_opens_no_key(self):
        active = self.get_active()
        for values in (
            {"state": "revoked"},
            {"state": "expired"},
            {"state": "process"},
            {"date_end": fields.Date.subtract(active._get_today(), days=1)},
            {"date_start": fields.Date.add(active._get_today(), days=1)},
        ):
            with self.subTest(values), self.cr.savepoint() as savepoint:
                if values == {"state": "process"}:  # which nothing but SQL brings about
                    self.cr.execute(
                        "UPDATE certificate_activation SET state = 'process' WHERE id = %s",
                        [active.id],
                    )
                    self.env.invalidate_all()
                else:
                    active.sudo().write(values)
                with self.assertRaises(UserError):
                    custody.open_signing_key(active)
                savepoint.rollback()
        self.assertSigns(active)


@tagged("post_install", "-at_install")
class TestCustody(CustodyCommon, UploadCommon):
    """Company A signs with its own certificate, company B with the lent one; both keys are sealed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.get_walk().get_active(cls.user_b)

    def setUp(self):
        super().setUp()
        self.lent_key = self.open(self.lent)
        self.lent._seal_key()
        self.own = self.get_active_own()
        self.borrowed = self.get_active(self.user_b)
        self.page = self.env["certificate.custody.wizard"].with_user(self.custodian).create({})
        self.admin_user.company_ids |= self.seller | self.company_a | self.company_b
        self.system_user.company_ids |= self.seller
        self.users = {
            "user": self.user_a,
            "other company": self.user_b,
            "manager": self.manager_a,
            "custodian": self.custodian,
            "system": self.system_user,
            "administrator": self.admin_user,
            "employee": self.stranger,
            "portal": self.portal_user,
        }
        keys = (self.lent_key, own_samples.get_key())
        self.secrets = {PASSWORD.encode(), own_samples.SECRET.encode()}.union(
            *map(self.get_numbers, keys)
        )
        self.env.flush_all()

    def test_the_search_for_leaks_finds_them(self):
        key = own_samples.get_key()
        pem = own_samples.key_to_pem(key)
        der = key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        for content in (
            pem,
            der,
            base64.b64encode(pem),
            base64.encodebytes(der),
            json.dumps({"content": base64.b64encode(pem).decode()}).encode(),
            json.dumps({"x": pem.decode()}).encode(),
            der.hex().encode(),
            own_samples.key_to_pem(key, traditional=True),
            b"prefix" + base64.b64encode(der),
            PASSWORD.encode(),
        ):
            self.assertTrue(self.leaks(content, self.secrets), content[:40])
        self.assertFalse(self.leaks(own_samples.to_pem(own_samples.issue()), self.secrets))

    # === READING === #

    def get_probes(self):
        """Generate what can be asked of each model, as a client asks it."""
        certificates = self.lent | self.own.sudo().certificate_id
        hidden = {
            CERTIFICATE: ["sealed_key", "content", "pem_certificate", "pkcs12_password"],
            KEY: ["content", "pem_key", "password"],
            "certificate.activation": ["certificate_id"],
            "certificate.custody.wizard": ["keys"],
            "res.company": ["certificate_lent_id"],
            "ir.attachment": ["raw", "datas", "db_datas", "index_content"],
            "mail.message": ["body"],
        }
        ids = {
            CERTIFICATE: certificates.ids,
            "certificate.activation": (self.own | self.borrowed).ids,
            "certificate.custody.wizard": self.page.ids,
            "res.company": (self.seller | self.company_a).ids,
        }
        for model, names in hidden.items():
            own = ids.get(model, [])
            paths = names + [f"certificate_id/{name}" for name in hidden[CERTIFICATE]] * (
                model == "certificate.activation"
            )
            domain = [("res_model", "in", [CERTIFICATE, KEY])] if model == "ir.attachment" else []
            yield model, "read", [own, None]
            yield model, "export_data", [own, paths]
            yield model, "fields_get", []
            yield model, "name_search", [""]
            yield model, "search_read", [domain]
            yield model, "onchange", [own[:1], {}, names, {name: {} for name in names}]
            for name in names:
                yield model, "read", [own, [name]]
                yield model, "web_read", [own, {name: {}}]
                yield model, "search_read", [[*domain, (name, "!=", False)], [name]]
                yield model, "web_search_read", [domain, {name: {}}]
                yield model, "formatted_read_group", [domain, [name], ["__count"]]
                yield model, "copy_data", [own]

    def test_no_probe_of_any_user_shows_a_key_or_a_password(self):
        probes = list(self.get_probes())
        count = 0
        for (kind, user), (model, method, args) in itertools.product(self.users.items(), probes):
            env = self.env(user=user, context={"allowed_company_ids": user.company_ids.ids})
            with self.subTest(user=kind, model=model, method=method, args=args):
                try:
                    with self.cr.savepoint(), mute_logger("odoo.models", "odoo.orm.models"):
                        answer = call_kw(env[model], method, args, {})
                except Exception as error:  # whatever it says is an answer
                    answer = [type(error).__name__, str(error)]
                count += 1
                content = json.dumps(answer, default=str).encode()
                self.assertFalse(self.leaks(content, self.secrets))
        self.assertGreaterEqual(count, 500)

    def test_the_column_of_the_sealed_key_is_for_nobody(self):
        certificate = self.own.sudo().certificate_id
        for kind, user in self.users.items():
            context = {"allowed_company_ids": user.company_ids.ids}
            record = certificate.with_env(self.env(user=user, su=False, context=context))
            for attempt in (
                lambda record=record: record.read(["sealed_key"]),
                lambda record=record: record.write({"sealed_key": False}),
                lambda record=record: record.search([("sealed_key", "!=", False)]),
                lambda record=record: record.search([], order="sealed_key"),
                lambda record=record: record.export_data(["sealed_key"]),
            ):
                with self.subTest(kind), self.assertRaises(UserError):
                    attempt()

    def test_no_protocol_shows_them_either(self):
        certificate = self.own.sudo().certificate_id
        attachments = self.env["ir.attachment"].sudo()
        attachments = attachments.search(
            [("res_model", "in", [CERTIFICATE, KEY]), ("res_field", "!=", False)]
        )
        pages = [
            *(f"/web/content/{attachment.id}" for attachment in attachments),
            *(
                f"/web/content/{CERTIFICATE}/{certificate.id}/{name}"
                for name in ("sealed_key", "content", "pem_certificate")
            ),
            f"/web/image/{CERTIFICATE}/{certificate.id}/sealed_key",
        ]
        for kind, user in [*self.users.items(), ("public", None)]:
            self.authenticate(user and user.login, user and user.login)
            for page in pages:
                with self.subTest(user=kind, page=page), mute_logger("odoo.http"):
                    self.assertFalse(self.leaks(self.url_open(page).content, self.secrets))
        for kind, user in self.users.items():
            key = user.group_ids and self.env["res.users.apikeys"].with_user(user)._generate(
                "rpc", "test", fields.Datetime.add(fields.Datetime.now(), hours=1)
            )
            with self.subTest(user=kind), mute_logger("odoo.http"):
                answer = self.url_open(
                    f"/json/2/{CERTIFICATE}/read",
                    json={"ids": certificate.ids, "fields": ["sealed_key", "content"]},
                    headers={"Authorization": f"bearer {key}"},
                )
                self.assertFalse(self.leaks(answer.content, self.secrets))
            with (
                self.subTest(user=kind),
                mute_logger("odoo.http", "odoo.addons.rpc.controllers.xmlrpc"),
            ):
                try:
                    answer = self.xmlrpc_object.execute_kw(
                        get_db_name(), user.id, user.login, CERTIFICATE, "search_read", [[]]
                    )
                except Exception as error:
                    answer = error
                self.assertFalse(self.leaks(str(answer).encode(), self.secrets))

    # === LOGS AND TRACES === #

    def test_an_upload_leaves_nothing_in_a_log_a_message_or_a_row(self):
        own = self.own._start_own()
        wizard = self.get_wizard(own.action_open_wizard())
        key = own_samples.get_key("uploaded")
        data = own_samples.make_p12(own_samples.issue(key=key), key)
        self.secrets |= self.get_numbers(key) | {base64.b64encode(data)[:60], data[60:90]}
        for protection in (own_samples.SECRET, None):
            with own_samples.secret(protection), self.assertLogs("odoo", "DEBUG") as logs:
                for password in ("almost " + PASSWORD, PASSWORD):
                    self.upload(own, self.user_a, data, password=password)
                self.env.flush_all()
                self.cr.precommit.run()
            logged = "\n".join(logs.output).encode()
            self.assertTrue(own.sudo().certificate_id)
            self.assertFalse(self.leaks(logged, self.secrets))
        row = json.dumps(wizard.read()[0], default=str).encode()
        self.assertFalse(self.leaks(row, self.secrets))
        messages = self.env["mail.message"].sudo().search([]).mapped("body")
        self.assertFalse(self.leaks("\n".join(messages).encode(), self.secrets))
        # No table but Odoo's own has the key, where it is not sealed; none has the password.
        self.cr.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name LIKE 'certificate%'"
        )
        for table, column in self.cr.fetchall():
            self.cr.execute(f'SELECT string_agg("{column}"::text, \' \') FROM "{table}"')
            self.assertFalse(self.leaks((self.cr.fetchone()[0] or "").encode(), self.secrets))

    # === WHAT AN ADMINISTRATOR CAN WRITE === #

    # What a server action can try, each to end in a signature or a key in `found`.
    ATTEMPTS = (
        "found = certificate._sign(b'x', formatting='raw')",
        "found = certificate.sudo()._sign(b'x', formatting='raw')",
        "found = certificate.private_key_id._sign(b'x', formatting='raw')",
        "found = env['certificate.key'].sudo().search([])._sign(b'x', formatting='raw')",
        "found = env['certificate.key']._sign_with_key(b'x', certificate.sudo().sealed_key)",
        "found = certificate.sealed_key",
        "found = b64decode(certificate.sudo().with_context(bin_size=False).sealed_key)",
        "found = certificate.sudo().read()",
        "found = certificate.sudo().content",
        "found = certificate.sudo().pkcs12_password",
        "found = env['certificate.key'].sudo().search([]).mapped('pem_key')",
        "found = env['ir.attachment'].sudo().search([('res_field', '!=', False)]).mapped('raw')",
        "env.cr.execute('SELECT * FROM certificate_certificate'); found = env.cr.fetchall()",
        "env.cr.execute('SELECT * FROM certificate_key'); found = env.cr.fetchall()",
        "env.cr.execute('SELECT * FROM ir_attachment'); found = env.cr.fetchall()",
        "found = open_key(certificate)",
        "found = custody.open_key(certificate)",
        "found = certificate_custody.open_signing_key(activation)",
        "found = activation._prove_certificate(certificate)",
        "found = activation._open_signing(activation)[1].private_numbers().p.to_bytes(128, 'big')",
        "found = activation._examine_certificate([], '')",
        "found = activation._read_certificate().key",
        "found = env['certificate.activation'].open_signing_key(activation)",
        "found = certificate._seal_key.__globals__",
        "found = certificate._seal_key.func_globals",
        "found = __import__('os').environ",
        "found = os.environ",
        "found = datetime.sys.modules",
        "found = dateutil.tz.os.environ",
        "found = time.os.environ",
        "found = env.registry[certificate._name].__module__",
        "found = type(certificate).mro()",
        "found = env['certificate.custody.wizard'].sudo().create({}).read()",
        "found = env['res.config.settings'].sudo().create({}).certificate_key_protection_sentence",
        "found = certificate.sudo().export_data(['sealed_key', 'content'])",
        "found = env['ir.config_parameter'].sudo().search([]).mapped('value')",
    )

    def attempt(self, code, activation):
        """Run a server action as the system administrator; return what it finds, as bytes."""
        certificate = activation.sudo().certificate_id
        context = {"allowed_company_ids": self.system_user.company_ids.ids}
        env = self.env(user=self.system_user, su=False, context=context)
        values = {
            "name": "x",
            "state": "code",
            "model_id": self.env["ir.model"]._get(CERTIFICATE).id,
            "code": f"certificate = env['{CERTIFICATE}'].browse({certificate.id})\n"
            f"activation = env['certificate.activation'].browse({activation.id})\n"
            f"{code}\n"
            "action = {'found': found}",
        }
        try:
            with self.cr.savepoint(), mute_logger("odoo.addons.base.models.ir_actions"):
                found = env["ir.actions.server"].create(values).run()["found"]
        except Exception as error:  # whatever it says is an answer
            found = str(error)
        return found if isinstance(found, bytes) else repr(found).encode()

    def is_signature(self, found, certificate):
        public = custody.load_certificate(certificate).public_key()
        try:
            public.verify(found, b"x", padding.PKCS1v15(), hashes.SHA256())
        except Exception:
            return False
        return True

    def assertNothingFound(self, activation):
        certificate = activation.sudo().certificate_id
        for code in self.ATTEMPTS:
            with self.subTest(code):
                found = self.attempt(code, activation)
                self.assertFalse(self.is_signature(found, certificate))
                self.assertFalse(self.leaks(found, self.secrets - {PASSWORD.encode()}))

    def test_what_a_server_action_tries_would_be_seen(self):
        """Where the key is not sealed, its administrator does get at it: the tests can fail."""
        with own_samples.secret(None):
            following = self.own._start_own()
            self.load(following)
            following.action_finish()
        found = self.attempt(self.ATTEMPTS[0], following)
        self.assertTrue(self.is_signature(found, following.sudo().certificate_id))
        found = self.attempt(self.ATTEMPTS[10], following)
        self.assertTrue(self.leaks(found, self.secrets))

    def test_no_server_action_gets_a_sealed_key_or_a_signature_from_it(self):
        self.assertNothingFound(self.own)
        self.assertNothingFound(self.borrowed)

    # === COPIES === #

    def neutralize(self):
        self.env.flush_all()
        self.cr.execute(NEUTRALIZE.read_text())
        self.env.invalidate_all()

    def test_a_neutralised_copy_signs_nothing_whatever_is_edited(self):
        with own_samples.secret(None):
            samples_of_more = samples.store_certificate(self.seller.sudo())
            plain = self.own._start_own()
            self.load(plain)
            plain.action_finish()
        p12 = self.env[CERTIFICATE].sudo()
        p12 = p12.create(
            {
                "name": "twice",
                "content": base64.b64encode(own_samples.make_p12()),
                "pkcs12_password": PASSWORD,
                "company_id": self.company_a.id,
            }
        )
        self.assertSigns(plain)
        others = self.env.ref("base.main_company")
        foreign = (
            samples.store_certificate(others.sudo())
            if others not in (self.seller | self.company_a | self.company_b)
            else None
        )
        self.neutralize()
        sealed = self.env[CERTIFICATE].sudo().with_context(active_test=False)
        sealed = sealed.search([("company_id", "in", (self.seller | self.company_a).ids)])
        self.assertFalse(any(sealed.mapped("sealed_key")))
        self.assertFalse(sealed.private_key_id)
        self.assertTrue(all(sealed.mapped("pem_certificate")), "what is public stays")
        if foreign:
            self.assertTrue(foreign.private_key_id, "of no company of ours")
        edits = (
            lambda: None,
            lambda: self.lent.write({"pkcs12_password": PASSWORD}),
            lambda: p12.write({"pkcs12_password": PASSWORD}),
            lambda: p12.write({"pkcs12_password": False}),
            lambda: self.seller.sudo().write({"certificate_lent_id": samples_of_more.id}),
            lambda: self.seller.sudo().write({"certificate_lent_id": p12.id}),
            lambda: plain.sudo().write({"certificate_id": p12.id}),
            lambda: self.borrowed.sudo().write({"certificate_id": samples_of_more.id}),
            lambda: self.env["ir.config_parameter"].sudo().search([]).unlink(),
            lambda: self.env[KEY].sudo().search([]).write({"password": False}),
            lambda: sealed.write({"active": True}),
        )
        for edit, activation in itertools.product(edits, (plain, self.borrowed)):
            with self.cr.savepoint() as savepoint:
                with suppress(UserError):
                    edit()
                    self.env.flush_all()
                with self.assertRaises(UserError):
                    custody.open_signing_key(activation)
                with self.assertRaises(UserError):
                    activation.sudo().certificate_id._sign(b"x")
                savepoint.rollback()
            self.env.invalidate_all()
        self.assertNothingFound(plain)

    def test_a_neutralised_copy_of_a_database_opens_no_key_at_all(self):
        self.env["ir.config_parameter"].sudo().set_param("database.is_neutralized", True)
        with self.assertRaises(UserError):
            custody.open_signing_key(self.own)

    def test_nothing_of_a_key_is_kept_in_what_is_known_of_a_certificate(self):
        facts = tool.open_certificate([own_samples.make_p12()], PASSWORD)
        self.assertFalse(self.leaks(repr(facts).encode(), self.secrets))
        with patch.object(tool, "_ask_child", side_effect=tool.CertificateCheckUnavailable("x")):
            following = self.own._start_own()
            with self.assertRaises(UserError) as caught:
                self.load(following)
        self.assertFalse(self.leaks(str(caught.exception).encode(), self.secrets))
