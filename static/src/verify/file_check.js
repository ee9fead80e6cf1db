import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

/**
 * Compares a file with the SHA-256 of the record, in the browser: nothing is uploaded. Browsers
 * hash only on secure pages; elsewhere the card is not shown.
 */
export class FileCheck extends Interaction {
    static selector = ".o_certificate_file_check";
    dynamicContent = {
        _root: {
            "t-on-dragover.prevent": () => {},
            "t-on-drop.prevent": (ev) => this.check(ev.dataTransfer.files[0]),
            "t-att-class": () => ({ "d-none": !window.crypto?.subtle }),
        },
        input: { "t-on-change": (ev) => this.check(ev.target.files[0]) },
        ".o_certificate_same": { "t-att-class": () => ({ "d-none": this.isSame !== true }) },
        ".o_certificate_different": { "t-att-class": () => ({ "d-none": this.isSame !== false }) },
    };

    async check(file) {
        this.isSame = undefined;
        if (file) {
            const content = await this.waitFor(file.arrayBuffer());
            const digest = await this.waitFor(window.crypto.subtle.digest("SHA-256", content));
            const bytes = [...new Uint8Array(digest)];
            const sha256 = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
            this.isSame = sha256 === this.el.dataset.sha256;
        }
        this.updateContent();
    }
}

registry
    .category("public.interactions")
    .add("l10n_co_certificate_activation.file_check", FileCheck);
