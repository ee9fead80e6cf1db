import { registry } from "@web/core/registry";

const step = (name) => ({
    content: `The step is ${name}`,
    trigger: `.o_certificate_stepper [data-step=${name}][aria-current=step]`,
});

const press = (name) => ({
    content: `Press ${name}`,
    trigger: `button[name=${name}]`,
    run: "click",
    expectUnloadPage: true,
});

const type = (field, text) => ({
    content: `Type ${field}`,
    trigger: `input[name=representative_${field}]`,
    run: `edit ${text}`,
});

const choose = (field) => ({
    content: `Choose ${field}`,
    trigger: `select[name=representative_${field}_id]`,
    run: "selectByIndex 1",
});

/** Fetches what the test serves. */
async function fetchContent(name) {
    const response = await fetch(`/web/content/base.certificate_tour_${name}`);
    return response.blob();
}

registry.category("web_tour.tours").add("certificate_portal", {
    steps: () => [
        {
            content: "The page speaks Spanish, and nothing is wider than the phone",
            trigger: "form.o_certificate_open",
            run() {
                if (!document.documentElement.lang.startsWith("es")) {
                    throw new Error(`The page speaks ${document.documentElement.lang}`);
                }
                if (document.documentElement.scrollWidth > window.innerWidth) {
                    throw new Error(`${document.documentElement.scrollWidth} pixels wide`);
                }
            },
        },
        {
            content: "Paste the link",
            trigger: "#access_token",
            async run({ anchor }) {
                anchor.value = await (await fetchContent("link")).text();
            },
        },
        {
            content: "Open it",
            trigger: "form.o_certificate_open button",
            run: "click",
            expectUnloadPage: true,
        },
        step("pay"),
        press("buy"),
        {
            content: "Let the payment succeed",
            trigger: "select#simulated_payment_state",
            run: "select done",
        },
        {
            content: "Pay",
            trigger: "button[name=o_payment_submit_button]:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The payment is confirmed",
            trigger: "div[name=payment_status][data-status=paid]",
        },
        press("continue"),
        step("process"),
        {
            content: "Nothing is red before the letter was asked for",
            trigger: "form.o_certificate_representative:not(:has(.is-invalid))",
        },
        type("name", "María Fernanda"),
        type("email", "maria@"),
        press("download"),
        {
            content: "The e-mail is red, and says why",
            trigger: "#representative_email[aria-invalid=true][aria-describedby] ~ #representative_email_error",
        },
        {
            content: "What was typed is there",
            trigger: "#representative_name:value(María Fernanda)",
        },
        type("surname", "Pérez Gómez"),
        choose("identification_type"),
        type("vat", "52123456"),
        type("issue_city", "Bogotá"),
        type("position", "Representante legal"),
        type("email", "maria@example.com"),
        type("phone", "300 123 4567"),
        type("street", "Calle 1 # 2-3"),
        type("city", "Medellín"),
        choose("state"),
        press("download"),
        {
            content: "The letter is on its way",
            trigger: "div[name=downloaded]",
        },
        {
            content: "Choose the scan",
            trigger: ".o_certificate_upload input[type=file]",
            async run({ anchor }) {
                const transfer = new DataTransfer();
                transfer.items.add(
                    new File([await fetchContent("scan")], "scan.pdf", { type: "application/pdf" })
                );
                anchor.files = transfer.files;
                anchor.dispatchEvent(new Event("change", { bubbles: true }));
            },
            expectUnloadPage: true,
        },
        {
            content: "The scan is attached",
            trigger: ".o_certificate_card",
        },
        press("finish"),
        {
            content: "It signs",
            trigger: "div[name=finish] a[name=record]",
        },
    ],
});
