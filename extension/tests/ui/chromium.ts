import { existsSync } from "node:fs";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { buildGallery, type Gallery } from "../../tools/gallery.ts";

const ARGS = ["--no-sandbox", "--headless=new", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-gpu", "--force-color-profile=srgb", "--font-render-hinting=none"];
const PATH = "/usr/bin/chromium";

export interface Look {
  readonly locale: string;
  readonly scheme: "light" | "dark";
  readonly width: number;
}

export interface Opened {
  readonly browser: Browser;
  readonly gallery: Gallery;
  page(options?: BrowserContextOptions): Promise<Page>;
}

export async function openChromium(): Promise<Opened> {
  if (!existsSync(PATH)) throw new Error(`${PATH} is missing: install Debian's package chromium`);
  const gallery = await buildGallery();
  const browser = await chromium.launch({ executablePath: PATH, args: ARGS });
  return {
    browser,
    gallery,
    page: async (options = {}) => {
      // Reduced motion stops every animation, so that a picture is the same each time.
      const context = await browser.newContext({ reducedMotion: "reduce", timezoneId: "UTC", locale: "en-US", viewport: { width: 480, height: 900 }, ...options });
      return context.newPage();
    },
  };
}

export async function wear(page: Page, look: Look, height = 900): Promise<void> {
  await page.setViewportSize({ width: look.width, height });
  await page.emulateMedia({ colorScheme: look.scheme, reducedMotion: "reduce" });
}

/** Draws one state of the panel on a page that shows the gallery's stage. */
export async function drawStage(page: Page, name: string, locale: string): Promise<void> {
  await page.evaluate(([stage, lang]) => {
    (globalThis as unknown as { gallery: { draw(name: string, locale: string): void } }).gallery.draw(stage ?? "", lang ?? "");
  }, [name, locale]);
}

/** Lets a page show the code that it shows on demand only: of a log-in, or of a refund. */
export async function showCode(page: Page): Promise<void> {
  const fold = page.locator("details.fold").last();
  await fold.locator("summary").click();
  const password = fold.locator("input[type=password]");
  if ((await password.count()) > 0) await password.fill("a long enough one");
  await fold.locator("button[type=submit]").click();
  await fold.locator(".qrbox svg").waitFor();
  await page.mouse.move(0, 0);
}

export async function openPage(page: Page, app: string, name: string, locale: string): Promise<void> {
  await page.goto(`${app}?page=${name}&lang=${locale}`);
  await page.waitForSelector(`html[data-drawn="${name}"]`);
}
