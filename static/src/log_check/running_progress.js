import { registry } from "@web/core/registry";
import {
    ProgressBarField,
    progressBarField,
} from "@web/views/fields/progress_bar/progress_bar_field";

import { onMounted, onWillUnmount } from "@odoo/owl";

const INTERVAL = 2000; // ms

/** How far a job of the server is: read again every two seconds, until it is done. */
export class RunningProgress extends ProgressBarField {
    setup() {
        super.setup();
        let timer = null;
        const look = async () => {
            // A page that nobody looks at asks for nothing.
            if (!document.hidden) {
                await this.props.record.load();
            }
            if (timer !== null && this.props.record.data.state === "running") {
                timer = setTimeout(look, INTERVAL);
            }
        };
        onMounted(() => {
            timer = setTimeout(look, INTERVAL);
        });
        onWillUnmount(() => {
            clearTimeout(timer);
            timer = null;
        });
    }
}

registry.category("fields").add("certificate_running_progress", {
    ...progressBarField,
    component: RunningProgress,
});
