// Walks the three steps and the portal in browsers of other makers than Chromium's; run by dev/browsers.
//   node browsers.mjs <address> <folder of files to attach, links and logins> <folder of the pictures> <browser>...
import { existsSync, readFileSync, writeFileSync } from "node:fs";

import { Firefox, WebKit } from "./drivers.mjs";

const [address, files, folder, ...chosen] = process.argv.slice(2);
const BROWSERS = { firefox: Firefox, webkit: WebKit };
const WIZARD = `${address}/odoo/electronic-process/activate-certificate`;
const WIDTHS = [1280, 390];
const REPRESENTATIVE = {
    name: "María Fernanda",
    surname: "Pérez Gómez",
    vat: "52123456",
    issue_city: "Bogotá",
    position: "Gerente",
    email: "maria@example.com",
    phone: "300 123 4567",
    street: "Calle 1 # 2-3",
    city: "Medellín",
};
const findings = [];

/** A page as wide as it is, in both widths; findings are what is wider. */
async function look(browser, name) {
    for (const width of WIDTHS) {
        await browser.resize(width, 900);
        await new Promise((resolve) => setTimeout(resolve, 700));
        const wide = await browser.run(() => ({
            content: document.documentElement.scrollWidth,
            window: window.innerWidth,
        }));
        if (wide.content > wide.window) {
            findings.push(`${name}: ${wide.content} pixels wide in ${wide.window}`);
        }
        writeFileSync(`${folder}/${name}-${width}.png`, await browser.capture());
    }
    await browser.resize(WIDTHS[0], 900);
    console.log(name);
}

/** Pays with the provider of the demonstration. */
async function buy(browser, button) {
    await browser.click(`button[name=${button}]`);
    await browser.fill("select#simulated_payment_state", "done");
    await browser.click("button[name=o_payment_submit_button]:enabled");
}

/** A contact, by the link of an invitation, from the payment to the record. */
async function walkPortal(browser, name) {
    await browser.goTo(readFileSync(`${files}/portal-${name}`, "utf-8"));
    await browser.wait(".o_certificate_stepper");
    await look(browser, `${name}-portal-pay`);
    await buy(browser, "buy");
    await browser.click("button[name=continue]");
    await browser.wait("#representative_name");
    for (const [field, value] of Object.entries(REPRESENTATIVE)) {
        await browser.fill(`#representative_${field}`, value);
    }
    await browser.run(() => {
        for (const field of ["identification_type", "state"]) {
            document.querySelector(`#representative_${field}_id`).selectedIndex = 1;
        }
    });
    await look(browser, `${name}-portal-process`);
    await browser.click("button[name=download]");
    await browser.wait("div[name=downloaded]");
    // Its scripts run although a letter is downloaded, and the address leads to the page alone then.
    await browser.until(() => !window.location.search, "the address without a query");
    await browser.wait("div[name=downloaded]:not(.alert-danger)");
    await browser.attach("#file[multiple]", [`${files}/scan.pdf`]);
    await browser.wait(".o_certificate_card");
    await browser.click("button[name=delete]");
    await browser.attach(
        "#file[multiple]",
        [1, 2].map((number) => `${files}/photo${number}.jpg`)
    );
    await browser.click(".o_certificate_convert");
    await browser.wait(".o_certificate_use");
    await look(browser, `${name}-portal-photos`);
    await browser.click(".o_certificate_use");
    await browser.wait(".o_certificate_card");
    await browser.click("button[name=finish]");
    await browser.wait("div[name=finish]");
    await look(browser, `${name}-portal-finish`);
}

/** Opens the three steps as a user. */
async function logIn(browser, login) {
    await browser.goTo(`${address}/web/login`);
    for (const field of ["login", "password"]) {
        await browser.fill(`.oe_login_form input[name=${field}]`, login);
    }
    await browser.run(() => document.querySelector(".oe_login_form").submit());
    await browser.wait(".o_main_navbar");
    await browser.goTo(WIZARD);
    await browser.wait(".o_certificate_stepper");
}

/** A user, from the payment to the active certificate. */
async function walkSteps(browser, name) {
    await logIn(browser, `steps_${name}`);
    await browser.wait("button[name=action_pay]");
    await look(browser, `${name}-pay`);
    await buy(browser, "action_pay");
    await browser.click("button[name=action_continue]");
    await browser.click("button[name=action_download_letter]");
    await browser.wait(".o_certificate_message");
    await look(browser, `${name}-process-errors`);
    for (const [field, value] of Object.entries(REPRESENTATIVE)) {
        await browser.fill(`div[name=representative_${field}] input`, value);
    }
    await browser.click("button[name=action_download_letter]");
    await browser.wait("div[name=representative_summary]");
    await browser.attach(".o_certificate_zone input[type=file]", [`${files}/scan.pdf`]);
    await browser.wait(".o_certificate_card");
    await look(browser, `${name}-process-attached`);
    await browser.click("button[name=action_finish]");
    await browser.wait("div[name=finish] h1");
    await look(browser, `${name}-finish`);
}

/** A company that has a certificate of its own, from its file to the active certificate. */
async function walkOwn(browser, name) {
    const FORM = ".o_certificate_own_form";
    await logIn(browser, `own_${name}`);
    await browser.click("button[name=action_start_own]");
    await browser.click(".o_certificate_load");
    await browser.wait(`${FORM} .o_certificate_message`);
    await look(browser, `${name}-own-errors`);
    await browser.attach(`${FORM} input[type=file]`, [`${files}/own-${name}.p12`]);
    await browser.fill(".o_certificate_password", readFileSync(`${files}/password`, "utf-8"));
    await browser.click(".o_certificate_load");
    await browser.wait("button[name=action_finish]");
    await look(browser, `${name}-own-loaded`);
    await browser.click("button[name=action_finish]");
    await browser.wait("div[name=finish] h1");
    await look(browser, `${name}-own-finish`);
}

/** A company that bought elsewhere hands in its receipt. */
async function walkReceipt(browser, name) {
    const SEND = "button[name=action_submit_receipt]";
    await logIn(browser, `receipt_${name}`);
    await browser.click(SEND);
    await browser.wait(".o_certificate_message");
    await look(browser, `${name}-receipt-errors`);
    for (const [field, value] of Object.entries({
        authority: "Andes SCD",
        payment_date: "-3d",
        amount: "119000",
        reference: "FV-1234",
    })) {
        await browser.fill(`div[name=receipt_${field}] input`, value);
    }
    await browser.attach(".o_certificate_zone input[type=file]", [`${files}/scan.pdf`]);
    await browser.wait(".o_certificate_card");
    await browser.click(SEND);
    await browser.wait("p[name=four_eyes]");
    await look(browser, `${name}-receipt-sent`);
}

/** A company that asks an authority for a certificate, with its documents. */
async function walkRequest(browser, name) {
    await logIn(browser, `request_${name}`);
    await browser.click("button[name=action_start_request]");
    await browser.wait(".o_field_certificate_offer");
    await buy(browser, "action_pay");
    await browser.click("button[name=action_continue]");
    await browser.click("button[name=action_review_request]");
    await browser.wait(".o_certificate_message");
    await browser.click("div[name=request_authority_id] input");
    await browser.click(".o_select_menu_item");
    const MISSING = ".o_certificate_document:not(:has(.o_certificate_card)) input[type=file]";
    await browser.wait(MISSING);
    const missing = () => browser.run((text) => document.querySelectorAll(text).length, MISSING);
    for (let left = await missing(); left; left = await missing()) {
        await browser.attach(MISSING, [`${files}/scan.pdf`]);
        await browser.until(
            (text, former) => document.querySelectorAll(text).length < former,
            "the next document",
            MISSING,
            left
        );
    }
    const issued = new Date(Date.now() - 3 * 86400000).toISOString().slice(0, 10);
    for (const number of await browser.run(() =>
        [...document.querySelectorAll(".o_certificate_issue_date")].map((el, index) => {
            el.dataset.number = index;
            return index;
        })
    )) {
        await browser.fill(`.o_certificate_issue_date[data-number="${number}"]`, issued);
        await new Promise((resolve) => setTimeout(resolve, 1500));
    }
    for (const [field, value] of Object.entries(REPRESENTATIVE)) {
        await browser.fill(`div[name=representative_${field}] input`, value);
    }
    await look(browser, `${name}-request-documents`);
    await browser.click("button[name=action_review_request]");
    await browser.click("button[name=action_send_request]");
    await browser.click(".modal .btn-primary");
    await browser.wait("[data-step=track][aria-current]");
    await look(browser, `${name}-request-sent`);
}

for (const name of chosen) {
    if (!existsSync(BROWSERS[name].path)) {
        console.log(`${name}: not installed, so left out`);
        continue;
    }
    const others = { steps: walkSteps, own: walkOwn, receipt: walkReceipt, request: walkRequest };
    const walks = { portal: walkPortal, ...(process.env.PORTAL_ALONE ? {} : others) };
    for (const [walk, run] of Object.entries(walks)) {
        const browser = await BROWSERS[name].open();
        try {
            await run(browser, name);
        } catch (error) {
            findings.push(`the walk ${walk} in ${name} stopped: ${error.message}`);
            writeFileSync(`${folder}/stopped-${name}-${walk}.png`, await browser.capture());
        } finally {
            await browser.close();
        }
    }
}
console.log(findings.length ? findings.join("\n") : "nothing was found");
process.exit(findings.length ? 1 : 0);
