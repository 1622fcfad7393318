/** A real Chromium with the extension loaded as a person loads it: unpacked, with the rights its manifest asks for. */

import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page, type Worker } from "playwright-core";

export const EXTENSION_DIR = new URL("../dist/chromium", import.meta.url).pathname;

export interface Browser {
  readonly context: BrowserContext;
  readonly extensionId: string;
  worker(): Promise<Worker>;
  /** A page of the extension: `app.html#/pair`. */
  open(path: string): Promise<Page>;
  /** Closes the browser and keeps its profile, for a start with the same one. */
  close(): Promise<void>;
  /** Closes it for good. */
  remove(): Promise<void>;
  readonly profile: string;
}

export interface BrowserOptions {
  readonly profile?: string;
  /** A window on a screen, for what only a person can press. */
  readonly window?: boolean;
  /** The X display for it; else the one of the environment. */
  readonly display?: string;
  readonly locale?: string;
  /** The extension sees a clock that is off by so much. */
  readonly clockOffMs?: number;
  /** The browser was asked before whether the extension may notify, and said yes: its question is none that a test can read. */
  readonly notifies?: boolean;
}

/** The extension as built, with the clock of every one of its scripts put wrong: a browser started under one does not come up. */
async function withClock(profile: string, offMs: number): Promise<string> {
  const folder = join(profile, "extension");
  await cp(EXTENSION_DIR, folder, { recursive: true });
  const wrong = `if (!globalThis.clockIsOff) { globalThis.clockIsOff = true; const Right = Date; globalThis.Date = class extends Right {
    constructor(...given) { if (given.length === 0) super(Right.now() + ${String(offMs)}); else super(...given); }
    static now() { return Right.now() + ${String(offMs)}; } }; }\n`;
  for (const name of await readdir(folder)) {
    if (name.endsWith(".js")) await writeFile(join(folder, name), wrong + (await readFile(join(folder, name), "utf8")));
  }
  return folder;
}

/** The extension as built, with what is asked for later granted at once. */
async function withNotifications(profile: string): Promise<string> {
  const folder = join(profile, "extension");
  await cp(EXTENSION_DIR, folder, { recursive: true });
  const file = join(folder, "manifest.json");
  const manifest = JSON.parse(await readFile(file, "utf8")) as { permissions: string[]; optional_permissions: string[] };
  const { permissions, optional_permissions: optional, ...rest } = manifest;
  await writeFile(file, JSON.stringify({ ...rest, permissions: [...permissions, ...optional] }));
  return folder;
}

async function extensionFor(profile: string, { clockOffMs, notifies }: BrowserOptions): Promise<string> {
  if (notifies === true) return withNotifications(profile);
  return clockOffMs === undefined ? EXTENSION_DIR : withClock(profile, clockOffMs);
}

/** Keeps the browser from calling home, and from refusing an unpacked extension on its command line. */
const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-features=DisableLoadExtensionCommandLineSwitch,Translate,MediaRouter",
];

export async function openChromium(options: BrowserOptions = {}): Promise<Browser> {
  const profile = options.profile ?? (await mkdtemp(join(tmpdir(), "anytill-browser-")));
  if (options.window === true && options.profile === undefined) await pin(profile);
  const extension = await extensionFor(profile, options);
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    headless: false,
    ...(options.display === undefined ? {} : { env: { ...process.env, DISPLAY: options.display } }),
    locale: options.locale ?? "en-US",
    viewport: options.window === true ? null : { width: 1280, height: 900 },
    args: [
      ...ARGS,
      ...(options.window === true ? ["--window-size=1280,900", "--window-position=0,0"] : ["--headless=new"]),
      `--lang=${options.locale ?? "en-US"}`,
      `--disable-extensions-except=${extension}`,
      `--load-extension=${extension}`,
    ],
  });
  const worker = async (): Promise<Worker> => context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"));
  const extensionId = new URL((await worker()).url()).host;
  return {
    context,
    extensionId,
    worker,
    profile,
    async open(path) {
      const page = await context.newPage();
      await page.goto(`chrome-extension://${extensionId}/${path}`);
      return page;
    },
    close: () => context.close(),
    async remove() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/** The extension's button stands in the toolbar, where a shopper pins it. An unpacked extension's name comes from its path. */
async function pin(profile: string): Promise<void> {
  const hash = createHash("sha256").update(EXTENSION_DIR).digest("hex").slice(0, 32);
  const id = [...hash].map((digit) => String.fromCharCode(97 + Number.parseInt(digit, 16))).join("");
  await mkdir(join(profile, "Default"), { recursive: true });
  await writeFile(join(profile, "Default", "Preferences"), JSON.stringify({ extensions: { pinned_extensions: [id] } }));
}
