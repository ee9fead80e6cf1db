import sys
from pathlib import Path

from odoo import SUPERUSER_ID, api
from odoo.cli.command import Command
from odoo.modules.registry import Registry
from odoo.tools import config

MODULE = "l10n_co_certificate_activation"


def load_seal():
    """Import what seals; the add-on is imported with its registry."""
    from odoo.addons.l10n_co_certificate_activation.models.trace import seal

    return seal


class CertificateLog(Command):
    """Check the signatures and the history of a database, or seal them anew under another secret.

    Without an option: prints a line for the end of each chain (log, company, number of rows, hash of the
    last one), and what is wrong. Kept elsewhere, these lines are what a later check can be compared with.
    """

    name = "certificate_log"

    def run(self, args):
        group = config.parser.add_option_group("Log of certificates")
        group.add_option(
            "--seal",
            action="store_true",
            help="seal again, under the current secret, what verifies under the former one",
        )
        group.add_option(
            "--first",
            action="store_true",
            help="with --seal: also what was never sealed, because there was no secret until now",
        )
        group.add_option("--compare", metavar="FILE", help="lines that this command printed before")
        options = config.parse_config(args, setup_logging=True)
        names = config["db_name"]
        if len(names) != 1:
            sys.exit("Name one database: -d DATABASE")
        registry = Registry(names[0])
        if "certificate.history" not in registry:
            sys.exit(f"{MODULE} is not installed in {names[0]}.")
        chain = load_seal()
        with registry.cursor() as cr:
            chain.begin(cr)
            env = api.Environment(cr, SUPERUSER_ID, {})
            if options.seal:
                lines, faults = chain.seal_anew(env, is_first=options.first)
            else:
                known = Path(options.compare).read_text("utf-8") if options.compare else ""
                lines, faults = chain.describe(env, known.splitlines())
        for line in (*lines, *faults):
            print(line)  # pylint: disable=bad-builtin,print-used
        sys.exit(1 if faults else 0)
