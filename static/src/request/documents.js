import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { url } from "@web/core/utils/urls";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { formatSize } from "../pdf_file/pdf_conversion";
import { PdfFile } from "../pdf_file/pdf_file";

import { Component, useEffect } from "@odoo/owl";

const MODEL = "certificate.request.document";
const CLASSES = {
    draft: "text-bg-light",
    waiting: "text-bg-info",
    accepted: "text-bg-success",
    rejected: "text-bg-danger",
};

/**
 * The checklist of a request: each document with its rules, its date where its age matters, and its
 * file. Date and file are saved at once, each on the record of its document; a document that was
 * accepted, or waits for review, is shown and cannot be changed.
 *
 * The list is reloaded when the authority or the kind of person changes.
 */
export class RequestDocuments extends Component {
    static template = "l10n_co_certificate_activation.RequestDocuments";
    static components = { PdfFile };
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.formatSize = formatSize;
        this.classes = CLASSES;
        let asked;
        useEffect(
            (authority, kind) => {
                const now = `${authority} ${kind}`;
                if (asked && asked !== now) {
                    this.props.record.save();
                }
                asked = now;
            },
            () => [this.data.request_authority_id?.id, this.data.request_person_kind]
        );
    }

    get data() {
        return this.props.record.data;
    }

    get documents() {
        return this.data[this.props.name] || [];
    }

    get attachLabel() {
        return _t("Attach document");
    }

    get today() {
        return luxon.DateTime.now().setZone("America/Bogota").toISODate();
    }

    isOpen(document) {
        return !this.props.readonly && ["draft", "rejected"].includes(document.state);
    }

    getError(name, document) {
        return this.data.field_errors?.[`${name}_${document.id}`];
    }

    getFileUrl(document) {
        return url("/web/content", { model: MODEL, id: document.id, field: "document" });
    }

    formatDate(date) {
        return luxon.DateTime.fromISO(date).toLocaleString(luxon.DateTime.DATE_FULL);
    }

    async setDate(document, ev) {
        await this.write(document, { issue_date: ev.target.value || false });
    }

    async remove(document) {
        await this.write(document, { document: false });
    }

    /** Writes values of a document; what is typed elsewhere on the page is saved, too. */
    async write(document, values) {
        const { record } = this.props;
        // In the queue of the page, so that a button that is pressed next finds it written.
        await record.model.mutex.exec(() => this.orm.write(MODEL, [document.id], values));
        await this.reload();
    }

    async reload() {
        const { record } = this.props;
        if (await record.save()) {
            await record.load();
        }
    }

    /** A document as a record of its own, as the widget of its file needs it. */
    getRecord(document) {
        let values = null;
        return {
            resModel: MODEL,
            resId: document.id,
            fields: {},
            data: {
                document_filename: document.filename,
                // A rejected file is replaced by another one.
                document_size: document.state === "rejected" ? 0 : document.size,
                document_pages: document.pages,
                field_errors: { document: this.getError("document", document) },
            },
            update: async (changes) => {
                values = { ...values, ...changes };
            },
            discard: async () => {
                values = null;
            },
            load: () => this.reload(),
            save: async () => {
                if (!values) {
                    return this.props.record.save();
                }
                await this.orm.write(MODEL, [document.id], values);
                values = null;
                await this.reload();
                return true;
            },
        };
    }
}

registry.category("fields").add("certificate_documents", {
    component: RequestDocuments,
    supportedTypes: ["json"],
    isEmpty: () => false,
    fieldDependencies: [
        { name: "field_errors", type: "json", readonly: true },
        { name: "request_person_kind", type: "selection" },
        { name: "request_authority_id", type: "many2one" },
    ],
});
