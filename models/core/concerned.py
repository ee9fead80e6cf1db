"""What ordinary work asks first: whether anything here can have to do with a certificate.

Whoever does not use the add-on must not pay for it. So each guard of Odoo's own work asks for sets of ids that
Odoo's cache holds (`ormcache`): the companies that sell, those that have an activation, their contacts, the contacts
that were invited. Such a set may hold too much and never too little, so that a guard that returns early is right:

* Ids are only ever added. What is taken back, by a savepoint or a whole transaction, stays in the answer for a
  while and costs a query.
* Whoever adds one calls `note`: it is in the answer at once for the rest of the transaction, whatever is cached.
* The cache is emptied at once and again when the transaction ends: somebody may have filled it meanwhile, with what
  could be seen then. Other processes are told right after the commit, before anything else that follows it (such
  as a mail, which can take a minute).
* Threads share one cache, which one that began before the change could fill after it: there an answer is kept for
  its transaction alone.
"""

import odoo
from odoo.tools import config

from ...const import MODULE
from .aftermath import tell_others

_KEY = f"{MODULE}.concerned"

# What the ids are of.
SELLERS = "sellers"
CLIENTS = "clients"
CONTACTS = "contacts"  # of companies
INVITED = "invited"

# By database, another object after each change, whoever made it: what transactions have kept is asked anew.
_states = {}


def is_cache_private():
    """Tell whether this process answers one request at a time, and looks before each one for what others changed."""
    return bool(config["workers"]) and not odoo.evented


def ask(model, name, *args):
    """Ask a method of a model that is cached (`ormcache`) for what is known to all.

    :param str name: of the method
    :return: what it returns; not what this transaction alone knows, see `add_noted`
    """
    method = getattr(model, name)
    if is_cache_private():
        return method(*args)
    now = _states.get(model.env.cr.dbname)
    state, known = model.env.cr.cache.get(_KEY, (None, None))
    if known is None or state is not now:
        known = {}
        model.env.cr.cache[_KEY] = now, known
    key = name, *args
    if key not in known:
        known[key] = method.__wrapped__(model, *args)
    return known[key]


def note(env, kind, ids):
    """Note that records are concerned from now on: here at once, and for everybody after the commit.

    :param str kind: one of those above
    :param ids: of the records
    """
    forget(env)
    env.cr.postcommit.data[_KEY][kind] = add_noted(env, kind, frozenset(ids))


def forget(env):
    """Empty what is cached, here at once, and for everybody after the commit."""
    data, registry = env.cr.postcommit.data, env.registry
    if _KEY not in data:
        data[_KEY] = {}
        env.cr.postcommit.add(lambda: _publish(registry))
        env.cr.postrollback.add(lambda: _empty(registry))
    _empty(registry)


def _empty(registry):
    _states[registry.db_name] = object()
    registry.clear_cache()


def _publish(registry):
    _empty(registry)
    tell_others(registry)


def add_noted(env, kind, known=frozenset()):
    """Add what this transaction has noted to what is known.

    :rtype: frozenset[int]
    """
    noted = env.cr.postcommit.data.get(_KEY, {}).get(kind)
    return known | noted if noted else known
