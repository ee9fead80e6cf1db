import { registry } from "@web/core/registry";

import { ElectronicProcess } from "../electronic_process/electronic_process";

/** What the company finds that lends its certificate: the page of the six steps, with rows that lead nowhere in order. */
export class LenderPage extends ElectronicProcess {
    static model = "certificate.lender.page";

    get isWay() {
        return false;
    }

    get nextKey() {
        return this.steps.find((step) => step.state !== "done" && step.button)?.key;
    }
}

registry.category("lazy_components").add("l10n_co_certificate_activation.lender_page", LenderPage);
