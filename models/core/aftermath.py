"""What this add-on does after somebody else's work, or shows beside it, and must not spoil.

An accountant who books, reconciles, resets or deletes has to do with no certificate: what fails here is
logged and told to whoever can mend it. Two things stay errors. Refusals that protect money or evidence
come before the work and not after it; and what Odoo tries again, when two transactions met, has to reach it.
"""

import logging
from contextlib import contextmanager

from psycopg2 import Error, OperationalError

from odoo.exceptions import AccessError, ConcurrencyError, RedirectWarning, UserError

_logger = logging.getLogger(__name__)


@contextmanager
def shielded(env, report=None):
    """Do something after the work of somebody else; if it fails, take back that alone.

    :param env: the environment of that work
    :param report: function of the error, which tells whoever can mend it
    :raise OperationalError: what Odoo tries again: two transactions met
    :raise ConcurrencyError: likewise
    """
    # What cannot be stored of the other's work is for the other to see.
    env.cr.flush()
    try:
        with env.cr.savepoint():
            yield
    except (OperationalError, ConcurrencyError):
        raise
    except Exception as error:
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


def get_reason(env, error):
    """Say why something failed, for those who can mend it.

    :rtype: str
    """
    if isinstance(error, UserError | RedirectWarning):
        return str(error.args[0])
    return env._(
        "an unexpected error, %s. Its details are in the server's log.", type(error).__name__
    )
