import { RelationalModel } from "@web/model/relational_model/relational_model";

import { getFailure } from "./connection";

/**
 * What is typed stays in the record when its onchange does not reach the server. Odoo's own record leaves it on
 * the screen alone, and never saves it.
 */
class KeptRecord extends RelationalModel.Record {
    async _getOnchangeValues() {
        try {
            return await super._getOnchangeValues(...arguments);
        } catch (error) {
            if (!["lost", "session"].includes(getFailure(error)?.kind)) {
                throw error;
            }
            Promise.reject(error); // Odoo says it
            return {};
        }
    }
}

/** The model of a form of which nothing is lost. */
export class KeptModel extends RelationalModel {
    static Record = KeptRecord;
}
