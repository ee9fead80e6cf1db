from . import (
    test_certificate_activation,
    test_electronic_invoicing_setup,
    test_exoneration_letter,
    test_identity,
    test_letter_pdf,
    test_payment,
    test_pdf_check,
    test_security,
    test_signed_letter,
    test_tours,
    test_translations,
    test_wizard,
)
