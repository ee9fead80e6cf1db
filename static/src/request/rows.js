import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component } from "@odoo/owl";

/** Shows pairs of a label and a text, which the server computes, as a list of terms. */
export class Rows extends Component {
    static template = "l10n_co_certificate_activation.Rows";
    static props = { ...standardFieldProps };

    get rows() {
        return this.props.record.data[this.props.name] || [];
    }
}

registry.category("fields").add("certificate_rows", {
    component: Rows,
    supportedTypes: ["json"],
});
