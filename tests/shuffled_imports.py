"""Runs tests in a process that has imported the model files in another order; started by `test_structure.py`.

In which order Python runs these files is what their names decide: `models/__init__.py` imports them by the
alphabet. A file that defines a model stands before those that extend or inherit it in any order, because
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

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("models", "wizards")


def read_models(tree):
    """Return the models that the classes of a file define, and those that they extend or inherit.

    :param ast.Module tree: of the file
    :rtype: tuple[set[str], set[str]]
    """
    defined, needed = set(), set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef):
            continue
        values = {
            target.id: ast.literal_eval(statement.value)
            for statement in node.body
            if isinstance(statement, ast.Assign)
            for target in statement.targets
            if isinstance(target, ast.Name) and target.id in ("_name", "_inherit")
        }
        inherited = values.get("_inherit") or ()
        inherited = {inherited} if isinstance(inherited, str) else set(inherited)
        needed |= inherited
        if values.get("_name") not in (*inherited, None):
            defined.add(values["_name"])
    return defined, needed


def order_files(order):
    """Return the model files, each by the name by which it is imported, in another order.

    :param str order: `reversed`, or a number to shuffle by
    :rtype: list[str]
    """
    files = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if path.name != "__init__.py":
                name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                files[name] = read_models(ast.parse(path.read_text()))
    left = sorted(files, reverse=order == "reversed")
    if order != "reversed":
        random.Random(int(order)).shuffle(left)
    ours = set().union(*(defined for defined, _needed in files.values()))
    ordered, known = [], set()
    while left:
        name = next(name for name in left if files[name][1] & ours <= known | files[name][0])
        left.remove(name)
        ordered.append(name)
        known |= files[name][0]
    return ordered


def import_files(addon, names):
    """Import the files of an add-on in an order, and then the add-on."""
    packages = []
    for name in (addon, *(f"{addon}.{package}" for package in PACKAGES)):
        spec = importlib.util.find_spec(name)
        # Only their places: what they import is imported first.
        sys.modules[name] = importlib.util.module_from_spec(spec)
        packages.append((spec, sys.modules[name]))
    for name in names:
        importlib.import_module(f"{addon}.{name}")
    for spec, package in packages:
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
    config["test_enable"] = True
    odoo.modules.module.initialize_sys_path()
    addon = f"odoo.addons.{module}"
    import_files(addon, order_files(order))
    # As Odoo knows them.
    files = [cls.__module__ for cls in MetaModel._module_to_models__[module]]
    print("\n".join(name.removeprefix(f"{addon}.") for name in dict.fromkeys(files)))
    threading.current_thread().dbname = common.get_db_name()
    threading.current_thread().testing = True
    Registry(common.get_db_name())
    suite = OdooSuite()
    for test in tests:
        file, name = test.split(".", 1)
        tests_of_file = importlib.import_module(f"{addon}.tests.{file}")
        suite.addTests([unittest.defaultTestLoader.loadTestsFromName(name, tests_of_file)])
    result = run_suite(suite)
    print(result, file=sys.stderr)
    sys.exit(0 if result.testsRun and result.wasSuccessful() else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
