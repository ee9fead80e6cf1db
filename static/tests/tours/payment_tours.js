import { addTour } from "./tour";

/** Chooses a provider on Odoo's payment form, and pays. */
const pay = (code, form = "") => [
    {
        content: `Choose ${code}`,
        trigger: `${form} input[name=o_payment_radio][data-provider-code=${code}]`,
        run: "check",
    },
    {
        content: "Pay",
        trigger: `${form} button[name=o_payment_submit_button]:enabled`,
        run: "click",
        expectUnloadPage: true,
    },
];

const buy = {
    content: "Go to the payment page",
    trigger: "button[name=action_pay]",
    run: "click",
    expectUnloadPage: true,
};

addTour("certificate_payment_transfer", {
    steps: () => [
        buy,
        ...pay("custom"),
        {
            content: "Back at the steps, the account stays readable",
            trigger: "div[name=instructions]:contains(123-456789-01)",
        },
        {
            content: "Pay by other means after all",
            ...buy,
        },
        ...pay("demo"),
        {
            content: "It is paid, and no account asks for money any more",
            trigger:
                ".o_form_view:not(:has(div[name=instructions])) div[name=payment].alert-success",
        },
    ],
});

addTour("certificate_payment_mail", {
    steps: () => [
        {
            content: "The mail leads to the invoice; pay it there",
            trigger: "a[data-bs-target='#pay_with']",
            run: "click",
        },
        ...pay("demo", "#pay_with.show"),
        {
            content: "The invoice is paid, and offers nothing more to pay",
            trigger: "main:not(:has(a[data-bs-target='#pay_with'])) [name=invoice_paid_badge]",
        },
    ],
});
