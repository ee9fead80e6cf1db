"""Whether a certificate is paid for: invoices, payments, transactions, and the receipt of an
outside authority.
"""

from . import (
    account_move,
    account_partial_reconcile,
    account_payment,
    account_payment_method,
    booking,
    links,
    payment,
    payment_provider,
    payment_transaction,
    purchase,
    receipt,
    res_partner,
    search,
)
