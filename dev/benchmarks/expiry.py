"""The daily cron: if it is killed a hundred times, nobody is missed or reminded twice, and it costs
what its rows cost.

Run by dev/bench, which brings a database with the demo companies. This works on a copy of it, filled
by SQL with companies whose certificates are active. Odoo runs in this process; each run of the cron is
a process of its own, forked from it, so that it can be killed at any point.
"""

import multiprocessing
import os
import random
import signal
import statistics
import sys
import time
from pathlib import Path

from kit.row import Row, spread
from shared.database import Database

SEED = 20260131
ALLOWED_RATIO = 1.5
GOAL_MS = 1.5  # for a reminder


class CronDatabase(Database):
    """That database, on which the cron runs in processes of its own."""

    def __init__(self, template, count, due):
        super().__init__(template)
        self.due = due
        self.backends = multiprocessing.Value("d")  # see `count_backends`, of the last process
        self.fill(count, due)

    def reset(self):
        """Forget all reminders."""
        self.query(
            """
            DELETE FROM mail_mail; DELETE FROM mail_activity;
            DELETE FROM mail_message WHERE message_type = 'notification' OR model IS NULL;
            DELETE FROM mail_followers WHERE res_model = 'certificate.activation';
            DELETE FROM ir_cron_trigger; DELETE FROM ir_cron_progress;
            UPDATE certificate_activation SET reminded_days = NULL WHERE reminded_days IS NOT NULL;
            UPDATE certificate_certificate SET reminded_on = NULL WHERE reminded_on IS NOT NULL;
            """
        )
        self.vacuum()

    # === THE CRON, IN A PROCESS OF ITS OWN === #

    def fork(self, work):
        """Let a process of its own do some work.

        :param work: a function of an environment
        :return: the process
        :rtype: int
        """
        self.leave()
        sys.stdout.flush()
        process = os.fork()
        if process:
            return process
        try:
            env = self.open()
            work(env)
            env.cr.commit()
            self.backends.value = count_backends(env)
            os._exit(0)
        except BaseException as error:  # whatever it is, only this process ends
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            os._exit(1)

    def wait(self, process):
        """Wait for a process.

        :return: the seconds of CPU that it took, without the database's
        :rtype: float
        """
        _process, status, usage = os.wait4(process, 0)
        if status:
            raise RuntimeError("the process failed")
        return usage.ru_utime + usage.ru_stime

    def count_done(self):
        """Count the certificates of which somebody was reminded."""
        ((count,),) = self.query(
            "SELECT count(*) FROM certificate_activation "
            "WHERE reminded_days > 0 AND name LIKE 'BENCH/%'"
        )
        return count

    def run_cron(self):
        """Run the job until nothing remains; another process may hold rows that it was killed with."""
        while self.count_done() < self.due:
            self.wait(self.fork(run_job))


def count_backends(env):
    """Sum the seconds of CPU that PostgreSQL has taken for this process, whose connections are new."""
    env.cr.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
    stats = [
        Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2] for (pid,) in env.cr.fetchall()
    ]
    # User and system time: fields 14 and 15, of which two stand before the bracket.
    return sum(sum(map(int, stat.split()[11:13])) for stat in stats) / os.sysconf("SC_CLK_TCK")


def run_job(env):
    """Run the job as the scheduler does: again for as long as it says that something remains."""
    cron = env.ref("l10n_co_certificate_activation.ir_cron_certificate_validity")
    while True:
        cron.method_direct_trigger()
        env.cr.commit()
        if not env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)]):
            return


def kill_cron(database, kills):
    """Kill the cron again and again, each time after a moment by chance, and look at what it did.

    If everything is done before it was killed often enough, it starts again.

    :return: rows of the report, and the number of mistakes
    """
    generator = random.Random(SEED)
    # Around the moment at which a process has done its first batch.
    started = time.perf_counter()
    first = database.fork(run_job)
    while not database.count_done():
        time.sleep(0.01)
    lead = time.perf_counter() - started
    os.kill(first, signal.SIGKILL)
    os.waitpid(first, 0)
    killed, rounds = 1, [0, 0, 0]
    while killed < kills:
        if database.count_done() == database.due:
            rounds = [sum(pair) for pair in zip(rounds, find_mistakes(database), strict=True)]
            database.reset()
        process = database.fork(run_job)
        time.sleep(generator.uniform(0.3, 1.1) * lead)
        os.kill(process, signal.SIGKILL)
        _process, status = os.waitpid(process, 0)
        killed += os.WIFSIGNALED(status)
    database.run_cron()
    rounds = [sum(pair) for pair in zip(rounds, find_mistakes(database), strict=True)]
    rows = [
        ("killed", killed),
        ("missed", rounds[0]),
        ("told twice", rounds[1]),
        ("told too early", rounds[2]),
    ]
    return rows, sum(rounds)


def find_mistakes(database):
    """Count of whom nobody was reminded, who was reminded twice, and who too early; with the lender."""
    (found,) = database.query(
        """
        WITH due AS (
            SELECT id FROM certificate_activation WHERE name LIKE 'BENCH/%' AND state = 'active'
              AND date_end <= (now() AT TIME ZONE 'America/Bogota')::date + 90
        ), activity AS (
            SELECT res_id AS id, count(*) AS count FROM mail_activity
            WHERE res_model = 'certificate.activation' GROUP BY res_id
        ), mail AS (
            -- One to each address.
            SELECT message.res_id AS id, count(*) AS count,
                   count(DISTINCT mail.email_to) AS different
            FROM mail_mail mail JOIN mail_message message ON message.id = mail.mail_message_id
            WHERE message.model = 'certificate.activation' GROUP BY message.res_id
        ), lender AS (
            SELECT count(*) AS mails, count(DISTINCT mail.email_to) AS different,
                   (SELECT count(*) FROM mail_activity
                    WHERE res_model = 'electronic.invoicing.setup') AS activities,
                   (SELECT count(DISTINCT user_id) FROM mail_activity
                    WHERE res_model = 'electronic.invoicing.setup') AS users
            FROM mail_mail mail JOIN mail_message message ON message.id = mail.mail_message_id
            WHERE message.model = 'electronic.invoicing.setup'
        )
        SELECT (SELECT count(*) FROM due LEFT JOIN activity USING (id) LEFT JOIN mail USING (id)
                WHERE activity.count IS NULL OR mail.count IS NULL)
               + (SELECT count(*) FROM lender WHERE mails = 0 OR users = 0),
               (SELECT count(*) FROM due JOIN activity USING (id) JOIN mail USING (id)
                WHERE activity.count > 1 OR mail.count > mail.different)
               + (SELECT count(*) FROM lender WHERE mails > different OR activities > users),
               (SELECT count(*) FROM activity JOIN certificate_activation USING (id)
                WHERE name LIKE 'BENCH/%' AND id NOT IN (SELECT id FROM due))
        """
    )
    return found


def create_bare(env, records):
    """Create the rows of reminders as anybody would with the ORM, in batches of the same size.

    What they are about is read at once, and not one by one with each activity, which would flatter the cron.

    :param dict records: as returned by `get_records`
    """
    from odoo.addons.l10n_co_certificate_activation.models.renewal import expiry as module

    activities = env["mail.activity"].with_context(mail_activity_quick_update=True)
    for model, rows in ((activities, records["activities"]), (env["mail.mail"], records["mails"])):
        for start in range(0, len(rows), module.BATCH_SIZE):
            batch = rows[start : start + module.BATCH_SIZE]
            ids = {row["res_id"] for row in batch if row.get("res_id")}
            env["certificate.activation"].browse(ids).exists().mapped("display_name")
            model.create(batch)
            env.cr.commit()


def get_records(env):
    """Return what the cron created, as values to create it again."""
    activities = env["mail.activity"].search_read(
        [("res_model", "=", "certificate.activation")],
        [
            "activity_type_id",
            "res_model_id",
            "res_id",
            "user_id",
            "summary",
            "note",
            "date_deadline",
            "automated",
        ],
        load=None,
    )
    mails = env["mail.mail"].search_read(
        [],
        [
            "model",
            "res_id",
            "subject",
            "body",
            "body_html",
            "email_to",
            "email_from",
            "reply_to",
            "author_id",
            "message_type",
            "subtype_id",
            "is_internal",
            "auto_delete",
        ],
        load=None,
    )
    for vals in (*activities, *mails):
        vals.pop("id")
    return {"activities": activities, "mails": mails}


def measure(database, times):
    """Compare the cron with the bare creation of the same rows, in turns.

    :return: the seconds of the cron and of the bare creation, the cron's seconds of CPU of Odoo and of
        PostgreSQL, each as often as it was measured, and the number of mails
    """
    database.reset()
    database.run_cron()
    env = database.open()
    records = get_records(env)
    env.cr.close()
    cron, bare, cpu, backends = [], [], [], []
    for _time in range(times):
        for durations, work in (
            (cron, run_job),
            (bare, lambda env: create_bare(env, records)),
        ):
            database.reset()
            process = database.fork(work)
            # Of the process, with what it waits for the database.
            started = time.perf_counter()
            used = database.wait(process)
            durations.append(time.perf_counter() - started)
            if work is run_job:
                cpu.append(used)
                backends.append(database.backends.value)
    return cron, bare, cpu, backends, len(records["mails"])


def main():
    row = Row(__doc__, quick="a two-hundredth of everything, once")
    share, kills = (200, 2) if row.quick else (1, 100)
    database = CronDatabase(row.template, 100_000 // share, 10_000 // share)
    try:
        rows, mistakes = kill_cron(database, kills)
        cron, bare, cpu, backends, mails = measure(database, 1 if row.quick else 3)
    finally:
        database.close()
    ratio = statistics.median(cron) / statistics.median(bare)
    wall, cpu, backends = (
        [1000 * value / database.due for value in values] for values in (cron, cpu, backends)
    )
    rows += [
        ("mails", mails),
        ("seconds of the cron", spread(cron, 1)),
        ("seconds of a bare ORM batch", spread(bare, 1)),
        ("ratio", f"{ratio:.2f}"),
        ("milliseconds a reminder", spread(wall)),
        ("of these CPU of Odoo", spread(cpu)),
        ("of these CPU of PostgreSQL", spread(backends)),
        ("load of the machine", f"{os.getloadavg()[0]:.1f}"),
    ]
    print("| the daily cron | |")
    print("|---|---|")
    for values in rows:
        print("| " + " | ".join(map(str, values)) + " |")
    row.add(
        f"reminders missed, sent twice or too early, the cron killed {kills} times",
        mistakes,
        0,
        not mistakes,
    )
    row.add(
        f"{database.due} reminders, against the bare ORM",
        f"{ratio:.2f} x",
        f"{ALLOWED_RATIO} x",
        ratio <= ALLOWED_RATIO,
    )
    row.add(
        "milliseconds of a reminder, with those of the database",
        f"{spread(wall)}, at a load of {os.getloadavg()[0]:.1f}",
        GOAL_MS,
        statistics.median(wall) <= GOAL_MS,
    )
    # What it takes however busy the machine is.
    both = [sum(pair) for pair in zip(cpu, backends, strict=True)]
    row.add(
        "of these CPU of Odoo and of PostgreSQL",
        f"{spread(both)}: {spread(cpu)} and {spread(backends)}",
        GOAL_MS,
        statistics.median(both) <= GOAL_MS,
    )
    return row.finish()


if __name__ == "__main__":
    sys.exit(main())
