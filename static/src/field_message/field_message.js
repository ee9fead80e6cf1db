import { registry } from "@web/core/registry";
import { charField } from "@web/views/fields/char/char_field";
import { dateField } from "@web/views/fields/datetime/datetime_field";
import { emailField } from "@web/views/fields/email/email_field";
import { buildM2OFieldDescription, Many2OneField } from "@web/views/fields/many2one/many2one_field";
import { many2ManyTagsField } from "@web/views/fields/many2many_tags/many2many_tags_field";
import { monetaryField } from "@web/views/fields/monetary/monetary_field";
import { selectionField } from "@web/views/fields/selection/selection_field";

import { Component, useEffect, useRef } from "@odoo/owl";

/**
 * Wraps a native field: when the record's `field_errors` ({field: sentence}) names it, the field and
 * its label turn red and the sentence appears under it, also for screen readers.
 *
 * Odoo's own `required` cannot do this: it is red before anything was submitted, it refuses to save
 * incomplete data, and it gives no explanation.
 */
class FieldMessage extends Component {
    static template = "l10n_co_certificate_activation.FieldMessage";
    static props = ["*"];

    setup() {
        this.root = useRef("root");
        useEffect(
            (message) => {
                const input = this.root.el.querySelector("input, button");
                if (!input) {
                    return;
                }
                // A date is a button until it is edited, and ARIA allows a button neither.
                if (input.matches("input")) {
                    input.setAttribute("aria-required", "true");
                    input.setAttribute("aria-invalid", message ? "true" : "false");
                }
                if (message) {
                    input.setAttribute("aria-describedby", this.messageId);
                } else {
                    input.removeAttribute("aria-describedby");
                }
            },
            () => [this.message]
        );
    }

    /** The message belongs to what was there when it was written. */
    forget() {
        const { record, name } = this.props;
        if (record.data.field_errors?.[name]) {
            delete record.data.field_errors[name];
        }
    }

    get message() {
        return this.props.record.data.field_errors?.[this.props.name];
    }

    get messageId() {
        return `${this.props.id}_message`;
    }
}

function withMessage(nativeField) {
    return {
        ...nativeField,
        component: class extends FieldMessage {
            nativeComponent = nativeField.component;
        },
        fieldDependencies: [{ name: "field_errors", type: "json", readonly: true }],
        isValid: (record, fieldName) => !record.data.field_errors?.[fieldName],
    };
}

registry
    .category("fields")
    .add("certificate_char", withMessage(charField))
    .add("certificate_date", withMessage(dateField))
    .add("certificate_email", withMessage(emailField))
    .add("certificate_many2many_tags", withMessage(many2ManyTagsField))
    .add("certificate_many2one", withMessage(buildM2OFieldDescription(Many2OneField)))
    .add("certificate_monetary", withMessage(monetaryField))
    .add("certificate_selection", withMessage(selectionField));
