"""The exoneration letter: its words, the signed scan, and the review by who lends."""

from . import (
    ir_ui_view,
    l10n_latam_identification_type,
    letter,
    res_company,
    res_country_state,
    review,
    scan,
    voided_letter,
)
