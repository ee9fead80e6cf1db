import { isVisible } from "@web/core/utils/ui";

import { useEffect } from "@odoo/owl";

// What belongs together: where a control has gone, the next one is looked for here.
const PLACES = ".o_field_widget, .o_group, section";
const CONTROLS = "button, input, select, textarea, a[href]";

/**
 * Restores the focus when its control has gone or was disabled for a while; otherwise keyboard
 * users would start again at the top of the page. It returns to the same control, or one of the
 * same name; where there is none, to what has come in its place. Until one of these exists, it waits
 * on a stand-in. A control that is left on purpose, as by Escape, is left.
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
            let replacement = null;
            const remember = ({ target }) => {
                if (target.matches(standIn) || target === replacement) {
                    return;
                }
                replacement = null;
                last = { target, name: target.getAttribute("name"), places: getPlaces(target) };
            };
            // A click outside every control removes the focus on purpose.
            const forget = () => (last = null);
            const isUsable = (el) => root.contains(el) && !el.disabled && isVisible(el);
            const leave = ({ target }) =>
                setTimeout(() => {
                    if (last?.target === target && isUsable(target) && isNowhere()) {
                        forget();
                    }
                });
            const find = (selector, place = root) =>
                [...place.querySelectorAll(selector)].find(isUsable);
            const findInPlace = ({ places }) => {
                for (const place of places.filter((el) => root.contains(el))) {
                    const control = find(CONTROLS, place);
                    if (control) {
                        return control;
                    }
                }
            };
            const settle = () => {
                const { activeElement } = document;
                const isWaiting = activeElement?.matches(standIn) || activeElement === replacement;
                if (!last || !(isWaiting || isNowhere()) || !document.hasFocus()) {
                    return;
                }
                const { target, name } = last;
                const same =
                    (isUsable(target) && target) || (name && find(`button[name="${name}"]`));
                if (same) {
                    replacement = null;
                    same.focus();
                } else if (activeElement !== replacement || !replacement) {
                    replacement = (!root.contains(target) && findInPlace(last)) || null;
                    (replacement || (!isWaiting && find(standIn)))?.focus?.();
                }
            };
            const observer = new MutationObserver(settle);
            root.addEventListener("focusin", remember);
            root.addEventListener("focusout", leave);
            root.addEventListener("pointerdown", forget);
            observer.observe(root, {
                attributes: true,
                attributeFilter: ["disabled"],
                childList: true,
                subtree: true,
            });
            if (isNowhere()) {
                find(standIn)?.focus();
            }
            return () => {
                observer.disconnect();
                root.removeEventListener("focusin", remember);
                root.removeEventListener("focusout", leave);
                root.removeEventListener("pointerdown", forget);
            };
        },
        () => [rootRef.el]
    );
}

function isNowhere() {
    return [null, document.body].includes(document.activeElement);
}

/** What is around a control, from the inside, up to the outermost of its places. */
function getPlaces(target) {
    const places = [];
    let outermost = null;
    for (let el = target.closest(PLACES); el; el = el.parentElement.closest(PLACES)) {
        outermost = el;
        if (el.matches(".o_group, section")) {
            break;
        }
    }
    for (
        let el = target.parentElement;
        outermost && outermost.contains(el);
        el = el.parentElement
    ) {
        places.push(el);
    }
    return places;
}
