import { breakLine, endSession, mendLine, waitForLate } from "./bad_line";
import { addTour } from "./tour";

/** Puts a file into the field of the signed letter, as choosing one does. */
function attach(name, content) {
    return attachAll(() => [new File([content], name)]);
}

function attachAll(makeFiles) {
    return async ({ anchor }) => {
        const transfer = new DataTransfer();
        for (const file of await makeFiles()) {
            transfer.items.add(file);
        }
        const input = anchor.querySelector("input[type=file]");
        input.files = transfer.files;
        input.dispatchEvent(new Event("change", { bubbles: true }));
    };
}

/** Downloads a PDF that the test serves. */
async function fetchFile(name, url) {
    const response = await fetch(url);
    return new File([await response.blob()], name);
}

export function attachFrom(name, url) {
    return attachAll(async () => [await fetchFile(name, url)]);
}

/** Drags a file over the page and drops it where the page offers that. */
async function drop(file) {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(file);
    const drag = (target, type) =>
        target.dispatchEvent(
            new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true })
        );
    drag(document.body, "dragenter");
    while (!document.querySelector(".o_certificate_dropzone")) {
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    drag(document.querySelector(".o_certificate_dropzone"), "drop");
}

/** Takes a photo, so to speak. */
async function makePhoto(name) {
    const canvas = Object.assign(document.createElement("canvas"), { width: 300, height: 400 });
    const context = canvas.getContext("2d");
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = "black";
    context.fillText(name, 9, 99);
    return new File([await new Promise((done) => canvas.toBlob(done, "image/jpeg"))], name);
}

/** Says to whatever is set up from now on that this is a telephone. */
function beTelephone() {
    Object.defineProperty(navigator, "userAgent", { value: "Android", configurable: true });
}

function type(field, text) {
    return {
        content: `Type ${field}`,
        trigger: `div[name=representative_${field}] input`,
        run: `edit ${text} && press Tab`,
    };
}

const download = {
    content: "Save and download the letter",
    trigger: "button[name=action_download_letter]",
    run: "click",
};

const step = (name) => ({
    content: `The step is ${name}`,
    trigger: `.o_certificate_stepper [data-step=${name}][aria-current=step]`,
});

const refused = {
    content: "The file is refused under the zone",
    trigger: ".o_certificate_refusal",
};

const attached = {
    content: "The file is attached",
    trigger: ".o_certificate_card",
};

const zone = ".o_certificate_zone";

/** Buys and pays with the provider of the demonstration, which answers what it is told to. */
const buy = (state) => [
    {
        content: "Buy",
        trigger: "button[name=action_pay]",
        run: "click",
        expectUnloadPage: true,
    },
    {
        isDetour: true,
        content: `Let the payment become ${state}`,
        trigger: "select#simulated_payment_state",
        run: `select ${state}`,
    },
    {
        content: "Pay",
        trigger: "button[name=o_payment_submit_button]:enabled",
        run: "click",
        expectUnloadPage: true,
    },
];

addTour("certificate_activation_buy", {
    atMost: { clicks: 3, fields: 0 },
    steps: () => [
        {
            content: "The second step can be started",
            trigger: "li[data-step=certificate][data-state=todo] button",
            run: "click",
        },
        step("pay"),
        ...buy("done"),
        {
            content: "The payment is confirmed",
            trigger: "div[name=payment].alert-success",
        },
    ],
});

addTour("certificate_activation_buy_in_vain", {
    steps: () => [
        step("pay"),
        {
            content: "Look for a payment made elsewhere",
            trigger: "button[name=action_verify_payment]",
            run: "click",
        },
        {
            content: "It says what it looked at",
            trigger: "div[name=findings] li",
        },
        ...buy("error"),
        {
            content: "The page says that it failed, and no more what it looked at before",
            trigger: ".o_form_view:not(:has(div[name=findings])) div[name=payment].alert-danger",
        },
        ...buy("pending"),
        {
            content: "The provider's page says that it is pending; come back",
            trigger: "div[name=o_payment_status_alert]",
            run: () => {
                window.location = "/odoo/electronic-process/activate-certificate";
            },
            expectUnloadPage: true,
        },
        {
            content: "The page says that it is being processed, and sells nothing twice",
            trigger: ".o_form_view:not(:has(button[name=action_pay])) div[name=payment].alert-info",
        },
        {
            content: "A manager need not wait for ever",
            trigger: "button:contains(Discard payment)",
            run: "click",
        },
        {
            content: "Say why",
            trigger: ".modal div[name=reason] input",
            run: "edit The bank says that it never left && press Tab",
        },
        {
            content: "Discard it",
            trigger: ".modal button[name=action_confirm]",
            run: "click",
        },
        {
            content: "The reason is shown, and the certificate can be bought",
            trigger:
                ".o_form_view:has(button[name=action_pay]) div[name=payment].alert-danger:contains(never left)",
        },
    ],
});

addTour("certificate_activation_flow", {
    atMost: { clicks: 5, fields: 6 },
    steps: () => [
        {
            content: "The payment is verified on entry",
            trigger: "div[name=payment].alert-success",
        },
        {
            content: "Continue to the process",
            trigger: "button[name=action_continue]",
            run: "click",
        },
        step("process"),
        {
            isDetour: true,
            content: "The loan is understood",
            trigger: "button[name=action_understood]",
            run: "click",
        },
        {
            content: "The notice is gone",
            trigger: ".o_form_view:not(:has(button[name=action_understood]))",
        },
        type("name", "María Fernanda"),
        type("surname", "Pérez Gómez"),
        type("vat", "52.123.456"),
        type("issue_city", "Bogotá"),
        type("email", "maria@example.com"),
        type("phone", "300 123 4567"),
        download,
        {
            content: "The letter was downloaded",
            trigger: "div[name=letter_next]",
        },
        {
            content: "Attach the scan",
            trigger: zone,
            run: attachFrom("scan.pdf", "/web/content/base.certificate_tour_scan"),
        },
        attached,
        {
            isDetour: true,
            content: "Look at the scan",
            trigger: ".o_certificate_preview",
            run: "click",
        },
        {
            content: "The preview shows it",
            trigger: ".o_certificate_preview_frame",
        },
        {
            content: "Continue",
            trigger: "button[name=action_finish]",
            run: "click",
        },
        step("finish"),
        {
            content: "Go on to the test set",
            trigger: "button[name=action_open_next]",
            run: "click",
        },
        {
            content: "Its identifier can be entered",
            trigger: "div[name=test_set_identifier] input",
        },
        {
            isDetour: true,
            content: "Not now: go back to the six steps",
            trigger: "button[name=action_open_overview]",
            run: "click",
        },
        {
            content: "The certificate is done and the test set is open",
            trigger:
                "li[data-step=certificate][data-state=done] ~ li[data-step=test_set][data-state=todo]",
        },
    ],
});

addTour("certificate_activation_refusals", {
    steps: () => [
        step("process"),
        {
            content: "Nothing is red on entry",
            trigger: ".o_form_view:not(:has(.o_certificate_message))",
        },
        download,
        {
            content: "Each missing field has its message, and the first has the focus",
            trigger:
                ".o_form_view:has(div[name=representative_surname] .o_certificate_message):has(div[name=representative_phone] .o_certificate_message) div[name=representative_name] input:focus[aria-invalid=true]",
        },
        type("name", "María"),
        {
            content: "The message goes when its field is right, the others stay",
            trigger:
                ".o_form_view:not(:has(div[name=representative_name] .o_certificate_message)) div[name=representative_surname] .o_certificate_message",
        },
        type("surname", "Pérez"),
        type("vat", "12A"),
        type("issue_city", "Bogotá"),
        type("email", "maria"),
        type("phone", "300 123 4567"),
        download,
        {
            content: "What is wrong is red too, and the first of it has the focus",
            trigger:
                ".o_form_view:has(div[name=representative_email] .o_certificate_message) div[name=representative_vat] input:focus[aria-invalid=true]",
        },
        type("vat", "52123456"),
        type("email", "maria@example.com"),
        download,
        {
            content: "The letter was downloaded",
            trigger: "div[name=letter_next]",
        },
        {
            content: "Attach 1,048,577 bytes that are no PDF but for their beginning",
            trigger: zone,
            run: attach("large.pdf", "%PDF-".padEnd(1048577)),
        },
        {
            content: "It can be made smaller",
            trigger: ".o_certificate_convert",
            run: "click",
        },
        {
            content: "The server tells that it cannot, and the file is still there",
            trigger: ".o_certificate_conversion:has(.o_certificate_convert) .o_certificate_refusal",
        },
        {
            content: "Attach an image with the name of a PDF",
            trigger: zone,
            run: attach("renamed.pdf", "\x89PNG\r\n\x1a\n"),
        },
        refused,
        {
            content: "Attach a damaged PDF, which only the server can tell",
            trigger: zone,
            run: attach("damaged.pdf", "%PDF-1.7 and nothing else"),
        },
        refused,
        {
            content: "What was typed is still there",
            trigger: "div[name=representative_summary]:contains(María Pérez)",
        },
        {
            content: "Change the data",
            trigger: "button[name=action_change_representative]",
            run: "click",
        },
        type("surname", "Otra"),
        {
            content: "Keep the letter after all",
            trigger: "button[name=action_keep_representative]",
            run: "click",
        },
        {
            content: "Nothing has changed",
            trigger:
                ".o_form_view:has(button[name=action_change_representative]) div[name=representative_summary]:contains(María Pérez)",
        },
        {
            content: "Attach the scan",
            trigger: zone,
            run: attachFrom("scan.pdf", "/web/content/base.certificate_tour_scan"),
        },
        attached,
        {
            content: "Delete it",
            trigger: "button[name=action_delete_signed_letter]",
            run: "click",
        },
        {
            content: "Another one can be attached, and there is no Continue",
            trigger: `.o_form_view:not(:has(button[name=action_finish])) ${zone}`,
        },
    ],
});

addTour("certificate_activation_conversion", {
    steps: () => [
        step("process"),
        {
            content: "Drop a scan that is too large",
            trigger: zone,
            run: async () =>
                drop(await fetchFile("large.pdf", "/web/content/base.certificate_tour_large")),
        },
        {
            content: "It is said how large it is, and what is possible",
            trigger: ".o_certificate_conversion:contains(1.05 MB):contains(the limit is 1 MB)",
        },
        {
            content: "Make it smaller",
            trigger: ".o_certificate_convert",
            run: "click",
        },
        {
            content: "Both pages are shown, with the size before and after",
            trigger:
                ".o_certificate_conversion:has(canvas + canvas) .o_certificate_result:contains(1 MB):contains(kB)",
        },
        {
            content: "Nothing is attached yet: choose several photos instead",
            trigger: zone,
            run: attachAll(() => Promise.all(["IMG_10.jpg", "IMG_9.jpg"].map(makePhoto))),
        },
        {
            content: "They stand as the camera counted them; turn them round",
            trigger:
                ".o_certificate_sources li:contains(IMG_9) + li:contains(IMG_10) .o_certificate_up",
            run: "click",
        },
        {
            content: "Create the PDF",
            trigger:
                ".o_certificate_conversion:has(li:contains(IMG_10) + li:contains(IMG_9)) .o_certificate_convert",
            run: "click",
        },
        {
            content: "Use it",
            trigger: ".o_certificate_conversion:has(canvas + canvas) .o_certificate_use",
            run: "click",
        },
        {
            content: "It is attached, under the name of the first",
            trigger: ".o_certificate_card:contains(IMG_10.pdf):contains(2 pages)",
        },
    ],
});

// The names say nothing of the order: by them, the second would be the first.
const TAKEN = {
    first: "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    second: "09af9f1c" + "0".repeat(24),
};

/** EXIF with one entry: the orientation of a telephone that is held upright. */
const UPRIGHT =
    "\xff\xe1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";

async function makeUpright(width, height) {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d").fillRect(0, 0, width / 2, height);
    const jpeg = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 1));
    const exif = Uint8Array.from(UPRIGHT, (character) => character.charCodeAt(0));
    return new File([jpeg.slice(0, 2), exif, jpeg.slice(2)], "large.jpg");
}

const HEIC = "\0\0\0\x18ftypheic";

addTour("certificate_activation_photos", {
    steps: () => [
        {
            content: "Continue on a telephone",
            trigger: "li[data-step=certificate] button",
            run: ({ anchor }) => {
                beTelephone();
                anchor.click();
            },
        },
        step("process"),
        {
            content: "It can take a photo; choose some that were taken before",
            trigger: `${zone}:has(.o_certificate_camera)`,
            run: attachAll(() => Promise.all(["IMG_10.JPG", "img_2.jpg", "IMG_9"].map(makePhoto))),
        },
        {
            content: "They stand as the camera counted them, each with its picture",
            trigger:
                ".o_certificate_sources:has(li:contains(img_2) + li:contains(IMG_9) + li:contains(IMG_10)) li:has(img)",
        },
        {
            content: "Choose one in the format of iPhones, which this browser does not read",
            trigger: zone,
            run: attach("IMG_1.HEIC", HEIC),
        },
        refused,
        {
            content: "Choose it in a browser that reads it",
            trigger: zone,
            run: attachAll(() => {
                const read = window.createImageBitmap;
                const canvas = document.createElement("canvas");
                window.createImageBitmap = () => read(canvas);
                return [new File([HEIC], "IMG_1.HEIC")];
            }),
        },
        {
            content: "It has become a JPEG",
            trigger: ".o_certificate_sources li:contains(IMG_1.jpg):has(img)",
        },
        {
            content: "Choose a large one, which its telephone says is held upright",
            trigger: zone,
            run: attachAll(async () => [await makeUpright(3000, 1500)]),
        },
        {
            content: "It was made smaller, and is upright",
            trigger: ".o_certificate_sources li:contains(large.jpg) img",
            async run({ anchor }) {
                await anchor.decode();
                const size = `${anchor.naturalWidth} x ${anchor.naturalHeight}`;
                if (size !== "1100 x 2200") {
                    throw new Error(`The photo is of ${size} pixels`);
                }
            },
        },
        {
            content:
                "Choose others, which telephone and messenger have named, of which the first changed last",
            trigger: zone,
            run: attachAll(() =>
                Promise.all(
                    Object.entries(TAKEN).map(async ([name, uuid], lastModified) => {
                        const url = `/web/content/base.certificate_tour_${name}`;
                        const photo = await fetchFile(`${uuid}.jpg`, url);
                        return new File([photo], photo.name, { lastModified: 9 - lastModified });
                    })
                )
            ),
        },
        {
            content: "They stand as they were taken",
            trigger: `.o_certificate_conversion:has(li:contains(${TAKEN.first}) + li:contains(${TAKEN.second})) .o_certificate_convert`,
            run: "click",
        },
        {
            content: "Look at the pages, and go back to them",
            trigger: ".o_certificate_conversion:has(canvas + canvas) .o_certificate_change",
            run: "click",
        },
        {
            content: "Create the PDF again",
            trigger: ".o_certificate_conversion:has(li + li) .o_certificate_convert",
            run: "click",
        },
        {
            content: "Use it",
            trigger: ".o_certificate_conversion:has(canvas + canvas) .o_certificate_use",
            run: "click",
        },
        attached,
    ],
});

addTour("certificate_activation_renewal", {
    steps: () => [
        {
            content: "The six steps warn, and lead to the renewal",
            trigger:
                "main:has(.o_certificate_warning) li[data-step=certificate][data-state=done] button.btn-primary",
            run: "click",
        },
        step("pay"),
        ...buy("done"),
        {
            content: "Continue to the process",
            trigger: "button[name=action_continue]",
            run: "click",
        },
        step("process"),
        {
            content: "The representative is there already",
            trigger: "div[name=representative_vat] input:value(52123456)",
        },
        {
            ...download,
            run({ anchor }) {
                breakLine("slow", /web_read/);
                anchor.click();
            },
        },
        {
            content: "Attach the scan before the page is read again",
            trigger: zone,
            async run() {
                await waitForLate();
                await attachFrom(
                    "scan.pdf",
                    "/web/content/base.certificate_tour_scan"
                )(...arguments);
            },
        },
        {
            ...attached,
            async run() {
                mendLine();
                await new Promise((resolve) => setTimeout(resolve, 300));
            },
        },
        {
            content: "The file is still there, although the page was read before",
            trigger: ".o_certificate_card",
        },
        {
            content: "Continue",
            trigger: "button[name=action_finish]",
            run: "click",
        },
        step("finish"),
        {
            content: "It can sign at once, but need not",
            trigger: "div[name=finish] button[name=action_switch_now]",
        },
        {
            content: "Go back to the six steps",
            trigger: "div[name=finish] button[name=action_open_overview]",
            run: "click",
        },
        {
            content: "Nothing warns any more",
            trigger:
                "main:not(:has(.o_certificate_warning)) li[data-step=certificate][data-state=done]",
        },
    ],
});

addTour("certificate_lender_page", {
    steps: () => [
        {
            content: "The seller finds its certificate in place of the three steps",
            trigger: "li[data-step=certificate] button:contains(Set up the sale)",
            run: "click",
        },
        {
            content: "It leads to the page that sets up the sale",
            trigger: ".o_certificate_process_page li[data-step=seller]",
        },
    ],
});

const typeWithoutLeaving = (field, text) => ({
    content: `Type ${field}, without leaving it`,
    trigger: `div[name=representative_${field}] input`,
    run: `edit ${text}`,
});

/** The session ends while the form is filled in, and the line is bad: nothing is lost, and nothing is done twice. */
addTour("certificate_activation_bad_line", {
    steps: () => [
        step("process"),
        download,
        {
            content: "The name is red",
            trigger: "div[name=representative_name] input[aria-invalid=true]",
        },
        typeWithoutLeaving("name", "Renata"),
        {
            content: "Its message goes while it is typed, and the others stay",
            trigger:
                ".o_form_view:has(div[name=representative_vat] .o_certificate_message) div[name=representative_name]:not(:has(.o_certificate_message)) input[aria-invalid=false]:not([aria-describedby])",
        },
        {
            content: "The session ends",
            trigger: "button[name=action_download_letter]",
            async run({ anchor }) {
                await endSession();
                anchor.click();
            },
        },
        {
            content: "Odoo says so, and leads to the login",
            trigger: ".o_error_dialog footer button",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Log in again",
            trigger: ".oe_login_form input[name=login]",
            run({ anchor }) {
                anchor.value = "certificate_a";
                anchor.form.querySelector("[name=password]").value = anchor.value;
                anchor.form.submit();
            },
            expectUnloadPage: true,
        },
        {
            content: "What was typed is back",
            trigger: "div[name=representative_name] input:value(Renata)",
            run() {
                breakLine("offline", /web_save/);
            },
        },
        {
            content: "Attach the scan while the line is bad",
            trigger: zone,
            run: attachFrom("scan.pdf", "/web/content/base.certificate_tour_scan"),
        },
        {
            content: "The file is still here, and so is what was typed",
            trigger:
                ".o_form_view:has(div[name=representative_name] input:value(Renata)):has(.o_certificate_refusal:contains(still here)) .o_certificate_retry",
            run({ anchor }) {
                breakLine("502", /web_save/);
                anchor.click();
            },
        },
        {
            content: "A proxy without a server is a bad line",
            trigger: ".o_certificate_refusal:contains(still here) ~ .o_certificate_retry",
            async run({ anchor }) {
                mendLine();
                anchor.click();
            },
        },
        attached,
        {
            content: "Delete it",
            trigger: "button[name=action_delete_signed_letter]",
            run({ anchor }) {
                anchor.focus();
                anchor.click();
            },
        },
        {
            content: "The focus is on the button to attach another one",
            trigger: ".o_certificate_attach:focus",
            run() {
                breakLine("lost", /web_save/);
            },
        },
        {
            content: "Attach another one, and lose the answer",
            trigger: zone,
            run: attachFrom("sharper.pdf", "/web/content/base.certificate_tour_sharper"),
        },
        {
            ...attached,
            trigger: ".o_certificate_card:contains(sharper.pdf)",
            run: mendLine,
        },
        {
            content: "Download the letter, which does not arrive",
            trigger: "button[name=action_download_letter]",
            run({ anchor }) {
                breakLine("offline", /report.download/);
                anchor.click();
            },
        },
        {
            content: "The page says what is missing, or that the letter did not arrive",
            trigger: ".o_certificate_message, .o_notification",
            run: mendLine,
        },
    ],
});
