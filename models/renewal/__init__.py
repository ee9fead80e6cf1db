"""The next period: when it can begin, when it signs, and who is reminded."""

from . import account_move, expiry, renewal, res_company
