// Opens Firefox by WebDriver BiDi and WebKitGTK by WebDriver, as Debian packages them: both are driven by the same
// few methods.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FIREFOX = "/usr/bin/firefox-esr";
const WEBKIT = "/usr/bin/WebKitWebDriver";
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf"; // by the specification of WebDriver
const TIMEOUT = 60000;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Asks until there is an answer. */
async function poll(ask, what) {
    for (const start = Date.now(); Date.now() - start < TIMEOUT; await pause(200)) {
        const answer = await ask();
        if (answer) {
            return answer;
        }
    }
    throw new Error(`timeout: ${what}`);
}

function findPort() {
    return new Promise((resolve) => {
        const server = createServer().listen(0, "127.0.0.1", () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });
}

/** A browser with one page. */
class Browser {
    processes = [];
    folder = mkdtempSync(join(tmpdir(), "browser-"));

    start(command, args, environment = {}) {
        const env = { ...process.env, ...environment };
        const child = spawn(command, args, { env, stdio: "ignore" });
        this.processes.push(child);
    }

    async close() {
        await this.leave().catch(() => {});
        for (const child of this.processes.toReversed()) {
            const ended = new Promise((resolve) => child.once("exit", resolve));
            child.kill();
            await Promise.race([ended, pause(5000)]);
        }
        rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
    }

    /** Waits for what a selector finds, such as after a click that leads to another page. */
    wait(selector) {
        return this.until((text) => Boolean(document.querySelector(text)), selector, selector);
    }

    /** Waits for what a function says of the page; meanwhile there may be none. */
    until(isSo, what, ...args) {
        return poll(() => this.run(isSo, ...args).catch(() => false), what);
    }

    async click(selector) {
        await this.wait(selector);
        await this.run((text) => {
            const found = [...document.querySelectorAll(text)];
            const shown = found.find((el) => el.checkVisibility()) || found[0];
            shown.focus();
            shown.click();
        }, selector);
    }

    async fill(selector, value) {
        await this.wait(selector);
        await this.run(
            (text, typed) => {
                const el = document.querySelector(text);
                el.focus();
                el.value = typed;
                el.dispatchEvent(new Event("input", { bubbles: true }));
                el.dispatchEvent(new Event("change", { bubbles: true }));
            },
            selector,
            value
        );
    }
}

export class Firefox extends Browser {
    static path = FIREFOX;
    waiting = new Map();

    static async open() {
        const browser = new Firefox();
        const port = await findPort();
        browser.start(FIREFOX, [
            "--headless",
            "--no-remote",
            "--profile",
            browser.folder,
            "--remote-debugging-port",
            String(port),
        ]);
        const connect = () =>
            new Promise((resolve) => {
                const socket = new WebSocket(`ws://127.0.0.1:${port}/session`);
                socket.addEventListener("open", () => resolve(socket));
                socket.addEventListener("error", () => resolve(null));
            });
        browser.socket = await poll(connect, "Firefox");
        browser.socket.addEventListener("message", ({ data }) => {
            const { id, result, error, message } = JSON.parse(data);
            browser.waiting.get(id)?.({ result, error: error && `${error}: ${message}` });
        });
        await browser.call("session.new", { capabilities: {} });
        const { contexts } = await browser.call("browsingContext.getTree", {});
        browser.context = contexts[0].context;
        return browser;
    }

    async call(method, params) {
        const id = this.waiting.size + 1;
        const answered = new Promise((resolve) => this.waiting.set(id, resolve));
        this.socket.send(JSON.stringify({ id, method, params }));
        const late = pause(TIMEOUT).then(() => ({ error: `timeout: ${method}` }));
        const { result, error } = await Promise.race([answered, late]);
        if (error) {
            throw new Error(error);
        }
        return result;
    }

    goTo(url) {
        return this.call("browsingContext.navigate", {
            context: this.context,
            url,
            wait: "complete",
        });
    }

    async evaluate(expression, isHandle = false) {
        const { result, exceptionDetails } = await this.call("script.evaluate", {
            expression,
            target: { context: this.context },
            awaitPromise: true,
            resultOwnership: isHandle ? "root" : "none",
        });
        if (exceptionDetails) {
            throw new Error(exceptionDetails.text);
        }
        return result;
    }

    async run(body, ...args) {
        const { value } = await this.evaluate(
            `Promise.resolve((${body})(...${JSON.stringify(args)})).then((value) => JSON.stringify(value ?? null))`
        );
        return JSON.parse(value);
    }

    async attach(selector, paths) {
        await this.wait(selector);
        const found = `document.querySelector(${JSON.stringify(selector)})`;
        const { sharedId } = await this.evaluate(found, true);
        const element = { sharedId };
        await this.call("input.setFiles", { context: this.context, element, files: paths });
    }

    resize(width, height) {
        const viewport = { width, height };
        return this.call("browsingContext.setViewport", { context: this.context, viewport });
    }

    async capture() {
        const { data } = await this.call("browsingContext.captureScreenshot", {
            context: this.context,
        });
        return Buffer.from(data, "base64");
    }

    leave() {
        return Promise.race([this.call("browser.close", {}), pause(2000)]);
    }
}

export class WebKit extends Browser {
    static path = WEBKIT;

    static async open() {
        const browser = new WebKit();
        const display = `:${100 + (process.pid % 400)}`;
        browser.start("Xvfb", [display, "-screen", "0", "1600x1200x24", "-nolisten", "tcp"]);
        const port = await findPort();
        browser.start(WEBKIT, [`--port=${port}`], {
            DISPLAY: display,
            // In a container there are no name spaces to build its sandbox of.
            WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1",
            XDG_CACHE_HOME: browser.folder,
            XDG_DATA_HOME: browser.folder,
        });
        browser.address = `http://127.0.0.1:${port}`;
        const options = { "webkitgtk:browserOptions": { args: ["--automation"] } };
        const begin = () =>
            browser
                .call("POST", "/session", { capabilities: { alwaysMatch: options } })
                .catch(() => null);
        const { sessionId } = await poll(begin, "WebKit");
        browser.address += `/session/${sessionId}`;
        return browser;
    }

    async call(method, path, body) {
        const response = await fetch(this.address + path, {
            method,
            body: body && JSON.stringify(body),
            signal: AbortSignal.timeout(TIMEOUT),
        });
        const { value } = await response.json();
        if (value?.error) {
            throw new Error(`${value.error}: ${value.message}`);
        }
        return value;
    }

    goTo(url) {
        return this.call("POST", "/url", { url });
    }

    run(body, ...args) {
        const script = `return (${body})(...arguments)`;
        return this.call("POST", "/execute/sync", { script, args });
    }

    async attach(selector, paths) {
        await this.wait(selector);
        const found = await this.call("POST", "/element", {
            using: "css selector",
            value: selector,
        });
        await this.call("POST", `/element/${found[ELEMENT]}/value`, { text: paths.join("\n") });
    }

    resize(width, height) {
        return this.call("POST", "/window/rect", { width, height });
    }

    async capture() {
        return Buffer.from(await this.call("GET", "/screenshot"), "base64");
    }

    leave() {
        return this.call("DELETE", "");
    }
}
