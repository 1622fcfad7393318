/** A real Chromium with the extension loaded as a person loads it: unpacked, with the rights its manifest asks for. */

import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
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
  readonly locale?: string;
  /** The browser's clock is off by this: `-1h`. */
  readonly clock?: string;
}

/** What `faketime` (https://github.com/wolfcw/libfaketime) sets for a program; timers keep their own clock. */
function wrongClock(by: string): Record<string, string> {
  const { stdout, error } = spawnSync("faketime", ["-f", by, "printenv", "LD_PRELOAD"], { encoding: "utf8" });
  if (error !== undefined) throw error;
  return { LD_PRELOAD: stdout.trim(), FAKETIME: by, FAKETIME_DONT_FAKE_MONOTONIC: "1" };
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
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    headless: false,
    ...(options.clock === undefined ? {} : { env: { ...environment(), ...wrongClock(options.clock) } }),
    locale: options.locale ?? "en-US",
    viewport: options.window === true ? null : { width: 1280, height: 900 },
    args: [
      ...ARGS,
      ...(options.window === true ? ["--window-size=1280,900", "--window-position=0,0"] : ["--headless=new"]),
      `--lang=${options.locale ?? "en-US"}`,
      `--disable-extensions-except=${EXTENSION_DIR}`,
      `--load-extension=${EXTENSION_DIR}`,
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

function environment(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
