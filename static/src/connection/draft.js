import { cookie } from "@web/core/browser/cookie";
import { user } from "@web/core/user";
import { session } from "@web/session";

/**
 * What was typed and could not be saved, kept in this tab until it is: never a password, a key or a file.
 *
 * It is for whoever typed it, and gone as soon as they log out, in whatever tab, as somebody else opens a page in
 * this one, and after a day. So this file is loaded on each page, also on the one to log in.
 */
const PREFIX = "l10n_co_certificate_activation.draft.";
const DAY = 24 * 60 * 60 * 1000;

/** The owner of what a user types. */
export const ME = `user.${user.userId}`;

/** Another one after each log-out of this browser: see `ir.http` of this add-on. */
const getLogout = () => cookie.get("certificate_logout") || "";

/**
 * @param {string} owner who typed it
 * @param {string} key where it was typed
 */
export function keepDraft(owner, key, values) {
    const draft = { owner, values, logout: getLogout(), on: Date.now() };
    try {
        sessionStorage.setItem(PREFIX + key, JSON.stringify(draft));
    } catch (error) {
        console.warn("The draft could not be kept.", error); // no storage, or a full one
    }
}

export function dropDraft(key) {
    try {
        sessionStorage.removeItem(PREFIX + key);
    } catch {
        // Without a storage there is no draft.
    }
}

/** @returns {object|null} the draft, which is removed */
export function takeDraft(owner, key) {
    dropLeftDrafts(owner);
    try {
        const text = sessionStorage.getItem(PREFIX + key);
        dropDraft(key);
        return text && JSON.parse(text).values;
    } catch {
        return null;
    }
}

/**
 * Drops what is not to be read in this tab any more.
 *
 * @param {string} [owner] whose page it is, where that is known: what others typed is dropped, too
 */
export function dropLeftDrafts(owner) {
    try {
        for (const name of Object.keys(sessionStorage).filter((one) => one.startsWith(PREFIX))) {
            const draft = JSON.parse(sessionStorage.getItem(name));
            const isLate = !(Date.now() - draft.on < DAY);
            if (isLate || draft.logout !== getLogout() || (owner && draft.owner !== owner)) {
                sessionStorage.removeItem(name);
            }
        }
    } catch {
        // See above.
    }
}

dropLeftDrafts(session.is_frontend ? undefined : ME);
