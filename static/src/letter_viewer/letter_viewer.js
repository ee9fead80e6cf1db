import { registry } from "@web/core/registry";
import { PdfViewerField, pdfViewerField } from "@web/views/fields/pdf_viewer/pdf_viewer_field";

/** Shows a signed letter; its frame has the title that screen readers need. */
export class LetterViewer extends PdfViewerField {
    static template = "l10n_co_certificate_activation.LetterViewer";
}

registry.category("fields").add("certificate_letter", {
    ...pdfViewerField,
    component: LetterViewer,
});
