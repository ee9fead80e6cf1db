import { registry } from "@web/core/registry";

/** How long a step waits, in milliseconds: Odoo's ten seconds are too few where other tests run at the same time. */
const TIMEOUT = 40000;

/** Actions of a tour for which a person clicks once. */
const CLICKS = ["check", "click", "select", "selectByIndex", "uncheck"];

/** What a person does in one step of a tour: `clicks`, typed `fields`, `pages` that open. */
function countStep({ run, isPage, isDetour }) {
    if (isDetour) {
        return {};
    }
    // A function does what a click does, such as to choose a file.
    const actions = typeof run === "string" ? run.split("&&") : run ? ["click"] : [];
    const names = actions.map((action) => action.trim().split(" ")[0]);
    return {
        clicks: names.filter((name) => CLICKS.includes(name)).length,
        fields: names.filter((name) => name === "edit").length,
        pages: isPage ? 1 : 0,
    };
}

/**
 * Counts what a person does in the steps of a tour. Those with `isDetour` are no part of the shortest way: a mistake
 * that is made on purpose, a look at something. Those with `isPage` wait for another page.
 *
 * @returns {{clicks: number, fields: number, pages: number}}
 */
function count(steps) {
    const total = { clicks: 0, fields: 0, pages: 0 };
    for (const step of steps) {
        for (const [what, number] of Object.entries(countStep(step))) {
            total[what] += number;
        }
    }
    return total;
}

/**
 * Registers a tour.
 *
 * @param {string} name
 * @param {Object} tour
 * @param {() => Object[]} tour.steps as Odoo takes them, and with what `count` reads
 * @param {{clicks?: number, fields?: number, pages?: number}} [tour.atMost] of what; the tour fails when it takes more
 */
export function addTour(name, { steps, atMost = {} }) {
    registry.category("web_tour.tours").add(name, {
        steps: () => {
            const all = steps();
            const counted = count(all);
            for (const [what, most] of Object.entries(atMost)) {
                if (counted[what] > most) {
                    // An error of the console fails the test.
                    console.error(`${name} takes ${counted[what]} ${what}; it may take ${most}.`);
                }
            }
            // eslint-disable-next-line no-unused-vars
            return all.map(({ isPage, isDetour, ...step }) => ({ timeout: TIMEOUT, ...step }));
        },
    });
}
