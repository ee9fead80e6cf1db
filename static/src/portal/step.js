import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

import { RequestFailure, send } from "../connection/connection";
import { dropDraft, dropLeftDrafts, keepDraft, takeDraft } from "../connection/draft";
import { announceLeft, announceNext } from "../page/status";
import { goTo, readPage, showPage } from "./page";

/**
 * A form of one of the steps: it is sent from the page, which stays with all that was typed when nothing comes
 * back. Without JavaScript the browser sends it.
 */
export class Step extends Interaction {
    static selector = "form.o_certificate_step";
    dynamicContent = {
        _root: { "t-on-submit.prevent": this.onSubmit, "t-on-input": this.onInput },
    };

    setup() {
        this.path = this.el.action.replace(/\/[^/]*(\/delete)?$/, "");
        this.visitor = getVisitor(this.el);
        this.isSending = false;
    }

    get isTyped() {
        return this.el.matches(".o_certificate_representative");
    }

    /** What was typed; the fields of other forms are their tokens. */
    get fields() {
        return [...this.el.querySelectorAll("input:not([type=hidden]), select")];
    }

    start() {
        const draft = (this.isTyped && takeDraft(this.visitor, this.path)) || {};
        const changed = this.fields.filter(({ name, value }) => (draft[name] ?? value) !== value);
        if (changed.length) {
            for (const field of changed) {
                field.value = draft[field.name];
            }
            this.el.closest("details")?.setAttribute("open", "open");
            this.say(_t("What you typed before is here again. It is not saved yet."), "info");
        }
    }

    /** A red message belongs to what was sent, not to what is typed now. */
    onInput({ target }) {
        target.classList.remove("is-invalid");
        target.removeAttribute("aria-invalid");
        target.removeAttribute("aria-describedby");
        if (!this.el.querySelector(".is-invalid")) {
            this.el.closest("section")?.querySelector("[name=marked]")?.remove();
        }
    }

    async onSubmit({ submitter }) {
        if (this.isSending) {
            return;
        }
        this.isSending = true;
        this.say("");
        if (this.isTyped) {
            const typed = Object.fromEntries(this.fields.map((el) => [el.name, el.value]));
            keepDraft(this.visitor, this.path, typed);
        }
        const form = new FormData(this.el, submitter);
        try {
            if (this.el.action.endsWith("/buy")) {
                // It leads to the payment page, which may have another domain.
                await this.waitFor(send(this.path, { type: "text" }));
                return this.el.submit();
            }
            const answer = await this.waitFor(send(this.el.action, { form, type: "text" }));
            this.follow(answer);
        } catch (failure) {
            if (!(failure instanceof RequestFailure)) {
                throw failure;
            }
            await this.waitFor(this.recover(failure));
        }
        this.isSending = false;
    }

    /** Goes where the server leads to, or shows what it says. */
    follow({ status, url, body }) {
        if (status < 400) {
            dropDraft(this.path);
            if (this.el.action.endsWith("/delete")) {
                announceNext(_t("The letter was deleted."));
            }
            const anchor = this.el.closest("section")?.id || (this.isTyped && "signed_letter");
            goTo(anchor ? `${url}#${anchor}` : url);
            return;
        }
        if (status !== 400 && status !== 403) {
            dropDraft(this.path); // what was typed is on the page that comes
        }
        const page = new DOMParser().parseFromString(body, "text/html");
        if (!showPage(page, this.services["public.interactions"])) {
            throw new RequestFailure("failed", status);
        }
        if (this.isTyped && status === 403) {
            const kept = _t(
                "What you typed is kept in this tab. It comes back when you open the page in it."
            );
            say(document.querySelector("[name=closed]"), kept, "info");
        }
    }

    /** Shows how far it got, if the server can be asked: a step whose answer was lost may have been done. */
    async recover(failure) {
        const typed = this.isTyped && new FormData(this.el);
        try {
            const page = failure.kind === "lost" && (await readPage(this.path));
            if (page && page.querySelector(".o_certificate_portal")) {
                const interrupted = _t(
                    "The connection was interrupted. This is how far it got: continue from here."
                );
                showPage(page, this.services["public.interactions"]);
                say(document.querySelector("#wrap .o_certificate_stepper"), interrupted, "warning");
                return;
            }
        } catch (error) {
            if (!(error instanceof RequestFailure)) {
                throw error;
            }
        }
        if (typed) {
            dropDraft(this.path); // it is still in the form
        }
        this.say(failure.message, "danger");
    }

    say(sentence, level) {
        say(this.el.querySelector("button[type=submit]").parentElement, sentence, level);
    }
}

/** Says something below an element, also to screen readers; once at a time. */
export function say(el, sentence, level = "danger") {
    document.querySelector(".o_certificate_said")?.remove();
    if (sentence) {
        const message = document.createElement("div");
        message.className = `o_certificate_said alert alert-${level} mt-3`;
        message.setAttribute("role", level === "info" ? "status" : "alert");
        message.textContent = sentence;
        el.after(message);
        message.scrollIntoView({ block: "nearest" });
    }
}

registry.category("public.interactions").add("l10n_co_certificate_activation.step", Step);

/** Whose page it is: several may follow their links in one tab. */
function getVisitor(el) {
    return el.closest("[data-visitor]").dataset.visitor;
}

/** Says on this page what was done on the page before, and forgets what others typed in this tab. */
class Status extends Interaction {
    static selector = ".o_certificate_status";

    start() {
        dropLeftDrafts(getVisitor(this.el));
        announceLeft();
    }
}

registry.category("public.interactions").add("l10n_co_certificate_activation.status", Status);
