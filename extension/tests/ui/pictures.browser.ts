/** Every state as a picture. `UPDATE_PICTURES=1` takes them anew; look at each before it is kept. */
import { mkdirSync, readFileSync, writeFileSync, existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import pixelmatch from "pixelmatch";
import type { Locator, Page } from "playwright-core";
import { PNG } from "pngjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawStage, openChromium, openPage, showCode, wear, type Look, type Opened } from "./chromium.ts";
import { STAGE_NAMES, type StageName } from "./fixtures.ts";
import { PAGE_NAMES, type PageName } from "./pages-fixtures.ts";

const here = path.dirname(fileURLToPath(import.meta.url));
const kept = path.join(here, "pictures");
const failed = path.join(here, "..", "..", "dist", "pictures");
const update = process.env["UPDATE_PICTURES"] === "1";

/** Of one channel, 0 to 1: less is the noise of drawing glyphs. */
const CHANNEL_TOLERANCE = 0.12;
/** Pixels that may differ, of a thousand. */
const PIXELS_PER_MILLE = 1;

const wide = (locale: string, scheme: Look["scheme"]): Look => ({ locale, scheme, width: 480 });
const narrow = (locale: string, scheme: Look["scheme"]): Look => ({ locale, scheme, width: 320 });
const EN = wide("en", "light");

/** All in English; each other language, the dark and the narrow window on those that differ most. */
const OTHERS: readonly (readonly [StageName, Look])[] = [
  ...(["offer_ways", "gift_filled", "pay", "held", "card_filled_missing", "challenge", "confirm_funds", "pay_wallet_unknown", "done_owed", "untrusted"] as const).map((name) => [name, wide("de", "dark")] as const),
  ...(["offer_card_first", "gift_ready", "pay_gift", "pay_reveal", "pay_wallet_refused", "card_permission", "challenged_reject", "second_factor_wrong", "ended_returned"] as const).map((name) => [name, narrow("es", "light")] as const),
  ...(["pay", "confirm_nothing", "card_filled", "challenge", "funds_under_way", "gift_copy", "pay_wallet_waiting", "not_served_currency"] as const).map((name) => [name, narrow("zh-CN", "dark")] as const),
];
const PAGE_EN: Look = { locale: "en", scheme: "light", width: 900 };
const PAGE_OTHERS: readonly (readonly [PageName, Look])[] = [
  ["home_half", { locale: "de", scheme: "dark", width: 900 }],
  ["linked", { locale: "de", scheme: "dark", width: 320 }],
  ["refunds", { locale: "es", scheme: "dark", width: 320 }],
  ["refunds_chain", { locale: "de", scheme: "light", width: 320 }],
  ["newcomer", { locale: "zh-CN", scheme: "dark", width: 320 }],
  ["history", { locale: "zh-CN", scheme: "light", width: 320 }],
  ["popup", { locale: "de", scheme: "dark", width: 356 }],
  ["wallet_none", { locale: "de", scheme: "dark", width: 900 }],
  ["wallet", { locale: "zh-CN", scheme: "dark", width: 320 }],
  ["pay", { locale: "es", scheme: "light", width: 320 }],
];

/** Fewer shades and no alpha: half the size, and no eye sees it. */
function small(taken: Buffer): Buffer {
  const picture = PNG.sync.read(taken);
  for (let at = 0; at < picture.data.length; at += 1) {
    if (at % 4 !== 3) picture.data[at] = Math.floor(((picture.data[at] ?? 0) >> 3) * (255 / 31));
  }
  return PNG.sync.write(picture, { colorType: 2, deflateLevel: 9, deflateStrategy: 0, filterType: 0 });
}

const seen = new Set<string>();

async function compare(target: Locator | Page, name: string): Promise<void> {
  seen.add(`${name}.png`);
  const taken = await target.screenshot({ animations: "disabled", caret: "hide" });
  const file = path.join(kept, `${name}.png`);
  if (update) return writeFileSync(file, small(taken));
  expect(existsSync(file), `there is no picture ${name}.png: UPDATE_PICTURES=1 takes it`).toBe(true);
  const want = PNG.sync.read(readFileSync(file));
  const got = PNG.sync.read(taken);
  const same = want.width === got.width && want.height === got.height;
  const diff = new PNG({ width: want.width, height: want.height });
  const differing = same ? pixelmatch(want.data, got.data, diff.data, want.width, want.height, { threshold: CHANNEL_TOLERANCE }) : Infinity;
  const allowed = Math.floor((want.width * want.height * PIXELS_PER_MILLE) / 1000);
  if (differing > allowed) {
    mkdirSync(failed, { recursive: true });
    writeFileSync(path.join(failed, `${name}.png`), taken);
    if (same) writeFileSync(path.join(failed, `${name}.diff.png`), PNG.sync.write(diff));
  }
  expect(same ? differing : `${got.width}x${got.height} instead of ${want.width}x${want.height}`, `${name}: see dist/pictures`).toBeLessThanOrEqual(allowed);
}

const nameOf = (what: string, look: Look): string => `${what}.${look.locale}.${look.scheme}.${look.width}`;

let opened: Opened;
beforeAll(async () => {
  mkdirSync(kept, { recursive: true });
  opened = await openChromium();
});
afterAll(() => opened.browser.close());

describe("the panel", () => {
  let page: Page;
  beforeAll(async () => {
    page = await opened.page();
    await page.goto(opened.gallery.stage);
  });

  it.each([...STAGE_NAMES.map((name) => [name, EN] as const), ...OTHERS])("%s %o", async (name, look) => {
    await wear(page, look, 1000);
    await drawStage(page, name, look.locale);
    await compare(page.locator(".panel"), nameOf(name, look));
  });

  /** Windows as people have them: what does not fit is rolled, and keeps its size. */
  it.each([["card_copy", 1280, 720], ["card_copy", 1280, 560], ["card_copy", 360, 640], ["card_permission", 1280, 560], ["pay", 1280, 560]] as const)("%s in a window of %d by %d", async (name, width, height) => {
    await wear(page, { ...EN, width }, height);
    await drawStage(page, name, "en");
    await compare(page.locator(".panel"), `${name}.en.light.${width}x${height}`);
  });

  it.each([["pay", EN], ["offer", wide("de", "dark")], ["pay_reveal", narrow("es", "light")], ["offer_by_table", narrow("zh-CN", "dark")]] as const)("%s with its price opened %o", async (name, look) => {
    await wear(page, look, 2000);
    await drawStage(page, name, look.locale);
    await page.locator("[data-key=made]").click();
    await page.mouse.move(0, 0);
    await compare(page.locator(".panel"), nameOf(`${name}_made`, look));
  });

  it.each([EN, wide("de", "dark"), narrow("es", "light"), narrow("zh-CN", "dark")])("the other ways to pay opened %o", async (look) => {
    await wear(page, look, 2600);
    await drawStage(page, "pay_lnurl", look.locale);
    await page.locator("[data-key=ways]").click();
    await page.mouse.move(0, 0);
    await compare(page.locator(".panel"), nameOf("pay_ways", look));
  });

  it.each([["offer"], ["unsure"], ["active"], ["attention"], ["offer", "rough"]] as const)("the pill: %s %s", async (tone, rough?: string) => {
    await wear(page, EN);
    await page.evaluate((view) => {
      (globalThis as unknown as { gallery: { pill(view: unknown, locale: string): void } }).gallery.pill(view, "en");
    }, { amountMsat: 496_758_000, total: null, tone, ...(rough === undefined ? {} : { rough: true }) });
    await compare(page.locator(".pill"), `pill_${rough ?? tone}.en.light`);
  });
});

describe("the pages", () => {
  it.each([...PAGE_NAMES.map((name) => [name, name.startsWith("popup") ? { ...PAGE_EN, width: 356 } : PAGE_EN] as const), ...PAGE_OTHERS])("%s %o", async (name, look) => {
    const page = await opened.page();
    await wear(page, look, 700);
    await openPage(page, opened.gallery.app, name, look.locale);
    await compare(name.startsWith("popup") || look.width < 700 ? page.locator("body") : page.locator("main"), nameOf(name, look));
    await page.context().close();
  });

  it.each([
    ["login", PAGE_EN], ["refunds", PAGE_EN], ["login", { locale: "de", scheme: "dark", width: 320 }], ["refunds", { locale: "zh-CN", scheme: "dark", width: 320 }],
  ] as const)("%s with its code shown %o", async (name, look) => {
    const page = await opened.page();
    await wear(page, look, 700);
    await openPage(page, opened.gallery.app, name, look.locale);
    await showCode(page);
    await compare(look.width < 700 ? page.locator("body") : page.locator("main"), nameOf(`${name}_code`, look));
    await page.context().close();
  });

  it("has no picture that nothing draws any more", () => {
    expect(readdirSync(kept).filter((file) => !seen.has(file))).toEqual([]);
  });
});
