"""What the commands of `dev/` decide by themselves, with the machine around them made up."""

import hashlib
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

from odoo.tests import TransactionCase, tagged

DEV = Path(__file__).parents[2] / "dev"


@tagged("post_install", "-at_install")
class TestDevCommands(TransactionCase):
    def run_script(self, script, status=0):
        """Run a script that has the functions of `dev/lib.sh`, and return what it says."""
        done = subprocess.run(
            ["/bin/bash", "-c", f'. "{DEV}/lib.sh"\n{textwrap.dedent(script)}'],
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout + done.stderr

    # === THE DOWNLOAD OF ODOO === #

    def download(self, pool, sid, is_expired=False, status=0):
        """Download from a mirror.

        :param str pool: what lies where the tested package was
        :param str sid: the version that its lists have; empty for none
        :param bool is_expired: whether the lists are older than they may be
        :return: what is said, and the package that is unpacked
        """
        with tempfile.TemporaryDirectory() as folder:
            said = self.run_script(
                f"""
                CACHE={folder}
                TESTED_DEBS="{hashlib.sha256(b"tested").hexdigest()} pool/main/o/odoo/odoo.deb"
                check_disk() {{ :; }}
                repair_odoo() {{ :; }}
                debian_mirror() {{ echo http://mirror.example.com/debian; }}
                fetch() {{
                    [ "$1" = http://mirror.example.com/debian/pool/main/o/odoo/odoo.deb ] || exit 9
                    [ -n "{pool}" ] && printf %s "{pool}" >"$2"
                }}
                apt-get() {{
                    case "${{*: -1}}" in
                        update) ! [ "{is_expired}" = True ] || ! grep -q " sid " "$CACHE/apt/sources.list" ;;
                        fonts-montserrat) printf %s "of sid" >odoo.deb ;;
                    esac
                }}
                apt-cache() {{ echo "  Candidate: {sid}"; }}
                dpkg() {{ cp "$2" "$3/unpacked"; }}
                download_odoo
                """,
                status,
            )
            unpacked = Path(folder, "odoo/unpacked")
            return said, unpacked.read_text() if unpacked.exists() else None

    def test_the_tested_odoo_is_taken_from_a_mirror_of_any_age(self):
        for sid, is_expired in (("19.0.0+dfsg-1", True), ("19.0.9-1", False), ("", True)):
            with self.subTest(sid=sid, is_expired=is_expired):
                said, unpacked = self.download("tested", sid, is_expired)
                self.assertEqual(unpacked, "tested")
                self.assertNotIn("warning", said)

    def test_another_odoo_is_taken_from_current_lists_alone(self):
        for pool in ("", "altered"):
            with self.subTest(pool):
                said, unpacked = self.download(pool, "19.0.9-1")
                self.assertEqual(unpacked, "of sid")
                self.assertIn("warning: this is Odoo 19.0.9-1", said)
                said, unpacked = self.download(pool, "19.0.9-1", is_expired=True, status=1)
                self.assertIn("error: ", said)
                self.assertIsNone(unpacked)
                said, unpacked = self.download(pool, "(none)", status=1)
                self.assertIn("ODOO_HOME", said)
                self.assertIsNone(unpacked)

    # === PYTHON'S PACKAGES === #

    def test_uv_installs_from_where_pip_is_told_to(self):
        with tempfile.TemporaryDirectory() as folder:
            said = self.run_script(
                f"""
                unset "${{!UV_@}}" SSL_CERT_FILE ALL_PROXY
                CACHE={folder} UV={folder}
                mkdir "$UV/bin"
                printf '#!/bin/sh\\nenv\\n' >"$UV/bin/uv"
                chmod +x "$UV/bin/uv"
                pip() {{
                    cat <<'LIST'
                :env:.cert='/own.crt'
                global.cert='/of all.crt'
                global.extra-index-url='\\nhttps://a.example.com/?*\\nhttps://b.example.com'
                global.find-links='/a /b'
                global.index-url='https://name:word=@index.example.com/simple'
                global.timeout='60'
                LIST
                }}
                export UV_FIND_LINKS=/mine
                uv pip install
                """
            )
        given = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
        self.assertEqual(given["UV_DEFAULT_INDEX"], "https://name:word=@index.example.com/simple")
        self.assertEqual(given["UV_INDEX"], "https://a.example.com/?* https://b.example.com")
        self.assertEqual(given["SSL_CERT_FILE"], "/own.crt", "the environment's goes before files'")
        self.assertEqual(given["UV_FIND_LINKS"], "/mine", "what uv is told itself")
        self.assertNotIn("UV_NO_INDEX", given)

    # === THE SERVER === #

    def test_only_the_own_server_is_announced(self):
        server = (
            "import socket, time; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen();"
            " print(s.getsockname()[1], flush=True); time.sleep(60)"
        )
        said = self.run_script(
            f"""
            coproc SERVER {{ exec {sys.executable} -c "{server}"; }}
            own=$SERVER_PID
            read -r port <&"${{SERVER[0]}}"
            sleep 60 &
            other=$!
            wait_for_port "$port" "$own" && echo own
            listens $$ "$port" && echo parent
            listens "$other" "$port" || echo not the other
            kill "$other"
            wait_for_port "$port" "$other" || echo never the other
            kill "$own"
            """
        )
        self.assertEqual(
            said.split("\n")[:4], ["own", "parent", "not the other", "never the other"]
        )

    def test_links_lead_to_the_address_that_is_announced(self):
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("web.base.url", "http://other.example.com")
        sql = self.run_script("psql_() { cat; }; set_base_url database http://localhost:8070")
        self.env.flush_all()
        self.cr.execute(sql.replace(":'address'", "%s"), ["http://localhost:8070"])
        self.env.registry.clear_all_caches()
        self.env.invalidate_all()
        self.assertEqual(parameters.get_base_url(), "http://localhost:8070")
        self.assertTrue(parameters.get_param("web.base.url.freeze"))
