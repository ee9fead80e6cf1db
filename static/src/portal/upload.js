import { isMobileOS } from "@web/core/browser/feature_detection";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

import { RequestFailure, send } from "../connection/connection";
import { PdfConversion } from "../pdf_file/pdf_conversion";
import {
    getReadingSentence,
    isToBeConverted,
    moveUp,
    readSources,
    removeSource,
} from "../pdf_file/pdf_sources";

import { announceNext } from "../page/status";
import { readPage, showPage } from "./page";

import { Component, useState, xml } from "@odoo/owl";

/** The session of a visitor who came by a link, which no login begins again. */
class SessionFailure extends RequestFailure {
    constructor() {
        super("session");
        this.message = _t(
            "Your session has ended. Open the link in your mail again in another tab of this browser, then try again here: your files are still here."
        );
    }
}

/** The conversion of the files chosen in the form around it; see `Upload`. */
class UploadConversion extends Component {
    static components = { PdfConversion };
    static props = {
        selection: Object,
        owner: Object,
        onAdd: Function,
        onReject: Function,
        onStart: Function,
        onUse: Function,
    };
    static template = xml`
        <PdfConversion
            t-if="selection.sources.length"
            t-key="selection.id"
            sources="selection.sources"
            owner="props.owner"
            onMove.bind="moveUp"
            onRemove.bind="remove"
            onAdd="props.onAdd"
            onReject="props.onReject"
            onStart="props.onStart"
            onUse="props.onUse"
        />`;

    setup() {
        this.selection = useState(this.props.selection);
    }

    moveUp(source) {
        moveUp(this.selection.sources, source);
    }

    remove(source) {
        removeSource(this.selection.sources, source);
    }
}

/**
 * Attaches a PDF as soon as it is chosen, and has one made of photos and of scans that are too large,
 * which the visitor sees first. Without JavaScript the form accepts a PDF that is small enough.
 */
export class Upload extends Interaction {
    static selector = ".o_certificate_upload";
    dynamicContent = {
        "input[type=file]": {
            "t-on-change": this.onChange,
            // What was chosen is listed below, with buttons of its own.
            "t-att-class": () => ({ "d-none": this.hasSources }),
        },
        "label[for=file]": { "t-att-class": () => ({ "d-none": this.hasSources }) },
        ".o_certificate_camera": {
            "t-att-class": () => ({
                "d-none": !isMobileOS() || this.isSending || this.hasSources,
            }),
            "t-on-click": () => this.choose(false, true),
        },
        "button[name=attach]": {
            "t-att-class": () => ({ "d-none": !this.isSending && !this.isPending }),
        },
        _root: {
            "t-on-submit.prevent": this.retry,
        },
    };

    setup() {
        this.input = this.el.querySelector("input[type=file]");
        this.refusal = this.el.querySelector(".o_certificate_refusal");
        this.button = this.el.querySelector("button[name=attach]");
        this.isSending = false;
        this.isPending = false;
        this.isAdding = false;
    }

    start() {
        this.input.multiple = true;
        this.accepted = this.input.accept;
        this.mount({ id: 0, sources: [] });
    }

    get hasSources() {
        return Boolean(this.selection?.sources.length);
    }

    mount(selection) {
        this.selection = selection;
        this.unmount?.();
        this.unmount = this.mountComponent(
            this.el.querySelector(".o_certificate_slot"),
            UploadConversion,
            {
                selection,
                owner: { url: `${this.el.dataset.path}/pdf` },
                onAdd: () => this.choose(true, isMobileOS()),
                onReject: () => this.choose(false),
                onStart: () => this.refuse(""),
                onUse: (pdf, name) => this.use(pdf, name),
            }
        );
    }

    /** @param {boolean} isPhoto whether the camera of a telephone takes it */
    choose(isAdding, isPhoto = false) {
        this.isAdding = isAdding;
        this.input.toggleAttribute("capture", isPhoto);
        this.input.accept = isPhoto ? "image/jpeg,image/png" : this.accepted;
        this.input.click();
        // What is chosen by its own button is any file.
        this.input.removeAttribute("capture");
        this.input.accept = this.accepted;
    }

    async onChange() {
        if (this.isSending) {
            return;
        }
        const former = this.isAdding ? this.selection.sources : [];
        const isAdding = this.isAdding;
        this.isAdding = false;
        const files = [...this.input.files];
        if (!files.length) {
            return;
        }
        const reading = readSources(files, former, (number) =>
            this.showSending(true, getReadingSentence(number, files.length))
        );
        const { refusal, sources } = await this.waitFor(reading);
        this.showSending(false);
        this.refuse(refusal);
        if (!refusal && !isToBeConverted(sources)) {
            // Photos that were chosen before are not what is sent now.
            this.mount({ id: this.selection.id + 1, sources: [] });
            return this.send();
        }
        this.input.value = "";
        if (!refusal) {
            this.mount({ id: this.selection.id + (isAdding ? 0 : 1), sources });
            this.updateContent();
        }
    }

    use(pdf, name) {
        const bytes = Uint8Array.from(atob(pdf), (character) => character.charCodeAt(0));
        const transfer = new DataTransfer();
        transfer.items.add(new File([bytes], name, { type: "application/pdf" }));
        this.input.files = transfer.files;
        return this.send();
    }

    /** Sends the form, and stays on the page when the file is refused or does not arrive: it is still here. */
    async send() {
        this.refuse("");
        this.showSending(true);
        let answer;
        try {
            answer = await this.waitFor(this.post());
        } catch (failure) {
            if (!(failure instanceof RequestFailure)) {
                throw failure;
            }
            if (failure.kind === "lost" && (await this.waitFor(this.isAttached()))) {
                return this.reload();
            }
            this.offerAgain();
            return this.refuse(failure.message);
        }
        if (answer.status < 400) {
            return this.reload();
        }
        this.showSending(false);
        const page = new DOMParser().parseFromString(answer.body, "text/html");
        const sentence = page.getElementById("file_error")?.textContent.trim();
        if (sentence) {
            this.input.value = "";
            this.refuse(sentence);
        } else if (!showPage(page, this.services["public.interactions"])) {
            this.refuse(new RequestFailure("failed").message);
        }
    }

    /** Sends again what did not arrive, or only its answer. */
    async retry() {
        if (!this.isPending) {
            return;
        }
        this.showSending(true);
        if (await this.waitFor(this.isAttached())) {
            return this.reload();
        }
        return this.send();
    }

    async post() {
        const answer = await send(this.el.action, { form: new FormData(this.el), type: "text" });
        if (answer.status === 403) {
            throw new SessionFailure();
        }
        return answer;
    }

    /** Whether the file arrived although the answer did not. */
    async isAttached() {
        try {
            const page = await readPage(this.el.dataset.path);
            return Boolean(page.querySelector(".o_certificate_card"));
        } catch (failure) {
            if (!(failure instanceof RequestFailure)) {
                throw failure;
            }
            return false;
        }
    }

    reload() {
        announceNext(_t("The file was attached."));
        window.history.replaceState(null, "", `${this.el.dataset.path}#signed_letter`);
        window.location.reload();
    }

    /** @param {string} label of the button that shows what is going on */
    showSending(isSending, label = _t("Uploading…")) {
        Object.assign(this, { isSending, isPending: false });
        this.button.textContent = label;
        this.button.disabled = isSending;
        this.updateContent();
    }

    /** Lets the file be sent again as it is. */
    offerAgain() {
        this.showSending(false, _t("Try again"));
        this.isPending = true;
        this.updateContent();
    }

    refuse(sentence) {
        this.refusal.textContent = sentence;
        if (sentence) {
            this.refusal.scrollIntoView({ block: "nearest" });
        }
        this.input.classList.toggle("is-invalid", Boolean(sentence));
        this.input.setAttribute("aria-invalid", String(Boolean(sentence)));
    }
}

registry.category("public.interactions").add("l10n_co_certificate_activation.upload", Upload);
