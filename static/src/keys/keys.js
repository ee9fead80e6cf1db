import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component } from "@odoo/owl";

/** Lists how each key is kept. */
export class Keys extends Component {
    static template = "l10n_co_certificate_activation.Keys";
    static props = { ...standardFieldProps };

    get keys() {
        return this.props.record.data[this.props.name] || [];
    }
}

registry.category("fields").add("certificate_keys", {
    component: Keys,
    supportedTypes: ["json"],
});
