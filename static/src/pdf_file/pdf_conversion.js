import { _t } from "@web/core/l10n/translation";
import { user } from "@web/core/user";
import { loadPDFJSAssets } from "@web/core/utils/pdfjs";
import { session } from "@web/session";

import { RequestFailure, send } from "../connection/connection";
import { SourcePicture } from "./source_picture";

import { Component, onWillUnmount, useEffect, useRef, useState } from "@odoo/owl";

/** The server's limits (tools/upload_limits.py): files are refused here before they are uploaded. */
export const LIMITS = session.certificate_limits;

// The first bytes of files, whatever their names.
const KINDS = {
    ffd8ff: "photo",
    "89504e47": "photo",
    "49492a00": "photo", // TIFF
    "4d4d002a": "photo",
};

/**
 * @returns {Promise<string>} `pdf`, `photo`, `heic`, or nothing for what is not accepted
 */
export async function getKind(file) {
    // A PDF may begin behind a byte order mark or the messages of a program; the server decides that.
    const head = new Uint8Array(await file.slice(0, 1024).arrayBuffer());
    const hex = [...head.slice(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const start = Object.keys(KINDS).find((bytes) => hex.startsWith(bytes));
    const text = String.fromCharCode(...head);
    if (/^.{4}ftyp(hei|hev|mif|msf)/s.test(text)) {
        return "heic";
    }
    return KINDS[start] || (text.includes("%PDF-") ? "pdf" : "");
}

/** Whether a file is one picture; a TIFF may have pages, of which a browser shows the first. */
export async function isOnePicture(file) {
    const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
    return [0xffd8, 0x8950].includes((first << 8) | second);
}

export function formatSize(bytes, maximumFractionDigits = 1) {
    const [unit, size] = bytes < 1e6 ? ["kilobyte", 1e3] : ["megabyte", 1e6];
    const format = { style: "unit", unit, maximumFractionDigits };
    // A visitor has no language of their own; the page has one.
    const language = user.lang || document.documentElement.lang || undefined;
    return new Intl.NumberFormat(language, format).format(bytes / size);
}

/**
 * @param {{kind: string}[]} sources
 * @returns {string} why files that are too large, alone or together, are refused
 */
export function getTooMuchSentence(sources) {
    if (sources.every(({ kind }) => kind === "photo")) {
        return sources.length === 1
            ? _t(
                  "The photo is larger than %s. Take it again with a lower resolution.",
                  LIMITS.input.label
              )
            : _t(
                  "The photos are larger than %s together. Choose only the pages that are asked for, or take them again with a lower resolution.",
                  LIMITS.input.label
              );
    }
    return _t(
        "What you chose is larger than %s. Scan the document in black and white or at 150 dpi, or take photos of its pages.",
        LIMITS.input.label
    );
}

/** A refusal of the server, whose message is its sentence. */
class Refusal extends Error {}

/**
 * Asks the server to make one PDF from files; the server does not store it.
 *
 * @param {() => XMLHttpRequest} makeRequest
 * @param {{model: string, id: number, url: string}} owner of the PDF; with its own address, if any
 * @param {{file: File, kind: string}[]} sources
 * @param {(share: number) => void} onProgress called with how much is uploaded, from 0 to 1
 * @returns {Promise<{pdf: string, size: number}>} base64, bytes
 * @throws {RequestFailure | Refusal}
 */
async function convert(makeRequest, owner, sources, onProgress) {
    const files = sources.map(({ file }) => file);
    const form = new FormData();
    form.append("csrf_token", odoo.csrf_token);
    if (!owner.url) {
        form.append("model", owner.model);
        form.append("res_id", owner.id);
    }
    for (const file of files) {
        form.append("files", file, file.name);
    }
    const url = owner.url || "/certificate/pdf";
    const ask = async () => {
        try {
            return (await send(url, { form, makeRequest, onProgress })).body;
        } catch (failure) {
            // A proxy may accept less than the server.
            throw failure.status === 413 ? new Refusal(getTooMuchSentence(sources)) : failure;
        }
    };
    const { pdf, size, error, position } = await ask();
    if (pdf) {
        return { pdf, size };
    }
    if (!error) {
        throw new RequestFailure("failed");
    }
    const isOfOne = files.length > 1 && Number.isInteger(position);
    throw new Refusal(isOfOne ? `${files[position].name}: ${error}` : error);
}

/**
 * Offers to make a PDF that can be attached from a scan that is too large, or from photos; shows it
 * before it is used.
 */
export class PdfConversion extends Component {
    static template = "l10n_co_certificate_activation.PdfConversion";
    static components = { SourcePicture };
    static props = {
        // {file: File, kind: "pdf" or "photo"}, in the order of their pages
        sources: Array,
        owner: Object,
        onMove: Function,
        onRemove: Function,
        onAdd: Function,
        onReject: Function,
        onStart: Function,
        onUse: Function,
    };

    setup() {
        this.root = useRef("root");
        this.preview = useRef("preview");
        this.state = useState({
            stage: "offer",
            progress: 0,
            error: "",
            pdf: "",
            size: 0,
            url: "",
        });
        this.formatSize = formatSize;
        // Keyboard users continue where the button was.
        useEffect(
            () => {
                if ([null, document.body].includes(document.activeElement)) {
                    this.root.el.querySelector("[data-next]")?.focus();
                }
            },
            () => [this.state.stage]
        );
        useEffect(
            (el) => {
                if (el) {
                    this.draw(el);
                }
            },
            () => [this.preview.el]
        );
        onWillUnmount(() => this.forget());
    }

    get before() {
        return this.props.sources.reduce((size, { file }) => size + file.size, 0);
    }

    get offer() {
        const [{ kind }] = this.props.sources;
        const count = this.props.sources.length;
        if (count > 1) {
            return _t("These %(count)s files become one PDF of at most %(limit)s, in this order:", {
                count,
                limit: LIMITS.pdf.label,
            });
        }
        if (kind === "photo") {
            return _t("This photo becomes a PDF of at most %s.", LIMITS.pdf.label);
        }
        return _t("This scan is %(size)s; the limit is %(limit)s.", {
            size: formatSize(this.before, 2),
            limit: LIMITS.pdf.label,
        });
    }

    get isOneScan() {
        const { sources } = this.props;
        return sources.length === 1 && sources[0].kind === "pdf";
    }

    get result() {
        const sizes = { after: formatSize(this.state.size), before: formatSize(this.before) };
        return _t("%(before)s became %(after)s. Check that everything is readable.", sizes);
    }

    getMoveLabel({ file }) {
        return _t("Move %s up", file.name);
    }

    getRemoveLabel({ file }) {
        return _t("Remove %s", file.name);
    }

    get percent() {
        return Math.round(100 * this.state.progress);
    }

    /** Removes a file; keyboard users continue at the one that comes in its place. */
    remove(source, index) {
        this.props.onRemove(source);
        requestAnimationFrame(() => {
            const buttons = this.root.el?.querySelectorAll(".o_certificate_remove_source") || [];
            const next = buttons[Math.min(index, buttons.length - 1)];
            (next || this.root.el?.querySelector("[data-next]"))?.focus();
        });
    }

    async convert() {
        this.props.onStart();
        Object.assign(this.state, { stage: "upload", progress: 0, error: "" });
        const makeRequest = () => (this.request = new XMLHttpRequest());
        const { owner, sources } = this.props;
        try {
            const { pdf, size } = await convert(makeRequest, owner, sources, (share) => {
                this.state.progress = share;
                if (share === 1) {
                    this.state.stage = "convert";
                }
            });
            const bytes = Uint8Array.from(atob(pdf), (character) => character.charCodeAt(0));
            const url = URL.createObjectURL(new Blob([bytes], { type: "application/pdf" }));
            Object.assign(this.state, { stage: "done", pdf, size, url });
        } catch (error) {
            if (!(error instanceof Refusal || error instanceof RequestFailure)) {
                throw error;
            }
            Object.assign(this.state, { stage: "offer", error: error.message });
        }
    }

    cancel() {
        this.request?.abort();
    }

    /** Goes back to the files, such as when a page turns out to be missing or in the wrong place. */
    change() {
        this.forget();
        this.state.stage = "offer";
    }

    forget() {
        this.request?.abort();
        URL.revokeObjectURL(this.state.url);
    }

    use() {
        const [{ file }] = this.props.sources;
        return this.props.onUse(this.state.pdf, `${file.name.replace(/\.[^.]*$/, "")}.pdf`);
    }

    /** Draws the pages. Where that is impossible the PDF can still be opened. */
    async draw(el) {
        try {
            await loadPDFJSAssets();
            const { pdfjsLib } = globalThis;
            pdfjsLib.GlobalWorkerOptions.workerSrc ||= "/web/static/lib/pdfjs/build/pdf.worker.js";
            const pdf = await pdfjsLib.getDocument({ url: this.state.url }).promise;
            for (let number = 1; number <= pdf.numPages && el.isConnected; number++) {
                const page = await pdf.getPage(number);
                const { width } = page.getViewport({ scale: 1 });
                // Sharp enough to read the small print when it is enlarged with two fingers.
                const scale = (2 * Math.max(el.clientWidth, 400)) / width;
                const viewport = page.getViewport({ scale });
                const canvas = Object.assign(document.createElement("canvas"), {
                    className: "d-block w-100 border mb-2",
                    width: viewport.width,
                    height: viewport.height,
                });
                canvas.setAttribute("role", "img");
                canvas.setAttribute("aria-label", _t("Page %s", number));
                el.append(canvas);
                await page.render({ canvasContext: canvas.getContext("2d"), viewport }).promise;
            }
            await pdf.destroy();
        } catch (error) {
            console.warn("The preview could not be drawn.", error);
        }
    }
}
