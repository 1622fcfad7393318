/** The total that a page says, or the shopper types, and what becomes of it on the way. */
import { describe, expect, it } from "vitest";
import type { Browser, TestPage } from "./browser.ts";
import { HOST, TOTAL, FORM, charge, reading } from "./given.ts";
import type { Till } from "./till.ts";
import { PAN } from "./till.ts";
import { URL_OF, begun, filled, posts, ready } from "./ready.ts";

describe("the total changes", () => {
  const other = { minor: 3000, currency: "USD" };
  it("before it is filled: nothing is revealed or filled, and it is quoted anew under a new nonce", async () => {
    const { till, browser } = await ready();
    const page = await begun(browser);
    till.paid();
    await page.until("card_ready");
    page.reading = reading({ ...FORM, total: other });
    await page.press({ do: "fill" });
    expect(await page.until("total_changed")).toMatchObject({ was: TOTAL, now: other });
    expect(till.asked.some((one) => one.path.endsWith("/reveal"))).toBe(false);
    expect(page.fills).toEqual([]);
    await page.press({ do: "requote" });
    await page.until("pay");
    expect(posts(till).map((one) => one.body["total"])).toEqual([TOTAL, other]);
    expect(new Set(posts(till).map((one) => one.body["nonce"])).size).toBe(2);
    expect([...till.purchases.values()].map((view) => view.state)).toEqual(["returned", "invoiced"]);
  });
  it("at the last moment: the page refuses, and that is shown", async () => {
    const { till, browser } = await ready();
    const page = await begun(browser);
    till.paid();
    await page.until("card_ready");
    const { read } = page;
    page.read = async (seen = page.reading, blank = false, toFill = false) => {
      await read.call(page, seen, blank, toFill);
      page.reading = reading({ ...FORM, total: other });
    };
    await page.press({ do: "fill" });
    expect(await page.until("total_changed")).toMatchObject({ now: other });
    expect(page.fills).toEqual([]);
  });
  it("after it was filled: that is said, and after a decline a new price can be had", async () => {
    const { till, browser } = await ready();
    const page = await begun(browser);
    till.paid();
    await page.until("card_ready");
    await page.press({ do: "fill" });
    await page.untilTrue(() => filled(page), "filled");
    expect(page.stage).not.toHaveProperty("totalNow");
    await page.read(reading({ ...FORM, total: other }));
    await page.untilTrue(() => page.stage?.kind === "card_ready" && page.stage.totalNow !== undefined, "said");
    expect(page.stage).toMatchObject({ totalNow: other, fill: { kind: "filled" }, price: { total: TOTAL } });
    // Until the store was declined it may still charge what was quoted.
    expect(page.stage).not.toHaveProperty("canRequote");
    await page.press({ do: "requote" });
    expect(page.stage?.kind).toBe("card_ready");
    till.put({ ...till.only(), charges: [charge({ decision: "declined", decline_reason: "amount_too_high", amount: other })] });
    await page.untilTrue(() => page.stage?.kind === "card_ready" && page.stage.canRequote === true, "a way on");
    await page.press({ do: "requote" });
    await page.until("pay");
    expect(till.only().quote?.total).toEqual(other);
  });
  it("is unreadable on the page with the form: the one that was read before holds", async () => {
    const { till, browser } = await ready();
    await begun(browser);
    till.paid();
    const page = await browser.open(1, `https://${HOST}/pay`, reading({ ...FORM, total: null }));
    await page.untilTrue(() => page.stage?.kind === "card_ready" && page.stage.noTotalHere === true, "said");
    await page.press({ do: "fill" });
    await page.untilTrue(() => filled(page), "filled");
    expect(page.fills).toHaveLength(1);
  });
  it("is unsure there and another: nothing is filled", async () => {
    const { till, browser } = await ready();
    await begun(browser);
    till.paid();
    const page = await browser.open(1, `https://${HOST}/pay`, reading({ ...FORM, total: null, candidate: { text: "$30.00", money: other, why: "two_totals" } }));
    await page.until("card_ready");
    await page.press({ do: "fill" });
    expect(await page.until("total_changed")).toMatchObject({ now: other });
    expect(till.asked.some((one) => one.path.endsWith("/reveal"))).toBe(false);
  });
  it("that the shopper typed is not compared with a page that says nothing", async () => {
    const { till, browser } = await ready();
    const page = await browser.open(1, URL_OF, reading({ ...FORM, total: null }));
    await page.until("confirm_total");
    await page.press({ do: "confirm_total", total: TOTAL });
    await page.until("offer");
    await browser.restart();
    await page.until("offer");
    await page.press({ do: "begin", way: "card" });
    await page.until("pay");
    till.paid();
    await page.until("card_ready");
    await page.press({ do: "fill" });
    await page.untilTrue(() => filled(page), "filled");
  });
});

describe("a total that the shopper typed", () => {
  const unsure = (minor: number) => reading({ ...FORM, total: null, candidate: { text: `$${minor / 100} + tax`, money: { minor, currency: "USD" }, why: "two_totals" } });
  async function typed(): Promise<{ till: Till; browser: Browser; page: TestPage }> {
    const { till, browser } = await ready();
    const page = await browser.open(1, `${URL_OF}?order=1`, unsure(2500));
    await page.until("confirm_total");
    await page.press({ do: "confirm_total", total: TOTAL });
    await page.until("offer");
    return { till, browser, page };
  }
  async function held(): Promise<{ till: Till; browser: Browser; page: TestPage }> {
    const all = await typed();
    await all.page.press({ do: "begin", way: "card" });
    await all.page.until("pay");
    all.till.paid();
    await all.page.until("card_ready");
    return all;
  }
  it("is over with the page that it was said of: the next order is asked for anew", async () => {
    const { browser } = await typed();
    const next = await browser.open(1, `${URL_OF}?order=2`, unsure(2500));
    await next.until("confirm_total");
  });
  it("is over when the same page seems to say something else", async () => {
    const { page } = await typed();
    await page.read(unsure(48_000));
    await page.until("confirm_total");
  });
  it("is over with the purchase", async () => {
    const { till, page } = await held();
    till.charges();
    till.captures();
    await page.until("done");
    await page.press({ do: "dismiss" });
    await page.until("confirm_total");
  });
  it("is filled in where the page seems to say what the shopper knew better", async () => {
    const { page } = await held();
    await page.press({ do: "fill" });
    await page.untilTrue(() => filled(page), "filled");
  });
  it.each([["seems to say", unsure(48_000)], ["is sure of", reading({ ...FORM, total: { minor: 48_000, currency: "USD" } })]])("is not filled in where the page %s another", async (_, other) => {
    const { till, page } = await held();
    page.reading = other;
    await page.press({ do: "fill" });
    expect(await page.until("total_changed")).toMatchObject({ now: { minor: 48_000 } });
    expect(page.fills).toEqual([]);
    expect(till.asked.some((one) => one.path.endsWith("/reveal"))).toBe(false);
  });
});

describe("a form that was filled and is empty again", () => {
  it("is filled once more, with the same card", async () => {
    const { till, browser } = await ready();
    const page = await begun(browser);
    till.paid();
    await page.until("card_ready");
    await page.press({ do: "fill" });
    await page.untilTrue(() => filled(page), "filled");
    const anew = await browser.open(1, `https://${HOST}/checkout`);
    await anew.until("card_ready");
    await anew.press({ do: "fill" });
    await anew.untilTrue(() => anew.fills.length === 1 && filled(anew), "filled again");
    expect(anew.fills.map((card) => card.number)).toEqual([PAN]);
  });
  it("is not when it asks for another total, and says so", async () => {
    const { till, browser } = await ready();
    const page = await begun(browser);
    till.paid();
    await page.until("card_ready");
    await page.press({ do: "fill" });
    await page.untilTrue(() => filled(page), "filled");
    const anew = await browser.open(1, `https://${HOST}/checkout`, reading({ ...FORM, total: { minor: 2811, currency: "USD" } }));
    await anew.until("card_ready");
    await anew.press({ do: "fill" });
    await anew.until("total_changed");
    expect(anew.fills).toEqual([]);
  });
});
