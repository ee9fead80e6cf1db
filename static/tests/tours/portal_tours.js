import { breakLine, endSession, mendLine } from "./bad_line";
import { addTour } from "./tour";

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

/** Chooses a file, as a visitor does: one that is made here, or that the test serves. */
const attach = (name, getContent) => ({
    content: `Choose ${name}`,
    trigger: ".o_certificate_upload",
    async run({ anchor }) {
        const transfer = new DataTransfer();
        transfer.items.add(new File([await getContent()], name));
        const input = anchor.querySelector("input[type=file]");
        input.files = transfer.files;
        input.dispatchEvent(new Event("change", { bubbles: true }));
    },
});

async function fetchFile(name) {
    const response = await fetch(`/web/content/base.certificate_tour_${name}`);
    return response.blob();
}

/** Makes a PDF of what was chosen, and uses it. */
const makePdf = (content) => [
    { content, trigger: ".o_certificate_convert", run: "click" },
    {
        content: "Use it, after a look",
        trigger: ".o_certificate_use",
        run: "click",
        expectUnloadPage: true,
    },
];

addTour("certificate_portal", {
    steps: () => [
        {
            content: "The link opens the page by itself, in Spanish, and its token is gone",
            trigger: ".o_certificate_portal h1:contains(Activa tu certificado digital)",
            run() {
                if (window.location.hash || window.location.search) {
                    throw new Error("The token stands in the address.");
                }
                if (!document.documentElement.lang.startsWith("es")) {
                    throw new Error(`The page speaks ${document.documentElement.lang}`);
                }
                if (document.documentElement.scrollWidth > window.innerWidth) {
                    throw new Error(`${document.documentElement.scrollWidth} pixels wide`);
                }
            },
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
            trigger: "div[name=payment][data-status=paid]",
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
            content: "The e-mail is red, and says why in Spanish",
            trigger:
                "#representative_email[aria-invalid=true][aria-describedby] ~ #representative_email_error:contains(correo)",
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
        attach("letter.txt", () => "A text"),
        {
            content: "What is no scan is refused under the field",
            trigger: ".o_certificate_refusal:contains(PDF)",
        },
        attach("blank.pdf", () => fetchFile("blank")),
        {
            content: "Have a large scan of blank pages made smaller",
            trigger:
                ".o_certificate_upload:not(:has(input[type=file]:visible)) .o_certificate_convert",
            run: "click",
        },
        {
            content: "Use it",
            trigger: ".o_certificate_use",
            run: "click",
        },
        {
            content: "It is refused by the server, and still there",
            trigger:
                ".o_certificate_upload:has(.o_certificate_use) .o_certificate_refusal:not(:empty)",
        },
        attach("scan.pdf", () => fetchFile("large")),
        ...makePdf("Have a large scan made smaller"),
        {
            content: "The scan is attached",
            trigger: ".o_certificate_card:contains(2 páginas)",
        },
        press("finish"),
        {
            content: "It signs",
            trigger: "div[name=finish] a[name=record]",
        },
    ],
});

const said = (content, level) => ({ content, trigger: `.o_certificate_said.alert-${level}` });

const clickWithLine = (name, kind, pattern) => ({
    content: `Press ${name} while the line is bad: ${kind}`,
    trigger: `[name=${name}]`,
    run({ anchor }) {
        breakLine(kind, pattern);
        anchor.click();
    },
});

/** The line is bad wherever it can be, and the session ends: nothing is lost, and nothing is done twice. */
addTour("certificate_portal_bad_line", {
    steps: () => [
        step("process"),
        ...["name", "surname", "vat", "issue_city", "position", "street", "city"].map((field) =>
            type(field, field === "vat" ? "52123456" : "Bogotá")
        ),
        type("email", "maria@example.com"),
        type("phone", "300 123 4567"),
        choose("identification_type"),
        choose("state"),
        clickWithLine("download", "offline"),
        said("The page says that the line is bad", "danger"),
        {
            content: "What was typed is there",
            trigger: "#representative_street:value(Bogotá)",
            run: mendLine,
        },
        clickWithLine("download", "502"),
        said("A proxy without a server is a bad line", "danger"),
        clickWithLine("download", "lost", /\/representative$/),
        said("It was done, and the page says how far it got", "warning"),
        {
            content: "The letter can be downloaded",
            trigger: "a[name=again]",
            run: mendLine,
        },
        clickWithLine("again", "offline", /\/letter$/),
        said("The letter did not arrive", "danger"),
        {
            ...attach("scan.pdf", () => fetchFile("scan")),
            content: "Attach the letter without a line",
            async run(context) {
                const content = await fetchFile("scan");
                breakLine("offline");
                return attach("scan.pdf", () => content).run(context);
            },
        },
        {
            content: "The file is still here",
            trigger:
                ".o_certificate_upload:has(.o_certificate_refusal:not(:empty)) button[name=attach]:enabled:visible",
            run({ anchor }) {
                breakLine("lost", /\/signed-letter$/);
                anchor.click();
            },
            expectUnloadPage: true,
        },
        {
            content: "It was attached, although the answer was lost",
            trigger: ".o_certificate_card:contains(scan.pdf)",
        },
        {
            content: "Change the data after the session has ended",
            trigger: "summary:contains(Cambiar)",
            async run({ anchor }) {
                anchor.click();
                await endSession();
            },
        },
        type("street", "Calle nueva 99"),
        {
            content: "Send it",
            trigger: "button[name=download]:visible",
            run: "click",
        },
        {
            content: "The page explains, and says that what was typed is kept",
            trigger: "div[name=closed] ~ .o_certificate_said.alert-info",
            run() {
                const drafts = JSON.stringify(Object.values(sessionStorage));
                if (!drafts.includes("Calle nueva 99") || drafts.includes("csrf")) {
                    throw new Error(`The draft is ${drafts}`);
                }
            },
        },
    ],
});

/** The contact reads why the letter was rejected, and hands in a new scan. */
addTour("certificate_portal_letter", {
    steps: () => [
        {
            content: "The page says why, and what to do",
            trigger:
                "div[name=letter_rejected][role=alert]:contains(La firma quedó cortada):contains(adjunta el nuevo archivo)",
        },
        {
            ...attach("nueva.pdf", () => fetchFile("sharper")),
            expectUnloadPage: true,
        },
        {
            content: "It is attached",
            trigger: ".o_certificate_card:contains(nueva.pdf)",
        },
        press("finish"),
        {
            content: "Nothing is signed yet, and the page says so",
            trigger:
                "div[name=finish]:has(h2:contains(Tu carta está en revisión)) div[name=letter_review]",
        },
    ],
});

/** The legal representative sends a photo of the signed letter back by the link in the mail. */
addTour("certificate_letter_link", {
    steps: () => [
        {
            content: "The link opens the letter by itself, and its token is gone",
            trigger: "a[name=letter]",
            run() {
                if (window.location.hash || window.location.search) {
                    throw new Error("The token stands in the address.");
                }
                if (document.documentElement.scrollWidth > window.innerWidth) {
                    throw new Error(`${document.documentElement.scrollWidth} pixels wide`);
                }
            },
        },
        attach("photo.jpg", () => fetchFile("photo")),
        ...makePdf("Have a PDF made of the photo"),
        {
            content: "It is there, and who sent the letter was told",
            trigger: "div[name=returned]",
        },
        press("delete"),
        {
            content: "It can be replaced",
            trigger: ".o_certificate_upload input[type=file]",
        },
        {
            ...attach("firmada.pdf", () => fetchFile("signed")),
            expectUnloadPage: true,
        },
        {
            content: "The other one is there",
            trigger: ".o_certificate_card:contains(firmada.pdf)",
        },
    ],
});
