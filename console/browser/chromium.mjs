// Debian's Chromium, and pages in it that notice whatever a browser complains about.

import { chromium } from "playwright-core";

/** As long as a whole test may wait for one thing, ms. Nothing here asserts that something is fast. */
export const PATIENCE_MS = Number(process.env["PATIENCE_MS"] ?? 120_000);
/** A person's window, px. */
export const WINDOW = { width: 1280, height: 800 };

export function launch() {
  return chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
}

/**
 * What a browser complains about: errors on its console (refused by the content security policy among them), exceptions
 * that nobody caught, and requests to any other host than the hub.
 */
export class Complaints {
  /** @type {string[]} */
  #heard = [];
  /** @type {RegExp[]} */
  #expected = [];

  /** @param {string} url the hub's */
  constructor(url) {
    this.host = new URL(url).host;
  }

  /** @param {import("playwright-core").BrowserContext} context */
  async listen(context) {
    // Said aloud, for a browser keeps quiet about some of them.
    await context.addInitScript(() =>
      document.addEventListener("securitypolicyviolation", (event) =>
        console.error(`policy: ${event.effectiveDirective} refuses ${event.blockedURI}`),
      ),
    );
    context.on("weberror", (error) => this.#heard.push(`uncaught: ${error.error().stack}`));
    context.on("console", (message) => {
      if (message.type() === "error") this.#hear(`${message.text()} (${message.location().url})`);
    });
    context.on("request", (request) => {
      const url = new URL(request.url());
      if (!["data:", "blob:"].includes(url.protocol) && url.host !== this.host) {
        this.#heard.push(`a request to another host: ${url.href}`);
      }
    });
  }

  /**
   * From now on this is no surprise, such as a 401 with a wrong token.
   * @param {RegExp} pattern
   */
  expect(pattern) {
    this.#expected.push(pattern);
  }

  /** @param {string} text */
  #hear(text) {
    if (!this.#expected.some((pattern) => pattern.test(text))) this.#heard.push(text);
  }

  assertNone() {
    if (this.#heard.length > 0) throw new Error(`the browser complains:\n${this.#heard.join("\n")}`);
  }
}

/**
 * A browser of somebody's own: no token, no past. `options` are the context's.
 * @param {import("playwright-core").Browser} browser
 * @param {Complaints} complaints
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
export async function person(browser, complaints, options = {}) {
  const context = await browser.newContext({
    viewport: WINDOW,
    locale: "zh-CN",
    timezoneId: "Asia/Shanghai",
    ...options,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  await complaints.listen(context);
  if (process.env["CONSOLE_DIST"] !== undefined)
    await serve(context, process.env["CONSOLE_DIST"], complaints.host);
  return context;
}

/**
 * The console of this folder instead of the one in the hub, which spares those who work on the console a build of the
 * hub. The hub's headers stay, its content security policy among them.
 * @param {import("playwright-core").BrowserContext} context
 * @param {string} folder
 * @param {string} host
 */
async function serve(context, folder, host) {
  const isFile = (/** @type {URL} */ url) => url.host === host && /^\/($|assets\/)/.test(url.pathname);
  await context.route(isFile, async (route) => {
    const { pathname } = new URL(route.request().url());
    const { headers } = await fetch(`http://${host}/`);
    const policy = headers.get("content-security-policy") ?? "default-src 'none'";
    const path = `${folder}${pathname === "/" ? "/index.html" : pathname}`;
    await route.fulfill({ path, headers: { "content-security-policy": policy } });
  });
}

/**
 * Waits until `look` gives something that is not false, null or undefined.
 * @template Found
 * @param {string} what
 * @param {() => Promise<Found>} look
 */
export async function until(what, look) {
  const begun = Date.now();
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() - begun > PATIENCE_MS) throw new Error(`waited in vain: ${what}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}
