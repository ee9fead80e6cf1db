"""The sale of a certificate, and its price."""

from . import test_price, test_sale_setup, test_sold_certificates
