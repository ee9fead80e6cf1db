"""What ordinary work asks first: whether anything here can have to do with a certificate.

Whoever does not use the add-on must not pay for it. So each guard of Odoo's own work asks for sets of ids that
Odoo's cache holds (`ormcache`): the companies that sell, those that have an activation, their contacts, the contacts
that were invited. Such a set may hold too much and never too little, so that a guard that returns early is right:

* Ids are only ever added. What is taken back, by a savepoint or a whole transaction, stays in the answer for a
  while and costs a query.
* Whoever adds one calls `note`: it is in the answer at once for the rest of the transaction, whatever is cached.
* The cache is emptied at once and again when the transaction ends: somebody may have filled it meanwhile, with what
  could be seen then. Odoo tells the other processes, as it tells them of access rights.
"""

from ...const import MODULE

_KEY = f"{MODULE}.concerned"

# What the ids are of.
SELLERS = "sellers"
CLIENTS = "clients"
CONTACTS = "contacts"  # of companies
INVITED = "invited"


def note(env, kind, ids):
    """Note that records are concerned from now on: here at once, and for everybody after the commit.

    :param str kind: one of those above
    :param ids: of the records
    """
    data, registry = env.cr.postcommit.data, env.registry
    if _KEY not in data:
        data[_KEY] = {}
        env.cr.postcommit.add(registry.clear_cache)
        env.cr.postrollback.add(registry.clear_cache)
    data[_KEY][kind] = add_noted(env, kind, frozenset(ids))
    registry.clear_cache()


def add_noted(env, kind, known=frozenset()):
    """Add what this transaction has noted to what is known.

    :rtype: frozenset[int]
    """
    noted = env.cr.postcommit.data.get(_KEY, {}).get(kind)
    return known | noted if noted else known
