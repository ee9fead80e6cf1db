import { _t } from "@web/core/l10n/translation";

import { getKind, getTooMuchSentence, LIMITS } from "./pdf_conversion";
import { makeJpeg, readTimeTaken } from "./photo";

// In names that telephones and messengers make up, this says nothing of an order.
const RANDOM = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}/gi;

let lastId = 0;

/**
 * Checks the chosen files, and refuses those that the server would refuse for their kind.
 *
 * @param {File[]} files
 * @param {{id: number, file: File, kind: string, taken: number}[]} former sources, after which these
 * are further pages
 * @returns {Promise<{refusal: string, sources: object[]}>} a sentence, or the files to make a PDF
 * from
 */
export async function readSources(files, former = []) {
    const sources = [];
    for (const file of files) {
        const source = await readSource(file);
        const refusal = refuse(source.file, source.kind);
        if (refusal) {
            return { refusal: files.length > 1 ? `${file.name}: ${refusal}` : refusal };
        }
        sources.push(source);
    }
    sources.sort(compareSources);
    const all = [...former, ...sources];
    return { refusal: refuseAll(all.map((source) => source.file)), sources: all };
}

async function readSource(file) {
    const kind = await getKind(file);
    const jpeg = kind === "heic" && (await makeJpeg(file));
    return {
        id: ++lastId,
        file: jpeg || file,
        kind: jpeg ? "photo" : kind,
        taken: (kind === "photo" && (await readTimeTaken(file))) || file.lastModified,
    };
}

/**
 * Orders files as a scanner or a camera numbers them: "page.jpg", "page (2).jpg", "page 10.png". Where
 * the names say nothing, as on an iPhone, by the time at which they were taken.
 */
function compareSources(a, b) {
    const [one, other] = [a, b].map(({ file }) =>
        file.name.replace(/\.[^.]*$/, "").replace(RANDOM, "")
    );
    const options = { numeric: true, sensitivity: "base" };
    return (
        one.localeCompare(other, undefined, options) ||
        a.taken - b.taken ||
        a.file.lastModified - b.file.lastModified
    );
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
        return _t(
            "The file is empty. Download or scan the document again, or take a new photo, and attach the new file."
        );
    }
    if (kind === "heic") {
        return _t(
            "HEIC photos cannot be read. Save the photo as JPG and attach that. On an iPhone, you can also choose Settings > Camera > Formats > Most Compatible and take it again."
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
        return _t(
            "You chose more than %s files. Attach only what is asked for, or scan all pages into one PDF.",
            count
        );
    }
    if (files.reduce((size, file) => size + file.size, 0) > bytes) {
        return getTooMuchSentence();
    }
    return "";
}
