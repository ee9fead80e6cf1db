"""What holds everywhere: who sees and does what, files, demo data, translations."""

from . import (
    test_citizen,
    test_demo,
    test_forms,
    test_mailing,
    test_menus,
    test_neighbours,
    test_pdf_conversion,
    test_security,
    test_stored_files,
    test_translations,
    test_upload,
)
