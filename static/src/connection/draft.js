/**
 * What was typed and could not be saved, kept in this tab until it is: never a password, a key or a file.
 */
const PREFIX = "l10n_co_certificate_activation.draft.";

/** @param {string} key whose draft it is */
export function keepDraft(key, values) {
    try {
        sessionStorage.setItem(PREFIX + key, JSON.stringify(values));
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
export function takeDraft(key) {
    try {
        const text = sessionStorage.getItem(PREFIX + key);
        dropDraft(key);
        return text && JSON.parse(text);
    } catch {
        return null;
    }
}
