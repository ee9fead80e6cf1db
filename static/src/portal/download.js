import { downloadFile, parse } from "@web/core/network/download";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

import { RequestFailure, send } from "../connection/connection";
import { announce } from "../page/status";
import { showPage } from "./page";
import { say } from "./step";

/**
 * Reads a file and saves it, without leaving the page; shows the page that comes instead of a file.
 *
 * @throws {RequestFailure}
 */
async function saveFile(url, interactions) {
    const { status, body, request } = await send(url, { type: "blob" });
    const disposition = request.getResponseHeader("Content-Disposition") || "";
    if (status === 200 && disposition.startsWith("attachment")) {
        downloadFile(body, parse(disposition).parameters.filename, body.type);
        return;
    }
    const page = new DOMParser().parseFromString(await body.text(), "text/html");
    if (!showPage(page, interactions)) {
        throw new RequestFailure("failed", status);
    }
}

/** A link to a file. Without JavaScript the browser follows it. */
export class Download extends Interaction {
    static selector = "a.o_certificate_download";
    dynamicContent = { _root: { "t-on-click.prevent": this.onClick } };

    async onClick() {
        if (this.isReading) {
            return;
        }
        this.isReading = true;
        const { el } = this;
        say(el, "");
        try {
            await saveFile(el.href, this.services["public.interactions"]);
            announce(_t("The file was downloaded."));
        } catch (failure) {
            if (!(failure instanceof RequestFailure)) {
                throw failure;
            }
            say(el.parentElement, getSentence(failure));
        }
        this.isReading = false;
    }
}

/**
 * Saves the letter that was just asked for, once the page has loaded: a page that is left while it loads has
 * no scripts. The address leads to the page alone from then on, so that a reload saves nothing.
 */
export class Letter extends Interaction {
    static selector = ".o_certificate_letter";

    setup() {
        this.state = this.el.querySelector(".o_certificate_letter_state");
        this.path = this.el.dataset.path;
    }

    start() {
        const { hash } = window.location;
        window.history.replaceState(null, "", `${this.path}${hash || "#signed_letter"}`);
        this.save();
    }

    async save() {
        this.state.textContent = _t("The letter is being downloaded.");
        try {
            await this.waitFor(
                saveFile(`${this.path}/letter`, this.services["public.interactions"])
            );
            this.state.textContent = _t(
                "The letter was downloaded. Look for it among the downloads of your browser."
            );
        } catch (failure) {
            if (!(failure instanceof RequestFailure)) {
                throw failure;
            }
            this.el.classList.replace("alert-success", "alert-danger");
            this.state.textContent = getSentence(failure);
        }
    }
}

/** Why a file did not arrive. */
function getSentence({ kind }) {
    return kind === "lost"
        ? _t("The file did not arrive, because the connection was interrupted. Download it again.")
        : _t("The file did not arrive. Your data is saved: download it again in a few minutes.");
}

registry
    .category("public.interactions")
    .add("l10n_co_certificate_activation.download", Download)
    .add("l10n_co_certificate_activation.letter", Letter);
