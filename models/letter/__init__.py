"""The exoneration letter: its text, the signed scan, and the lender's review."""

from . import (
    ir_ui_view,
    l10n_latam_identification_type,
    lender,
    letter,
    link,
    res_company,
    res_country_state,
    review,
    scan,
    sending,
    terms,
    voided_letter,
)
