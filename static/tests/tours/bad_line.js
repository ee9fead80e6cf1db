/** A line that can be bad: what is sent to some addresses does not arrive, or its answer does not. */
const { open, send, setRequestHeader } = XMLHttpRequest.prototype;
let bad = null;

/**
 * @param {"offline"|"lost"|"502"} kind what goes wrong
 * @param {RegExp} pattern of the addresses; all others are reached
 */
export function breakLine(kind, pattern = /./) {
    bad = { kind, pattern };
}

export function mendLine() {
    bad = null;
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
        if (kind === "offline") {
            return answer("error");
        }
        if (kind === "502") {
            Object.defineProperties(this, {
                status: { value: 502 },
                response: { value: this.responseType === "json" ? null : "<h1>Bad Gateway</h1>" },
                responseURL: { value: new URL(this.sentTo.url, window.location.href).href },
            });
            return answer("load");
        }
        const other = new XMLHttpRequest();
        open.call(other, this.sentTo.method, this.sentTo.url);
        this.sentWith.forEach((header) => setRequestHeader.apply(other, header));
        other.addEventListener("load", () => answer("error"));
        send.call(other, body);
    },
});
