/** Which gift cards pay an order, in which order the ways are offered, and what is said of each state. */
import { describe, expect, it } from "vitest";
import type { GiftCardOffer, PurchaseView } from "../../src/api/types.ts";
import { valuesFor } from "../../src/background/gifts.ts";
import type { LocalGift } from "../../src/background/model.ts";
import type { ViewInput } from "../../src/background/view.ts";
import { panelView } from "../../src/background/view.ts";
import type { Stage } from "../../src/types/panel.ts";
import { HOLD, RATES, SERVED, TOTAL, input, page, purchase, reading, view } from "./given.ts";

const offer = (change: Partial<GiftCardOffer>): GiftCardOffer => ({ product_id: "p", store: "Shop", country: "US", currency: "USD", steps_minor: [], min_minor: 500, max_minor: 50_000, increment_minor: 1, ...change });
const steps = (...steps_minor: number[]): GiftCardOffer => offer({ product_id: "s", steps_minor });
const served = { ...SERVED, gift_cards: true };
const usd = (minor: number): { minor: number; currency: string } => ({ minor, currency: "USD" });

describe("the values for 27.11", () => {
  it.each<[string, readonly GiftCardOffer[], readonly [number, number][]]>([
    ["any value: exactly that", [offer({})], [[2711, 0]]],
    ["whole dollars", [offer({ min_minor: 1000, increment_minor: 100 })], [[2800, 89]]],
    ["fives from a step that is none", [offer({ min_minor: 1200, increment_minor: 500 })], [[3200, 489]]],
    ["less than the least", [offer({ min_minor: 5000 })], [[5000, 2289]]],
    ["more than the most", [offer({ max_minor: 2500 })], []],
    ["a range whose next step is beyond its most", [offer({ min_minor: 1000, max_minor: 2750, increment_minor: 1000 })], []],
    ["steps: those that pay it, least first", [steps(10_000, 1000, 2500, 5000)], [[5000, 2289], [10_000, 7289]]],
    ["steps that do not", [steps(1000, 2500)], []],
    ["two products, one value once", [steps(5000), offer({ increment_minor: 1 }), steps(5000, 10_000)], [[2711, 0], [5000, 2289], [10_000, 7289]]],
    ["four at most", [steps(3000, 4000, 5000, 6000, 7000)], [[3000, 289], [4000, 1289], [5000, 2289], [6000, 3289]]],
    ["another currency", [offer({ currency: "EUR" })], []],
    ["over the server's own bound", [steps(200_000)], []],
    ["nonsense", [offer({ increment_minor: 0 }), offer({ min_minor: -1 }), steps(1e300, Number.NaN)], []],
  ])("%s", (_, offers, expected) => {
    expect(valuesFor(offers, TOTAL, served, RATES).map(({ value, left }) => [value.minor, left.minor])).toEqual(expected);
  });
  it("are priced with the spread of gift cards", () => {
    const rates = { rates: [{ currency: "USD", venues: [], outliers: [], rate_micro: 5_500_000_000, shopper_rate_micro: 5_457_386_000 }] };
    const [one] = valuesFor([offer({})], TOTAL, served, rates);
    // 5,500 less 1 % is 5,445; 27.11 / 5,445 = 0.0049788797...
    expect(one?.estimate).toEqual({ total: TOTAL, fee: usd(0), rateMicro: 5_445_000_000, spreadPpm: 10_000, amountMsat: 497_888_000 });
    expect(valuesFor([offer({})], TOTAL, served, RATES)[0]?.estimate).toBeNull();
  });
});

describe("the offer", () => {
  const stage = (change: Partial<ViewInput>): Stage => panelView(input({ served, offers: [offer({})], ...change })).stage;
  const at = (gifts: "first" | "beside" | "never"): Partial<ViewInput> => ({ page: page({ gifts }) });
  it("has the gift card beside the card, and first where the store charges at shipment", () => {
    expect(stage(at("beside"))).toMatchObject({ kind: "offer", ways: ["card", "gift_card"], gift: { needsDestination: false } });
    expect(stage(at("first"))).toMatchObject({ ways: ["gift_card", "card"] });
    expect(stage({ page: page({ host: "www.later.example" }) })).toMatchObject({ claimOn: "reveal", ways: ["gift_card", "card"] });
  });
  it("has none where the store takes none, none pays it, or a card is on file already", () => {
    expect(stage(at("never"))).toEqual({ kind: "offer", total: TOTAL, estimate: expect.anything() as unknown, ways: ["card"], claimOn: "authorization" });
    expect(stage({ offers: [steps(1000)] })).toMatchObject({ ways: ["card"] });
    const prepared = purchase({ cardFirst: true, revealed: true, fill: { kind: "filled", fields: ["number"], missing: [], storeSavesCard: false }, view: view("card_prepared", { flow: "card_first" }) });
    expect(stage({ purchase: prepared })).toMatchObject({ kind: "offer", ways: ["card"] });
  });
  it("says that it is looking, and that a destination is missing", () => {
    for (const offers of ["unasked", "asking"] as const) expect(stage({ offers })).toMatchObject({ ways: ["card"], looking: true });
    expect(stage({ destination: null })).toMatchObject({ kind: "offer", gift: { needsDestination: true } });
    const refused = purchase({ id: null, wish: null, gift: { product: "p", orderTotal: TOTAL, has: [], used: false }, problem: { code: "destination_needed", status: 409, detail: null, retryAfterMs: null } });
    expect(stage({ purchase: refused, destination: null })).toMatchObject({ kind: "offer", gift: { needsDestination: true } });
  });
  it("is gift cards alone where the server makes no cards", () => {
    const only = { ...served, cards: false };
    expect(stage({ served: only })).toMatchObject({ kind: "offer", ways: ["gift_card"] });
    expect(stage({ served: only, offers: "asking" })).toEqual({ kind: "working", what: "looking_for_gifts" });
    expect(stage({ served: only, offers: [] })).toEqual({ kind: "not_served", reason: { why: "no_gift_card" } });
  });
  it("lets a total be typed where a card would have to be on file first", () => {
    const unread = page({ cardFirst: true, gifts: "first", currency: "USD", reading: reading({ total: null }) });
    expect(stage({ page: unread })).toMatchObject({ kind: "offer_card_first", giftInstead: true });
    expect(stage({ page: { ...unread, gifts: "beside" } })).not.toHaveProperty("giftInstead");
  });
});

describe("every state of a purchase by gift card", () => {
  const gift: LocalGift = { product: "s", orderTotal: TOTAL, has: [], used: false };
  const quote = { ...view("invoiced").quote, total: usd(5000) } as NonNullable<PurchaseView["quote"]>;
  const of = (state: PurchaseView["state"], change: Partial<PurchaseView> = {}, at: Partial<ViewInput> = {}): Stage =>
    panelView(input({ purchase: purchase({ total: usd(5000), claimOn: "reveal", gift, view: view(state, { flow: "gift_card", claim_on: "reveal", quote, ...change }) }), ...at })).stage;
  const card = { product_id: "s", delivered: false, failed: false, reveals: 0 };
  it.each<[PurchaseView["state"], Partial<PurchaseView>, object]>([
    ["quoted", {}, { kind: "working", what: "ordering_gift" }],
    ["invoiced", {}, { kind: "pay", gift: { value: usd(5000), total: TOTAL, left: usd(2289) } }],
    ["paying_vendor", { bitcoin: "claiming", hold: HOLD }, { kind: "paying_vendor", paid: false }],
    ["claiming", { bitcoin: "claiming", hold: HOLD }, { kind: "paying_vendor", paid: true }],
    ["funded", { bitcoin: "claimed", claimed_msat: 1 }, { kind: "paying_vendor", paid: true }],
    ["completed", { bitcoin: "claimed", captured_minor: 5000, gift_card: { ...card, delivered: true } }, { kind: "gift_ready" }],
    ["completed", { bitcoin: "claimed", gift_card: { ...card, failed: true } }, { kind: "ended", because: "not_delivered", nothingTaken: false }],
    ["returned", { bitcoin: "returned", closed_because: "vendor_failed" }, { kind: "ended", because: "vendor_failed", nothingTaken: true }],
    ["expired", {}, { kind: "ended", how: "expired", nothingTaken: true }],
    ["closing", { bitcoin: "held" }, { kind: "working", what: "ending" }],
  ])("%s", (state, change, expected) => {
    const stage = of(state, change);
    expect(stage).toMatchObject(expected);
    // Once it was paid, the vendor may have it at any moment.
    if (state !== "invoiced") expect("stillYours" in stage).toBe(false);
  });
  it("a total that changed is said while the card would no longer pay it", () => {
    const now = (minor: number): Partial<ViewInput> => ({ page: page({ reading: reading({ total: usd(minor) }) }) });
    expect(of("invoiced", {}, now(5000)).kind).toBe("pay");
    expect(of("invoiced", {}, now(2000)).kind).toBe("pay");
    expect(of("invoiced", {}, now(5001))).toMatchObject({ kind: "total_changed", was: TOTAL, now: usd(5001) });
    expect(of("completed", { bitcoin: "claimed", captured_minor: 5000, gift_card: { ...card, delivered: true } }, now(9000)).kind).toBe("gift_ready");
  });
});
