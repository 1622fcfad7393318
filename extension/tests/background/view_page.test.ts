import { describe, expect, it } from "vitest";
import type { PageSeen, ViewInput } from "../../src/background/view.ts";
import { panelView, pillView } from "../../src/background/view.ts";
import { HOST, PRICE, SERVED, TOTAL, charge, input, page, purchase, reading, view } from "./given.ts";

const stage = (change: Partial<ViewInput>) => panelView(input(change)).stage;
const unsure = reading({ total: null, candidate: { text: "$ 27.11", money: TOTAL, why: "ambiguous_currency" } });
const cardFirst: PageSeen = page({ cardFirst: true, currency: "USD", reading: reading({ checkout: false, total: null }) });

describe("before anything is begun", () => {
  const offer = { kind: "offer", total: TOTAL, estimate: PRICE, ways: ["card"], claimOn: "authorization" };
  const cases: readonly [string, Partial<ViewInput>, object][] = [
    ["not paired", { server: null }, { kind: "setup", missing: "pairing" }],
    ["not logged in", { loggedIn: false }, { kind: "setup", missing: "login" }],
    ["no address", { address: null }, { kind: "setup", missing: "billing_address" }],
    ["the address is not known: not asked for", { address: undefined }, offer],
    ["no destination, and none is needed", { destination: null }, offer],
    ["no destination where the reveal claims", { destination: null, page: page({ host: "www.later.example" }) }, { kind: "setup", missing: "refund_destination" }],
    ["where the reveal claims", { page: page({ host: "www.later.example" }) }, { ...offer, claimOn: "reveal" }],
    ["nothing read yet", { page: page({ reading: null }) }, { kind: "no_checkout" }],
    ["no checkout", { page: page({ reading: reading({ checkout: false, total: null }) }) }, { kind: "no_checkout" }],
    ["no checkout, and the shopper typed the total", { page: page({ reading: reading({ checkout: false, total: null }), confirmed: TOTAL }) }, offer],
    ["not sure", { page: page({ reading: unsure }) }, { kind: "confirm_total", text: "$ 27.11", candidate: TOTAL, why: "ambiguous_currency" }],
    ["no total at all", { page: page({ reading: reading({ total: null }) }) }, { kind: "confirm_total", text: null, candidate: null, why: "no_amount" }],
    ["not sure, and the shopper said so", { page: page({ reading: unsure, confirmed: TOTAL }) }, offer],
    ["sure now: the page has the word", { page: page({ confirmed: { minor: 1, currency: "USD" } }) }, offer],
    ["total after the card", { page: cardFirst }, { kind: "offer_card_first", currency: "USD", claimOn: "authorization" }],
    ["total after the card, in a currency that is not served", { page: { ...cardFirst, currency: "JPY" } }, { kind: "not_served", reason: { why: "currency", currency: "JPY", served: ["USD", "EUR"] } }],
    ["total after the card, in who knows what", { page: { ...cardFirst, currency: null } }, { kind: "confirm_total", text: null, candidate: null, why: "no_amount" }],
    ["total after the card, but there it is", { page: { ...cardFirst, reading: reading() } }, offer],
    ["not accepting", { served: { ...SERVED, accepts_purchases: false } }, { kind: "not_served", reason: { why: "not_accepting" } }],
    ["blocked", { page: page({ host: "pay.blocked.example" }) }, { kind: "not_served", reason: { why: "store_blocked" } }],
    ["not a blocked one's neighbour", { page: page({ host: "notblocked.example" }) }, offer],
    ["unknown store", { served: { ...SERVED, other_stores: null }, page: page({ host: "else.example" }) }, { kind: "not_served", reason: { why: "store_unknown" } }],
    ["blocked country", { address: { name: "a", line1: "b", city: "c", country: "KP" } }, { kind: "not_served", reason: { why: "country" } }],
    ["country not listed", { served: { ...SERVED, countries: ["DE"] } }, { kind: "not_served", reason: { why: "country" } }],
    ["country listed", { served: { ...SERVED, countries: ["US"] } }, offer],
    ["a postcode is asked for and none is on file", { address: { name: "a", line1: "b", city: "c", country: "HK" }, page: page({ reading: reading({ fields: { postalCode: ["#zip"] } }) }) }, { kind: "not_served", reason: { why: "address_missing" } }],
    ["currency", { page: page({ reading: reading({ total: { minor: 1, currency: "JPY" } }) }) }, { kind: "not_served", reason: { why: "currency", currency: "JPY", served: ["USD", "EUR"] } }],
    ["too little", { page: page({ reading: reading({ total: { minor: 99, currency: "USD" } }) }) }, { kind: "not_served", reason: { why: "below_minimum", bound: { minor: 100, currency: "USD" } } }],
    ["too much", { page: page({ reading: reading({ total: { minor: 100_001, currency: "USD" } }) }) }, { kind: "not_served", reason: { why: "above_maximum", bound: { minor: 100_000, currency: "USD" } } }],
    ["no rate", { page: page({ reading: reading({ total: { minor: 100, currency: "EUR" } }) }) }, { kind: "not_served", reason: { why: "no_rate", currency: "EUR" } }],
    ["rates not fetched yet", { rates: null }, { ...offer, estimate: null }],
    ["nothing fetched yet", { rates: null, served: null }, { ...offer, estimate: null }],
    ["ready", {}, offer],
  ];
  it.each(cases)("%s", (_, change, expected) => expect(stage(change)).toEqual(expected));

  it("asks for nothing on a page that is no checkout", () => {
    const nothing = page({ reading: reading({ checkout: false, total: null }) });
    expect(stage({ page: nothing, address: null }).kind).toBe("no_checkout");
  });
});

describe("refused before it began", () => {
  const refused = (code: string) => purchase({ id: null, view: null, problem: { code, status: 422, detail: "words", retryAfterMs: null } });
  it.each([
    ["store_blocked", { kind: "not_served", reason: { why: "store_blocked" } }],
    ["store_unknown", { kind: "not_served", reason: { why: "store_unknown" } }],
    ["country_needed", { kind: "not_served", reason: { why: "country_missing" } }],
    ["country_not_served", { kind: "not_served", reason: { why: "country" } }],
    ["draining", { kind: "not_served", reason: { why: "not_accepting" } }],
    ["currency_not_served", { kind: "not_served", reason: { why: "currency", currency: "USD", served: ["USD", "EUR"] } }],
    ["price_unavailable", { kind: "not_served", reason: { why: "no_rate", currency: "USD" } }],
    ["amount_below_minimum", { kind: "not_served", reason: { why: "below_minimum", bound: { minor: 100, currency: "USD" } } }],
    ["amount_above_limit", { kind: "not_served", reason: { why: "above_maximum", bound: { minor: 100_000, currency: "USD" } } }],
  ])("%s", (code, expected) => expect(stage({ purchase: refused(code) })).toEqual(expected));

  it("for want of a destination or a log-in: until that is there", () => {
    const [destination, token] = [refused("destination_needed"), refused("token_expired")];
    expect(stage({ purchase: destination, destination: null })).toEqual({ kind: "setup", missing: "refund_destination" });
    expect(stage({ purchase: token, loggedIn: false })).toEqual({ kind: "setup", missing: "login" });
    for (const purchase of [destination, token]) expect(panelView(input({ purchase }))).toMatchObject({ stage: { kind: "offer" } });
    for (const purchase of [destination, token]) expect(panelView(input({ purchase })).trouble).toBeUndefined();
  });

  it.each(["unpaid_purchase_open", "no_room", "no_float", "limit_reached", "unavailable"])("%s: offered again, with the server's words", (code) => {
    const shown = panelView(input({ purchase: refused(code) }));
    expect(shown.stage.kind).toBe("offer");
    expect(shown.trouble).toEqual({ kind: "problem", code, detail: "words" });
  });
});

describe("trouble on top", () => {
  it("keeps the stage when the server is away", () => {
    const shown = panelView(input({ trouble: { kind: "server_unreachable" } }));
    expect(shown).toMatchObject({ stage: { kind: "offer" }, trouble: { kind: "server_unreachable" }, server: "https://till.example" });
  });
  it("says that the clock is wrong", () => {
    expect(panelView(input({ aheadMs: 3_600_000 })).trouble).toEqual({ kind: "clock_wrong" });
    expect(panelView(input({ aheadMs: -3_600_000 })).trouble).toEqual({ kind: "clock_wrong" });
    expect(panelView(input({ aheadMs: 60_000 })).trouble).toBeUndefined();
  });
  it("says why the store was declined", () => {
    const declined = view("card_ready", { bitcoin: "held", charges: [charge({ decision: "declined", decline_reason: "amount_too_high" })] });
    expect(panelView(input({ purchase: purchase({ view: declined }) })).trouble).toEqual({ kind: "problem", code: "declined_amount_too_high" });
  });
});

describe("the pill", () => {
  it.each<[string, Partial<ViewInput>, object]>([
    ["a price", {}, { amountMsat: 496_758_000, total: TOTAL, tone: "offer" }],
    ["not sure", { page: page({ reading: unsure }) }, { amountMsat: null, total: null, tone: "unsure" }],
    ["total after the card", { page: cardFirst }, { amountMsat: null, total: null, tone: "offer" }],
    ["no price for what is not served", { page: page({ reading: reading({ total: { minor: 99, currency: "USD" } }) }) }, { amountMsat: null, total: { minor: 99, currency: "USD" }, tone: "offer" }],
    ["under way", { purchase: purchase({ view: view("held", { bitcoin: "held" }) }) }, { amountMsat: 496_758_000, total: TOTAL, tone: "active" }],
    ["begun", { purchase: purchase({ id: null, wish: { kind: "begin", key: "k", sinceMs: 0 } }) }, { amountMsat: null, total: TOTAL, tone: "active" }],
    ["untrusted", { purchase: purchase({ view: view("invoiced"), fault: "wrong_key" }) }, { amountMsat: 496_758_000, total: TOTAL, tone: "attention" }],
    ["ended", { purchase: purchase({ view: view("returned") }) }, { amountMsat: 496_758_000, total: TOTAL, tone: "attention" }],
  ])("%s", (_, change, expected) => expect(pillView(input(change))).toEqual(expected));
});

it("the store is named as the server knows it once something is begun", () => {
  expect(panelView(input({})).store).toEqual({ host: HOST, name: "Shop" });
  expect(panelView(input({ purchase: purchase({ view: view("held", { store_name: "Shop Ltd" }) }) })).store.name).toBe("Shop Ltd");
});
