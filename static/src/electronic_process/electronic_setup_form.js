import { registry } from "@web/core/registry";

import { onMounted } from "@odoo/owl";

import { useRecordDraft } from "../connection/record_draft";
import { CertificateFormController, certificateFormView } from "../form/form";
import { usePage } from "../page/page";

/** A form that is a page of its own: it has a title, and what is typed outlives the session. */
class CertificatePageController extends CertificateFormController {
    setup() {
        super.setup();
        usePage();
        useRecordDraft(this.model, (record) => record.resId);
    }
}

/** The form of one of the six steps: the field that the page of the steps led to gets the focus, and its message. */
export class ElectronicSetupFormController extends CertificatePageController {
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

registry
    .category("views")
    .add("certificate_page_form", {
        ...certificateFormView,
        Controller: CertificatePageController,
    })
    .add("electronic_setup_form", {
        ...certificateFormView,
        Controller: ElectronicSetupFormController,
    });
