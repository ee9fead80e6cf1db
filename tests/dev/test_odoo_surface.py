"""What the add-on overrides of Odoo and what it calls there that Odoo promises to nobody.

Each is written down in `odoo_surface.txt` with its signature. When an update of Odoo changes one, this test
names it: check that the add-on still does what it should, then rewrite the file with

    CERTIFICATE_SURFACE=write dev/test tests/dev/test_odoo_surface.py
"""

import ast
import difflib
import importlib
import inspect
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

from odoo.modules.module import Manifest
from odoo.tests import TransactionCase, tagged

import odoo.addons

from ...const import MODULE

ROOT = Path(__file__).parents[2]
RECORDED = Path(__file__).with_name("odoo_surface.txt")
PRODUCT = (
    *ROOT.glob("*.py"),
    *(
        path
        for folder in ("cli", "controllers", "demo", "models", "reports", "tools", "wizards")
        for path in (ROOT / folder).rglob("*.py")
    ),
)
PACKAGE = f"odoo.addons.{MODULE}"
# What Odoo documents; the rest may move at any time.
DOCUMENTED = {
    "odoo",
    "odoo.api",
    "odoo.exceptions",
    "odoo.fields",
    "odoo.http",
    "odoo.models",
    "odoo.tools",
}
# Without these Odoo itself cannot be imported.
_NEEDED_BY_ODOO = {"odoo", "babel", "dateutil", "lxml", "markupsafe", "psycopg2", "werkzeug"}
_IMPORTED_AS = {"Pillow": "PIL", "python-stdnum": "stdnum"}


def get_signature(function):
    function = inspect.unwrap(getattr(function, "__func__", function))
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return "(...)"
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in signature.parameters.values()
    ]
    signature = signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty)
    # A default that is an object has an address.
    return re.sub(r" at 0x[0-9a-f]+", "", str(signature))


@tagged("post_install", "-at_install")
class TestOdooSurface(TransactionCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        upstream = (
            cls.env["ir.module.module"]
            ._get(MODULE)
            .upstream_dependencies(exclude_states=("uninstallable",))
        )
        # What happens to be installed beside them does not count.
        cls.packages = tuple(f"odoo.addons.{name}." for name in ("base", *upstream.mapped("name")))
        cls.trees = {path: ast.parse(path.read_text()) for path in PRODUCT}

    def is_ours(self, thing):
        return thing.__module__.startswith(f"{PACKAGE}.")

    def is_odoos(self, thing):
        module = thing.__module__
        return module.startswith("odoo.") and (
            not module.startswith("odoo.addons.") or f"{module}.".startswith(self.packages)
        )

    def find_overrides(self, classes, start, owner):
        """Name what one of the add-on's classes redefines of the next class of Odoo after it.

        :param classes: in the order in which methods are looked up
        :param start: where the class of the add-on stands
        :param owner: what it belongs to, with a dot; empty for what is the add-on's own
        """
        for name in vars(classes[start]):
            if not callable(getattr(classes[start], name)) or name.startswith("__"):
                continue
            origin = next(
                (cls for cls in classes[start + 1 :] if name in vars(cls) and self.is_odoos(cls)),
                None,
            )
            if origin:
                signature = get_signature(getattr(origin, name))
                yield f"override {owner}{name} of {origin.__module__} {signature}"

    def list_model_overrides(self):
        for name, model in self.registry.items():
            owner = "" if model._original_module == MODULE else f"{name}."
            for start, cls in enumerate(model.__mro__):
                # A mixin is listed by itself, and not again for each model that has it.
                if self.is_ours(cls) and getattr(cls, "_name", None) == name:
                    yield from self.find_overrides(model.__mro__, start, owner)

    def list_class_overrides(self):
        """Name what controllers and commands override."""
        for folder in ("controllers", "cli"):
            for name, module in list(sys.modules.items()):
                if not name.startswith(f"{PACKAGE}.{folder}."):
                    continue
                for cls in vars(module).values():
                    if inspect.isclass(cls) and cls.__module__ == name:
                        yield from self.find_overrides(cls.__mro__, 0, f"{cls.__name__}.")

    def list_imports(self):
        """Name what is imported of Odoo beside what it documents."""
        for tree in self.trees.values():
            for node in ast.walk(tree):
                if not isinstance(node, ast.ImportFrom) or node.level or not node.module:
                    continue
                if node.module.split(".")[0] != "odoo" or node.module in DOCUMENTED:
                    continue
                if node.module.startswith(PACKAGE):
                    continue
                for alias in node.names:
                    try:
                        thing = getattr(importlib.import_module(node.module), alias.name)
                    except ImportError:  # of an add-on that need not be there
                        thing = None
                    signature = f" {get_signature(thing)}" if inspect.isfunction(thing) else ""
                    yield f"import {node.module}.{alias.name}{signature}"

    def list_private_calls(self):
        """Name the private methods of Odoo that the add-on calls, known by names that it does not define."""
        defined, called = set(), set()
        for tree in self.trees.values():
            for node in ast.walk(tree):
                if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                    defined.add(node.name)
                elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    called.add(node.func.attr)
        classes = {cls for model in self.registry.values() for cls in model.__mro__}
        classes |= {
            cls
            for name, module in list(sys.modules.items())
            if name.startswith(("odoo.orm.", "odoo.http", *self.packages))
            for cls in vars(module).values()
            if inspect.isclass(cls)
        }
        for name in called - defined:
            if not re.match(r"_[a-z]", name):
                continue
            for cls in classes:
                if name in vars(cls) and self.is_odoos(cls):
                    yield f"call {name} of {cls.__module__} {get_signature(getattr(cls, name))}"

    def list_scripts(self):
        """Name what scripts extend or patch, and the methods that they redefine."""
        for path in (ROOT / "static/src").rglob("*.js"):
            source = path.read_text()
            found = [
                *re.findall(r"class \w+ extends (\w+\.\w+) \{\n(.*?)\n\}", source, re.DOTALL),
                *re.findall(r"\bpatch\((\S+?), \{\n(.*?)\n\}\)", source, re.DOTALL),
            ]
            for base, body in found:
                for method in re.findall(r"^    (?:async )?(\w+)\(.*?\) \{$", body, re.MULTILINE):
                    yield f"script {base}.{method}"
                    if method != "setup":
                        yield from self.find_in_scripts(method)

    def find_in_scripts(self, method):
        """Name the definitions of a method in the web client."""
        folder = Path(Manifest.for_addon("web").path) / "static/src"
        for path in folder.rglob("*.js"):
            for line in re.findall(
                rf"^    (?:async )?({method}\(.*?\)) \{{", path.read_text(), re.MULTILINE
            ):
                yield f"script {path.relative_to(folder)} {line}"

    def test_what_is_taken_of_odoo_is_as_it_was(self):
        now = sorted(
            {
                *self.list_model_overrides(),
                *self.list_class_overrides(),
                *self.list_imports(),
                *self.list_private_calls(),
                *self.list_scripts(),
            }
        )
        if os.environ.get("CERTIFICATE_SURFACE") == "write":
            RECORDED.write_text("\n".join(now) + "\n")
        recorded = RECORDED.read_text().splitlines()
        moved = "\n".join(
            line
            for line in difflib.unified_diff(
                recorded, now, "recorded", "this Odoo", lineterm="", n=0
            )
            if not line.startswith("@@")
        )
        self.assertFalse(moved, f"Odoo or what is taken of it has changed:\n{moved}")

    def test_scripts_hear_no_click_of_the_whole_client(self):
        for path in (ROOT / "static/src").rglob("*.js"):
            with self.subTest(path.name):
                self.assertNotRegex(
                    path.read_text(),
                    r"\b(document|window|browser|body|documentElement)\.addEventListener|tour_service|tour_enabled",
                )

    def test_it_is_imported_without_what_nobody_requires(self):
        """What the manifest does not name may be missing: the add-on works with less."""
        named = {
            _IMPORTED_AS.get(name, name)
            for name in Manifest.for_addon(MODULE)["external_dependencies"]["python"]
        }
        imported = set()
        for tree in self.trees.values():
            for node in ast.walk(tree):
                if isinstance(node, ast.Import):
                    imported.update(alias.name.split(".")[0] for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    imported.add(node.module.split(".")[0])
        missing = imported - named - set(sys.stdlib_module_names) - _NEEDED_BY_ODOO
        code = f"""
            import sys
            sys.modules.update(dict.fromkeys({sorted(missing)!r}))
            import odoo.addons
            odoo.addons.__path__[:] = {list(odoo.addons.__path__)!r}
            import {PACKAGE}
        """
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
