import { addTour } from "./tour";

const ADDON = "l10n_co_certificate_activation";
const REASON = "La firma quedó cortada";

/** Opens an entry of the add-on's menu, which a phone has at its side. */
export const openFromMenu = (name, group = "menu_certificate_sale") => [
    {
        isActive: ["desktop"],
        content: "Open the menu",
        trigger: `.o_menu_sections button[data-menu-xmlid="${ADDON}.${group}"]`,
        run: "click",
    },
    {
        isActive: ["mobile"],
        content: "Open the menu",
        trigger: ".o_menu_toggle",
        run: "click",
    },
    {
        isActive: ["desktop"],
        content: `Choose ${name}`,
        trigger: `.o-dropdown--menu .dropdown-item[data-menu-xmlid="${ADDON}.${name}"]`,
        run: "click",
    },
    {
        isActive: ["mobile"],
        content: `Choose ${name}`,
        trigger: `.o_app_menu_sidebar li[data-menu-xmlid="${ADDON}.${name}"]`,
        run: "click",
    },
];

/** The custodian opens a letter from the list of those to review. */
const openLetter = [
    ...openFromMenu("menu_certificate_letters"),
    {
        content: "The list is in Spanish and names the company",
        trigger: ".o_breadcrumb:contains(Cartas por revisar)",
    },
    {
        isActive: ["desktop"],
        content: "Open the letter",
        trigger: ".o_data_row:contains(Por revisar) .o_data_cell[name=company_id]",
        run: "click",
    },
    {
        isActive: ["mobile"],
        content: "Open the letter",
        trigger: ".o_kanban_record:contains(Por revisar)",
        run: "click",
    },
    {
        content: "It is shown, beside what the company stated",
        trigger:
            ".o_form_view:has(div[name=letter_code]):has(div[name=representative_vat]:contains(52123456)) div[name=signed_letter] iframe",
    },
    {
        content: "It fits the screen",
        trigger: ".o_form_view",
        run() {
            if (document.documentElement.scrollWidth > window.innerWidth) {
                throw new Error(`${document.documentElement.scrollWidth} pixels wide`);
            }
        },
    },
];

addTour("certificate_letter_reject", {
    steps: () => [
        ...openLetter,
        {
            isActive: ["mobile"],
            content: "Show the other buttons",
            trigger: ".o_statusbar_buttons button.o-dropdown",
            run: "click",
        },
        {
            isActive: ["mobile"],
            content: "Reject it",
            trigger: ".o-dropdown--menu button:contains(Rechazar carta)",
            run: "click",
        },
        {
            isActive: ["desktop"],
            content: "Reject it",
            trigger: ".o_statusbar_buttons button:contains(Rechazar carta)",
            run: "click",
        },
        {
            content: "Not without a reason",
            trigger: ".modal footer button[name=action_confirm]:disabled",
        },
        {
            content: "Say why",
            trigger: ".modal div[name=reason]:not(.o_field_invalid) input",
            run: `edit ${REASON}`,
        },
        {
            content: "Confirm",
            trigger: ".modal footer button[name=action_confirm]:visible",
            run: "click",
        },
        {
            content: "It is rejected, and nothing is left to decide",
            trigger: `.o_form_view:not(:has(.o_statusbar_buttons button:contains(carta))) div[name=letter_rejection_reason]:contains(${REASON})`,
        },
    ],
});

/** The borrower reads why, and hands in a new scan. */
addTour("certificate_letter_hand_in", {
    steps: () => [
        {
            content: "The page says why, and what to do",
            trigger: `div[name=letter_rejected][role=alert]:contains(${REASON}):contains(adjunta el nuevo archivo)`,
        },
        {
            content: "Attach the new scan",
            trigger: ".o_certificate_zone",
            async run({ anchor }) {
                const response = await fetch("/web/content/base.certificate_tour_sharper");
                const transfer = new DataTransfer();
                transfer.items.add(new File([await response.blob()], "nueva.pdf"));
                const input = anchor.querySelector("input[type=file]");
                input.files = transfer.files;
                input.dispatchEvent(new Event("change", { bubbles: true }));
            },
        },
        {
            content: "It is attached",
            trigger: ".o_certificate_card:contains(nueva.pdf)",
        },
        {
            content: "Hand it in",
            trigger: "button[name=action_finish]",
            run: "click",
        },
        {
            content: "Nothing is signed yet, and the page says so",
            trigger:
                "div[name=finish]:has(h1:contains(Tu carta está en revisión)) div[name=letter_review]",
        },
    ],
});

addTour("certificate_letter_accept", {
    steps: () => [
        ...openLetter,
        {
            content: "Accept it",
            trigger: ".o_statusbar_buttons button:contains(Aceptar carta)",
            run: "click",
        },
        {
            content: "It is accepted, and by whom",
            trigger:
                ".o_form_view:not(:has(.o_statusbar_buttons button:contains(carta))) div[name=letter_reviewed_by_id]:contains(Carla)",
        },
        ...openFromMenu("menu_certificate_letters"),
        {
            content: "No other letter waits",
            trigger: ".o_view_nocontent",
        },
    ],
});
