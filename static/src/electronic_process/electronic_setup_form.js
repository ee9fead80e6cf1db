import { registry } from "@web/core/registry";
import { formView } from "@web/views/form/form_view";

import { KeptModel } from "../connection/kept_model";
import { useRecordDraft } from "../connection/record_draft";

import { usePage } from "../page/page";

import { onMounted } from "@odoo/owl";

/** The form of one of the six steps: the field that the page of the steps led to gets the focus. */
export class ElectronicSetupFormController extends formView.Controller {
    setup() {
        super.setup();
        usePage();
        useRecordDraft(this.model, (record) => record.resId);
        onMounted(() => {
            const name = this.props.context.focus;
            if (name) {
                this.rootRef.el?.querySelector(`[name="${name}"] input`)?.focus();
            }
        });
    }
}

registry.category("views").add("electronic_setup_form", {
    ...formView,
    Controller: ElectronicSetupFormController,
    Model: KeptModel,
});
