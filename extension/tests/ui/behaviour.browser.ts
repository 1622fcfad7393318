/** What the panel does with keys, pointer, clipboard and with what a page tries on it. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Page } from "playwright-core";
import { PNG } from "pngjs";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { PanelAction, PanelView, PillView } from "../../src/types/panel.ts";
import { drawStage, openChromium, openPage, type Opened } from "./chromium.ts";
import { BOLT11, STAGES, type StageName } from "./fixtures.ts";

// A CommonJS module whose types say otherwise.
const jsQR = createRequire(import.meta.url)("jsqr") as (data: Uint8ClampedArray, width: number, height: number) => { readonly data: string } | null;
const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "..", "..");

interface InPage {
  gallery: { acts: PanelAction[]; nowMs: number; draw(name: string, locale: string): void; update(view: unknown): void; pill(view: unknown, locale: string): void };
}

let opened: Opened;
let page: Page;
beforeAll(async () => { opened = await openChromium(); });
afterAll(() => opened.browser.close());
beforeEach(async () => {
  await page?.context().close();
  page = await opened.page();
  await page.goto(opened.gallery.stage);
});

const acts = (): Promise<PanelAction[]> => page.evaluate(() => (globalThis as unknown as InPage).gallery.acts);
const show = (name: StageName, locale = "en"): Promise<void> => drawStage(page, name, locale);
const update = (view: PanelView): Promise<void> => page.evaluate((next) => { (globalThis as unknown as InPage).gallery.update(next); }, view as unknown);
const pill = (view: PillView): Promise<void> => page.evaluate((next) => { (globalThis as unknown as InPage).gallery.pill(next, "en"); }, view as unknown);
const key = (name: string): ReturnType<Page["locator"]> => page.locator(`[data-key=${name}]`);

describe("what a page tries", () => {
  it("presses nothing: only the shopper's own events act", async () => {
    await show("offer");
    await page.evaluate(() => {
      const inside = document.querySelector("anytill-panel")?.shadowRoot;
      for (const element of inside?.querySelectorAll<HTMLElement>("button, a") ?? []) {
        element.click();
        element.dispatchEvent(new MouseEvent("click", { bubbles: true, composed: true }));
      }
      inside?.querySelector(".panel")?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    });
    expect(await acts()).toEqual([]);
    expect(await page.locator(".panel").isVisible()).toBe(true);
    await key("main").click();
    expect(await acts()).toEqual([{ do: "begin", way: "card" }]);
  });

  it("keeps the price opened, or shut, when it is drawn anew", async () => {
    const open = (): Promise<boolean> => page.locator("details.fold").first().evaluate((fold) => (fold as HTMLDetailsElement).open);
    await show("pay");
    expect(await open()).toBe(false);
    await key("made").click();
    await update({ ...STAGES.pay, trouble: { kind: "server_unreachable" } });
    expect(await open()).toBe(true);
    await key("made").click();
    await update(STAGES.pay);
    expect(await open()).toBe(false);
  });

  it("begins from the account that was chosen, and from the wallet when nothing was", async () => {
    await show("offer_linked");
    await key("main").click();
    await key("from-linked").click();
    await key("main").click();
    expect(await acts()).toEqual([{ do: "begin", way: "card" }, { do: "begin", way: "card", from: "linked_account" }]);
    expect(await page.locator(".panel").innerText()).toContain("Paid first: this cannot be held");
  });

  it("begins on the chain, with the address that what goes back is for", async () => {
    await show("offer_chain");
    await key("from-chain").click();
    await key("main").click();
    await key("refund-address").fill("  bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4 ");
    await key("main").click();
    const begun = { do: "begin", way: "card", from: "on_chain" };
    expect(await acts()).toEqual([begun, { ...begun, refundAddress: "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4" }]);
    expect(await page.locator(".panel").innerText()).toContain("Paid first: this cannot be held");
  });

  it("gives a code on as it was typed, without its spaces, and empties the field", async () => {
    await show("second_factor");
    await key("code-send").click();
    expect(await acts()).toEqual([]);
    expect(await page.locator("#code-wrong").innerText()).toContain("letters and digits");
    await key("second-factor").fill("123 456");
    await key("code-send").click();
    expect(await acts()).toEqual([{ do: "second_factor", code: "123456" }]);
    expect(await key("second-factor").inputValue()).toBe("");
  });

  it("answers the bank's question that it shows, and none whose time is over", async () => {
    await show("challenge");
    await key("main").click();
    await key("challenge-no").click();
    const { answerByMs } = STAGES.challenge.stage as { answerByMs: number };
    expect(await acts()).toEqual([{ do: "answer_challenge", answer: "approve", answerByMs }, { do: "answer_challenge", answer: "reject", answerByMs }]);
    await show("challenge_over");
    expect(await key("main").isVisible()).toBe(false);
  });

  it("keeps what was chosen of ways and values when it is drawn anew, and begins that", async () => {
    await show("offer_gift_beside");
    await key("way-gift_card").click();
    await key("main").click();
    await show("offer_ways");
    await key("value-10000").click();
    await update({ ...STAGES.offer_ways, trouble: { kind: "server_unreachable" } });
    expect(await key("value-10000").isChecked()).toBe(true);
    await key("main").click();
    await key("way-card").click();
    await key("main").click();
    const gift = (minor: number) => ({ do: "begin", way: "gift_card", gift: { product: "blue_note-usa", value: { minor, currency: "USD" } } });
    expect(await acts()).toEqual([gift(2711), gift(10_000), { do: "begin", way: "card" }]);
  });

  it("scrolls in a low window, and squashes nothing", async () => {
    await page.setViewportSize({ width: 480, height: 480 });
    for (const name of ["gift_filled", "gift_copy", "card_copy", "pay_gift"] as const) {
      await show(name);
      const cut = await page.evaluate(() =>
        [...(document.querySelector("anytill-panel")?.shadowRoot?.querySelectorAll(".body > *") ?? [])].filter((part) => getComputedStyle(part).overflowY === "hidden" && part.scrollHeight > part.clientHeight).map((part) => part.className),
      );
      expect(cut, name).toEqual([]);
    }
  });

  it("does not hear what is typed in the panel", async () => {
    await page.evaluate(() => {
      const heard: string[] = [];
      Object.assign(globalThis, { heard });
      for (const name of ["keydown", "keyup", "input", "click", "paste"]) document.addEventListener(name, () => heard.push(name));
    });
    await show("no_checkout");
    await key("total").click();
    await page.keyboard.type("27.11 USD");
    expect(await page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard)).toEqual([]);
    await page.locator("h1").click();
    expect(await page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard)).toEqual(["click"]);
  });

  it("cannot style the panel, and is not styled or moved by it", async () => {
    const plain = async (): Promise<unknown> => {
      await show("pay");
      return page.locator(".panel").boundingBox();
    };
    const before = await page.evaluate(() => JSON.stringify([document.body.getBoundingClientRect(), getComputedStyle(document.body).font, document.documentElement.scrollHeight]));
    const calm = await plain();
    expect(await page.evaluate(() => JSON.stringify([document.body.getBoundingClientRect(), getComputedStyle(document.body).font, document.documentElement.scrollHeight]))).toBe(before);
    await page.evaluate(() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync("*{font-size:40px!important;line-height:3!important;color:red!important;direction:rtl!important;letter-spacing:9px!important;text-transform:uppercase!important;zoom:1}html{font-size:32px}");
      document.adoptedStyleSheets = [sheet];
    });
    expect(await plain()).toEqual(calm);
    expect(await page.locator(".panel .title").evaluate((element) => getComputedStyle(element).color)).not.toBe("rgb(255, 0, 0)");
  });

  it("sees no request and no shift of its layout", async () => {
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    const shifted = await page.evaluate(async () => {
      let sum = 0;
      const observer = new PerformanceObserver((list) => { for (const entry of list.getEntries()) sum += (entry as unknown as { value: number }).value; });
      observer.observe({ type: "layout-shift", buffered: true });
      (globalThis as unknown as InPage).gallery.draw("pay", "en");
      for (let frame = 0; frame < 4; frame += 1) await new Promise(requestAnimationFrame);
      for (const entry of observer.takeRecords()) sum += (entry as unknown as { value: number }).value;
      return sum;
    });
    expect(shifted).toBe(0);
    expect(asked).toEqual([]);
  });
});

describe("keys and focus", () => {
  it("goes into the panel when it opens and back to where it was when Escape closes it", async () => {
    await page.evaluate(() => {
      const input = document.createElement("input");
      input.id = "coupon";
      document.body.append(input);
      input.focus();
    });
    await show("pay");
    const inside = (): Promise<boolean> => page.evaluate(() => document.querySelector("anytill-panel")?.shadowRoot?.activeElement !== null);
    expect(await inside()).toBe(true);
    await page.keyboard.press("Escape");
    expect(await page.locator(".panel").isVisible()).toBe(false);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("coupon");
  });

  it("reaches everything in the order in which it is read, and leaves again", async () => {
    await show("pay");
    const order: (string | null)[] = [];
    for (let step = 0; step < 8; step += 1) {
      await page.keyboard.press("Tab");
      order.push(await page.evaluate(() => (document.querySelector("anytill-panel")?.shadowRoot?.activeElement as HTMLElement | null)?.dataset["key"] ?? null));
    }
    expect(order).toEqual(["wallet", "copy-invoice", "made", "ways", "wallets", "cancel", "history", null]);
  });

  it("stays on its button, and keeps what was typed, when the view changes", async () => {
    await show("no_checkout");
    await key("total").click();
    await page.keyboard.type("27.1");
    await update({ ...STAGES.no_checkout, trouble: { kind: "server_unreachable" } });
    await page.keyboard.type("1 USD");
    expect(await key("total").inputValue()).toBe("27.11 USD");
    expect(await page.locator("#total-said").textContent()).toContain("$27.11");
    await page.keyboard.press("Enter");
    expect(await acts()).toEqual([{ do: "confirm_total", total: { minor: 2711, currency: "USD" } }]);
  });

  it("speaks another language as soon as the shopper chooses one", async () => {
    await show("pay");
    await update({ ...STAGES.pay, language: "de" });
    expect(await page.locator(".panel").getAttribute("lang")).toBe("de");
    expect(await page.locator(".panel .title").textContent()).toBe("Mit einer Lightning-Wallet zahlen");
    await page.keyboard.press("Escape");
    expect(await page.locator(".panel").isVisible()).toBe(false);
  });

  it("tells a screen reader each step once, in words", async () => {
    await show("pay");
    expect(await page.locator(".live").textContent()).toContain("Waiting for your bitcoin");
    await update(STAGES.held);
    expect(await page.locator(".live").textContent()).toBe("Your bitcoin has arrived. Bitcoin held, not takenStep 2 of 6");
  });
});

describe("a typed total", () => {
  it.each([
    ["27.11", "currency"],
    ["27.11 or 28.11 USD", "like a price"],
    ["", "digits"],
  ])("%s is not taken, and it is said why", async (typed, said) => {
    await show("no_checkout");
    await key("total").fill(typed);
    await key("use-total").click();
    expect(await acts()).toEqual([]);
    expect(await page.locator("#total-said").textContent()).toContain(said);
    expect(await key("total").getAttribute("aria-invalid")).toBe("true");
  });
});

describe("in a short window", () => {
  it.each([["card_copy", 1280, 720], ["card_copy", 1280, 560], ["card_copy", 360, 640], ["card_permission", 1280, 560], ["pay", 640, 360]] as const)("%s at %d by %d keeps its size and is rolled", async (name, width, height) => {
    await page.setViewportSize({ width, height });
    await show(name);
    const cut = await page.evaluate(() => {
      const body = document.querySelector("anytill-panel")?.shadowRoot?.querySelector(".body");
      return [...(body?.children ?? [])].filter((one) => getComputedStyle(one).overflowY !== "visible" && one.scrollHeight > one.clientHeight + 2).map((one) => one.className);
    });
    expect(cut).toEqual([]);
    for (const button of await page.locator(".body .btn:visible").all()) {
      await button.scrollIntoViewIfNeeded();
      const at = await button.evaluate((element) => {
        const { left, top, width: w, height: h } = element.getBoundingClientRect();
        const met = (element.getRootNode() as ShadowRoot).elementFromPoint(left + w / 2, top + h / 2);
        return element.contains(met);
      });
      expect(at).toBe(true);
    }
  });
});

describe("the invoice", () => {
  it("is in the QR code, in upper case, readable on a picture of the panel", async () => {
    for (const scheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      await page.setViewportSize({ width: 480, height: 1000 });
      await show("pay");
      const picture = PNG.sync.read(await page.locator(".panel").screenshot());
      expect(jsQR(new Uint8ClampedArray(picture.data), picture.width, picture.height)?.data).toBe(`LIGHTNING:${BOLT11.toUpperCase()}`);
    }
  });

  it("is copied and opened in lower case", async () => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await show("pay");
    await key("copy-invoice").click();
    await page.locator("[data-key=copy-invoice]", { hasText: "Copied" }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(BOLT11);
    expect(await key("wallet").getAttribute("href")).toBe(`lightning:${BOLT11}`);
  });

  it("is taken away when the price has expired", async () => {
    await page.clock.install({ time: 0 });
    await show("pay");
    expect(await page.locator(".timer b").textContent()).toBe("4:32");
    await key("ways").click();
    const codes = (): Promise<number> => page.locator(".qr:visible").count();
    await page.evaluate(() => { (globalThis as unknown as InPage).gallery.nowMs += 271_500; });
    await page.clock.runFor(1000);
    expect(await page.locator(".timer b").textContent()).toBe("0:01");
    expect(await codes()).toBeGreaterThan(1);
    await page.evaluate(() => { (globalThis as unknown as InPage).gallery.nowMs += 500; });
    await page.clock.runFor(1000);
    expect(await codes()).toBe(0);
    expect(await page.locator(".timer").textContent()).toContain("Do not pay");
    expect(await page.locator(".live").textContent()).toContain("Do not pay");
  });
});

describe("the pill", () => {
  const offer: PillView = { amountMsat: 496_758_000, total: null, tone: "offer" };
  const opens = [{ do: "dismiss" }];

  it("opens by a click, by Enter, and by sliding it left; a slide counts once", async () => {
    await pill(offer);
    await page.locator(".pill").click();
    await page.locator(".pill").press("Enter");
    expect(await acts()).toEqual([...opens, ...opens]);
    const box = await page.locator(".pill").boundingBox();
    if (!box) throw new Error("no pill");
    await page.mouse.move(box.x + 60, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x, box.y + 20, { steps: 6 });
    await page.mouse.up();
    expect(await acts()).toEqual([...opens, ...opens, ...opens]);
  });

  it("is tucked away by sliding it right, and comes back", async () => {
    await pill(offer);
    const wide = (await page.locator(".pill").boundingBox())?.width ?? 0;
    const slide = async (by: number): Promise<void> => {
      const box = await page.locator(".pill").boundingBox();
      if (!box) throw new Error("no pill");
      await page.mouse.move(box.x + 10, box.y + 20);
      await page.mouse.down();
      await page.mouse.move(box.x + 10 + by, box.y + 20, { steps: 6 });
      await page.mouse.up();
    };
    await slide(40);
    expect((await page.locator(".pill").boundingBox())?.width).toBeLessThan(wide / 2);
    await slide(-40);
    expect((await page.locator(".pill").boundingBox())?.width).toBe(wide);
    expect(await acts()).toEqual([]);
  });

  it("is not pressed by the page", async () => {
    await pill(offer);
    await page.evaluate(() => document.querySelector("anytill-panel")?.shadowRoot?.querySelector("button")?.click());
    expect(await acts()).toEqual([]);
  });
});

describe("the pages", () => {
  interface Asked { readonly gallery: { readonly background: { readonly asked: readonly { readonly name: string; readonly fields: unknown }[] } } }
  const asked = async (name: string): Promise<unknown[]> => (await page.evaluate(() => (globalThis as unknown as Asked).gallery.background.asked)).filter((one) => one.name === name).map((one) => one.fields);

  it("say at the field what is missing and send nothing", async () => {
    await openPage(page, opened.gallery.app, "login", "en");
    await page.getByRole("button", { name: "Log in" }).click();
    expect(await asked("login")).toEqual([]);
    expect(await page.getByLabel("Login").evaluate((input) => input === document.activeElement)).toBe(true);
    expect(await page.getByText("Please fill this in.").count()).toBe(2);
  });

  it("say what went wrong, and keep no password in the form", async () => {
    await openPage(page, opened.gallery.app, "login", "en");
    await page.getByLabel("Login").fill("ada");
    await page.getByLabel("Password").fill("a wrong one");
    await page.getByRole("button", { name: "Log in" }).click();
    expect(await page.getByRole("alert").textContent()).toBe("The password is wrong.");
    expect(await page.getByLabel("Password").inputValue()).toBe("");
    expect(await asked("login")).toEqual([{ login: "ada", password: "a wrong one", deviceName: expect.stringContaining("Chrome") }]);
  });

  it("show a recovery code once, and go on only when it is kept", async () => {
    await openPage(page, opened.gallery.app, "register", "en");
    await page.getByLabel("Login").fill("ada");
    await page.getByLabel("New password").fill("short");
    await page.getByRole("textbox", { name: "Invitation" }).fill("AB12");
    await page.getByRole("button", { name: "Register" }).click();
    expect(await asked("register")).toEqual([]);
    await page.getByLabel("New password").fill("long enough now");
    await page.getByRole("button", { name: "Register" }).click();
    await page.getByText("K7QX-3MZ9-TR2P-8WNB-5HDC").waitFor();
    expect(await page.getByRole("button", { name: "Go on" }).isDisabled()).toBe(true);
    await page.getByLabel("I have kept it").check();
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("heading", { level: 1, name: "Set-up" }).waitFor();
    expect(await page.content()).not.toContain("K7QX");
    expect(await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))).toBe("[{},{}]");
  });

  it("let no change of the state draw over a recovery code, or over what is typed", async () => {
    await openPage(page, opened.gallery.app, "register", "en");
    const changed = (): Promise<void> => page.evaluate(() => { (globalThis as unknown as { gallery: { changed(): void } }).gallery.changed(); });
    const states = async (): Promise<number> => (await asked("state")).length;
    await page.getByLabel("Login").fill("ada");
    await page.getByLabel("New password").fill("long enough now");
    await page.getByRole("textbox", { name: "Invitation" }).fill("AB12");
    await page.locator("h1").click();
    const before = await states();
    await changed();
    expect(await page.getByLabel("Login").inputValue()).toBe("ada");
    await page.getByRole("button", { name: "Register" }).click();
    await page.getByText("K7QX-3MZ9-TR2P-8WNB-5HDC").waitFor();
    await changed();
    await page.getByText("K7QX-3MZ9-TR2P-8WNB-5HDC").waitFor();
    expect(await states()).toBe(before);
    await page.getByLabel("I have kept it").check();
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("heading", { level: 1, name: "Set-up" }).waitFor();
    await changed();
    await expect.poll(states).toBeGreaterThan(before + 1);
  });

  it("keep the focus where it is when the state changes, and draw nothing that is the same", async () => {
    await openPage(page, opened.gallery.app, "history", "en");
    const mark = page.getByRole("link", { name: /^Receipt for/ }).nth(1);
    await mark.focus();
    await mark.evaluate((element) => { Object.assign(element, { mark: 1 }); });
    const before = (await asked("purchases")).length;
    await page.evaluate(() => { (globalThis as unknown as { gallery: { changed(): void } }).gallery.changed(); });
    await expect.poll(async () => (await asked("purchases")).length).toBe(before + 1);
    expect(await page.evaluate(() => (document.activeElement as unknown as { mark?: number }).mark)).toBe(1);
  });

  it("keep the keyboard where it is when the shopper changes the language by it", async () => {
    await openPage(page, opened.gallery.app, "settings", "en");
    const before = (await asked("state")).length;
    await page.locator("#language").focus();
    await page.locator("#language").evaluate((element) => { Object.assign(element, { mark: 1 }); });
    await page.keyboard.press("ArrowDown");
    await expect.poll(async () => (await asked("state")).length).toBeGreaterThan(before);
    // Drawn anew, and the keyboard is where it was.
    await expect.poll(() => page.locator("#language").evaluate((element) => (element as unknown as { mark?: number }).mark)).toBeUndefined();
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("language");
  });

  it("show the way out of a trouble", async () => {
    await openPage(page, opened.gallery.app, "history_unpaired", "en");
    expect(await page.getByRole("alert").textContent()).toContain("Pair with a server first.");
    await page.getByRole("link", { name: "Pair with a server" }).click();
    await page.getByLabel("Pairing code").waitFor();
  });

  it("ask for a permission within the click, and tell the answer", async () => {
    await openPage(page, opened.gallery.app, "permission", "en");
    await page.getByRole("button", { name: "Allow" }).click();
    await page.getByText("Not allowed.").waitFor();
    expect(await asked("permission_answered")).toEqual([{ tabId: 7, granted: false }]);
    // The answer changes the background's state, and nothing asks any more; the page still says what came of it.
    const before = (await asked("state")).length;
    await page.evaluate(() => { (globalThis as unknown as { gallery: { changed(): void } }).gallery.changed(); });
    expect((await asked("state")).length).toBe(before);
    await page.getByText("Not allowed.").waitFor();
  });
});

describe("the cost", () => {
  async function gzipped(entry: string): Promise<number> {
    const built = await build({ entryPoints: [path.join(root, entry)], bundle: true, minify: true, format: "esm", target: "es2022", write: false, logLevel: "error" });
    return gzipSync(built.outputFiles[0]?.contents ?? new Uint8Array()).length;
  }

  it("of the pill is at most 3 KB, of the panel at most 100 KB, gzipped", async () => {
    const sizes = { pill: await gzipped("src/ui/pill.ts"), panel: await gzipped("src/ui/panel.ts") };
    process.stdout.write(`gzipped: ${JSON.stringify(sizes)}\n`);
    expect(sizes.pill).toBeLessThanOrEqual(3 * 1024);
    expect(sizes.panel).toBeLessThanOrEqual(100 * 1024);
  });

  it("is that of plain words: nothing in the panel asks the network or makes markup of text", () => {
    for (const name of ["h.ts", "panel.ts", "pill.ts", "stages/parts.ts", "stages/during.ts"]) {
      expect(readFileSync(path.join(root, "src/ui", name), "utf8")).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|fetch\(|XMLHttpRequest|https?:\/\/(?!www\.w3\.org)/);
    }
  });
});
