"""Where the secret of a server comes from, and that it is gone from there afterwards."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from odoo.tests import BaseCase

from ...tools import key_seal, server_secret

CURRENT, PREVIOUS, OTHER = (
    f"{kind} secret of thirty-two characters" for kind in ("this", "that", "some other")
)
ROOT = Path(__file__).parents[2]
# Takes the variables, then tells where they still are; with an argument, also in a process that it starts.
SCRIPT = """
import json, os, subprocess, sys
sys.path.insert(0, sys.argv[1])
from tools import server_secret
source = server_secret.Source(os.environ)
def look():
    block = open("/proc/self/environ", "rb").read()
    return {
        "count": len(source.get_secrets()),
        "origin": source.origin,
        "environ": sorted(name for name in os.environ if "SECRET" in name),
        "block": b"of thirty-two" in block,
        "handed": None,
    }
found = look()
if len(sys.argv) > 2:
    with source.handing_over():
        found["handed"] = json.loads(subprocess.check_output([sys.executable, *sys.argv[:2]]))
    found["after"] = look()
    pid = os.fork()
    if not pid:
        with source.handing_over():
            os._exit(server_secret.VARIABLE in os.environ)
    found["forked"] = os.waitpid(pid, 0)[1]
print(json.dumps(found))
"""


class TestServerSecret(BaseCase):
    def load(self, **environ):
        source = server_secret.Source({f"CERTIFICATE_KEY_SECRET{k}": v for k, v in environ.items()})
        self.addCleanup(source.close)
        return source

    def assertSecrets(self, source, *texts):
        ids = [key_seal.Secret(text.encode()).id for text in texts]
        self.assertEqual([secret.id for secret in source.get_secrets()], ids)

    def assertSealError(self, code, source):
        with self.assertRaises(key_seal.SealError) as caught:
            source.get_secrets()
        self.assertEqual(caught.exception.code, code)
        self.assertFalse(caught.exception.__context__)

    def test_the_secret_comes_from_variables(self):
        self.assertSecrets(self.load())
        self.assertIsNone(self.load().origin)
        source = self.load(**{"": f" {CURRENT}\n"})
        self.assertSecrets(source, CURRENT)
        self.assertEqual(source.origin, "variable")
        self.assertSecrets(self.load(**{"": CURRENT, "_PREVIOUS": PREVIOUS}), CURRENT, PREVIOUS)
        self.assertSecrets(self.load(_PREVIOUS=PREVIOUS))  # there is none to seal with
        for environ in ({"": "x" * 31}, {"": CURRENT, "_PREVIOUS": "short"}):
            self.assertSealError("short_secret", self.load(**environ))

    def test_the_secret_comes_from_a_file_or_a_credential(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, server_secret.CREDENTIAL)
            self.assertSealError("unreadable_file", self.load(_FILE=str(path)))
            for text, expected in (
                (CURRENT, (CURRENT,)),
                (f"{CURRENT}\n", (CURRENT,)),
                (f"{CURRENT}\n{PREVIOUS}\n", (CURRENT, PREVIOUS)),
                ("", ()),
            ):
                path.write_text(text)
                path.chmod(0o600)
                with self.subTest(text):
                    source = self.load(_FILE=str(path))
                    self.assertSecrets(source, *expected)
                    self.assertEqual((source.origin, source.is_exposed), ("file", False))
                    source = server_secret.Source({"CREDENTIALS_DIRECTORY": folder})
                    self.assertSecrets(source, *expected)
                    self.assertEqual(source.origin, "credential")
            path.write_text(f"{CURRENT}\n{PREVIOUS}\n")
            self.assertSecrets(self.load(**{"": OTHER, "_FILE": str(path)}), OTHER, PREVIOUS)
            self.assertSecrets(self.load(_PREVIOUS=OTHER, _FILE=str(path)), CURRENT, OTHER)
            path.write_bytes(CURRENT.encode() + b"\xff\xfe")
            source = self.load(_FILE=str(path))
            self.assertSealError("unreadable_file", source)
            path.write_text(CURRENT)
            self.assertSecrets(source, CURRENT)
            path.unlink()
            self.assertSecrets(source, CURRENT)  # it is read once

    def test_a_file_that_others_read_or_replace_is_told(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "secret")
            path.write_text(CURRENT)
            for mode, is_exposed in (
                (0o400, False),
                (0o600, False),
                (0o640, False),
                (0o604, True),
                (0o620, True),
                (0o602, True),
            ):
                path.chmod(mode)
                source = self.load(_FILE=str(path))
                self.assertSecrets(source, CURRENT)
                self.assertEqual(source.is_exposed, is_exposed, oct(mode))

    def test_a_variable_is_gone_and_is_handed_over(self):
        environ = {
            **os.environ,
            server_secret.VARIABLE: CURRENT,
            server_secret.VARIABLE_PREVIOUS: PREVIOUS,
        }
        found = json.loads(self.run_script(environ))
        gone = {
            "count": 2,
            "origin": "variable",
            "environ": [],
            "block": False,
            "handed": None,
        }
        self.assertEqual(found.pop("handed"), gone)
        self.assertEqual(found.pop("after"), gone)
        self.assertEqual(found.pop("forked"), 0, "a forked process has nothing to hand over")
        self.assertEqual(found, {key: gone[key] for key in found})

    def run_script(self, environ):
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder, "take.py")
            script.write_text(SCRIPT)
            return subprocess.check_output(
                [sys.executable, str(script), str(ROOT), "start"], env=environ, timeout=120
            )
