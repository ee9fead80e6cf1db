"""Compare what came of Odoo's own tests without the add-on and with it, and list what fails with it alone.

Usage: peers_table.py <folder of the results> <suite>...
"""

import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path


def read_results(path):
    """Read what came of each test: passed, skipped, or failed with the first line of its message.

    :return: by name; None when there was no run
    :rtype: dict[str, str] | None
    """
    if not path.exists():
        return None
    results = {}
    for case in ElementTree.parse(path).iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        problem = next((case.find(tag) for tag in ("failure", "error") if case.find(tag) is not None), None)
        if problem is not None:
            results[name] = (problem.get("message") or "failed").strip().splitlines()[0]
        else:
            # One that failed and whose clean-up passed is there twice.
            results.setdefault(name, "skipped" if case.find("skipped") is not None else "passed")
    return results


def main(folder, *suites):
    found, is_complete = [], True
    print(f"{'suite':<18}{'tests':>7}{'passed':>8}{'skipped':>9}{'fail in both':>14}{'fail with it alone':>20}")
    for suite in suites:
        without, with_it = (
            read_results(Path(folder) / f"{suite}-{which}.xml") for which in ("without", "with")
        )
        if not without or not with_it:
            print(f"{suite:<18}could not run")
            is_complete = False
            continue
        quiet = ("passed", "skipped")
        failed = {name for name, result in with_it.items() if result not in quiet}
        # Not even collected with the add-on: as bad as failing.
        gone = without.keys() - with_it.keys()
        both = {name for name in failed if without.get(name) not in (*quiet, None)}
        only = sorted((failed - both) | gone)
        counts = Counter(result for result in with_it.values() if result in quiet)
        print(
            f"{suite:<18}{len(with_it):>7}{counts['passed']:>8}{counts['skipped']:>9}{len(both):>14}{len(only):>20}"
        )
        found += [(name, with_it.get(name, "did not run")) for name in only]
    for name, result in found:
        print(f"  {name}\n      {result}")
    return 0 if is_complete and not found else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
