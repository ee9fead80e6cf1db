import { addTour } from "./tour";

/** Chooses a file that the test serves. */
function choose(name, url) {
    return async ({ anchor }) => {
        const response = await fetch(url);
        const transfer = new DataTransfer();
        transfer.items.add(new File([await response.blob()], name));
        const input = anchor.querySelector("input[type=file]");
        input.files = transfer.files;
        input.dispatchEvent(new Event("change", { bubbles: true }));
    };
}

const form = ".o_certificate_own_form";
const password = `${form} .o_certificate_password`;

const load = {
    content: "Load it",
    trigger: `${form} .o_certificate_load:enabled`,
    run: "click",
};

addTour("certificate_activation_own", {
    steps: () => [
        {
            content: "There is a certificate already",
            trigger: "div[name=pay] button[name=action_start_own]",
            run: "click",
        },
        {
            content: "Nothing is red on entry",
            trigger: `${form}:not(:has(.o_certificate_message))`,
        },
        {
            content: "Go back, for once",
            trigger: "button[name=action_abandon_own]",
            run: "click",
        },
        {
            content: "The certificate can be bought",
            trigger: "button[name=action_pay]",
        },
        {
            content: "Bring the own one",
            trigger: "div[name=pay] button[name=action_start_own]",
            run: "click",
        },
        load,
        {
            content: "A file is asked for, and has the focus",
            trigger: `${form}:has(#own_certificate_certificate[aria-invalid=true]:focus)`,
        },
        {
            content: "Choose only the certificate",
            trigger: form,
            run: choose("own.crt", "/web/content/base.certificate_tour_pem"),
        },
        load,
        {
            content: "The key is missing, and can be added",
            trigger: `${form}:has(#own_certificate_key[aria-invalid=true]:focus)`,
        },
        {
            content: "The file is still chosen",
            trigger: `${form} .o_certificate_own_name:contains(own.crt)`,
        },
        {
            content: "Choose the file with both",
            trigger: form,
            run: choose("own.p12", "/web/content/base.certificate_tour_p12"),
        },
        {
            content: "Type a wrong password",
            trigger: password,
            run: "edit another one",
        },
        load,
        {
            content: "The password is wrong, is empty again, and has the focus",
            trigger: `${password}[aria-invalid=true]:focus:value(/^$/)`,
        },
        {
            content: "The file is still chosen",
            trigger: `${form} .o_certificate_own_name:contains(own.p12)`,
        },
        {
            content: "Type the right password",
            trigger: password,
            run: "edit Clave-Segura-2026",
        },
        load,
        {
            content: "It says whose certificate it is, and that its revocation was not checked",
            trigger:
                ".o_certificate_own_card:contains(CAFE DE LA SIERRA SAS):contains(900987321) li",
        },
        {
            content: "Continue",
            trigger: "div[name=process_own] button[name=action_finish]",
            run: "click",
        },
        {
            content: "It is active, and its renewal can be loaded",
            trigger: "div[name=finish] button[name=action_start_own]",
        },
    ],
});

addTour("certificate_custody", {
    steps: () => [
        {
            content: "The lent key is not sealed",
            trigger: "li[data-state=plain]",
        },
        {
            content: "Seal it",
            trigger: "button[name=action_seal]",
            run: "click",
        },
        {
            content: "A copy of the secret is kept",
            trigger: ".modal footer button.btn-primary",
            run: "click",
        },
        {
            content: "It is sealed, and there is nothing more to do",
            trigger: ".o_form_view:not(:has(button[name=action_seal])) li[data-state=sealed]",
        },
    ],
});
