import { deserializeDate, serializeDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { rpcBus } from "@web/core/network/rpc";
import { useBus, useService } from "@web/core/utils/hooks";

import { isSessionEnd } from "./connection";
import { keepDraft, ME, takeDraft } from "./draft";

import { onMounted } from "@odoo/owl";

const asIs = { keep: (value) => value, restore: (value) => value };
// How a value is kept, by the type of its field; values of other types, such as files, are not.
const TYPES = {
    boolean: asIs,
    char: asIs,
    date: {
        keep: (value) => value && serializeDate(value),
        restore: (text) => text && deserializeDate(text),
    },
    float: asIs,
    integer: asIs,
    many2one: asIs,
    monetary: asIs,
    selection: asIs,
    text: asIs,
};

/**
 * Keeps what is typed in a form when the session ends, and types it again when the same user opens the form
 * again in this tab, after the login.
 *
 * @param {object} model of the form
 * @param {(record: object) => string} getOwner names what the record is about
 */
export function useRecordDraft(model, getOwner) {
    const notification = useService("notification");
    const getKey = () => `${model.root.resModel}.${getOwner(model.root)}`;
    useBus(rpcBus, "RPC:RESPONSE", async ({ detail: { error } }) => {
        if (!isSessionEnd(error)) {
            return;
        }
        const record = model.root;
        const values = {};
        for (const name of Object.keys(await record.getChanges())) {
            const type = TYPES[record.fields[name].type];
            if (type) {
                values[name] = type.keep(record.data[name]);
            }
        }
        if (Object.keys(values).length) {
            keepDraft(ME, getKey(), values);
        }
    });
    onMounted(async () => {
        const record = model.root;
        const draft = Object.entries(takeDraft(ME, getKey()) || {});
        if (draft.length) {
            const values = draft.map(([name, value]) => [
                name,
                TYPES[record.fields[name].type].restore(value),
            ]);
            await record.update(Object.fromEntries(values));
            notification.add(_t("What you typed before is here again. It is not saved yet."), {
                type: "info",
            });
        }
    });
}
