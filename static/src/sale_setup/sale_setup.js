import { _t } from "@web/core/l10n/translation";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";

import { ElectronicProcess } from "../electronic_process/electronic_process";

/** What the seller of the certificate lacks before anybody can buy it: the page of the six steps, with other steps. */
export class SaleSetup extends ElectronicProcess {
    static model = "certificate.sale.setup";

    setup() {
        super.setup();
        this.dialog = useService("dialog");
    }

    get progress() {
        return _t("%(done)s of %(all)s ready", { done: this.doneCount, all: this.steps.length });
    }

    get nextKey() {
        return this.steps.find((step) => step.state !== "done")?.key;
    }

    /** Does what a step offers instead of its button, after a question. */
    choose(step, choice) {
        this.dialog.add(ConfirmationDialog, {
            title: choice.label,
            body: choice.confirm,
            confirmLabel: choice.confirm_label,
            confirm: () => this.open(step, choice.key),
            cancel: () => {},
        });
    }
}

registry.category("lazy_components").add("l10n_co_certificate_activation.sale_setup", SaleSetup);
