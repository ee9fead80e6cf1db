# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The chain of an append-only log: every row vouches for the row before it, a head for the last one.

Changing, removing, inserting or moving a row changes every later hash, and the head tells how many
rows there were. With a secret that is kept outside the database, the head is sealed by an HMAC, so
that an attacker who rewrites the whole chain cannot forge the head.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from datetime import date
from operator import attrgetter

# What can be wrong with a chain.
CODES = (
    "changed",  # a row does not have its own hash
    "missing",  # rows between two others, or at the beginning
    "broken",  # a row does not follow from the row before it
    "unlinked",  # a row that was never made part of the chain
    "truncated",  # rows at the end
    "headless",  # there are rows, and no head
    "unsealed",  # the head is not sealed with the secret
)

MAX_BREAKS = 100  # that are told of one chain
# A chain is read from its first row at least once in so many days.
WHOLE_DAYS = 7

_PURPOSE = b"l10n_co_certificate_activation signature chain 1"
_CHECKPOINT_PURPOSE = b"l10n_co_certificate_activation log checkpoint 1"
_NOTE_PURPOSE = b"l10n_co_certificate_activation log check 1"


@dataclass(frozen=True)
class Row:
    """One row of the log.

    :ivar int position: in the chain, from 1; None when it is not part of it.
    :ivar str previous_hash: of the row before, "" for the first one.
    :ivar str hash: of this row.
    :ivar tuple values: everything else, as `json` can write it.
    """

    position: int | None
    previous_hash: str
    hash: str
    values: tuple


@dataclass(frozen=True)
class Head:
    """What is known of the end of a chain.

    :ivar int count: number of rows.
    :ivar str hash: of the last one.
    :ivar str seal: HMAC of both, "" without a secret.
    """

    count: int
    hash: str
    seal: str


@dataclass(frozen=True)
class Break:
    """What is wrong at one place of a chain.

    :ivar str code: one of `CODES`.
    :ivar int position: of the row; after the last one, for what concerns the end.
    """

    code: str
    position: int


def hash_row(position, previous_hash, values):
    """Compute the hash of a row.

    :rtype: str
    """
    text = json.dumps([position, previous_hash, *values], ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def make_head(chain, count, last_hash, secrets):
    """Make the head of a chain.

    :param chain: the chain's own number or name, so that no head serves another one
    :param secrets: `key_seal.Secret`, the current one first; empty without any
    :rtype: Head
    """
    return Head(count, last_hash, _seal(chain, count, last_hash, secrets[0]) if secrets else "")


def is_sealed(chain, head, secrets):
    """Tell whether one of the secrets sealed a head; without a secret there is nothing to tell.

    :rtype: bool
    """
    return not secrets or any(
        hmac.compare_digest(head.seal, _seal(chain, head.count, head.hash, secret))
        for secret in secrets
    )


def is_unsealed(heads):
    """Tell whether a chain was never sealed: it has heads, and none of them bears a seal."""
    return bool(heads) and not any(head.seal for head in heads)


def get_end(heads):
    """Return the valid head, which is the longest: there are several when transactions overlapped.

    :rtype: Head | None
    """
    return max(heads, key=_get_count, default=None)


def extend(chain, rows, heads, last, secrets):
    """Give new rows their places behind the end of a chain.

    :param rows: `Row`, of which only the values are read
    :param heads: those that are known of the chain; the longest that one of the secrets sealed counts
    :param int last: the highest position that is taken
    :param secrets: as for `make_head`
    :return: the rows in their places, and the new head
    :rtype: tuple[list[Row], Head]
    """
    good = [head for head in heads if is_sealed(chain, head, secrets)]
    end = get_end(good) or Head(0, "", "")
    # If no head vouches for the end, the chain visibly starts again.
    position, previous_hash = max(last, end.count), end.hash
    placed = []
    for row in rows:
        position += 1
        row_hash = hash_row(position, previous_hash, row.values)
        placed.append(replace(row, position=position, previous_hash=previous_hash, hash=row_hash))
        previous_hash = row_hash
    return placed, make_head(chain, position, previous_hash, secrets)


class Walk:
    """Goes along a chain row by row, in constant memory, and finds everything that is wrong with it.

    It may begin behind rows that were checked before. Then the last one of those is the first that is added,
    once more: it must still be there, and be what it was.

    :ivar int count: position of the last row that was added.
    :ivar str hash: of that row.
    :ivar list[Break] breaks: what was found, at most `MAX_BREAKS`.
    """

    def __init__(self, chain, count=None, last_hash=""):
        """Begin at the first row, or at the last one of those that were checked before.

        :param chain: its number or name
        :param int | None count: how many rows were checked before
        :param str last_hash: of the last one of them
        """
        self.chain, self.breaks = chain, []
        self._known_hash = None if count is None else last_hash
        self.count, self.hash = (0, "") if count is None else (count - 1, None)

    def add(self, row):
        """Check the next row by its position; those without one come in any place."""
        if row.position is None:
            self._note("unlinked", 0)
            return
        follows = row.position == self.count + 1
        if row.hash != hash_row(row.position, row.previous_hash, row.values) or (
            follows and self._known_hash not in (None, row.hash)
        ):
            self._note("changed", row.position)
        if not follows:
            self._note("missing", row.position)
        elif self.hash is not None and row.previous_hash != self.hash:
            self._note("broken", row.position)
        self.count, self.hash, self._known_hash = row.position, row.hash, None

    def expect(self, count):
        """Compare how many rows there are before the one that it began at with how many there were."""
        if count != self.count:
            self._note("missing", self.count + 1)

    def finish(self, heads, secrets):
        """Compare the end with the heads.

        :param heads: several are there when transactions overlapped, and the longest one counts
        :param secrets: as for `make_head`
        :return: `breaks`
        """
        end = get_end(heads)
        if end is None:
            if self.count or self.breaks or self.hash is None:
                self._note("headless", self.count + 1)
        elif (end.count, end.hash) != (self.count, self.hash):
            self._note("truncated", self.count + 1)
        if not all(is_sealed(self.chain, head, secrets) for head in heads):
            self._note("unsealed", self.count + 1)
        return self.breaks

    def _note(self, code, position):
        if len(self.breaks) < MAX_BREAKS:
            self.breaks.append(Break(code, position))


def find_breaks(chain, rows, heads, secrets):
    """Find everything that is wrong with a chain that is in memory.

    :param chain: its number or name
    :param rows: of one chain, in any order
    :param heads: as for `Walk.finish`
    :param secrets: as for `make_head`
    :rtype: list[Break]
    """
    walk = Walk(chain)
    for row in sorted(rows, key=_get_place):
        walk.add(row)
    return walk.finish(heads, secrets)


# === FROM WHERE IT WAS CHECKED BEFORE === #


@dataclass(frozen=True)
class Checkpoint:
    """Up to where a chain was checked, and found to be as it was written.

    A row before it can be changed without another row telling: only reading it again does. So a checkpoint is
    good for some days after the whole chain was read, and nobody makes one, or makes it later, without the secret.

    :ivar int count: number of rows that were checked.
    :ivar str hash: of the last one.
    :ivar date whole_on: when the chain was read from its first row.
    :ivar str seal: HMAC of all that.
    """

    count: int
    hash: str
    whole_on: date
    seal: str


def make_checkpoint(chain, count, last_hash, whole_on, secrets):
    """Make a checkpoint of a chain.

    :return: None without a secret, as nothing would vouch for it: the chain is then always read whole
    :rtype: Checkpoint | None
    """
    if not secrets or not count:
        return None
    seal = _seal_checkpoint(chain, count, last_hash, whole_on, secrets[0])
    return Checkpoint(count, last_hash, whole_on, seal)


def is_current(chain, checkpoint, today, secrets):
    """Tell whether a chain may be checked from a checkpoint on, or has to be read whole.

    :rtype: bool
    """
    return 0 <= (today - checkpoint.whole_on).days < WHOLE_DAYS and any(
        hmac.compare_digest(
            checkpoint.seal or "",
            _seal_checkpoint(chain, checkpoint.count, checkpoint.hash, checkpoint.whole_on, secret),
        )
        for secret in secrets
    )


def seal_note(name, content, secrets):
    """Seal what a check has noted for itself, such as how far it is.

    :param name: whose note it is, so that no note serves another one
    :return: "" without a secret
    :rtype: str
    """
    return _seal_note(name, content, secrets[0]) if secrets else ""


def is_own_note(name, content, seal, secrets):
    """Tell whether one of the secrets sealed a note; without a secret there is nothing to tell.

    :rtype: bool
    """
    return not secrets or any(
        hmac.compare_digest(seal or "", _seal_note(name, content, secret)) for secret in secrets
    )


def _seal_checkpoint(chain, count, last_hash, whole_on, secret):
    message = f"{chain}:{count}:{last_hash}:{whole_on.isoformat()}".encode()
    return secret.mac(_CHECKPOINT_PURPOSE, message).hex()


def _seal_note(name, content, secret):
    return secret.mac(_NOTE_PURPOSE, f"{name}:{content}".encode()).hex()


def _seal(chain, count, last_hash, secret):
    message = f"{chain}:{count}:{last_hash}".encode()
    return secret.mac(_PURPOSE, message).hex()


def _get_place(row):
    return row.position is not None, row.position or 0


_get_count = attrgetter("count")
