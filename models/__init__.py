from . import certificate_guarded_mixin, certificate_pdf_mixin  # isort: skip  # the models inherit them
from . import certificate_activation  # isort: skip  # in several files
from . import (
    account_move,
    account_partial_reconcile,
    account_payment,
    certificate_activation_letter,
    certificate_activation_notice,
    certificate_activation_payment,
    certificate_activation_scan,
    certificate_payment_receipt,
    certificate_pdf_shrink,
    certificate_voided_letter,
    electronic_invoicing_setup,
    ir_attachment,
    ir_binary,
    ir_ui_view,
    payment_provider,
    payment_transaction,
    res_company,
    res_config_settings,
    res_partner,
)
