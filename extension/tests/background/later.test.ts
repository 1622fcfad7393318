/** Stores that charge later, that want a card first, or whose form is a provider's. */
import { describe, expect, it } from "vitest";
import type { Stage } from "../../src/types/panel.ts";
import type { Browser, TestPage } from "./browser.ts";
import { openFrame } from "./browser.ts";
import { HOST, TOTAL, FORM, charge, reading } from "./given.ts";
import type { Till } from "./till.ts";
import { PAN } from "./till.ts";
import { begun, filled, posts, ready } from "./ready.ts";

describe("claim on reveal", () => {
  it("does not say still yours from the press on", async () => {
    const { till, browser } = await ready();
    till.claimOn = "reveal";
    const page = await browser.open(1, "https://www.later.example/checkout");
    expect(await page.until("offer")).toMatchObject({ claimOn: "reveal" });
    await page.press({ do: "begin", way: "card" });
    expect(await page.until("pay")).toMatchObject({ stillYours: true, claimOn: "reveal" });
    till.paid();
    expect(await page.until("card_ready")).toMatchObject({ stillYours: true });
    await page.press({ do: "fill" });
    await page.untilTrue(() => filled(page), "filled");
    expect(page.stage).toMatchObject({ stillYours: false });
  });
  const held = async (seen = reading(FORM)): Promise<{ till: Till; browser: Browser; page: TestPage }> => {
    const { till, browser } = await ready();
    till.claimOn = "reveal";
    const page = await browser.open(1, "https://www.later.example/checkout");
    await page.until("offer");
    await page.press({ do: "begin", way: "card" });
    await page.until("pay");
    till.paid();
    await page.until("card_ready");
    await page.read(seen);
    return { till, browser, page };
  };
  const revealed = (till: Till): boolean => till.asked.some((one) => one.path.endsWith("/reveal"));
  it("fills a form on a page without a total, and says which total the card is for", async () => {
    const { page } = await held(reading({ ...FORM, total: null }));
    await page.untilTrue(() => page.stage?.kind === "card_ready" && page.stage.noTotalHere === true, "said");
    expect(page.stage).toMatchObject({ price: { total: TOTAL } });
    await page.press({ do: "fill" });
    await page.untilTrue(() => filled(page), "filled");
    expect(page.fills.map((card) => card.number)).toEqual([PAN]);
  });
  it("takes nothing on a page without a form: copying is offered, and filling where the form is", async () => {
    const { till, page } = await held(reading());
    await page.press({ do: "fill" });
    await page.untilTrue(() => page.stage?.kind === "card_ready" && page.stage.fill.kind === "copy", "copy");
    expect(page.stage).toMatchObject({ fill: { why: "no_form" }, stillYours: true });
    expect([revealed(till), till.only().bitcoin]).toEqual([false, "held"]);
    await page.read(reading({ ...FORM, total: null }));
    await page.untilTrue(() => page.stage?.kind === "card_ready" && page.stage.fill.kind === "ready", "ready again");
    await page.press({ do: "fill" });
    await page.untilTrue(() => filled(page), "filled");
  });
  it.each([
    ["a form that nobody sees", reading(), undefined],
    ["two forms", reading({ ...FORM, rival: true }), "two_forms"],
  ])("takes nothing for %s", async (_, toFill, why) => {
    const { till, page } = await held();
    page.readToFill = toFill;
    await page.press({ do: "fill" });
    await page.untilTrue(() => page.stage?.kind === "card_ready" && page.stage.fill.kind === "copy", "copy");
    const { fill } = page.stage as Extract<Stage, { kind: "card_ready" }>;
    expect(fill.kind === "copy" && fill.why).toBe(why);
    expect([revealed(till), till.only().bitcoin]).toEqual([false, "held"]);
  });
  it("takes nothing before a frame's host was asked for", async () => {
    const { till, page } = await held(reading({ frames: [{ css: "iframe", host: "js.stripe.com" }] }));
    await page.press({ do: "fill" });
    await page.untilTrue(() => page.stage?.kind === "card_ready" && page.stage.fill.kind === "needs_permission", "asked");
    expect([revealed(till), till.only().bitcoin]).toEqual([false, "held"]);
    await page.press({ do: "copy", field: "number" });
    expect(page.copies).toEqual([{ field: "number", value: PAN }]);
    await page.untilTrue(() => till.only().bitcoin === "claimed", "chosen, and taken");
  });
  it("once taken is no dead end: another total is a warning, and the card can be had", async () => {
    const { till, page } = await held();
    const other = { minor: 3000, currency: "USD" };
    const { read } = page;
    page.read = async (seen = page.reading, blank = false, toFill = false) => {
      await read.call(page, seen, blank, toFill);
      page.reading = reading({ ...FORM, total: other });
    };
    await page.press({ do: "fill" });
    await page.untilTrue(() => page.stage?.kind === "card_ready" && page.stage.totalNow !== undefined, "said");
    expect(page.stage).toMatchObject({ kind: "card_ready", taken: true, totalNow: other, fill: { kind: "ready" } });
    expect(page.fills).toEqual([]);
    await page.press({ do: "copy", field: "number" });
    expect(page.copies).toEqual([{ field: "number", value: PAN }]);
    till.put({ ...till.only(), state: "funded" });
    await page.untilTrue(() => page.stage?.kind === "card_ready", "funded");
    expect(page.stage).toMatchObject({ totalNow: other });
  });
  it("takes the promise back when the reveal's answer is lost, and gives it again when nothing was claimed", async () => {
    const { till, browser } = await ready();
    till.claimOn = "reveal";
    const page = await browser.open(1, "https://www.later.example/checkout");
    await page.until("offer");
    await page.press({ do: "begin", way: "card" });
    await page.until("pay");
    till.paid();
    await page.until("card_ready");
    till.instead = (one) => (one.path.endsWith("/reveal") ? Response.json({ code: "price_moved", detail: "words" }, { status: 409 }) : null);
    await page.press({ do: "fill" });
    await page.untilTrue(() => page.view?.trouble?.code === "price_moved", "refused");
    expect(page.stage).toMatchObject({ kind: "card_ready", stillYours: true });
    till.instead = (one) => (one.path.endsWith("/reveal") ? new Response("", { status: 502 }) : null);
    await page.press({ do: "fill" });
    await page.untilTrue(() => page.view?.trouble?.code === "unreachable", "lost");
    expect(page.stage).toMatchObject({ kind: "card_ready", stillYours: false });
  });
});

describe("card first", () => {
  const shop = "https://www.amazon.com";
  const form = reading({ total: null, checkout: false, fields: { number: ["#n"] } });
  it("prepares, fills, reviews, quotes, pays and is charged, over navigations and a restart", async () => {
    const { till, browser } = await ready({ cardFirst: true });
    const page = await browser.open(1, `${shop}/pay`, form);
    expect(await page.until("offer_card_first")).toEqual({ kind: "offer_card_first", currency: "USD", claimOn: "authorization" });
    await page.press({ do: "begin_card_first" });
    expect(await page.until("card_ready")).toMatchObject({ prepared: true, price: null, fill: { kind: "ready" } });
    expect(posts(till)[0]?.body).toMatchObject({ card_first: true, currency: "USD", store_host: "www.amazon.com" });
    await page.press({ do: "fill" });
    await page.untilTrue(() => filled(page), "filled");
    const between = await browser.open(1, `${shop}/address`, reading({ total: null, checkout: false }));
    await between.until("go_to_review");
    await browser.restart();
    till.put({ ...till.only(), charges: [charge({ zero_check: true, decision: "approved_check", amount: { minor: 0, currency: "USD" } })] });
    await between.untilTrue(() => between.stage?.kind === "go_to_review" && between.stage.checked, "checked");
    const review = await browser.open(1, `${shop}/review`);
    expect(await review.until("offer")).toMatchObject({ total: TOTAL });
    // Read, and not sent before the shopper presses.
    expect(posts(till, `/v1/purchases/${till.only().id}/quote`)).toEqual([]);
    await review.press({ do: "begin", way: "card" });
    await review.until("pay");
    const [quote] = posts(till, `/v1/purchases/${till.only().id}/quote`);
    expect(quote?.body["total"]).toEqual(TOTAL);
    expect(quote?.body["nonce"]).not.toBe(posts(till)[0]?.body["nonce"]);
    till.paid();
    expect(await review.until("card_ready")).toMatchObject({ prepared: false, fill: { kind: "filled" }, stillYours: true });
    till.charges();
    await review.until("charged");
    till.captures();
    await review.until("done");
    expect((await browser.ask("sent", {})).map((one) => one.totalMinor)).toEqual([null, 2711]);
    expect(posts(till).length).toBe(1);
  });
});

describe("where the card form is in a provider's frame", () => {
  const hosts = ["js.stripe.com"];
  const inFrame = () => ({ filled: ["holder"] as const, missing: ["number", "expiry", "securityCode"] as const, frameHosts: hosts });
  const framed = (of: readonly string[]) => reading({ frames: of.map((host) => ({ css: "iframe", host })) });
  async function atForm(): Promise<{ till: Till; browser: Browser; page: TestPage }> {
    const { till, browser } = await ready();
    const page = await begun(browser);
    page.fillWith = inFrame;
    await page.read(framed(hosts));
    till.paid();
    await page.until("card_ready");
    await page.press({ do: "fill" });
    await page.untilTrue(() => page.stage?.kind === "card_ready" && page.stage.fill.kind === "needs_permission", "asked");
    return { till, browser, page };
  }
  it("asks on an own page, then fills the frame of that host and no other", async () => {
    const { browser, page } = await atForm();
    expect(browser.injected).toEqual([]);
    expect(await browser.ask("permission_wanted", {})).toEqual({ tabId: 1, store: HOST, hosts, unknown: [], origins: ["https://js.stripe.com/*", `https://${HOST}/*`] });
    browser.origins.add("https://js.stripe.com/*");
    const evil = openFrame(browser, 1, "https://evil.example/frame", ["number", "expiry", "securityCode"]);
    const plain = openFrame(browser, 1, "http://js.stripe.com/frame", ["number", "expiry", "securityCode"]);
    const other = openFrame(browser, 2, "https://js.stripe.com/frame", ["number", "expiry", "securityCode"]);
    const inAnAd = openFrame(browser, 1, "https://js.stripe.com/frame", ["number", "expiry", "securityCode"], ["ads.example"]);
    const hiddenAway = openFrame(browser, 1, "https://js.stripe.com/frame", ["number", "expiry", "securityCode"], ["js.stripe.com", ""]);
    const frame = openFrame(browser, 1, "https://js.stripe.com/frame", ["number", "expiry", "securityCode"]);
    const nested = openFrame(browser, 1, "https://js.stripe.com/inner", ["holder"], ["js.stripe.com", HOST]);
    await browser.ask("permission_answered", { tabId: 1, granted: true });
    await page.untilTrue(() => filled(page), "filled");
    expect(new Set(browser.injected)).toEqual(new Set(["1 frame.js"]));
    expect(browser.focused).toEqual([1]);
    expect(frame.cards.map((card) => card.number)).toEqual([PAN]);
    expect([...evil.cards, ...plain.cards, ...other.cards, ...inAnAd.cards, ...hiddenAway.cards]).toEqual([]);
    expect(nested.cards).toHaveLength(1);
    expect(page.stage).toMatchObject({ fill: { kind: "filled", missing: [] } });
  });
  it("says which host is no known provider's", async () => {
    const { till, browser } = await ready();
    const page = await begun(browser);
    await page.read(reading({ frames: [{ css: "iframe", host: "pay.new.example", unknown: true }] }));
    till.paid();
    await page.until("card_ready");
    await page.press({ do: "fill" });
    await page.untilTrue(() => page.stage?.kind === "card_ready" && page.stage.fill.kind === "needs_permission", "asked");
    expect(page.stage).toMatchObject({ fill: { hosts: ["pay.new.example"], unknown: ["pay.new.example"] } });
    expect(await browser.ask("permission_wanted", {})).toMatchObject({ unknown: ["pay.new.example"] });
  });
  it("waits for the frame that answers last, though the card itself is in", async () => {
    const { browser, page } = await atForm();
    page.fillWith = () => ({ ...inFrame(), filled: [] });
    browser.origins.add("https://js.stripe.com/*");
    openFrame(browser, 1, "https://js.stripe.com/card", ["number", "expiry", "securityCode"]);
    openFrame(browser, 1, "https://js.stripe.com/name", ["holder"]);
    await browser.ask("permission_answered", { tabId: 1, granted: true });
    await page.untilTrue(() => filled(page), "filled");
    expect(page.stage).toMatchObject({ fill: { kind: "filled", fields: expect.arrayContaining(["number", "holder"]) as unknown, missing: [] } });
  });
  it("fills a frame of the store's own domain, which the manifest enters, without a question", async () => {
    const { till, browser } = await ready({ frameHosts: ["safe.shop.example", "js.stripe.com"] });
    const page = await begun(browser);
    page.fillWith = () => ({ ...inFrame(), frameHosts: ["safe.shop.example", "js.stripe.com"] });
    await page.read(framed(["safe.shop.example", "js.stripe.com"]));
    till.paid();
    await page.until("card_ready");
    const provider = openFrame(browser, 1, "https://js.stripe.com/frame", ["number", "expiry", "securityCode"]);
    const own = openFrame(browser, 1, "https://safe.shop.example/form", ["number", "expiry", "securityCode"]);
    await page.press({ do: "fill" });
    await page.untilTrue(() => filled(page), "filled");
    expect([browser.called, browser.injected, provider.cards]).toEqual([[1], [], []]);
    expect(own.cards.map((card) => card.number)).toEqual([PAN]);
  });
  it("offers to copy when it is not allowed, one value at a press", async () => {
    const { browser, page } = await atForm();
    await browser.ask("permission_answered", { tabId: 1, granted: false });
    await page.untilTrue(() => page.stage?.kind === "card_ready" && page.stage.fill.kind === "copy", "copy");
    await page.press({ do: "copy", field: "expiry" });
    await page.press({ do: "copy", field: "number" });
    expect(page.copies).toEqual([{ field: "expiry", value: "12/31" }, { field: "number", value: PAN }]);
  });
  it("offers to copy what no frame took", async () => {
    const { browser, page } = await atForm();
    browser.origins.add("https://js.stripe.com/*");
    openFrame(browser, 1, "https://js.stripe.com/number", ["number"]);
    await browser.ask("permission_answered", { tabId: 1, granted: true });
    await page.untilTrue(() => filled(page), "filled in part");
    const stage = page.stage as Extract<Stage, { kind: "card_ready" }>;
    expect(stage.fill).toMatchObject({ kind: "filled", missing: ["expiry", "securityCode"] });
  });
});
