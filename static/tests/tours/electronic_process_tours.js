import { addTour } from "./tour";

const row = (key, state) => `li[data-step=${key}][data-state=${state}]`;

const open = (key, state) => ({
    content: `Open ${key}`,
    trigger: `${row(key, state)}[aria-current=step] button.btn-primary`,
    run: "click",
});

const type = (field, text) => ({
    content: `Type ${field}`,
    trigger: `div[name=${field}] input`,
    run: `edit ${text} && press Tab`,
});

const back = {
    content: "Save and go back to the six steps",
    trigger: "button[name=action_open_overview]",
    run: "click",
};

const next = {
    content: "Save and continue",
    trigger: "button[name=action_open_next]",
    run: "click",
};

const confirm = {
    content: "Confirm",
    trigger: ".modal button[name=action_confirm]:visible",
    run: "click",
};

const choose = (field, text) => [
    {
        content: `Look for ${field}`,
        trigger: `div[name=${field}] input`,
        run: `edit ${text}`,
    },
    {
        content: `Choose ${field}`,
        trigger: `.o-autocomplete--dropdown-item:contains(${text}) > a`,
        run: "click",
    },
];

/** A manager follows what the profile lacks to its field. */
addTour("electronic_process_profile", {
    steps: () => [
        {
            content: "The address is missing, and everything after it is locked",
            trigger: `.o_certificate_process:has(${row("certificate", "locked")}) button[data-field=profile_street]`,
            run: "click",
        },
        {
            content:
                "The field has the focus and says what to do; the city, which nobody touched, does not",
            trigger:
                ".o_form_view:has(div[name=profile_street] .o_certificate_message):not(:has(div[name=profile_city] .o_certificate_message)) div[name=profile_street] input:focus[aria-invalid=true]",
        },
        type("profile_street", "Carrera 43A # 1-50"),
        {
            content: "The message is gone",
            trigger: ".o_form_view:not(:has(.o_certificate_message))",
        },
        next,
        {
            content: "What is missing is red now, and has the focus",
            trigger:
                "body:not(:has(.modal)) div[name=profile_city]:has(.o_certificate_message) input:focus[aria-invalid=true]",
        },
        type("profile_city", "Medellín"),
        {
            content: "The message is gone",
            trigger: ".o_form_view:not(:has(.o_certificate_message))",
        },
        back,
        {
            content: "The profile is done",
            trigger: row("profile", "done"),
        },
    ],
});

const detour = (step) => ({ ...step, isDetour: true });

/** From the test set, which locks the NIT, to the start: with the 9 clicks of the certificate at most 20. */
addTour("electronic_process_start", {
    atMost: { clicks: 8, fields: 9 },
    steps: () => [
        {
            content: "The NIT can still change",
            trigger: ".o_certificate_process .alert-warning",
        },
        open("test_set", "todo"),
        detour(type("test_set_identifier", "a1b2")),
        {
            content: "Another form than DIAN's is red",
            trigger: "div[name=test_set_identifier] .o_certificate_message",
        },
        type("test_set_identifier", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
        detour(back),
        detour(open("test_set", "in_progress")),
        {
            content: "DIAN accepted it",
            trigger: "div[name=test_set_result] input[data-value=accepted]",
            run: "click",
        },
        type("test_set_accepted_on", "02/01/2026"),
        {
            content: "Finish",
            trigger: "button[name=action_confirm_test_set]",
            run: "click",
        },
        {
            content: "The dialog shows the NIT and its digit",
            trigger:
                ".modal:has(div[name=check_digit]:contains(1)) div[name=nit]:contains(900987321)",
        },
        {
            isDetour: true,
            content: "Type another NIT",
            trigger: ".modal div[name=typed_nit] input",
            run: "edit 830114921-1 && press Tab",
        },
        {
            content: "It is red, and cannot be confirmed",
            trigger:
                ".modal:has(div[name=typed_nit] .o_certificate_message) footer button.btn-primary:disabled",
        },
        {
            content: "Type the NIT, and confirm it by Enter",
            trigger: ".modal div[name=typed_nit] input",
            run: "edit 900987321-1 && press Enter",
        },
        {
            content: "The next step is there at once, and nothing is red",
            trigger: ".o_form_view:not(:has(.o_certificate_message)) div[name=range_from] input",
        },
        detour(type("number", "123")),
        detour(next),
        {
            content:
                "Each missing or wrong field says so, without a dialog, and the first has the focus",
            trigger:
                "body:not(:has(.modal)) .o_form_view:has(div[name=range_from] .o_certificate_message):has(div[name=date_end] .o_certificate_message) div[name=number] input:focus[aria-invalid=true]",
        },
        type("number", "18764000000001"),
        type("prefix", "setp"),
        type("range_from", "1"),
        type("range_to", "5000"),
        type("date_start", "-2d"),
        type("date_end", "+1y"),
        next,
        {
            content: "The only resolution and the usual type are chosen already",
            trigger:
                ".o_form_view:has(div[name=invoice_type] input[data-value='01']:checked) div[name=resolution_id] input:value(18764000000001)",
        },
        // A single journal would be chosen already.
        ...choose("sale_journal_id", "FE").map(detour),
        next,
        {
            content: "It cannot be started unread",
            trigger: ".modal footer button.btn-primary:disabled",
        },
        {
            content: "Read what follows",
            trigger: ".modal div[name=is_understood] input",
            run: "click",
        },
        confirm,
        {
            content: "All is done",
            trigger: `.o_certificate_process:has(.progress-bar[style*='100%']):has(.o_certificate_invoice) ${row("start", "done")}`,
        },
        {
            isDetour: true,
            content: "What is done can be looked at again",
            trigger: `${row("start", "done")} button`,
            run: "click",
        },
        {
            content: "It says since when, and who started it",
            trigger: "div[name=started]",
        },
    ],
});

/** An administrator unlocks the NIT, with a reason. */
addTour("electronic_process_reset", {
    steps: () => [
        {
            content: "Open the history",
            trigger: "button.o_certificate_history",
            run: "click",
        },
        {
            content: "Unlock the NIT",
            trigger: "button[name=action_reset]",
            run: "click",
        },
        {
            isDetour: true,
            content: "Not now",
            trigger: ".modal footer button.btn-secondary",
            run: "click",
        },
        {
            content: "The focus is where it was",
            trigger: "body:not(:has(.modal)) button[name=action_reset]:focus",
        },
        detour({
            content: "Unlock it after all",
            trigger: "button[name=action_reset]",
            run: "click",
        }),
        {
            content: "Without a reason it stays closed, and nothing is red; say why",
            trigger:
                ".modal:has(footer button[name=action_confirm]:disabled):not(:has(.o_certificate_message)) div[name=reason] input",
            run: "edit The RUT has another NIT",
        },
        confirm,
        {
            content: "The reason is in the history",
            trigger:
                ".o_form_view:not(:has(button[name=action_reset])) .o-mail-Message:contains(another NIT)",
        },
        back,
        {
            content: "The test set is open again",
            trigger: row("test_set", "in_progress"),
        },
    ],
});
