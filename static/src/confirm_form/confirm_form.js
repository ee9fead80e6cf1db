import { registry } from "@web/core/registry";
import { formView } from "@web/views/form/form_view";

import { KeptModel } from "../connection/kept_model";

import { useEffect } from "@odoo/owl";

/** A dialog with a question: Enter in a field does what its button does. */
export class ConfirmFormController extends formView.Controller {
    setup() {
        super.setup();
        useEffect(
            (root) => {
                const onKeydown = (ev) => this.pressOnEnter(ev);
                root?.addEventListener("keydown", onKeydown);
                return () => root?.removeEventListener("keydown", onKeydown);
            },
            () => [this.rootRef.el]
        );
    }

    async pressOnEnter(ev) {
        const isTyped = ev.target.matches("input:not([type=checkbox])");
        if (ev.key !== "Enter" || ev.isComposing || !isTyped) {
            return;
        }
        ev.preventDefault();
        // What is typed opens the button, once the server has looked at it.
        await this.model.root.isDirty();
        requestAnimationFrame(() => {
            const footer = this.rootRef.el?.closest(".modal")?.querySelector(".modal-footer");
            footer?.querySelector(".btn-primary:not([disabled])")?.click();
        });
    }
}

registry.category("views").add("certificate_confirm_form", {
    ...formView,
    Controller: ConfirmFormController,
    Model: KeptModel,
});
