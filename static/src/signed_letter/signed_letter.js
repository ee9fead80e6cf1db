import { useDropzone } from "@web/core/dropzone/dropzone_hook";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { getDataURLFromFile, url } from "@web/core/utils/urls";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component, useRef, useState } from "@odoo/owl";

// The server's limit (tools/pdf_check.py): what is refused here need not be uploaded first.
export const MAX_SIZE = 1048576;

/**
 * Takes the signed letter by button or by drop, refuses here what the server would refuse for its
 * size or kind, and shows what was attached. The file is saved at once; a refusal by the server is
 * shown in the same place, and nothing typed elsewhere in the form is lost.
 */
export class SignedLetter extends Component {
    static template = "l10n_co_certificate_activation.SignedLetter";
    static props = {
        ...standardFieldProps,
        fileNameField: { type: String, optional: true },
    };

    setup() {
        this.root = useRef("root");
        this.input = useRef("input");
        this.state = useState({ refusal: "", isSaving: false, isPreviewed: false });
        useDropzone(
            this.root,
            (ev) => this.attach(ev.dataTransfer.files[0]),
            "o_certificate_dropzone",
            () => !this.isAttached && !this.state.isSaving
        );
    }

    get data() {
        return this.props.record.data;
    }

    get isAttached() {
        return Boolean(this.data.signed_letter_size);
    }

    get size() {
        const size = this.data.signed_letter_size;
        const [unit, bytes] = size < 1e6 ? ["kilobyte", 1e3] : ["megabyte", 1e6];
        const format = { style: "unit", unit, maximumFractionDigits: 1 };
        return new Intl.NumberFormat(user.lang, format).format(size / bytes);
    }

    get pages() {
        const pages = this.data.signed_letter_pages;
        return pages === 1 ? _t("1 page") : _t("%s pages", pages);
    }

    get contentUrl() {
        return url("/web/content", {
            model: "certificate.activation",
            id: this.data.activation_id.id,
            field: this.props.name,
            filename_field: this.props.fileNameField,
            unique: this.data.signed_letter_size,
        });
    }

    get previewUrl() {
        return url("/web/static/lib/pdfjs/web/viewer.html", { file: this.contentUrl });
    }

    onInputChange(ev) {
        const [file] = ev.target.files;
        // So that choosing the same file again is a change again.
        ev.target.value = "";
        return this.attach(file);
    }

    async attach(file) {
        if (!file || this.state.isSaving) {
            return;
        }
        this.state.refusal = await this.refuse(file);
        if (this.state.refusal) {
            return;
        }
        this.state.isSaving = true;
        try {
            await this.save(file);
        } finally {
            this.state.isSaving = false;
        }
    }

    /**
     * @returns {Promise<string>} why the file cannot be the letter, or nothing
     */
    async refuse(file) {
        if (!file.size) {
            return _t("The file is empty. Scan the letter again and attach the new file.");
        }
        if (file.size > MAX_SIZE) {
            return _t("The file is larger than 1 MB. Scan it in black and white or at 150 dpi.");
        }
        const head = await file.slice(0, 5).text();
        if (head !== "%PDF-") {
            return _t("The file is not a PDF. Save the scan as a PDF and attach that.");
        }
        return "";
    }

    async save(file) {
        const { record, name, fileNameField } = this.props;
        const data = (await getDataURLFromFile(file)).split(",")[1];
        // What was typed goes first, so that a refused file takes nothing with it.
        if (!(await record.save())) {
            return;
        }
        await record.update({ [name]: data, [fileNameField]: file.name });
        let refusal = "";
        const isSaved = await record.save({
            onError: (error) => {
                refusal = error.data?.message || error.message;
                return false;
            },
        });
        if (!isSaved) {
            this.state.refusal = refusal || _t("The file could not be saved. Try again.");
            await record.discard();
        }
    }
}

registry.category("fields").add("certificate_signed_letter", {
    component: SignedLetter,
    supportedTypes: ["binary"],
    isEmpty: () => false,
    extractProps: ({ attrs }) => ({ fileNameField: attrs.filename }),
    fieldDependencies: [
        { name: "activation_id", type: "many2one", readonly: true },
        { name: "signed_letter_size", type: "integer", readonly: true },
        { name: "signed_letter_pages", type: "integer", readonly: true },
    ],
});
