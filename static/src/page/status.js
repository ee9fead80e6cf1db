const REGION = ".o_certificate_status";
const KEY = "l10n_co_certificate_activation.status";

/** Says to screen readers what was done, in the one region of the page for that. */
export function announce(sentence) {
    const region = document.querySelector(REGION);
    if (region) {
        region.textContent = "";
        // A region is read when it changes, and the same sentence is a change, too.
        setTimeout(() => (region.textContent = sentence), 100);
    }
}

/** Says it on the page that comes next in this tab. */
export function announceNext(sentence) {
    try {
        sessionStorage.setItem(KEY, sentence);
    } catch {
        // Without a storage the page that comes is read as any other.
    }
}

/** Says what the page before has left to say. */
export function announceLeft() {
    try {
        const sentence = sessionStorage.getItem(KEY);
        sessionStorage.removeItem(KEY);
        if (sentence) {
            announce(sentence);
        }
    } catch {
        // See above.
    }
}
