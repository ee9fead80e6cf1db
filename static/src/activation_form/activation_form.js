import { registry } from "@web/core/registry";
import { formView } from "@web/views/form/form_view";

import { useEffect, useState } from "@odoo/owl";

/** The wizard's page: each time the letter is asked for, or the receipt sent, the first field in red gets the focus. */
export class ActivationFormController extends formView.Controller {
    setup() {
        super.setup();
        this.messages = useState({ requests: 0 });
        useEffect(
            (requests) => {
                if (requests) {
                    this.rootRef.el?.querySelector("[aria-invalid='true']")?.focus();
                }
            },
            () => [this.messages.requests]
        );
    }

    async afterExecuteActionButton(clickParams) {
        await super.afterExecuteActionButton(clickParams);
        if (["action_download_letter", "action_submit_receipt"].includes(clickParams.name)) {
            this.messages.requests++;
        }
    }
}

registry.category("views").add("certificate_activation_form", {
    ...formView,
    Controller: ActivationFormController,
});
