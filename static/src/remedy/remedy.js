import { RedirectWarningDialog } from "@web/core/errors/error_dialogs";
import { registry } from "@web/core/registry";

// What `exceptions.py` raises carries what this dialog reads.
registry
    .category("error_dialogs")
    .add(
        "odoo.addons.l10n_co_certificate_activation.exceptions.RemedyError",
        RedirectWarningDialog
    );
