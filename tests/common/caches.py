"""The registry's caches, kept from one test to the next, as Odoo keeps them from one transaction to the next.

Odoo empties all of them after each test and each class, and filling them again takes an eighth of the time: the
code of templates, the files of assets, the descriptions of fields, the routes.
"""

# What follows from views, modules, fields and settings. The rest (rights and what rules say, by user and
# company; parts of pages) is as it was before the test, whatever the test asked.
_STRUCTURE = ("assets", "groups", "routing", "routing.rewrites", "stable", "templates")

# What classes have learnt of the committed database, of a registry that has loaded all modules or has not.
_committed = {}


class KeptCaches:
    """What the caches of a registry hold when a test or a class begins, to be put back at its end.

    A cache of `_STRUCTURE` that nobody has emptied meanwhile keeps what was learnt: just that is true after a
    rollback, in production as here. One that was emptied, because something was written, is again as it was.
    """

    def __init__(self, registry):
        self._registry = registry
        self._mark = ("kept", object())
        self._invalidated = set(registry.cache_invalidated)
        self._contents = {name: cache.snapshot for name, cache in self._caches.items()}
        for cache in self._caches.values():
            cache[self._mark] = True

    @property
    def _caches(self):
        return self._registry._Registry__caches

    def learn(self):
        """Keep what is there now, where it is still true after the rollback. To be called before Odoo empties it."""
        for name in _STRUCTURE:
            # Whoever empties a cache removes the mark, too.
            if self._mark in (cache := self._caches[name]):
                contents = self._contents[name] = cache.snapshot
                del contents[self._mark]

    def put_back(self):
        """Fill the caches as they are kept. To be called after the rollback."""
        for name, contents in self._contents.items():
            fill(self._caches[name], contents)
        self._registry.cache_invalidated.clear()
        self._registry.cache_invalidated.update(self._invalidated)


class CommittedCaches(KeptCaches):
    """The same for a class, which begins with what those before it have learnt."""

    def __init__(self, registry):
        self._key = (id(registry), registry.ready)
        for name, contents in _committed.get(self._key, {}).items():
            fill(registry._Registry__caches[name], contents)
        super().__init__(registry)

    def learn(self):  # pylint: disable=missing-return
        super().learn()
        _committed[self._key] = {name: self._contents[name] for name in _STRUCTURE}


def fill(cache, contents):
    """Let a cache hold what a copy of it holds."""
    cache.clear()
    for key, value in contents.items():
        cache[key] = value
