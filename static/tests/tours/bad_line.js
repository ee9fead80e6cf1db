/** A line that can be bad: what is sent to some addresses does not arrive, or its answer does not. */
const { open, send, setRequestHeader } = XMLHttpRequest.prototype;
let bad = null;
const late = [];

/**
 * @param {"offline"|"lost"|"502"|"slow"} kind what goes wrong; a slow answer comes when the line is mended
 * @param {RegExp} pattern of the addresses; all others are reached
 */
export function breakLine(kind, pattern = /./) {
    bad = { kind, pattern };
}

export function mendLine() {
    bad = null;
    late.splice(0).forEach((answer) => answer());
}

/** Waits until a slow answer waits. */
export async function waitForLate() {
    while (!late.length) {
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

/** Ends the session, as an administrator does, or the hours without a click. */
export async function endSession() {
    await fetch("/web/session/logout?redirect=/web/login");
}

Object.assign(XMLHttpRequest.prototype, {
    open(method, url) {
        Object.assign(this, { sentTo: { method, url: String(url) }, sentWith: [] });
        return open.apply(this, arguments);
    },
    setRequestHeader(...header) {
        this.sentWith.push(header);
        return setRequestHeader.apply(this, header);
    },
    send(body) {
        if (!bad?.pattern.test(this.sentTo.url)) {
            return send.call(this, body);
        }
        const { kind } = bad;
        const answer = (type) => setTimeout(() => this.dispatchEvent(new ProgressEvent(type)));
        const pretend = (values) =>
            Object.defineProperties(
                this,
                Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]))
            );
        if (kind === "offline") {
            return answer("error");
        }
        if (kind === "502") {
            pretend({
                status: 502,
                response: this.responseType === "json" ? null : "<h1>Bad Gateway</h1>",
                responseURL: new URL(this.sentTo.url, window.location.href).href,
            });
            return answer("load");
        }
        const other = new XMLHttpRequest();
        open.call(other, this.sentTo.method, this.sentTo.url);
        this.sentWith.forEach((header) => setRequestHeader.apply(other, header));
        other.responseType = this.responseType;
        other.addEventListener("load", () => {
            if (kind === "lost") {
                return answer("error");
            }
            const { status, response, responseURL } = other;
            late.push(() => {
                pretend({ status, response, responseURL });
                answer("load");
            });
        });
        send.call(other, body);
    },
});
