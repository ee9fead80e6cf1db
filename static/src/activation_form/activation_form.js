import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formView } from "@web/views/form/form_view";

import { useEffect, useState } from "@odoo/owl";

import { getHint } from "../guide/guide";
import { restoreFocus } from "./lost_focus";

// What shows red messages when something is missing.
const CHECKED = [
    "action_download_letter",
    "action_submit_receipt",
    "action_review_request",
    "action_send_request",
];

// See field_message.js.
const INVALID = "[aria-invalid='true'], button[aria-describedby$='_message']";

const STEP = ".o_certificate_stepper [aria-current=step]";

/**
 * The wizard's page: each time something is asked for, the first field in red gets the focus, and where
 * a step takes what had it away, the stepper does, which names the step.
 */
export class ActivationFormController extends formView.Controller {
    setup() {
        super.setup();
        this.messages = useState({ requests: 0 });
        useEffect(
            (requests) => {
                if (requests) {
                    this.rootRef.el?.querySelector(INVALID)?.focus();
                }
            },
            () => [this.messages.requests]
        );
        useEffect(
            () => restoreFocus(this.rootRef.el, STEP),
            () => [this.model.root.data.step]
        );
        this.guide = useService("certificate_guide");
        useEffect(
            (hint) => {
                this.guide.follow(hint);
            },
            () => [getHint(this.model.root.data)]
        );
    }

    async afterExecuteActionButton(clickParams) {
        await super.afterExecuteActionButton(clickParams);
        if (CHECKED.includes(clickParams.name)) {
            this.messages.requests++;
        }
        // The buttons are disabled until this has returned, which takes the focus from them.
        const { name } = clickParams;
        browser.setTimeout(() => restoreFocus(this.rootRef.el, `button[name="${name}"]`, STEP));
    }
}

registry.category("views").add("certificate_activation_form", {
    ...formView,
    Controller: ActivationFormController,
});
