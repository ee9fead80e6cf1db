import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError, rpc, RPCError } from "@web/core/network/rpc";
import { session } from "@web/session";

// What Odoo raises with a sentence for users, and this add-on; the message of any other error is for
// developers, in English.
const SENTENCES = ["odoo.exceptions.", "odoo.addons.l10n_co_certificate_activation.exceptions."];
const SESSION_ENDED = ["odoo.http.SessionExpiredException", "werkzeug.exceptions.Forbidden"];
// How a proxy answers while the server behind it does not.
const UNREACHABLE = [502, 503, 504];
// Leads those who are logged in to a page of theirs.
const LOGIN = "/web/login";

/**
 * A request that was not answered as it should be; its message is a sentence for the user. What became of
 * it is its `kind`:
 *  - `lost`: nothing came back, so it may have been done
 *  - `session`: it was not done, because the session has ended
 *  - `aborted`: the user did that
 *  - `failed`: the server answered something else
 */
export class RequestFailure extends Error {
    constructor(kind, status = 0) {
        super(getSentence(kind));
        this.kind = kind;
        this.status = status;
    }
}

function getSentence(kind) {
    return {
        lost: _t(
            "The connection was interrupted. What you chose and typed is still here: try again once you are connected."
        ),
        session: _t(
            "Your session has ended. Log in again: what you typed is kept in this tab; attach the file again then."
        ),
        aborted: "",
        failed: _t(
            "The server could not do this now. What you chose and typed is still here: try again in a few minutes."
        ),
    }[kind];
}

/**
 * Tells what kind of failure an error of Odoo's own requests is.
 *
 * @returns {RequestFailure|null} nothing where the error has a sentence of the server
 * @throws the error, if it is of no request
 */
export function getFailure(error) {
    if (error instanceof RequestFailure) {
        return error;
    }
    if (error instanceof ConnectionLostError) {
        return new RequestFailure("lost");
    }
    if (!(error instanceof RPCError)) {
        throw error;
    }
    if (isSessionEnd(error)) {
        return new RequestFailure("session");
    }
    const isSentence = SENTENCES.some((start) => error.exceptionName?.startsWith(start));
    return isSentence ? null : new RequestFailure("failed");
}

export function isSessionEnd(error) {
    return SESSION_ENDED.includes(error?.exceptionName);
}

/** Lets Odoo say that the session has ended, and lead to the login and back. */
export function askToLogIn() {
    rpc("/web/session/check", {});
}

/**
 * Sends a form, or reads an address. A form whose CSRF token is of an earlier session of the same visitor is sent
 * once more, with a new one.
 *
 * @param {string} url
 * @param {object} [options]
 * @param {FormData} [options.form] what is posted
 * @param {"json"|"text"|"blob"} [options.type] of the answer
 * @param {() => XMLHttpRequest} [options.makeRequest] keeps it to be aborted
 * @param {(share: number) => void} [options.onProgress] called with how much is uploaded, from 0 to 1
 * @returns {Promise<{status: number, url: string, body: any, request: XMLHttpRequest}>} any answer of this
 * add-on, also one that says what is wrong
 * @throws {RequestFailure}
 */
export async function send(url, options = {}) {
    const { form, type = "json" } = options;
    let answer = await exchange(url, options);
    if (answer.status === 400 && form) {
        const token = await renewToken();
        form.set("csrf_token", token);
        answer = await exchange(url, options);
    }
    if (type === "json" && !answer.body) {
        throw new RequestFailure("failed", answer.status);
    }
    return answer;
}

function exchange(url, { form, type = "json", makeRequest, onProgress }) {
    const request = makeRequest?.() || new XMLHttpRequest();
    return new Promise((resolve, reject) => {
        const fail = (kind) => reject(new RequestFailure(kind, request.status));
        if (onProgress) {
            request.upload.addEventListener("progress", (ev) => onProgress(ev.loaded / ev.total));
            request.upload.addEventListener("load", () => onProgress(1));
        }
        request.addEventListener("abort", () => fail("aborted"));
        request.addEventListener("error", () => fail("lost"));
        request.addEventListener("load", () => {
            const { status, response: body, responseURL } = request;
            const isLogin = new URL(responseURL, window.location.href).pathname === LOGIN;
            if (UNREACHABLE.includes(status)) {
                fail("lost");
            } else if (isLogin && !session.is_frontend) {
                fail("session"); // pages of the portal open without a login
            } else {
                resolve({ status, url: responseURL, body, request });
            }
        });
        request.open(form ? "POST" : "GET", url);
        request.responseType = type;
        request.send(form);
    });
}

/** Reads the CSRF token of the session that the visitor has now, for this page. */
async function renewToken() {
    const { body, status } = await exchange(LOGIN, { type: "text" });
    const [, token] = body.match(/\bcsrf_token: ?"(\w+)"/) || [];
    if (!token) {
        throw new RequestFailure("failed", status);
    }
    odoo.csrf_token = token;
    for (const input of document.querySelectorAll("input[name=csrf_token]")) {
        input.value = token;
    }
    return token;
}
