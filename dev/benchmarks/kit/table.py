"""Prints the figures that the rows of dev/bench have left, as one Markdown table.

Usage: table.py <file> <row>...; exits with 1 when a goal is missed, or a row has left no figure.
"""

import json
import sys
from pathlib import Path


def main():
    figures = [json.loads(line) for line in Path(sys.argv[1]).read_text().splitlines()]
    silent = [row for row in sys.argv[2:] if row not in {figure["row"] for figure in figures}]
    print("\n| row | what | figure | goal | kept |")
    print("|---|---|---|---|---|")
    for figure in figures:
        kept = {True: "yes", False: "**no**", None: "not measured"}[figure["kept"]]
        print(
            f"| {figure['row']} | {figure['what']} | {figure['figure']} | {figure['goal']} | {kept} |"
        )
    for row in silent:
        print(f"| {row} | the row did not come to its end | - | - | **no** |")
    measured = [figure for figure in figures if figure["kept"] is not None]
    missed = sum(not figure["kept"] for figure in measured)
    print(f"\n{len(measured) - missed} of {len(measured)} goals are kept.")
    if len(figures) > len(measured):
        print(f"{len(figures) - len(measured)} could not be measured on this machine.")
    return 1 if missed or silent else 0


if __name__ == "__main__":
    sys.exit(main())
