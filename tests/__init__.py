from . import (
    test_letter_pdf,
    test_pdf_check,
)
