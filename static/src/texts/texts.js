import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { ViewButton } from "@web/views/view_button/view_button";

import { Component } from "@odoo/owl";

// What is read and typed as one word: the code of a letter, the reference of a payment, a NIT.
const CODE = /([A-Z0-9][A-Z0-9.]*(?:-[A-Z0-9]+)+)/;

/** A sentence, of which no code is broken at its hyphens. */
export class Words extends Component {
    static template = "l10n_co_certificate_activation.Words";
    static props = { text: String };

    /** By turns what is around the codes and a code. */
    get parts() {
        return this.props.text.split(CODE);
    }
}

/** What the server describes of an activation, under the names that the option `names` gives. */
class Text extends Component {
    static props = { ...standardFieldProps, names: { type: Array, optional: true } };

    get value() {
        return this.props.record.data[this.props.name];
    }
}

/** A list of sentences, as a list. */
class Findings extends Text {
    static template = "l10n_co_certificate_activation.Findings";
}

/** A sentence; nothing, where there is nothing to say. */
class Sentence extends Text {
    static template = "l10n_co_certificate_activation.Sentence";
    static components = { Words };

    get sentence() {
        return this.value?.[this.props.names[0]];
    }
}

/** A summary: its first line says who or what it is. */
class Lines extends Text {
    static template = "l10n_co_certificate_activation.Lines";

    get lines() {
        return this.value?.[this.props.names[0]] || [];
    }
}

/**
 * What is to be done next: its sentence, or the button that does it. The option `names` gives its key in the
 * texts, and `sentence` or the method of the button.
 */
class Next extends Text {
    static template = "l10n_co_certificate_activation.Next";
    static components = { ViewButton };

    get next() {
        return this.value?.[this.props.names[0]];
    }

    get method() {
        return this.props.names[1];
    }
}

/** What is for sale, with what speaks for it. */
class Offer extends Text {
    static template = "l10n_co_certificate_activation.Offer";
}

/** What there is to point out, each with its colour and what can be done about it. */
class Alerts extends Text {
    static template = "l10n_co_certificate_activation.Alerts";
    static components = { ViewButton, Words };

    get alerts() {
        return (this.value || []).filter(({ name }) => this.props.names.includes(name));
    }

    getClass({ level }) {
        return level === "muted" ? "text-muted mb-2" : `alert alert-${level}`;
    }

    getClickParams({ name, type, confirm }) {
        return { name, type, ...(confirm && { confirm }) };
    }
}

for (const [name, component] of Object.entries({
    certificate_alerts: Alerts,
    certificate_findings: Findings,
    certificate_lines: Lines,
    certificate_next: Next,
    certificate_offer: Offer,
    certificate_sentence: Sentence,
})) {
    registry.category("fields").add(name, {
        component,
        supportedTypes: ["json"],
        extractProps: ({ options }) => ({ names: options.names?.split(" ") }),
    });
}
