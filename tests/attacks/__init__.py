"""What others try: the public, other companies, managers, and who has the database."""

from . import (
    test_attacks_booking,
    test_attacks_claims,
    test_attacks_contacts,
    test_attacks_doors,
    test_attacks_evidence,
    test_attacks_export,
    test_attacks_keys,
    test_attacks_letters,
    test_attacks_mail,
    test_attacks_money,
    test_attacks_own,
    test_attacks_pdf,
    test_attacks_people,
    test_attacks_process,
    test_attacks_purchases,
    test_attacks_reviews,
    test_attacks_sandbox,
    test_attacks_setup,
    test_attacks_text,
    test_attacks_trace,
)
