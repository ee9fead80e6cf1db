import { send } from "../connection/connection";

/** Reads a page of the portal as the server has it now. */
export async function readPage(path) {
    const { body } = await send(path, { type: "text" });
    return new DOMParser().parseFromString(body, "text/html");
}

/**
 * Shows the content of a page in this one, with the CSRF token of its forms.
 *
 * @param {Document} page
 * @param {object} interactions Odoo's service
 * @returns {boolean} whether it was a page of this add-on
 */
export function showPage(page, interactions) {
    const content = page.querySelector(".o_certificate_portal, .o_certificate_closed");
    const former = document.querySelector("#wrap");
    if (!content || !former) {
        return false;
    }
    interactions.stopInteractions(former);
    former.replaceWith(document.adoptNode(content));
    odoo.csrf_token = content.querySelector("input[name=csrf_token]")?.value || odoo.csrf_token;
    interactions.startInteractions(content);
    const message = content.querySelector("[autofocus], [role=alert]");
    if (message) {
        message.matches("[role=alert]") && message.setAttribute("tabindex", "-1");
        message.focus();
    }
    return true;
}

/** Goes to an address of the portal, also where it is the one of this page but for its anchor. */
export function goTo(url) {
    const target = new URL(url, window.location.href);
    if (target.pathname + target.search === window.location.pathname + window.location.search) {
        window.history.replaceState(null, "", target);
        window.location.reload();
    } else {
        window.location.assign(target);
    }
}
