import { BinaryField, binaryField } from "@web/views/fields/binary/binary_field";

import { useState } from "@odoo/owl";

/** A file that is chosen by a button: Odoo's own is a label, which a keyboard does not reach. */
export class FileChoice extends BinaryField {
    static template = "l10n_co_certificate_activation.FileChoice";

    setup() {
        super.setup();
        this.state = useState({ name: "" });
    }

    get isStored() {
        const { record, name } = this.props;
        return Boolean(record.resId && record.data[name] && !record.dirty);
    }

    async update(file) {
        await super.update(file);
        this.state.name = file.name;
    }
}

export const fileChoiceField = { ...binaryField, component: FileChoice };
