import { registry } from "@web/core/registry";
import { formView } from "@web/views/form/form_view";

import { useEffect, useState } from "@odoo/owl";

import { CertificateFormController } from "../form/form";

// Announces the step to screen readers.
const STEP = ".o_certificate_stepper [aria-current='step']";

// What is filled in after "Change the data".
const REPRESENTATIVE = ".o_field_widget[name='representative_name'] input";

/** The wizard's page: each time something is submitted, the first field in red gets the focus. */
export class ActivationFormController extends CertificateFormController {
    standIn = STEP;
    checked = [
        "action_download_letter",
        "action_submit_receipt",
        "action_review_request",
        "action_send_request",
    ];

    setup() {
        super.setup();
        this.messages = useState({ openings: 0 });
        useEffect(
            (openings) => {
                if (openings) {
                    this.rootRef.el?.querySelector(REPRESENTATIVE)?.focus();
                }
            },
            () => [this.messages.openings]
        );
    }

    async beforeExecuteActionButton(clickParams) {
        if (clickParams.name === "action_keep_representative") {
            await this.model.root.discard();
        }
        return super.beforeExecuteActionButton(clickParams);
    }

    async afterExecuteActionButton(clickParams) {
        await super.afterExecuteActionButton(clickParams);
        if (clickParams.name === "action_change_representative") {
            this.messages.openings++;
        }
    }
}

registry.category("views").add("certificate_activation_form", {
    ...formView,
    Controller: ActivationFormController,
});
