from . import certificate_guarded_mixin  # isort: skip  # the models inherit it
from . import (
    account_move,
    certificate_activation,
    electronic_invoicing_setup,
    ir_attachment,
    payment_transaction,
    res_company,
    res_config_settings,
)
