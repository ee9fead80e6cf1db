import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { session } from "@web/session";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { askToLogIn, getFailure, RequestFailure, send } from "../connection/connection";

import { Component, useEffect, useRef, useState } from "@odoo/owl";

const ROUTE = "/electronic-documents/own-certificate";

/**
 * Loads the certificate of a company, its own or the one that it lends: one file or two, and their password. They go to the server
 * by a request of their own and are in no field of the record, so that nothing of them is stored or
 * logged. The files stay chosen until they are accepted; the password is asked for each time.
 *
 * Once it is loaded, it shows what the server knows of the certificate.
 */
export class OwnCertificate extends Component {
    static template = "l10n_co_certificate_activation.OwnCertificate";
    static props = {
        ...standardFieldProps,
        route: { type: String, optional: true },
        owner: { type: String, optional: true },
    };
    static defaultProps = { route: ROUTE, owner: "activation_id" };

    setup() {
        this.root = useRef("root");
        this.state = useState({
            certificate: null,
            key: null,
            password: "",
            isKeyApart: false,
            isSending: false,
            errors: {},
            refusals: 0,
        });
        // Each time something is refused, the first that is red gets the focus.
        useEffect(
            (refusals) => {
                if (refusals) {
                    this.root.el.querySelector("[aria-invalid='true']")?.focus();
                }
            },
            () => [this.state.refusals]
        );
    }

    get facts() {
        return this.props.record.data[this.props.name];
    }

    get fields() {
        const fields = [
            {
                name: "certificate",
                label: _t("Certificate file"),
                help: _t("The .p12 or .pfx file of your authority, or a .pem, .crt or .cer file."),
                accept: ".p12,.pfx,.pem,.crt,.cer,.der,.p7b",
            },
        ];
        if (this.state.isKeyApart || this.state.errors.key) {
            fields.push({
                name: "key",
                label: _t("Private key file"),
                help: _t("The .key or .pem file that was made when you asked for the certificate."),
                accept: ".key,.pem,.der",
            });
        }
        return fields;
    }

    errorId(name) {
        return `own_certificate_${name}_error`;
    }

    /** A message belongs to what was sent. */
    forget(name) {
        delete this.state.errors[name];
    }

    choose(name, ev) {
        const [file] = ev.target.files;
        // Reset, so that choosing the same file again triggers a change.
        ev.target.value = "";
        if (file) {
            this.state[name] = file;
            this.forget(name);
        }
    }

    /** Enter in the password loads the file. */
    onKeydown({ key }) {
        if (key === "Enter") {
            this.send();
        }
    }

    async send() {
        this.state.errors = this.refuse();
        if (!Object.keys(this.state.errors).length) {
            this.state.isSending = true;
            try {
                this.state.errors = await this.post();
                this.state.password = "";
            } catch (error) {
                // The password stays in its field, as the files do: nothing was wrong with them.
                this.state.errors = await this.recover(getFailure(error));
            }
            this.state.isSending = false;
        }
        if (Object.keys(this.state.errors).length) {
            this.state.refusals++;
            return;
        }
        Object.assign(this.state, {
            certificate: null,
            key: null,
            password: "",
            isKeyApart: false,
        });
        await this.props.record.load();
    }

    /** Says why nothing came back; nothing, if the certificate was loaded nevertheless. */
    async recover(failure) {
        if (failure.kind === "session") {
            askToLogIn();
        }
        if (failure.kind === "lost") {
            try {
                await this.props.record.load();
            } catch (error) {
                getFailure(error);
            }
            if (this.facts) {
                return {};
            }
        }
        return { certificate: [failure.message] };
    }

    refuse() {
        const { certificate, key } = this.state;
        if (!certificate) {
            return { certificate: [_t("Choose the file of your certificate.")] };
        }
        const { bytes, label } = session.certificate_limits.certificate;
        if (certificate.size + (key?.size || 0) > bytes) {
            return {
                certificate: [
                    _t(
                        "The file is larger than %s, too large for a certificate. Choose the file that your authority gave you.",
                        label
                    ),
                ],
            };
        }
        return {};
    }

    async post() {
        const form = new FormData();
        form.append("csrf_token", odoo.csrf_token);
        form.append("password", this.state.password);
        for (const name of ["certificate", "key"]) {
            if (this.state[name]) {
                form.append(name, this.state[name]);
            }
        }
        const owner = this.props.record.data[this.props.owner];
        const { body, status } = await send(`${this.props.route}/${owner.id}`, { form });
        if (!body.errors) {
            throw new RequestFailure("failed", status);
        }
        return body.errors;
    }
}

registry.category("fields").add("certificate_own", {
    component: OwnCertificate,
    supportedTypes: ["json"],
    extractProps: ({ options }) => ({ route: options.route, owner: options.owner }),
    fieldDependencies: ({ options }) => [
        { name: options.owner || "activation_id", type: "many2one", readonly: true },
    ],
});
