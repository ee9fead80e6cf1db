import { registry } from "@web/core/registry";

/** How long a step waits, in milliseconds: Odoo's ten seconds are too few where other tests run at the same time. */
const TIMEOUT = 40000;

/** Registers a tour. */
export function addTour(name, { steps }) {
    registry.category("web_tour.tours").add(name, {
        steps: () => steps().map((step) => ({ timeout: TIMEOUT, ...step })),
    });
}
