import { useBus, useService } from "@web/core/utils/hooks";
import { isVisible } from "@web/core/utils/ui";

import { useEffect } from "@odoo/owl";

/**
 * Restores the focus when its control has gone or was disabled for a while, also because a dialog was
 * open; otherwise keyboard users would start again at the top of the page. It returns to the same
 * control, or one of the same name, or into the same field; until one of these exists, it waits on a
 * stand-in.
 *
 * @param {{ el: HTMLElement | null }} rootRef within which the focus is kept
 * @param {string | null} standIn selector of what takes the focus meanwhile, and at first
 */
export function useKeptFocus(rootRef, standIn = null) {
    let afterDialog = () => {};
    // Odoo gives the focus back to what had it when the dialog opened: to nothing, if that button was disabled then.
    useBus(useService("ui").bus, "active-element-changed", () => setTimeout(() => afterDialog()));
    useEffect(
        (root) => {
            if (!root) {
                return;
            }
            let last = null;
            const remember = ({ target }) => {
                if (!(standIn && target.matches(standIn))) {
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
                const isWaiting = Boolean(standIn && activeElement?.matches(standIn));
                if (!last || !(isWaiting || activeElement === body) || !document.hasFocus()) {
                    return;
                }
                const { target, name, field } = last;
                const isThere = root.contains(target) && !target.disabled && isVisible(target);
                const found =
                    (isThere && target) ||
                    (name && find(`button[name="${name}"]`)) ||
                    (field && find(`.o_field_widget[name="${field}"] button`)) ||
                    (standIn && !isWaiting && find(standIn));
                found?.focus?.();
            };
            afterDialog = settle;
            const observer = new MutationObserver(settle);
            root.addEventListener("focusin", remember);
            root.addEventListener("pointerdown", forget);
            observer.observe(root, {
                attributes: true,
                attributeFilter: ["disabled"],
                childList: true,
                subtree: true,
            });
            if (standIn && document.activeElement === document.body) {
                find(standIn)?.focus();
            }
            return () => {
                afterDialog = () => {};
                observer.disconnect();
                root.removeEventListener("focusin", remember);
                root.removeEventListener("pointerdown", forget);
            };
        },
        () => [rootRef.el]
    );
}
