/** A purchase from its beginning to its end, and who may have it. */
import { describe, expect, it } from "vitest";
import type { Stage } from "../../src/types/panel.ts";
import { HOST, NOW, TOTAL } from "./given.ts";
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

describe("a wallet that fetches its invoice itself", () => {
  it("ends the one that is shown; the shopper turns back, and the new one is checked before it is shown", async () => {
    const { till, browser } = await ready();
    const page = await begun(browser);
    till.fetches();
    expect(await page.until("fetched")).not.toHaveProperty("stillYours");
    await page.press({ do: "show_invoice" });
    const stage = await page.until("pay");
    expect(stage.kind === "pay" && stage.bolt11).toBe(till.only().invoice?.bolt11);
    expect(till.asked.filter((one) => one.path.endsWith("/invoice")).length).toBe(1);
    // Pressed where there is nothing to turn back from: nothing is asked.
    await page.press({ do: "show_invoice" });
    expect(till.asked.filter((one) => one.path.endsWith("/invoice")).length).toBe(1);
  });
  it("turned back to an invoice that is not this server's: it is not shown", async () => {
    const { till, browser } = await ready();
    const page = await begun(browser);
    till.fetches();
    await page.until("fetched");
    till.signer = new Uint8Array(32).fill(0x33);
    await page.press({ do: "show_invoice" });
    expect(await page.until("untrusted")).toMatchObject({ fault: "wrong_key" });
  });
  it("is called off with the purchase", async () => {
    const { till, browser } = await ready();
    const page = await begun(browser);
    till.fetches();
    await page.until("fetched");
    await page.press({ do: "cancel" });
    await page.untilTrue(() => till.asked.some((one) => one.path.endsWith("/cancel")), "cancelled");
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
