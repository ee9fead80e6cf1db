import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component } from "@odoo/owl";

/**
 * Shows the options of a selection field as numbered steps: those before the current one are done,
 * and so is the last one once it is reached.
 */
export class Stepper extends Component {
    static template = "l10n_co_certificate_activation.Stepper";
    static props = { ...standardFieldProps };

    get steps() {
        const { record, name } = this.props;
        const options = record.fields[name].selection;
        const current = options.findIndex(([value]) => value === record.data[name]);
        return options.map(([value, label], index) => ({
            value,
            label,
            number: index + 1,
            isCurrent: index === current,
            isDone: index < current || (index === current && index === options.length - 1),
        }));
    }
}

registry.category("fields").add("certificate_stepper", {
    component: Stepper,
    supportedTypes: ["selection"],
    isEmpty: () => false,
});
