import { RPCError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { formView } from "@web/views/form/form_view";

import { useComponent, useEffect, useState, useSubEnv } from "@odoo/owl";

import { KeptModel } from "../connection/kept_model";
import { isTelling } from "../field_message/field_message";
import { useKeptFocus } from "./kept_focus";

// What users do wrong, or may not do; anything else is a fault, which Odoo reports.
const SAID = ["UserError", "ValidationError", "AccessError", "MissingError"].map(
    (name) => `odoo.exceptions.${name}`
);

// See field_message.js.
const INVALID = "[aria-invalid='true'], button[aria-describedby$='_message']";

/** The forms of this add-on that are open, the last one on top. */
const open = new Set();

/**
 * Tells errors of the server in the form where they happen: at the fields that they name (`make_fields_error`), and
 * in a dialog all others above its fields, because a dialog over a dialog hides what is to be put right.
 */
function tellInForm(env, error, originalError) {
    if (!(originalError instanceof RPCError) || !SAID.includes(originalError.exceptionName)) {
        return false;
    }
    const form = [...open].findLast((one) => one.isOnTop);
    if (!form?.tell(originalError.data)) {
        return false;
    }
    error.unhandledRejectionEvent.preventDefault();
    return true;
}

registry
    .category("error_handlers")
    .add("l10n_co_certificate_activation.form", tellInForm, { sequence: 90 });

/**
 * A form of this add-on: it tells mistakes at their fields, and the focus returns to where it was when a dialog
 * closes, or to the first field in red. In a dialog, Enter in a field does what its button does.
 */
export class CertificateFormController extends formView.Controller {
    static template = "l10n_co_certificate_activation.Form";

    /** Selector of what takes the focus at first, and while its control is gone. */
    standIn = null;
    /** Buttons that show red messages when something is missing. */
    checked = ["action_confirm"];
    /** Whether a message of the server waits until its field was changed, or something was submitted. */
    isPatient = false;

    setup() {
        this.told = useState({
            fields: {},
            sentence: "",
            touched: {},
            isPatient: this.isPatient,
            times: 0,
        });
        // Before the model is made, which takes this environment along.
        useSubEnv({ certificateTold: this.told });
        super.setup();
        useKeptFocus(this.rootRef, this.standIn);
        const component = useComponent();
        useEffect(
            () => {
                open.add(component);
                return () => open.delete(component);
            },
            () => []
        );
        useEffect(
            (root) => {
                const onKeydown = (ev) => this.onKeydown(ev);
                root?.addEventListener("keydown", onKeydown);
                return () => root?.removeEventListener("keydown", onKeydown);
            },
            () => [this.env.inDialog && this.rootRef.el]
        );
        useEffect(
            (times) => {
                if (times) {
                    this.rootRef.el?.querySelector(INVALID)?.focus();
                }
            },
            () => [this.told.times]
        );
    }

    async onKeydown(ev) {
        const isTyped = ev.target.matches("input:not([type=checkbox])");
        if (ev.key !== "Enter" || ev.isComposing || !isTyped) {
            return;
        }
        ev.preventDefault();
        // What is typed goes along.
        await this.model.root.isDirty();
        requestAnimationFrame(() => {
            const footer = this.rootRef.el?.closest(".modal")?.querySelector(".modal-footer");
            footer?.querySelector("button[name=action_confirm]:not([disabled])")?.click();
        });
    }

    get isOnTop() {
        const dialogs = [...document.querySelectorAll(".o-overlay-container .modal")];
        const top = dialogs.at(-1);
        return Boolean(this.rootRef.el) && (!top || top.contains(this.rootRef.el));
    }

    /**
     * @param {Object} data of an error of the server
     * @returns {boolean} whether it is told here
     */
    tell({ context, message }) {
        const { root } = this.model;
        const errors = Object.entries(context?.field_errors || {});
        const here = errors.filter(([name]) => this.isTellable(name));
        if (!here.length && !this.env.inDialog) {
            return false;
        }
        this.told.fields = Object.fromEntries(
            here.map(([name, sentence]) => [name, { sentence, value: root.data[name] }])
        );
        const elsewhere = errors.filter(([name]) => !this.isTellable(name));
        this.told.sentence = errors.length
            ? elsewhere.map(([, sentence]) => sentence).join(" ")
            : message;
        this.told.times++;
        // The fields ask anew whether they are valid.
        this.render(true);
        return true;
    }

    /** Whether a field shows a message here; see field_message.js. */
    isTellable(name) {
        const isShown = (node) => node.name === name && isTelling(node.widget);
        return (
            Object.values(this.archInfo.fieldNodes).some(isShown) &&
            !this.model.root._isInvisible(name)
        );
    }

    async beforeExecuteActionButton() {
        this.told.sentence = "";
        return super.beforeExecuteActionButton(...arguments);
    }

    async afterExecuteActionButton(clickParams) {
        await super.afterExecuteActionButton(clickParams);
        if (this.checked.includes(clickParams.name)) {
            this.told.times++;
        }
    }
}

/** The view of a form; `Controller` is a class of these. */
export const certificateFormView = {
    ...formView,
    Controller: CertificateFormController,
    Model: KeptModel,
};

registry.category("views").add("certificate_form", certificateFormView);
