import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { ViewButton } from "@web/views/view_button/view_button";

import { Component, useExternalListener, useState } from "@odoo/owl";

const getDigits = (text) => text.replaceAll("-", "").replaceAll(".", "").replaceAll(" ", "");

/**
 * The button that confirms a dialog. It opens when the fields that `ready` names are filled in, or while the field
 * that `typed` names is being typed into: with anything, or, letter by letter, with what the fields that `match`
 * names say together.
 */
class Confirm extends Component {
    static template = "l10n_co_certificate_activation.Confirm";
    static components = { ViewButton };
    static props = {
        ...standardWidgetProps,
        title: String,
        ready: { type: Array, optional: true },
        typed: { type: String, optional: true },
        match: { type: Array, optional: true },
        rank: { type: String, optional: true },
    };

    setup() {
        this.state = useState({ text: null });
        useExternalListener(document, "input", ({ target }) => {
            const { typed } = this.props;
            if (typed && target.closest(`.modal .o_field_widget[name="${typed}"]`)) {
                this.state.text = target.value;
            }
        });
    }

    get isReady() {
        const { record, ready, typed, match } = this.props;
        if (!typed) {
            return ready.every((name) => record.data[name]);
        }
        const text = (this.state.text ?? (record.data[typed] || "")).trim();
        return match
            ? getDigits(text) === getDigits(match.map((name) => record.data[name]).join(""))
            : Boolean(text);
    }
}

registry.category("view_widgets").add("certificate_confirm", {
    component: Confirm,
    extractProps: ({ attrs }) => ({
        title: attrs.string,
        ready: attrs.ready?.split(" "),
        typed: attrs.typed,
        match: attrs.match?.split(" "),
        rank: attrs.rank,
    }),
});
