"""Odoo starts processes with its own environment: give them the secret that was taken out of it.

These are the gevent process of a server with workers, when its master has loaded the add-on before
(`odoo -d`), and the server itself when it starts anew (SIGHUP, `--dev reload`). Workers and crons are forked
and have the secret from their master; where the master has not loaded the add-on, its environment is
as it was, and each of them takes the secret out of its own.
"""

import functools
import logging

from odoo.service import server

from .custody import SOURCE

_logger = logging.getLogger(__name__)

# Functions of `odoo.service.server` that start a process.
STARTERS = ((server, "_reexec"), (getattr(server, "PreforkServer", None), "long_polling_spawn"))


def _hand_over(owner, name):
    """Let a function of Odoo start its process with the secret in the environment."""
    start = getattr(owner, name, None)
    if start is None:
        _logger.warning("This version of Odoo has no %s: give the secret by a file.", name)
        return

    @functools.wraps(start)
    def start_with_secret(*args, **kwargs):
        with SOURCE.handing_over():
            return start(*args, **kwargs)

    setattr(owner, name, start_with_secret)


for _owner, _name in STARTERS:
    _hand_over(_owner, _name)
