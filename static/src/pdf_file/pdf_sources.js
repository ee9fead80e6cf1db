import { _t } from "@web/core/l10n/translation";

import { getKind, getTooMuchSentence, isOnePicture, LIMITS } from "./pdf_conversion";
import { makeJpeg, readTimeTaken } from "./photo";

// In names that telephones and messengers make up, this says nothing of an order.
const RANDOM = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}/gi;

let lastId = 0;

/**
 * Checks the chosen files, makes photos smaller, and refuses what the server would refuse for its kind or size.
 *
 * @param {File[]} files
 * @param {{id: number, file: File, kind: string, taken: number}[]} former sources, after which these
 * are further pages
 * @param {(number: number) => void} onRead called with the number of the file that is read, from 1
 * @returns {Promise<{refusal: string, sources: object[]}>} a sentence, or the files to make a PDF
 * from
 */
export async function readSources(files, former, onRead) {
    const sources = [];
    if (former.length + files.length > LIMITS.input.files) {
        return { refusal: getTooManySentence() };
    }
    for (const [index, file] of files.entries()) {
        onRead(index + 1);
        const source = await readSource(file);
        const refusal = refuse(source.file, source.kind);
        if (refusal) {
            return { refusal: files.length > 1 ? `${file.name}: ${refusal}` : refusal };
        }
        sources.push(source);
    }
    sources.sort(compareSources);
    const all = [...former, ...sources];
    const size = all.reduce((total, source) => total + source.file.size, 0);
    return { refusal: size > LIMITS.input.bytes ? getTooMuchSentence(all) : "", sources: all };
}

async function readSource(file) {
    const kind = await getKind(file);
    const isHeic = kind === "heic";
    const jpeg = (isHeic || (await isOnePicture(file))) && (await makeJpeg(file, isHeic));
    return {
        id: ++lastId,
        file: jpeg || file,
        kind: jpeg ? "photo" : kind,
        taken: (kind === "photo" && (await readTimeTaken(file))) || file.lastModified,
    };
}

/** Says how far the reading of the files has come; see `readSources`. */
export function getReadingSentence(number, count) {
    return count === 1
        ? _t("Preparing the file…")
        : _t("Preparing file %(number)s of %(count)s…", { number, count });
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

function getTooManySentence() {
    return _t(
        "You chose more than %s files. Attach only what is asked for, or scan all pages into one PDF.",
        LIMITS.input.files
    );
}
