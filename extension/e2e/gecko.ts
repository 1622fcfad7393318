/** Firefox by its own driver: the few calls of W3C WebDriver that a purchase needs, and Mozilla's two for extensions. */

import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";

export interface Gecko {
  installAddon(path: string): Promise<void>;
  /** Opens an address in the current tab, one of the extension's own too. */
  open(url: string): Promise<void>;
  newTab(): Promise<string>;
  toTab(handle: string): Promise<void>;
  tab(): Promise<string>;
  /** Runs in the page; the last argument is called with the answer. */
  runAsync(script: string, ...args: readonly unknown[]): Promise<unknown>;
  /** A press of the mouse, as the browser sees one of a person. */
  click(x: number, y: number): Promise<void>;
  screenshot(): Promise<Buffer>;
  stop(): Promise<void>;
}

const START_MS_MAX = 30_000;
const CALL_MS_MAX = 60_000;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function until<T>(look: () => Promise<T>, withinMs: number): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

export async function startFirefox(driver: string, firefox: string, prefs: Readonly<Record<string, unknown>>): Promise<Gecko> {
  const port = await freePort();
  // The extension's own pages are opened from the browser's side: a driver may not go there from a page.
  const child = spawn(driver, ["--port", String(port), "--allow-system-access"], { stdio: "ignore" });
  const base = `http://127.0.0.1:${port}`;
  await until(() => call(base, "GET", "/status"), START_MS_MAX);
  const alwaysMatch = { browserName: "firefox", acceptInsecureCerts: true, "moz:firefoxOptions": { binary: firefox, args: ["-headless", "-width", "1280", "-height", "900"], prefs } };
  const { sessionId } = (await call(base, "POST", "/session", { capabilities: { alwaysMatch } })) as { sessionId: string };
  return session(`${base}/session/${sessionId}`, child);
}

function session(base: string, child: ChildProcess): Gecko {
  const post = (path: string, body: object): Promise<unknown> => call(base, "POST", path, body);
  return {
    installAddon: async (path) => void (await post("/moz/addon/install", { path, temporary: true })),
    async open(url) {
      if (!url.startsWith("moz-extension:")) return void (await post("/url", { url }));
      const load = "gBrowser.fixupAndLoadURIString(arguments[0], { triggeringPrincipal: Services.scriptSecurityManager.getSystemPrincipal() })";
      await post("/moz/context", { context: "chrome" });
      await post("/execute/sync", { script: load, args: [url] });
      await post("/moz/context", { context: "content" });
      await until(async () => {
        if (((await call(base, "GET", "/url")) as string) !== url) throw new Error(`${url} did not open`);
      }, START_MS_MAX);
    },
    newTab: async () => ((await post("/window/new", { type: "tab" })) as { handle: string }).handle,
    toTab: async (handle) => void (await post("/window", { handle })),
    tab: async () => (await call(base, "GET", "/window")) as string,
    runAsync: (script, ...args) => post("/execute/async", { script, args }),
    async click(x, y) {
      const move = { type: "pointerMove", duration: 0, x, y, origin: "viewport" };
      const actions = [move, { type: "pointerDown", button: 0 }, { type: "pointerUp", button: 0 }];
      await post("/actions", { actions: [{ type: "pointer", id: "mouse", parameters: { pointerType: "mouse" }, actions }] });
    },
    screenshot: async () => Buffer.from((await call(base, "GET", "/screenshot")) as string, "base64"),
    async stop() {
      await call(base, "DELETE", "").catch(() => null);
      child.kill();
    },
  };
}

async function call(base: string, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(base + path, {
    method,
    signal: AbortSignal.timeout(CALL_MS_MAX),
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  const { value } = (await response.json()) as { value: unknown };
  if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(value).slice(0, 400)}`);
  return value;
}
