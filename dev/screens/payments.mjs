// How people pay: from the mailed invoice, by a payment link, in two tabs, by transfer. Walks of
// screenshots.mjs, which hands them its tools.

export function makePaymentWalks({ Visitor, WIZARD, findings, findSeller, admin, carla }) {
    const PAY = "button[name=action_pay]";
    const CONTINUE = "button[name=action_continue]";
    const SUBMIT = "button[name=o_payment_submit_button]";
    const INVOICE = ".o_form_view .o_form_statusbar";
    const PAID = "div[name=payment].alert-success";
    const WAITS = "div[name=payment].alert-info";
    // The whole row is clicked: its label covers the radio button.
    const means = (code) => `[name=o_payment_option]:has(input[data-provider-code=${code}])`;

    // === THE BUYER === #

    /** Clicks Buy; returns once the payment page can be used. */
    async function buy(visitor) {
        await visitor.click(PAY);
        await visitor.wait(SUBMIT);
    }

    /** Chooses a provider where several are offered, and pays. */
    async function pay(visitor, code = "demo") {
        await visitor.click(`${means(code)} label`);
        await visitor.page.waitForSelector(`${SUBMIT}:enabled`);
        await visitor.click(SUBMIT);
    }

    /** Buys, and leaves the payment page: the invoice waits as a draft. */
    async function fillCart(visitor) {
        await visitor.open(WIZARD, PAY);
        await buy(visitor);
    }

    /** Opens the wizard, which says how the payment stands. */
    async function openWizard(visitor, ready, name) {
        await visitor.open(WIZARD, ready);
        if (name) {
            await visitor.look(name, ready);
        }
    }

    // === THE SELLER === #

    /** Switches on the transfers to the seller's account while somebody pays by them. */
    async function acceptTransfers(isOn) {
        const domain = [
            ["code", "=", "custom"],
            ["company_id", "in", await findSeller(admin)],
        ];
        const ids = await admin.call("payment.provider", "search", [domain]);
        const state = isOn ? "enabled" : "disabled";
        await admin.call("payment.provider", "write", [ids, { state, is_published: isOn }]);
    }

    /** Has the seller's accountant open the invoice of a company, and confirm it while it is a draft. */
    async function openInvoice(company) {
        await carla.open("/odoo/sold-certificates", ".o_data_row");
        await carla.click(`.o_data_row:has-text("${company}") .o_data_cell`);
        await carla.wait(INVOICE);
        const confirm = carla.page.locator("button[name=action_post]").filter({ visible: true });
        if (await confirm.count()) {
            await confirm.first().click();
            await carla.wait("button[name=action_register_payment]");
        }
        return Number(new URL(carla.page.url()).pathname.split("/").at(-1));
    }

    /** Has the seller's accountant register what came by bank. */
    async function register(company, picture, amount) {
        await openInvoice(company);
        await carla.click("button[name=action_register_payment]");
        await carla.wait(".modal div[name=amount] input");
        if (amount) {
            await carla.page.fill(".modal div[name=amount] input", amount);
            await carla.page.press(".modal div[name=amount] input", "Tab");
            await carla.page.waitForTimeout(1000);
        }
        await carla.see(`${picture}-es`, false);
        await carla.click(".modal button[name=action_create_payments]");
        await carla.page.waitForSelector(".modal", { state: "detached" });
    }

    /** Finds an invoice that was not charged exactly once. */
    async function checkCharges(walk, invoice) {
        const domain = [
            ["invoice_ids", "in", [invoice]],
            ["state", "=", "done"],
        ];
        const count = await admin.call("payment.transaction", "search_count", [domain]);
        if (count !== 1) {
            findings.push(`${walk}: the invoice was charged ${count} times`);
        }
    }

    return {
        /** The seller sends the invoice, and whoever reads the mail pays it. */
        async mail() {
            const clara = await Visitor.login("clara");
            await fillCart(clara);
            const invoice = await openInvoice("La Horma");
            // Odoo prints invoices by wkhtmltopdf, which not every machine has.
            const pdf = Buffer.from("%PDF-1.4\n%%EOF").toString("base64");
            await admin.call("account.move", "write", [
                [invoice],
                { invoice_pdf_report_file: pdf },
            ]);
            await carla.page.reload();
            await carla.wait(INVOICE);
            await carla.look("mail-invoice", INVOICE);
            await carla.click("button[name=action_invoice_sent]");
            await carla.wait(".modal .o_account_move_send_wizard");
            await carla.see("mail-send-dialog-es", false);
            await carla.click(".modal button[name=action_send_and_print]");
            await carla.page.waitForSelector(".modal", { state: "detached" });
            await openWizard(clara, PAY, "mail-to-pay");
            const [{ body_html: body }] = await admin.call("mail.mail", "search_read", [
                [
                    ["model", "=", "account.move"],
                    ["res_id", "=", invoice],
                ],
                ["body_html"],
            ]);
            const reader = await Visitor.arrive("reader");
            const head = '<html lang="es"><head><title>Correo</title></head>';
            await reader.page.setContent(`${head}<body>${body}</body></html>`);
            await reader.see("mail-es", false);
            const link = await reader.page
                .locator("a[href*='/mail/view']")
                .first()
                .getAttribute("href");
            const path = link.replace(/^https?:\/\/[^/]+/, "");
            // Whoever has a log-in is offered the same.
            await clara.open(path, ".o_portal_invoice_sidebar");
            await clara.look("mail-invoice-login", ".o_portal_invoice_sidebar");
            await reader.open(path, ".o_portal_invoice_sidebar");
            await reader.look("mail-invoice-portal", ".o_portal_invoice_sidebar");
            await reader.click("a[data-bs-target='#pay_with']");
            await reader.wait(`#pay_with ${SUBMIT}`);
            await reader.see("mail-pay-dialog-es", false);
            await pay(reader);
            await reader.wait("[name=invoice_paid_badge]");
            await reader.look("mail-paid", "[name=invoice_paid_badge]");
            await checkCharges("mail", invoice);
            await openWizard(clara, PAID, "mail-pay-paid");
            await clara.click(CONTINUE);
            await clara.wait("button[name=action_download_letter]");
        },
        /** Somebody without a log-in pays by Odoo's payment link. */
        async link() {
            const lina = await Visitor.login("lina");
            await fillCart(lina);
            const invoice = await openInvoice("Ariel");
            await carla.context.grantPermissions(["clipboard-read", "clipboard-write"]);
            await carla.click(".o_cp_action_menus .dropdown-toggle");
            await carla.click(".o-dropdown--menu .o_menu_item:has-text('enlace')");
            await carla.wait(".modal div[name=link] button, .modal .o_clipboard_button");
            await carla.see("link-dialog-es", false);
            await carla.click(".modal .o_clipboard_button");
            const link = await carla.page.evaluate(() => navigator.clipboard.readText());
            const payer = await Visitor.arrive("payer");
            await payer.open(link, SUBMIT);
            await payer.look("link-page", SUBMIT);
            await pay(payer);
            await payer.wait("div[name=payment_status]");
            await payer.look("link-received", "div[name=payment_status]");
            // Who follows it again.
            await payer.open(link, "div[name=payment_status]");
            await payer.look("link-again", "div[name=payment_status]");
            await checkCharges("link", invoice);
            await openWizard(lina, PAID, "link-pay-paid");
        },
        /** Two tabs show the payment page, and one of them pays. */
        async tabs() {
            const pilar = await Visitor.login("pilar");
            const second = await pilar.openTab();
            await fillCart(pilar);
            const invoice = Number(new URL(pilar.page.url()).searchParams.get("invoice_id"));
            await second.open(WIZARD, PAY);
            await buy(second);
            await pay(second);
            await second.wait(PAID);
            await pay(pilar);
            await pilar.wait(".modal");
            await pilar.see("tabs-refused-es", false);
            await pilar.page.reload();
            await pilar.wait("div[name=payment_status]");
            await pilar.look("tabs-again", "div[name=payment_status]");
            await pilar.click("main a.btn-primary");
            await pilar.wait(PAID);
            await pilar.look("tabs-paid", PAID);
            await checkCharges("tabs", invoice);
        },
        /** A transfer is announced; one buyer pays otherwise, one's transfer comes, one transfers too much. */
        async transfer() {
            const tulio = await Visitor.login("tulio");
            const berta = await Visitor.login("berta");
            const sonia = await Visitor.login("sonia");
            await acceptTransfers(true);
            for (const buyer of [tulio, berta]) {
                await fillCart(buyer);
                if (buyer === tulio) {
                    await buyer.look("transfer-means", SUBMIT);
                }
                await pay(buyer, "custom");
                // Odoo's page with the account leads back by itself.
                await buyer.wait(WAITS);
            }
            await tulio.look("transfer-pending", WAITS);
            await buy(tulio);
            await tulio.look("transfer-change", SUBMIT);
            await pay(tulio);
            await tulio.wait(PAID);
            await tulio.look("transfer-changed", PAID);
            await register("Beltrán", "transfer-register");
            await carla.look("transfer-invoice", INVOICE);
            await openWizard(berta, PAID, "transfer-paid");
            await berta.click(CONTINUE);
            await berta.wait("button[name=action_download_letter]");
            await berta.look("transfer-process", "button[name=action_download_letter]");
            await fillCart(sonia);
            await register("Sonsón", "transfer-too-much", "120000");
            await openWizard(sonia, PAID, "transfer-credit");
            await carla.open("/odoo/sold-certificates", ".o_data_row");
            await carla.look("transfer-sold", ".o_data_row");
            await acceptTransfers(false);
        },
    };
}
