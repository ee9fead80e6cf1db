"""Archives of evidence: names that attack whoever unpacks them, and what `sha256sum` says of them."""

import json
import subprocess
import tempfile
import zipfile
from datetime import datetime
from io import BytesIO
from pathlib import Path

from odoo.tests import BaseCase

from ...tools.evidence_archive import (
    MANIFEST,
    NAME_LENGTH,
    SUMS,
    hash_file,
    make_name,
    writing_archive,
)

HOSTILE = (
    "../../etc/passwd",
    "/etc/passwd",
    "..\\..\\windows",
    "C:\\x",
    "..",
    ".",
    "",
    ".bashrc",
    "-rf",
    "a\nb",
    "a\0b",
    "a\u202egpj.exe",
    "con",
    "NUL",
    "lpt1",
    "$(reboot)",
    "`id`",
    "%2e%2e%2f",
    "日本",
    "x" * 5000,
    "é" * 5000,
    SUMS,
    MANIFEST,
)


class TestEvidenceArchive(BaseCase):
    def make(self, files, **facts):
        stream = BytesIO()
        with writing_archive(stream, datetime(2026, 12, 1, 3, 4, 5)) as archive:
            for folders, name, content in files:
                archive.add(folders, name, ".pdf", [content], who=name)
            archive.close(**facts)
        return stream

    def test_no_name_leaves_its_folder_or_means_something(self):
        for text in HOSTILE:
            with self.subTest(text[:30]):
                name = make_name(text)
                self.assertRegex(name, r"\A[A-Za-z0-9_][A-Za-z0-9_-]*\Z")
                self.assertLessEqual(len(name), NAME_LENGTH)
                self.assertNotIn(name.lower(), ("con", "nul", "lpt1"))
        self.assertEqual(make_name("Café & Cía ../../SAS"), "Cafe-Cia-SAS")

    def test_names_that_collide_are_told_apart(self):
        files = [
            ((folder,), text, f"{folder}{text}{number}".encode())
            for number, text in enumerate((*HOSTILE, *map(str.upper, HOSTILE)))
            for folder in ("a/b", "A b")
        ]
        with zipfile.ZipFile(self.make(files)) as archive:
            names = archive.namelist()
            self.assertEqual(len({name.lower() for name in names}), len(files) + 2)
            self.assertIsNone(archive.testzip())
            manifest = json.loads(archive.read(MANIFEST))
            contents = [archive.read(entry["path"]) for entry in manifest["files"]]
        self.assertEqual(contents, [content for *_place, content in files])
        self.assertEqual(
            [entry["who"] for entry in manifest["files"]], [name for _f, name, _c in files]
        )

    def test_sha256sum_verifies_it_and_finds_what_was_changed(self):
        stream = self.make([(("a",), text, text.encode()) for text in HOSTILE], company="Café")
        with tempfile.TemporaryDirectory() as folder:
            with zipfile.ZipFile(stream) as archive:
                archive.extractall(folder)
                paths = archive.namelist()

            def verify():
                return subprocess.run(
                    ["sha256sum", "--check", "--strict", "--quiet", SUMS], cwd=folder, check=False
                ).returncode

            self.assertEqual(verify(), 0)
            listed = Path(folder, SUMS).read_text("ascii").splitlines()
            self.assertEqual(len(listed), len(paths) - 1)
            for path in (paths[0], MANIFEST):
                with self.subTest(path):
                    file = Path(folder, path)
                    content = file.read_bytes()
                    file.write_bytes(content + b"x")
                    self.assertNotEqual(verify(), 0)
                    file.write_bytes(content)

    def test_what_is_missing_is_said_and_not_summed(self):
        stream = BytesIO()
        with writing_archive(stream, datetime(2026, 12, 1)) as archive:
            archive.note(path=None, sha256=None, record="x")
            archive.close()
        with zipfile.ZipFile(stream) as archive:
            self.assertEqual(json.loads(archive.read(MANIFEST))["files"][0]["record"], "x")
            self.assertEqual(archive.read(SUMS).count(b"\n"), 1)

    def test_a_file_is_hashed_from_its_beginning(self):
        stream = BytesIO(b"abc")
        stream.seek(2)
        size, sha256 = hash_file(stream)
        self.assertEqual((size, sha256[:8], stream.tell()), (3, "ba7816bf", 0))
