/** WCAG 2.2 AA by axe-core, on every state in every language, theme and width; and nothing wider than its window. */
import axe from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawStage, openChromium, openPage, showCode, wear, type Look, type Opened } from "./chromium.ts";
import { STAGE_NAMES } from "./fixtures.ts";
import { PAGE_NAMES } from "./pages-fixtures.ts";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const LOOKS: readonly Look[] = ["en", "de", "es", "zh-CN"].flatMap((locale) =>
  (["light", "dark"] as const).flatMap((scheme) => [480, 320].map((width) => ({ locale, scheme, width }))),
);

/** Rules on the whole page are the store's business, not the panel's. */
async function violations(page: Page, within: string | null): Promise<string[]> {
  return page.evaluate(
    async ([tags, host]) => {
      const run = (globalThis as unknown as { axe: typeof axe }).axe.run;
      const context = typeof host === "string" ? { include: [host] } : document;
      const found = await run(context, { runOnly: tags as string[], resultTypes: ["violations"], rules: typeof host === "string" ? { region: { enabled: false } } : {} });
      return found.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.flat().join(" ")} ${node.failureSummary ?? ""}`));
    },
    [TAGS, within] as const,
  );
}

/** What is cut off or pushes the window wide. */
async function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const root: ParentNode = document.querySelector("anytill-panel")?.shadowRoot ?? document;
    const inScroller = (element: Element): boolean => element.closest(".scroll, .live, .steps") !== null;
    return [...root.querySelectorAll("body *, .panel, .panel *")]
      .filter((element) => !inScroller(element) && (element.getBoundingClientRect().right > innerWidth + 0.5 || (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0 && getComputedStyle(element).overflowX !== "hidden" && getComputedStyle(element).display !== "inline")))
      .map((element) => `${element.tagName}.${element.className} ${element.textContent?.slice(0, 40)}`);
  });
}

let opened: Opened;
beforeAll(async () => { opened = await openChromium(); });
afterAll(() => opened.browser.close());

describe("the panel", () => {
  let page: Page;
  beforeAll(async () => {
    page = await opened.page();
    await page.goto(opened.gallery.stage);
    await page.evaluate(axe.source);
  });

  it.each(STAGE_NAMES)("%s", async (name) => {
    for (const look of LOOKS) {
      await wear(page, look);
      await drawStage(page, name, look.locale);
      expect(await violations(page, "anytill-panel"), JSON.stringify(look)).toEqual([]);
      expect(await tooWide(page), JSON.stringify(look)).toEqual([]);
    }
  });

  it.each(["pay", "pay_reveal", "offer_by_table", "offer"] as const)("%s with its price opened", async (name) => {
    for (const look of LOOKS) {
      await wear(page, look);
      await drawStage(page, name, look.locale);
      await page.locator("[data-key=made]").click();
      expect(await violations(page, "anytill-panel"), JSON.stringify(look)).toEqual([]);
      expect(await tooWide(page), JSON.stringify(look)).toEqual([]);
      await page.locator("[data-key=made]").click();
    }
  });

  it("pay with the other ways opened", async () => {
    for (const look of LOOKS) {
      await wear(page, look);
      await drawStage(page, "pay_lnurl", look.locale);
      await page.locator("[data-key=ways]").click();
      expect(await violations(page, "anytill-panel"), JSON.stringify(look)).toEqual([]);
      expect(await tooWide(page), JSON.stringify(look)).toEqual([]);
      await page.locator("[data-key=ways]").click();
    }
  });

  it.each([320, 640])("can be used to its end in a window of %i by 256, as at 400 and 200 percent", async (width) => {
    await wear(page, { locale: "de", scheme: "light", width }, 256);
    await drawStage(page, "pay", "de");
    const cancel = page.locator("[data-key=cancel]");
    await cancel.scrollIntoViewIfNeeded();
    const box = await cancel.boundingBox();
    const foot = await page.locator(".foot").boundingBox();
    expect(box !== null && foot !== null && box.y >= 0 && box.y + box.height <= foot.y + 1).toBe(true);
  });
});

describe("the pages", () => {
  it.each(PAGE_NAMES)("%s", async (name) => {
    const page = await opened.page();
    for (const locale of ["en", "de", "es", "zh-CN"]) {
      await openPage(page, opened.gallery.app, name, locale);
      await page.evaluate(axe.source);
      for (const scheme of ["light", "dark"] as const) {
        for (const width of name.startsWith("popup") ? [356] : [900, 320]) {
          await wear(page, { locale, scheme, width });
          expect(await violations(page, null), `${locale} ${scheme} ${width}`).toEqual([]);
          expect(await tooWide(page), `${locale} ${scheme} ${width}`).toEqual([]);
        }
      }
    }
    await page.context().close();
  });

  it.each(["login", "refunds"] as const)("%s with its code shown", async (name) => {
    const page = await opened.page();
    for (const locale of ["en", "de", "es", "zh-CN"]) {
      await openPage(page, opened.gallery.app, name, locale);
      await showCode(page);
      await page.evaluate(axe.source);
      for (const scheme of ["light", "dark"] as const) {
        for (const width of [900, 320]) {
          await wear(page, { locale, scheme, width });
          expect(await violations(page, null), `${locale} ${scheme} ${width}`).toEqual([]);
          expect(await tooWide(page), `${locale} ${scheme} ${width}`).toEqual([]);
        }
      }
    }
    await page.context().close();
  });
});
