"""Tries the PDF check on ten thousand hostile files, and on the files of every producer that is here.

Producers are the Python packages of dev/requirements-bench.in and programs on the path; those that are
missing are named in the report. All the programs, on Debian:

    apt-get install --no-install-recommends chromium enscript fop ghostscript imagemagick libreoffice-calc-nogui \\
        libreoffice-writer-nogui librsvg2-bin libtiff-tools lmodern mupdf-tools pdftk-java poppler-utils qpdf \\
        tesseract-ocr texlive-latex-recommended wkhtmltopdf
"""

import collections
import itertools
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pdf_hostile
import pdf_samples
from bench_row import Row

from tools import pdf_check, sandbox

CORPUS = Path(__file__).parents[1] / "pdf_corpus.py"
HOSTILE = 10_000
GOOD = 500
SEED = 2026


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
    python = Path(os.environ.get("PRODUCERS") or sys.prefix, "bin", "python")
    with tempfile.TemporaryDirectory() as folder:
        report = subprocess.run(
            [python, CORPUS, folder],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
        paths = sorted(Path(folder).glob("*/*.pdf"))
        made = collections.Counter(path.parent.name for path in paths)
        accepted, refused = collections.Counter(), []
        files = ((path, path.read_bytes(), False) for path in paths)
        for (path, _, _), (code, _seconds, _peak) in measure_all(pool, files):
            if code is None:
                accepted[path.parent.name] += 1
            else:
                refused.append(f"{path.parent.name}/{path.name}: {code}")
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
        if CORPUS.exists() and not row.quick:
            try_good(row, pool)
    measure_ordinary(row, 10 if row.quick else 100)
    return row.finish()


if __name__ == "__main__":
    sys.exit(main())
