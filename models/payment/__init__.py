"""Whether a certificate is paid for: invoices, payments, transactions, and the receipt of an
outside authority.
"""

from . import (
    account_move,
    account_partial_reconcile,
    account_payment,
    account_payment_method,
    booking,
    invoice_price,
    links,
    payment,
    payment_provider,
    payment_transaction,
    product_attribute,
    product_template,
    receipt,
    res_company,
    res_partner,
    sale,
    search,
)
