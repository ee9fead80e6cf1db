import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { session } from "@web/session";

/**
 * Points at what comes next, through the three steps, for who has asked for it in this tab.
 *
 * Each hint is a tour of one step, so that it does not matter what was done before, or that the
 * payment leads to another page, which ends a tour.
 */

const KEY = "certificate_guide";

const HINTS = {
    start: {
        trigger: ".o_certificate_process li[data-step=certificate] button",
        content: () =>
            _t(
                "Start here. You can close the page at any moment: nothing is lost, and you go on where you were."
            ),
        tooltipPosition: "left",
    },
    pay: {
        trigger: "button[name=action_pay]",
        content: () => _t("First the payment. When it is done you come back here by yourself."),
    },
    paid: {
        trigger: ".o_certificate_wizard button[name=action_continue]",
        content: () => _t("It is paid. Continue with the letter."),
    },
    letter: {
        trigger: "button[name=action_download_letter]",
        content: () =>
            _t(
                "Fill in the data of the legal representative. One click saves them and downloads the letter."
            ),
        tooltipPosition: "top",
    },
    scan: {
        trigger: ".o_certificate_attach",
        content: () =>
            _t("Have the letter signed, scan it, and attach the scan here. A photo will do, too."),
    },
    finish: {
        trigger: ".o_certificate_wizard button[name=action_finish]",
        content: () => _t("Continue, and the certificate signs for your company."),
    },
    active: {
        trigger: "button[name=action_open_test_set]",
        content: () => _t("The certificate is active. Next comes DIAN's test set."),
    },
};

const getTour = (hint) => `certificate_guide_${hint}`;

for (const [hint, { trigger, content, tooltipPosition = "bottom" }] of Object.entries(HINTS)) {
    registry.category("web_tour.tours").add(getTour(hint), {
        steps: () => [{ trigger, content: content(), tooltipPosition, run: "click" }],
    });
}

/**
 * @param {Object} data of the record of a wizard
 * @returns {string|undefined} the hint for what comes next
 */
export function getHint({ step, route, payment_status, letter_downloaded_on, ...data }) {
    if (step === "pay") {
        return payment_status === "paid" ? "paid" : "pay";
    }
    if (step === "process" && route === "loan") {
        if (data.can_finish) {
            return "finish";
        }
        return letter_downloaded_on ? "scan" : "letter";
    }
    return data.state === "active" ? "active" : undefined;
}

export const guideService = {
    dependencies: ["orm", "tour_service"],

    start(env, { orm, tour_service: tours }) {
        // Who stops a tour stops them all; Odoo then loads the page anew.
        browser.addEventListener(
            "click",
            (ev) => ev.target.closest?.(".o_tour_pointer button") && end(),
            true
        );

        function end() {
            browser.sessionStorage.removeItem(KEY);
        }

        async function point(hint) {
            await tours.startTour(getTour(hint), { mode: "manual", redirect: false });
            if (!session.tour_enabled) {
                // Starting one switches on all of Odoo's for this user, who asked for ours alone.
                await orm.call("res.users", "switch_tour_enabled", [false]);
            }
        }

        return {
            /** Begins on the page of the six steps. */
            begin() {
                browser.sessionStorage.setItem(KEY, "1");
                return point("start");
            },

            /** @param {string} [hint] what to point at for who is guided */
            async follow(hint) {
                if (!hint || !browser.sessionStorage.getItem(KEY)) {
                    return;
                }
                if (hint === "active") {
                    end();
                }
                await point(hint);
            },
        };
    },
};

registry.category("services").add("certificate_guide", guideService);
