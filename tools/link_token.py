# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The tokens of links that open a page without a login."""

import hashlib
import secrets

_TOKEN_BYTES = 32  # 256 bits: nobody finds one by trying
_TOKEN_LENGTH = 100  # characters that are read; a token has 43


def make_token() -> str:
    """Return a new token, for the part of a link behind the #."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def hash_token(token: str) -> str:
    """Hash a token as it is kept: a random one of 256 bits needs no salt and no slow hash.

    :param token: as it stands in the link, or what a visitor sent instead
    """
    return hashlib.sha256(token.strip()[:_TOKEN_LENGTH].encode()).hexdigest()
