import { addTour } from "./tour";

const SCAN = "/web/content/base.certificate_tour_scan";
const SHARPER = "/web/content/base.certificate_tour_sharper";

/** Chooses a file that the test serves. */
function choose(name, url, input = "input[type=file]") {
    return async ({ anchor }) => {
        const response = await fetch(url);
        const transfer = new DataTransfer();
        transfer.items.add(new File([await response.blob()], name));
        const field = anchor.querySelector(input);
        field.files = transfer.files;
        field.dispatchEvent(new Event("change", { bubbles: true }));
    };
}

const card = (name) => `.o_certificate_document:has(h3:contains(${name}))`;
const RUT = card("RUT");
const COMMERCE = card("Certificate of existence");
const IDENTITY = card("Identity document");

function attach(name, file = "scan.pdf", url = SCAN) {
    return [
        {
            content: `Attach ${file}`,
            trigger: `${name}:has(.o_certificate_zone)`,
            run: choose(file, url),
        },
        {
            content: "It is attached",
            trigger: `${name} .o_certificate_card:contains(${file})`,
        },
    ];
}

function date(name, days) {
    return {
        content: `It was issued ${days} days ago`,
        trigger: `${name} .o_certificate_issue_date`,
        run({ anchor }) {
            anchor.value = luxon.DateTime.now()
                .setZone("America/Bogota")
                .minus({ days })
                .toISODate();
            anchor.dispatchEvent(new Event("change", { bubbles: true }));
        },
    };
}

const review = {
    content: "Review it",
    trigger: "button[name=action_review_request]",
    run: "click",
};
const send = [
    {
        content: "Send it",
        trigger: "button[name=action_send_request]",
        run: "click",
    },
    {
        content: "Confirm",
        trigger: ".modal footer .btn-primary",
        run: "click",
    },
    {
        content: "It is in process",
        trigger: "div[name=track_request] .alert-info",
    },
];

addTour("certificate_request_start", {
    steps: () => [
        {
            content: "What is lent is active; ask for an own one",
            trigger: "div[name=finish] button[name=action_start_request]",
            run: "click",
        },
        {
            content: "It has a price of its own, and nothing is bought yet: go back",
            trigger: "button[name=action_abandon_request]",
            run: "click",
        },
        {
            content: "Ask for it after all",
            trigger: "div[name=finish] button[name=action_start_request]",
            run: "click",
        },
        {
            content: "It can be bought",
            trigger: ".o_form_view:has(.o_field_certificate_offer) button[name=action_pay]",
        },
    ],
});

addTour("certificate_request_send", {
    steps: () => [
        {
            content: "Continue",
            trigger: "button[name=action_continue]",
            run: "click",
        },
        {
            content: "Nothing is red on entry",
            trigger:
                "div[name=process_request]:not(:has(.o_certificate_message, .o_certificate_refusal))",
        },
        review,
        {
            content: "The authority is missing, and has the focus",
            trigger: "div[name=request_authority_id]:has(input:focus) .o_certificate_message",
        },
        {
            content: "Open the authorities",
            trigger: "div[name=request_authority_id] input",
            run: "click",
        },
        {
            content: "Choose one",
            trigger: ".o_select_menu_item:contains(Andes)",
            run: "click",
        },
        {
            content: "Its documents are asked for, each in red",
            trigger: `${IDENTITY} .o_certificate_refusal`,
        },
        ...attach(RUT),
        date(RUT, 3),
        ...attach(COMMERCE),
        date(COMMERCE, 31),
        {
            content: "It is too old",
            trigger: `${COMMERCE} .o_certificate_message:contains(31)`,
        },
        ...attach(IDENTITY),
        date(COMMERCE, 30),
        {
            content: "It is not",
            trigger: `${COMMERCE}:not(:has(.o_certificate_message))`,
        },
        review,
        {
            content: "Nothing can be changed in the review",
            trigger: "div[name=review]:visible",
        },
        ...send,
    ],
});

addTour("certificate_request_correct", {
    steps: () => [
        {
            content: "It was rejected, and the page says why",
            trigger: "div[name=request].alert-danger:contains(One document)",
        },
        {
            content: "What was accepted cannot be replaced",
            trigger: `${RUT}[data-state=accepted]:not(:has(.o_certificate_zone, input))`,
        },
        {
            content: "What was rejected can",
            trigger: `${COMMERCE}[data-state=rejected] .o_certificate_observation:contains(not readable)`,
        },
        {
            content: "The same file is refused",
            trigger: COMMERCE,
            run: choose("scan.pdf", SCAN),
        },
        {
            content: "It says so",
            trigger: `${COMMERCE} .o_certificate_refusal`,
        },
        ...attach(COMMERCE, "sharper.pdf", SHARPER),
        review,
        ...send,
    ],
});

addTour("certificate_request_load", {
    steps: () => [
        {
            content: "The certificate is issued: choose its file",
            trigger: "div[name=process_own] .o_certificate_own_form",
            run: choose("own.p12", "/web/content/base.certificate_tour_p12"),
        },
        {
            content: "Type its password",
            trigger: ".o_certificate_password",
            run: "edit Clave-Segura-2026",
        },
        {
            content: "Load it",
            trigger: ".o_certificate_load:enabled",
            run: "click",
        },
        {
            content: "It was examined",
            trigger: ".o_certificate_own_card",
        },
        {
            content: "Continue",
            trigger: "div[name=process_own] button[name=action_finish]",
            run: "click",
        },
        {
            content: "It signs, and the last step is done",
            trigger: ".o_form_view:has(div[name=finish]) li[data-step=track] .fa-check",
        },
    ],
});

const document = (name) => `div[name=document_ids] .o_kanban_record:contains(${name})`;

function accept(name) {
    return [
        {
            content: `Accept ${name}`,
            trigger: `${document(name)} button[name=action_accept]`,
            run: "click",
        },
        {
            content: "It is accepted",
            trigger: `${document(name)}:contains(Accepted)`,
        },
    ];
}

function reason(text) {
    return [
        {
            content: "Say why",
            trigger: ".modal div[name=reason] input",
            run: `edit ${text}`,
        },
        {
            content: "Confirm",
            trigger: ".modal footer button[name=action_confirm]:visible",
            run: "click",
        },
    ];
}

const open = {
    content: "Open the request",
    trigger: ".o_data_row .o_data_cell",
    run: "click",
};

addTour("certificate_request_reject", {
    steps: () => [
        open,
        ...accept("RUT"),
        ...accept("Identity document"),
        {
            content: "Reject a document",
            trigger: `${document("Certificate of existence")} footer .btn:contains(Reject)`,
            run: "click",
        },
        ...reason("It is not readable."),
        {
            content: "It is rejected",
            trigger: `${document("Certificate of existence")}:contains(not readable)`,
        },
        {
            content: "Reject the request",
            trigger: ".o_statusbar_buttons button:contains(Reject with observations)",
            run: "click",
        },
        ...reason("One document has to be scanned again."),
        {
            content: "It is with the company again",
            trigger: ".o_statusbar_status [aria-checked=true]:contains(Rejected)",
        },
    ],
});

addTour("certificate_request_issue", {
    steps: () => [
        open,
        ...accept("Certificate of existence"),
        {
            content: "The authority has issued it",
            trigger: ".o_statusbar_buttons button:contains(The certificate is issued)",
            run: "click",
        },
        {
            content: "Confirm",
            trigger: ".modal footer .btn-primary",
            run: "click",
        },
        {
            content: "The company can load it",
            trigger: ".o_statusbar_status [aria-checked=true]:contains(Certificate issued)",
        },
    ],
});
