"""All companies at a glance."""

from . import account_journal, board, res_company
