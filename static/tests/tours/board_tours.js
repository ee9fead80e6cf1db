import { addTour } from "./tour";

const row = (company) => `.o_data_row:has(td[name=company_id]:contains(${company}))`;

const select = (company) => ({
    content: `Select ${company}`,
    trigger: `${row(company)} .o_list_record_selector input`,
    run: "click",
});

/** Renews what can be renewed of several companies, and goes on with one of them. */
addTour("certificate_board_renewal", {
    steps: () => [
        {
            content: "Two end soon, and one has not started",
            trigger: `.o_list_view:has(${row("Café")} td[name=light] .text-bg-warning):has(${row("Flores")} td[name=light] .text-bg-warning)`,
        },
        select("Café"),
        select("Flores"),
        select("Cliente"),
        {
            content: "Renew them",
            trigger: ".o_control_panel button:contains(Start renewal)",
            run: "click",
        },
        {
            content: "It is said what was started, and what was left out",
            trigger:
                ".o_notification:contains(Café de la Sierra):contains(Flores del Valle):contains(Left out: Cliente)",
        },
        {
            content: "They are in progress and not paid; go on with one of them",
            trigger: `.o_list_view:has(${row("Café")} td[name=payment_status]:contains(Not bought)) ${row("Flores")} button:contains(Continue)`,
            run: "click",
        },
        {
            content: "Its renewal is at the payment",
            trigger: ".o_certificate_stepper [data-step=pay][aria-current=step]",
        },
        {
            content: "In that company",
            trigger: ".o_switch_company_menu:contains(Flores del Valle)",
        },
    ],
});
