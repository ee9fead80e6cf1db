"""Who tries to get at a secret or a key: by expressions, by what failed, by copies of the database."""

import base64
import functools
import os
import secrets as random
import subprocess
import sys
import types
import warnings
from collections import deque
from pathlib import Path
from unittest.mock import patch

from cryptography.hazmat.primitives.asymmetric import rsa

from odoo.exceptions import UserError
from odoo.service import server
from odoo.tests import tagged
from odoo.tools import mute_logger, safe_eval

from ...const import MODULE
from ...models.core import aftermath
from ...models.keys import custody, server_process
from ...tools import key_seal, server_secret
from ..common import own_samples
from ..common.custody import CERTIFICATE, KEY, NEUTRALIZE, AttackCommon
from ..common.own_samples import PASSWORD
from ..common.xml_samples import make_document

ADDON = "odoo.addons.l10n_co_certificate_activation"
# What refers to the test itself, which knows the markers.
_SKIPPED = ("unittest", "pytest", "_pytest", "odoo.tests", f"{ADDON}.tests")
_SIMPLE = (type(None), bool, float, complex, range, slice, types.CodeType)


def get_patterns(secret, key=None):
    """Return what a secret and a key are recognised by, wherever and however they are written.

    :param str secret: which is random
    :param rsa.RSAPrivateKey key: of which a prime is enough
    :rtype: list[bytes]
    """
    found = [secret.encode(), secret[:24].encode().hex().encode()]
    pieces = [secret.encode()]
    if key:
        prime = key.private_numbers().p.to_bytes(128, "big")
        # Short enough not to be broken into lines more than once.
        pieces += [prime[start : start + 18] for start in (8, 40, 80)]
        found += [prime[40:60], prime[40:60].hex().encode()]
    for piece in pieces:
        found += [base64.b64encode(piece[start : start + 15]) for start in range(3)]
    return found


def walk(roots, patterns, limit=4_000_000):
    """Look for patterns in everything that attributes, items, closures and globals lead to.

    :return: how many objects were seen, and the ways to those with a pattern
    :rtype: tuple[int, list[str]]
    """
    seen, found = set(), []
    get_names = functools.cache(_get_names)
    left = deque((root, name, None) for name, root in roots.items())
    kept = []  # what was made by looking, so that no number of an object is used twice
    while left and len(seen) < limit:
        thing, name, before = left.popleft()
        if id(thing) in seen or isinstance(thing, _SIMPLE):
            continue
        seen.add(id(thing))
        kept.append(thing)
        way = (name, before)
        if isinstance(thing, (str, bytes, bytearray)):
            content = thing.encode(errors="replace") if isinstance(thing, str) else thing
            if len(content) > 11 and any(pattern in content for pattern in patterns):
                found.append(_tell(way))
            continue
        if isinstance(thing, int):
            continue
        if isinstance(thing, rsa.RSAPrivateKey) and not isinstance(thing, key_seal.SigningKey):
            found.append(_tell(way))
        left.extend((child, label, way) for label, child in _get_children(thing, get_names))
    return len(seen), found


def _tell(way):
    names = []
    while way:
        label, way = way
        names.append(label if isinstance(label, str) else label[0] % label[1:])
    return " ".join(reversed(names))


# What an expression gets from an object without calling it, beside what lies in its `__dict__`.
_ASKED = (
    *("__dict__", "__class__", "__globals__", "__closure__", "__defaults__", "__kwdefaults__"),
    *("__func__", "__self__", "__wrapped__", "cell_contents", "args", "keywords", "func"),
    *("fget", "__context__", "__cause__", "__traceback__", "tb_frame", "tb_next", "gi_frame"),
    *("f_locals", "f_globals"),
)


def _is_skipped(name):
    return str(name).startswith(_SKIPPED)


def _get_slots(kind):
    return {name for cls in kind.__mro__ for name in getattr(cls, "__slots__", None) or ()}


def _get_names(kind):
    """Return which attributes to ask all objects of a type for; None where they belong to the test.

    Only what a class of it defines can answer: there are millions of objects, and a few thousand types.
    """
    if _is_skipped(getattr(kind, "__module__", "")):
        return None
    defined = set().union(*(cls.__dict__ for cls in kind.__mro__))
    names = {*_get_slots(kind), *_ASKED} & defined
    return names if "frame" in kind.__name__ else names - {"f_locals"}


def _get_children(thing, get_names):
    """Generate what an expression gets from an object without calling it."""
    kind = type(thing)
    names = get_names(kind)
    if names is None or (isinstance(thing, types.ModuleType) and _is_skipped(thing.__name__)):
        return
    if isinstance(thing, dict):
        for key, value in list(thing.items()):
            yield ("[%.40r]", key), value
            yield "key", key
    elif isinstance(thing, (list, tuple, set, frozenset, deque)):
        for index, value in enumerate(list(thing)):
            yield ("[%s]", index), value
    elif kind is type(os.environ):
        yield "._data", thing._data
    if isinstance(thing, type):
        names = {*_get_slots(thing), *_ASKED} - {"f_locals"}
    for name in names:
        try:
            value = object.__getattribute__(thing, name)
        except Exception:  # not there, or not now
            try:
                value = type.__getattribute__(thing, name) if isinstance(thing, type) else None
            except Exception:
                continue
        if value is not None:
            yield (
                (".%s", name),
                dict(value) if isinstance(value, types.MappingProxyType) else value,
            )
    if str(getattr(kind, "__module__", "")).startswith(ADDON) and not isinstance(thing, type):
        for name in dir(thing):
            try:
                yield (".%s", name), getattr(thing, name)
            except Exception:
                continue


@tagged("post_install", "-at_install")
class TestSecretAttacks(AttackCommon):
    """Expressions, what failed, and processes."""

    # From a record to its module, and from there on.
    FORMATS = tuple(
        f"{{0._file_read.__func__.__globals__[os].{way}}}"
        for way in (
            "environ[CERTIFICATE_KEY_SECRET]",
            "environ",
            "environ._data",
            "environb",
            *(
                f"sys.modules[{ADDON}.models.keys.custody].SOURCE.{name}"
                for name in (
                    "_secrets",
                    "_secrets[0]._keyed",
                    "_secrets[0].id",
                    "_given",
                    "_environ",
                )
            ),
            f"sys.modules[{ADDON}.tools.key_seal]._WITHHOLDING[0]._extracted",
        )
    )

    def test_a_walk_from_what_an_expression_has_finds_no_marker(self):
        secret = random.token_hex(24)
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        patterns = get_patterns(secret, key)
        with own_samples.secret(secret):
            own = self.get_own()
            self.assertFalse(self.load(own, own_samples.make_p12(own_samples.issue(key=key), key)))
            own.action_finish()
            self.assertSigns(own)
            with self.assertRaises(UserError):
                own._sign_xml(b"no document", self.make_record().with_user(self.user_a))
            del key
            self.env.flush_all()
            self.env.invalidate_all()
            # What is loaded again for a signature is what stays.
            self.assertSigns(own)
            roots = self.get_roots()
            count, found = walk(roots, patterns)
            self.assertEqual(found, [])
            self.assertGreater(count, 200_000)
            # Each way in which it was there before would have been found.
            encoded = base64.b64encode(secret.encode())

            def get_secrets(self, default=encoded):
                return secret

            log = type(self.env["certificate.signature.log"])
            with (
                patch.dict(os.environ, CERTIFICATE_KEY_SECRET=secret),
                patch.object(log, "_get_it", get_secrets, create=True),
            ):
                _count, found = walk({"env": self.env}, patterns)
            for name, ways in (("environ", 1), ("_get_it", 2)):
                self.assertGreaterEqual(sum(name in way for way in found), ways, name)

    def get_roots(self):
        """Return what the evaluators give to an expression."""
        model_id = self.env["ir.model"]._get(CERTIFICATE).id
        values = {"name": "x", "state": "code", "model_id": model_id}
        action = self.env["ir.actions.server"].create(values)
        roots = {
            "env": self.env,
            "action": self.env["ir.actions.server"]._get_eval_context(action),
            "builtins": safe_eval._BUILTINS,
            "safe_eval": safe_eval.safe_eval,
            "template": self.env["mail.render.mixin"]._render_eval_context(),
            "rule": self.env["ir.rule"]._eval_context(),
            "modules": sys.modules,
        }
        roots.update((f"env[{name!r}]", self.env[name]) for name in self.env.registry)
        return roots

    def test_no_method_returns_it(self):
        """Whatever methods of the add-on take no argument are called as the superuser."""
        secret = random.token_hex(24)
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        patterns = get_patterns(secret, key)
        count, called = 0, set()
        with own_samples.secret(secret):
            own = self.get_own()
            self.load(own, own_samples.make_p12(own_samples.issue(key=key), key))
            own.action_finish()
            certificate = own.sudo().certificate_id
            for model in (own.sudo(), certificate, self.company_a.sudo(), *self.get_empty()):
                for name in dir(type(model)):
                    method = getattr(type(model), name, None)
                    if not isinstance(method, types.FunctionType) or not (
                        method.__module__.startswith(ADDON)
                    ):
                        continue
                    # What models share is asked of one of those without records.
                    if method in called and not model:
                        continue
                    called.add(method)
                    for args in ((), (certificate,)):
                        answer = self.call(model, name, args)
                        count += 1
                        self.assertHidden(repr(answer).encode(), patterns)
                        # What decrypts or signs is no answer either.
                        for kind in (rsa.RSAPrivateKey, key_seal.Secret):
                            for part in answer if isinstance(answer, tuple) else (answer,):
                                self.assertNotIsInstance(part, kind, name)
        self.assertGreater(count, 1000)

    def get_empty(self):
        """Every model of the add-on, and what is filled by whoever opens a page."""
        for name, model in self.env.registry.items():
            if model._original_module == MODULE and not model._abstract:
                yield self.env[name].sudo()
        yield self.env["certificate.custody.wizard"].with_user(self.custodian).new({})
        yield self.env["res.config.settings"].sudo().new({})

    def call(self, model, name, args):
        with (
            mute_logger(
                "odoo.sql_db",
                "odoo.models",
                "odoo.domains",
                "odoo.addons.base.models.ir_actions_report",
            ),
            warnings.catch_warnings(action="ignore"),
            self.cr.savepoint() as savepoint,
        ):
            try:
                return getattr(model, name)(*args)
            except Exception as error:
                return error
            finally:
                savepoint.rollback()
                self.env.invalidate_all()

    def test_no_evaluator_prints_it(self):
        secret = random.token_hex(24)
        patterns = get_patterns(secret)
        environ = {**os.environ, server_secret.VARIABLE: secret}
        source = server_secret.Source(environ)
        self.addCleanup(source.close)
        self.assertNotIn(server_secret.VARIABLE, environ)
        attachments = self.env["ir.attachment"]
        editor = self.user_a
        editor.sudo().group_ids |= self.env.ref("mail.group_mail_template_editor")
        with patch.object(custody, "SOURCE", source):
            self.assertTrue(custody.get_secrets())
            for text in self.FORMATS:
                found = self.evaluate(f"found = {text!r}.format(env['ir.attachment'])")
                self.assertHidden(found, patterns)
                found = self.evaluate(
                    f"found = {text.replace('{0', '{x')!r}.format_map({{'x': env['ir.attachment']}})"
                )
                self.assertHidden(found, patterns)
                expression = f"{{{{ {text!r}.format(object.env['ir.attachment']) }}}}"
                for user in (editor, self.system_user):
                    self.assertHidden(self.render(expression, user, "inline_template"), patterns)
                arch = f"<t t-out=\"{text!r}.format(object.env['ir.attachment'])\"/>"
                self.assertHidden(self.render(arch, self.system_user, "qweb"), patterns)
                try:
                    found = safe_eval.safe_eval(f"{text!r}.format(x)", {"x": attachments})
                except Exception as error:  # whatever it says is an answer
                    found = repr(error)
                self.assertHidden(found.encode(), patterns)
            for code in (
                "found = env['certificate.signature.log']._get_secrets()",
                "found = env['certificate.signature.log'].sudo()._get_secrets()[0]",
                "found = '%s %r' % (2 * (env['certificate.signature.log']._get_secrets(),))",
            ):
                self.assertHidden(self.evaluate(code), patterns)

    def render(self, template, user, engine):
        record = self.company_a.partner_id.with_user(user)
        try:
            with self.cr.savepoint(), mute_logger("odoo.addons.mail.models.mail_render_mixin"):
                found = (
                    self.env["mail.render.mixin"]
                    .with_user(user)
                    ._render_template(template, record._name, record.ids, engine=engine)
                )
        except Exception as error:  # whatever it says is an answer
            found = error
        return repr(found).encode()

    # Collects the local variables of all that failed and of all that is running.
    FRAMES = """
found = []
try:
    %s
except Exception as error:
    ways = ['', '.__context__', '.__context__.__context__', '.__cause__']
    tries = [w + '.__traceback__' + '.tb_next' * n + '.tb_frame' for w in ways for n in range(40)]
    tries += ['.__traceback__.tb_frame' + '.f_back' * n for n in range(40)]
    for way in tries:
        try:
            # What runs the test knows what it looks for.
            if '/tests/' not in ('{0' + way + '.f_code.co_filename}').format(error):
                found.append(('{0' + way + '.f_locals}').format(error))
        except Exception:
            continue
"""

    def test_what_fails_shows_no_key(self):
        key = own_samples.get_key()
        patterns = get_patterns(own_samples.SECRET, key)
        own = self.get_active_own()
        certificate = own.sudo().certificate_id
        record = self.make_record()
        certificates, partners = self.env.registry[CERTIFICATE], self.env.registry["res.partner"]
        for owner, name, call in (
            (
                partners,
                "_compute_display_name",
                f"env['certificate.activation'].browse({own.id})._sign_xml("
                f"env.context['document'].encode(), env['res.partner'].browse({record.id}))",
            ),
            (
                certificates,
                "write",
                f"env['{CERTIFICATE}'].sudo().browse({certificate.id})._seal_key()",
            ),
            (
                certificates,
                "write",
                f"env['{CERTIFICATE}'].sudo().browse({self.lent.id})._seal_key()",
            ),
        ):
            self.env.invalidate_all()
            with self.subTest(call), patch.object(owner, name, side_effect=UserError("x")):
                found = self.evaluate(self.FRAMES % call, document=make_document().decode())
            if name == "write":
                self.assertIn(b"SigningKey object", found, "the test sees the variables")
            self.assertHidden(found, patterns)
            self.assertNotIn(b"RSAPrivateKey object", found)

    def test_what_runs_while_a_key_is_used_sees_none(self):
        """A computed field or an automation runs in the middle, with all callers' variables in reach."""
        key = own_samples.get_key()
        patterns = get_patterns(own_samples.SECRET, key)
        own = self.get_active_own()
        certificate = own.sudo().certificate_id
        seen = []

        def look(record, vals):
            frame = sys._getframe(1)
            while frame and not frame.f_code.co_filename.endswith("test_attacks_keys.py"):
                seen.extend([repr(frame.f_locals), *map(repr, frame.f_locals.values())])
                frame = frame.f_back
            return write(record, vals)

        write = type(certificate).write
        with patch.object(self.env.registry[CERTIFICATE], "write", look):
            certificate._seal_key()
            self.lent._seal_key()
        self.assertGreater(len(seen), 5)
        shown = "\n".join(seen).encode()
        self.assertHidden(shown, patterns)
        self.assertNotIn(b"RSAPrivateKey object", shown)
        self.assertTrue(self.lent.is_key_sealed)

    def test_a_certificate_that_comes_in_lies_open_in_no_variable_of_the_add_on(self):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        patterns = get_patterns(random.token_hex(24), key)
        data = own_samples.make_p12(own_samples.issue(key=key), key)
        facts, errors = self.get_own()._examine_certificate([data], PASSWORD)
        self.assertFalse(errors)
        del key
        _count, found = walk({"facts": facts}, patterns)
        self.assertEqual(found, [])

    # === PROCESSES === #

    def test_processes_that_odoo_starts_get_the_variable_and_nobody_else(self):
        secret = random.token_hex(24)
        environ = {server_secret.VARIABLE: secret, "PATH": "x"}
        source = server_secret.Source(environ)
        self.addCleanup(source.close)
        seen = []

        def spawn(*args):
            seen.append(environ.get(server_secret.VARIABLE))

        for owner, name in server_process.STARTERS:
            with (
                self.subTest(name),
                patch.object(server_process, "SOURCE", source),
                patch.object(os, "execve", spawn),
                patch.object(
                    subprocess, "Popen", lambda *args: spawn() or types.SimpleNamespace(pid=1)
                ),
            ):
                arguments = (types.SimpleNamespace(),) if isinstance(owner, type) else ()
                getattr(owner, name)(*arguments)
                self.assertEqual(seen.pop(), secret)
                self.assertNotIn(server_secret.VARIABLE, environ)
        self.assertEqual(
            [name for _owner, name in server_process.STARTERS], ["_reexec", "long_polling_spawn"]
        )
        self.assertTrue(hasattr(server.PreforkServer.long_polling_spawn, "__wrapped__"))

    def test_the_settings_say_what_is_weak_about_the_secret(self):
        settings = self.env["res.config.settings"].sudo().create({})
        self.assertIn(server_secret.VARIABLE_FILE, settings.certificate_key_warning)
        with own_samples.secret(None):
            settings.invalidate_recordset()
            self.assertFalse(settings.certificate_key_warning)
        path = Path(self.env["ir.attachment"]._filestore()) / f"secret-{random.token_hex(4)}"
        path.write_text(own_samples.SECRET)
        self.addCleanup(path.unlink)
        for mode, is_told in ((0o644, True), (0o600, False)):
            path.chmod(mode)
            with own_samples.secret(None, CERTIFICATE_KEY_SECRET_FILE=str(path)):
                settings.invalidate_recordset()
                self.assertEqual(settings.certificate_key_protection, "plain")
                self.assertEqual(bool(settings.certificate_key_warning), is_told)


@tagged("post_install", "-at_install")
class TestFileAttacks(AttackCommon):
    """Files that are left behind, and copies of the database."""

    def setUp(self):
        super().setUp()
        self.files = self.env["certificate.key.file"].sudo()
        self.page = self.env["certificate.custody.wizard"].with_user(self.custodian).create({})
        # They are removed whatever becomes of the transaction, and other tests need them.
        for path in self.get_plain_paths():
            self.addCleanup(self.bring_back, path, path.read_bytes())

    def bring_back(self, path, content):
        # (Never over what is there: a copy of the database beside this one may have the same file.)
        if not path.exists():
            path.write_bytes(content)

    def get_plain_paths(self):
        """Return the files with the lent key in the clear."""
        domain = [("res_model", "=", KEY), ("res_id", "=", self.lent.private_key_id.id)]
        attachments = self.env["ir.attachment"].sudo()
        attachments = attachments.search([*domain, ("res_field", "!=", False)])
        paths = {Path(attachments._full_path(name)) for name in attachments.mapped("store_fname")}
        numbers = self.get_numbers(self.open(self.lent))
        self.assertTrue(any(self.leaks(path.read_bytes(), numbers) for path in paths))
        return paths

    def remove(self):
        """Do what is done after the commit, in this transaction."""
        with patch.object(
            aftermath,
            "in_own_transaction",
            lambda _dbname, call, **_options: call(self.files.env),
        ):
            self.cr.postcommit.run()

    def look_again(self):
        self.env.invalidate_all()
        return self.page.file_sentence

    def test_a_neutralised_copy_removes_the_file_when_it_is_loaded(self):
        paths = self.get_plain_paths()
        self.env.flush_all()
        self.cr.execute(NEUTRALIZE.read_text())
        self.env["ir.config_parameter"].sudo().set_param("database.is_neutralized", True)
        self.env.invalidate_all()
        self.assertTrue(all(path.exists() for path in paths), "SQL cannot delete files")
        self.assertTrue(self.look_again(), "what the copy has is told")
        settings = self.env["res.config.settings"].sudo().create({})
        self.assertTrue(settings.certificate_key_warning)
        self.files._register_hook()
        self.remove()
        self.assertFalse([path for path in paths if path.exists()])
        self.assertFalse(self.look_again())

    def test_a_file_that_cannot_be_removed_is_told(self):
        paths = self.get_plain_paths()
        self.lent._seal_key()
        with (
            patch.object(os, "unlink", side_effect=PermissionError),
            mute_logger(f"{ADDON}.models.keys.key_file"),
        ):
            self.files._remove(is_all=True)
        self.assertTrue(self.look_again())
        self.page.action_remove_files()
        self.remove()
        self.assertFalse([path for path in paths if path.exists()])
        self.assertFalse(self.look_again())

    def test_a_file_that_another_attachment_uses_stays_and_is_told(self):
        paths = self.get_plain_paths()
        content = self.lent.private_key_id.with_context(bin_size=False).content
        copy = self.env["ir.attachment"].sudo().create({"name": "key.pem", "datas": content})
        self.lent._seal_key()
        self.files._remove(is_all=True)
        self.assertTrue(any(path.exists() for path in paths))
        self.assertTrue(self.look_again())
        copy.unlink()
        self.files._remove(is_all=True)
        self.assertFalse([path for path in paths if path.exists()])
        self.assertFalse(self.look_again())

    def test_another_store_is_asked_and_read_back(self):
        """As OCA's `fs_attachment`: its own names, and files that are collected later or never."""
        store, attachments = {}, self.env.registry["ir.attachment"]
        read, delete = attachments._file_read, attachments._file_delete
        is_deleting = False

        def file_read(record, name, size=None):
            return store.get(name, b"") if "://" in name else read(record, name, size)

        def file_delete(record, name):
            if "://" not in name:
                return delete(record, name)
            if is_deleting:
                store.pop(name, None)
            return None

        self.get_plain_paths()
        domain = [("res_model", "=", KEY), ("res_id", "=", self.lent.private_key_id.id)]
        stored = self.env["ir.attachment"].sudo()
        stored = stored.search([*domain, ("res_field", "!=", False)])
        for attachment in stored:
            store[f"s3://{attachment.checksum}"] = attachment.raw
            self.cr.execute(
                "UPDATE ir_attachment SET store_fname = %s WHERE id = %s",
                [f"s3://{attachment.checksum}", attachment.id],
            )
        self.env.invalidate_all()
        with (
            patch.object(attachments, "_file_read", file_read),
            patch.object(attachments, "_file_delete", file_delete),
            mute_logger(f"{ADDON}.models.keys.key_file"),
        ):
            self.lent._seal_key()
            self.files._remove(is_all=True)
            self.assertTrue(store)
            self.assertIn("s3://", self.look_again())
            # A copy may share it with the original: only a custodian removes it there.
            is_deleting = True
            self.cr.postcommit.clear()
            self.env["ir.config_parameter"].sudo().set_param("database.is_neutralized", True)
            self.files._gc_key_files()
            self.remove()
            self.assertTrue(store)
            self.page.action_remove_files()
            self.remove()
            self.assertFalse(store)
            self.assertFalse(self.look_again())

    # === COPIES === #

    def test_a_copy_with_the_same_secret_signs_once_its_custodian_says_so(self):
        own = self.get_active_own()
        self.assertSigns(own)
        self.assertFalse(self.page.place_sentence)
        parameters = self.env["ir.config_parameter"].sudo()
        noted = parameters.get_param(custody.PLACE_PARAMETER)
        uuid = parameters.get_param("database.uuid")
        for key, value in (
            ("database.uuid", "another"),
            (custody.PLACE_PARAMETER, False),
            (custody.PLACE_PARAMETER, noted[::-1]),
            (custody.PLACE_PARAMETER, "é"),
        ):
            parameters.set_param(key, value)
            self.env.invalidate_all()
            with self.subTest(key), self.assertRaises(UserError):
                custody.open_signing_key(own)
            self.assertTrue(self.page.place_sentence)
            parameters.set_param("database.uuid", uuid)
            parameters.set_param(custody.PLACE_PARAMETER, noted)
        self.assertSigns(own)
        self.cr.flush()  # the history of what was done here belongs to this database
        with self.assertRaises(UserError), patch.object(self.cr, "dbname", "a_copy"):
            custody.open_signing_key(own)
        parameters.set_param("database.uuid", "another")
        self.env.invalidate_all()
        # Another key that is sealed there does not confirm it.
        with self.assertRaises(UserError):
            custody.open_signing_key(own)
        self.lent._seal_key()
        with self.assertRaises(UserError):
            custody.open_signing_key(own)
        for user in (self.user_a, self.manager_a, self.stranger):
            with self.assertRaises(Exception):  # noqa: B017  # AccessError of one kind or another
                self.page.with_user(user).action_confirm_place()
        self.page.action_confirm_place()
        self.env.invalidate_all()
        self.assertSigns(own)
        self.assertFalse(self.page.place_sentence)
