import { addTour } from "./tour";

import { attachFrom } from "./activation_tours";

// From a database in which nothing is set up to the first paid, active certificate, by the screens alone.

const ADDON = "l10n_co_certificate_activation";

const click = (content, trigger, more = {}) => ({ content, trigger, run: "click", ...more });

const type = (name, text) => ({
    content: `Type ${name}`,
    trigger: `div[name=${name}] :is(input, textarea)`,
    run: `edit ${text}`,
});

const arrive = (content, trigger) => ({ content, trigger, isPage: true });

/** Types into a field of relations, and takes the first that is offered. */
const choose = (name, text) => [
    type(name, text),
    click(
        `Choose ${text}`,
        `.o-autocomplete--dropdown-item:not(.o_m2o_dropdown_option):contains(${text}) > a`
    ),
];

const openApp = (name) => [
    click("Open the applications", ".o_navbar_apps_menu button"),
    click(`Open ${name}`, `.o-dropdown--menu .o_app[data-menu-xmlid="${name}"]`),
];

const openMenu = (section, entry) => [
    click(`Open ${section}`, `.o_menu_sections [data-menu-xmlid="${section}"]`),
    click(`Open ${entry}`, `.o-dropdown--menu [data-menu-xmlid="${entry}"]`),
];

const openSteps = [
    ...openApp(`${ADDON}.menu_electronic_documents`),
    arrive("The six steps are there", ".o_certificate_process_page"),
];

const saleStep = (key) => click(`Go on with ${key}`, `li[data-step=${key}] button.btn-primary`);

const isReady = (key) => arrive(`${key} is ready`, `li[data-step=${key}][data-state=done]`);

/** The administrator follows the page that sets up the sale, from the menu to the letter. */
addTour("certificate_beginning_sale", {
    atMost: { clicks: 20, fields: 12, pages: 11 },
    steps: () => [
        ...openSteps,
        ...openMenu(
            `${ADDON}.menu_certificate_configuration`,
            `${ADDON}.menu_certificate_sale_setup`
        ),
        arrive("Nobody sells yet", "li[data-step=seller][data-state=todo]"),
        saleStep("seller"),
        arrive("Nothing is red on entry", ".o_form_view:not(:has(.o_certificate_message))"),
        type("profile_name", "Firma Segura SAS"),
        type("profile_vat", "901414515-7"),
        type("profile_email", "certificados@firmasegura.example.com"),
        type("profile_street", "Calle 72 # 10-34"),
        type("profile_city", "Bogotá"),
        type("profile_phone", "601 234 5678"),
        ...choose("profile_state_id", "Bogot"),
        click("Sell as this company", "button[name=action_confirm]"),
        isReady("seller"),
        saleStep("product"),
        arrive("The product is made", "div[name=lst_price] input"),
        type("lst_price", "100000"),
        click("Go back", ".o_back_button"),
        isReady("product"),
        click("Collect by the demonstration", "[data-choice=demo]"),
        click("Try it", ".modal footer .btn-primary"),
        isReady("provider"),
        saleStep("lender"),
        arrive("Its file is asked for", ".o_certificate_own_form"),
        {
            content: "Choose the file",
            trigger: ".o_certificate_own_form",
            run: attachFrom("lent.p12", "/web/content/base.certificate_tour_lent"),
        },
        {
            content: "Type its password",
            trigger: ".o_certificate_password",
            run: "edit Clave-Segura-2026",
        },
        click("Load it", ".o_certificate_load:enabled"),
        {
            content: "It is loaded",
            trigger: ".o_certificate_own_card",
        },
        click("Go on", "button[name=action_open_overview].btn-primary"),
        isReady("lender"),
        saleStep("letter"),
        arrive("The letter is there", "button[name=action_confirm_certificate_letter]"),
        // What the letter says of the lender.
        type("certificate_policy", "www.firmasegura.example.com/datos"),
        type("certificate_software", "Firma Segura"),
        click("It is a provider", "div[name=certificate_is_provider] input"),
        type("certificate_provider_resolution", "001234 de 2025"),
        click("Its authority allows it", "div[name=certificate_is_signing_allowed] input"),
        // Odoo reloads the page when a company was saved.
        click("Save", ".o_form_button_save", { expectUnloadPage: true }),
        click("It is read", "button[name=action_confirm_certificate_letter]"),
        isReady("letter"),
    ],
});

const openUsers = [
    ...openApp("base.menu_administration"),
    arrive("The settings are there", ".o_form_view"),
    ...openMenu("base.menu_users", "base.menu_action_res_users"),
    arrive("The users are there", ".o_list_view, .o_kanban_view"),
];

/** Makes somebody a user, with a group of the add-on and a password. */
const makeUser = (name, login, group) => [
    ...openUsers,
    click("Another one", ".o_list_button_add, .o-kanban-button-new"),
    arrive("The form is there", ".o_form_view div[name=login] input"),
    type("name", name),
    type("login", login),
    click(
        "Open the groups of the certificate",
        ".o_cell:has(> label:contains(Digital certificate)) + .o_cell .o_select_menu_toggler"
    ),
    click(`Choose ${group}`, `.o_select_menu_item:contains(${group})`),
    click("Save", ".o_form_button_save"),
    {
        content: "It is saved",
        trigger: ".o_form_saved",
    },
    click("Open the password", ".o_notebook_headers a[name=page_security]"),
    click("Change the password", "button[name=action_change_password_wizard]"),
    arrive("It is asked for", ".modal .o_data_row"),
    click("Write it", ".modal .o_data_row td[name=new_passwd]"),
    {
        content: "Type the password",
        trigger: ".modal td[name=new_passwd] input",
        run: `edit ${login}`,
    },
    click("Keep it", ".modal button[name=change_password_button]"),
    {
        content: "It is kept",
        trigger: "body:not(:has(.modal))",
    },
];

/** The administrator makes a custodian, a company that buys, and its user. */
addTour("certificate_beginning_people", {
    atMost: { clicks: 34, fields: 13, pages: 11 },
    steps: () => [
        ...makeUser("Carla Custodia", "carla", "Custodian"),
        ...openApp("base.menu_administration"),
        arrive("The settings are there", ".o_form_view"),
        ...openMenu("base.menu_users", "base.menu_action_res_company_form"),
        arrive("The companies are there", ".o_list_view, .o_kanban_view"),
        click("Another one", ".o_list_button_add, .o-kanban-button-new"),
        arrive("The form is there", ".o_form_view div[name=vat] input"),
        type("name", "Café del Alto SAS"),
        ...choose("country_id", "Colombia"),
        type("vat", "900987321-1"),
        type("street", "Carrera 43A # 1-50"),
        type("city", "Medellín"),
        ...choose("state_id", "Antioquia"),
        type("email", "facturas@cafedelalto.example.com"),
        // Odoo's page begins again, with the menu of the companies.
        click("Save", ".o_form_button_save", { expectUnloadPage: true }),
        click("Open the companies", ".o_switch_company_menu button"),
        click("Work for the new one", ".o_switch_company_item:contains(Café del Alto) .log_into", {
            expectUnloadPage: true,
        }),
        {
            content: "It is the current one",
            trigger: ".o_switch_company_menu:contains(Café del Alto)",
        },
        ...makeUser("Ana Usuaria", "ana", "User"),
    ],
});

/** A user of the company that buys, from the menu to the active certificate. */
addTour("certificate_beginning_activation", {
    atMost: { clicks: 9, fields: 6, pages: 6 },
    steps: () => [
        ...openSteps,
        click("Begin", "li[data-step=certificate] button.btn-primary"),
        arrive("Pay is there", "button[name=action_pay]"),
        click("Buy", "button[name=action_pay]", { expectUnloadPage: true }),
        arrive("The payment page is there", "select#simulated_payment_state"),
        click("Pay", "button[name=o_payment_submit_button]:enabled", { expectUnloadPage: true }),
        arrive("It is paid", "div[name=payment].alert-success"),
        click("Go on", "button[name=action_continue]"),
        arrive("Process is there", "button[name=action_download_letter]"),
        type("representative_name", "María Fernanda"),
        type("representative_surname", "Pérez Gómez"),
        type("representative_vat", "52123456"),
        type("representative_issue_city", "Bogotá"),
        type("representative_email", "maria@example.com"),
        type("representative_phone", "300 123 4567"),
        click("Save and download the letter", "button[name=action_download_letter]"),
        {
            content: "It was downloaded",
            trigger: "div[name=letter_next]",
        },
        {
            content: "Attach the scan",
            trigger: ".o_certificate_zone",
            run: attachFrom("scan.pdf", "/web/content/base.certificate_tour_scan"),
        },
        {
            content: "It is attached",
            trigger: ".o_certificate_card",
        },
        click("Go on", "button[name=action_finish]"),
        arrive("It is active", "div[name=finish] h1"),
    ],
});

/** The custodian reviews the letter, whose code nobody can read. */
addTour("certificate_beginning_review", {
    atMost: { clicks: 6, fields: 0, pages: 3 },
    steps: () => [
        ...openSteps,
        ...openMenu(`${ADDON}.menu_certificate_sale`, `${ADDON}.menu_certificate_letters`),
        arrive("The letter waits", ".o_data_row"),
        click("Open it", ".o_data_row .o_data_cell[name=company_id]"),
        arrive("It is there", ".o_statusbar_buttons button.btn-primary"),
        click("Accept it", ".o_statusbar_buttons button.btn-primary"),
        {
            content: "It is accepted",
            trigger: "div[name=letter_reviewed_by_id]:contains(Carla)",
        },
    ],
});
