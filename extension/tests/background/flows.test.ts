import { describe, expect, it } from "vitest";
import type { Stage } from "../../src/types/panel.ts";
import type { Browser, TestPage } from "./browser.ts";
import { Killed, openFrame } from "./browser.ts";
import { HOST, NOW, TOTAL, FORM, charge, reading } from "./given.ts";
import type { Till } from "./till.ts";
import { PAN, SERVER } from "./till.ts";
import { URL_OF, begun, filled, posts, ready } from "./ready.ts";

describe("a purchase", () => {
  it("goes from the offer to the end, and sends store, total and currency, nothing else of the page", async () => {
    const { till, browser } = await ready();
    const before = till.asked.length;
    const page = await browser.open(1, `${URL_OF}?basket=secret`);
    await page.until("offer");
    expect(till.asked.length).toBe(before);
    await page.press({ do: "begin", way: "card" });
    await page.until("pay");
    const [post] = posts(till);
    expect(post?.body).toEqual({ store_host: HOST, nonce: expect.stringMatching(/^[0-9a-f]{32}$/) as string, claim_on: "authorization", total: TOTAL });
    expect(JSON.stringify(till.asked)).not.toContain("secret");
    till.paid();
    await page.until("card_ready");
    await page.press({ do: "fill" });
    await page.untilTrue(() => filled(page), "filled");
    expect(page.fills).toEqual([{ number: PAN, securityCode: "123", expiryMonth: 12, expiryYear: 2031, holder: "Ella Example", postalCode: "10001" }]);
    till.charges();
    expect(await page.until("charged")).toMatchObject({ confirmed: true });
    till.captures();
    expect(await page.until("done")).toMatchObject({ captured: TOTAL });
    expect(await browser.ask("sent", {})).toEqual([{ atMs: NOW, server: SERVER, store: HOST, totalMinor: 2711, currency: "USD" }]);
    await page.press({ do: "open_page", page: "history" });
    expect(browser.opened).toEqual([`receipt/${"1".padStart(32, "0")}`]);
    await page.press({ do: "dismiss" });
    await page.until("offer");
  });
  it("never writes card data anywhere, nor shows it in a view", async () => {
    const { till, browser } = await ready();
    const page = await begun(browser);
    till.paid();
    await page.until("card_ready");
    await page.press({ do: "fill" });
    await page.untilTrue(() => filled(page), "filled");
    const everything = JSON.stringify([...browser.disk, ...browser.session, page.view, page.pill, till.asked]);
    expect(everything).not.toContain(PAN);
    expect(everything).not.toContain("securityCode\":\"123");
  });
  it("pressed twice is begun once", async () => {
    const { till, browser } = await ready();
    const page = await browser.open(1, URL_OF);
    await page.until("offer");
    await Promise.all([page.press({ do: "begin", way: "card" }), page.press({ do: "begin", way: "card" })]);
    await page.until("pay");
    expect(posts(till).length).toBe(1);
  });
  it("in a second tab is refused plainly while the first is unpaid", async () => {
    const { till, browser } = await ready();
    await begun(browser);
    const second = await browser.open(2, "https://else.example/checkout");
    await second.until("offer");
    await second.press({ do: "begin", way: "card" });
    await second.untilTrue(() => second.view?.trouble?.code === "unpaid_purchase_open", "refused");
    expect(second.stage?.kind).toBe("offer");
    till.paid();
    await second.press({ do: "begin", way: "card" });
    await second.until("pay");
    expect(till.purchases.size).toBe(2);
  });
});

describe("a worker that is killed", () => {
  it("at any step of beginning begins at most once, and goes on", async () => {
    let steps = 0;
    const counted = await ready();
    counted.browser.onStep(() => void (steps += 1));
    await begun(counted.browser);
    expect(steps).toBeGreaterThan(5);
    let sent = 0;
    for (let at = 1; at <= steps; at++) {
      const { till, browser } = await ready();
      const page = await browser.open(1, URL_OF);
      await page.until("offer");
      let n = 0;
      browser.onStep(() => {
        if (++n === at) throw new Killed();
      });
      await page.press({ do: "begin", way: "card" });
      await browser.restart();
      await page.untilTrue(() => page.stage?.kind === "pay" || page.stage?.kind === "offer", `going on after step ${at}`);
      if (page.stage?.kind === "offer") {
        // Killed before the wish was stored: nothing had left, and the shopper presses again.
        expect(posts(till)).toEqual([]);
        await page.press({ do: "begin", way: "card" });
      } else sent += 1;
      await page.until("pay");
      expect(till.purchases.size, `step ${at}`).toBe(1);
      expect(new Set(posts(till).map((one) => one.key)).size, `step ${at}`).toBe(1);
    }
    expect(sent).toBeGreaterThan(3);
  }, 60_000);
  it("at any step of filling fills when pressed again, and never says still yours of what it revealed under that policy", async () => {
    const atCard = async (): Promise<{ till: Till; browser: Browser; page: TestPage }> => {
      const { till, browser } = await ready();
      till.claimOn = "reveal";
      const page = await browser.open(1, "https://www.later.example/checkout");
      await page.until("offer");
      await page.press({ do: "begin", way: "card" });
      await page.until("pay");
      till.paid();
      await page.until("card_ready");
      return { till, browser, page };
    };
    let steps = 0;
    const counted = await atCard();
    counted.browser.onStep(() => void (steps += 1));
    await counted.page.press({ do: "fill" });
    await counted.page.untilTrue(() => filled(counted.page), "filled");
    expect(steps).toBeGreaterThan(3);
    for (let at = 1; at <= steps; at++) {
      const { till, browser, page } = await atCard();
      let n = 0;
      browser.onStep(() => {
        if (++n === at) throw new Killed();
      });
      await page.press({ do: "fill" });
      await browser.restart();
      await page.until("card_ready");
      const revealed = till.asked.some((one) => one.path.endsWith("/reveal"));
      if (revealed) expect(page.stage, `step ${at}`).toMatchObject({ stillYours: false });
      if (!filled(page)) await page.press({ do: "fill" });
      await page.untilTrue(() => filled(page), `filled after step ${at}`);
      expect(JSON.stringify([...browser.disk, ...browser.session])).not.toContain(PAN);
    }
  }, 60_000);
  it("at any step of a new quote ends with one purchase for the new total", async () => {
    const other = { minor: 3000, currency: "USD" };
    const atChange = async (): Promise<{ till: Till; browser: Browser; page: TestPage }> => {
      const { till, browser } = await ready();
      const page = await begun(browser);
      await page.read(reading({ total: other }));
      await page.until("total_changed");
      return { till, browser, page };
    };
    // Until a page that came back has said its total, the old price may be shown.
    const newPrice = (page: TestPage): boolean => page.stage?.kind === "pay" && page.stage.price.total.minor === other.minor;
    let steps = 0;
    const counted = await atChange();
    counted.browser.onStep(() => void (steps += 1));
    await counted.page.press({ do: "requote" });
    await counted.page.untilTrue(() => newPrice(counted.page), "the new price");
    for (let at = 1; at <= steps; at++) {
      const { till, browser, page } = await atChange();
      let n = 0;
      browser.onStep(() => {
        if (++n === at) throw new Killed();
      });
      await page.press({ do: "requote" });
      await browser.restart();
      await page.untilTrue(() => newPrice(page) || ["total_changed", "offer", "ended"].includes(page.stage?.kind ?? ""), `going on after step ${at}`);
      // Killed before the wish was stored, or between the two halves: the shopper presses what is offered.
      if (page.stage?.kind === "offer") await page.press({ do: "begin", way: "card" });
      else if (!newPrice(page)) await page.press({ do: "requote" });
      await page.untilTrue(() => newPrice(page), `the new price after step ${at}`);
      expect(till.only().quote?.total, `step ${at}`).toEqual(other);
      expect(till.purchases.size, `step ${at}`).toBe(2);
    }
  }, 90_000);
  it("between page and card asks for the card again", async () => {
    const { till, browser } = await ready();
    const page = await begun(browser);
    till.paid();
    await page.until("card_ready");
    await browser.restart();
    await page.until("card_ready");
    await page.press({ do: "fill" });
    await page.untilTrue(() => filled(page), "filled");
    await browser.restart();
    await page.untilTrue(() => filled(page), "still filled");
    till.charges();
    await page.until("charged");
  });
  it("with the whole browser finds the purchase again by its store, in another tab", async () => {
    const { till, browser } = await ready();
    await begun(browser, 11);
    await browser.restart("browser");
    till.paid();
    const elsewhere = await browser.open(11, "https://else.example/checkout");
    await elsewhere.until("offer");
    const page = await browser.open(3, URL_OF);
    await page.until("card_ready");
    till.charges();
    await page.until("charged");
  });
});

describe("a tab", () => {
  it("that was closed: the purchase is found again at the same store, and not in a second tab beside the first", async () => {
    const { till, browser } = await ready();
    await begun(browser, 1);
    const beside = await browser.open(2, URL_OF);
    await beside.until("offer");
    browser.close(1);
    browser.close(2);
    const again = await browser.open(3, URL_OF);
    await again.until("pay");
    till.paid();
    await again.until("card_ready");
  });
  it("whose address is not safe gets no card", async () => {
    const { till, browser } = await ready();
    const page = await begun(browser, 1, URL_OF.replace("https:", "http:"));
    till.paid();
    await page.until("card_ready");
    await page.press({ do: "fill" });
    await page.press({ do: "copy", field: "number" });
    expect(page.view?.trouble).toEqual({ kind: "problem", code: "page_insecure" });
    expect([...page.fills, ...page.copies]).toEqual([]);
    expect(till.asked.some((one) => one.path.endsWith("/reveal"))).toBe(false);
  });
});

describe("the server", () => {
  it("away for a while: the last good view stays, nothing is done twice", async () => {
    const { till, browser } = await ready();
    const page = await browser.open(1, URL_OF);
    await page.until("offer");
    till.away = true;
    await page.press({ do: "begin", way: "card" });
    await page.untilTrue(() => page.view?.trouble?.kind === "server_unreachable", "away");
    expect(page.stage).toEqual({ kind: "working", what: "quoting" });
    till.away = false;
    await page.until("pay");
    await page.untilTrue(() => page.view?.trouble === undefined, "back");
    expect(till.purchases.size).toBe(1);
    till.away = true;
    await browser.background.alarm("live");
    await page.untilTrue(() => page.view?.trouble?.kind === "server_unreachable", "away again");
    expect(page.stage?.kind).toBe("pay");
  });
  it("whose clock is an hour ahead: count-downs are by this machine's, and it is said", async () => {
    const { browser } = await ready();
    browser.sleepUntil(NOW - 3_600_000 + 1_000);
    await browser.background.alarm("rates");
    const page = await begun(browser);
    const stage = page.stage as Extract<Stage, { kind: "pay" }>;
    expect(stage.expiresAtMs).toBe(NOW + 300_000 - 3_600_000 + 1_000);
    expect(page.view?.trouble).toEqual({ kind: "clock_wrong" });
  });
  it("that ends the log-in: the shopper is asked to log in, and it goes on after that", async () => {
    const { till, browser } = await ready();
    const page = await browser.open(1, URL_OF);
    await page.until("offer");
    till.instead = (one) => (one.method === "POST" ? Response.json({ code: "token_expired", detail: "Log in again." }, { status: 401 }) : null);
    await page.press({ do: "begin", way: "card" });
    expect(await page.until("setup")).toEqual({ kind: "setup", missing: "login" });
    till.instead = () => null;
    await browser.ask("login", { login: "ella", password: "correct horse", deviceName: "test" });
    await page.until("offer");
    expect(page.view?.trouble).toBeUndefined();
  });
});

describe("an invoice that is not to be believed is not shown", () => {
  it.each<[string, (till: Till) => void]>([
    ["wrong_key", (till) => void (till.signer = new Uint8Array(32).fill(0x33))],
    ["terms_total", (till) => void (till.bend = (terms, bolt11) => ({ terms: { ...terms, total_minor: 1 }, bolt11 }))],
    ["terms_store", (till) => void (till.bend = (terms, bolt11) => ({ terms: { ...terms, store: "else.example" }, bolt11 }))],
    ["terms_server", (till) => void (till.bend = (terms, bolt11) => ({ terms: { ...terms, server: "https://evil.example" }, bolt11 }))],
    ["terms_hash", (till) => void (till.bend = (terms, bolt11) => ({ terms: { ...terms, rate_micro: 1 }, bolt11 }))],
    ["terms_claim_on", (till) => void (till.claimOn = "reveal")],
    ["not_an_invoice", (till) => void (till.bend = (terms, bolt11) => ({ terms, bolt11: `${bolt11}q` }))],
  ])("%s", async (fault, bend) => {
    const { till, browser } = await ready();
    const page = await browser.open(1, URL_OF);
    await page.until("offer");
    bend(till);
    await page.press({ do: "begin", way: "card" });
    expect(await page.until("untrusted")).toEqual({ kind: "untrusted", fault });
  });
});

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

describe("what takes days", () => {
  it("is asked for on the long timer only, and is gone when it is another account's", async () => {
    const { till, browser } = await ready();
    await begun(browser);
    till.paid();
    till.charges();
    await browser.background.alarm("live");
    expect(await browser.background.busy()).toBe(true);
    browser.sleepUntil(NOW + 31 * 60_000);
    expect(await browser.background.busy()).toBe(false);
    const looks = () => till.asked.filter((one) => one.method === "GET" && /^\/v1\/purchases\/[0-9a-f]{32}$/.test(one.path)).length;
    const before = looks();
    await browser.background.alarm("live");
    expect(looks()).toBe(before);
    await browser.background.alarm("watch");
    expect(looks()).toBe(before + 1);
    till.purchases.clear();
    await browser.background.alarm("watch");
    expect((await browser.ask("state", {})).open).toEqual([]);
    expect(browser.kept("purchases")).toEqual([]);
  });
});

describe("calling off", () => {
  it("before the server has answered is done as soon as it has", async () => {
    const { till, browser } = await ready();
    const page = await browser.open(1, URL_OF);
    await page.until("offer");
    till.away = true;
    await page.press({ do: "begin", way: "card" });
    await page.press({ do: "cancel" });
    await page.until("offer");
    till.away = false;
    await browser.background.alarm("live");
    await page.untilTrue(() => [...till.purchases.values()].every((view) => view.state === "returned") && till.purchases.size === 1, "called off");
  });
  it("gives back what is held, and says that nothing was taken", async () => {
    const { till, browser } = await ready();
    const page = await begun(browser);
    till.paid();
    await page.until("card_ready");
    await page.press({ do: "cancel" });
    expect(await page.until("ended")).toMatchObject({ how: "returned", because: "cancelled", nothingTaken: true });
  });
});
