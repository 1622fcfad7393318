/**
 * What the popup and the extension's own pages ask of the background, by `chrome.runtime.sendMessage`. The background
 * answers no page of the web: `sender.url` must begin with the extension's own address, and content scripts have none of
 * these calls.
 *
 * Amounts and views are the server's own shapes (`api/types.ts`). Passwords and codes pass through and are kept nowhere.
 */
import type {
  Address,
  ChainFees,
  DestinationSetting,
  DeviceView,
  Links,
  PurchaseList,
  PurchaseView,
  Receipt,
  RefundList,
  RefundView,
  WalletBegun,
  WithdrawLink,
} from "../api/types.ts";
import type { Money } from "../types/money.ts";
import type { WalletAsked } from "../types/panel.ts";
import type { PricedIn } from "./currency.ts";

export type Language = "auto" | "en" | "de" | "es" | "zh-CN";

export interface Settings {
  readonly language: Language;
  /** Refunds, missing destinations and charges as notifications of the browser. Needs the optional permission. */
  readonly notifications: boolean;
  /** The pill at named stores' checkouts. */
  readonly showPill: boolean;
}

/** What is missing before anything can be bought, most basic first. */
export type Missing = "pairing" | "login" | "billing_address";

/** A short line about one purchase, for the popup. */
export interface OpenPurchase {
  readonly id: string;
  readonly code: string;
  readonly storeHost: string;
  readonly state: PurchaseView["state"];
  readonly bitcoin: PurchaseView["bitcoin"];
  readonly total: { readonly minor: number; readonly currency: string } | null;
  /** The tab in which it was begun, while that is open. */
  readonly tabId: number | null;
}

/** The connected wallet, without its secret. */
export interface WalletView {
  readonly connected: {
    readonly alias: string | null;
    readonly key: string;
    /** Hosts. */
    readonly relays: readonly string[];
    readonly looksUp: boolean;
    readonly network: string | null;
    readonly budget: { readonly amountSat: number; readonly per: "day" | "month" };
    readonly leftMsat: number;
    readonly sinceMs: number;
  } | null;
  /** Newest first. */
  readonly asks: readonly AskView[];
}

export interface AskView {
  readonly store: string;
  readonly amountMsat: number;
  readonly feesMsat: number | null;
  readonly atMs: number;
  /** `open`: it may still be paid. */
  readonly end: "open" | "paid" | "refused" | "not_said" | "unpaid";
}

/** What the shopper confirms on the extension's own page: of an invoice that has passed our check, and no other. */
export interface WalletTerms {
  readonly store: string;
  readonly storeName: string;
  readonly total: Money;
  readonly code: string;
  readonly promise: "authorization" | "reveal" | "gift";
  readonly amountMsat: number;
  /** Set aside for the wallet's fee. */
  readonly feeBoundMsat: number;
  readonly leftMsat: number;
  readonly alias: string | null;
  readonly expiresAtMs: number;
  readonly paymentHash: string;
  /** Why it cannot be asked now, a problem's code; `null`: it can. */
  readonly refusal: string | null;
  readonly asked: WalletAsked | null;
}

/** The page of one purchase: its terms while it waits to be paid, and where its bitcoin is. */
export interface WalletPage {
  readonly bitcoin: PurchaseView["bitcoin"];
  readonly terms: WalletTerms | null;
}

/** What the chain asks for, and by what it is worth in the shopper's currency; `null`: no rate is known. */
export interface ChainCosts {
  readonly fees: ChainFees;
  readonly rate: PricedIn | null;
}

/** What the badge counts. */
export interface Attention {
  readonly kind: "refund_destination_missing" | "refund_destination_refused" | "refund_paid" | "charged" | "code_ready" | "destination_changing";
  /** A refund's or a purchase's id; for `destination_changing` the new address. */
  readonly id: string;
  readonly atMs: number;
}

export interface BackgroundState {
  /** The paired server's address, `https://till.example`. */
  readonly server: string | null;
  /** Its root key (66 hex) and the version of the key set that was accepted last. */
  readonly rootKey: string | null;
  readonly keySetVersion: number | null;
  /** The login this device is logged in with. */
  readonly login: string | null;
  readonly missing: Missing | null;
  /** The server cannot be reached since then. */
  readonly unreachableSinceMs: number | null;
  /** Why the server is not believed, if it is not: a fault of the key set. */
  readonly distrusted: string | null;
  readonly openRegistration: boolean | null;
  readonly acceptsPurchases: boolean | null;
  /** Providers whose accounts can be linked at this server. */
  readonly linkable: readonly string[];
  /** Refunds may go to an address on the chain. */
  readonly onChain: boolean;
  /** As it was seen last. */
  readonly linked: { readonly provider: string; readonly availableSat: number | null } | null;
  readonly open: readonly OpenPurchase[];
  readonly attention: readonly Attention[];
  readonly settings: Settings;
}

/** One thing that left the browser about a page. */
export interface SentItem {
  readonly atMs: number;
  readonly server: string;
  readonly store: string;
  /** Null when a card was prepared before the store showed its total. */
  readonly totalMinor: number | null;
  readonly currency: string;
  /** Only this and the store were sent, to ask for gift cards. Empty: no country is on file. */
  readonly country?: string;
}

/** Provider frames that the shopper was asked to let the extension fill. */
export interface PermissionWanted {
  readonly tabId: number;
  readonly store: string;
  /** Hosts of the frames, `js.stripe.com`. */
  readonly hosts: readonly string[];
  /** Those of them that are no known provider's. */
  readonly unknown: readonly string[];
  /** The same as match patterns, for `chrome.permissions.request({ origins })`, which only a click on a page may call. */
  readonly origins: readonly string[];
}

/** Each request with its fields (`in`) and what it is answered with (`out`). */
export interface Requests {
  state: { in: object; out: BackgroundState };

  /** Fetches and checks the key set before anything is kept. Another server than before: logged out of that one. */
  pair: { in: { readonly server: string; readonly rootKey: string } | { readonly pairing: string }; out: { readonly server: string; readonly rootKey: string; readonly keySetVersion: number } };
  unpair: { in: object; out: null };

  register: { in: { readonly login: string; readonly password: string; readonly invitation: string | null; readonly deviceName: string }; out: { readonly recoveryCode: string } };
  login: { in: { readonly login: string; readonly password: string; readonly deviceName: string }; out: null };
  /** A code for a wallet to scan; `session` is asked with until it was. */
  wallet_begin: { in: { readonly action: "register" | "login" }; out: WalletBegun };
  /** Logged in, or `not_ready`. A code only after registering. */
  wallet_finish: { in: { readonly session: string; readonly deviceName: string; readonly invitation: string | null }; out: { readonly recoveryCode: string | null } };
  logout: { in: object; out: null };
  /** Sets a new password; logs nobody in. */
  recover: { in: { readonly login: string; readonly recoveryCode: string; readonly newPassword: string }; out: { readonly recoveryCode: string; readonly devicesRevoked: number } };
  new_recovery_code: { in: { readonly password: string }; out: { readonly recoveryCode: string } };

  address_get: { in: object; out: Address | null };
  address_set: { in: { readonly address: Address }; out: Address };
  destination_get: { in: object; out: DestinationSetting };
  /** The first is in force at once; a change waits. */
  destination_set: { in: { readonly lightningAddress: string; readonly password: string }; out: DestinationSetting };
  destination_call_off: { in: object; out: DestinationSetting };

  linked_get: { in: object; out: Links };
  /** Opens the provider's page in a tab. */
  link: { in: { readonly provider: string }; out: null };
  unlink: { in: { readonly provider: string }; out: null };

  /** `language`: of the page that shows it. */
  chain_costs: { in: { readonly language: string }; out: ChainCosts };

  wallet_get: { in: object; out: WalletView };
  /** Keeps it once it has answered. */
  wallet_connect: { in: { readonly connection: string; readonly amountSat: number; readonly per: "day" | "month" }; out: null };
  wallet_test: { in: object; out: null };
  wallet_budget: { in: { readonly amountSat: number; readonly per: "day" | "month" }; out: null };
  wallet_revoke: { in: object; out: null };
  /** By the purchase's id. */
  wallet_terms: { in: { readonly id: string }; out: WalletPage };
  /** The shopper's press, on the extension's own page, of what was shown there. */
  wallet_pay: { in: { readonly id: string; readonly paymentHash: string }; out: null };
  /** To the tab in which the purchase was begun. */
  wallet_back: { in: { readonly id: string }; out: null };

  devices: { in: object; out: readonly DeviceView[] };
  device_end: { in: { readonly id: string }; out: null };

  purchases: { in: { readonly beforeMs: number | null }; out: PurchaseList };
  purchase: { in: { readonly id: string }; out: PurchaseView };
  receipt: { in: { readonly id: string }; out: Receipt };
  cancel: { in: { readonly id: string }; out: PurchaseView };
  /** On a device that did not begin the purchase the card is shown only with the password; then it can be filled. */
  unlock_card: { in: { readonly id: string; readonly password: string }; out: null };
  /** A gift card that was delivered; with the password where this device did not begin it. Kept nowhere. */
  gift_code: { in: { readonly id: string; readonly password: string | null }; out: { readonly code: string | null; readonly pin: string | null; readonly link: string | null } };
  refunds: { in: { readonly beforeMs: number | null }; out: RefundList };
  /** `to`: as it was pasted. */
  refund_destination: { in: { readonly id: string; readonly password: string; readonly to: string }; out: RefundView };

  /** By which a wallet collects it; shown to the shopper, and kept nowhere. */
  refund_link: { in: { readonly id: string; readonly password: string }; out: WithdrawLink };

  sent: { in: object; out: readonly SentItem[] };
  sent_clear: { in: object; out: null };
  settings_set: { in: { readonly settings: Partial<Settings> }; out: Settings };
  /** The shopper has seen these; the badge forgets them. */
  attention_seen: { in: { readonly ids: readonly string[] }; out: null };

  /** "Use on this page": from the popup, which the shopper just opened on that tab, so that `activeTab` holds. */
  use_here: { in: { readonly tabId: number }; out: null };
  permission_wanted: { in: object; out: PermissionWanted | null };
  /** After `chrome.permissions.request` was answered on the page. */
  permission_answered: { in: { readonly tabId: number; readonly granted: boolean }; out: null };
}

export type Ask = keyof Requests;

/** As it is sent: `{ ask: "login", login: "ada", ... }`. */
export type PageRequest = { [A in Ask]: { readonly ask: A } & Requests[A]["in"] }[Ask];

/** Why something was not done. */
export interface Trouble {
  /**
   * The API's problem code, or one of ours: `unreachable`, `timed_out_here`, `not_paired`, `not_logged_in`,
   * `address_refused` (a server must be https, or http on this machine), `pairing_malformed`, `not_allowed`,
   * `key_set_not_a_key_set`, `key_set_bad_signature`, `key_set_unknown_root`, `key_set_older`, `key_set_differs`,
   * `payee_unreadable`, `payee_typo`, `payee_other_network`, `payee_expired`, `payee_pay_code`, `payee_on_chain`,
   * `payee_bolt12` (where a refund should go; the last two: this server does not pay there),
   * `server_differs` (it calls itself otherwise: `detail` is the address to pair with),
   * `no_page` (the tab cannot be used: a page of the browser itself), `answer_malformed`.
   */
  readonly code: string;
  /** The server's words on what to do, in English. */
  readonly detail: string | null;
  readonly retryAfterMs: number | null;
}

export type Answer<A extends Ask> = { readonly ok: true; readonly value: Requests[A]["out"] } | { readonly ok: false; readonly trouble: Trouble };

/** The one way to ask. An answer that never comes (the background was stopped meanwhile) is a trouble, not a throw. */
export async function ask<A extends Ask>(name: A, fields: Requests[A]["in"]): Promise<Answer<A>> {
  try {
    const answer = (await chrome.runtime.sendMessage({ ask: name, ...fields })) as Answer<A> | undefined;
    return answer ?? { ok: false, trouble: { code: "unreachable", detail: null, retryAfterMs: null } };
  } catch {
    return { ok: false, trouble: { code: "unreachable", detail: null, retryAfterMs: null } };
  }
}

/** Sent by the background to open pages whenever the state changed: `chrome.runtime.onMessage` with this body. */
export interface StateChanged {
  readonly changed: true;
}
