/** A background that answers the pages from fixtures. */
import type { Links, PurchaseView, Receipt, RefundView } from "../../src/api/types.ts";
import type { Answer, Ask, BackgroundState, ChainCosts, Requests, WalletTerms, WalletView } from "../../src/background/requests.ts";
import { LNURL, NOW_MS } from "./fixtures.ts";

const DAY_MS = 86_400_000;
const id = (n: number): string => n.toString(16).padStart(32, "0");
const usd = (minor: number): { minor: number; currency: string } => ({ minor, currency: "USD" });

export const STATE: BackgroundState = {
  server: "https://till.example", rootKey: `02${"5f".repeat(32)}`, keySetVersion: 3, login: "ada", missing: null,
  unreachableSinceMs: null, distrusted: null, openRegistration: false, acceptsPurchases: true, linkable: ["coinbase"], onChain: false, linked: { provider: "coinbase", availableSat: 1_234_567 },
  open: [{ id: id(1), code: "7K3M9QXA", storeHost: "www.shop.example", state: "held", bitcoin: "held", total: usd(2711), tabId: 7 }],
  attention: [
    { kind: "refund_destination_missing", id: id(11), atMs: NOW_MS - 1000 },
    { kind: "charged", id: id(2), atMs: NOW_MS - 2000 },
  ],
  settings: { language: "auto", notifications: false, showPill: true },
};

const QUOTE: NonNullable<PurchaseView["quote"]> = {
  number: 1, total: usd(2711), fee: usd(0), rate_micro: 5_457_386_000, rate: "5457.386", executable_rate: "5500", executable_rate_micro: 5_500_000_000, spread_ppm: 7748, amount_msat: 496_758_000,
  amount_btc: "0.00496758", observed_at_ms: NOW_MS, expires_at_ms: NOW_MS + 300_000,
};

function purchase(n: number, state: PurchaseView["state"], more: Partial<PurchaseView> = {}): PurchaseView {
  return {
    id: id(n), code: "7K3M9QXA", state, state_since_ms: NOW_MS, created_at_ms: NOW_MS - n * DAY_MS, store_host: "www.shop.example", store_name: "Blue Note Records",
    currency: "USD", flow: "card", claim_on: "authorization", rail: "bolt11", bitcoin: "claimed", charges: [], disputes: [], captured_minor: 0, winding_up: false, waits_for_operator: false,
    refunds: [], quote: QUOTE, version: 4, ...more,
  };
}

function refund(n: number, state: RefundView["state"], more: Partial<RefundView> = {}): RefundView {
  return {
    id: id(n), purchase: id(2), number: 1, state, cause: "captured_in_part", destination_refused: false, not_before_ms: NOW_MS + 7 * DAY_MS,
    created_at_ms: NOW_MS - DAY_MS, waits_for_operator: false, owed: usd(711), destination: { kind: "lightning_address", address: "ada@wallet.example" }, ...more,
  };
}

const RECEIPT: Receipt = {
  purchase: id(2), code: "7K3M9QXA", store_host: "www.shop.example", store_name: "Blue Note Records", state: "completed", final: false,
  created_at_ms: NOW_MS - DAY_MS, state_since_ms: NOW_MS, claim_on: "authorization", bitcoin: "claimed", held_msat: 496_758_000, claimed_msat: 496_758_000,
  refunded_msat: 0, captured: usd(2000), store_refunded: usd(0), quote: QUOTE, ledger: [], refunds: [refund(12, "waiting")],
  charges: [
    { amount: usd(0), merchant: "BLUE NOTE RECORDS", zero_check: true, decision: "approved_check", asked_at_ms: NOW_MS - DAY_MS, captured_minor: 0, reversed_minor: 0 },
    { amount: usd(2711), merchant: "BLUE NOTE RECORDS", zero_check: false, decision: "approved", asked_at_ms: NOW_MS - DAY_MS + 5000, captured_minor: 2000, reversed_minor: 711 },
    { amount: usd(900), merchant: "SOMEBODY ELSE", zero_check: false, decision: "declined", decline_reason: "merchant_locked", asked_at_ms: NOW_MS - 9000, captured_minor: 0, reversed_minor: 0 },
  ],
};

const LINKED: NonNullable<Links["linked"]> = { provider: "coinbase", name: "Ada Lovelace", linked_at_ms: NOW_MS - 9 * DAY_MS, available_sat: 1_234_567, as_of_ms: NOW_MS };

const CONNECTED: NonNullable<WalletView["connected"]> = {
  alias: "Alby Hub", key: "b8".repeat(32), relays: ["relay.getalby.com"], looksUp: true, network: "bitcoin", budget: { amountSat: 500_000, per: "day" }, leftMsat: 498_274_420, sinceMs: NOW_MS - 3 * DAY_MS,
};
const ASKS: WalletView["asks"] = [
  { store: "www.shop.example", amountMsat: 496_758_000, feesMsat: null, atMs: NOW_MS - 40_000, end: "open" },
  { store: "www.amazon.de", amountMsat: 1_708_000, feesMsat: 17_580, atMs: NOW_MS - DAY_MS, end: "paid" },
  { store: "www.shop.example", amountMsat: 496_758_000, feesMsat: null, atMs: NOW_MS - 2 * DAY_MS, end: "refused" },
];
const TERMS: WalletTerms = {
  store: "www.shop.example", storeName: "Blue Note Records", total: usd(2711), code: "7K3M9QXA", promise: "authorization", amountMsat: 496_758_000, feeBoundMsat: 4_968_000,
  leftMsat: 1_000_000_000, alias: "Alby Hub", expiresAtMs: NOW_MS + 272_000, paymentHash: "b8".repeat(32), refusal: null, asked: { state: "offered" },
};
const payPage = (more: Partial<WalletTerms>): Answers => ({ wallet_terms: () => ({ bitcoin: "unpaid", terms: { ...TERMS, ...more } }) });

const COSTS: ChainCosts = {
  fees: {
    rates: [{ blocks: 2, sat_per_kvb: 12_345 }, { blocks: 6, sat_per_kvb: 8_200 }, { blocks: 144, sat_per_kvb: 1_027 }],
    estimated_at_ms: NOW_MS - 180_000, age_ms: 180_000, stale: false, refund_fee_sat: 1_157,
  },
  rate: { currency: "USD", rateMicro: 55_000_000_000 },
};

type Answers = { readonly [A in Ask]?: (fields: Requests[A]["in"]) => Requests[A]["out"] };

export const ANSWERS: Answers = {
  address_get: () => ({ name: "Ada Lovelace", line1: "12 St James's Square", city: "London", postal_code: "SW1Y 4JH", country: "GB" }),
  wallet_begin: () => ({ lnurl: LNURL, session: "00".repeat(32), expires_at_ms: NOW_MS + 300_000 }),
  refund_link: () => ({ lnurl: LNURL, amount_msat: 130_282_000, expires_at_ms: NOW_MS + 300_000 }),
  destination_get: () => ({ in_force: "ada@wallet.example", waiting: { lightning_address: "mallory@wallet.example", asked_at_ms: NOW_MS, asked_by: "Chrome on Windows", in_force_at_ms: NOW_MS + 2 * DAY_MS } }),
  chain_costs: () => COSTS,
  devices: () => [
    { id: id(31), name: "Firefox on Linux", created_at_ms: NOW_MS - 9 * DAY_MS, last_seen_at_ms: NOW_MS, expires_at_ms: NOW_MS + 30 * DAY_MS, live: true, this: true },
    { id: id(32), name: "Chrome on Windows", created_at_ms: NOW_MS - 5 * DAY_MS, last_seen_at_ms: NOW_MS - DAY_MS, expires_at_ms: NOW_MS + 25 * DAY_MS, live: true, this: false },
    { id: id(33), name: "Old laptop", created_at_ms: NOW_MS - 400 * DAY_MS, last_seen_at_ms: NOW_MS - 300 * DAY_MS, expires_at_ms: NOW_MS - 200 * DAY_MS, live: false, this: false },
  ],
  linked_get: () => ({ providers: ["coinbase"], linked: LINKED }),
  link: () => null,
  wallet_get: () => ({ connected: CONNECTED, asks: ASKS }),
  wallet_test: () => null,
  wallet_budget: () => null,
  wallet_revoke: () => null,
  wallet_pay: () => null,
  wallet_back: () => null,
  wallet_terms: () => ({ bitcoin: "unpaid", terms: TERMS }),
  unlink: () => null,
  gift_code: () => ({ code: "RGR-7Q2M-XK4D", pin: "4711", link: null }),
  purchases: () => ({ purchases: [purchase(1, "held", { bitcoin: "held" }), purchase(2, "completed"), purchase(3, "returned", { bitcoin: "returned" }), purchase(4, "card_ready", { bitcoin: "held" })], next_before_ms: NOW_MS - 9 * DAY_MS }),
  receipt: () => RECEIPT,
  refunds: () => ({ refunds: [refund(11, "awaiting_destination", { destination: null }), refund(12, "paid", { sent_msat: 130_271_552 }), refund(13, "waiting", { owed: null, owed_msat: 3_853_391, cause: "overpaid" })], next_before_ms: null }),
  sent: () => [
    { atMs: NOW_MS, server: "https://till.example", store: "www.shop.example", totalMinor: 2711, currency: "USD" },
    { atMs: NOW_MS - DAY_MS, server: "https://till.example", store: "www.amazon.de", totalMinor: null, currency: "EUR" },
    { atMs: NOW_MS - DAY_MS, server: "https://till.example", store: "www.shop.example", totalMinor: null, currency: "", country: "GB" },
  ],
  permission_wanted: () => ({ tabId: 7, store: "www.shop.example", hosts: ["js.stripe.com"], unknown: [], origins: ["https://js.stripe.com/*"] }),
  register: () => ({ recoveryCode: "K7QX-3MZ9-TR2P-8WNB-5HDC" }),
  permission_answered: () => null,
  settings_set: () => ({ language: "auto", notifications: false, showPill: true }),
  destination_call_off: () => ({ in_force: "ada@wallet.example", waiting: null }),
};

export interface FakeBackground {
  readonly asked: { readonly name: Ask; readonly fields: unknown }[];
  readonly ask: <A extends Ask>(name: A, fields: Requests[A]["in"]) => Promise<Answer<A>>;
}

/** What has no answer here is refused as the server refuses a wrong password; no wallet ever scans a code. */
export function fakeBackground(state: Partial<BackgroundState> = {}, answers: Answers = {}, refusing?: string): FakeBackground {
  const all: Answers = { ...ANSWERS, state: () => ({ ...STATE, ...state }), ...answers };
  const asked: { name: Ask; fields: unknown }[] = [];
  return {
    asked,
    ask: async <A extends Ask>(name: A, fields: Requests[A]["in"]) => {
      asked.push({ name, fields });
      const answer = all[name] as ((fields: Requests[A]["in"]) => Requests[A]["out"]) | undefined;
      if (answer && (refusing === undefined || name === "state")) return { ok: true, value: answer(fields) };
      return { ok: false, trouble: { code: refusing ?? (name === "wallet_finish" ? "not_ready" : "wrong_password"), detail: null, retryAfterMs: null } };
    },
  };
}

export interface PageFixture {
  readonly route: string;
  readonly state?: Partial<BackgroundState>;
  readonly popup?: boolean;
  readonly answers?: Answers;
  /** Everything but the state is refused with this code. */
  readonly refusing?: string;
}

const unpaired: Partial<BackgroundState> = { server: null, rootKey: null, login: null, missing: "pairing", open: [], attention: [] };
const loggedOut: Partial<BackgroundState> = { login: null, missing: "login", open: [], attention: [] };

export const PAGES = {
  home_new: { route: "", state: unpaired },
  home_half: { route: "", state: { missing: "billing_address" }, answers: { destination_get: () => ({ in_force: null, waiting: null }) } },
  home_ready: { route: "" },
  pair: { route: "pair", state: unpaired },
  paired: { route: "pair" },
  distrusted: { route: "pair", state: { distrusted: "differs" } },
  login: { route: "login", state: loggedOut },
  register: { route: "register", state: loggedOut },
  recover: { route: "recover", state: loggedOut },
  address: { route: "address" },
  refunds: { route: "refunds" },
  refunds_new: { route: "refunds", answers: { destination_get: () => ({ in_force: null, waiting: null }), refunds: () => ({ refunds: [], next_before_ms: null }) } },
  refunds_chain: { route: "refunds", state: { onChain: true }, answers: { refunds: () => ({ refunds: [refund(11, "awaiting_destination", { destination: null }), refund(12, "paid", { sent_msat: 130_272_000, taken_msat: 1_157_000, destination: { kind: "on_chain", address: "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4" } })], next_before_ms: null }) } },
  refunds_chain_unknown: { route: "refunds", state: { onChain: true }, answers: { chain_costs: () => ({ fees: { rates: [], stale: false, unavailable: "unreachable" }, rate: null }) } },
  linked: { route: "linked" },
  linked_none: { route: "linked", answers: { linked_get: () => ({ providers: ["coinbase"], linked: null }) } },
  linked_silent: { route: "linked", answers: { linked_get: () => ({ providers: ["coinbase"], linked: { ...LINKED, name: null, available_sat: null } }) } },
  linked_unserved: { route: "linked", state: { linkable: [], linked: null }, answers: { linked_get: () => ({ providers: [], linked: null }) } },
  devices: { route: "devices" },
  history: { route: "history" },
  history_gift: { route: "history", answers: { purchases: () => ({ purchases: [purchase(2, "completed", { flow: "gift_card", captured_minor: 2711, gift_card: { product_id: "p", order_id: "o", delivered: true, failed: false, reveals: 1 } })], next_before_ms: null }) } },
  history_unpaired: { route: "history", state: unpaired, refusing: "not_paired" },
  receipt: { route: `receipt/${id(2)}` },
  sent: { route: "sent" },
  settings: { route: "settings" },
  permission: { route: "permission" },
  wallet: { route: "wallet" },
  wallet_none: { route: "wallet", answers: { wallet_get: () => ({ connected: null, asks: [] }) } },
  wallet_no_lookup: { route: "wallet", answers: { wallet_get: () => ({ connected: { ...CONNECTED, alias: null, looksUp: false }, asks: [] }) } },
  pay: { route: `pay/${id(1)}` },
  pay_refused: { route: `pay/${id(1)}`, answers: payPage({ asked: { state: "refused", code: "QUOTA_EXCEEDED" } }) },
  pay_over_budget: { route: `pay/${id(1)}`, answers: payPage({ leftMsat: 400_000_000, refusal: "nwc_over_budget" }) },
  pay_waiting: { route: `pay/${id(1)}`, answers: payPage({ asked: { state: "waiting" } }) },
  pay_unknown: { route: `pay/${id(1)}`, answers: payPage({ asked: { state: "unknown", why: "PAYMENT_FAILED" } }) },
  pay_arrived: { route: `pay/${id(1)}`, answers: { wallet_terms: () => ({ bitcoin: "held", terms: null }) } },
  pay_over: { route: `pay/${id(1)}`, answers: { wallet_terms: () => ({ bitcoin: "returned", terms: null }) } },
  wallets: { route: "wallets/zeus", state: unpaired },
  newcomer: { route: "new" },
  newcomer_stale: { route: "new", answers: { chain_costs: () => ({ fees: { ...COSTS.fees, age_ms: 5_400_000, estimated_at_ms: NOW_MS - 5_400_000, stale: true }, rate: null }) } },
  newcomer_unknown: { route: "new", answers: { chain_costs: () => ({ fees: { rates: [], stale: false, unavailable: "nothing_to_estimate_from" }, rate: null }) } },
  popup: { route: "", popup: true },
  popup_new: { route: "", popup: true, state: unpaired },
  popup_distrusted: { route: "", popup: true, state: { distrusted: "unknown_root", open: [], attention: [] } },
} satisfies Record<string, PageFixture>;

export type PageName = keyof typeof PAGES;
export const PAGE_NAMES = Object.keys(PAGES) as PageName[];
