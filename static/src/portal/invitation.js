import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

/**
 * Posts the token of an invitation, which stands behind the # of its link: the browser keeps that from
 * every server, log and proxy, and so it is taken from the address before anything else.
 */
export class Invitation extends Interaction {
    static selector = ".o_certificate_open_at_once";
    dynamicContent = {
        ".o_certificate_opening": { "t-att-class": () => ({ "d-none": !this.token }) },
        "label, #access_token, button": { "t-att-class": () => ({ "d-none": this.token }) },
    };

    setup() {
        this.token = window.location.hash.slice(1);
    }

    start() {
        if (this.token) {
            window.history.replaceState(null, "", window.location.pathname);
            this.el.querySelector("#access_token").value = this.token;
            this.el.submit();
        }
    }
}

registry
    .category("public.interactions")
    .add("l10n_co_certificate_activation.invitation", Invitation);
