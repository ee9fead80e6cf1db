import { isVisible } from "@web/core/utils/ui";

import { useEffect } from "@odoo/owl";

/**
 * Restores the focus when its control has gone or was disabled for a while; otherwise keyboard
 * users would start again at the top of the page. It returns to the same control, or one of the
 * same name, or into the same field; until one of these exists, it waits on a stand-in.
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
            // A click outside every control removes the focus on purpose.
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
