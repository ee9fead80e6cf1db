import { registry } from "@web/core/registry";
import { formView } from "@web/views/form/form_view";

import { onMounted } from "@odoo/owl";

import { CertificateFormController } from "../form/form";

/** The form of one of the six steps: the field that the page of the steps led to gets the focus, and its message. */
export class ElectronicSetupFormController extends CertificateFormController {
    isPatient = true;

    setup() {
        super.setup();
        const name = this.props.context.focus;
        if (name) {
            this.told.touched[name] = true;
        }
        onMounted(() => {
            if (name) {
                this.rootRef.el?.querySelector(`[name="${name}"] input`)?.focus();
            }
        });
    }
}

registry.category("views").add("electronic_setup_form", {
    ...formView,
    Controller: ElectronicSetupFormController,
});
