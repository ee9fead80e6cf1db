import { isMobileOS } from "@web/core/browser/feature_detection";
import { useDropzone } from "@web/core/dropzone/dropzone_hook";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { getDataURLFromFile, url } from "@web/core/utils/urls";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { askToLogIn, getFailure } from "../connection/connection";
import { announce } from "../page/status";
import { formatSize, LIMITS, PdfConversion } from "./pdf_conversion";
import {
    getReadingSentence,
    isToBeConverted,
    moveUp,
    readSources,
    removeSource,
} from "./pdf_sources";

import { Component, useEffect, useRef, useState } from "@odoo/owl";

/**
 * Accepts a PDF by button or by drop, refuses here what the server would refuse for its kind,
 * offers to make a PDF from a scan that is too large or from photos, and shows what was attached.
 * The file is saved at once; a refusal by the server is shown in the same place, and nothing typed
 * elsewhere in the form is lost.
 *
 * Beside the binary field `x` it reads `x_filename`, `x_size` and `x_pages`; the option `owner` names
 * the many2one to the record that stores the file, when that is another one. The placeholder is the
 * text of the button, which is the page's first one while the field is set that the option `due` names.
 */
export class PdfFile extends Component {
    static template = "l10n_co_certificate_activation.PdfFile";
    static components = { PdfConversion };
    static props = {
        ...standardFieldProps,
        owner: { type: String, optional: true },
        due: { type: String, optional: true },
        label: String,
        buttonLabel: String,
    };

    setup() {
        this.orm = useService("orm");
        this.root = useRef("root");
        this.input = useRef("input");
        this.camera = useRef("camera");
        this.state = useState({
            refusal: "",
            isSaving: false,
            // How far the reading of what was chosen has come.
            reading: "",
            // What did not arrive, to be sent again as it is.
            pending: null,
            isPreviewed: false,
            // The files to make a PDF from; another selection is another conversion.
            sources: [],
            selection: 0,
        });
        this.isAdding = false;
        this.saved = null;
        useEffect(
            () => {
                this.showSaved();
            },
            () => [this.props.record]
        );
        this.isMobile = isMobileOS();
        useDropzone(
            this.root,
            (ev) => this.attach([...ev.dataTransfer.files]),
            "o_certificate_dropzone",
            () => !this.isAttached && !this.state.isSaving
        );
    }

    get isDue() {
        return Boolean(this.props.due && this.props.record.data[this.props.due]);
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
        return formatSize(this.size);
    }

    get smaller() {
        return _t("Files larger than %s are made smaller.", LIMITS.pdf.label);
    }

    get pages() {
        const pages = this.props.record.data[`${this.props.name}_pages`];
        return pages === 1 ? _t("1 page") : _t("%s pages", pages);
    }

    get contentUrl() {
        const { name } = this.props;
        return url("/web/content", {
            ...this.owner,
            field: name,
            filename_field: `${name}_filename`,
        });
    }

    get previewUrl() {
        return url("/web/static/lib/pdfjs/web/viewer.html", { file: this.contentUrl });
    }

    get owner() {
        const { record, owner } = this.props;
        return owner
            ? { model: record.fields[owner].relation, id: record.data[owner].id }
            : { model: record.resModel, id: record.resId };
    }

    choose(input, isAdding = false) {
        this.isAdding = isAdding;
        input.el.click();
    }

    onInputChange(ev) {
        const files = [...ev.target.files];
        // Reset, so that choosing the same file again triggers a change.
        ev.target.value = "";
        return this.attach(files, this.isAdding);
    }

    /**
     * Saves a PDF that may be saved, or offers to make one of the files.
     *
     * @param {File[]} files
     * @param {boolean} isAdding whether they are further pages of the files before
     */
    async attach(files, isAdding = false) {
        if (!files.length || this.state.isSaving || this.state.reading) {
            return;
        }
        const former = isAdding ? this.state.sources : [];
        const { refusal, sources } = await readSources(files, former, (number) => {
            this.state.reading = getReadingSentence(number, files.length);
        });
        this.state.reading = "";
        Object.assign(this.state, { refusal, pending: null });
        if (refusal) {
            return;
        }
        if (isToBeConverted(sources)) {
            this.state.sources = sources;
            this.state.selection += isAdding ? 0 : 1;
            return;
        }
        this.state.sources = [];
        const [file] = files;
        await this.save((await getDataURLFromFile(file)).split(",")[1], file.name);
    }

    moveUp(source) {
        moveUp(this.state.sources, source);
    }

    remove(source) {
        this.state.refusal = "";
        removeSource(this.state.sources, source);
    }

    async use(data, name) {
        this.state.refusal = "";
        // A PDF that could not be saved is still there to be saved again.
        if (await this.save(data, name)) {
            this.state.sources = [];
        }
    }

    /**
     * @param {string} data base64
     * @param {string} fileName
     * @returns {Promise<boolean>} whether it was saved
     */
    async save(data, fileName) {
        this.state.isSaving = true;
        try {
            return await this.saveRecord(data, fileName);
        } finally {
            this.state.isSaving = false;
        }
    }

    async saveRecord(data, fileName) {
        const { record, name } = this.props;
        let isUpdated = false;
        try {
            // Save what was typed first, so that a refused file loses none of it.
            if (!(await record.save())) {
                return false;
            }
            isUpdated = true;
            await record.update({ [name]: data, [`${name}_filename`]: fileName });
            if (!(await record.save())) {
                await record.discard();
                this.state.refusal = _t("The file could not be saved. Try again.");
                return false;
            }
        } catch (error) {
            const failure = getFailure(error);
            if (isUpdated) {
                await record.discard();
            }
            if (failure?.kind === "lost" && isUpdated && (await this.isStored(data))) {
                await this.refresh();
                this.sayAttached();
                return true;
            }
            if (failure?.kind === "session") {
                askToLogIn();
            }
            this.state.refusal = failure ? failure.message : error.data.message;
            this.state.pending = failure && { data, fileName };
            return false;
        }
        this.sayAttached();
        this.saved = record;
        await this.showSaved();
        return true;
    }

    /**
     * Shows what was saved in a record that has come in the place of the one that saved it: the form was loaded anew
     * meanwhile, as after a download, and may have been read before.
     */
    async showSaved() {
        const { record } = this.props;
        if (this.saved && this.saved !== record) {
            this.saved = null;
            if (!this.isAttached) {
                await record.load();
            }
        }
    }

    sayAttached() {
        announce(_t("The file was attached."));
    }

    /** Whether a file arrived although the answer did not. */
    async isStored(data) {
        const size = `${this.props.name}_size`;
        const { model, id } = this.owner;
        try {
            const [values] = await this.orm.silent.read(model, [id], [size]);
            return values[size] === atob(data).length;
        } catch (error) {
            getFailure(error);
            return false;
        }
    }

    /** Reads the record again; what was typed meanwhile is saved. */
    async refresh() {
        const { record } = this.props;
        await record.save();
        await record.load();
    }

    /** Sends again what did not arrive, or only its answer. */
    async retry() {
        const { data, fileName } = this.state.pending;
        Object.assign(this.state, { refusal: "", pending: null, isSaving: true });
        if (await this.isStored(data)) {
            await this.refresh();
            Object.assign(this.state, { isSaving: false, sources: [] });
            this.sayAttached();
        } else {
            await this.use(data, fileName);
        }
    }
}

registry.category("fields").add("certificate_pdf", {
    component: PdfFile,
    supportedTypes: ["binary"],
    isEmpty: () => false,
    extractProps: ({ attrs, options, string }) => ({
        owner: options.owner,
        due: options.due,
        label: string,
        buttonLabel: attrs.placeholder,
    }),
    fieldDependencies: ({ name, options }) => [
        ...(options.owner ? [{ name: options.owner, type: "many2one", readonly: true }] : []),
        { name: "field_errors", type: "json", readonly: true },
        { name: `${name}_filename`, type: "char" },
        { name: `${name}_size`, type: "integer", readonly: true },
        { name: `${name}_pages`, type: "integer", readonly: true },
    ],
});
