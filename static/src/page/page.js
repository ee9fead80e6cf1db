import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";

import { onMounted, onWillUnmount } from "@odoo/owl";

/**
 * Says in the title whose page it is, behind what Odoo says of it, and in which language it is written.
 *
 * @param {string} [subject] what it is about
 */
export function usePage(subject) {
    const title = useService("title");
    onMounted(() => {
        title.setParts({ subject, company: user.activeCompany?.name });
        document.documentElement.lang ||= user.lang.replace("_", "-");
    });
    onWillUnmount(() => title.setParts({ subject: null, company: null }));
}
