"""Tries the PDF check on ten thousand hostile files, and on the files of every producer that is here, as well as
on letters as signing programs leave them.

Then ten thousand mutations of the grammar of hostile files, and as many of harmless ones: what the check accepts
is opened by PDFium, MuPDF and qpdf, and none of them may find anything in it that does something. SEED=7 in the
environment makes other files.

Producers are the Python packages of dev/env/requirements-bench.in and programs on the path; those that are
missing are named in the report. All the programs, on Debian:

    apt-get install --no-install-recommends chromium enscript fop ghostscript imagemagick libreoffice-calc-nogui \\
        libreoffice-writer-nogui librsvg2-bin libtiff-tools lmodern mupdf-tools pdftk-java poppler-utils qpdf \\
        tesseract-ocr texlive-latex-recommended wkhtmltopdf
"""

import collections
import itertools
import json
import multiprocessing
import os
import select
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pdf_grammar
import pdf_hostile
import pdf_samples
import pdf_signers
from kit.row import Row

from tools import pdf_check, pdf_check_child, sandbox

JUDGES = Path(__file__).parent / "kit" / "pdf_judges.py"
CORPUS = Path(__file__).parent / "kit" / "pdf_corpus.py"
HOSTILE = 10_000
GOOD = 500
SEED = int(os.environ.get("SEED", "2026"))
# The Python that has the producers and the judges.
PYTHON = Path(os.environ.get("PRODUCERS") or sys.prefix, "bin", "python")


def measure(data):
    """Check one file: (code, or None when accepted; CPU seconds and peak memory in MB of the child)."""
    sandbox._ended = threading.local()
    try:
        pdf_check.check_pdf(data)
        code = None
    except pdf_check.PdfRefused as refused:
        code = refused.code
    except Exception as error:
        code = f"crash: {error!r}"
    usage = sandbox.get_last_usage()
    return code, usage["cpu"], usage["memory"] / 1024


def measure_all(pool, files):
    """Yield (file, its measures), without holding all files at once."""
    files = iter(files)
    while batch := list(itertools.islice(files, 100)):
        yield from zip(batch, pool.map(measure, [data for _kind, data, _ in batch]), strict=True)


def try_hostile(row, pool, count):
    kinds, wrong, crashes, left = set(), [], [], 0
    codes = collections.Counter()
    worst, memory = (0, ""), 0
    files = ((file.kind, file.data, file.forbidden) for file in pdf_hostile.mutants(count, SEED))
    originals = itertools.chain(
        pdf_hostile.active_files(), pdf_hostile.forbidden_files(), pdf_hostile.costly_files()
    )
    files = itertools.chain(((file.kind, file.data, file.forbidden) for file in originals), files)
    for (kind, _, forbidden), (code, seconds, peak) in measure_all(
        pool, itertools.islice(files, count)
    ):
        kinds.add(kind)
        codes[code or "accepted"] += 1
        left += forbidden
        if forbidden and code is None:
            wrong.append(kind)
        if code and code.startswith("crash"):
            crashes.append(f"{kind}: {code}")
        worst, memory = max(worst, (seconds, kind)), max(memory, peak)
    print("\n| hostile files | found | goal |\n|---|---|---|")
    print(f"| files, of {len(kinds)} kinds | {sum(codes.values())} | {count} |")
    print(f"| of them known to be forbidden | {left} | |")
    print(f"| accepted wrongly | {len(wrong)} | 0 |")
    print(f"| worst CPU of the child ({worst[1]}) | {worst[0]:.2f} s | <= 1 s |")
    print(f"| worst memory of the child | {memory:.0f} MB | <= 256 MB |")
    print(f"| crashes of the parent | {len(crashes)} | 0 |")
    print("\nVerdicts: " + ", ".join(f"{code} {number}" for code, number in codes.most_common()))
    for line in (*wrong[:20], *crashes[:20]):
        print(f"- {line}")
    what = f"hostile PDF files, of {sum(codes.values())} of {len(kinds)} kinds"
    row.add(f"{what}: accepted", len(wrong), 0, not wrong)
    row.add(f"{what}: that crash the parent", len(crashes), 0, not crashes)
    row.add(
        f"{what}: worst CPU and memory",
        f"{worst[0]:.2f} s, {memory:.0f} MB",
        "1 s, 256 MB",
        worst[0] <= 1 and memory <= 256,
    )


def try_good(row, pool):
    with tempfile.TemporaryDirectory() as folder:
        report = subprocess.run(
            [PYTHON, CORPUS, folder],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
        paths = sorted(Path(folder).glob("*/*.pdf"))
        made = collections.Counter(path.parent.name for path in paths)
        accepted, refused = collections.Counter(), []
        files = ((path.parent.name, path.read_bytes(), path.name) for path in paths)
        signed = [("signing programs", data, name) for name, data in pdf_signers.harmless_files()]
        made["signing programs"] = len(signed)
        for (producer, _, name), measures in measure_all(pool, itertools.chain(files, signed)):
            code, _seconds, _peak = measures
            if code is None:
                accepted[producer] += 1
            else:
                refused.append(f"{producer}/{name}: {code}")
    print("\n| good files of | made | accepted |\n|---|---|---|")
    for producer, count in sorted(made.items()):
        print(f"| {producer} | {count} | {accepted[producer]} |")
    share = 100 * accepted.total() / max(1, made.total())
    print(
        f"| **all** (goal: {GOOD}, 99.5 %) | {made.total()} | {accepted.total()} = {share:.2f} % |"
    )
    for line in refused:
        print(f"- {line}")
    print("\nMissing producers: " + (report.strip() or "none"))
    row.add(
        f"good PDF files accepted, of {made.total()} of {len(made)} kinds",
        f"{share:.2f} %",
        "99.5 %",
        share >= 99.5,
    )


def try_signers(row, pool):
    """Try letters as signing programs leave them, in which somebody has hidden something."""
    files = [(name, data, True) for name, data in pdf_signers.hostile_files()]
    wrong = [name for (name, _, _), (code, *_) in measure_all(pool, files) if code is None]
    print(
        f"\nHostile letters of {len(pdf_signers.PROGRAMS)} signing programs: {len(files)}; accepted: {len(wrong)}"
    )
    for name in wrong:
        print(f"- {name}")
    what = f"hostile letters of {len(pdf_signers.PROGRAMS)} signing programs, of {len(files)}"
    row.add(f"{what}: accepted", len(wrong), 0, not wrong)


# === THE JUDGES === #


class Judges:
    """PDFium, MuPDF and qpdf, in a process that may crash."""

    names = ("pdfium", "mupdf", "qpdf")

    def __init__(self):
        self.process = None
        self.crashes = 0

    def ask(self, data):
        """Return what each judge found, a list; None when it does not open the file."""
        return {name: self._ask(index, data) for index, name in enumerate(self.names)}

    def _ask(self, index, data):
        if self.process is None:
            self.process = subprocess.Popen(
                [PYTHON, JUDGES],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        try:
            self.process.stdin.write(struct.pack(">BI", index, len(data)) + data)
            self.process.stdin.flush()
            if not select.select([self.process.stdout], [], [], 300)[0]:
                raise TimeoutError
            return json.loads(self.process.stdout.readline())
        except (OSError, ValueError):
            self.close()
            self.crashes += 1
            return None

    def close(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


def scan(data):
    """Return why the check refuses a file before it hands it to pypdf; None when it does not."""
    try:
        return "active_content" if pdf_check_child.is_active(data) else None
    except pdf_check_child.Encrypted:
        return "encrypted"
    except pdf_check_child.TooComplex:
        return "too_complex"
    except pdf_check_child.Broken:
        return "damaged"


def judge_mutants(hostile, seed, count, part, parts):
    """Judge every `parts`-th mutant: (differences, codes of all, codes of what all judges open, crashes)."""
    judges = Judges()
    differences, codes, opened = [], collections.Counter(), collections.Counter()
    files = pdf_grammar.mutants(count, seed, hostile)
    for number, (kind, data) in itertools.islice(enumerate(files), part, None, parts):
        code = scan(data)
        codes[code] += 1
        if code and hostile:
            continue
        found = judges.ask(data)
        if code is None and any(found.values()):
            differences.append(f"{kind}, number {number} of seed {seed}: {found}")
        if all(value == [] for value in found.values()):
            opened[code] += 1
    judges.close()
    return differences, codes, opened, judges.crashes


def compare_readers(row, pool, count):
    first = Judges()
    answers = first.ask(pdf_samples.text_pdf())
    first.close()
    if any(value != [] for value in answers.values()):
        print(f"\nNo judges here, nothing is compared: {answers}")
        return
    print("\n| mutations of grammar, seed", SEED, "| hostile | harmless |\n|---|---|---|")
    columns, listed = [], []
    for hostile in (True, False):
        parts = pool._processes
        results = pool.starmap(
            judge_mutants, [(hostile, SEED, count, part, parts) for part in range(parts)]
        )
        differences = [line for result in results for line in result[0]]
        codes, opened = (
            sum((result[at] for result in results), collections.Counter()) for at in (1, 2)
        )
        columns.append((differences, codes, opened, sum(result[3] for result in results)))
        listed += differences
    (wrong, codes, _, crashes), (wrong_too, harmless, opened, crashes_too) = columns
    refused = opened.total() - opened[None]
    share = 100 * refused / max(1, opened.total())
    print(f"| files | {codes.total()} | {harmless.total()} |")
    print(f"| accepted | {codes[None]} | {harmless[None]} |")
    print(f"| in which a judge finds what does something | {len(wrong)} | {len(wrong_too)} |")
    print(f"| crashes of a judge | {crashes} | {crashes_too} |")
    print(f"\nHarmless mutations that all three open: {opened.total()}; of them refused {refused} = {share:.1f} %: "
        + ", ".join(f"{code} {number}" for code, number in opened.most_common() if code))  # fmt: skip
    for line in listed[:30]:
        print(f"- {line}")
    row.add(
        f"mutations of grammar of {codes.total()} hostile and {harmless.total()} harmless PDF files: accepted though"
        " PDFium, MuPDF or qpdf resolve an action",
        len(listed),
        0,
        not listed,
    )


def measure_ordinary(row, repeat):
    """Say what the check of an ordinary file costs: here, in the warm process and in its fork."""
    data, script = pdf_samples.text_pdf(), Path(pdf_check.__file__).with_name("pdf_check_child.py")
    sandbox.run_child(script, data)
    warm, own = sandbox.get_last_usage()["warm"], time.process_time()
    children, walls = [], []
    for _run in range(repeat):
        started = time.perf_counter()
        sandbox.run_child(script, data)
        walls.append(time.perf_counter() - started)
        children.append(sandbox.get_last_usage()["cpu"])
    warm = (sandbox.get_last_usage()["warm"] - warm) / repeat
    own = (time.process_time() - own) / repeat
    child, wall = (sorted(values)[repeat // 2] for values in (children, walls))
    program = f"import sys; sys.path[:0] = {sys.path!r}; import pypdf"
    started = time.perf_counter()
    subprocess.run([sys.executable, "-I", "-c", program], check=True)
    print("\n| one ordinary file | ms |\n|---|---|")
    print(
        f"| CPU of the fork | {1000 * child:.1f} |\n| CPU of the warm process | {1000 * warm:.1f} |"
    )
    print(
        f"| CPU of the server's process | {1000 * own:.1f} |\n| on the clock | {1000 * wall:.0f} |"
    )
    print(f"| on the clock, a Python with pypdf | {1000 * (time.perf_counter() - started):.0f} |")
    total = 1000 * (child + warm + own)
    row.add("CPU for the check of an ordinary file", f"{total:.1f} ms", "15 ms", total <= 15)


def main():
    row = Row(__doc__)
    # Processes of their own, small: what a child shares with its parent counts as the child's.
    with multiprocessing.get_context("spawn").Pool(os.cpu_count()) as pool:
        try_hostile(row, pool, HOSTILE // 200 if row.quick else HOSTILE)
        try_signers(row, pool)
        compare_readers(row, pool, HOSTILE // 200 if row.quick else HOSTILE)
        if CORPUS.exists() and not row.quick:
            try_good(row, pool)
    measure_ordinary(row, 10 if row.quick else 100)
    return row.finish()


if __name__ == "__main__":
    sys.exit(main())
