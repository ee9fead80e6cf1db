// EXIF: what a camera notes, as entries of 12 bytes in directories; see CIPA DC-008.
const EXIF = 0x45786966; // the letters
const EXIF_DIRECTORY = 0x8769;
// The time of the shot, of its digital copy, and of its last change.
const TIMES = [0x9003, 0x9004, 0x0132];
// Of a sheet of A4, 190 dots per inch: enough for small print.
const MAX_SIDE = 2200; // pixels
const QUALITY = 0.85;
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
 * Makes a photo small enough to upload ten of them, upright, as its camera notes it. One at a time: a photo of 12
 * megapixels takes 48 MB of memory.
 *
 * @param {File} file
 * @param {boolean} isAlways whether a JPEG is made of a smaller one, too, because the server cannot read it
 * @returns {Promise<File|null>} a JPEG; nothing where the browser cannot make one, or has no reason to
 */
export async function makeJpeg(file, isAlways = false) {
    if (!canReadCanvas()) {
        return null;
    }
    const canvas = document.createElement("canvas");
    try {
        const picture = await readPicture(file);
        const { width, height } = picture;
        const ratio = Math.min(1, MAX_SIDE / Math.max(width, height));
        if (ratio === 1 && !isAlways) {
            return null;
        }
        canvas.width = Math.round(width * ratio);
        canvas.height = Math.round(height * ratio);
        const context = canvas.getContext("2d");
        // What is transparent is paper.
        context.fillStyle = "white";
        context.fillRect(0, 0, canvas.width, canvas.height);
        context.imageSmoothingQuality = "high";
        context.drawImage(picture, 0, 0, canvas.width, canvas.height);
        picture.close?.();
        const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
        const name = file.name.replace(/\.[^.]*$/, ".jpg");
        const isBetter = isAlways || blob?.size < file.size;
        return isBetter && blob
            ? new File([blob], name, { lastModified: file.lastModified })
            : null;
    } catch {
        return null;
    } finally {
        canvas.width = canvas.height = 0; // releases the memory at once on a telephone
    }
}

/** Reads a picture as the browser shows it, and else as its canvas reads it. */
async function readPicture(file) {
    const image = new Image();
    image.src = URL.createObjectURL(file);
    try {
        await image.decode();
        return image;
    } catch {
        return createImageBitmap(file);
    } finally {
        URL.revokeObjectURL(image.src);
    }
}

/** Some browsers give out noise instead of what was drawn, against those who recognise visitors by it. */
function canReadCanvas() {
    const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    context.fillStyle = "#c08040";
    context.fillRect(0, 0, 4, 4);
    const { data } = context.getImageData(0, 0, 4, 4);
    const drawn = [0xc0, 0x80, 0x40, 0xff];
    return data.every((value, index) => Math.abs(value - drawn[index % 4]) < 8);
}
