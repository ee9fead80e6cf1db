from .activation import (
    test_activation_record,
    test_certificate_activation,
    test_step_order,
    test_tours,
    test_wizard,
)
from .attacks import (
    test_attacks_booking,
    test_attacks_claims,
    test_attacks_contacts,
    test_attacks_doors,
    test_attacks_evidence,
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
from .board import test_board
from .core import (
    test_demo,
    test_neighbours,
    test_pdf_conversion,
    test_security,
    test_stored_files,
    test_translations,
    test_upload,
)
from .dev import test_dev_commands, test_odoo_suites, test_odoo_surface, test_structure
from .invoicing import (
    test_electronic_invoicing_resolution,
    test_electronic_invoicing_setup,
    test_nit_lock,
)
from .keys import test_custody
from .lending import test_lending
from .letter import (
    test_exoneration_letter,
    test_letter_settings,
    test_right_letter,
    test_signed_letter,
)
from .own import test_own_certificate
from .payment import (
    test_gateways,
    test_payment,
    test_payment_books,
    test_payment_follow,
    test_payment_receipt,
    test_payment_tours,
    test_payment_ways,
)
from .portal import test_portal
from .renewal import test_expiry, test_renewal
from .request import test_certificate_request
from .sale import test_price, test_sale_setup, test_sold_certificates
from .signing import test_dian_client, test_signature_judges, test_signing
from .tools import (
    test_certificate_reader,
    test_dian,
    test_expiry_days,
    test_identity,
    test_key_seal,
    test_letter_pdf,
    test_letter_scan,
    test_letter_text,
    test_pdf_append,
    test_pdf_check,
    test_pdf_hostile,
    test_pdf_shrink,
    test_pkcs12,
    test_rate_limit,
    test_revocation,
    test_sandbox,
    test_server_secret,
    test_signature_chain,
    test_text_limits,
    test_xades,
    test_xml_text,
)
