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
 * Takes a PDF by button or by drop, refuses here what the server would refuse for its size or kind,
 * and shows what was attached. The file is saved at once; a refusal by the server is shown in the same
 * place, and nothing typed elsewhere in the form is lost.
 *
 * Beside the binary field `x` it reads `x_filename`, `x_size` and `x_pages`; the option `owner` names
 * the many2one to the record that stores the file. The placeholder is the text of the button.
 */
export class PdfFile extends Component {
    static template = "l10n_co_certificate_activation.PdfFile";
    static props = {
        ...standardFieldProps,
        owner: String,
        label: String,
        buttonLabel: String,
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

    get fileName() {
        return this.props.record.data[`${this.props.name}_filename`];
    }

    get size() {
        return this.props.record.data[`${this.props.name}_size`];
    }

    get isAttached() {
        return Boolean(this.size);
    }

    get refusal() {
        const { record, name } = this.props;
        return this.state.refusal || (!this.isAttached && record.data.field_errors?.[name]);
    }

    get formattedSize() {
        const [unit, bytes] = this.size < 1e6 ? ["kilobyte", 1e3] : ["megabyte", 1e6];
        const format = { style: "unit", unit, maximumFractionDigits: 1 };
        return new Intl.NumberFormat(user.lang, format).format(this.size / bytes);
    }

    get pages() {
        const pages = this.props.record.data[`${this.props.name}_pages`];
        return pages === 1 ? _t("1 page") : _t("%s pages", pages);
    }

    get contentUrl() {
        const { record, name, owner } = this.props;
        return url("/web/content", {
            model: record.fields[owner].relation,
            id: record.data[owner].id,
            field: name,
            filename_field: `${name}_filename`,
            unique: this.size,
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
     * @returns {Promise<string>} why the file cannot be taken, or nothing
     */
    async refuse(file) {
        if (!file.size) {
            return _t("The file is empty. Scan it again and attach the new file.");
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
        const { record, name } = this.props;
        const data = (await getDataURLFromFile(file)).split(",")[1];
        // What was typed goes first, so that a refused file takes nothing with it.
        if (!(await record.save())) {
            return;
        }
        await record.update({ [name]: data, [`${name}_filename`]: file.name });
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

registry.category("fields").add("certificate_pdf", {
    component: PdfFile,
    supportedTypes: ["binary"],
    isEmpty: () => false,
    extractProps: ({ attrs, options, string }) => ({
        owner: options.owner,
        label: string,
        buttonLabel: attrs.placeholder,
    }),
    fieldDependencies: ({ name, options }) => [
        { name: options.owner, type: "many2one", readonly: true },
        { name: "field_errors", type: "json", readonly: true },
        { name: `${name}_filename`, type: "char" },
        { name: `${name}_size`, type: "integer", readonly: true },
        { name: `${name}_pages`, type: "integer", readonly: true },
    ],
});
