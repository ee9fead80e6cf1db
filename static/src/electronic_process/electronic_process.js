import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

import { useKeptFocus } from "../form/kept_focus";
import { usePage } from "../page/page";
import { Words } from "../texts/texts";

import { Component, onWillStart, useRef, useState } from "@odoo/owl";

/** The six steps of activating electronic invoicing, each with its state and its one button. */
export class ElectronicProcess extends Component {
    static template = "l10n_co_certificate_activation.ElectronicProcess";
    static components = { Layout, Words };
    static props = { ...standardActionServiceProps };
    static model = "electronic.invoicing.setup";

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.state = useState({ overview: null });
        usePage();
        useKeptFocus(useRef("page"), "h1");
        onWillStart(() => this.load());
    }

    async load() {
        this.state.overview = await this.orm.call(this.constructor.model, "get_overview");
    }

    get nit() {
        return _t("NIT %s", this.state.overview.nit);
    }

    get steps() {
        return this.state.overview.steps;
    }

    get doneCount() {
        return this.steps.filter((step) => step.state === "done").length;
    }

    /** Whether it is a way with an end, whose steps have numbers. */
    get isWay() {
        return true;
    }

    get progress() {
        return _t("%(done)s of %(all)s steps completed", {
            done: this.doneCount,
            all: this.steps.length,
        });
    }

    labelButton(step, index) {
        const title = this.isWay ? `${index + 1}. ${step.title}` : step.title;
        return `${step.button}: ${title}`;
    }

    /** The one step to go on with: its button alone is primary. */
    get nextKey() {
        if (this.state.overview.warning) {
            return "certificate";
        }
        return this.steps.find((step) => step.state !== "done")?.key;
    }

    async open(step, field = false) {
        const args = [step.key, field];
        const action = await this.orm.call(this.constructor.model, "action_open_step", args);
        return action ? this.action.doAction(action, { onClose: () => this.load() }) : this.load();
    }

    async createInvoice() {
        const action = await this.orm.call("electronic.invoicing.setup", "action_create_invoice");
        return this.action.doAction(action);
    }

    openHistory() {
        return this.action.doAction(
            "l10n_co_certificate_activation.electronic_invoicing_setup_start_action",
            { props: { resId: this.state.overview.id } }
        );
    }
}

registry
    .category("lazy_components")
    .add("l10n_co_certificate_activation.electronic_process", ElectronicProcess);
