/** An order paid by gift card, from the question for offers to the shopper's word that it is placed. */
import { describe, expect, it } from "vitest";
import type { GiftCardOffer } from "../../src/api/types.ts";
import type { Stage } from "../../src/types/panel.ts";
import type { Browser, TestPage } from "./browser.ts";
import { makeBrowser } from "./browser.ts";
import { HOST, NOW, TOTAL, reading, refund } from "./given.ts";
import type { Till } from "./till.ts";
import { CLAIM_CODE, PAIRING, SERVER, makeTill } from "./till.ts";

const URL_OF = `https://${HOST}/checkout`;
export const STEPS: GiftCardOffer = { product_id: "steps", store: "Shop", country: "US", currency: "USD", steps_minor: [1000, 2500, 5000, 10_000], min_minor: 1000, max_minor: 10_000, increment_minor: 1 };
const usd = (minor: number): { minor: number; currency: string } => ({ minor, currency: "USD" });
const FIFTY = { product: "steps", value: usd(5000) };

async function ready(offers: readonly GiftCardOffer[] = [STEPS]): Promise<{ till: Till; browser: Browser }> {
  const till = makeTill();
  till.offers = offers;
  const browser = makeBrowser({ fetch: till.fetch });
  await browser.ask("pair", { pairing: PAIRING });
  await browser.ask("login", { login: "ella", password: "correct horse", deviceName: "test" });
  return { till, browser };
}

const offerOf = (page: TestPage): Extract<Stage, { kind: "offer" }> | null => (page.stage?.kind === "offer" ? page.stage : null);
const asks = (till: Till): number => till.asked.filter(({ path }) => path === "/v1/gift-cards").length;
const reveals = (till: Till): number => till.asked.filter(({ path }) => path.endsWith("/reveal")).length;
const isFilled = (page: TestPage): boolean => page.stage?.kind === "gift_ready" && page.stage.fill.kind === "filled";

async function offered(browser: Browser): Promise<TestPage> {
  const page = await browser.open(1, `${URL_OF}?basket=secret`);
  await page.untilTrue(() => offerOf(page)?.gift !== undefined, "gift cards offered");
  return page;
}

async function bought(browser: Browser): Promise<TestPage> {
  const page = await offered(browser);
  await page.press({ do: "begin", way: "gift_card", gift: FIFTY });
  await page.until("pay");
  return page;
}

async function delivered(till: Till, browser: Browser): Promise<TestPage> {
  const page = await bought(browser);
  till.arrives();
  await page.until("paying_vendor");
  till.takes();
  till.delivers();
  await page.until("gift_ready");
  return page;
}

describe("the offers", () => {
  it("are asked for once the shopper has opened the panel, and listed as sent", async () => {
    const { till, browser } = await ready();
    expect(asks(till)).toBe(0);
    const page = await offered(browser);
    expect(asks(till)).toBe(1);
    expect(JSON.stringify(till.asked)).not.toContain("secret");
    expect(await browser.ask("sent", {})).toEqual([{ atMs: NOW, server: SERVER, store: HOST, totalMinor: null, currency: "", country: "US" }]);
    await page.read(reading({ total: usd(2600) }));
    await page.untilTrue(() => offerOf(page)?.total.minor === 2600, "the new total");
    expect(asks(till)).toBe(1);
  });
  it("are not asked for while the panel is closed", async () => {
    const { till, browser } = await ready();
    const line = await browser.background.pageUp({ tabId: 9, url: URL_OF, say: () => {} });
    await line.heard({ say: "reading", url: URL_OF, reading: reading(), blank: false });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asks(till)).toBe(0);
    await line.heard({ say: "panel", open: true });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asks(till)).toBe(1);
  });
  it("are not asked for of a server without a vendor, nor at a store that takes none", async () => {
    const { till, browser } = await ready([]);
    const page = await browser.open(1, URL_OF);
    await page.until("offer");
    expect(offerOf(page)).not.toHaveProperty("looking");
    expect(asks(till)).toBe(0);
  });
  it("that do not come leave the card", async () => {
    const { till, browser } = await ready();
    till.instead = ({ path }) => (path === "/v1/gift-cards" ? new Response("{}", { status: 500 }) : null);
    const page = await browser.open(1, URL_OF);
    await page.untilTrue(() => offerOf(page) !== null && offerOf(page)?.looking === undefined, "the card alone");
    expect(offerOf(page)?.ways).toEqual(["card"]);
    await page.press({ do: "begin", way: "card" });
    await page.until("pay");
  });
  it("are the only ones that can be bought", async () => {
    const { till, browser } = await ready();
    const page = await offered(browser);
    for (const gift of [{ product: "other", value: usd(5000) }, { product: "steps", value: usd(2500) }]) await page.press({ do: "begin", way: "gift_card", gift });
    await page.press({ do: "begin", way: "gift_card" });
    expect(till.purchases.size).toBe(0);
  });
});

describe("a purchase by gift card", () => {
  it("buys the value, not the total, and ends with the shopper's word", async () => {
    const { till, browser } = await ready();
    const page = await bought(browser);
    const [post] = till.asked.filter(({ method, path }) => method === "POST" && path === "/v1/purchases");
    expect(post?.body).toEqual({ store_host: HOST, nonce: expect.stringMatching(/^[0-9a-f]{32}$/) as string, gift_card: { product_id: "steps" }, total: usd(5000) });
    const gift = { value: usd(5000), total: TOTAL, left: usd(2289) };
    expect(page.stage).toMatchObject({ kind: "pay", claimOn: "reveal", gift });
    till.arrives();
    expect(await page.until("paying_vendor")).toMatchObject({ gift, paid: false });
    till.takes();
    await page.untilTrue(() => page.stage?.kind === "paying_vendor" && page.stage.paid, "paid");
    till.delivers();
    expect(await page.until("gift_ready")).toMatchObject({ gift, fill: { kind: "ready" }, has: [] });
    await page.press({ do: "fill" });
    await page.untilTrue(() => isFilled(page), "filled");
    expect(page.codes).toEqual([{ code: CLAIM_CODE, pin: "4711" }]);
    expect(page.stage).toMatchObject({ has: ["giftCode", "giftPin"], fill: { fields: ["giftCode", "giftPin"], missing: [] } });
    await page.press({ do: "gift_used", used: true });
    expect(await page.until("done")).toMatchObject({ captured: usd(5000), gift });
    await page.press({ do: "gift_used", used: false });
    await page.until("gift_ready");
    await page.press({ do: "gift_used", used: true });
    await page.until("done");
    await page.press({ do: "dismiss" });
    await page.until("offer");
  });
  it("is not paid for another value than was chosen", async () => {
    const { till, browser } = await ready();
    till.bend = (terms, bolt11) => ({ terms: { ...terms, total_minor: 2500 }, bolt11 });
    const page = await offered(browser);
    await page.press({ do: "begin", way: "gift_card", gift: FIFTY });
    expect(await page.until("untrusted")).toEqual({ kind: "untrusted", fault: "terms_total" });
  });
  it("writes the code nowhere, shows it in no view, and drops it once it is used", async () => {
    const { till, browser } = await ready();
    till.gift = { code: CLAIM_CODE, pin: "47-11", link: "https://vendor.example/claim/s3cr3t", instructions: "Type it in." };
    const views: string[] = [];
    const page = await delivered(till, browser);
    page.fillCodeWith = (code) => {
      views.push(JSON.stringify([page.view, [...browser.disk], [...browser.session]]));
      return { code: true, pin: code.pin !== null };
    };
    await page.press({ do: "fill" });
    await page.untilTrue(() => isFilled(page), "filled");
    views.push(JSON.stringify([page.view, page.pill, [...browser.disk], [...browser.session], till.asked]));
    for (const secret of [CLAIM_CODE, "47-11", "s3cr3t"]) expect(views.join()).not.toContain(secret);
    expect(reveals(till)).toBe(1);
    await page.press({ do: "copy", field: "giftCode" });
    await page.untilTrue(() => page.copies.length === 1, "copied");
    expect(reveals(till)).toBe(2);
    await page.press({ do: "copy", field: "giftPin" });
    await page.untilTrue(() => page.copies.length === 2, "copied");
    expect(reveals(till)).toBe(2);
    expect(page.copies).toEqual([{ field: "giftCode", value: CLAIM_CODE }, { field: "giftPin", value: "47-11" }]);
  });
  it("without a box for the PIN, or for the code, leaves it to be copied", async () => {
    const { till, browser } = await ready();
    const page = await delivered(till, browser);
    page.fillCodeWith = () => ({ code: true, pin: false });
    await page.press({ do: "fill" });
    await page.untilTrue(() => isFilled(page), "filled");
    expect(page.stage).toMatchObject({ fill: { fields: ["giftCode"], missing: ["giftPin"] } });
    page.fillCodeWith = () => ({ code: false, pin: false });
    await page.press({ do: "fill" });
    await page.untilTrue(() => page.stage?.kind === "gift_ready" && page.stage.fill.kind === "copy", "copy");
    expect(page.stage).toMatchObject({ fill: { fields: ["giftCode", "giftPin"] } });
  });
  it("that is a link opens it in a tab of its own, and only an https one", async () => {
    const { till, browser } = await ready();
    till.gift = { link: "https://vendor.example/claim/s3cr3t", instructions: "" };
    const page = await delivered(till, browser);
    await page.press({ do: "fill" });
    await page.untilTrue(() => page.stage?.kind === "gift_ready" && page.stage.has.length > 0 && page.stage.fill.kind === "copy", "a link");
    expect(page.stage).toMatchObject({ has: ["giftLink"], opened: { linkHost: "vendor.example" } });
    expect(page.codes).toEqual([]);
    await page.press({ do: "open_link" });
    expect(browser.links).toEqual(["https://vendor.example/claim/s3cr3t"]);
    expect(JSON.stringify(page.view)).not.toContain("s3cr3t");
  });
  it.each(["javascript:alert(1)", "http://vendor.example/claim", "https://a@vendor.example/"])("that is %s is no gift card", async (link) => {
    const { till, browser } = await ready();
    till.gift = { link, instructions: "" };
    const page = await delivered(till, browser);
    await page.press({ do: "open_link" });
    await page.untilTrue(() => page.view?.trouble?.code === "code_unreadable", "refused");
    expect(browser.links).toEqual([]);
  });
  it("that was not delivered is owed back", async () => {
    const { till, browser } = await ready();
    const page = await bought(browser);
    till.arrives();
    till.takes();
    till.keeps(refund({ cause: "not_delivered", owed_msat: 496_758_000 }));
    expect(await page.until("ended")).toMatchObject({ because: "not_delivered", nothingTaken: false, owed: [{ cause: "not_delivered" }] });
  });
  it("goes on after the worker was killed, the code asked for anew", async () => {
    const { till, browser } = await ready();
    const page = await delivered(till, browser);
    await page.press({ do: "copy", field: "giftCode" });
    await browser.restart();
    await page.until("gift_ready");
    await page.press({ do: "fill" });
    await page.untilTrue(() => isFilled(page), "filled");
    expect(reveals(till)).toBe(2);
    expect(till.purchases.size).toBe(1);
  });
  it("is shown once more on the extension's own page, with the password where another device began it", async () => {
    const { till, browser } = await ready();
    await delivered(till, browser);
    const [id = ""] = till.purchases.keys();
    expect(await browser.ask("gift_code", { id, password: null })).toEqual({ code: CLAIM_CODE, pin: "4711", link: null });
    till.instead = ({ path, body }) => (path.endsWith("/reveal") && body["password"] !== "secret" ? new Response(JSON.stringify({ code: "password_needed" }), { status: 403 }) : null);
    await expect(browser.ask("gift_code", { id, password: null })).rejects.toThrow("password_needed");
    expect(await browser.ask("gift_code", { id, password: "secret" })).toMatchObject({ code: CLAIM_CODE });
    expect(JSON.stringify([...browser.disk, ...browser.session])).not.toContain(CLAIM_CODE);
  });
  it("that is no longer sold is offered anew", async () => {
    const { till, browser } = await ready();
    const page = await offered(browser);
    till.instead = ({ path, method }) =>
      path === "/v1/purchases" && method === "POST" ? new Response(JSON.stringify({ code: "value_not_sold", status: 422, title: "", type: "", detail: "words" }), { status: 422 }) : null;
    till.offers = [{ ...STEPS, steps_minor: [10_000] }];
    await page.press({ do: "begin", way: "gift_card", gift: FIFTY });
    await page.untilTrue(() => page.view?.trouble?.code === "value_not_sold", "refused");
    await page.untilTrue(() => offerOf(page)?.gift?.values[0]?.value.minor === 10_000, "the new value");
  });
});
