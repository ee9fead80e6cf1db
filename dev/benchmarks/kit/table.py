"""Prints the figures that the rows of dev/bench have left, as one Markdown table.

Usage: table.py <file>; exits with 1 when a goal is missed.
"""

import json
import sys
from pathlib import Path


def main():
    figures = [json.loads(line) for line in Path(sys.argv[1]).read_text().splitlines()]
    print("\n| row | what | figure | goal | kept |")
    print("|---|---|---|---|---|")
    for figure in figures:
        kept = "yes" if figure["kept"] else "**no**"
        print(
            f"| {figure['row']} | {figure['what']} | {figure['figure']} | {figure['goal']} | {kept} |"
        )
    missed = sum(not figure["kept"] for figure in figures)
    print(f"\n{len(figures) - missed} of {len(figures)} goals are kept.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
