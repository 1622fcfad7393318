/** Pill and panel stay within reach, whatever a page lays over itself. */
import { build } from "esbuild";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), "..", "..");
const CODE = `import { openSurface } from "./src/content/surface.ts"; import { watch } from "./src/content/watch.ts"; import { mountPanel } from "./src/ui/panel.ts";
globalThis.seen = []; const surface = globalThis.surface = openSurface({ document, locale: () => "en", act: (action) => seen.push(action.do), toggled: (open) => seen.push(open ? "opened" : "closed"), readMoney: () => ({ unsure: "no_amount" }), fetchPanel: () => surface.panelCode(mountPanel) });
watch(window, () => surface.element, () => surface.stay());
surface.pill({ amountMsat: 496758000, total: null, tone: "offer" }); surface.view({ store: { host: "shop.example", name: "Shop" }, server: null, stage: { kind: "no_checkout" } });`;

let browser: Browser;
let page: Page;
let script: string;
beforeAll(async () => {
  const made = await build({ stdin: { contents: CODE, resolveDir: ROOT, loader: "ts" }, bundle: true, format: "iife", write: false, target: "es2022" });
  script = made.outputFiles[0]?.text ?? "";
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--headless=new", "--disable-gpu"] });
});
afterAll(() => browser.close());

async function show(body: string): Promise<void> {
  await page?.context().close();
  page = await browser.newPage({ viewport: { width: 900, height: 600 } });
  await page.setContent(`<!doctype html><html lang="en"><body style="height:3000px">${body}</body></html>`);
  await page.evaluate(script);
}

const seen = (): Promise<string[]> => page.evaluate(() => (globalThis as unknown as { seen: string[] }).seen);
const atCorner = (): Promise<string | undefined> => page.evaluate(() => document.elementFromPoint(innerWidth - 60, innerHeight - 38)?.localName);

async function isWithinReach(): Promise<void> {
  await expect.poll(atCorner).toBe("anytill-panel");
  await page.mouse.click(900 - 60, 600 - 38);
  await expect.poll(seen).toEqual(["opened"]);
  // The panel's head with its closing button is in the window.
  await page.keyboard.press("Escape");
  await expect.poll(seen).toEqual(["opened", "closed"]);
}

it.each([
  ["a plain page", ""],
  ["a page that moves its root", "<style>html{transform:translateX(0);height:3000px}</style>"],
  ["a page that lays itself over everything", '<div style="position:fixed;inset:0;z-index:2147483647;background:#fff"></div>'],
  ["a page in a modal dialog", '<dialog id="d">Checkout</dialog><script>document.querySelector("#d").showModal()</script>'],
  ["a page that hides and restyles it", "<style>anytill-panel{display:none!important;opacity:0!important;transform:scale(0)!important}</style>"],
])("in %s", async (_, body) => {
  await show(body);
  await isWithinReach();
});

it("goes into a modal dialog that opens later, and out of it when it closes", async () => {
  await show('<dialog id="d">Checkout</dialog>');
  await page.evaluate(() => document.querySelector<HTMLDialogElement>("#d")?.showModal());
  await expect.poll(() => page.evaluate(() => document.querySelector("#d anytill-panel") !== null)).toBe(true);
  await isWithinReach();
  await page.evaluate(() => document.querySelector<HTMLDialogElement>("#d")?.close());
  await expect.poll(() => page.evaluate(() => document.querySelector("html > anytill-panel") !== null)).toBe(true);
  await expect.poll(atCorner).toBe("anytill-panel");
});

it("the keyboard comes back into the panel after the page's fields were filled", async () => {
  await show('<input id="n">');
  await page.mouse.click(900 - 60, 600 - 38);
  await expect.poll(seen).toEqual(["opened"]);
  const where = await page.evaluate(() => {
    const { surface } = globalThis as unknown as { surface: { holdFocus(): () => void } };
    const back = surface.holdFocus();
    document.querySelector<HTMLInputElement>("#n")?.focus();
    document.querySelector<HTMLInputElement>("#n")?.blur();
    back();
    return document.activeElement?.localName;
  });
  expect(where).toBe("anytill-panel");
});
