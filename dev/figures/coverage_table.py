"""Prints which lines of tools/, of the transitions of models/ and of the tests no test executes.

Usage: coverage_table.py <checkout> <data of coverage> <marks of coverage_child.py>; exits with 1 when there
is one that no comment `# pragma: no cover — reason` explains. A line of a test that is not executed is an
assertion that cannot fail: in a loop over nothing, or behind a return.
"""

import ast
import sys
from pathlib import Path

from coverage import Coverage

# They need databases of their own, and are left out of these runs.
APART = ("test_dian_client", "test_gateways", "test_neighbours", "test_signature_judges")


def main():
    checkout, data_file, marks = map(Path, sys.argv[1:])
    coverage = Coverage(data_file=data_file)
    coverage.set_option("report:exclude_lines", ["# pragma: no cover — [a-z]"])
    coverage.load()
    coverage.get_data().add_lines(
        {
            str(checkout / "tools" / file.name): [
                line for line, mark in enumerate(file.read_bytes()) if mark
            ]
            for file in marks.iterdir()
        }
    )
    complete = [
        _print_files(coverage, checkout, "tools/*.py"),
        _print_transitions(coverage, checkout),
        _print_files(coverage, checkout, "tests/**/test_*.py"),
    ]
    return 0 if all(complete) else 1


def _print_files(coverage, checkout, pattern):
    lines = left = explained = 0
    print(f"lines of {pattern} that no test executes:")
    for file in sorted(checkout.glob(pattern)):
        if file.stem in APART:
            continue
        _name, statements, excluded, missing, text = coverage.analysis2(str(file))
        lines += len(statements)
        left += len(missing)
        explained += len(excluded)
        if missing:
            print(f"  {file.relative_to(checkout)}: {text}")
    print(f"  {left} of {lines} ({1 - left / lines:.1%} executed); {explained} more are explained")
    return not left


def _print_transitions(coverage, checkout):
    count = incomplete = 0
    print("transitions of models/ with lines that no test executes:")
    for file in sorted((checkout / "models").glob("*.py")):
        transitions = list(_find_transitions(ast.parse(file.read_text())))
        missing = set(coverage.analysis2(str(file))[3]) if transitions else ()
        for node in transitions:
            count += 1
            left = sorted(missing.intersection(range(node.body[0].lineno, node.end_lineno + 1)))
            if left:
                incomplete += 1
                lines = ", ".join(map(str, left))
                print(f"  {file.relative_to(checkout)}: {node.name}: {lines}")
    print(f"  {incomplete} of {count}")
    return not incomplete


def _find_transitions(tree):
    """Yield the methods that lock the row or write what only a transition may write."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr.startswith(("_lock", "_trusted"))
            for call in ast.walk(node)
        ):
            yield node


if __name__ == "__main__":
    sys.exit(main())
