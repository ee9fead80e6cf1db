import { _t } from "@web/core/l10n/translation";

import { getKind, getTooMuchSentence, LIMITS } from "./pdf_conversion";

let lastId = 0;

/**
 * Checks the chosen files, and refuses those that the server would refuse for their kind.
 *
 * @param {File[]} files
 * @param {{id: number, file: File, kind: string}[]} former sources, before which these are further pages
 * @returns {Promise<{refusal: string, sources: object[]}>} a sentence, or the files to make a PDF
 * from
 */
export async function readSources(files, former = []) {
    const sources = [...former];
    for (const file of [...files].sort(compareFiles)) {
        const kind = await getKind(file);
        const refusal = refuse(file, kind);
        if (refusal) {
            return { refusal: files.length > 1 ? `${file.name}: ${refusal}` : refusal };
        }
        sources.push({ id: ++lastId, file, kind });
    }
    return { refusal: refuseAll(sources.map(({ file }) => file)), sources };
}

/**
 * Orders files as a scanner or a camera numbers them: "page.jpg", "page (2).jpg", "page 10.png". Where
 * all have the same name, as on an iPhone, by the time at which they were taken.
 */
export function compareFiles(a, b) {
    const [one, other] = [a, b].map(({ name }) => name.replace(/\.[^.]*$/, ""));
    const options = { numeric: true, sensitivity: "base" };
    return one.localeCompare(other, undefined, options) || a.lastModified - b.lastModified;
}

/** Tells whether a PDF has to be made of these before something can be attached. */
export function isToBeConverted(sources) {
    return (
        sources.length > 1 || sources[0].kind === "photo" || sources[0].file.size > LIMITS.pdf.bytes
    );
}

export function moveUp(sources, source) {
    const index = sources.indexOf(source);
    sources.splice(index - 1, 0, ...sources.splice(index, 1));
}

export function removeSource(sources, source) {
    sources.splice(sources.indexOf(source), 1);
}

/**
 * @returns {string} why the file is refused, or nothing
 */
function refuse(file, kind) {
    if (!file.size) {
        return _t("The file is empty. Scan it again and attach the new file.");
    }
    if (kind === "heic") {
        return _t(
            "Photos in the HEIC format cannot be read. On the iPhone, choose Settings > Camera > Formats > Most Compatible and take the photo again, or export it as JPG."
        );
    }
    if (!kind) {
        return _t(
            "The file is not a PDF, a JPG, a PNG or a TIFF. Save it as one of these and attach that."
        );
    }
    return "";
}

/**
 * @returns {string} why the files are refused together, or nothing
 */
function refuseAll(files) {
    const { bytes, files: count } = LIMITS.input;
    if (files.length > count) {
        return _t("You chose more than %s files. Attach only what is asked for.", count);
    }
    if (files.reduce((size, file) => size + file.size, 0) > bytes) {
        return getTooMuchSentence();
    }
    return "";
}
