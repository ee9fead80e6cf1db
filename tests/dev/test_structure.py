"""The structure of the add-on: what is defined once, and that no file's name is behaviour."""

import ast
import base64
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from lxml import etree

from odoo import fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.http import Controller
from odoo.models import is_model_definition
from odoo.tests import TransactionCase, get_db_name, new_test_user, tagged
from odoo.tools import config

from ...const import MODULE, PAYMENT_LEVELS, PAYMENT_STATUSES, REPRESENTATIVE_FIELDS
from ...models.activation import activation as certificate_activation
from ...models.activation.alerts import ALERTS
from ...models.activation.notices import NOTICES
from ...models.activation.routes import ROUTES, Route
from ...models.company import res_company
from ..common import pdf_samples
from . import shuffled_imports

ROOT = Path(__file__).parents[2]
# What each class of a model says for itself, and Odoo puts together.
_OF_EACH_CLASS = {"_name", "_inherit", "_description", "_register", "_module"}
# Through each state of an activation and of a request, by all who have a part in them.
WALKS = (
    "test_certificate_activation.TestPaidActivation"
    ".test_each_action_changes_only_the_states_it_is_for",
    *(
        f"test_certificate_request.{name}"
        for name in (
            "TestCertificateRequest.test_a_company_walks_from_its_loan_to_a_certificate_of_its_own",
            "TestPaidRequest.test_each_transition_changes_only_the_states_it_is_for",
            "TestPaidRequest.test_what_was_rejected_is_corrected_and_what_was_accepted_stays",
        )
    ),
)


def find_subclasses(cls):
    """Yield a class and whatever derives from it."""
    yield cls
    for derived in cls.__subclasses__():
        yield from find_subclasses(derived)


def find_names(body):
    """Return the names that a class defines, also under a condition.

    :param body: statements
    :rtype: set[str]
    """
    names = set()
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(statement.name)
        elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = getattr(statement, "targets", None) or [statement.target]
            for target in targets:
                names |= {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}
        for part in ("body", "orelse", "finalbody"):
            if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names |= find_names(getattr(statement, part, []))
    return names


def find_doubles(sources):
    """Find names that two classes of one model define.

    :param dict sources: Python source, by the name of its file
    :return: the files of each, by model and name
    :rtype: dict[tuple[str, str], list[str]]
    """
    files = defaultdict(list)
    for file, source in sources.items():
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.ClassDef):
                continue
            said = shuffled_imports.read_class(node)
            inherited = said.get("_inherit")
            model = said.get("_name") or (inherited if isinstance(inherited, str) else None)
            if model:
                for name in find_names(node.body) - _OF_EACH_CLASS:
                    files[model, name].append(file)
    return {key: found for key, found in files.items() if len(found) > 1}


def find_added(sources):
    """Find the methods that classes add to models and controllers without calling those of others.

    :param dict sources: Python source, by the name of its file
    :return: files, by what is extended (a model, or the name of a class) and the method
    :rtype: dict[tuple[str, str], set[str]]
    """
    added = defaultdict(set)
    for file, source in sources.items():
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.ClassDef):
                continue
            # (Names of tests are made by expressions.)
            said = {
                ast.unparse(statement.targets[0]): {
                    part.value
                    for part in ast.walk(statement.value)
                    if isinstance(part, ast.Constant)
                }
                for statement in node.body
                if isinstance(statement, ast.Assign)
            }
            bases = {ast.unparse(base) for base in node.bases}
            extended = said.get("_name") or said.get("_inherit") or bases
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and "super(" not in ast.unparse(method):
                    for name in extended:
                        added[name, method.name].add(file)
    return added


def find_borrowed(source):
    """Find what a module of tests takes from another, and the instances that it makes of its own classes.

    :rtype: list[str]
    """
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = f"{'.' * node.level}{node.module or ''}"
            names = [f"{module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "cls":
            found.append(ast.unparse(node))
            continue
        else:
            continue
        # Odoo's own tests are borrowed by their names.
        names = [name for name in names if name.startswith(".") or f".{MODULE}." in name]
        found += [name for name in names if ".test_" in name]
    return found


@tagged("post_install", "-at_install")
class TestStructure(TransactionCase):
    def run_shuffled(self, order, *tests):
        """Run tests in a process that imports the model files in another order.

        :return: the files, in the order in which their classes reached Odoo
        :rtype: list[str]
        """
        names = ("addons_path", "data_dir", "db_host", "db_port", "db_user", "db_password")
        options = {name: config[name] for name in names}
        done = subprocess.run(
            [sys.executable, "-P", shuffled_imports.__file__, MODULE, order, *tests],
            input=json.dumps({**options, "db_name": [get_db_name()]}),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stderr[-6000:])
        return done.stdout.split()

    # === ONE NAME, ONE DEFINITION === #

    def test_a_model_defines_a_name_once(self):
        sources = {
            str(path.relative_to(ROOT)): path.read_text()
            for path in sorted(ROOT.rglob("*.py"))
            if path.relative_to(ROOT).parts[0] not in ("tests", "dev", "migrations")
        }
        self.assertIn("models/activation/activation.py", sources)
        self.assertEqual(find_doubles(sources), {})

    def test_doubles_are_found_wherever_they_stand(self):
        first = 'class A(models.Model):\n    _name = "a"\n    x = 1\n    def f(self): pass\n'
        for other in (
            'class A(models.Model):\n    _inherit = "a"\n    def f(self): pass\n',
            'class B(models.Model):\n    _name = "a"\n    _inherit = ["a", "mixin"]\n    f = None\n',
            'class A(models.Model):\n    _inherit = "a"\n    async def f(self): pass\n',
            'class A(models.Model):\n    _inherit = "a"\n    if True:\n        def f(self): pass\n',
            'class A(models.Model):\n    _inherit = "a"\n    f, g = 1, 2\n',
            'class A(models.Model):\n    _inherit = "a"\n    f: int = 1\n',
            'if True:\n    class A(models.Model):\n        _inherit = "a"\n        def f(self): pass\n',
        ):
            with self.subTest(other=other):
                found = find_doubles({"models/a.py": first, "models/room/b.py": other})
                self.assertEqual(found, {("a", "f"): ["models/a.py", "models/room/b.py"]})
                self.assertEqual(
                    find_doubles({"models/a.py": first + other}),
                    {("a", "f"): ["models/a.py", "models/a.py"]},
                )
        other = (
            'class C(models.Model):\n    _name = "c"\n    _inherit = ["a"]\n    def f(self): pass\n'
        )
        self.assertEqual(find_doubles({"models/a.py": first, "models/c.py": other}), {})

    def test_classes_of_a_model_have_no_name_in_common(self):
        """As Odoo has put them together: whatever their order, one of them answers to a name."""
        seen = set()
        for name, model in self.registry.items():
            ours = [
                cls
                for cls in model._base_classes__
                if is_model_definition(cls) and cls._module == MODULE
            ]
            found = defaultdict(list)
            for cls in ours:
                for attribute in vars(cls).keys() - _OF_EACH_CLASS:
                    if not (attribute.startswith("__") and attribute.endswith("__")):
                        found[attribute].append(cls.__module__)
            doubles = {key: files for key, files in found.items() if len(files) > 1}
            # What the metaclass notes down for each.
            for attribute in ("_field_definitions", "_table_object_definitions", "_inherits"):
                doubles.pop(attribute, None)
            self.assertEqual(doubles, {}, name)
            if len(ours) > 1:
                seen.add(name)
        self.assertLessEqual({"certificate.activation", "res.company"}, seen)

    # === BESIDE OTHER ADD-ONS === #

    def test_no_helper_of_a_controller_has_a_name_that_another_add_on_may_choose(self):
        """Odoo makes one class of all that extend a controller, whoever wrote them."""
        helpers = defaultdict(set)
        for controller in Controller.__subclasses__():
            for cls in find_subclasses(controller):
                if (
                    cls.__module__.startswith(f"odoo.addons.{MODULE}.")
                    and cls.__base__ != Controller
                ):
                    taken = {name for base in cls.__mro__[1:] for name in vars(base)}
                    for name in vars(cls).keys() - taken:
                        helpers[name].add(cls)
        helpers = {name: found for name, found in helpers.items() if not name.startswith("__")}
        self.assertIn("_get_certificate_invoice", helpers)
        self.assertEqual({name for name in helpers if "certificate" not in name}, set())
        # Nor one that another of ours has.
        self.assertEqual({name for name, found in helpers.items() if len(found) > 1}, set())

    def test_no_add_on_that_is_here_has_a_method_of_the_same_name(self):
        """Two add-ons that each add a method of one name to a model answer for each other."""
        sources = {
            str(path): path.read_text()
            for folder in ("models", "wizards")
            for path in (ROOT / folder).rglob("*.py")
        }
        own = {name for name in self.registry if self.registry[name]._original_module == MODULE}
        ours = {key for key in find_added(sources) if key[0] not in own}
        words = re.compile(
            rb"def (?:%s)\(" % b"|".join(sorted({name.encode() for _model, name in ours}))
        )
        others = {
            str(path): content.decode()
            for folder in config["addons_path"]
            for path in Path(folder).glob("*/*/*.py")
            if path.parts[-3] != MODULE and path.parts[-2] not in ("tests", "populate")
            if words.search(content := path.read_bytes())
        }
        self.assertIn(("res.partner", "_get_nit_forms"), ours)
        found = find_added(others)
        self.assertEqual({key: found[key] for key in ours & found.keys()}, {})

    def test_a_method_of_the_same_name_is_found(self):
        ours = 'class A(models.Model):\n    _inherit = "a"\n    def f(self): return 1\n'
        for other in (
            'class A(models.Model):\n    _inherit = "a"\n    def f(self): return 2\n',
            'class A(models.Model):\n    _name = "a"\n    _inherit = ["a", "b"]\n    def f(self): return 2\n',
        ):
            with self.subTest(other=other):
                keys = find_added({"a.py": ours}).keys() & find_added({"b.py": other}).keys()
                self.assertEqual(keys, {("a", "f")})
        other = 'class A(models.Model):\n    _inherit = "a"\n    def f(self): return super().f()\n'
        self.assertEqual(find_added({"b.py": other}), {})

    def test_each_note_of_an_activity_is_written_as_text(self):
        """Odoo takes a note for markup, and any name may stand in its sentence."""
        found = 0
        for path in sorted((ROOT / "models").rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                values = []
                if isinstance(node, ast.keyword) and node.arg == "note":
                    values = [node.value]
                elif isinstance(node, ast.Dict):
                    values = [
                        value
                        for key, value in zip(node.keys, node.values, strict=True)
                        if isinstance(key, ast.Constant) and key.value == "note"
                    ]
                elif isinstance(node, ast.Assign) and any(
                    isinstance(target, ast.Attribute) and target.attr == "note"
                    for target in node.targets
                ):
                    values = [node.value]
                for value in values:
                    found += 1
                    with self.subTest(file=path.name, line=value.lineno):
                        self.assertIsInstance(value, ast.Call)
                        self.assertEqual(ast.unparse(value.func), "write_note")
        self.assertGreaterEqual(found, 6)

    # === TESTS === #

    def test_no_module_of_tests_takes_from_another(self):
        """What several have in common is a module of its own: a class of tests is run, not walked with."""
        found = {
            str(path.relative_to(ROOT)): find_borrowed(path.read_text())
            for path in (ROOT / "tests").rglob("*.py")
            if path.name != "__init__.py"
        }
        self.assertIn("tests/dev/test_structure.py", found)
        self.assertEqual({file: names for file, names in found.items() if names}, {})

    def test_what_is_taken_from_tests_is_found_however_it_is_written(self):
        for source in (
            "from .test_a import B",
            "from ..room.test_a import B as C",
            "from . import samples, test_a",
            f"from odoo.addons.{MODULE}.tests.test_a import B",
            f"import odoo.addons.{MODULE}.tests.test_a as a",
            "def f():\n    from .test_a import B",
            "class A:\n    def f(cls):\n        cls().walk()",
        ):
            with self.subTest(source=source):
                self.assertEqual(len(find_borrowed(source)), 1)
        for source in (
            "from odoo.addons.base.tests import test_views",
            "from . import samples",
        ):
            with self.subTest(source=source):
                self.assertEqual(find_borrowed(source), [])

    # === TABLES === #

    def test_each_route_has_its_object(self):
        codes = [
            code for code, _label in self.env["certificate.activation"]._fields["route"].selection
        ]
        self.assertEqual([*ROUTES], codes)
        for code, route in ROUTES.items():
            # All of the contract, where the neutral one would raise.
            for name in ("get_certificate", "prepare_period_vals", "start_period", "renew"):
                with self.subTest(code=code, name=name):
                    self.assertIsNot(getattr(type(route), name), getattr(Route, name))

    def test_the_tables_name_methods_that_are_there(self):
        activation = self.env["certificate.activation"]
        named = [
            *(notice.recipients for notice in NOTICES.values()),
            *(notice.button.get_url for notice in NOTICES.values()),
            *(method for _names, method in certificate_activation._WRITE_EFFECTS),
            *(method for _states, method in certificate_activation._STATE_EFFECTS),
        ]
        self.assertEqual(
            [name for name in named if not callable(getattr(activation, name, None))], []
        )
        company = self.env["res.company"]
        effects = res_company._WRITE_EFFECTS
        self.assertLessEqual(effects.keys(), company._fields.keys())
        self.assertTrue(all(callable(getattr(company, name)) for name in effects.values()))
        for names, _method in certificate_activation._WRITE_EFFECTS:
            self.assertLessEqual({*names}, activation._fields.keys())

    def test_each_alert_stands_somewhere_and_its_button_leads_on(self):
        views = self.env["ir.ui.view"].search([("arch_db", "like", "alert")])
        archs = "".join(
            view.with_context(lang=None).arch_db
            for view in views
            if (view.xml_id or "").startswith(f"{MODULE}.")
        )
        shown = {
            name
            for names in re.findall(
                r"""'names': '([^']+)'|t-set="names" t-value="'([^']+)'""", archs
            )
            for name in " ".join(names).split()
        }
        sentences = {
            *("active", "company", "finished", "findings", "loan", "record"),
            *("representative", "representative_change"),
            # The next step, by its sentence and by its button.
            *("next", "sentence", "action_open_next"),
        }
        self.assertEqual(shown - sentences, {*ALERTS})
        wizard = self.env["certificate.activation.wizard"]
        for name, alert in ALERTS.items():
            if alert.action:
                with self.subTest(alert=name):
                    if alert.action.type == "object":
                        self.assertTrue(callable(getattr(wizard, alert.action.name)))
                    else:
                        self.assertTrue(self.env.ref(alert.action.name))

    def test_the_representative_is_laid_out_once(self):
        form = etree.fromstring(self.env["certificate.activation.wizard"].get_view()["arch"])
        names = [node.get("name") for node in form.iter("field")]
        self.assertEqual(
            [name for name in names if name.startswith("representative_")],
            [*REPRESENTATIVE_FIELDS],
        )

    def test_every_status_of_a_payment_has_its_colour(self):
        statuses = self.env["certificate.activation"]._fields["payment_status"].selection
        self.assertEqual([*PAYMENT_LEVELS], [code for code, _label in PAYMENT_STATUSES])
        self.assertEqual(statuses, PAYMENT_STATUSES)

    # === NO FILE'S NAME IS BEHAVIOUR === #

    def test_renaming_a_file_changes_no_step(self):
        """Its name decides when it is imported. Here each stands where the alphabet's end is the beginning."""
        files = self.run_shuffled("reversed", *WALKS)
        self.assertLess(
            files.index("models.signing.signing"),
            files.index("models.letter.letter"),
        )

    def test_shuffled_imports_change_no_step(self):
        """In an order that is not alphabetical; another number gives another order."""
        files = self.run_shuffled("7", WALKS[-1])
        self.assertNotEqual(files, sorted(files))

    # === MIXINS ALONE === #

    def test_a_record_with_files_asks_itself_who_may_write(self):
        """The mixin of files without another one beside it."""

        from odoo.orm.model_classes import add_to_registry

        class Files(models.Model):
            _register = False
            _module = MODULE
            _name = "certificate.test.files"
            _description = "Files of a Test"
            _inherit = ["certificate.pdf.mixin"]
            _log_access = False
            _pdf_fields = ("scan",)
            _editable_fields = frozenset({"scan", "scan_filename"})

            name = fields.Char()
            scan = fields.Binary(attachment=True)
            scan_filename = fields.Char()
            scan_size = fields.Integer()
            scan_sha256 = fields.Char()
            scan_pages = fields.Integer()

        add_to_registry(self.registry, Files)
        self.addCleanup(self.registry._setup_models__, self.cr, [])
        self.addCleanup(self.registry.__delitem__, Files._name)
        self.addCleanup(self.env.invalidate_all)
        self.registry._setup_models__(self.cr, [])
        self.registry.init_models(self.cr, [Files._name], {"module": MODULE})
        scan = base64.b64encode(pdf_samples.scan_pdf(2))
        record = self.env[Files._name].create({"name": "one"})
        user = new_test_user(self.env, "certificate_files", groups="base.group_user")
        theirs = record.with_user(user)
        for vals in ({}, {"name": "two"}, {"scan": scan}, {"scan_size": 1}):
            with self.subTest(written=[*vals]), self.assertRaises(AccessError):
                theirs.write(vals)
        self.env["ir.model.access"].create(
            {
                "name": "files",
                "model_id": self.env["ir.model"]._get_id(Files._name),
                "group_id": self.env.ref("base.group_user").id,
                **dict.fromkeys(("perm_read", "perm_write", "perm_create"), True),
            }
        )
        for vals in ({"name": "two"}, {"scan_size": 1}, {"scan": scan, "scan_sha256": "0"}):
            with self.subTest(written=[*vals]), self.assertRaises(AccessError):
                theirs.write(vals)
        for vals in ({"scan": scan}, {"scan_sha256": "0"}):
            with self.subTest(created=[*vals]), self.assertRaises(AccessError):
                theirs.create(vals)
        with self.assertRaises(ValidationError):
            theirs.write({"scan": base64.b64encode(b"no PDF")})
        self.assertFalse(record.scan)
        theirs.write({"scan": scan})
        self.assertEqual((record.scan_pages, record.name), (2, "one"))
