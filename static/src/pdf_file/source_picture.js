import { Component, onWillUnmount, useState } from "@odoo/owl";

/** A small picture of a file to make a PDF from; a sign of its kind where the browser cannot show it. */
export class SourcePicture extends Component {
    static template = "l10n_co_certificate_activation.SourcePicture";
    static props = { file: File, kind: String };

    setup() {
        this.state = useState({ isShown: this.props.kind === "photo" });
        this.url = this.state.isShown && URL.createObjectURL(this.props.file);
        onWillUnmount(() => this.url && URL.revokeObjectURL(this.url));
    }
}
