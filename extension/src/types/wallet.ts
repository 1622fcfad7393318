/**
 * The table of wallets, `extension/wallets/wallets.json`: what is known of each, from where and from when. What may stand
 * there is listed here once, for the type and for the check (`tools/wallets.ts`); the words for it are in `ui/i18n/wallets.*`.
 */
export const PLATFORMS = ["ios", "android", "mobile", "desktop", "web", "appliance"] as const;
export const CUSTODY = ["self", "self_unverified", "custodial", "both"] as const;
/** What it takes an invoice from. `unified_onchain`: of a unified code it pays the address, not the invoice. */
export const SCANS = ["bolt11", "qr", "paste", "link", "unified", "unified_onchain", "webln"] as const;
/** What it shows while a payment is held. */
export const HELD = ["pending", "under_way", "spinner", "sheet_closes", "looks_failed", "not_listed"] as const;
/** What it shows once a held payment is returned. */
export const RETURNED = ["failed", "refund_later", "refunds_itself", "asks_to_refund", "after_reopening"] as const;
/** `pays`: somebody paid invoices with a longer one. `within_limit`: its code allows more. */
export const CLTV_80 = ["pays", "within_limit", "refuses"] as const;
export const FUND_BY = ["balance", "buy", "lightning", "onchain", "lsp"] as const;
export const NOTICES = ["custodial_ended", "maintenance_only", "extension_hides_pending", "usd_999_a_week"] as const;
/** What the shopper is told. This is our advice, so it has no source. */
export const TOLD = ["wait_pending", "not_failed", "spinner", "sheet_closes", "swap_refund", "take_refund", "history_wrong", "lightning_unconfirmed", "gone", "unknown"] as const;

/** The source of what nobody published and our own lab has seen: `extension/wallets/README.md` says how. */
export const MEASURED = "measured";

export interface Sourced<T> {
  readonly value: T;
  /** An https address, or `measured`: by us, with this `version` of the wallet. */
  readonly source: string;
  readonly version?: string;
  /** The source's own date, ISO 8601; of what bears none, the day on which a stored copy of it was read. */
  readonly date: string;
  readonly undated?: true;
}

export type Fact<T> = Sourced<T> | "unknown";

type One<List extends readonly string[]> = Fact<List[number]>;
type Some<List extends readonly string[]> = Fact<readonly List[number][]>;

export interface Wallet {
  readonly id: string;
  readonly name: string;
  /** Gone, at the latest since then; what to use instead is advice, and the makers' own where they gave one. */
  readonly gone_since?: Sourced<string>;
  readonly instead?: string;
  readonly home: Fact<string>;
  readonly platform: Some<typeof PLATFORMS>;
  readonly custody: One<typeof CUSTODY>;
  readonly scans: Some<typeof SCANS>;
  readonly held: One<typeof HELD>;
  /** In the wallet's own words, in English. */
  readonly held_words: Fact<string>;
  readonly returned: One<typeof RETURNED>;
  readonly returned_words: Fact<string>;
  readonly cltv_80: One<typeof CLTV_80>;
  /** The longest time lock, in all, that its code allows when paying. */
  readonly cltv_limit_blocks: Fact<number>;
  readonly fund_by: Some<typeof FUND_BY>;
  /** Of a deposit on the chain, until it can be spent. */
  readonly fund_confirmations: Fact<number>;
  /** For sending over Lightning, as published; what routing costs beyond it is not in here. */
  readonly send_fee: Fact<{ readonly base_sat: number; readonly ppm: number }>;
  readonly notices?: readonly Sourced<(typeof NOTICES)[number]>[];
  readonly told: readonly (typeof TOLD)[number][];
}

/**
 * vbytes (BIP 141), rounded up, of what a newcomer may have to send: one P2WPKH input, the change, and as the other output a
 * deposit (P2WPKH) or the funding of a channel (P2WSH, BOLT 3).
 */
export const CHAIN_VBYTES = { deposit: 141, channel: 153 } as const;

/** What it costs about at this rate, rounded up. */
export function chainFeeSat(satPerKvb: number, vbytes: number): number {
  return Number((BigInt(satPerKvb) * BigInt(vbytes) + 999n) / 1000n);
}
