import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

import { useEffect, useState } from "@odoo/owl";

import { useRecordDraft } from "../connection/record_draft";
import { CertificateFormController, certificateFormView } from "../form/form";
import { usePage } from "../page/page";
import { announce } from "../page/status";

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
        usePage(_t("Activate your digital certificate"));
        useRecordDraft(this.model, (record) => record.data.activation_id.id);
    }

    async beforeExecuteActionButton(clickParams) {
        if (clickParams.name === "action_keep_representative") {
            await this.model.root.discard();
        }
        return super.beforeExecuteActionButton(clickParams);
    }

    async afterExecuteActionButton(clickParams) {
        await super.afterExecuteActionButton(clickParams);
        announce(this.getDone(clickParams.name));
        if (clickParams.name === "action_change_representative") {
            this.messages.openings++;
        }
    }

    /** Says what a button has done, where that is not a page of its own. */
    getDone(name) {
        const { data } = this.model.root;
        const done = {
            action_delete_receipt: !data.receipt_size && _t("The receipt was deleted."),
            action_delete_signed_letter: !data.signed_letter_size && _t("The letter was deleted."),
            action_verify_payment:
                data.payment_status === "paid"
                    ? _t("The payment was verified: it is paid.")
                    : _t("The payment was verified: it is not paid yet."),
        };
        return done[name] || "";
    }
}

registry.category("views").add("certificate_activation_form", {
    ...certificateFormView,
    Controller: ActivationFormController,
});
