import { LazyComponent, loadBundle } from "@web/core/assets";
import { patch } from "@web/core/utils/patch";
import { registry } from "@web/core/registry";
import { viewService } from "@web/views/view_service";

import { Component, xml } from "@odoo/owl";

/**
 * What the pages of this add-on consist of: whoever opens none of them does not load it. They are the views
 * that name a form or a widget of it, and its client actions.
 */
const PAGES = "l10n_co_certificate_activation.assets_pages";
const OWN_PART = /(js_class|widget|<widget[^>]* name)="(certificate|electronic)_/;
const ACTIONS = ["electronic_process", "lender_page", "sale_setup"];

patch(viewService, {
    start() {
        const service = super.start(...arguments);
        return {
            ...service,
            async loadViews() {
                const result = await service.loadViews(...arguments);
                if (Object.values(result.views).some(({ arch }) => OWN_PART.test(arch))) {
                    await loadBundle(PAGES);
                }
                return result;
            },
        };
    },
});

for (const action of ACTIONS) {
    const name = `l10n_co_certificate_activation.${action}`;
    class LazyAction extends Component {
        static template = xml`<LazyComponent bundle="bundle" Component="name" props="props"/>`;
        static components = { LazyComponent };
        static props = ["*"];

        bundle = PAGES;
        name = name;
    }
    registry.category("actions").add(name, LazyAction);
}
