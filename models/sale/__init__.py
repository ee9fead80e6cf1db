"""What a certificate costs, what its seller lacks before it can be sold, and what a buyer is offered."""

from . import (
    invoice_price,
    product_attribute,
    product_template,
    remedies,
    res_company,
    sale,
    setup,
)
