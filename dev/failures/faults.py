"""Breaks things on purpose while companies walk the steps, and asks the database what is left.

Run by dev/faults, which makes a PostgreSQL and a filestore that nobody else uses. Each fault happens
while several people walk (`walkers`) on servers of their own (`scene`). After each fault
everything that was acknowledged to somebody must be there, nothing twice and nothing half
(`invariants`).
"""

import argparse
import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import requests
from scene import CUSTODY, Postgres, Scene, Server
from shared.session import Session

# === FAULTS === #


def kill_workers(scene):
    """A worker is killed: the answer under way is lost."""
    killed = sum(kill_worker(scene) for _moment in scene.moments(8))
    return f"{killed} killed"


def kill_worker(scene):
    """Kill one by chance; return how many were."""
    with contextlib.suppress(psutil.NoSuchProcess, IndexError):
        scene.random.choice(scene.server.get_workers()).kill()
        return 1
    return 0


def kill_signer(scene):
    killed = 0
    for _moment in scene.moments(6):
        scene.signer.kill()
        killed += 1
    return f"{killed} killed"


def restart_postgresql(scene):
    """PostgreSQL ends at once and replays its log."""
    restarted = 0
    for _moment in scene.moments(3, 3, 6):
        scene.postgres.restart()
        restarted += 1
    return f"{restarted} restarts"


def terminate_connections(scene):
    """All connections end, as after a failover."""
    ended = 0
    for _moment in scene.moments(6):
        ended += len(
            scene.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        )
    return f"{ended} connections"


@contextlib.contextmanager
def small_disk(scene):
    """Let the filestore lie on a disk of its own, with room for what is there and a little more.

    :return: its folder, or None where this user cannot mount one
    """
    folder = scene.options.filestore
    disk, aside = (scene.options.folder / name for name in ("disk", "aside"))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    disk.mkdir(exist_ok=True)
    # A file takes whole pages.
    mount = ["mount", "-t", "tmpfs", "-o", f"size={2 * size + (64 << 20)}", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False).returncode:
        yield None
        return
    try:
        # Nobody has come to a file yet.
        shutil.copytree(folder, disk, dirs_exist_ok=True)
        folder.rename(aside)
        folder.symlink_to(disk)
        yield disk
        shutil.copytree(disk, aside, dirs_exist_ok=True)
        folder.unlink()
        aside.rename(folder)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


@contextlib.contextmanager
def full(disk):
    """Fill a disk to the last page, and make room at the end."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)) == size:
                    pass
    yield
    filler.unlink()


def fill_filestore(scene):
    """The disk of the filestore is full until somebody makes room, and again when a certificate is loaded."""
    with small_disk(scene) as disk:
        if not disk:
            return "left out: only root can mount a small disk"
        with full(disk):
            for _moment in scene.moments(4, 4, 4):
                pass
        scene.wait_for(scene.is_loading)
        with full(disk):
            for _moment in scene.moments(2, 4, 4):
                pass
            if not scene.is_loading():
                scene.found.append("nobody kept on loading a certificate onto the full disk")
        scene.finish_walks()
        scene.found += [
            f"the file {path.name} was half stored"
            for path in disk.glob("??/*")
            # Odoo names a file by the SHA-1 of what is in it.
            if hashlib.sha1(path.read_bytes()).hexdigest() != path.name
        ]
    if any(500 in walker.statuses for walker in scene.walkers):
        scene.found.append("a full disk was an error without a sentence")
    seen = {sentence for walker in scene.walkers for sentence in walker.seen}
    return f"full for 16 s and 8 s; said: {'; '.join(sorted(seen)) or 'nothing'}"


def damage_files(scene):
    """Stored files are missing, cut off or altered: none of them is given out as if it were right."""
    scene.finish_walks()
    damages = {
        "missing": Path.unlink,
        "cut off": lambda path: path.write_bytes(path.read_bytes()[:100]),
        "altered": lambda path: path.write_bytes(path.read_bytes()[:-2] + b"!\n"),
    }
    refused = 0
    for walker in scene.walkers:
        session = Session(scene.server.url, scene.options.database, walker.user.login)
        for field, model, record, pattern in walker.get_files():
            address = pattern.format(model, record, field)
            ((name,),) = scene.query(
                "SELECT store_fname FROM ir_attachment "
                "WHERE res_model = %s AND res_field = %s AND res_id = %s",
                model,
                field,
                record,
            )
            file = scene.options.filestore / name
            whole = file.read_bytes()
            for damage, work in damages.items():
                work(file)
                try:
                    if session.request("GET", address).content.startswith(b"%PDF"):
                        scene.found.append(f"a {field} that is {damage} is given out")
                    else:
                        refused += 1
                except requests.RequestException:
                    refused += 1
                file.write_bytes(whole)
            if session.request("GET", address).content != whole:
                scene.found.append(f"a {field} that was put back is not given out")
    return f"{refused} damaged files refused"


def kill_cron(scene):
    """The worker of the cron is killed while it reminds."""
    scene.finish_walks()
    scene.move_periods(
        [("state", "=", "active")],
        "{'date_end': activation._get_today() + timedelta(20), 'date_start': start - timedelta(300)}",
    )
    scene.query("UPDATE certificate_activation SET reminded_days = NULL WHERE state = 'active'")
    killed = 0
    for _time in range(10):
        scene.wake_cron()
        time.sleep(scene.random.uniform(0, 1))
        for (name,) in scene.query(
            # Where it listens for what is due.
            "SELECT application_name FROM pg_stat_activity WHERE datname = 'postgres' "
            "AND application_name LIKE 'odoo-%%'"
        ):
            with contextlib.suppress(ProcessLookupError, ValueError):
                os.kill(int(name.removeprefix("odoo-")), signal.SIGKILL)
                killed += 1
    left = scene.run_cron(
        "SELECT count(*) FROM certificate_activation WHERE state = 'active' AND reminded_days IS NULL"
    )
    if left:
        scene.found.append(f"{left} were not reminded of")
    return f"{killed} killed"


def turn_clock(scene):
    """The server's clock goes back by half a day, and then forward by more than a year, and is put right."""
    right = scene.servers[0]
    right.kill()
    clocks = {
        turn: Server(scene.options, right.port, prefix=("faketime", "-f", turn))
        for turn in ("-12h", "+500d")
    }
    scene.servers[0] = clocks["-12h"]
    scene.server.start()
    scene.finish_walks()
    scene.server.kill()
    reminded = "SELECT count(*) FROM mail_activity WHERE res_model = 'certificate.activation'"
    scene.servers[0] = clocks["+500d"]
    scene.server.start()
    left = scene.run_cron("SELECT count(*) FROM certificate_activation WHERE state = 'active'")
    if left:
        scene.found.append(f"{left} are active after their end")
    scene.server.kill()
    told = scene.query(reminded)
    scene.servers[0] = right
    right.start()
    scene.run_cron("SELECT 0")
    time.sleep(5)
    if scene.query(reminded) != told:
        scene.found.append("somebody was told again when the clock was put right")
    return "12 hours back, 500 days forward, and put right"


def replace_server(scene):
    """Two servers on one filestore, reading from a replica: one is killed and another takes its place."""
    replica = Postgres(scene.options, "replica", scene.options.pg_port + 1)
    program = *scene.options.as_postgres.split(), f"{scene.options.pg_bin}/pg_basebackup"
    primary = "-h", str(scene.options.socket), "-p", str(scene.options.pg_port), "-U", "odoo"
    subprocess.run([*program, "-R", "-D", str(replica.folder), *primary, "-c", "fast"], check=True)
    replica.start()
    reading = (f"--db_replica_host={replica.socket}", f"--db_replica_port={replica.port}")
    alone = scene.servers
    try:
        for server in alone:
            server.kill()
        ports = [scene.options.port + number for number in (10, 20, 30)]
        one, two, three = (Server(scene.options, port, *reading) for port in ports)
        one.start()
        two.start()
        scene.servers = [one, two]
        for number in scene.moments(2, 6, 8):
            if number:
                # Started before the other one ends, as when a machine is replaced.
                scene.servers = [one]
                two.kill()
                three.start()
                scene.servers = [one, three]
        scene.finish_walks()
        ((read,),) = scene.query(
            "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = %s",
            scene.options.database,
            port=replica.port,
        )
    finally:
        for server in scene.servers:
            server.kill()
        replica.stop("immediate")
        scene.servers = alone
        for server in alone:
            server.start()
    stale = sum(walker.stale for walker in scene.walkers)
    return f"{read} transactions on the replica, {stale} of them behind"


def reject_letter(scene):
    """The lender rejects the letter of a signing company, while workers are killed: nothing is
    signed until it has accepted another one.
    """
    signing, killed = scene.signing, 0
    for act, why in (
        (signing.reject_letter, "under a letter that was rejected something is signed"),
        (signing.correct_letter, "under a letter that nobody has accepted something is signed"),
        (signing.accept_letter, None),
    ):
        killed += kill_worker(scene)
        act()
        if why:
            scene.expect_silence(why)
    scene.expect_signature()
    return f"{killed} killed"


def move_database(scene):
    """The database has another identity, as one that was restored: it signs nothing until a custodian has
    confirmed it."""
    scene.signer.kill()
    for server in scene.servers:
        server.kill()
    scene.query(
        "UPDATE ir_config_parameter SET value = gen_random_uuid() WHERE key = 'database.uuid'"
    )
    for server in scene.servers:
        server.start()
    scene.expect_silence("a database that may be a copy signs")
    custodian = scene.signing.custodian
    page = custodian.call(CUSTODY, "create", {})
    killed = kill_worker(scene)
    custodian.call(CUSTODY, "action_confirm_place", [page])
    scene.expect_signature()
    return f"moved once, {killed} killed"


FAULTS = {
    "nothing": lambda scene: "",
    "workers": kill_workers,
    "signer": kill_signer,
    "postgresql": restart_postgresql,
    "connections": terminate_connections,
    "filestore": fill_filestore,
    "files": damage_files,
    "servers": replace_server,
    "letter": reject_letter,
    "identity": move_database,
    "cron": kill_cron,
    # The last one: all that was active has ended after it.
    "clock": turn_clock,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faults", nargs="*", help=f"of {', '.join(FAULTS)}")
    for name in ("folder", "clusters", "conf", "socket", "filestore", "tests", "odoo-bin"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("port", "pg-port"):
        parser.add_argument(f"--{name}", type=int, required=True)
    for name in ("database", "pg-bin"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--as-postgres", default="")
    options = parser.parse_args()
    if unknown := set(options.faults) - set(FAULTS):
        parser.error(
            f"there is no fault {', '.join(sorted(unknown))}; there are {', '.join(FAULTS)}"
        )
    scene = Scene(options)
    signal.signal(signal.SIGTERM, lambda *_args: sys.exit(143))
    scene.server.start()
    try:
        scene.seal_keys()
        scene.prepare()
        scene.activate_signer()
        scene.signer.start()
        for name in options.faults or FAULTS:
            scene.walk(name, FAULTS[name])
    finally:
        if scene.signer.process:
            scene.signer.kill()
        for server in scene.servers:
            server.kill()
    print("| fault | happened | walks | signatures | errors seen | seconds | mistakes |")
    print("|---|---|---|---|---|---|---|")
    for row in scene.rows:
        print("| " + " | ".join(map(str, row)) + " |")
    for mistake in scene.mistakes:
        print(f"- {mistake}")
    return 1 if scene.mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
