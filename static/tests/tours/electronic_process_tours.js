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
            content: "The field has the focus and says what to do",
            trigger:
                ".o_form_view:has(div[name=profile_street] .o_certificate_message) div[name=profile_street] input:focus[aria-invalid=true]",
        },
        type("profile_street", "Carrera 43A # 1-50"),
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

/** From the test set, which locks the NIT, to the start. */
addTour("electronic_process_start", {
    steps: () => [
        {
            content: "The NIT can still change",
            trigger: ".o_certificate_process .alert-warning",
        },
        open("test_set", "todo"),
        type("test_set_identifier", "a1b2"),
        {
            content: "Another form than DIAN's is red",
            trigger: "div[name=test_set_identifier] .o_certificate_message",
        },
        type("test_set_identifier", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
        back,
        open("test_set", "in_progress"),
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
            content: "The next step is there at once",
            trigger: "div[name=range_from] input",
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
        ...choose("sale_journal_id", "FE"),
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
            content: "Say why",
            trigger: ".modal div[name=reason] input",
            run: "edit The RUT has another NIT && press Tab",
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
