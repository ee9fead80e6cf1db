// Walks through the screens and looks at each; run by dev/screenshots.
//   node screenshots.mjs <address> <folder of files to attach> <folder of the pictures> <folder of the description or ''> [walk...]
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

import { makePaymentWalks } from "./payments.mjs";

const [address, files, folder, description, ...chosen] = process.argv.slice(2);
const require = createRequire(`${process.env.NODE_MODULES}/`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf-8");

const ADDON = "l10n_co_certificate_activation";
// The public pages of Odoo have no dark mode.
const isDark = Boolean(process.env.DARK);
const LANGUAGES = ["es_CO", "en_US"];
const SIZES = [
    [1280, 800],
    [390, 844],
];
const PHONE = {
    userAgent:
        "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36",
    hasTouch: true,
    isMobile: true,
};
// The pictures that README.md and the description of the add-on show, in English at 1280 pixels.
const DESCRIBED = {
    "six-steps-start": "six-steps",
    pay: "pay",
    "process-downloaded": "process",
    finish: "finish",
};
// What this add-on shows; around it is Odoo's.
const OURS = [".o_content", ".modal-content", "main"];
// Odoo's own lists, settings and fields have these findings wherever they are used.
const ODOOS = [
    ".o_list_table",
    ".o_field_many2one",
    "[class*=many2many_tags]",
    ".o_notebook_headers",
    ".o_clipboard_button",
    ".o_setting_box",
    ".o_select_menu",
    ".dropdown-toggle",
    ".o_field_widget.o_field_statusbar",
    ".o-mail-Chatter",
    ".o_payment_form",
    ".o_account_move_form_view .o_form_renderer",
    ".o_portal_sidebar",
    ".o_setting_container .settings_tab",
    ".o_control_panel",
    // The colours of web_dark_mode for what the pointer or the focus is on.
    ...(isDark ? [".btn-primary:is(:hover, :focus)"] : []),
];

// As WCAG 1.4.12 spaces text.
const SPACED = `* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
    p { margin-bottom: 2em !important; }`;

// Of Cumulative Layout Shift; more than this is not "good" for Web Vitals.
const MAX_SHIFT = 0.1;

const findings = [];
const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ],
});

/** Adds up, in the page, how far its content moves without anybody having touched it. */
function watchShifts() {
    window.layoutShift = 0;
    new PerformanceObserver((list) => {
        for (const { hadRecentInput, value } of list.getEntries()) {
            window.layoutShift += hadRecentInput ? 0 : value;
        }
    }).observe({ type: "layout-shift", buffered: true });
}

/** Somebody with a browser of their own. */
class Visitor {
    static all = [];

    static async login(login, isPhone = false) {
        const visitor = await Visitor.arrive(login, isPhone);
        await visitor.page.goto(`${address}/web/login`);
        await visitor.page.fill("input[name=login]", login);
        await visitor.page.fill("input[name=password]", login);
        await visitor.page.click("button[type=submit]");
        await visitor.wait(".o_main_navbar");
        const session = await visitor.ask("/web/session/get_session_info", {});
        visitor.uid = session.uid;
        if (isDark) {
            await visitor.darken();
        }
        return visitor;
    }

    /** @param {boolean} isPhone whether it is a telephone, with a camera */
    static async arrive(who = "visitor", isPhone = false) {
        const sizes = isPhone ? SIZES.slice(-1) : SIZES;
        const [width, height] = sizes[0];
        const context = await browser.newContext({
            viewport: { width, height },
            locale: "es-CO",
            colorScheme: isDark ? "dark" : "light",
            reducedMotion: "reduce",
            ...(isPhone && PHONE),
        });
        await context.addInitScript(watchShifts);
        return Visitor.openPage(who, context, sizes);
    }

    static async openPage(who, context, sizes = SIZES) {
        const visitor = new Visitor();
        Visitor.all.push(visitor);
        Object.assign(visitor, { who, context, sizes, page: await context.newPage() });
        visitor.page.on("pageerror", ({ message }) => {
            // Odoo shows a record as it remembers it, then reads it: a letter that was just removed is asked for once
            // more. A PDF that stays missing is found by its picture.
            if (message !== "MissingPDFException") {
                const path = visitor.page.url().replace(address, "");
                findings.push(`script error at ${path}: ${message}`);
            }
        });
        return visitor;
    }

    /** The same person with a second tab. */
    async openTab() {
        const tab = await Visitor.openPage(`${this.who}-tab`, this.context);
        tab.uid = this.uid;
        return tab;
    }

    async darken() {
        await this.call("res.users", "write", [[this.uid], { dark_mode: true }]);
        await this.page.reload();
        await this.wait(".o_main_navbar");
        if (!(await this.page.locator("link[href*=web_dark]").count())) {
            findings.push(`the screens of ${this.who} are not dark`);
        }
    }

    async ask(path, params) {
        const response = await this.page.request.post(address + path, {
            data: { jsonrpc: "2.0", method: "call", params },
        });
        const { result, error } = await response.json();
        if (error) {
            throw new Error(`${path} ${JSON.stringify(params)}: ${error.data.message}`);
        }
        return result;
    }

    call(model, method, args, kwargs = {}) {
        return this.ask("/web/dataset/call_kw", { model, method, args, kwargs });
    }

    async speak(language) {
        if (this.uid) {
            await this.call("res.users", "write", [[this.uid], { lang: language }]);
        }
        await this.context.addCookies([{ name: "frontend_lang", value: language, url: address }]);
    }

    async open(path, ready) {
        await this.page.goto(path.startsWith("http") ? path : address + path);
        await this.wait(ready);
    }

    /** Switches on these companies, the first as the current one. */
    async choose(companies) {
        await this.context.addCookies([{ name: "cids", value: companies.join("-"), url: address }]);
    }

    async click(selector) {
        await this.page.locator(selector).filter({ visible: true }).first().click();
    }

    /** Types into a field and leaves it. */
    async type(name, text) {
        await this.page.fill(field(name), text);
        await this.page.press(field(name), "Tab");
    }

    async wait(selector) {
        await this.page.waitForSelector(selector, { timeout: 60000 });
    }

    /** Reloads the page; the language of a public page may be in its address, too. */
    async reload(ready) {
        const path = this.page.url().replace(/\/es(_\w+)?\//, "/");
        if (path === this.page.url()) {
            await this.page.reload();
        } else {
            await this.page.goto(path);
        }
        await this.wait(ready);
    }

    /** Captures the page where it is, in each language and size, reloading it for each language. */
    async look(name, ready) {
        for (const language of LANGUAGES) {
            await this.speak(language);
            await this.reload(ready);
            const picture = `${name}-${language.slice(0, 2)}`;
            await this.see(picture);
            await this.findJumps(picture);
        }
        await this.speak(LANGUAGES[0]);
        await this.reload(ready);
    }

    /** Captures, in each language and size, what somebody opens on the page, such as a dialog; leaves it open. */
    async lookAt(name, ready, open) {
        // The last one is the language in which the walk goes on.
        for (const language of LANGUAGES.toReversed()) {
            await this.speak(language);
            await this.reload(ready);
            await open();
            await this.see(`${name}-${language.slice(0, 2)}`);
        }
    }

    /** Waits for the PDF that the page shows: it is fetched anew when the window changes its size. */
    async waitForPdf(name) {
        const isDrawn = () =>
            [...document.querySelectorAll("iframe[src*=pdfjs]")].every(
                (viewer) =>
                    !viewer.offsetParent ||
                    viewer.contentDocument?.querySelector(".page[data-loaded=true]")
            );
        await this.page
            .waitForFunction(isDrawn, null, { timeout: 30000 })
            .catch(() => findings.push(`${name}: its PDF is not shown`));
    }

    /** Looks at the page as it is, such as at a dialog; one of Odoo's own is not examined. */
    async see(name, isOurs = true) {
        const address = this.page.url();
        for (const [width, height] of this.sizes) {
            await this.page.setViewportSize({ width, height });
            await this.chooseCards(width);
            await this.page.waitForTimeout(700);
            await this.waitForPdf(name);
            const size = await this.page.evaluate(() => {
                const content = document.querySelector(".o_content") || document.documentElement;
                return {
                    hidden: content.scrollHeight - content.clientHeight,
                    wide: document.documentElement.scrollWidth,
                };
            });
            if (size.wide > width) {
                findings.push(`${name} at ${width}: ${size.wide} pixels wide`);
            }
            if (width === this.sizes[0][0]) {
                const tree = await this.page.locator("body").ariaSnapshot();
                writeFileSync(`${folder}/${name}.yaml`, tree);
            }
            if (isOurs) {
                await this.examine(`${name} at ${width}`);
                await this.findCuts(`${name} at ${width}`);
            }
            // Odoo scrolls inside its window: a higher one shows all.
            await this.page.setViewportSize({
                width,
                height: height + Math.min(size.hidden, 3000),
            });
            await this.page.waitForTimeout(200);
            await this.page.screenshot({
                path: `${folder}/${name}-${width}.png`,
                animations: "disabled",
            });
            const described = DESCRIBED[name.slice(0, -3)];
            if (description && described && name.endsWith("-en") && width === 1280) {
                await this.page.screenshot({
                    path: `${description}/${described}.png`,
                    animations: "disabled",
                });
            }
        }
        if (isOurs) {
            await this.findOverflow(name);
        }
        const [width, height] = this.sizes[0];
        await this.page.setViewportSize({ width, height });
        if (this.page.url() !== address) {
            await this.page.goto(address); // from the cards back to the list
            await this.wait(".o_view_controller");
        }
        await this.waitForPdf(name);
        console.log(name);
    }

    /** Finds what leaves the page when it is enlarged four times and its text spaced (WCAG 1.4.10, 1.4.12). */
    async findOverflow(name) {
        await this.page.setViewportSize({ width: 320, height: 640 });
        const style = await this.page.addStyleTag({ content: SPACED });
        await this.page.waitForTimeout(300);
        const found = await this.page.evaluate((ours) => {
            // Tables and pictures of pages may be scrolled.
            const isScrolled = (el) =>
                el.closest(".o_list_renderer, .overflow-auto, iframe, .o_statusbar_status");
            const wide = [...document.querySelectorAll(ours.map((one) => `${one} *`).join())].find(
                (el) =>
                    el.checkVisibility() &&
                    !isScrolled(el) &&
                    !el.closest(".visually-hidden") &&
                    el.getBoundingClientRect().right > window.innerWidth + 2
            );
            return wide?.outerHTML.slice(0, 160);
        }, OURS);
        if (found) {
            findings.push(`${name} at 320, spaced: leaves the page: ${found}`);
        }
        await style.evaluate((el) => el.remove());
    }

    /** Opens a list again on a phone, where Odoo shows its cards; it chooses when a page is opened. */
    async chooseCards(width) {
        const list = ".o_action_manager > .o_list_view";
        if (width < 768 && (await this.page.locator(list).count())) {
            await this.page.reload();
            await this.wait(".o_action_manager > .o_view_controller");
        }
    }

    /** Looks at a page that was opened on a phone, where Odoo shows cards instead of a list. */
    async lookOnPhone(name, path, ready) {
        const [width, height] = SIZES.at(-1);
        await this.page.setViewportSize({ width, height });
        await this.open(path, ready);
        await this.page.waitForTimeout(700);
        await this.examine(name);
        await this.page.screenshot({ path: `${folder}/${name}.png`, animations: "disabled" });
        await this.page.setViewportSize({ width: 1280, height: 800 });
        console.log(name);
    }

    /** Finds words of lists and badges that end in dots. */
    async findCuts(name) {
        const cuts = await this.page.evaluate(() =>
            [...document.querySelectorAll("th *, td.o_data_cell, .badge")]
                .filter(
                    (element) =>
                        element.offsetParent &&
                        element.scrollWidth > element.clientWidth + 1 &&
                        getComputedStyle(element).textOverflow === "ellipsis"
                )
                .map((element) => element.innerText.trim())
        );
        for (const cut of new Set(cuts.filter(Boolean))) {
            findings.push(`${name}: cut: ${cut}`);
        }
    }

    /** Finds what moved while the page was loading; a change of the window's size is no such thing. */
    async findJumps(name) {
        const shift = await this.page.evaluate(() => window.layoutShift);
        if (shift > MAX_SHIFT) {
            findings.push(`${name}: its content jumps while it loads (${shift.toFixed(2)})`);
        }
    }

    async examine(name) {
        await this.page.evaluate(axe);
        const { violations } = await this.page.evaluate(
            ([ours, odoos]) => {
                const present = (selectors) =>
                    selectors
                        .filter((selector) => document.querySelector(selector))
                        .map((selector) => [selector]);
                return window.axe.run(
                    { include: present(ours), exclude: present(odoos) },
                    { resultTypes: ["violations"], rules: { "target-size": { enabled: true } } }
                );
            },
            [OURS, ODOOS]
        );
        for (const { id, impact, nodes } of violations) {
            if (["serious", "critical"].includes(impact)) {
                for (const node of nodes) {
                    findings.push(`${name}: ${id} (${impact}): ${node.html.slice(0, 160)}`);
                }
            }
        }
    }
}

const field = (name) => `div[name=${name}] input`;
const WIZARD = "/odoo/electronic-process/activate-certificate";
const REPRESENTATIVE = {
    name: "María Fernanda",
    surname: "Pérez Gómez",
    vat: "52123456",
    issue_city: "Bogotá",
    email: "maria@example.com",
    phone: "300 123 4567",
};

/** Buys with the provider of the demonstration. */
async function buy(visitor, state, button = "action_pay") {
    await visitor.click(`button[name=${button}]`);
    await visitor.wait("select#simulated_payment_state");
    await visitor.page.selectOption("select#simulated_payment_state", state);
    await visitor.click("button[name=o_payment_submit_button]");
}

async function walkLoan(ana, mario) {
    const STEPS = ".o_certificate_process_page";
    await ana.open("/odoo/electronic-process", STEPS);
    await ana.look("six-steps-start", STEPS);
    await mario.open("/odoo/electronic-process", STEPS);
    await mario.click("li[data-step] button.btn-secondary");
    await mario.wait(".o_form_view");
    await mario.look("profile", ".o_form_view");
    await ana.open(WIZARD, "button[name=action_pay]");
    await ana.look("pay", "button[name=action_pay]");
    await ana.click("button[name=action_verify_payment]");
    await ana.wait("div[name=findings] li");
    await ana.look("pay-verified", "div[name=findings] li");
    await ana.click("button[name=action_pay]");
    await ana.wait("select#simulated_payment_state");
    await ana.look("payment-page", "select#simulated_payment_state");
    await ana.open(WIZARD, "button[name=action_pay]");
    await buy(ana, "error");
    await ana.wait("div[name=payment].alert-danger");
    await ana.look("pay-failed", "div[name=payment].alert-danger");
    await buy(ana, "pending");
    await ana.wait("div[name=o_payment_status_alert]");
    await ana.open(WIZARD, "div[name=payment].alert-info");
    await ana.look("pay-pending", "div[name=payment].alert-info");
    await mario.open(WIZARD, "div[name=payment].alert-info");
    await mario.click("div[name=pay] .o_certificate_buttons button.btn-secondary:last-child");
    await mario.wait(".modal .o_form_view");
    await mario.see("discard-dialog-es");
    await mario.page.fill(
        ".modal textarea, .modal div[name=reason] input",
        "El cliente pagó por transferencia."
    );
    await mario.click(".modal footer .btn-primary");
    await mario.page.waitForSelector(".modal", { state: "detached" });
    await ana.open(WIZARD, "button[name=action_pay]");
    await buy(ana, "done");
    await ana.wait("div[name=payment].alert-success");
    await ana.look("pay-paid", "div[name=payment].alert-success");
    await ana.click("button[name=action_continue]");
    await ana.wait("button[name=action_download_letter]");
    await ana.look("process", "button[name=action_download_letter]");
    await ana.click("button[name=action_download_letter]");
    await ana.wait(".o_certificate_message");
    await ana.look("process-errors", ".o_certificate_message");
    for (const [name, value] of Object.entries(REPRESENTATIVE)) {
        await ana.page.fill(field(`representative_${name}`), value);
    }
    const download = ana.page.waitForEvent("download");
    await ana.click("button[name=action_download_letter]");
    const letter = `${files}/letter.pdf`;
    await (await download).saveAs(letter);
    const SUMMARY = "div[name=representative_summary]";
    const WARNING = "div[name=representative_warning]";
    const ZONE = ".o_certificate_zone";
    await ana.look("process-downloaded", SUMMARY);
    await ana.lookAt("process-changing", ZONE, async () => {
        // Another visit: on the same one the fields stay open.
        await ana.open(WIZARD, SUMMARY);
        await ana.click("button[name=action_change_representative]");
        await ana.wait(WARNING);
    });
    // Nothing was changed: the letter is the same.
    const again = ana.page.waitForEvent("download");
    await ana.click("button[name=action_download_letter]");
    await again;
    await ana.wait(SUMMARY);
    await ana.page.setInputFiles(".o_certificate_zone input[type=file]", letter);
    await ana.wait(".o_certificate_refusal");
    await ana.see("process-refused-es");
    await ana.page.setInputFiles(".o_certificate_zone input[type=file]", `${files}/scan.pdf`);
    await ana.wait(".o_certificate_card");
    await ana.look("process-attached", ".o_certificate_card");
    await ana.click("button[name=action_finish]");
    await ana.wait("div[name=finish] h1");
    await ana.look("finish", "div[name=finish] h1");
    await ana.open("/odoo/electronic-process", STEPS);
    await ana.look("six-steps-midway", STEPS);
    await ana.open(WIZARD, "div[name=finish] button[name=action_open_next]");
    await ana.click("div[name=finish] button[name=action_open_next]");
    await ana.wait(field("test_set_identifier"));
    await ana.look("test-set", ".o_form_view");
    await ana.open("/odoo/billing-resolutions", ".o_list_view");
    await ana.look("resolutions", ".o_list_view");
    await ana.open("/odoo/billing-resolutions/new", ".o_form_view");
    await ana.look("resolution-new", ".o_form_view");
}

/** The rest of the six steps, to the first invoice. */
async function walkSteps(ana) {
    const PAGE = ".o_certificate_process_page";
    const CONFIRM = ".modal footer button[name=action_confirm]";
    const NOT_YET = ".modal footer .btn-primary:disabled";
    const NIT = `.modal ${field("typed_nit")}`;
    const openStep = async (step) => {
        await ana.open("/odoo/electronic-process", PAGE);
        await ana.click(`li${step} button.btn`);
    };
    const openNext = () => openStep("[aria-current=step]");
    const goOn = () => ana.click("button[name=action_open_next]");
    await openNext();
    await ana.wait(field("test_set_identifier"));
    await ana.type("test_set_identifier", "a1b2");
    await ana.wait(".o_certificate_message");
    await ana.see("test-set-error-es");
    await ana.type("test_set_identifier", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
    await ana.click("button[name=action_open_overview]");
    await ana.wait(PAGE);
    await openNext();
    await ana.click("div[name=test_set_result] input[data-value=accepted]");
    await ana.type("test_set_accepted_on", "-1d");
    await ana.click("button[name=action_confirm_test_set]");
    await ana.wait(NIT);
    await ana.wait(NOT_YET);
    await ana.see("nit-dialog-es");
    await ana.click(".modal footer .btn-secondary");
    await ana.page.waitForSelector(".modal", { state: "detached" });
    await ana.lookAt("nit-dialog-wrong", "button[name=action_confirm_test_set]", async () => {
        await ana.click("button[name=action_confirm_test_set]");
        await ana.wait(NIT);
        await ana.page.fill(NIT, "900987321-2");
        await ana.page.press(NIT, "Tab");
        await ana.wait(".modal .o_certificate_message");
        await ana.wait(NOT_YET);
    });
    await ana.page.fill(NIT, "900987321-1");
    await ana.page.press(NIT, "Tab");
    await ana.wait(CONFIRM);
    await ana.see("nit-dialog-right-es");
    await ana.click(CONFIRM);
    // It leads on to the resolution.
    await ana.wait(field("number"));
    await ana.look("resolution-empty", field("number"));
    await openStep("[data-step=test_set]");
    await ana.wait("div[name=done]");
    await ana.look("test-set-done", "div[name=done]");
    await openNext();
    await ana.wait(field("number"));
    for (const [name, text] of [
        ["number", "18764000000001"],
        ["prefix", "SETP"],
        ["range_from", "1"],
        ["range_to", "5000"],
        ["date_start", "-2d"],
        ["date_end", "+1y"],
    ]) {
        await ana.type(name, text);
    }
    await ana.see("resolution-es");
    await goOn();
    // The only resolution and the only journal are chosen already.
    await ana.wait(field("sale_journal_id"));
    await ana.look("invoicing", field("sale_journal_id"));
    await goOn();
    await ana.wait(".modal div[name=is_understood]");
    await ana.wait(NOT_YET);
    await ana.see("start-dialog-es");
    await ana.click(".modal div[name=is_understood] input");
    await ana.click(CONFIRM);
    const DONE = ".o_certificate_all_done";
    await ana.wait(DONE);
    await ana.look("six-steps-congratulation", DONE);
    await ana.click("li[data-step=start] button");
    await ana.wait("div[name=started]");
    await ana.look("started", "div[name=started]");
    await ana.open("/odoo/electronic-process", DONE);
    await ana.click(`${DONE} .o_certificate_invoice`);
    await ana.wait(".o_form_view div[name=invoice_line_ids]");
    await ana.see("first-invoice-es", false);
}

/** A certificate that was bought elsewhere: the receipt, and what a manager makes of it. */
async function walkReceipt(raul, rita, admin) {
    const accept = (accepted) => setUpSeller(admin, { certificate_accept_receipts: accepted });
    await accept(true);
    const SEND = "button[name=action_submit_receipt]";
    await raul.open(WIZARD, SEND);
    await raul.click(SEND);
    await raul.wait(".o_certificate_message");
    await raul.see("receipt-errors-es");
    for (const [name, text] of [
        ["authority", "Andes SCD"],
        ["payment_date", "-3d"],
        ["amount", "119000"],
        ["reference", "FV-1234"],
    ]) {
        await raul.type(`receipt_${name}`, text);
    }
    await raul.page.setInputFiles(".o_certificate_zone input[type=file]", `${files}/scan.pdf`);
    await raul.wait(".o_certificate_card");
    await raul.look("receipt-attached", ".o_certificate_card");
    await raul.click(SEND);
    await raul.wait("p[name=four_eyes]");
    await raul.look("receipt-waiting", "p[name=four_eyes]");
    await openFirst(raul, "/odoo/certificate-receipts");
    await raul.look("receipt-of-ones-own", ".o_form_view");
    const APPROVE = "button[name=action_approve_receipt]";
    await rita.open(WIZARD, APPROVE);
    await rita.look("receipt-of-another", APPROVE);
    await openFirst(rita, "/odoo/certificate-receipts");
    await rita.look("receipt", "button[name=action_approve]");
    await rejectWith(rita, ".o_form_statusbar button", "receipt-reject-es");
    await raul.open(WIZARD, SEND);
    await raul.look("receipt-rejected", SEND);
    await accept(false);
}

/** What managers, custodians and administrators have. */
async function lookAround(mario, carla, admin) {
    const VIEW = ":is(.o_list_view, .o_kanban_view, .o_form_view)";
    const places = [
        [mario, "activations", "/odoo/certificate-activations"],
        [mario, "activation", `/odoo/certificate-activations/${await findActivation(mario)}`],
        [mario, "signatures-empty", "/odoo/certificate-signatures"],
        [mario, "receipts", "/odoo/certificate-receipts"],
        [carla, "board", "/odoo/certificate-board"],
        [carla, "sold", "/odoo/sold-certificates"],
        [carla, "requests-empty", "/odoo/certificate-requests"],
        [carla, "authorities", "/odoo/certificate-authorities"],
        [carla, "authority", "/odoo/certificate-authorities/1"],
        [admin, "settings", `/odoo/action-${ADDON}.res_config_settings_action`],
        [admin, "letter", "/odoo/exoneration-letter"],
    ];
    await mario.open("/odoo/electronic-process", ".o_certificate_history");
    await mario.click(".o_certificate_history");
    await mario.wait(".o_form_view");
    await mario.look("history", ".o_form_view");
    await carla.choose(await findCompanies(carla));
    for (const [visitor, name, path] of places) {
        await visitor.open(path, VIEW);
        await visitor.look(name, VIEW);
    }
    for (const [name, path] of [
        ["board-kanban", "/odoo/certificate-board"],
        ["activations-kanban", "/odoo/certificate-activations"],
    ]) {
        await carla.open(path, VIEW);
        await carla.click(".o_switch_view.o_kanban");
        await carla.wait(".o_kanban_view");
        await carla.look(name, ".o_kanban_view");
    }
    await carla.click(".o_searchview_dropdown_toggler");
    await carla.wait(".o_search_bar_menu");
    await carla.see("activations-search-es");
    await admin.choose(await findSeller(admin));
    await admin.open(`/odoo/action-${ADDON}.res_config_settings_action`, VIEW);
    await admin.look("settings-seller", VIEW);
}

/** Sets what the company sells and lends that the others borrow from. */
async function setUpSeller(admin, values) {
    await admin.call("res.company", "write", [await findSeller(admin), values]);
}

function findSeller(admin) {
    return admin.call("res.company", "search", [[["name", "ilike", "Firma"]]]);
}

/** Opens the first row of a list. */
async function openFirst(visitor, path) {
    await visitor.open(path, ".o_data_row");
    await visitor.click(".o_data_row .o_data_cell");
    await visitor.wait(".o_form_view");
}

/** A letter whose code cannot be read, where the lender signs only after review. */
async function walkLetters(lucia, carla, admin) {
    const LETTERS = "/odoo/certificate-letters";
    const EMPTY = ".o_view_nocontent";
    const ACCEPT = ".o_form_statusbar button.btn-primary";
    await setUpSeller(admin, { certificate_sign_after_review: true });
    await lucia.open(WIZARD, "div[name=letter_review]");
    await lucia.look("letter-waiting", "div[name=letter_review]");
    const [{ record_code: code }] = await lucia.call(
        "certificate.activation",
        "search_read",
        [[["state", "=", "active"]], ["record_code"]],
        { limit: 1 }
    );
    const visitor = await Visitor.arrive();
    await visitor.open(`/certificate/verify/${code}`, "main");
    await visitor.look("verify-blocked", "main");
    await carla.open(LETTERS, ".o_data_row");
    await carla.look("letters", ".o_data_row");
    await carla.lookOnPhone("letters-phone-es", LETTERS, ".o_kanban_record");
    await openFirst(carla, LETTERS);
    await carla.look("letter-review", ACCEPT);
    await rejectWith(carla, ".o_form_statusbar button", "letter-reject-es");
    await carla.look("letter-review-rejected", ".o_form_view");
    await lucia.open(WIZARD, "div[name=letter_rejected]");
    await lucia.look("letter-rejected", "div[name=letter_rejected]");
    await lucia.page.setInputFiles(".o_certificate_zone input[type=file]", `${files}/scan.pdf`);
    await lucia.wait(".o_certificate_refusal");
    await lucia.see("letter-same-es");
    await lucia.page.setInputFiles(".o_certificate_zone input[type=file]", `${files}/sharper.pdf`);
    await lucia.wait(".o_certificate_card");
    await lucia.click("button[name=action_finish]");
    await lucia.wait("div[name=letter_review]");
    await lucia.look("letter-handed-in", "div[name=letter_review]");
    // By the keyboard alone. Tab does not leave the search of any list of Odoo 19: the arrow does.
    const typist = new Typist(carla);
    await carla.open(LETTERS, ".o_data_row");
    await carla.wait(".o_searchview_input:focus");
    await typist.goTo(".o_data_row .o_list_record_selector input", "ArrowDown");
    await typist.press("ArrowRight");
    await typist.press("Enter");
    await carla.wait(ACCEPT);
    await carla.look("letter-review-again", ACCEPT);
    await typist.use(ACCEPT);
    await carla.page.waitForSelector(ACCEPT, { state: "detached" });
    await carla.look("letter-review-accepted", ".o_form_view");
    await carla.open(LETTERS, EMPTY);
    await carla.look("letters-empty", EMPTY);
    await lucia.open(WIZARD, "div[name=finish] h1");
    await lucia.look("letter-accepted", "div[name=finish] h1");
    await setUpSeller(admin, { certificate_sign_after_review: false });
}

/** The letter signed on the screen, as photos, and what is refused: in the browser and on the portal. */
async function walkFiles(paula, phone, carla) {
    const ZONE = ".o_certificate_zone";
    const CARD = ".o_certificate_card";
    const REFUSAL = ".o_certificate_refusal";
    const folderOf = (name) => `${files}/letter/${name}`;
    const list = (name) => readdirSync(folderOf(name)).map((file) => `${folderOf(name)}/${file}`);
    const attach = (visitor, paths) =>
        visitor.page.locator(`${ZONE} input[type=file]`).first().setInputFiles(paths);
    const detach = async (visitor) => {
        await visitor.click("button[name=action_delete_signed_letter]");
        await visitor.page.waitForSelector(CARD, { state: "detached" });
    };
    await phone.open(WIZARD, ZONE);
    await phone.look("phone-letter", ".o_certificate_camera");
    // Chosen in any order, and named in any way.
    await attach(phone, list("named").reverse());
    await phone.wait(".o_certificate_sources");
    await phone.see("phone-photos-es");
    await phone.click(".o_certificate_convert");
    await phone.wait(".o_certificate_use");
    await phone.wait(".o_certificate_pages canvas:nth-of-type(2)");
    await phone.see("phone-photos-pdf-es");
    await phone.click(".o_certificate_choose");
    await attach(
        phone,
        ["1", "2"].map((number) => folderOf(`alike/${number}/image.jpg`))
    );
    await phone.wait(".o_certificate_sources");
    await phone.see("phone-alike-es");
    await phone.click(".o_certificate_convert");
    await phone.click(".o_certificate_use");
    await phone.wait(CARD);
    await phone.look("phone-attached", CARD);
    await detach(phone);
    for (const path of [...list("screen"), folderOf("restricted.pdf")]) {
        await paula.open(WIZARD, ZONE);
        await attach(paula, path);
        await paula.wait(CARD);
        const name = path.split("/").at(-1).replace(".pdf", "");
        if (["ink", "restricted"].includes(name)) {
            await paula.look(`letter-${name}`, CARD);
        }
        await detach(paula);
    }
    await paula.open(WIZARD, ZONE);
    await attach(paula, [...list("named"), folderOf("page.tif")]);
    await paula.wait(".o_certificate_sources");
    await paula.see("letter-photos-es");
    // Each sentence is read aloud in both languages.
    const sentences = [];
    for (const language of LANGUAGES) {
        await paula.speak(language);
        for (const path of list("refused")) {
            const name = path.split("/").at(-1).split(".")[0];
            await paula.open(WIZARD, ZONE);
            await attach(paula, /\.\w+$/.test(path) ? path : list(`refused/${name}`));
            await paula.wait(`${REFUSAL}, ${CARD}`);
            if (await paula.page.locator(CARD).count()) {
                findings.push(`${name} is not refused`);
                await detach(paula);
                continue;
            }
            const sentence = await paula.page.locator(REFUSAL).first().innerText();
            sentences.push([language, name, sentence]);
            if (["missing_pages", "heic"].includes(name)) {
                await paula.see(`refused-${name}-${language.slice(0, 2)}`);
            }
        }
    }
    const lines = sentences.map((row) => row.join(" | "));
    writeFileSync(`${folder}/refused.txt`, `${lines.join("\n")}\n`);
    await paula.speak(LANGUAGES[0]);
    // The representative sends the letter from a telephone.
    const [{ id, company_id: company }] = await paula.call(
        "certificate.activation",
        "search_read",
        [[["state", "=", "process"]], ["company_id"]],
        { limit: 1 }
    );
    await openInvitation(carla, company[0], id);
    const contact = await Visitor.arrive("contact", true);
    await contact.open(await makeLink(carla), "#file");
    await contact.look("phone-portal", ".o_certificate_camera");
    await contact.page.setInputFiles("#file", folderOf("refused/heic.heic"));
    await contact.page.waitForFunction(() => document.querySelector("#file_error").innerText);
    await contact.see("phone-portal-heic-es");
    await contact.page.setInputFiles("#file", folderOf("refused/missing_pages.pdf"));
    await contact.wait("#file.is-invalid");
    await contact.see("phone-portal-missing-es");
    await contact.page.setInputFiles("#file", list("named").reverse());
    await contact.wait(".o_certificate_sources");
    await contact.see("phone-portal-photos-es");
    await contact.page.setInputFiles("#file", list("named").slice(0, 1));
    await contact.click(".o_certificate_convert");
    await contact.click(".o_certificate_use");
    await contact.wait("#file_error:not(:empty)");
    await contact.see("phone-portal-page-missing-es");
    await contact.page.setInputFiles("#file", list("named").reverse());
    await contact.click(".o_certificate_convert");
    await contact.click(".o_certificate_use");
    await contact.wait("button[name=finish]");
    await contact.look("phone-portal-attached", "button[name=finish]");
}

/** The administrator trusts the certificate of an authority. */
async function walkTrust(admin) {
    const TRUST = "/odoo/certificate-trust";
    const FILE = "div[name=file] input[type=file]";
    const SAVE = "button[special=save]";
    await admin.open(TRUST, ".o_data_row");
    await admin.look("trust", ".o_data_row");
    await openFirst(admin, TRUST);
    await admin.look("trust-pinned", ".o_form_view");
    await admin.open(`${TRUST}/new`, ".o_form_view");
    await admin.look("trust-new", ".o_form_view");
    await admin.page.setInputFiles(FILE, `${files}/own.cer`);
    await admin.wait(".modal");
    await admin.see("trust-refused-es");
    await admin.click(".modal .btn-primary");
    await admin.page.waitForSelector(".modal", { state: "detached" });
    // By the keyboard alone.
    const typist = new Typist(admin);
    const chooser = admin.page.waitForEvent("filechooser");
    await typist.use(".o_certificate_choose");
    await (await chooser).setFiles(`${files}/root.cer`);
    await admin.wait(SAVE);
    await admin.see("trust-chosen-es");
    await typist.use(SAVE);
    await admin.page.waitForSelector(SAVE, { state: "detached" });
    await admin.look("trust-added", "div[name=sha256]");
    await admin.open(TRUST, ".o_data_row");
    await admin.look("trust-list", ".o_data_row");
    await admin.lookOnPhone("trust-phone-es", TRUST, ".o_kanban_record");
}

/** The history of an activation and of a company, and what is said when it was altered. */
async function walkHistory(mario, lucia) {
    const HISTORY = "/odoo/certificate-history";
    const CHECK = "button[name=action_check]";
    const id = await findActivation(mario);
    await mario.open(`/odoo/certificate-activations/${id}`, ".oe_stat_button");
    await mario.click(".oe_stat_button .fa-history");
    await mario.wait(".o_list_view");
    await mario.see("log-of-activation-es");
    await mario.open(HISTORY, ".o_list_view");
    await mario.look("log", ".o_list_view");
    await lucia.lookOnPhone("log-phone-es", HISTORY, ".o_kanban_record");
    await openFirst(mario, HISTORY);
    await mario.look("log-entry", ".o_form_view");
    for (const [visitor, name] of [
        [mario, "log-checked-es"],
        [lucia, "log-altered-es"],
    ]) {
        await visitor.open(HISTORY, CHECK);
        await visitor.click(CHECK);
        await visitor.wait(".o_notification");
        await visitor.see(name);
    }
}

/** Keys before and after they are sealed, and in a database that may be a copy. */
async function walkCustody(carla, admin) {
    const CUSTODY = "/odoo/certificate-custody";
    const SEAL = "button[name=action_seal]";
    const CONFIRM = "button[name=action_confirm_place]";
    const UUID = "database.uuid";
    await carla.open(CUSTODY, SEAL);
    await carla.look("custody", SEAL);
    await carla.click(SEAL);
    await carla.wait(".modal");
    await carla.see("custody-dialog-es");
    await carla.click(".modal .btn-primary");
    await carla.wait("[data-state=sealed]");
    await carla.look("custody-sealed", "[data-state=sealed]");
    const uuid = await admin.call("ir.config_parameter", "get_param", [UUID]);
    await admin.call("ir.config_parameter", "set_param", [UUID, `${uuid}-copy`]);
    await carla.open(CUSTODY, CONFIRM);
    await carla.look("custody-copy", CONFIRM);
    await carla.click(CONFIRM);
    await carla.wait(".modal");
    await carla.see("custody-copy-dialog-es");
    await carla.click(".modal .btn-primary");
    await carla.page.waitForSelector(CONFIRM, { state: "detached" });
}

/** What the company of the story has that invoices: its six steps, its evidence, the lock of its NIT. */
async function walkStory(teresa, tomas, admin) {
    const PAGE = ".o_certificate_process_page";
    await teresa.open("/odoo/electronic-process", PAGE);
    await teresa.look("six-steps-done", PAGE);
    await teresa.open(WIZARD, ".o_certificate_stepper");
    await teresa.look("finish-renewal", ".o_certificate_stepper");
    const [{ id, record_code: code, company_id: company }] = await teresa.call(
        "certificate.activation",
        "search_read",
        [[["state", "=", "active"]], ["record_code", "company_id"]],
        { limit: 1 }
    );
    await teresa.open(`/odoo/certificate-activations/${id}`, ".o-mail-Chatter");
    await teresa.look("activation-history", ".o-mail-Chatter");
    await teresa.open("/odoo/certificate-signatures", ".o_list_view");
    await teresa.look("signatures", ".o_list_view");
    await teresa.click(".o_data_row .o_data_cell");
    await teresa.wait(".o_form_view");
    await teresa.look("signature", ".o_form_view");
    const visitor = await Visitor.arrive();
    await visitor.open(`/certificate/verify/${code}`, "main");
    await visitor.look("verify-record", "main");
    await visitor.open("/certificate/verify/AAAA-BBBB-CCCC-DDDD", "main");
    await visitor.look("verify-unknown", "main");
    const record = encodeURIComponent(`/report/pdf/${ADDON}.activation_record/${id}`);
    await teresa.page.goto(`${address}/web/static/lib/pdfjs/web/viewer.html?file=${record}`);
    await teresa.wait(".page[data-page-number='2']");
    await teresa.page.waitForTimeout(2500);
    await teresa.page.screenshot({ path: `${folder}/record-letter.png` });
    await teresa.page.evaluate(() => {
        window.PDFViewerApplication.page = 2;
    });
    await teresa.page.waitForTimeout(2500);
    await teresa.page.screenshot({ path: `${folder}/record.png` });
    await tomas.open(WIZARD, "button[name=action_download_letter]");
    await tomas.look("process-continued", "button[name=action_download_letter]");
    await admin.choose([company[0]]);
    await admin.open("/odoo/electronic-process", ".o_certificate_history");
    await admin.click(".o_certificate_history");
    await admin.wait("button[name=action_reset]");
    await admin.look("history-locked", "button[name=action_reset]");
    await admin.click("button[name=action_reset]");
    await admin.wait(".modal .o_form_view");
    await admin.see("unlock-dialog-es");
}

/** What ends an activation asks for a reason: one is looked at, the other goes to its end. */
async function walkEnds(teresa, carla) {
    const BUTTON = ".o_form_statusbar .o_statusbar_buttons button";
    const REASON = ".modal div[name=reason] input, .modal textarea";
    const ask = async (visitor, ...words) => {
        const names = words.map((word) => `:has-text("${word}")`).join(", ");
        await visitor.click(`${BUTTON}:is(${names})`);
        await visitor.wait(".modal footer .btn-danger");
    };
    const signing = await findActivation(teresa, [["state", "=", "active"]]);
    await teresa.open(`/odoo/certificate-activations/${signing}`, BUTTON);
    await teresa.lookAt("revoke-dialog", BUTTON, () => ask(teresa, "Revocar", "Revoke"));
    await teresa.click(".modal footer .btn-danger");
    await teresa.wait(".modal .o_field_invalid");
    await teresa.see("revoke-dialog-empty-es");
    await teresa.click(".modal footer .btn-secondary");
    await teresa.page.waitForSelector(".modal", { state: "detached" });
    await carla.choose(await findCompanies(carla));
    const [begun] = await carla.call(
        "certificate.activation",
        "search_read",
        [
            [
                ["state", "=", "process"],
                ["company_id.name", "ilike", "Panader"],
            ],
            ["company_id"],
        ],
        { limit: 1 }
    );
    await carla.choose([begun.company_id[0]]);
    await carla.open(`/odoo/certificate-activations/${begun.id}`, BUTTON);
    await carla.lookAt("cancel-dialog", BUTTON, () => ask(carla, "Cancelar", "Cancel"));
    await carla.page.fill(REASON, "La empresa cambió de representante.");
    await carla.click(".modal footer .btn-danger");
    await carla.page.waitForSelector(".modal", { state: "detached" });
    await carla.look("activation-cancelled", ".o_form_view");
}

/** All companies of somebody, the current one first. */
async function findCompanies(visitor) {
    const { user_companies: companies } = await visitor.ask("/web/session/get_session_info", {});
    const all = Object.keys(companies.allowed_companies).map(Number);
    return [
        companies.current_company,
        ...all.filter((company) => company !== companies.current_company),
    ];
}

async function findActivation(visitor, domain = []) {
    return (await visitor.call("certificate.activation", "search", [domain], { limit: 1 }))[0];
}

async function walkOwn(flor) {
    await flor.open(WIZARD, "button[name=action_start_own]");
    await flor.click("button[name=action_start_own]");
    const FORM = ".o_certificate_own_form";
    await flor.wait(FORM);
    await flor.look("own", FORM);
    await flor.click(".o_certificate_load");
    await flor.wait(`${FORM} .o_certificate_message`);
    await flor.see("own-errors-es");
    await flor.page.setInputFiles(`${FORM} input[type=file] >> nth=0`, `${files}/own.p12`);
    await flor.page.fill(".o_certificate_password", readFileSync(`${files}/password`, "utf-8"));
    await flor.click(".o_certificate_load");
    await flor.wait("button[name=action_finish]");
    await flor.look("own-loaded", "button[name=action_finish]");
    await flor.click("button[name=action_abandon_own]");
    await flor.wait("button[name=action_pay]");
}

async function walkRequest(flor, carla) {
    await flor.open("/odoo/electronic-process", "li[data-step=certificate] button");
    await flor.click("li[data-step=certificate] button");
    await flor.wait("button[name=action_start_request]");
    await flor.click("button[name=action_start_request]");
    await flor.wait(".o_field_certificate_offer");
    await flor.look("request-pay", "button[name=action_pay]");
    await buy(flor, "done");
    await flor.wait("button[name=action_continue]");
    await flor.click("button[name=action_continue]");
    await flor.wait("button[name=action_review_request]");
    await flor.look("request-process", "button[name=action_review_request]");
    await flor.click("button[name=action_review_request]");
    await flor.wait(".o_certificate_message");
    await flor.click(field("request_authority_id"));
    await flor.click(".o_select_menu_item");
    await flor.wait(".o_certificate_document");
    const documents = flor.page.locator(".o_certificate_document");
    await flor.page.waitForTimeout(1500);
    const count = await documents.count();
    for (let index = 0; index < count; index++) {
        const document = documents.nth(index);
        await document.locator("input[type=file]").first().setInputFiles(`${files}/scan.pdf`);
        await document.locator(".o_certificate_card").waitFor({ timeout: 30000 });
        const issued = document.locator(".o_certificate_issue_date");
        if (await issued.count()) {
            await issued.fill(new Date(Date.now() - 3 * 86400000).toISOString().slice(0, 10));
            await issued.blur();
            await flor.page.waitForTimeout(800);
        }
    }
    await flor.look("request-documents", ".o_certificate_card");
    for (const [name, value] of Object.entries(REPRESENTATIVE)) {
        await flor.page.fill(field(`representative_${name}`), value);
    }
    await flor.click("button[name=action_review_request]");
    await flor.wait("button[name=action_send_request]");
    await flor.look("request-review", "button[name=action_send_request]");
    await flor.click("button[name=action_send_request]");
    await flor.wait(".modal");
    await flor.see("request-send-dialog-es");
    await flor.click(".modal .btn-primary");
    const TRACK = "[data-step=track][aria-current]";
    await flor.wait(TRACK);
    await flor.look("request-tracked", TRACK);
    const [id] = await flor.call("certificate.request", "search", [[]], { limit: 1 });
    await carla.open("/odoo/certificate-requests", ".o_list_view");
    await carla.look("requests", ".o_list_view");
    await carla.open(`/odoo/certificate-requests/${id}`, ".o_form_view");
    await carla.look("request-form", ".o_form_view");
    await rejectWith(carla, ".o_kanban_record footer button", "request-reject-document-es");
    await rejectWith(carla, ".o_form_statusbar button", "request-reject-es");
    await carla.look("request-form-rejected", ".o_form_view");
    await flor.open("/odoo/electronic-process", "li[data-step=certificate] button");
    await flor.click("li[data-step=certificate] button");
    await flor.wait("div[name=request].alert-danger");
    await flor.look("request-rejected", "div[name=request].alert-danger");
}

/** Rejects by a button and its dialog for a reason. */
async function rejectWith(visitor, buttons, name) {
    await visitor.click(`${buttons}:has-text("Rechazar")`);
    await visitor.wait(".modal .o_form_view");
    await visitor.see(name);
    await visitor.page.fill(
        ".modal textarea, .modal div[name=reason] input",
        "El documento no se lee: escanéalo de nuevo."
    );
    await visitor.click(".modal footer .btn-primary");
    await visitor.page.waitForSelector(".modal", { state: "detached" });
}

/** Opens the dialog that invites a contact to an activation of a company. */
async function openInvitation(visitor, company, id) {
    await visitor.open(`/odoo/certificate-activations/${id}?cids=${company}`, ".o_form_view");
    await visitor.click(".o_form_view button:has-text('portal')");
    await visitor.wait(".modal .o_form_view");
}

/** Makes a link in that dialog, and returns it. */
async function makeLink(visitor) {
    await visitor.click(".modal button[name=action_make_link]");
    await visitor.wait(".modal div[name=link]");
    const link = visitor.page.locator(".modal div[name=link]");
    return (await link.innerText()).trim() || link.locator("input").inputValue();
}

/** The contact of a company without a user, before and after others have walked for that company. */
async function walkPortal(carla, ana, flor) {
    const STEPPER = ".o_certificate_stepper";
    const flowers = (await carla.call("res.company", "search", [[["name", "ilike", "Flores"]]]))[0];
    const begun = [
        ["company_id", "=", flowers],
        ["route", "=", "loan"],
        ["state", "=", "pay"],
    ];
    if (!(await findActivation(carla, begun))) {
        await flor.open(WIZARD, "button[name=action_pay]");
    }
    const id = await findActivation(carla, begun);
    await openInvitation(carla, flowers, id);
    await carla.see("invite-es");
    const contact = await Visitor.arrive("contact");
    const link = await makeLink(carla);
    await carla.see("invite-link-es");
    await contact.open(link, STEPPER);
    await contact.look("portal-pay", "button[name=buy]");
    await buy(contact, "done", "buy");
    await contact.wait("button[name=continue]");
    await contact.look("portal-paid", "button[name=continue]");
    await contact.click("button[name=continue]");
    await contact.wait("#representative_name");
    await contact.look("portal-process", "#representative_name");
    // Of a company that has asked for a certificate the representative is known.
    for (const name of Object.keys(REPRESENTATIVE)) {
        await contact.page.fill(`#representative_${name}`, "");
    }
    await contact.click("button[name=download]");
    await contact.wait("[aria-invalid=true]");
    await contact.see("portal-errors-es");
    for (const [name, value] of Object.entries({ ...REPRESENTATIVE, position: "Gerente" })) {
        await contact.page.fill(`#representative_${name}`, value);
    }
    const download = contact.page.waitForEvent("download");
    await contact.click("button[name=download]");
    await download;
    const SUMMARY = "div[name=representative_summary]";
    await contact.wait(SUMMARY);
    await contact.see("portal-downloaded-es");
    await contact.lookAt("portal-changing", SUMMARY, async () => {
        await contact.click("details:not(.o_certificate_letter_text) summary");
        await contact.wait("#representative_name");
    });
    await contact.page.setInputFiles("#file", `${files}/scan.pdf`);
    await contact.wait("button[name=finish]");
    await contact.look("portal-attached", "button[name=finish]");
    await contact.click("button[name=finish]");
    await contact.page.waitForSelector("button[name=finish]", { state: "detached" });
    await contact.look("portal-finish", STEPPER);
    // Whoever is not the contact.
    await ana.open(`/my/certificate/${id}`, "div[name=closed]");
    await ana.look("portal-wrong-person", "div[name=closed]");
    await ana.open("/my/certificate", "main");
    await ana.look("portal-my-empty", "main");
    const visitor = await Visitor.arrive();
    await visitor.open(`/my/certificate/${id}/open#wrong`, "div[name=closed]");
    await visitor.see("portal-wrong-link-es");
}

/** The legal representative, by the link in a mail, from the letter to what came back. */
async function walkSigner() {
    const signer = await Visitor.arrive("signer");
    const link = readFileSync(`${files}/sign`, "utf-8");
    await signer.open(link, "a[name=letter]");
    await signer.look("signer", "a[name=letter]");
    await signer.page.setInputFiles("#file", `${files}/scan.pdf`);
    await signer.wait(".o_certificate_card");
    await signer.look("signer-returned", ".o_certificate_card");
    const other = await Visitor.arrive("other");
    await other.open(link.replace(/\/open#.*/, ""), "div[name=closed]");
    await other.look("signer-closed", "div[name=closed]");
}

/** The mails that were written while the companies of the demonstration began, each in its reader's language. */
async function walkMails() {
    const reader = await Visitor.arrive("reader");
    for (const name of readdirSync(`${files}/mails`)) {
        await reader.page.setContent(readFileSync(`${files}/mails/${name}`, "utf-8"));
        await reader.see(`mail-${name.replace(".html", "")}`);
    }
}

/** The seller, who opens the three steps, and what it finds instead. */
async function walkLender(carla) {
    await carla.choose(await findSeller(carla));
    await carla.open(WIZARD, "li[data-step=certificate]");
    await carla.look("lender-page", "li[data-step=certificate]");
    await carla.open("/odoo/certificate-sale", "li[data-step=seller]");
    await carla.look("sale-setup", "li[data-step=seller]");
}

/** Somebody who has no mouse: goes to a control by Tab, and fails where that does not get there. */
class Typist {
    constructor(visitor) {
        this.page = visitor.page;
        this.visitor = visitor;
    }

    press(key) {
        return this.page.keyboard.press(key);
    }

    /** Presses a key until the focus is on what the selector names, which must be seen there. */
    async goTo(selector, key = "Tab", limit = 150) {
        for (let count = 0; count < limit; count++) {
            if (await this.isAt(selector)) {
                return this.lookAtFocus(selector);
            }
            await this.press(key);
        }
        throw new Error(`${selector} is not reached by ${key}`);
    }

    isAt(selector) {
        return this.page.evaluate((s) => Boolean(document.activeElement?.matches(s)), selector);
    }

    /** Finds a control that is covered, or looks with the focus as it does without. */
    async lookAtFocus(selector) {
        const isCovered = await this.page.evaluate(() => {
            const element = document.activeElement;
            const { x, y, width, height } = element.getBoundingClientRect();
            const top = document.elementFromPoint(x + width / 2, y + height / 2);
            return !top?.contains(element) && !element.contains(top);
        });
        if (isCovered) {
            findings.push(`keyboard: ${selector} is covered while it has the focus`);
        }
        const isSeen = await this.page.evaluate(async () => {
            const element = document.activeElement;
            // A field's line is drawn by what is around it.
            const parts = [element, element.parentElement, element.closest(".o_field_widget")];
            const read = () =>
                JSON.stringify(
                    parts.filter(Boolean).map((part) => {
                        const style = getComputedStyle(part);
                        return [
                            style.outline,
                            style.boxShadow,
                            style.borderColor,
                            style.backgroundColor,
                            style.backgroundImage,
                            style.textDecorationLine,
                        ];
                    })
                );
            const settle = () => new Promise((resolve) => setTimeout(resolve, 250));
            await settle();
            const focused = read();
            element.blur();
            let isSeen = false;
            // A busy machine takes its time to paint.
            for (let count = 0; count < 8 && !isSeen; count++) {
                await settle();
                isSeen = read() !== focused;
            }
            element.focus();
            return isSeen;
        });
        if (!isSeen) {
            findings.push(`keyboard: the focus on ${selector} is not seen`);
        }
    }

    /** Goes to a button and presses it. */
    async use(selector, key = "Enter") {
        await this.goTo(selector);
        await this.press(key);
    }

    /** Waits for what a step shows, and finds a focus that was lost on the way. */
    async arrive(step, selector) {
        await this.visitor.wait(selector);
        await this.page.waitForTimeout(1200);
        if (await this.isAt("body")) {
            findings.push(`keyboard: the focus is lost at ${step}`);
        }
    }
}

async function walkByKeyboard(nadia) {
    const typist = new Typist(nadia);
    const BUY = "button[name=action_pay]";
    await nadia.open("/odoo", ".o_main_navbar");
    await nadia.page.waitForTimeout(1500);
    await typist.use(".o_navbar_apps_menu button");
    await nadia.wait(".o-dropdown--menu .o_app");
    await typist.goTo(`.o_app[data-menu-xmlid="${ADDON}.menu_electronic_documents"]`, "ArrowDown");
    await typist.press("Enter");
    await nadia.wait(".o_certificate_process_page");
    await typist.use("li[data-step=certificate] button");
    await typist.arrive("Pay", BUY);
    await typist.use(BUY);
    await nadia.wait("select#simulated_payment_state");
    await nadia.page.waitForTimeout(1000);
    await typist.use("button[name=o_payment_submit_button]");
    await nadia.wait("div[name=payment].alert-success");
    await nadia.page.waitForTimeout(1000);
    await typist.use("button[name=action_continue]");
    const DOWNLOAD = "button[name=action_download_letter]";
    await typist.arrive("Process", DOWNLOAD);
    await typist.use(DOWNLOAD);
    await typist.arrive("the errors of the form", ".o_certificate_message");
    if (!(await typist.isAt("[aria-invalid=true]"))) {
        findings.push("keyboard: the focus is not on the first field that must change");
    }
    for (const [name, value] of Object.entries(REPRESENTATIVE)) {
        await typist.goTo(field(`representative_${name}`));
        await nadia.page.keyboard.type(value);
    }
    const download = nadia.page.waitForEvent("download");
    await typist.use(DOWNLOAD, "Space");
    await download;
    await typist.arrive("the downloaded letter", "div[name=representative_summary]");
    // The fields open with the focus in the first one, and nothing has to be changed.
    await typist.use("button[name=action_change_representative]");
    await typist.arrive("the representative", "div[name=representative_warning]");
    if (!(await typist.isAt(field("representative_name")))) {
        findings.push("keyboard: the focus is not on the first field of the representative");
    }
    const again = nadia.page.waitForEvent("download");
    await typist.use(DOWNLOAD);
    await again;
    await typist.arrive("the letter downloaded again", "div[name=representative_summary]");
    const chooser = nadia.page.waitForEvent("filechooser");
    await typist.use(".o_certificate_attach");
    await (await chooser).setFiles(`${files}/scan.pdf`);
    await typist.arrive("the attached letter", ".o_certificate_card");
    await typist.use(".o_certificate_preview", "Space");
    await nadia.wait(".o_certificate_preview_frame");
    await typist.use(".o_certificate_preview", "Space");
    await typist.use("button[name=action_finish]");
    await typist.arrive("Finish", "div[name=finish] h1");
    await nadia.look("keyboard-finish", "div[name=finish] h1");
}

/** Somebody who begins with nothing, and finds the way by the screens: counts what that takes. */
class Beginner {
    static clicks = 0;
    static fields = 0;
    static pages = 0;
    static started = Date.now();

    constructor(visitor) {
        this.visitor = visitor;
        this.page = visitor.page;
    }

    async click(selector) {
        Beginner.clicks++;
        const button = this.page.locator(selector).filter({ visible: true }).first();
        await button.click({ timeout: 60000 });
    }

    async type(selector, text) {
        Beginner.fields++;
        await this.page.locator(selector).filter({ visible: true }).first().fill(text);
    }

    async attach(selector, file) {
        Beginner.clicks++;
        await this.page.setInputFiles(selector, `${files}/${file}`);
    }

    /** Types into a field of relations, and takes the first that is offered. */
    async choose(selector, text) {
        const input = this.page.locator(selector).filter({ visible: true }).first();
        await input.click({ timeout: 60000 });
        await input.fill(text);
        Beginner.fields++;
        await this.click(
            `:is(.o-autocomplete--dropdown-item:not(.o_m2o_dropdown_option), .o_select_menu_item):has-text("${text}")`
        );
    }

    /** Waits for the next page. */
    async arrive(selector) {
        Beginner.pages++;
        await this.visitor.wait(selector);
        await this.page.waitForTimeout(500);
    }

    async openApp(name) {
        await this.click(".o_navbar_apps_menu button");
        await this.click(`.o_app[data-menu-xmlid="${name}"]`);
    }

    static tell() {
        const minutes = ((Date.now() - Beginner.started) / 60000).toFixed(1);
        const { clicks, fields, pages } = Beginner;
        console.log(`${clicks} clicks, ${fields} fields, ${pages} pages, ${minutes} minutes`);
    }
}

const saleStep = (key) => `li[data-step=${key}] button.btn`;
const isReady = (key) => `li[data-step=${key}][data-state=done]`;

/** The administrator says who sells, from the menu on. */
async function beginSeller(visitor) {
    const admin = new Beginner(visitor);
    // Whoever is alone and opens the three steps first.
    await visitor.open(WIZARD, "button[name=action_start_own]");
    await visitor.look("first-alone", "button[name=action_start_own]");
    await admin.openApp(`${ADDON}.menu_electronic_documents`);
    await admin.arrive(".o_certificate_process_page");
    await admin.click(`[data-menu-xmlid="${ADDON}.menu_certificate_configuration"]`);
    await admin.click(`[data-menu-xmlid="${ADDON}.menu_certificate_sale_setup"]`);
    await admin.arrive("li[data-step=seller]");
    await visitor.look("sale-start", "li[data-step=seller]");
    await admin.click(saleStep("seller"));
    await admin.arrive(field("profile_vat"));
    await visitor.look("sale-seller", field("profile_vat"));
    await admin.click("button[name=action_confirm]");
    await visitor.wait(".o_certificate_message");
    await visitor.see("sale-seller-errors-es");
    for (const [name, text] of Object.entries({
        name: "Firma Fácil SAS",
        vat: "901414515-7",
        email: "certificados@firmafacil.example.com",
        street: "Calle 72 # 10-34",
        city: "Bogotá",
    })) {
        await admin.type(field(`profile_${name}`), text);
    }
    await admin.choose(field("profile_state_id"), "Bogot");
    await admin.click("button[name=action_confirm]");
    await admin.arrive(isReady("seller"));
    await visitor.look("sale-sold-by", isReady("seller"));
}

/** The product and its price, and who collects: a demonstration. */
async function beginPrice(visitor) {
    const admin = new Beginner(visitor);
    await admin.click(saleStep("product"));
    await admin.arrive(field("lst_price"));
    await admin.type(field("lst_price"), "100000");
    await admin.click(".o_breadcrumb .o_back_button, .breadcrumb .o_back_button");
    await admin.arrive(isReady("product"));
    await admin.click("[data-choice=demo]");
    await visitor.wait(".modal");
    await visitor.see("sale-demo-dialog-es");
    await admin.click(".modal footer .btn-primary");
    await admin.arrive(isReady("provider"));
}

/** The certificate that is lent, from its file. */
async function beginLender(visitor) {
    const admin = new Beginner(visitor);
    await admin.click(saleStep("lender"));
    await admin.arrive(".o_certificate_own_form");
    await visitor.look("sale-lender", ".o_certificate_own_form");
    await admin.attach(".o_certificate_own_form input[type=file] >> nth=0", "lent.p12");
    await admin.type(".o_certificate_password", readFileSync(`${files}/password`, "utf-8"));
    await admin.click(".o_certificate_load");
    await visitor.wait(".o_certificate_own_card");
    await visitor.look("sale-lender-loaded", ".o_certificate_own_card");
    await admin.click("button[name=action_open_overview].btn-primary");
    await admin.arrive(isReady("lender"));
}

/** The letter, after which only real payments are missing. */
async function beginLetter(visitor) {
    const admin = new Beginner(visitor);
    await admin.click(saleStep("letter"));
    await admin.arrive("button[name=action_confirm_certificate_letter]");
    await visitor.look("sale-letter", "button[name=action_confirm_certificate_letter]");
    await admin.click("button[name=action_confirm_certificate_letter]");
    await admin.arrive(isReady("letter"));
    await visitor.look("sale-ready", isReady("letter"));
    await visitor.open(`/odoo/action-${ADDON}.res_config_settings_action`, ".o_setting_box");
    await visitor.look("sale-settings", ".o_setting_box");
}

/** Makes somebody a user, with a password, who has one of the groups of the add-on. */
async function makeUser(admin, name, login, group) {
    await admin.openApp("base.menu_administration");
    await admin.arrive(".o_form_view");
    await admin.click("[data-menu-xmlid='base.menu_users']");
    await admin.click("[data-menu-xmlid='base.menu_action_res_users']");
    await admin.arrive(".o_list_view, .o_kanban_view");
    await admin.click(".o_control_panel_main_buttons button.btn-primary, .o_list_button_add");
    await admin.arrive(field("login"));
    await admin.type(`div[name=name] :is(input, textarea)`, name);
    await admin.type(field("login"), login);
    const groups = admin.page.getByLabel(/Certificado digital|Digital certificate/);
    await groups.first().click();
    Beginner.clicks++;
    await admin.click(`.o_select_menu_item:has-text("${group}")`);
    await admin.click(".o_form_button_save");
    await admin.page.waitForSelector(".o_form_saved", { timeout: 60000 });
    await admin.click(".o_notebook_headers a[name=page_security]");
    await admin.click("button[name=action_change_password_wizard]");
    await admin.arrive(".modal .o_data_row");
    await admin.click(".modal .o_data_row td[name=new_passwd]");
    await admin.type(".modal td[name=new_passwd] input", login);
    await admin.click(".modal button[name=change_password_button]");
    await admin.page.waitForSelector(".modal", { state: "detached" });
}

/** A custodian of the seller, a company that buys, and its user. */
async function beginPeople(visitor) {
    const admin = new Beginner(visitor);
    await makeUser(admin, "Carla Custodia", "carla", "Custodi");
    await admin.openApp("base.menu_administration");
    await admin.arrive(".o_form_view");
    await admin.click("[data-menu-xmlid='base.menu_users']");
    await admin.click("[data-menu-xmlid='base.menu_action_res_company_form']");
    await admin.arrive(".o_list_view, .o_kanban_view");
    await admin.click(".o_control_panel_main_buttons button.btn-primary, .o_list_button_add");
    await admin.arrive(field("vat"));
    await admin.type("div[name=name] :is(input, textarea)", "Café de la Sierra SAS");
    await admin.choose(field("country_id"), "Colombia");
    await admin.type(field("vat"), "900987321-1");
    await admin.type(field("street"), "Carrera 43A # 1-50");
    await admin.type(field("city"), "Medellín");
    await admin.choose(field("state_id"), "Antioquia");
    await admin.type(field("email"), "facturas@cafedelasierra.example.com");
    await admin.click(".o_form_button_save");
    await admin.page.waitForSelector(".o_form_saved", { timeout: 60000 });
}

/** Its six steps, of which the profile is done, and its user. */
async function beginBuyer(visitor) {
    const admin = new Beginner(visitor);
    await admin.click(".o_switch_company_menu button");
    await admin.click(`.o_switch_company_item .log_into:has-text("Café")`);
    await visitor.wait(".o_switch_company_menu:has-text('Café')");
    await admin.openApp(`${ADDON}.menu_electronic_documents`);
    await admin.arrive("li[data-step=profile][data-state=done]");
    await visitor.look("first-buyer", "li[data-step=profile][data-state=done]");
    await makeUser(admin, "Ana Usuaria", "ana", "Us");
}

/** A user of the company that buys, from the menu to the active certificate. */
async function beginActivation(visitor) {
    const ana = new Beginner(visitor);
    await ana.openApp(`${ADDON}.menu_electronic_documents`);
    await ana.arrive("li[data-step=certificate]");
    await ana.click("li[data-step=certificate] button.btn-primary");
    await ana.arrive("button[name=action_pay]");
    await visitor.look("first-pay", "button[name=action_pay]");
    await ana.click("button[name=action_pay]");
    await ana.arrive("select#simulated_payment_state");
    await ana.click("button[name=o_payment_submit_button]");
    await ana.arrive("button[name=action_continue]");
    await ana.click("button[name=action_continue]");
    await ana.arrive("button[name=action_download_letter]");
    for (const [name, value] of Object.entries(REPRESENTATIVE)) {
        await ana.type(field(`representative_${name}`), value);
    }
    const download = ana.page.waitForEvent("download");
    await ana.click("button[name=action_download_letter]");
    await download;
    await visitor.wait("button[name=action_download_letter].btn-secondary");
    await ana.attach(".o_certificate_zone input[type=file]", "scan.pdf");
    await visitor.wait(".o_certificate_card");
    await ana.click("button[name=action_finish]");
    await ana.arrive("div[name=finish] h1");
    await visitor.look("first-active", "div[name=finish] h1");
}

/** The seller's custodian reviews the letter, whose code cannot be read. */
async function beginReview(visitor) {
    const carla = new Beginner(visitor);
    await carla.openApp(`${ADDON}.menu_electronic_documents`);
    await carla.arrive(".o_certificate_process_page");
    await carla.click(`[data-menu-xmlid="${ADDON}.menu_certificate_sale"]`);
    await carla.click(`[data-menu-xmlid="${ADDON}.menu_certificate_letters"]`);
    await carla.arrive(".o_data_row");
    await carla.click(".o_data_row .o_data_cell");
    await carla.arrive(".o_form_statusbar button.btn-primary");
    await carla.click(".o_form_statusbar button.btn-primary");
    await carla.page.waitForSelector(".o_form_statusbar button.btn-primary", { state: "detached" });
    await visitor.look("first-reviewed", ".o_form_view");
}

/** Where each segment of the beginning goes on when it is walked alone. */
async function arriveAtSale(admin) {
    await admin.open("/odoo/certificate-sale", "li[data-step=seller]");
    return admin;
}

const emptyWalks = {
    seller: async () => beginSeller(await Visitor.login("admin")),
    price: async () => beginPrice(await arriveAtSale(await Visitor.login("admin"))),
    lender: async () => beginLender(await arriveAtSale(await Visitor.login("admin"))),
    letter: async () => beginLetter(await arriveAtSale(await Visitor.login("admin"))),
    people: async () => beginPeople(await Visitor.login("admin")),
    buyer: async () => beginBuyer(await Visitor.login("admin")),
    activation: async () => beginActivation(await Visitor.login("ana")),
    review: async () => beginReview(await Visitor.login("carla")),
};

const login = async (name) => (process.env.EMPTY ? null : Visitor.login(name));
const ana = await login("ana");
const mario = await login("mario");
const flor = await login("flor");
const carla = await login("carla");
const admin = await login("admin");
const walks = {
    // First, while no other letter waits for a review.
    letters: async () => walkLetters(await Visitor.login("lucia"), carla, admin),
    files: async () =>
        walkFiles(await Visitor.login("paula"), await Visitor.login("paula", true), carla),
    loan: () => walkLoan(ana, mario),
    steps: () => walkSteps(ana),
    story: async () =>
        walkStory(await Visitor.login("teresa"), await Visitor.login("tomas"), admin),
    ends: async () => walkEnds(await Visitor.login("teresa"), carla),
    around: () => lookAround(mario, carla, admin),
    receipt: async () =>
        walkReceipt(await Visitor.login("raul"), await Visitor.login("rita"), admin),
    custody: () => walkCustody(carla, admin),
    history: async () => walkHistory(mario, await Visitor.login("lucia")),
    own: () => walkOwn(flor),
    request: () => walkRequest(flor, carla),
    portal: () => walkPortal(carla, ana, flor),
    signer: walkSigner,
    lender: () => walkLender(carla),
    mails: walkMails,
    trust: () => walkTrust(admin),
    ...makePaymentWalks({ Visitor, WIZARD, findings, findSeller, admin, carla }),
    keyboard: async () => walkByKeyboard(await Visitor.login("nadia")),
    public: async () => {
        const visitor = await Visitor.arrive();
        await visitor.open("/certificate/verify", "main");
        await visitor.look("verify", "main");
        await visitor.open("/my/certificate/999", "main");
        await visitor.look("portal-closed", "main");
    },
};
// A walk that goes on from where another one ended.
if (chosen.includes("steps")) {
    chosen.push("loan");
}
for (const [name, walk] of Object.entries(process.env.EMPTY ? emptyWalks : walks)) {
    if (chosen.length && !chosen.includes(name)) {
        continue;
    }
    try {
        await walk();
    } catch (error) {
        findings.push(
            `the walk ${name} stopped: ${error.message.split("\n").slice(0, 3).join(" ")}`
        );
        for (const { page, who } of Visitor.all) {
            await page.screenshot({ path: `${folder}/stopped-${name}-${who}.png` });
        }
    }
}
await browser.close();
if (process.env.EMPTY) {
    Beginner.tell();
}
console.log(findings.length ? [...new Set(findings)].join("\n") : "nothing serious was found");
process.exit(findings.length ? 1 : 0);
