import { download } from "@web/core/network/download";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { getReportUrl } from "@web/webclient/actions/reports/utils";

const MODULE = "l10n_co_certificate_activation.";

/**
 * Downloads the letter and the record without asking for wkhtmltopdf, as the client does for any
 * other PDF: the server makes them itself.
 */
async function downloadLetter(action, options, env) {
    if (!action.report_name.startsWith(MODULE)) {
        return false;
    }
    env.services.ui.block();
    try {
        await download({
            url: "/report/download",
            data: {
                data: JSON.stringify([getReportUrl(action, "pdf"), action.report_type]),
                context: JSON.stringify({ ...user.context, ...action.context }),
            },
        });
    } finally {
        env.services.ui.unblock();
    }
    return true;
}

registry
    .category("ir.actions.report handlers")
    .add("l10n_co_certificate_activation", downloadLetter);
