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

_PURPOSE = b"l10n_co_certificate_activation signature chain 1"


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


def find_breaks(chain, rows, heads, secrets):
    """Find everything that is wrong with a chain.

    :param chain: its number or name
    :param rows: of one chain, in any order
    :param heads: of it; several are there when transactions overlapped, and the longest one counts
    :param secrets: as for `make_head`
    :rtype: list[Break]
    """
    breaks = [Break("unlinked", 0) for row in rows if row.position is None]
    expected, previous_hash = 1, ""
    for row in sorted((row for row in rows if row.position is not None), key=_get_position):
        if row.hash != hash_row(row.position, row.previous_hash, row.values):
            breaks.append(Break("changed", row.position))
        if row.position != expected:
            breaks.append(Break("missing", row.position))
        elif row.previous_hash != previous_hash:
            breaks.append(Break("broken", row.position))
        expected, previous_hash = row.position + 1, row.hash
    end = get_end(heads)
    if end is None:
        if rows:
            breaks.append(Break("headless", expected))
    elif (end.count, end.hash) != (expected - 1, previous_hash):
        breaks.append(Break("truncated", expected))
    if not all(is_sealed(chain, head, secrets) for head in heads):
        breaks.append(Break("unsealed", expected))
    return breaks


def _seal(chain, count, last_hash, secret):
    message = f"{chain}:{count}:{last_hash}".encode()
    return secret.mac(_PURPOSE, message).hex()


_get_position = attrgetter("position")
_get_count = attrgetter("count")
