import { useBus } from "@web/core/utils/hooks";
import { patch } from "@web/core/utils/patch";
import { registry } from "@web/core/registry";
import { user, userBus } from "@web/core/user";
import { SwitchCompanyMenu } from "@web/webclient/switch_company_menu/switch_company_menu";

/**
 * Makes the company of a row the current one, without reloading the page, and opens what the row is
 * about. The other companies stay selected, so that going back leads to the same board.
 */
async function switchCompany(env, { params }) {
    await user.activateCompanies(params.allowed_company_ids, {
        includeChildCompanies: false,
        reload: false,
    });
    return params.action;
}

registry.category("actions").add("l10n_co_certificate_activation.switch_company", switchCompany);

// Odoo's menu shows the current company; it relies on a page reload.
patch(SwitchCompanyMenu.prototype, {
    setup() {
        super.setup();
        useBus(userBus, "ACTIVE_COMPANIES_CHANGED", () => this.render());
    },
});
