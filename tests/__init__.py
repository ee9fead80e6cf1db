from . import (
    test_certificate_activation,
    test_letter_pdf,
    test_pdf_check,
    test_tours,
)
