"""The six steps of activating electronic invoicing, and what DIAN asks of a company."""

from . import setup  # isort: skip  # setup_steps extends it
from . import (
    account_journal,
    account_move,
    res_company,
    res_partner,
    resolution,
    responsibility,
    setup_steps,
)
