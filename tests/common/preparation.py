"""What the classes of tests have in common, made once and kept in a database.

Making it takes longer than most tests: a chart of accounts, companies, users, certificates. `dev/test`
keeps it in the database that its runs are copied from. In any other database each class makes it
again, by the same code, so that the tests say the same.
"""

import base64
import functools
import json

from odoo.models import BaseModel
from odoo.modules import module
from odoo.sql_db import db_connect
from odoo.tests import TransactionCase
from odoo.tools import config

KEY = "l10n_co_certificate_activation.test_preparation"


@functools.cache
def find(database):
    """Return what `keep` kept in a database, or None."""
    with db_connect(database).cursor() as cr:
        cr.execute("SELECT value FROM ir_config_parameter WHERE key = %s", [KEY])
        row = cr.fetchone()
    return row and json.loads(row[0])


def restore(case, kept):
    """Give a class of tests what was kept: its environment, and its attributes in theirs."""
    case.env = _get_env(case.env, kept["env"])
    for name, value in kept["attributes"].items():
        setattr(case, name, _decode(case.env, value))


def keep(case):
    """Set up a class of tests, and commit what it made, to be found in copies of this database.

    :param type case: a class of `TransactionCase` that nothing else sets up
    """

    class Bare(TransactionCase):
        pass

    # As when tests run: whoever is asked to send or to render does less then.
    config["test_enable"] = module.current_test = True
    Bare.setUpClass()
    machinery = set(vars(Bare))
    Bare.doClassCleanups()
    given = set(vars(case))
    case.setUpClass()
    env = case.env
    kept = {
        "env": _describe(env),
        "attributes": {
            name: _encode(value)
            for name, value in vars(case).items()
            if name not in machinery and name not in given
        },
    }
    env["ir.config_parameter"].sudo().set_param(KEY, json.dumps(kept))
    env.flush_all()
    # (What a test may not do is set on the cursor itself.)
    type(env.cr).commit(env.cr)
    case.doClassCleanups()


def _describe(env):
    return {"user": env.uid, "su": env.su, "context": dict(env.context)}


def _get_env(env, described):
    return env(user=described["user"], su=described["su"], context=described["context"])


def _encode(value):
    """Return a value as JSON can hold it.

    :raise TypeError: for what is neither plain nor records
    """
    if isinstance(value, BaseModel):
        return {"model": value._name, "ids": value.ids, **_describe(value.env)}
    if isinstance(value, dict):
        return {"dict": {key: _encode(part) for key, part in value.items()}}
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{value!r} cannot be kept for the tests")


def _decode(env, value):
    if not isinstance(value, dict):
        return value
    if "model" in value:
        return _get_env(env, value)[value["model"]].browse(value["ids"])
    if "dict" in value:
        return {key: _decode(env, part) for key, part in value["dict"].items()}
    return base64.b64decode(value["bytes"])
