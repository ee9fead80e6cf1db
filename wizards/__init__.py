from . import (
    base_partner_merge,
    certificate_activation_wizard,
    certificate_custody_wizard,
    certificate_reason_wizard,
    electronic_invoicing_decision,
)
