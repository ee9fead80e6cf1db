import { registry } from "@web/core/registry";
import { formView } from "@web/views/form/form_view";

import { useEffect, useState } from "@odoo/owl";

import { KeptModel } from "../connection/kept_model";
import { useRecordDraft } from "../connection/record_draft";
import { useKeptFocus } from "./kept_focus";

// Buttons that show red messages when something is missing.
const CHECKED = [
    "action_download_letter",
    "action_submit_receipt",
    "action_review_request",
    "action_send_request",
];

// See field_message.js.
const INVALID = "[aria-invalid='true'], button[aria-describedby$='_message']";

// Announces the step to screen readers.
const STEP = ".o_certificate_stepper [aria-current='step']";

// What is filled in after "Change the data".
const REPRESENTATIVE = ".o_field_widget[name='representative_name'] input";

/** The wizard's page: each time something is submitted, the first field in red gets the focus. */
export class ActivationFormController extends formView.Controller {
    setup() {
        super.setup();
        this.messages = useState({ requests: 0, openings: 0 });
        useEffect(
            (requests) => {
                if (requests) {
                    this.rootRef.el?.querySelector(INVALID)?.focus();
                }
            },
            () => [this.messages.requests]
        );
        useEffect(
            (openings) => {
                if (openings) {
                    this.rootRef.el?.querySelector(REPRESENTATIVE)?.focus();
                }
            },
            () => [this.messages.openings]
        );
        useKeptFocus(this.rootRef, STEP);
        useRecordDraft(this.model, (record) => record.data.activation_id.id);
    }

    async afterExecuteActionButton(clickParams) {
        await super.afterExecuteActionButton(clickParams);
        if (CHECKED.includes(clickParams.name)) {
            this.messages.requests++;
        }
        if (clickParams.name === "action_change_representative") {
            this.messages.openings++;
        }
    }
}

registry.category("views").add("certificate_activation_form", {
    ...formView,
    Controller: ActivationFormController,
    Model: KeptModel,
});
