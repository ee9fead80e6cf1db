"""What pays for a certificate, however it is paid."""

from . import (
    test_gateways,
    test_payment,
    test_payment_books,
    test_payment_follow,
    test_payment_receipt,
    test_payment_tours,
    test_payment_ways,
)
