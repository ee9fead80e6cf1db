import { isVisible } from "@web/core/utils/ui";

import { useEffect } from "@odoo/owl";

/**
 * Gives the focus back when what had it is gone or was disabled for a while, for whoever has no mouse
 * would begin anew at the top of the page. It returns to the same control, else to the one of the same
 * name, else into the same field; and until one of these is there, it waits on a stand-in.
 *
 * @param {{ el: HTMLElement | null }} rootRef within which the focus is kept
 * @param {string} standIn selector of what takes the focus meanwhile, and at first
 */
export function useKeptFocus(rootRef, standIn) {
    useEffect(
        (root) => {
            if (!root) {
                return;
            }
            let last = null;
            const remember = ({ target }) => {
                if (!target.matches(standIn)) {
                    const field = target.closest(".o_field_widget")?.getAttribute("name");
                    last = { target, name: target.getAttribute("name"), field };
                }
            };
            // Whoever clicks beside everything has put the focus away.
            const forget = () => (last = null);
            const find = (selector) =>
                [...root.querySelectorAll(selector)].find((el) => isVisible(el) && !el.disabled);
            const settle = () => {
                const { activeElement, body } = document;
                const isWaiting = activeElement?.matches(standIn);
                if (!last || !(isWaiting || activeElement === body) || !document.hasFocus()) {
                    return;
                }
                const { target, name, field } = last;
                const isThere = root.contains(target) && !target.disabled && isVisible(target);
                const found =
                    (isThere && target) ||
                    (name && find(`button[name="${name}"]`)) ||
                    (field && find(`.o_field_widget[name="${field}"] button`)) ||
                    (!isWaiting && find(standIn));
                found?.focus?.();
            };
            const observer = new MutationObserver(settle);
            root.addEventListener("focusin", remember);
            root.addEventListener("pointerdown", forget);
            observer.observe(root, {
                attributes: true,
                attributeFilter: ["disabled"],
                childList: true,
                subtree: true,
            });
            if (document.activeElement === document.body) {
                find(standIn)?.focus();
            }
            return () => {
                observer.disconnect();
                root.removeEventListener("focusin", remember);
                root.removeEventListener("pointerdown", forget);
            };
        },
        () => [rootRef.el]
    );
}
