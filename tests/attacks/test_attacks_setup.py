# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What other users of a developer's machine put where `dev/` executes it, and what they reach there."""

import os
import shlex
import stat
import subprocess
import tempfile
from pathlib import Path
from unittest import skipUnless

from odoo.tests import BaseCase

LIBRARY = Path(__file__).parents[2] / "dev" / "lib.sh"
NOBODY = 65534
# What the commands execute or write to, as whoever calls them.
NAMES = (
    "venv-000000000000",
    "lint-000000000000",
    "odoo",
    "data",
    "checkouts",
    "postgresql-17",
    "x.sh",
)


@skipUnless(LIBRARY.is_file(), "dev/ is no part of an installed add-on.")
class TestAttacksSetup(BaseCase):
    """Attack 21."""

    def setUp(self):
        super().setUp()
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.folder.chmod(0o711)  # PostgreSQL runs as a user of its own where the caller is root
        self.cache = self.folder / "cache"

    def run_commands(self, commands):
        """Run commands of the set-up, with a cache of its own.

        :return: the exit status, and what was written
        """
        done = subprocess.run(
            ["bash", "-c", f". {shlex.quote(str(LIBRARY))}\n{commands}"],
            env={**os.environ, "CERTIFICATE_CACHE": str(self.cache)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def assertClosed(self, *paths):
        for path in paths:
            self.assertEqual(stat.S_IMODE(path.stat().st_mode) & 0o077, 0, path)

    def assertRefused(self, name):
        status, said = self.run_commands("claim_cache")
        self.assertNotEqual(status, 0, said)
        self.assertIn(str(name), said)

    def test_what_was_open_is_closed(self):
        for path in (self.cache, self.cache / "data", self.cache / "checkouts"):
            path.mkdir()
            path.chmod(0o1777)
        status, said = self.run_commands("umask 0; claim_cache")
        self.assertEqual(status, 0, said)
        self.assertClosed(self.cache / "data", self.cache / "checkouts")
        # (PostgreSQL's user may go through it, and sees nothing.)
        self.assertEqual(stat.S_IMODE(self.cache.stat().st_mode) & 0o066, 0)

    def test_a_folder_that_others_can_replace_is_not_used(self):
        self.folder.chmod(0o777)
        self.assertRefused(self.folder)
        self.folder.chmod(0o711)
        self.cache.rmdir()
        (self.folder / "elsewhere").mkdir()
        (self.folder / "elsewhere").chmod(0o777)
        self.cache.symlink_to(self.folder / "elsewhere" / "cache")
        (self.folder / "elsewhere" / "cache").mkdir()
        self.assertRefused(self.folder / "elsewhere")

    def test_what_another_user_has_put_there_is_not_taken(self):
        if os.geteuid() != 0:
            return  # only root can make files of somebody else
        for name in NAMES:
            for kind in ("folder", "file", "link"):
                with self.subTest(name, kind=kind):
                    self.cache = self.folder / f"{name}-{kind}"
                    self.cache.mkdir()
                    path = self.cache / name
                    if kind == "folder":
                        path.mkdir()
                    elif kind == "file":
                        path.touch()
                    else:
                        path.symlink_to("/etc/passwd")
                    os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
                    self.assertRefused(path)
        os.chown(self.cache, NOBODY, NOBODY)
        self.assertRefused(self.cache)

    def test_nobody_else_reaches_the_database(self):
        """It was a superuser without a password behind a socket that everybody could open."""
        log_in = (
            '"$PG_BIN/psql" -qAtX -h "$PGHOST" -p "$PGPORT" -U odoo -d postgres -c "SELECT 40 + 2"'
        )
        as_nobody = f"setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups "
        commands = f"""
            claim_cache
            setup_postgresql
            {log_in} | sed 's/^/caller /'
            if [ "$(id -u)" = 0 ]; then
                {as_nobody}{log_in} 2>/dev/null | sed 's/^/nobody /' || true
                {as_nobody}ls "$CACHE" "$PGHOST" 2>/dev/null | sed 's/^/seen /' || true
            fi
            cat "$PG_DATA"/pg_hba.conf | sed 's/ *#.*//; /^$/d; s/^/rule /'
            for path in "$PGHOST" "$PG_DATA" "$PGHOST"/.s.PGSQL.*[0-9]; do
                stat -c 'mode %a' "$path"
            done
        """
        status, said = self.run_commands(commands)
        self.assertEqual(status, 0, said)
        lines = said.splitlines()
        self.assertIn("caller 42", lines)
        self.assertNotIn("nobody 42", lines)
        self.assertFalse([line for line in lines if line.startswith("seen ")])
        rules = [line.split() for line in lines if line.startswith("rule ")]
        self.assertTrue(rules)
        self.assertFalse([rule for rule in rules if "trust" in rule])
        modes = [int(line.split()[1], 8) for line in lines if line.startswith("mode ")]
        self.assertEqual(len(modes), 3)
        self.assertFalse([oct(mode) for mode in modes if mode & 0o077])

    def test_a_log_has_a_name_that_nobody_knows_and_is_for_its_owner(self):
        status, said = self.run_commands(
            "umask 0; claim_cache; echo $$; quietly 'It failed' bash -c 'echo a key; exit 3'"
        )
        self.assertNotEqual(status, 0)
        self.assertIn("It failed", said)
        (log,) = self.cache.glob("*.log")
        self.assertNotIn(said.split()[0], log.name)
        self.assertClosed(log)
