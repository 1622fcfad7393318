import { utf8ToBytes } from "@noble/hashes/utils.js";
import { bech32 } from "@scure/base";
import { describe, expect, it } from "vitest";
import type { PurchaseState, PurchaseView } from "../../src/api/types.ts";
import type { LocalPurchase } from "../../src/background/model.ts";
import type { ViewInput } from "../../src/background/view.ts";
import { panelView } from "../../src/background/view.ts";
import type { Stage } from "../../src/types/panel.ts";
import { HOLD, HOST, NOW, PRICE, TOTAL, charge, input, page, purchase, reading, refund, view } from "./given.ts";

type Claim = PurchaseView["claim_on"];
const of = (local: Partial<LocalPurchase>, change: Partial<ViewInput> = {}): Stage => panelView(input({ ...change, purchase: purchase(local) })).stage;

/** Every state, under both policies, as it comes first: what is shown, and whether "still yours" is said. */
const STATES: readonly [PurchaseState, PurchaseView["bitcoin"], Claim, Stage["kind"], boolean | undefined][] = [
  ["opened", "unpaid", "authorization", "working", undefined],
  ["opened", "unpaid", "reveal", "working", undefined],
  ["card_prepared", "unpaid", "authorization", "card_ready", true],
  ["card_prepared", "unpaid", "reveal", "card_ready", true],
  ["quoted", "unpaid", "authorization", "working", undefined],
  ["quoted", "unpaid", "reveal", "working", undefined],
  ["invoiced", "unpaid", "authorization", "pay", true],
  ["invoiced", "unpaid", "reveal", "pay", true],
  ["awaiting_funds", "unpaid", "authorization", "working", undefined],
  ["awaiting_funds", "unpaid", "reveal", "working", undefined],
  ["held", "held", "authorization", "held", true],
  ["held", "held", "reveal", "held", true],
  ["card_ready", "held", "authorization", "card_ready", true],
  ["card_ready", "held", "reveal", "card_ready", true],
  ["card_ready", "claimed", "authorization", "card_ready", false],
  ["card_ready", "claimed", "reveal", "card_ready", false],
  ["paying_vendor", "claiming", "authorization", "working", undefined],
  ["paying_vendor", "claiming", "reveal", "working", undefined],
  ["claiming", "claiming", "authorization", "charged", undefined],
  ["claiming", "claiming", "reveal", "working", undefined],
  ["funded", "claimed", "authorization", "card_ready", false],
  ["funded", "claimed", "reveal", "card_ready", false],
  ["closing", "held", "authorization", "working", undefined],
  ["closing", "held", "reveal", "working", undefined],
  ["completed", "claimed", "authorization", "ended", undefined],
  ["completed", "claimed", "reveal", "ended", undefined],
  ["returned", "returned", "authorization", "ended", undefined],
  ["returned", "returned", "reveal", "ended", undefined],
  ["expired", "unpaid", "authorization", "ended", undefined],
  ["expired", "unpaid", "reveal", "ended", undefined],
];

describe("every state under every policy", () => {
  it.each(STATES)("%s, %s, claim on %s: %s, still yours %s", (state, bitcoin, claimOn, kind, yours) => {
    for (const cardFirst of [false, true]) {
      const stage = of({ cardFirst, view: view(state, { bitcoin, claim_on: claimOn, hold: HOLD, flow: cardFirst ? "card_first" : "card" }) });
      expect(stage.kind).toBe(kind);
      expect("stillYours" in stage ? stage.stillYours : undefined).toBe(yours);
    }
  });
  it("has all of them", () => {
    const policies = (state: string) => STATES.filter(([s]) => s === state).map(([, , claim]) => claim);
    const states = new Set(STATES.map(([state]) => state));
    expect(states.size).toBe(14);
    for (const state of states) expect(new Set(policies(state)).size, state).toBe(2);
  });
});

describe("still yours is never said", () => {
  const all = (change: Partial<PurchaseView>, local: Partial<LocalPurchase>, over: Partial<ViewInput> = {}): readonly boolean[] =>
    (["invoiced", "held", "card_ready", "funded", "claiming"] as const).flatMap((state) => {
      const stage = of({ ...local, view: view(state, { hold: HOLD, ...change }) }, over);
      return "stillYours" in stage ? [stage.stillYours] : [];
    });
  it("of what is claimed, being claimed or given back", () => {
    for (const bitcoin of ["claimed", "claiming", "returned"] as const) expect(all({ bitcoin }, {})).not.toContain(true);
  });
  it("while the store's charge is being decided", () => {
    expect(all({ bitcoin: "held", charges: [charge({ decision: "pending" })] }, {})).not.toContain(true);
  });
  it("once the reveal was asked for that claims", () => {
    expect(all({ bitcoin: "held", claim_on: "reveal" }, { revealed: true })).not.toContain(true);
    expect(all({ bitcoin: "held", claim_on: "reveal", card: { state: "open", limit: TOTAL, reveals: 1 } }, {})).not.toContain(true);
  });
  it("on an old word, once somebody has the card's number", () => {
    const away = { trouble: { kind: "server_unreachable" as const } };
    expect(all({ bitcoin: "held" }, { revealed: true }, away)).not.toContain(true);
    // Without the number nobody can charge it, whether the server answers or not.
    expect(all({ bitcoin: "held" }, {}, away)).toEqual([true, true, true, true]);
    expect(all({ bitcoin: "held" }, { revealed: true })).toEqual([true, true, true, true]);
  });
});

describe("waiting for the wallet", () => {
  it("shows the invoice that passed our check, with its times by this machine's clock", () => {
    expect(of({ view: view("invoiced") }, { aheadMs: 3_600_000 })).toEqual({
      kind: "pay",
      price: PRICE,
      code: "005HC89C",
      bolt11: "lnbcrt1",
      expiresAtMs: NOW + 300_000 - 3_600_000,
      claimOn: "authorization",
      stillYours: true,
    });
  });
  it("shows no invoice before it has passed", () => {
    expect(of({ checkedInvoice: null, view: view("invoiced") })).toEqual({ kind: "working", what: "checking_invoice" });
    expect(of({ checkedInvoice: "lnbcrt_other", view: view("invoiced") })).toEqual({ kind: "working", what: "checking_invoice" });
  });
  it("shows no invoice that did not pass", () => {
    expect(of({ fault: "wrong_key", view: view("invoiced") })).toEqual({ kind: "untrusted", fault: "wrong_key" });
  });
  it("offers the wallet's own way only where it leads to this server", () => {
    const link = (url: string): string => bech32.encode("lnurl", bech32.toWords(utf8ToBytes(url)), 1_023).toUpperCase();
    const good = link("https://till.example/lnurl/pay/00");
    expect(of({ view: view("invoiced", { lnurl: good }) })).toMatchObject({ kind: "pay", lnurl: good });
    expect(of({ view: view("invoiced", { lnurl: link("https://else.example/lnurl/pay/00") }) })).not.toHaveProperty("lnurl");
    expect(of({ checkedInvoice: null, view: view("invoiced", { lnurl: good }) })).toEqual({ kind: "working", what: "checking_invoice" });
  });
  it("shows no invoice once the wallet has its own, and says nothing of whose the bitcoin is", () => {
    const stage = of({ view: view("invoiced", { rail: "lnurl", invoice: null }) });
    expect(stage).toEqual({ kind: "fetched", price: PRICE, code: "005HC89C", expiresAtMs: NOW + 300_000, claimOn: "authorization" });
    const back = { kind: "show_invoice", key: "k", sinceMs: 0 } as const;
    expect(of({ wish: back, view: view("invoiced", { rail: "lnurl", invoice: null }) })).toEqual({ kind: "working", what: "checking_invoice" });
    expect(of({ fault: "wrong_key", view: view("invoiced", { rail: "lnurl", invoice: null }) })).toEqual({ kind: "untrusted", fault: "wrong_key" });
  });
  it("says until when it is held", () => {
    expect(of({ view: view("held", { bitcoin: "held", hold: HOLD }) })).toEqual({ kind: "held", price: PRICE, heldUntilMs: NOW + 600_000, claimOn: "authorization", stillYours: true });
  });
});

describe("working", () => {
  const wish = (kind: "begin" | "cancel"): LocalPurchase["wish"] => (kind === "begin" ? { kind, key: "k", sinceMs: 0 } : { kind, key: "k", sinceMs: 0, then: null });
  it.each<[string, Partial<LocalPurchase>, Partial<ViewInput>, string]>([
    ["begun", { id: null, wish: wish("begin") }, {}, "quoting"],
    ["begun card first", { id: null, wish: wish("begin"), cardFirst: true, total: null }, {}, "preparing_card"],
    ["quoting a prepared card", { view: view("card_prepared"), wish: { kind: "quote", key: "k", sinceMs: 0, total: TOTAL, nonce: "00" } }, {}, "quoting"],
    ["calling off", { view: view("held", { bitcoin: "held" }), wish: wish("cancel") }, {}, "cancelling"],
    ["revealing", { view: view("card_ready", { bitcoin: "held" }) }, { doing: "revealing" }, "revealing"],
    ["ended by the server", { view: view("closing", { bitcoin: "returned", closed_because: "hold_window_ended" }) }, {}, "ending"],
    ["winding up", { view: view("funded", { bitcoin: "claimed", winding_up: true }) }, {}, "cancelling"],
  ])("%s", (_, local, change, what) => expect(of(local, change)).toEqual({ kind: "working", what }));
});

describe("the page's total is another", () => {
  const other = { minor: 3000, currency: "USD" };
  const changed = page({ reading: reading({ total: other }) });
  it.each(["invoiced", "held", "card_ready"] as const)("in %s", (state) => {
    expect(of({ view: view(state, { bitcoin: state === "invoiced" ? "unpaid" : "held" }) }, { page: changed })).toEqual({ kind: "total_changed", was: TOTAL, now: other, stillYours: true });
  });
  it("as the page said it when it was to be filled", () => {
    expect(of({ view: view("card_ready", { bitcoin: "held" }), pageTotal: null })).toMatchObject({ kind: "total_changed", now: null });
  });
  it("in another currency", () => {
    expect(of({ view: view("held") }, { page: page({ reading: reading({ total: { minor: 2711, currency: "CAD" } }) }) }).kind).toBe("total_changed");
  });
  it("but not of a page that is not sure, is no checkout, or another store's", () => {
    for (const seen of [page({ reading: reading({ total: null }) }), page({ reading: reading({ total: other, checkout: false }) }), page({ host: "else.example", reading: reading({ total: other }) })]) {
      expect(of({ view: view("held", { bitcoin: "held" }) }, { page: seen }).kind).toBe("held");
    }
  });
  it("once the form that was filled is empty again", () => {
    const fill = { kind: "filled", fields: ["number"], missing: [], storeSavesCard: false } as const;
    const was = { view: view("card_ready", { bitcoin: "held" }), fill };
    expect(of(was, { page: { ...changed, blank: true } }).kind).toBe("total_changed");
    expect(of(was, { page: page({ blank: true }) })).toMatchObject({ kind: "card_ready", fill: { kind: "ready" } });
    expect(of(was, { page: page({ host: "else.example", blank: true }) })).toMatchObject({ fill: { kind: "filled" } });
  });
  it("but not once the form is filled or the store charges", () => {
    const fill = { kind: "filled", fields: ["number"], missing: [], storeSavesCard: false } as const;
    expect(of({ view: view("card_ready", { bitcoin: "held" }), fill }, { page: changed }).kind).toBe("card_ready");
    expect(of({ view: view("card_ready", { bitcoin: "claimed", charges: [charge()] }) }, { page: changed }).kind).toBe("charged");
  });
});

describe("the card", () => {
  const ready = view("card_ready", { bitcoin: "held", hold: HOLD });
  it.each<[string, Partial<LocalPurchase>, Partial<ViewInput>, object]>([
    ["ready", {}, {}, { kind: "ready" }],
    ["filling", {}, { doing: "filling" }, { kind: "filling" }],
    ["filled", { fill: { kind: "filled", fields: ["number"], missing: ["holder"], storeSavesCard: true } }, {}, { kind: "filled", fields: ["number"], missing: ["holder"], storeSavesCard: true }],
    ["in a provider's frame", { fill: { kind: "needs_permission", hosts: ["js.stripe.com"] } }, {}, { kind: "needs_permission", hosts: ["js.stripe.com"] }],
    ["to copy", { fill: { kind: "copy", fields: ["number"] } }, {}, { kind: "copy", fields: ["number"] }],
  ])("%s", (_, local, change, fill) => {
    expect(of({ ...local, view: ready }, change)).toEqual({ kind: "card_ready", price: PRICE, prepared: false, fill, claimOn: "authorization", stillYours: true, heldUntilMs: NOW + 600_000 });
  });
  it("is charged when the store has asked and we have said yes", () => {
    for (const claim_on of ["authorization", "reveal"] as const) {
      expect(of({ view: view("funded", { bitcoin: "claimed", claim_on }) })).toMatchObject({ kind: "card_ready", stillYours: false, taken: true });
    }
    expect(of({ view: view("funded", { bitcoin: "claimed", charges: [charge()] }) })).toEqual({ kind: "charged", price: PRICE, confirmed: true, canGiveUp: true });
    // The card is closed already: there is nothing left to give up.
    expect(of({ view: view("funded", { bitcoin: "claimed", charges: [charge()], winding_up: true }) })).toEqual({ kind: "charged", price: PRICE, confirmed: true });
    expect(of({ view: view("claiming", { bitcoin: "claiming", charges: [charge({ decision: "pending" })] }) })).toEqual({ kind: "charged", price: PRICE, confirmed: false });
    expect(of({ view: view("funded", { bitcoin: "claimed", claim_on: "reveal", charges: [charge({ decision: "stand_in" })] }) }).kind).toBe("charged");
  });
  it("is not charged by a check, or by what was declined", () => {
    for (const c of [charge({ zero_check: true }), charge({ decision: "approved_check" }), charge({ decision: "declined", decline_reason: "amount_too_high" })]) {
      expect(of({ view: { ...ready, charges: [c] } }).kind).toBe("card_ready");
    }
  });
});

describe("card first", () => {
  const prepared = view("card_prepared", { quote: null, invoice: null, flow: "card_first" });
  const local: Partial<LocalPurchase> = { cardFirst: true, total: null, view: prepared };
  const filled: Partial<LocalPurchase> = { ...local, revealed: true, fill: { kind: "filled", fields: ["number"], missing: [], storeSavesCard: false } };
  const pay = page({ cardFirst: true, reading: reading({ checkout: true, total: null, fields: { number: ["#n"] } }) });
  const review = page({ cardFirst: true });
  const between = page({ cardFirst: true, reading: reading({ checkout: false, total: null }) });
  it("shows the prepared card for the add-card form", () => {
    expect(of(local, { page: pay })).toEqual({ kind: "card_ready", price: null, prepared: true, fill: { kind: "ready" }, claimOn: "authorization", stillYours: true, heldUntilMs: null });
  });
  it("keeps showing what was filled while the form is there", () => {
    expect(of(filled, { page: pay })).toMatchObject({ kind: "card_ready", prepared: true, fill: { kind: "filled" } });
  });
  it("leads to the review page once it is on file", () => {
    expect(of(filled, { page: between })).toEqual({ kind: "go_to_review", checked: false });
    const checked = { ...prepared, charges: [charge({ zero_check: true, decision: "approved_check" })] };
    expect(of({ ...filled, view: checked }, { page: between })).toEqual({ kind: "go_to_review", checked: true });
    // The store has checked it, whatever its form still says.
    expect(of({ ...filled, view: checked }, { page: pay })).toEqual({ kind: "go_to_review", checked: true });
  });
  it("does not take a card that was filled into a frame for one that is on file", () => {
    const framed = page({ cardFirst: true, reading: reading({ checkout: true, total: null, frames: [{ css: "iframe", host: "safe.shop.example" }] }) });
    expect(of(filled, { page: framed })).toMatchObject({ kind: "card_ready", prepared: true, fill: { kind: "filled" } });
  });
  it("offers the quote when the store shows its total", () => {
    expect(of(filled, { page: review })).toEqual({ kind: "offer", total: TOTAL, estimate: PRICE, ways: ["card"], claimOn: "authorization" });
  });
  it("does not offer a quote before the card is on file", () => {
    expect(of(local, { page: review }).kind).toBe("card_ready");
  });
  it("says place the order when the limit is raised", () => {
    expect(of({ ...filled, total: TOTAL, view: view("card_ready", { bitcoin: "held", hold: HOLD, flow: "card_first" }) }, { page: review })).toMatchObject({ kind: "card_ready", prepared: false, fill: { kind: "filled" }, stillYours: true });
  });
  it("notices another total until the store has charged", () => {
    const other = page({ cardFirst: true, reading: reading({ total: { minor: 1, currency: "USD" } }) });
    expect(of({ ...filled, total: TOTAL, view: view("held", { bitcoin: "held" }) }, { page: other }).kind).toBe("total_changed");
  });
});

describe("the end", () => {
  it("done, with what is owed back", () => {
    const done = view("completed", { bitcoin: "claimed", captured_minor: 2611, claimed_msat: 496_758_000, refunds: [refund()] });
    expect(of({ view: done })).toEqual({
      kind: "done",
      price: PRICE,
      captured: { minor: 2611, currency: "USD" },
      claimedMsat: 496_758_000,
      owed: [{ id: "aa".repeat(16), state: "waiting", cause: "captured_in_part", owed: { minor: 100, currency: "USD" }, msat: null, destination: null, notBeforeMs: NOW + 1_000 }],
      receiptUrl: null,
    });
  });
  it("a refund in bitcoin names its destination", () => {
    const owed = [refund({ owed: null, owed_msat: 5_000, destination: { kind: "lightning_address", address: "ella@wallet.example" } }), refund({ destination: { kind: "bolt11", invoice: "lnbc1" } })];
    const stage = of({ view: view("completed", { bitcoin: "claimed", captured_minor: 1, refunds: owed }) });
    expect(stage.kind === "done" && stage.owed.map((one) => [one.msat, one.destination])).toEqual([[5_000, "ella@wallet.example"], [null, "lnbc1"]]);
  });
  it.each<[string, Partial<PurchaseView>, object]>([
    ["called off before it was paid", { state: "returned", bitcoin: "unpaid", closed_because: "cancelled" }, { how: "returned", because: "cancelled", nothingTaken: true }],
    ["given back", { state: "returned", bitcoin: "returned", closed_because: "hold_window_ended" }, { how: "returned", because: "hold_window_ended", nothingTaken: true }],
    ["given back for want of a card", { state: "returned", bitcoin: "returned", closed_because: "hold_window_ended", card: { limit: TOTAL, reveals: 0, state: "failed" } }, { how: "returned", because: "card_failed", nothingTaken: true }],
    ["not given back yet", { state: "returned", bitcoin: "held", closed_because: "cancelled" }, { how: "returned", nothingTaken: false }],
    ["claimed after all", { state: "returned", bitcoin: "claimed", claimed_msat: 5, refunds: [refund()] }, { how: "returned", nothingTaken: false }],
    ["something is owed", { state: "returned", bitcoin: "returned", refunds: [refund()] }, { how: "returned", nothingTaken: false }],
    ["expired", { state: "expired", bitcoin: "unpaid", closed_because: "quote_expired" }, { how: "expired", because: "quote_expired", nothingTaken: true }],
    ["paid too late, and still here", { state: "expired", bitcoin: "held" }, { how: "expired", nothingTaken: false }],
    ["claimed and never charged", { state: "completed", bitcoin: "claimed", claimed_msat: 5, refunds: [refund({ cause: "never_charged" })] }, { how: "returned", because: "never_charged", nothingTaken: false }],
  ])("%s", (_, change, expected) => expect(of({ view: view("returned", change) })).toMatchObject({ kind: "ended", ...expected }));

  it.each<[PurchaseView["bitcoin"], boolean]>([["held", false], ["claiming", true], ["claimed", true]])("waits for the operator, bitcoin %s", (bitcoin, claimed) => {
    expect(of({ view: view("claiming", { bitcoin, waits_for_operator: true }) })).toEqual({ kind: "waits_for_operator", code: "005HC89C", claimed });
  });
});

it("another store's card is not offered here", () => {
  const elsewhere = panelView(input({ page: page({ host: "else.example" }), purchase: null }));
  expect(elsewhere.store.host).not.toBe(HOST);
  expect(elsewhere.stage.kind).toBe("offer");
});

describe("another total on the page", () => {
  const other = { minor: 3000, currency: "USD" };
  const seen = page({ reading: reading({ total: other }) });
  const declined = [charge({ decision: "declined", decline_reason: "amount_too_high" })];
  it("calls for a new price while nothing is claimed, and is only said afterwards", () => {
    expect(of({ view: view("card_ready", { bitcoin: "held", hold: HOLD }) }, { page: seen })).toMatchObject({ kind: "total_changed", now: other });
    for (const state of ["card_ready", "funded"] as const) {
      const stage = of({ revealed: true, view: view(state, { bitcoin: "claimed", claim_on: "reveal", charges: declined }) }, { page: seen });
      expect(stage).toMatchObject({ kind: "card_ready", taken: true, totalNow: other });
      expect(stage).not.toHaveProperty("canRequote");
    }
  });
});
