"""Prints figures of the structure, a column for each checkout, for dev/structure.

They are counted in the files, so that any commit can be measured. No figure is a verdict: the rules that
must hold are in tests/dev/test_structure.py.
"""

import ast
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

ROOMS = ("models", "wizards", "controllers", "reports")
VIEWS = ("views", "wizards")
PRODUCT = (*ROOMS, "tools", "cli", "views", "static/src", "security", "data")
ROUTE = re.compile(
    r"\.route\b|\b_is_own\(|\b_is_requested\(|\b_is_loan\(|\"route\", \"(?:=|!=|in)\""
)
ROUTE_IN_VIEW = re.compile(r"\broute\b *(?:==|!=|in\b|not in\b)")
MIRROR = "_activation_field("
CODE = (".py", ".js", ".mjs", ".xml", ".scss", ".sh", "")


def read_classes(folder):
    """Yield each class of a model: the model, whether it is its definition, the file, its node."""
    for room in ROOMS:
        for file in sorted((folder / room).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.ClassDef) and (model := _find_model(node)):
                    yield *model, file, node


def _find_model(node):
    named = {}
    for statement in node.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            name = statement.targets[0].id
            if name in ("_name", "_inherit") and isinstance(statement.value, ast.Constant):
                named[name] = statement.value.value
    model = named.get("_name") or named.get("_inherit")
    return model and (model, "_name" in named)


def count_lines(folder, *parts, suffixes=CODE):
    files = [file for part in parts for file in (folder / part).rglob("*") if file.is_file()]
    return sum(
        len(file.read_text(errors="ignore").splitlines())
        for file in files
        if file.suffix in suffixes and "__pycache__" not in file.parts
    )


def measure(folder):
    """Return the figures of one checkout.

    :rtype: dict[str, str]
    """
    methods, files, fields = defaultdict(set), defaultdict(set), Counter()
    for model, _is_definition, file, node in read_classes(folder):
        files[model].add(file)
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef):
                methods[model, statement.name].add((file, node.lineno))
            elif isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call):
                # A mirror shows a field of another record: by `related`, or by a function that says so.
                call = ast.unparse(statement.value)
                is_mirror = "related=" in call or call.startswith(MIRROR)
                fields[model] += is_mirror or call.startswith("fields.")
                fields[model, "mirrors"] += is_mirror
    most = max((len(found), model) for model, found in files.items())
    xml = "".join(file.read_text() for room in VIEWS for file in (folder / room).rglob("*.xml"))
    views = [
        (view.count("\n"), identifier)
        for identifier, view in re.findall(
            r'<(?:record|template) id="([^"]+)"(.*?)</(?:record|template)>', xml, re.S
        )
    ]
    python = "".join(
        file.read_text()
        for room in ROOMS
        for file in (folder / room).rglob("*.py")
        if file.stem not in ("routes", "certificate_activation_routes")
    )
    lines = python.count("\n")
    wizard = "certificate.activation.wizard"
    drawers = Counter(file.parent for file in (folder / "models").rglob("*.py"))
    return {
        "methods of a model that are defined more than once": sum(
            len(found) > 1 for found in methods.values()
        ),
        "most files of one model": f"{most[0]} ({most[1]})",
        "most files in one folder of models/": max(drawers.values()),
        "lines of the longest view": "{} ({})".format(*max(views)),
        "fields of the wizard, of them mirrors": f"{fields[wizard]}, {fields[wizard, 'mirrors']}",
        "conditionals on the route, in Python and in views": (
            f"{len(ROUTE.findall(python))}, {len(ROUTE_IN_VIEW.findall(xml))}"
        ),
        "files that name the signed letter": sum(
            "signed_letter" in file.read_text(errors="ignore")
            for part in PRODUCT
            for file in (folder / part).rglob("*")
            if file.is_file() and file.suffix in CODE and "__pycache__" not in file.parts
        ),
        "invisible= in views": xml.count("invisible="),
        "sudo() in 100 lines of Python": f"{100 * python.count('.sudo()') / lines:.2f}",
        "dev/ against the product": "{:.2f}".format(
            count_lines(folder, "dev") / count_lines(folder, *PRODUCT)
        ),
        "words of README.md": len((folder / "README.md").read_text().split()),
    }


def main(*folders):
    columns = [measure(Path(folder).resolve()) for folder in folders]
    print("| |", " | ".join(folders), "|")
    print("|---|" + "---|" * len(columns))
    for name in columns[0]:
        print(f"| {name} |", " | ".join(str(column[name]) for column in columns), "|")


if __name__ == "__main__":
    main(*sys.argv[1:])
