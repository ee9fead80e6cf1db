"""The letter of exoneration, its scan and its text."""

from . import (
    test_exoneration_letter,
    test_letter_link,
    test_letter_settings,
    test_letter_terms,
    test_right_letter,
    test_signed_letter,
)
