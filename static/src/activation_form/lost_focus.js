import { isVisible } from "@web/core/utils/ui";

/**
 * Gives the focus back when what had it is gone: whoever has no mouse would begin anew at the top of
 * the page. Whoever is somewhere else already stays there.
 *
 * @param {HTMLElement | null} root where it was
 * @param {...string} selectors where it goes: to the first that is seen and can have it
 */
export function restoreFocus(root, ...selectors) {
    const { activeElement, body } = document;
    if (!root || (activeElement && activeElement !== body)) {
        return;
    }
    for (const selector of selectors) {
        const target = [...root.querySelectorAll(selector)].find(
            (element) => isVisible(element) && !element.disabled
        );
        if (target) {
            target.focus();
            return;
        }
    }
}
