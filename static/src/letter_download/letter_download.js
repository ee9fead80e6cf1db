import { _t } from "@web/core/l10n/translation";
import { download } from "@web/core/network/download";
import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { getReportUrl } from "@web/webclient/actions/reports/utils";

import { askToLogIn, getFailure, isSessionEnd } from "../connection/connection";
import { announce } from "../page/status";

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
        closeNotification?.();
        announce(_t("The letter was downloaded."));
    } catch (error) {
        await explain(error, env);
    } finally {
        env.services.ui.unblock();
    }
    return true;
}

let closeNotification;

/** Says why the file did not arrive; what the server says itself is shown by Odoo. */
async function explain(error, env) {
    if (!getFailure(error)) {
        throw error;
    }
    const isSessionOver = await rpc("/web/session/check", {}).then(() => false, isSessionEnd);
    if (isSessionOver) {
        return askToLogIn();
    }
    closeNotification?.();
    closeNotification = env.services.notification.add(
        _t(
            "The file did not arrive. Your data is saved: download it again once you are connected."
        ),
        { type: "danger", sticky: true }
    );
}

registry
    .category("ir.actions.report handlers")
    .add("l10n_co_certificate_activation", downloadLetter);
