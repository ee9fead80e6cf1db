import { registry } from "@web/core/registry";
import { charField } from "@web/views/fields/char/char_field";
import { dateField } from "@web/views/fields/datetime/datetime_field";
import { emailField } from "@web/views/fields/email/email_field";
import { integerField } from "@web/views/fields/integer/integer_field";
import { buildM2OFieldDescription, Many2OneField } from "@web/views/fields/many2one/many2one_field";
import { many2ManyTagsField } from "@web/views/fields/many2many_tags/many2many_tags_field";
import { monetaryField } from "@web/views/fields/monetary/monetary_field";
import { radioField } from "@web/views/fields/radio/radio_field";
import { selectionField } from "@web/views/fields/selection/selection_field";

import { fileChoiceField } from "../file_choice/file_choice";

import { Component, useEffect, useRef, useState } from "@odoo/owl";

/**
 * Returns what is wrong with a field: what the server answered to what was just submitted, while the field still has
 * that value; or else what the record's `field_errors` says ({field: sentence}; in Odoo's settings
 * `certificate_field_errors`). A patient form shows that when the field was changed.
 *
 * @returns {string | undefined}
 */
function getMessage(record, name, told = record.model.env.certificateTold) {
    // Each is read in any case, so that a change of one renders the field again.
    const { [name]: value, field_errors: own, certificate_field_errors: settings } = record.data;
    const errors = own || settings;
    const submitted = told?.fields[name];
    if (submitted && submitted.value === value) {
        return submitted.sentence;
    }
    return !told?.isPatient || told.touched[name] ? errors?.[name] : undefined;
}

/**
 * Wraps a native field: when something is wrong with it, the field and its label turn red and the
 * sentence appears under it, also for screen readers.
 *
 * Odoo's own `required` cannot do this: it is red before anything was submitted, it refuses to save
 * incomplete data, and it gives no explanation.
 */
class FieldMessage extends Component {
    static template = "l10n_co_certificate_activation.FieldMessage";
    static props = ["*"];

    setup() {
        this.root = useRef("root");
        this.told = this.env.certificateTold && useState(this.env.certificateTold);
        this.watchChanges();
        useEffect(
            (message) => {
                // Files are chosen by the button that stands beside a hidden field.
                const input = this.root.el.querySelector("input:not([type=file]), button");
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

    watchChanges() {
        const { name } = this.props;
        let first = true;
        useEffect(
            () => {
                if (this.told && !first) {
                    this.told.touched[name] = true;
                }
                first = false;
            },
            () => [this.props.record.data[name]]
        );
    }

    /** The message belongs to what was there when it was written. */
    forget() {
        const { record, name } = this.props;
        if (this.told?.fields[name]) {
            delete this.told.fields[name];
        }
        if (record.data.field_errors?.[name]) {
            delete record.data.field_errors[name];
        }
    }

    get message() {
        return getMessage(this.props.record, this.props.name, this.told);
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
        isValid: (record, fieldName) => !getMessage(record, fieldName),
    };
}

/** The native fields that show a message, by the names of their widgets. */
const FIELDS = {
    certificate_char: charField,
    certificate_date: dateField,
    certificate_email: emailField,
    certificate_file: fileChoiceField,
    certificate_integer: integerField,
    certificate_many2many_tags: many2ManyTagsField,
    certificate_many2one: buildM2OFieldDescription(Many2OneField),
    certificate_monetary: monetaryField,
    certificate_radio: radioField,
    certificate_selection: selectionField,
};

/** Whether a widget shows a message. */
export function isTelling(widget) {
    return widget in FIELDS;
}

for (const [name, nativeField] of Object.entries(FIELDS)) {
    registry.category("fields").add(name, withMessage(nativeField));
}
