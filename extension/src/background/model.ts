/**
 * What the background keeps. The truth about a purchase is on the server; kept here is what the server cannot know (nonce,
 * keys of wishes, which tab) and the last answer, so that a worker that was killed at any point goes on.
 *
 * Invariant: no card number, code or password is in any of these types.
 */
import type { Address, PurchaseView, Rates, Served } from "../api/types.ts";
import type { Problem } from "../api/transport.ts";
import type { Budget } from "../nwc/budget.ts";
import type { WalletAddress } from "../nwc/connection.ts";
import type { SignedEvent } from "../nwc/event.ts";
import type { Network } from "../trust/bolt11.ts";
import type { KeySetFault, Pinned } from "../trust/key_set.ts";
import type { PinnedRecipes } from "../trust/recipes.ts";
import type { Money } from "../types/money.ts";
import type { ChallengeAnswer, ChallengeEnd, ClaimOn, CopyField, GiftField, NotFilled } from "../types/panel.ts";
import type { Recipe } from "../types/recipe.ts";
import type { Attention, SentItem, Settings } from "./requests.ts";

export interface Pairing {
  readonly server: string;
  readonly pinned: Pinned;
  readonly nodes: readonly string[];
  readonly recipeKeys: readonly string[];
  /** Of the first invoice that passed the check; later ones must be of the same. */
  readonly network: Network | null;
  /** The server showed a key set that is not to be believed: nothing is paid until it is paired anew or mended. */
  readonly distrusted: KeySetFault | null;
}

export interface Session {
  readonly login: string;
  readonly token: string;
  readonly device: string;
  readonly expiresAtMs: number;
}

export interface Account {
  /** On file at the server: the holder's name and postcode are filled in with the card. */
  readonly address: Address | null;
  readonly destination: string | null;
  /** The linked account as it was seen last; absent: not asked for, or none is served. */
  readonly linked?: LinkedAccount | null;
}

export interface LinkedAccount {
  readonly provider: string;
  /** `null`: its provider did not say. */
  readonly availableSat: number | null;
}

/** A call that was decided on and is not answered yet: sent again, under the same key, by whichever worker comes next. */
export type Wish =
  | { readonly kind: "begin"; readonly key: string; readonly sinceMs: number }
  | { readonly kind: "confirm_funds"; readonly key: string; readonly sinceMs: number }
  | { readonly kind: "challenge"; readonly key: string; readonly sinceMs: number; readonly answer: ChallengeAnswer }
  | { readonly kind: "quote"; readonly key: string; readonly sinceMs: number; readonly total: Money; readonly nonce: string }
  | { readonly kind: "show_invoice"; readonly key: string; readonly sinceMs: number }
  | { readonly kind: "cancel"; readonly key: string; readonly sinceMs: number; readonly then: Money | null };

export type FillHint =
  | { readonly kind: "none" }
  | { readonly kind: "filled"; readonly fields: readonly CopyField[]; readonly missing: readonly CopyField[]; readonly storeSavesCard: boolean }
  | { readonly kind: "needs_permission"; readonly hosts: readonly string[]; readonly unknown?: readonly string[] }
  | { readonly kind: "copy"; readonly fields: readonly CopyField[]; readonly why?: NotFilled };

/** With a purchase by gift card. Its `total` is then the value that is bought. */
export interface LocalGift {
  readonly product: string;
  /** What the order costs at the store. */
  readonly orderTotal: Money;
  /** What the opened gift card had; empty before. Names only. */
  readonly has: readonly GiftField[];
  /** The shopper said that the order is placed. */
  readonly used: boolean;
}

/** The newest question of the store's bank that was seen here. The server shows one only while it waits. */
export interface LocalChallenge {
  /** Names it: the server's clock. */
  readonly answerByMs: number;
  /** `null`: it waits. */
  readonly end: ChallengeEnd | null;
}

/** A purchase as this browser began it. */
export interface LocalPurchase {
  readonly local: string;
  /** The server's id; `null` until the first answer. */
  readonly id: string | null;
  readonly tabId: number;
  /** Of the browser's run in which `tabId` means something. */
  readonly run: string;
  readonly store: string;
  readonly storeName: string;
  /** `null`: a prepared card, not quoted yet. */
  readonly total: Money | null;
  readonly currency: string;
  readonly cardFirst: boolean;
  /** As it was shown when the shopper pressed; `null` when it was not known. */
  readonly claimOn: ClaimOn | null;
  /** Of the quote that is asked for now. */
  readonly nonce: string;
  readonly begunAtMs: number;
  readonly wish: Wish | null;
  /** The total was typed or confirmed by the shopper. */
  readonly totalByHand: boolean;
  /** What the page seemed to say when the shopper typed another total: that, and only that, is no contradiction. */
  readonly overruled?: Money | null;
  /** The invoice that passed our check, and no other. */
  readonly checkedInvoice: string | null;
  readonly fault: string | null;
  /** Stored before the card is asked for: from then on a store can charge it. */
  readonly revealed: boolean;
  readonly fill: FillHint;
  /** The page said another total when it was to be filled; `undefined`: it did not. */
  readonly pageTotal?: Money | null;
  readonly gift?: LocalGift;
  /** Paid first: from the account that is linked, or on the chain. */
  readonly from?: "linked_account" | "on_chain";
  /** On the chain: where what is not used goes back to. */
  readonly refundAddress?: string;
  /** Whose account: as it was linked when the shopper pressed. */
  readonly provider?: string;
  /** Of a quote without an invoice: the hash of the terms that passed our check. */
  readonly checkedTerms?: string;
  readonly challenge?: LocalChallenge;
  readonly problem: Problem | null;
  readonly dismissed: boolean;
  readonly view: PurchaseView | null;
  /** When the server was last heard of this purchase, this machine's clock. */
  readonly heardAtMs: number;
}

export interface Cache {
  readonly served: Served | null;
  readonly rates: Rates | null;
  readonly ratesAtMs: number;
  /** How far the server's clock is ahead of this machine's. */
  readonly aheadMs: number;
  readonly unreachableSinceMs: number | null;
}

export interface RecipesKept {
  readonly pinned: PinnedRecipes | null;
  readonly recipes: readonly Recipe[];
}

/** A wallet of the shopper's own that may be asked to pay (NIP-47), within a budget. */
export interface WalletConnection extends WalletAddress {
  /** As the wallet calls itself, and the network it is on; `null`: it did not say. */
  readonly alias: string | null;
  readonly network: Network | null;
  /** It can be asked later what became of an invoice. */
  readonly looksUp: boolean;
  readonly budget: Budget;
  readonly sinceMs: number;
}

export type AskEnd =
  /** Proven by a preimage, or claimed by the server's word. `null`: the fees were not told. */
  | { readonly kind: "paid"; readonly feesMsat: number | null }
  /** In the wallet's code. */
  | { readonly kind: "refused"; readonly code: string }
  /** It never left this browser. */
  | { readonly kind: "not_said" }
  /** The purchase is over without it: nothing was taken, and what arrives later goes back. */
  | { readonly kind: "unpaid" };

/** One invoice that the connected wallet was asked to pay, written down before it was asked. Asked once: never again while `end` is `null`. */
export interface WalletAsk {
  /** Of the connection: `WalletAddress.client`. */
  readonly client: string;
  /** The purchase's local name. */
  readonly local: string;
  readonly store: string;
  readonly bolt11: string;
  readonly paymentHash: string;
  readonly amountMsat: number;
  readonly feeBoundMsat: number;
  readonly request: SignedEvent;
  readonly atMs: number;
  /** Written right before it was said: from here on nobody can know that it was not. */
  readonly saidAtMs: number | null;
  /** Why nothing conclusive was heard: a code of ours, or the wallet's in capitals. */
  readonly trouble: string | null;
  readonly end: AskEnd | null;
}

export interface Wallet {
  readonly connection: WalletConnection | null;
  /** Oldest first; those of former connections too. */
  readonly asks: readonly WalletAsk[];
}

/** Seen last by the watcher, so that only what is new calls for attention. */
export interface Watched {
  readonly refunds: Readonly<Record<string, string>>;
  readonly purchases: Readonly<Record<string, string>>;
  readonly destinationWaiting: string | null;
}

/** Everything in `chrome.storage.local`, by key. */
export interface Kept {
  readonly pairing: Pairing | null;
  readonly session: Session | null;
  readonly account: Account | null;
  readonly settings: Settings;
  readonly purchases: readonly LocalPurchase[];
  readonly sent: readonly SentItem[];
  readonly attention: readonly Attention[];
  readonly cache: Cache;
  readonly recipes: RecipesKept;
  readonly watched: Watched | null;
  readonly wallet: Wallet;
}

export const EMPTY: Kept = {
  pairing: null,
  session: null,
  account: null,
  settings: { language: "auto", notifications: false, showPill: true },
  purchases: [],
  sent: [],
  attention: [],
  cache: { served: null, rates: null, ratesAtMs: 0, aheadMs: 0, unreachableSinceMs: null },
  recipes: { pinned: null, recipes: [] },
  watched: null,
  wallet: { connection: null, asks: [] },
};

export const isTerminal = (view: PurchaseView): boolean => view.state === "completed" || view.state === "returned" || view.state === "expired";

/** Ended, but something of what was claimed is not with the store: it is owed, and its way back goes on after the end. */
export const mayOwe = (view: PurchaseView): boolean => {
  const short = view.bitcoin === "claimed" && view.captured_minor < (view.quote?.total.minor ?? 0);
  const open = view.refunds.some(({ state }) => state !== "paid" && state !== "cancelled");
  return open || (short && view.refunds.length === 0);
};

/** Nothing more can happen that the shopper would want to see. */
export const isOver = (view: PurchaseView): boolean => isTerminal(view) && !mayOwe(view);

export const isLive = (purchase: LocalPurchase): boolean => purchase.wish !== null || (purchase.view !== null && !isTerminal(purchase.view));

/** A store may charge days later: after so long without a change the timer for what is long is enough. */
const BUSY_MS_MAX = 30 * 60_000;

/** Something may happen at any moment: a wish without an answer, or a state that is fresh. */
export const isBusy = (purchase: LocalPurchase, nowMs: number, aheadMs: number): boolean =>
  purchase.wish !== null || (purchase.view !== null && !isOver(purchase.view) && nowMs + aheadMs - (purchase.view?.state_since_ms ?? 0) < BUSY_MS_MAX);

export const sameMoney = (one: Money, other: Money): boolean => one.minor === other.minor && one.currency === other.currency;

/** The page is to be asked anew. */
export function withoutPageTotal(purchase: LocalPurchase): LocalPurchase {
  const rest: { -readonly [K in keyof LocalPurchase]: LocalPurchase[K] } = { ...purchase };
  delete rest.pageTotal;
  return rest;
}
