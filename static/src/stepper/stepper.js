import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component } from "@odoo/owl";

/**
 * Shows the options of a selection field as numbered steps: those before the current one are done,
 * and so is the last one once it is reached, or once the field that the option `done` names says so;
 * never while the field that the option `blocked` names does.
 */
export class Stepper extends Component {
    static template = "l10n_co_certificate_activation.Stepper";
    static props = {
        ...standardFieldProps,
        done: { type: String, optional: true },
        blocked: { type: String, optional: true },
    };

    get steps() {
        const { record, name, done, blocked } = this.props;
        const isLastDone = (!done || record.data[done]) && !record.data[blocked];
        const options = record.fields[name].selection;
        const current = options.findIndex(([value]) => value === record.data[name]);
        return options.map(([value, label], index) => ({
            value,
            label,
            number: index + 1,
            isCurrent: index === current,
            isDone:
                index < current ||
                (index === current && index === options.length - 1 && isLastDone),
        }));
    }
}

registry.category("fields").add("certificate_stepper", {
    component: Stepper,
    supportedTypes: ["selection"],
    isEmpty: () => false,
    extractProps: ({ options }) => ({ done: options.done, blocked: options.blocked }),
    fieldDependencies: ({ options }) =>
        [options.done, options.blocked]
            .filter(Boolean)
            .map((name) => ({ name, type: "boolean", readonly: true })),
});
