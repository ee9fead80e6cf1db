"""What this add-on does after somebody else's work, or shows beside it, and must not spoil.

An accountant who books, reconciles, resets or deletes has to do with no certificate: what fails here is
logged and told to whoever can mend it. Two things stay errors. Refusals that protect money or evidence
come before the work and not after it; and what Odoo tries again, when two transactions met, has to reach it.
"""

import logging
import random
import time
from contextlib import contextmanager

from psycopg2 import Error, OperationalError

from odoo import SUPERUSER_ID, api
from odoo.exceptions import AccessError, ConcurrencyError, RedirectWarning, UserError
from odoo.modules.registry import Registry

_logger = logging.getLogger(__name__)

_TRIES = 5  # of a transaction that meets another one, as Odoo itself has
_WAIT = 0.2  # seconds at most between the first two, then twice as long each time


@contextmanager
def shielded(env, report=None):
    """Do something after the work of somebody else; if it fails, take back that alone.

    :param env: the environment of that work
    :param report: function of the error, which tells whoever can mend it
    :raise OperationalError: what Odoo tries again: two transactions met
    :raise ConcurrencyError: likewise
    """
    # What cannot be stored of the other's work is for the other to see. What that has left for just before
    # the commit, such as one message about all that was changed, stays for then.
    env.flush_all()
    try:
        with env.cr.savepoint(flush=False):
            yield
            env.flush_all()
    except (OperationalError, ConcurrencyError):
        raise
    except Exception as error:
        # What was not stored yet is of this alone.
        env.transaction.clear()
        _logger.exception("A certificate could not follow what happened; the work itself is done")
        if report:
            with shielded(env):
                report(error)


@contextmanager
def shown_beside():
    """Compute what is shown beside a document of somebody else; without it the document still opens.

    :raise Error: of the database, in which nothing can be read any more
    :raise AccessError: when the user may not read the document itself
    """
    try:
        yield
    except (AccessError, ConcurrencyError, Error):
        raise
    except Exception:
        _logger.exception("What is said of a certificate could not be computed")


def after_commit(env, call, *, tries=_TRIES, or_rollback=False):
    """Do something in a transaction of its own, once this one has been committed.

    What was committed stays done, and whoever did it is told so: whatever fails here ends in the log.

    :param call: function of an environment, of the superuser in the language of the user
    :param int tries: 1 for what cannot be done twice, such as sending a mail
    :param bool or_rollback: whether to do it also when this transaction is rolled back
    """
    dbname, lang = env.cr.dbname, env.lang

    def run():
        # It may wait for a mail server.
        tell_others(Registry(dbname))
        with _logging_errors():
            in_own_transaction(dbname, call, lang=lang, tries=tries)

    env.cr.postcommit.add(run)
    if or_rollback:
        env.cr.postrollback.add(run)


def tell_others(registry):
    """Tell other processes what this one has emptied of its caches, before anything else that follows the commit.

    Odoo tells them after all of that: until then another process would not know what was committed.
    """
    with _logging_errors():
        if registry.ready:
            registry.signal_changes()


@contextmanager
def _logging_errors():
    try:
        yield
    except Exception:
        _logger.exception("What follows a transaction failed; the transaction itself is done")


def in_own_transaction(dbname, call, *, lang=None, tries=_TRIES):
    """Do something in a transaction of its own, again when it meets another one.

    :param str dbname: of the database
    :param call: function of an environment, of the superuser
    :param str lang: of the environment
    :param int tries: how often it is done at most
    :return: what the function returns
    """
    for number in range(1, tries + 1):
        try:
            with Registry(dbname).cursor() as cr:
                return call(api.Environment(cr, SUPERUSER_ID, {"lang": lang}))
        except (OperationalError, ConcurrencyError):
            if number == tries:
                raise
            time.sleep(random.uniform(0, _WAIT * 2**number / 2))


def get_reason(env, error):
    """Say why something failed, for those who can mend it.

    :rtype: str
    """
    if isinstance(error, UserError | RedirectWarning):
        return str(error.args[0])
    return env._(
        "an unexpected error, %s. Its details are in the server's log.", type(error).__name__
    )
