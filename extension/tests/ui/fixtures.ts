/** One view for each thing the panel can show. Times stand still at `NOW_MS`. */
import type { GiftValue, OwedBack, PanelView, PriceParts, Stage, Trouble } from "../../src/types/panel.ts";

export const NOW_MS = Date.UTC(2026, 2, 14, 9, 30, 0);
const MINUTE_MS = 60_000;

/** From `vectors/invoice.json`: a regtest invoice of the reference purchase. */
export const BOLT11 =
  "lnbcrt4967580n1p5j9pfsdzlg9h8jarfd3kzqvpsx4yyxwpegvsrydewxycjq42ngssrsvpexa3rvwtpvfsngep5xqmxxctyvejn2ct9xe3nqcf4xgmxgvgpp5aqpqs6kk58skk7p49ttjjmf240vrtvd3dklf28s3xkuhc68znkqssp5pqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyq9qyysgqxqzjccqzzsvarajeh84xjdgsmrtt04ncuhz3h5wn7h8fh3svttu789frm4l379mvewpmv9esdevwwxezm4svpsff9u3k6knzjrf0n7s83shzrrzvcqtffvls";

const usd = (minor: number): { minor: number; currency: string } => ({ minor, currency: "USD" });

const SEEN = { observedAtMs: NOW_MS - 2_000, outliers: [], basis: { kind: "venues" } } as const;
export const PRICE: PriceParts = {
  total: usd(2711), fee: usd(0), rateMicro: 5_457_386_000, spreadPpm: 7748, amountMsat: 496_758_000,
  made: {
    ...SEEN, consolidatedMicro: 5_500_050_000, venues: 4, orderMsat: 492_904_609, feeMsat: 0,
    sold: { rateMicro: 5_500_000_000, slippagePpm: 9, slippageMsat: 4_481 }, spreadMsat: 3_848_881, roundingMsat: 29,
  },
};
/** Cheaper than the market, and few who trade yen. */
const PRICE_WITH_FEE: PriceParts = {
  total: { minor: 3000, currency: "JPY" }, fee: { minor: 30, currency: "JPY" }, rateMicro: 15_000_000_000_180, spreadPpm: 12_000, amountMsat: 20_200_000,
  made: {
    ...SEEN, consolidatedMicro: 15_150_000_000_000, venues: 1, basis: { kind: "venues_and_table", table: "ecb", date: "2026-03-13" }, orderMsat: 19_801_980, feeMsat: 198_020,
    sold: { rateMicro: 15_182_186_235_000, slippagePpm: -2_124, slippageMsat: -42_401 }, spreadMsat: 242_400, roundingMsat: 1,
  },
};
/** Before a quote: no book is walked, and who was not believed is known. */
const ESTIMATE: PriceParts = {
  ...PRICE, rateMicro: 5_457_435_612, amountMsat: 496_754_000,
  made: { ...SEEN, consolidatedMicro: 5_500_050_000, venues: 4, outliers: ["bitstamp"], orderMsat: 492_904_609, feeMsat: 0, spreadMsat: 3_848_846, roundingMsat: 545 },
};
const BY_TABLE: PriceParts = {
  total: { minor: 28_000, currency: "SEK" }, fee: { minor: 0, currency: "SEK" }, rateMicro: 56_000_011_892, spreadPpm: 7748, amountMsat: 500_000_000,
  made: { ...SEEN, consolidatedMicro: 56_437_288_000, venues: 4, basis: { kind: "table", table: "ecb", date: "2026-03-13", through: "EUR" }, orderMsat: 496_125_894, feeMsat: 0, spreadMsat: 3_873_999, roundingMsat: 107 },
};

function owed(state: OwedBack["state"], more: Partial<OwedBack> = {}): OwedBack {
  return { id: "0a".repeat(16), state, cause: "captured_in_part", owed: usd(711), msat: null, destination: "ada@wallet.example", notBeforeMs: NOW_MS + 7 * 24 * 60 * MINUTE_MS, ...more };
}

function view(stage: Stage, trouble?: Trouble): PanelView {
  const base = { store: { host: "www.shop.example", name: "Blue Note Records" }, server: "https://till.example", stage };
  return trouble ? { ...base, trouble } : base;
}

const held = { price: PRICE, heldUntilMs: NOW_MS + 9 * MINUTE_MS + 12_000, claimOn: "authorization", stillYours: true } as const;
const card = { kind: "card_ready", price: PRICE, prepared: false, claimOn: "authorization", stillYours: true, heldUntilMs: NOW_MS + 8 * MINUTE_MS } as const;
const FROM = { provider: "coinbase", back: "linked_account", unusedAfterMs: 7 * 24 * 60 * MINUTE_MS } as const;
const funds = { price: PRICE, from: FROM, expiresAtMs: NOW_MS + 4 * MINUTE_MS + 32_000 } as const;
const CHAIN = { provider: "", back: "address", unusedAfterMs: 7 * 24 * 60 * MINUTE_MS, chain: { confirmations: 2, backFeeMsat: 1_410_000 } } as const;
const onChain = { kind: "pay_chain", price: PRICE, from: CHAIN, code: "7K3M9QXA", uri: "bitcoin:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4?amount=0.00496758", seenMsat: 0, blocks: 0, needed: 2, expiresAtMs: NOW_MS + 52 * MINUTE_MS } as const;
const FILLED = { kind: "filled", fields: ["number", "expiry", "securityCode", "holder"], missing: [], storeSavesCard: false } as const;
const challenge = { kind: "challenge", merchant: "BLUE NOTE REC 212-555-0100", amount: usd(2711), answerByMs: NOW_MS + 8 * MINUTE_MS + 41_000, claimOn: "authorization", stillYours: true } as const;
export const LNURL = "LNURL1DP68GURN8GHJ7ARFD3KJUETCV9KHQMR99AKXUATJDSHHQCTE9UC8SEFSXQUNQDEEXUENXDFKXYENZDP3XYERZDECXQERQV3SXSURQVPHXQMNJ";
const pay = { kind: "pay", price: PRICE, code: "7K3M9QXA", bolt11: BOLT11, expiresAtMs: NOW_MS + 4 * MINUTE_MS + 32_000, claimOn: "authorization", stillYours: true } as const;

/** As of a server of an older version: its parts are not told. */
function plain({ total, fee, rateMicro, spreadPpm, amountMsat }: PriceParts): PriceParts {
  return { total, fee, rateMicro, spreadPpm, amountMsat };
}

const giftValue = (minor: number, amountMsat: number): GiftValue => ({
  product: "blue_note-usa", value: usd(minor), left: usd(minor - 2711), estimate: plain({ ...PRICE, total: usd(minor), amountMsat }),
});
const FIFTY = { value: usd(5000), total: usd(2711), left: usd(2289) };
const FIFTY_PRICE = plain({ ...PRICE, total: usd(5000), amountMsat: 916_190_000 });
const gift = { kind: "gift_ready", gift: FIFTY, claimedMsat: 916_190_000, has: ["giftCode", "giftPin"], opened: null } as const;

export const STAGES = {
  setup_pairing: { ...view({ kind: "setup", missing: "pairing" }), server: null },
  setup_login: view({ kind: "setup", missing: "login" }),
  setup_address: view({ kind: "setup", missing: "billing_address" }),
  setup_refunds: view({ kind: "setup", missing: "refund_destination" }),
  no_checkout: view({ kind: "no_checkout" }),
  confirm_total: view({ kind: "confirm_total", text: "Estimated total $27.11", candidate: usd(2711), why: "estimated" }),
  confirm_nothing: view({ kind: "confirm_total", text: "1.234", candidate: null, why: "ambiguous_number" }),
  not_served_store: view({ kind: "not_served", reason: { why: "store_blocked" } }),
  not_served_currency: view({ kind: "not_served", reason: { why: "currency", currency: "BRL", served: ["USD", "EUR", "GBP"] } }),
  not_served_maximum: view({ kind: "not_served", reason: { why: "above_maximum", bound: usd(50_000) } }),
  not_served_address: view({ kind: "not_served", reason: { why: "address_missing" } }),
  offer: view({ kind: "offer", total: usd(2711), estimate: ESTIMATE, ways: ["card"], claimOn: "authorization" }),
  offer_ways: view({ kind: "offer", total: usd(2711), estimate: ESTIMATE, ways: ["gift_card", "card"], claimOn: "reveal", gift: { values: [giftValue(5000, 916_190_000), giftValue(10_000, 1_832_380_000)], needsDestination: false } }),
  offer_gift_exact: view({ kind: "offer", total: usd(2711), estimate: ESTIMATE, ways: ["gift_card"], claimOn: "reveal", gift: { values: [giftValue(2711, 496_758_000)], needsDestination: true } }),
  offer_gift_beside: view({ kind: "offer", total: usd(2711), estimate: ESTIMATE, ways: ["card", "gift_card"], claimOn: "authorization", gift: { values: [giftValue(2711, 496_758_000)], needsDestination: false } }),
  offer_looking: view({ kind: "offer", total: usd(2711), estimate: ESTIMATE, ways: ["card"], claimOn: "authorization", looking: true }),
  offer_card_first_gift: view({ kind: "offer_card_first", currency: "USD", claimOn: "reveal", giftInstead: true }),
  offer_by_table: view({ kind: "offer", total: BY_TABLE.total, estimate: BY_TABLE, ways: ["card"], claimOn: "authorization" }),
  offer_no_rate: view({ kind: "offer", total: usd(2711), estimate: null, ways: ["card"], claimOn: "authorization" }),
  offer_card_first: view({ kind: "offer_card_first", currency: "USD", claimOn: "reveal" }),
  working: view({ kind: "working", what: "checking_invoice" }),
  untrusted: view({ kind: "untrusted", fault: "wrong_key" }),
  pay: view(pay),
  pay_lnurl: view({ ...pay, lnurl: LNURL }),
  fetched: view({ kind: "fetched", price: PRICE, code: pay.code, expiresAtMs: pay.expiresAtMs, claimOn: "authorization" }),
  pay_reveal: view({ ...pay, price: PRICE_WITH_FEE, claimOn: "reveal", stillYours: false }),
  pay_over: view({ ...pay, expiresAtMs: NOW_MS - 1000 }),
  pay_unreachable: view(pay, { kind: "server_unreachable", retryAtMs: NOW_MS + 12_000 }),
  pay_wallet: view({ ...pay, wallet: { state: "offered" } }),
  pay_wallet_refused: view({ ...pay, wallet: { state: "refused", code: "INSUFFICIENT_BALANCE" } }),
  pay_wallet_waiting: view({ ...pay, wallet: { state: "waiting" } }),
  pay_wallet_unknown: view({ ...pay, wallet: { state: "unknown", why: "PAYMENT_FAILED" } }),
  pay_wallet_silent: view({ ...pay, wallet: { state: "unknown", why: null } }),
  offer_linked: view({ kind: "offer", total: usd(2711), estimate: ESTIMATE, ways: ["card"], claimOn: "authorization", linked: { provider: "coinbase", availableMsat: 1_234_567_000 } }),
  confirm_funds: view({ kind: "confirm_funds", ...funds }),
  confirm_funds_destination: view({ kind: "confirm_funds", ...funds, from: { ...FROM, back: "refund_destination" }, confirming: true }),
  second_factor: view({ kind: "second_factor", ...funds, codesLeft: 5 }),
  second_factor_wrong: view({ kind: "second_factor", ...funds, codesLeft: 1 }, { kind: "problem", code: "wrong_code" }),
  second_factor_sending: view({ kind: "second_factor", ...funds, codesLeft: 4, sending: true }),
  funds_asked: view({ kind: "funds_coming", ...funds, how: "asked" }),
  funds_under_way: view({ kind: "funds_coming", ...funds, how: "under_way" }),
  funds_pending_late: view({ kind: "funds_coming", ...funds, how: "pending", expiresAtMs: NOW_MS - 1_000 }),
  ended_funds_nothing: view({ kind: "ended", how: "returned", because: "cancelled", nothingTaken: true, owed: [], funds: { from: FROM, coming: false } }),
  ended_funds_coming: view({ kind: "ended", how: "expired", because: null, nothingTaken: false, owed: [], funds: { from: FROM, coming: true } }),
  ended_funds_late: view({ kind: "ended", how: "expired", because: null, nothingTaken: false, owed: [owed("sending", { cause: "arrived_late", owed: null, msat: 496_758_000, destination: null, toAccount: "coinbase" })], funds: { from: FROM, coming: false } }),
  offer_chain: view({ kind: "offer", total: usd(2711), estimate: ESTIMATE, ways: ["card"], claimOn: "authorization", onChain: true }),
  confirm_chain: view({ kind: "confirm_funds", ...funds, from: CHAIN }),
  confirm_chain_destination: view({ kind: "confirm_funds", ...funds, from: { ...CHAIN, back: "refund_destination" }, confirming: true }),
  chain_asked: view({ kind: "funds_coming", ...funds, from: CHAIN, how: "asked" }),
  pay_chain: view(onChain),
  pay_chain_short: view({ ...onChain, seenMsat: 400_000_000 }),
  pay_chain_seen: view({ ...onChain, seenMsat: 496_758_000, blocks: 1 }),
  pay_chain_over: view({ ...onChain, expiresAtMs: NOW_MS - 1_000 }),
  ended_chain_nothing: view({ kind: "ended", how: "expired", because: "quote_expired", nothingTaken: true, owed: [], funds: { from: CHAIN, coming: false } }),
  ended_chain_coming: view({ kind: "ended", how: "returned", because: "cancelled", nothingTaken: false, owed: [], funds: { from: CHAIN, coming: true } }),
  held: view({ kind: "held", ...held }),
  held_reveal: view({ kind: "held", ...held, claimOn: "reveal", stillYours: false }),
  total_changed: view({ kind: "total_changed", was: usd(2711), now: usd(2718), stillYours: true }),
  card_ready: view({ ...card, fill: { kind: "ready" } }),
  card_ready_reveal: view({ ...card, claimOn: "reveal", fill: { kind: "ready" } }),
  card_filling: view({ ...card, fill: { kind: "filling" } }),
  card_filled: view({ ...card, fill: FILLED }),
  card_filled_missing: view({ ...card, fill: { kind: "filled", fields: ["number", "expiry"], missing: ["securityCode", "postalCode"], storeSavesCard: true } }),
  card_total_elsewhere: view({ ...card, fill: { kind: "ready" }, noTotalHere: true }),
  card_total_now: view({ ...card, fill: FILLED, totalNow: usd(2811), canRequote: true }, { kind: "problem", code: "declined_amount_too_high" }),
  card_taken: view({ ...card, stillYours: false, heldUntilMs: null, claimOn: "reveal", fill: { kind: "ready" }, taken: true, totalNow: usd(2811) }),
  card_permission_unknown: view({ ...card, fill: { kind: "needs_permission", hosts: ["pay.new.example"], unknown: ["pay.new.example"] } }),
  card_no_form: view({ ...card, claimOn: "reveal", fill: { kind: "copy", fields: ["number", "expiry", "securityCode", "holder"], why: "no_form" } }),
  card_permission: view({ ...card, fill: { kind: "needs_permission", hosts: ["js.stripe.com"] } }),
  card_copy: view({ ...card, stillYours: false, heldUntilMs: null, claimOn: "reveal", fill: { kind: "copy", fields: ["number", "expiry", "securityCode", "holder", "postalCode"] } }),
  challenge: view(challenge),
  challenge_small: view({ ...challenge, amount: null, stillYours: false, claimOn: "reveal" }),
  challenge_over: view({ ...challenge, answerByMs: NOW_MS - 1000 }),
  challenge_telling: view({ ...challenge, answering: "approve" }),
  challenged_approve: view({ ...card, fill: FILLED, challenged: "approve" }),
  challenged_reject: view({ ...card, fill: FILLED, challenged: "reject" }),
  challenged_over: view({ ...card, fill: FILLED, challenged: "over" }),
  challenged_elsewhere: view({ ...card, fill: FILLED, challenged: "elsewhere" }),
  card_prepared: view({ ...card, price: null, prepared: true, heldUntilMs: null, fill: { kind: "filled", fields: ["number", "expiry", "holder"], missing: [], storeSavesCard: true } }),
  review: view({ kind: "go_to_review", checked: false }),
  review_checked: view({ kind: "go_to_review", checked: true }),
  pay_gift: view({ ...pay, price: FIFTY_PRICE, claimOn: "reveal", gift: FIFTY }),
  paying_vendor: view({ kind: "paying_vendor", price: FIFTY_PRICE, gift: FIFTY, paid: false }),
  paying_vendor_paid: view({ kind: "paying_vendor", price: FIFTY_PRICE, gift: FIFTY, paid: true }),
  gift_ready: view({ ...gift, has: [], fill: { kind: "ready" } }),
  gift_filling: view({ ...gift, fill: { kind: "filling" } }),
  gift_filled: view({ ...gift, fill: { kind: "filled", fields: ["giftCode"], missing: ["giftPin"], storeSavesCard: false }, opened: { linkHost: null, instructions: "Type the code at the checkout of the store." } }),
  gift_copy: view({ ...gift, fill: { kind: "copy", fields: ["giftCode", "giftPin"] } }),
  gift_link: view({ ...gift, has: ["giftLink"], fill: { kind: "copy", fields: ["giftLink"] }, opened: { linkHost: "claims.vendor.example", instructions: "" } }),
  done_gift: view({ kind: "done", price: FIFTY_PRICE, captured: usd(5000), claimedMsat: 916_190_000, owed: [], receiptUrl: null, gift: FIFTY }),
  ended_gift: view({ kind: "ended", how: "returned", because: "not_delivered", nothingTaken: false, owed: [owed("waiting", { cause: "not_delivered", owed: null, msat: 916_190_000 })] }),
  charged: view({ kind: "charged", price: PRICE, confirmed: false }),
  charged_confirmed: view({ kind: "charged", price: PRICE, confirmed: true, canGiveUp: true }),
  done: view({ kind: "done", price: PRICE, captured: usd(2711), claimedMsat: 496_758_000, owed: [], receiptUrl: null }),
  done_owed: view({ kind: "done", price: PRICE, captured: usd(2000), claimedMsat: 496_758_000, receiptUrl: null, owed: [owed("awaiting_destination", { destination: null }), owed("paid", { id: "0b", cause: "overpaid", owed: null, msat: 3_853_391 })] }),
  ended_returned: view({ kind: "ended", how: "returned", because: "hold_window_ended", nothingTaken: true, owed: [] }),
  ended_expired: view({ kind: "ended", how: "expired", because: "quote_expired", nothingTaken: true, owed: [] }),
  ended_owed: view({ kind: "ended", how: "returned", because: "card_failed", nothingTaken: false, owed: [owed("waiting", { cause: "never_charged", owed: null, msat: 496_758_000 })] }),
  operator: view({ kind: "waits_for_operator", code: "7K3M9QXA", claimed: true }),
  trouble_problem: view({ kind: "offer", total: usd(2711), estimate: ESTIMATE, ways: ["card"], claimOn: "authorization" }, { kind: "problem", code: "no_room" }),
  trouble_declined: view({ ...card, fill: { kind: "ready" } }, { kind: "problem", code: "declined_amount_too_high" }),
  trouble_clock: view({ kind: "held", ...held }, { kind: "clock_wrong" }),
} satisfies Record<string, PanelView>;

export type StageName = keyof typeof STAGES;
export const STAGE_NAMES = Object.keys(STAGES) as StageName[];
