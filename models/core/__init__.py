"""Guards around Odoo's own files, answers and mails, which every subject relies on."""

from . import (
    addresses,
    aftermath,
    concerned,
    ir_attachment,
    ir_binary,
    ir_http,
    ir_ui_menu,
    mail_thread,
    mailing,
    ondelete_guard,
    whole_files,
)
