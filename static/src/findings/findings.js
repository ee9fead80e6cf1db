import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component } from "@odoo/owl";

/** A list of sentences, as a list. */
export class Findings extends Component {
    static template = "l10n_co_certificate_activation.Findings";
    static props = { ...standardFieldProps };

    get sentences() {
        return this.props.record.data[this.props.name] || [];
    }
}

registry.category("fields").add("certificate_findings", {
    component: Findings,
    supportedTypes: ["json"],
});
