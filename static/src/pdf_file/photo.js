// EXIF: what a camera notes, as entries of 12 bytes in directories; see CIPA DC-008.
const EXIF = 0x45786966; // the letters
const EXIF_DIRECTORY = 0x8769;
// The time of the shot, of its digital copy, and of its last change.
const TIMES = [0x9003, 0x9004, 0x0132];
const HEAD = 128 * 1024; // bytes, twice the largest segment of a JPEG

/**
 * @param {Blob} file
 * @returns {Promise<number>} when a photo was taken, in milliseconds by the clock of its camera; 0 where
 * it does not say
 */
export async function readTimeTaken(file) {
    try {
        return findTime(new DataView(await file.slice(0, HEAD).arrayBuffer()));
    } catch (error) {
        if (error instanceof RangeError) {
            return 0; // an offset that leads out of the file
        }
        throw error;
    }
}

function findTime(data) {
    for (let start = 2; data.getUint8(start) === 0xff; start += 2 + data.getUint16(start + 2)) {
        if (data.getUint8(start + 1) === 0xe1 && data.getUint32(start + 4) === EXIF) {
            return findTimeInExif(new DataView(data.buffer, start + 10));
        }
    }
    return 0;
}

function findTimeInExif(data) {
    const isLittle = data.getUint16(0) === 0x4949;
    const first = readDirectory(data, data.getUint32(4, isLittle), isLittle);
    const second = first[EXIF_DIRECTORY] && readDirectory(data, first[EXIF_DIRECTORY], isLittle);
    const entries = { ...first, ...second };
    const time = TIMES.map((tag) => entries[tag] && parseTime(data, entries[tag])).find(Boolean);
    return time || 0;
}

/** Returns the values of a directory's entries by their tags; a text is where it stands. */
function readDirectory(data, start, isLittle) {
    const entries = {};
    for (let index = 0; index < data.getUint16(start, isLittle); index++) {
        const entry = start + 2 + 12 * index;
        entries[data.getUint16(entry, isLittle)] = data.getUint32(entry + 8, isLittle);
    }
    return entries;
}

/** Reads `2026:03:02 10:15:00`. Cameras whose clock was never set write zeros or blanks. */
function parseTime(data, start) {
    const text = Array.from({ length: 19 }, (_, index) =>
        String.fromCharCode(data.getUint8(start + index))
    ).join("");
    const [year, month, ...rest] = (text.match(/\d+/g) || []).map(Number);
    return year && new Date(year, month - 1, ...rest).getTime();
}

/**
 * Makes a JPEG of a HEIC photo where the browser itself reads that format, as Apple's do.
 *
 * @param {File} file
 * @returns {Promise<File|null>}
 */
export async function makeJpeg(file) {
    try {
        const picture = await createImageBitmap(file);
        const { width, height } = picture;
        const canvas = Object.assign(document.createElement("canvas"), { width, height });
        canvas.getContext("2d").drawImage(picture, 0, 0);
        picture.close();
        const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
        const name = file.name.replace(/\.[^.]*$/, ".jpg");
        return blob && new File([blob], name, { lastModified: file.lastModified });
    } catch {
        return null;
    }
}
