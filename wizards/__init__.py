from . import (
    account_payment_register,
    base_partner_merge,
    certificate_activation_wizard,
    certificate_custody_wizard,
    certificate_issue_wizard,
    certificate_link_code,
    certificate_portal_invitation,
    certificate_reason_wizard,
    certificate_request_wizard,
    certificate_sale_wizard,
    electronic_invoicing_decision,
    payment_link_wizard,
)
