/** Names for the server's shapes. `schema.ts` is generated from `docs/openapi.json` and never written by hand. */
import type { components } from "./schema.ts";

type Schemas = components["schemas"];

export type Address = Schemas["Address"];
export type Basis = Schemas["Basis"];
export type ChainFees = Schemas["ChainFeesNow"];
export type ChargeView = Schemas["ChargeView"];
export type DestinationSetting = Schemas["DestinationSetting"];
export type DeviceView = Schemas["DeviceView"];
export type GiftCardOffer = Schemas["GiftCardOffer"];
export type GiftCards = Schemas["GiftCards"];
export type FundsView = Schemas["FundsView"];
export type LinkBegun = Schemas["LinkBegun"];
export type Links = Schemas["Links"];
export type NewPurchase = Schemas["NewPurchase"];
export type NewQuote = Schemas["NewQuote"];
export type ProblemBody = Schemas["ProblemBody"];
export type PurchaseList = Schemas["PurchaseList"];
export type PurchaseState = Schemas["PurchaseState"];
export type PurchaseView = Schemas["PurchaseView"];
export type QuoteView = Schemas["QuoteView"];
export type RateView = Schemas["RateView"];
export type Rates = Schemas["Rates"];
export type Receipt = Schemas["Receipt"];
export type RecoveredView = Schemas["RecoveredView"];
export type RefundList = Schemas["RefundList"];
export type RefundView = Schemas["RefundView"];
export type Revealed = Schemas["Revealed"];
export type Served = Schemas["Served"];
export type SessionView = Schemas["SessionView"];
export type StoreServed = Schemas["StoreServed"];
export type TermsView = Schemas["TermsView"];
export type WalletBegun = Schemas["WalletBegun"];
export type WalletSession = Schemas["WalletSession"];
export type WithdrawLink = Schemas["WithdrawLinkView"];

export type SetDestination = Schemas["SetDestination"];
/** `bolt12`: an offer, for servers that pay those; others refuse the field. */
export type GiveDestination = Schemas["GiveDestination"] & { readonly bolt12?: string };

/** The signed key set, as it is sent. */
export interface SignedKeySet {
  readonly key_set: string;
  readonly signature: string;
  readonly previous_signature?: string;
}

/** The signed recipe bundle, as it is sent. */
export interface SignedRecipes {
  readonly text: string;
  readonly signature: string;
}
