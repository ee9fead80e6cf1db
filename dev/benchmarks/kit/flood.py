"""A flood of files that cost more than their size says, at once, from many users of one company.

A part of dev/benchmarks/concurrency.py. A file is a letter of ten pages that show one picture of 38 million
pixels and no ink (0.1 MB), or a scan of 20 MB that is to be made smaller. Meanwhile somebody opens pages.
"""

import base64
import io
import re
import statistics
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pdf_samples
import psutil
from PIL import Image
from shared.session import ACTIVATION, Refused, Session

from tools import sandbox

GROUP = "group_certificate_user"
UPLOADS = 5  # of each user
_SIDE = 6200  # pixels: just what is still looked at
_BUSY = ("many files right now", "is being converted")  # try again, in words
_PAGES = 15


class Flood:
    """The users, their files, and what came of them."""

    def __init__(self, bench, url, activation, users):
        self.url, self.database = url, bench.database.info.dbname
        self.activation = activation
        self.logins = self._create_users(bench, users)
        self.pixels = zlib.compress(bytes(3 * _SIDE * _SIDE), 9)
        self.scan = _make_scan()
        self.answers = []  # of each upload: its kind and its verdict

    def _create_users(self, bench, count):
        (group,) = bench.query(
            "SELECT res_id FROM ir_model_data WHERE model = 'res.groups' AND name = %s", GROUP
        )
        admin = Session(self.url, self.database, "admin")
        logins = [f"flood{number}" for number in range(count)]
        for login in logins:
            values = {
                "name": login,
                "login": login,
                "password": login,
                "email": f"{login}@example.com",
            }
            companies = {"company_id": bench.company, "company_ids": [[6, 0, [bench.company]]]}
            user = {**values, **companies, "group_ids": [[4, group]]}
            admin.call("res.users", "create", [user])
        return logins

    def make_letter(self, number):
        """Return the blank letter; each is another file."""
        picture = (
            b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8 /ColorSpace"
            b" /DeviceRGB /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream"
            % (_SIDE, _SIDE, len(self.pixels), self.pixels)
        )
        kids = b" ".join(b"%d 0 R" % (4 + page) for page in range(10))
        page = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 %d]"
            b" /Resources << /XObject << /I 3 0 R >> >> >>" % (800 + number)
        )
        return pdf_samples.raw_pdf(
            (
                b"<< /Type /Catalog /Pages 2 0 R >>",
                b"<< /Type /Pages /Count 10 /Kids [%s] >>" % kids,
                picture,
                *[page] * 10,
            )
        )

    def upload(self, session, token, number):
        """Upload one file, and note what was said of it."""
        try:
            if number % UPLOADS in (1, 3):
                kind, verdict = "scan", self._convert(session, token)
            else:
                kind, verdict = "letter", self._attach(session, number)
        except Exception as error:  # whatever else a user sees
            kind, verdict = "error", f"{type(error).__name__}: {error}"
        self.answers.append((kind, verdict))

    def _attach(self, session, number):
        content = base64.b64encode(self.make_letter(number)).decode()
        try:
            session.call(ACTIVATION, "write", [self.activation], {"signed_letter": content})
        except Refused as refused:
            sentence = str(refused)
            if any(words in sentence for words in _BUSY):
                return "try again"
            return "right" if "blank" in sentence else f"wrong: {sentence}"
        return "wrong: accepted"

    def _convert(self, session, token):
        with session.room:
            response = session.session.post(
                f"{self.url}/certificate/pdf",
                data={"csrf_token": token, "model": ACTIVATION, "res_id": self.activation},
                files={"files": ("scan.pdf", self.scan)},
                timeout=120,
            )
        if response.status_code == 429:
            return "try again"
        is_right = response.ok and 0 < response.json()["size"] <= 1_048_576
        return "right" if is_right else f"wrong: {response.status_code} {response.text[:200]}"

    def run(self, row, room):
        """Let all users upload all of theirs at once, and add the figures.

        :param room: what a reverse proxy lets in at a time
        """
        sessions = [Session(self.url, self.database, login, room=room) for login in self.logins]
        tokens = [
            re.search(r'csrf_token: "([^"]+)"', session.request("GET", "/odoo").text)[1]
            for session in sessions
        ]
        reader = Session(self.url, self.database, self.logins[0])
        quiet = [_open_page(reader) for _page in range(_PAGES)]
        watch = _Watch(self.database)
        count = len(sessions) * UPLOADS
        barrier = threading.Barrier(count + 1)

        def work(number):
            user = number // UPLOADS
            barrier.wait()
            self.upload(sessions[user], tokens[user], number)

        with ThreadPoolExecutor(count) as pool, watch:
            works = [pool.submit(work, number) for number in range(count)]
            barrier.wait()
            started = time.perf_counter()
            busy = []
            while not all(done.done() for done in works):
                busy.append(_open_page(reader))
                time.sleep(0.2)
            seconds = time.perf_counter() - started
        self._report(row, count, seconds, quiet, busy, watch)

    def _report(self, row, count, seconds, quiet, busy, watch):
        wrong = [
            verdict for _kind, verdict in self.answers if verdict not in ("right", "try again")
        ]
        for verdict in sorted(set(wrong)):
            print(f"- {verdict}")
        right = sum(verdict == "right" for _kind, verdict in self.answers)
        what = f"{count} costly uploads of {len(self.logins)} users at once"
        print(
            f"\n{what}: {seconds:.0f} s, {right} examined, {count - right - len(wrong)} told to try again"
        )
        row.add(f"{what}: wrong verdicts", len(wrong), 0, not wrong)
        row.add(f"{what}: processes of the server that ended", watch.ended, 0, not watch.ended)
        row.add(
            f"{what}: examining processes at once, and their memory",
            f"{watch.jobs}, {watch.memory / 1024**2:.0f} MB",
            "1, 1400 MB",
            watch.jobs <= 1 and watch.memory <= 1400 * 1024**2,
        )
        before, during = statistics.median(quiet), statistics.median(busy)
        row.add(
            f"{what}: an ordinary page (median of {len(busy)}; {before:.2f} s when it is quiet)",
            f"{during:.2f} s",
            "2 x",
            during <= 2 * before,
        )


def _open_page(session):
    started = time.perf_counter()
    session.request("GET", "/odoo")
    return time.perf_counter() - started


def _make_scan():
    """Return a PDF of almost 20 MB: pages as noisy as paper under a bad scanner."""
    page = Image.effect_noise((2400, 3200), 60)
    count, content = 0, b""
    while count < 10:
        file = io.BytesIO()
        page.save(
            file, "PDF", resolution=290, save_all=True, append_images=[page] * count, quality=80
        )
        if file.tell() > 19.5 * 1024**2:
            break
        count, content = count + 1, file.getvalue()
    return content


class _Watch(threading.Thread):
    """Looks at the processes of the server, several times a second."""

    def __init__(self, database):
        super().__init__(daemon=True)
        self.database = database
        self.child = sandbox._CHILD.resolve()
        self.jobs = self.memory = 0
        self.over = threading.Event()

    def __enter__(self):
        self.server = self._find_server()
        self.start()

    def __exit__(self, *_error):
        self.over.set()
        self.join()
        self.ended = len(self.server - self._find_server())

    def _find_server(self):
        return {
            process.pid
            for process in psutil.process_iter(["cmdline"])
            if {"-d", self.database} <= {*(process.info["cmdline"] or ())}
        }

    def run(self):
        while not self.over.wait(0.1):
            found = [
                process
                for process in psutil.process_iter(["cmdline", "ppid", "memory_info"])
                if len(words := process.info["cmdline"] or ()) > 2
                and Path(words[2]).name == self.child.name
                and Path(words[2]).resolve() == self.child
            ]
            pids = {process.pid for process in found}
            memory = sum(process.info["memory_info"].rss for process in found)
            jobs = sum(process.info["ppid"] in pids for process in found)
            self.jobs, self.memory = max(self.jobs, jobs), max(self.memory, memory)
