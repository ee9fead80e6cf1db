"""Runs tests in a process that has imported the model files in another order; started by `test_structure.py`.

In which order Python runs these files is what their names and those of their rooms decide: `__init__.py` imports
them by the alphabet. A file that defines a model stands before those that extend or inherit it in any order, because
Odoo refuses the others at once and in words.

    python -P shuffled_imports.py <add-on> <reversed, or a number to shuffle by> <test> ... < configuration.json

A test is named by file, class and, unless all of the class are meant, method: `test_wizard.TestWizard.test_it`.
Prints the files in the order of their imports; exits with 0 when all of the tests passed.
"""

import ast
import importlib
import importlib.util
import json
import random
import sys
import threading
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("models", "wizards")


def read_class(node):
    """Return what a class of a model says of itself: its `_name` and `_inherit`, as far as they are there.

    :param ast.ClassDef node: the class
    :rtype: dict
    """
    return {
        target.id: ast.literal_eval(statement.value)
        for statement in node.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name) and target.id in ("_name", "_inherit")
    }


def read_file(path):
    """Return the models that a file defines, those that it extends or inherits, and the files that it imports.

    :rtype: tuple[set[str], set[str], set[str]]
    """
    defined, needed, imported = set(), set(), set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            place = path.relative_to(ROOT).parts[: -node.level]
            place += tuple(node.module.split(".")) if node.module else ()
            # A file, or one of a package.
            imported |= {".".join(place), *(".".join((*place, name.name)) for name in node.names)}
        if not isinstance(node, ast.ClassDef):
            continue
        values = read_class(node)
        inherited = values.get("_inherit") or ()
        inherited = {inherited} if isinstance(inherited, str) else set(inherited)
        needed |= inherited
        if values.get("_name") not in (*inherited, None):
            defined.add(values["_name"])
    return defined, needed, imported


def order_files(order):
    """Return the model files, each by the name by which it is imported, in another order.

    :param str order: `reversed`, or a number to shuffle by
    :rtype: list[str]
    """
    files = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): read_file(path)
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if path.name != "__init__.py"
    }
    ours = set().union(*(defined for defined, _needed, _imported in files.values()))
    left = sorted(files, reverse=order == "reversed")
    if order != "reversed":
        random.Random(int(order)).shuffle(left)

    def run(name, known):
        """Return the models that are known once a file has run, or None where one is missing."""
        defined, needed, imported = files[name]
        for other in sorted(imported & files.keys() - set(ordered)):
            known = run(other, known)
            if known is None:
                return None
        return known | defined if needed & ours <= known | defined else None

    ordered, known = [], set()
    while left:
        name, known = next(
            (name, models) for name in left if (models := run(name, known)) is not None
        )
        left.remove(name)
        ordered.append(name)
    return ordered


def import_files(addon, names):
    """Import the files of an add-on in an order, and then the add-on."""
    rooms = (path.parent for package in PACKAGES for path in (ROOT / package).rglob("__init__.py"))
    places = [".".join((addon, *room.relative_to(ROOT).parts)) for room in sorted(rooms)]
    packages = []
    for name in (addon, *places):
        spec = importlib.util.find_spec(name)
        # Only their places: what they import is imported first.
        sys.modules[name] = importlib.util.module_from_spec(spec)
        packages.append((spec, sys.modules[name]))
    for name in names:
        importlib.import_module(f"{addon}.{name}")
    # A room before what imports it.
    for spec, package in reversed(packages):
        spec.loader.exec_module(package)


def main(module, order, *tests):
    import odoo.modules.module
    from odoo.modules.registry import Registry
    from odoo.orm.models import MetaModel
    from odoo.tests import common
    from odoo.tests.loader import run_suite
    from odoo.tests.suite import OdooSuite
    from odoo.tools import config

    config.parse_config(["--no-http", "--log-level", "error"])
    options = json.load(sys.stdin)
    for name, value in options.items():
        config[name] = value
    odoo.modules.module.initialize_sys_path()
    addon = f"odoo.addons.{module}"
    import_files(addon, order_files(order))
    # As Odoo knows them.
    files = [cls.__module__ for cls in MetaModel._module_to_models__[module]]
    for name in dict.fromkeys(files):
        sys.stdout.write(f"{name.removeprefix(f'{addon}.')}\n")
    threading.current_thread().dbname = common.get_db_name()
    threading.current_thread().testing = True
    Registry(common.get_db_name())
    # Not before: the tests of all add-ons would run while they are loaded.
    config["test_enable"] = True
    # Nobody asks here over HTTP, but for this number.
    common.HttpCase.http_port = classmethod(lambda cls: config["http_port"])
    suite = OdooSuite()
    for test in tests:
        file, name = test.split(".", 1)
        tests_of_file = getattr(importlib.import_module(f"{addon}.tests"), file)
        # One by one: Odoo's suite takes no other one.
        suite.addTests(iter(unittest.defaultTestLoader.loadTestsFromName(name, tests_of_file)))
    result = run_suite(suite)
    sys.stderr.write(f"{result}\n")
    sys.exit(0 if result.testsRun and result.wasSuccessful() else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
