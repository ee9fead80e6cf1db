"""What every row of dev/benchmarks needs: its options, and a list of figures, each with its goal."""

import argparse
import json
import os
import statistics
import sys
from pathlib import Path


def spread(values, digits=2):
    """Write the median of what was measured several times, with its least and its most.

    :param values: numbers
    :rtype: str
    """
    median, least, most = (
        f"{value:.{digits}f}" for value in (statistics.median(values), min(values), max(values))
    )
    return median if least == most else f"{median} ({least} to {most})"


class Row:
    """A row that is run: what it was asked for, and the figures that it has found."""

    def __init__(self, description, quick="a smaller and shorter run"):
        parser = argparse.ArgumentParser(description=description)
        parser.add_argument("--quick", action="store_true", help=quick)
        parser.add_argument("--url", required=True, help="of the server")
        parser.add_argument("--database", required=True, help="of the server, with demo companies")
        parser.add_argument("--template", required=True, help="like it, and nobody's: to be copied")
        parser.add_argument("--figures", type=Path, help="file to which the figures are added")
        options = parser.parse_args()
        self.quick, self.url, self.database = options.quick, options.url, options.database
        self.template = options.template
        self.file = options.figures
        self.figures = []

    def add(self, what, figure, goal, is_kept):
        """Add a figure.

        :param str what: was measured
        :param figure: as it is to be read, with its unit
        :param str goal: likewise
        :param bool is_kept: whether the figure keeps the goal
        """
        self.figures.append(
            {
                "row": Path(sys.argv[0]).stem,
                "what": what,
                "figure": str(figure),
                "goal": str(goal),
                "kept": bool(is_kept),
            }
        )

    def leave_out(self, what, reason):
        """Add a figure that could not be measured: the table says so, and neither keeps nor misses its goal.

        :param str what: would have been measured
        :param str reason: what is missing on this machine
        """
        self.figures.append(
            {
                "row": Path(sys.argv[0]).stem,
                "what": what,
                "figure": reason,
                "goal": "-",
                "kept": None,
            }
        )

    def finish(self):
        """Print the figures, and hand them to dev/bench.

        :return: the exit status of the row: 1 when a goal is missed
        :rtype: int
        """
        for figure in self.figures:
            verdict = {True: "kept", False: "NOT KEPT", None: "NOT MEASURED"}[figure["kept"]]
            print(f"{figure['what']}: {figure['figure']} (goal: {figure['goal']}): {verdict}")
        if self.file:
            with self.file.open("a") as file:
                file.writelines(json.dumps(figure) + os.linesep for figure in self.figures)
        return 1 if any(figure["kept"] is False for figure in self.figures) else 0
