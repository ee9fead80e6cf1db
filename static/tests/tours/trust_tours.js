import { addTour } from "./tour";

import { openFromMenu } from "./letter_review_tours";

const choose = (name) => ({
    content: `Choose ${name}`,
    trigger: "div[name=file]",
    async run({ anchor }) {
        const response = await fetch(`/web/content/base.certificate_tour_${name}`);
        const transfer = new DataTransfer();
        transfer.items.add(new File([await response.blob()], `${name}.cer`));
        const input = anchor.querySelector("input[type=file]");
        input.files = transfer.files;
        input.dispatchEvent(new Event("change", { bubbles: true }));
    },
});

addTour("certificate_trust_add", {
    steps: () => [
        ...openFromMenu("menu_certificate_trust_anchors", "menu_certificate_configuration"),
        {
            content: "Add one",
            trigger: ".o_list_button_add",
            run: "click",
        },
        choose("subscriber"),
        {
            content:
                "The certificate of a subscriber is refused, and it is said which one to choose",
            trigger:
                "div[name=file]:has(.o_certificate_message:contains(suscriptor)) .o_certificate_choose:focus",
        },
        choose("root"),
        {
            content: "Its fingerprint is there to be compared, before it is trusted",
            trigger:
                ".o_form_view:has(button[special=save]):not(:has(.o_certificate_message)) div[name=sha256]:not(:empty)",
        },
        {
            content: "Trust it",
            trigger: "button[special=save]",
            run: "click",
        },
        {
            content: "It is trusted",
            trigger: ".o_form_view:not(:has(button[special=save])) div[name=sha256]:not(:empty)",
        },
        ...openFromMenu("menu_certificate_trust_anchors", "menu_certificate_configuration"),
        {
            content: "It is on the list",
            trigger: ".o_data_row:contains(ROOT CA ANDES)",
        },
    ],
});
