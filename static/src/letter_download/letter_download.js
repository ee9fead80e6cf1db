import { download } from "@web/core/network/download";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { getReportUrl } from "@web/webclient/actions/reports/utils";

const LETTER_REPORT = "l10n_co_certificate_activation.exoneration_letter";

/**
 * Downloads the letter without asking for wkhtmltopdf, as the client does for any other PDF: the
 * server lays it out itself.
 */
async function downloadLetter(action, options, env) {
    if (action.report_name !== LETTER_REPORT) {
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
