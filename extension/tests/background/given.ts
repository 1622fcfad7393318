/** Made-up values for tests: complete, and changed by what a test is about. */
import type { ChargeView, PurchaseState, PurchaseView, QuoteView, Rates, RefundView, Served } from "../../src/api/types.ts";
import type { LocalPurchase } from "../../src/background/model.ts";
import type { PageSeen, ViewInput } from "../../src/background/view.ts";
import type { Reading } from "../../src/types/detect.ts";
import type { Money } from "../../src/types/money.ts";

export const NOW = 1_763_870_000_000;
export const HOST = "www.shop.example";
export const TOTAL: Money = { minor: 2711, currency: "USD" };

export const QUOTE: QuoteView = {
  number: 1,
  total: TOTAL,
  fee: { minor: 0, currency: "USD" },
  rate_micro: 5_457_386_000,
  rate: "5457.386",
  executable_rate_micro: 5_500_000_000,
  executable_rate: "5500",
  spread_ppm: 7748,
  amount_msat: 496_758_000,
  amount_btc: "0.00496758",
  observed_at_ms: NOW,
  expires_at_ms: NOW + 300_000,
};
export const PRICE = { total: TOTAL, fee: QUOTE.fee, rateMicro: 5_457_386_000, spreadPpm: 7748, amountMsat: 496_758_000 };

export const SERVED: Served = {
  server: "https://till.example",
  node: `02${"00".repeat(32)}`,
  accepts_purchases: true,
  open_registration: false,
  currencies: [
    { currency: "USD", total_minor_min: 100, total_minor_max: 100_000 },
    { currency: "EUR", total_minor_min: 100, total_minor_max: 100_000 },
  ],
  countries: [],
  blocked_countries: ["KP"],
  blocked_merchant_countries: [],
  blocked_categories: [],
  blocked_stores: ["blocked.example"],
  stores: [
    { host: "later.example", name: "Later", claim_on: "reveal", tolerance_minor: 0, splits: true, card_open_ms_max: 1, takes_gift_cards: false },
    { host: "shop.example", name: "Shop", claim_on: "authorization", tolerance_minor: 50, splits: false, card_open_ms_max: 1, takes_gift_cards: false },
  ],
  other_stores: { host: null, name: "", claim_on: "authorization", tolerance_minor: 50, splits: false, card_open_ms_max: 1, takes_gift_cards: false },
  cards: true,
  linked_accounts: [],
  gift_cards: false,
  spread_ppm: 7748,
  gift_card_spread_ppm: 10_000,
  fee_bps: 0,
  quote_ms: 300_000,
  hold_ms_max: 600_000,
  limits: { currency: "USD", purchase_minor_max: 1, day_minor_max: 1, unpaid_at_once: 1, abandoned_holds_of_day_max: 1, cards_of_day_max: 1 },
};
export const RATES: Rates = { rates: [{ currency: "USD", venues: [], outliers: [], shopper_rate_micro: 5_457_386_000 }, { currency: "EUR", venues: [], outliers: [], unavailable: "stale" }] };
export const ADDRESS = { name: "Ella Example", line1: "1 Swing Street", city: "New York", region: "NY", postal_code: "10001", country: "US" };

export const reading = (change: Partial<Reading> = {}): Reading => ({
  checkout: true,
  store: "generic",
  total: TOTAL,
  confidence: 95,
  fields: {},
  frames: [],
  saveCard: [],
  giftCardCode: [],
  ...change,
});

/** A page with a card form of its own. */
export const FORM: Partial<Reading> = { fields: { number: ["#n"], expiry: ["#e"], securityCode: ["#c"], holder: ["#h"] } };

export const page = (change: Partial<PageSeen> = {}): PageSeen => ({
  host: HOST,
  name: "Shop",
  reading: reading(),
  confirmed: null,
  cardFirst: false,
  currency: null,
  ...change,
});

export const charge = (change: Partial<ChargeView> = {}): ChargeView => ({
  amount: TOTAL,
  merchant: "SHOP",
  zero_check: false,
  decision: "approved",
  asked_at_ms: NOW,
  captured_minor: 0,
  reversed_minor: 0,
  ...change,
});

export const refund = (change: Partial<RefundView> = {}): RefundView => ({
  id: "aa".repeat(16),
  purchase: "01".repeat(16),
  number: 1,
  state: "waiting",
  cause: "captured_in_part",
  destination_refused: false,
  not_before_ms: NOW + 1_000,
  created_at_ms: NOW,
  waits_for_operator: false,
  owed: { minor: 100, currency: "USD" },
  ...change,
});

export const invoiceOf = (bolt11: string): NonNullable<PurchaseView["invoice"]> => ({
  bolt11, bip21: `bitcoin:?lightning=${bolt11}`, bip21_qr: `bitcoin:?lightning=${bolt11.toUpperCase()}`, payment_hash: "00".repeat(32),
});

export const view = (state: PurchaseState, change: Partial<PurchaseView> = {}): PurchaseView => ({
  id: "01".repeat(16),
  code: "005HC89C",
  version: 3,
  state,
  state_since_ms: NOW,
  created_at_ms: NOW,
  store_host: HOST,
  store_name: "Shop",
  currency: "USD",
  flow: "card",
  claim_on: "authorization",
  bitcoin: "unpaid",
  quote: QUOTE,
  rail: "bolt11",
  invoice: invoiceOf("lnbcrt1"),
  charges: [],
  disputes: [],
  captured_minor: 0,
  winding_up: false,
  waits_for_operator: false,
  refunds: [],
  ...change,
});

export const HOLD = { amount_msat: 496_758_000, held_at_ms: NOW, claim_deadline: 900, returned: false };

export const purchase = (change: Partial<LocalPurchase> = {}): LocalPurchase => ({
  local: "local",
  id: "01".repeat(16),
  tabId: 1,
  run: "run",
  store: HOST,
  storeName: "Shop",
  total: TOTAL,
  currency: "USD",
  cardFirst: false,
  claimOn: "authorization",
  nonce: "01".repeat(16),
  begunAtMs: NOW,
  wish: null,
  totalByHand: false,
  checkedInvoice: "lnbcrt1",
  fault: null,
  revealed: false,
  fill: { kind: "none" },
  problem: null,
  dismissed: false,
  view: null,
  heardAtMs: NOW,
  ...change,
});

export const input = (change: Partial<ViewInput> = {}): ViewInput => ({
  server: "https://till.example",
  loggedIn: true,
  address: ADDRESS,
  destination: "ella@wallet.example",
  served: SERVED,
  rates: RATES,
  page: page(),
  purchase: null,
  doing: null,
  trouble: null,
  nowMs: NOW,
  aheadMs: 0,
  ...change,
});
