import type { Money } from "./money.ts";

/**
 * What the shopper is shown for one tab: a complete description, made by the background from the server's view of the
 * purchase and from what the page says. The panel draws it and decides nothing; the same value always draws the same.
 */
export interface PanelView {
  readonly store: { readonly host: string; readonly name: string };
  /** The paired server's origin, shown so that the shopper sees whom they deal with; `null` before pairing. */
  readonly server: string | null;
  readonly stage: Stage;
  /** The language that the shopper chose; absent: the browser's. */
  readonly language?: string;
  /** A passing trouble on top of the stage: the last good view stays. */
  readonly trouble?: Trouble;
}

export interface Trouble {
  readonly kind: "server_unreachable" | "page_unreachable" | "clock_wrong" | "problem";
  /** A problem code of the API, when the server said one. */
  readonly code?: string;
  readonly detail?: string;
  readonly retryAtMs?: number;
}

/** The price, every part of it. Amounts of bitcoin in millisatoshi. */
export interface PriceParts {
  readonly total: Money;
  readonly fee: Money;
  /** Currency per bitcoin, millionths; after spread, as quoted. */
  readonly rateMicro: number;
  readonly spreadPpm: number;
  readonly amountMsat: number;
  /** Absent where the server, or the quote, is of an older version. */
  readonly made?: PriceMade;
}

/** How a price comes about, from the market's to the shopper's. The amounts of its parts add up to `amountMsat`. */
export interface PriceMade {
  /** The median of the venues, millionths. */
  readonly consolidatedMicro: number;
  /** The oldest price that it rests on. */
  readonly observedAtMs: number;
  readonly venues: number;
  /** Not believed: too far from the others. Not kept with a quote. */
  readonly outliers: readonly string[];
  readonly basis: RateBasis;
  readonly orderMsat: number;
  readonly feeMsat: number;
  /** What selling this amount brings on the server's exchange, against the median. Absent in an estimate: no book is walked for it. */
  readonly sold?: { readonly rateMicro: number; readonly slippagePpm: number; readonly slippageMsat: number };
  readonly spreadMsat: number;
  readonly roundingMsat: number;
}

export type RateBasis =
  | { readonly kind: "venues" }
  /** Few venues trade this currency; a daily table agrees with them. */
  | { readonly kind: "venues_and_table"; readonly table: string; readonly date: string }
  /** None does: another currency's rate, through a daily table. */
  | { readonly kind: "table"; readonly table: string; readonly date: string; readonly through: string };

/** Why nothing can be bought here, said before anything is paid. */
export type NotServed =
  | { readonly why: "store_blocked" | "store_unknown" | "country" | "address_missing" | "country_missing" | "not_accepting" }
  | { readonly why: "currency"; readonly currency: string; readonly served: readonly string[] }
  | { readonly why: "below_minimum" | "above_maximum"; readonly bound: Money }
  | { readonly why: "no_rate"; readonly currency: string }
  /** The server pays by gift card only, and there is none that pays this order. */
  | { readonly why: "no_gift_card" };

/** How it stands with the shopper's connected wallet, while the invoice waits to be paid. */
export type WalletAsked =
  /** It can be asked, on the extension's own page. */
  | { readonly state: "offered" }
  | { readonly state: "waiting" }
  /** It was asked and may still pay. `why`: the code of what was heard, if anything was. */
  | { readonly state: "unknown"; readonly why: string | null }
  /** It did not pay, by its own word, or was never reached: it may be asked again. */
  | { readonly state: "refused"; readonly code: string };

export type ClaimOn = "authorization" | "reveal";
export type Way = "card" | "gift_card";

/** A gift card of one value: sold in steps, so something of it may stay on the shopper's account at the store. */
export interface GiftValue {
  /** The vendor's name for the product. */
  readonly product: string;
  readonly value: Money;
  /** What the order leaves of it; zero when it fits exactly. */
  readonly left: Money;
  readonly estimate: PriceParts | null;
}

export interface GiftOffer {
  /** The least value that pays the order comes first. Never empty. */
  readonly values: readonly GiftValue[];
  /** An undelivered card is owed back: the shopper has to say first where to. */
  readonly needsDestination: boolean;
}

/** What was bought, as far as money goes. */
export interface GiftBought {
  readonly value: Money;
  readonly total: Money;
  readonly left: Money;
}

export type ChallengeAnswer = "approve" | "reject";
/** As the shopper said it here, or without them: too late, or answered somewhere else. */
export type ChallengeEnd = ChallengeAnswer | "over" | "elsewhere";

/** What a purchase is paid from that cannot be held: an account at an exchange, or the chain. */
export interface PaidFrom {
  /** As the server calls it: `coinbase`. Empty on the chain. */
  readonly provider: string;
  /** What was owed at the end would go back there while it is linked; to the address that was given; else to the refund destination. */
  readonly back: "linked_account" | "refund_destination" | "address";
  /** On the chain: blocks until it is final, and what a refund would cost now. */
  readonly chain?: { readonly confirmations: number; readonly backFeeMsat: number | null };
  /** When the store has not charged so long after the arrival, it goes back. */
  readonly unusedAfterMs: number;
}

export interface OwedBack {
  readonly id: string;
  readonly state: "awaiting_destination" | "waiting" | "preparing" | "sending" | "paid" | "cancelled";
  readonly cause: string;
  readonly owed: Money | null;
  readonly msat: number | null;
  readonly destination: string | null;
  /** To the linked account at this provider, instead of `destination`. */
  readonly toAccount?: string;
  readonly notBeforeMs: number;
}

export type CardField = "number" | "expiry" | "securityCode" | "holder" | "postalCode";
export type GiftField = "giftCode" | "giftPin" | "giftLink";
/** One value for one-click copy; the value itself is asked for when the shopper presses the button. */
export type CopyField = CardField | GiftField;

export type Stage =
  /** Not ready to buy: what is missing is done on the extension's own page, which the panel's button opens. */
  | { readonly kind: "setup"; readonly missing: "pairing" | "login" | "billing_address" | "refund_destination" }
  /** The page is no checkout as far as we can tell. The shopper can type the total. */
  | { readonly kind: "no_checkout" }
  /** The total is not sure: the shopper confirms `candidate` or types it. */
  | { readonly kind: "confirm_total"; readonly text: string | null; readonly candidate: Money | null; readonly why: string }
  | { readonly kind: "not_served"; readonly reason: NotServed }
  /** Read and ready. `estimate` is computed here from the last rates; the binding price comes with the quote. */
  | {
      readonly kind: "offer";
      readonly total: Money;
      readonly estimate: PriceParts | null;
      readonly ways: readonly Way[];
      readonly claimOn: ClaimOn;
      /** With the way `gift_card`. */
      readonly gift?: GiftOffer;
      /** Gift cards are being asked for. */
      readonly looking?: true;
      /** The card can also be paid from a linked account, which has enough as far as is known. */
      readonly linked?: { readonly provider: string; readonly availableMsat: number };
      /** Or on the chain. */
      readonly onChain?: true;
    }
  /** The store shows its total only once a card is on file: offer to begin with a prepared card. */
  | { readonly kind: "offer_card_first"; readonly currency: string; readonly claimOn: ClaimOn; /** With a total that the shopper types, a gift card would do. */ readonly giftInstead?: true }
  | {
      readonly kind: "working";
      readonly what: "quoting" | "checking_invoice" | "checking_terms" | "preparing_card" | "ordering_gift" | "revealing" | "revealing_code" | "looking_for_gifts" | "cancelling" | "ending";
    }
  /** The invoice did not pass our own check: it is not shown. */
  | { readonly kind: "untrusted"; readonly fault: string }
  | {
      readonly kind: "pay";
      /** LUD-01: where a wallet can fetch an invoice of its own, which nobody can check here. */
      readonly lnurl?: string;
      readonly price: PriceParts;
      readonly code: string;
      readonly bolt11: string;
      readonly expiresAtMs: number;
      readonly claimOn: ClaimOn;
      /** Only while the policy in force keeps it. */
      readonly stillYours: boolean;
      /** A gift card is bought, not a card made. */
      readonly gift?: GiftBought;
      /** Absent: none is connected. */
      readonly wallet?: WalletAsked;
    }
  /** The wallet has an invoice of its own, which cannot be checked here; the one that was shown is over. */
  | { readonly kind: "fetched"; readonly price: PriceParts; readonly code: string; readonly expiresAtMs: number; readonly claimOn: ClaimOn }
  /** Paid first: nothing is sent before the shopper has said so here, knowing that it cannot be held. */
  | { readonly kind: "confirm_funds"; readonly price: PriceParts; readonly from: PaidFrom; readonly expiresAtMs: number; readonly confirming?: true }
  /** The linked account's provider wants a code. */
  | { readonly kind: "second_factor"; readonly price: PriceParts; readonly from: PaidFrom; readonly codesLeft: number | null; readonly expiresAtMs: number; readonly sending?: true }
  /** An address that was given out: what is seen of it, and how deep. */
  | {
      readonly kind: "pay_chain";
      readonly price: PriceParts;
      readonly from: PaidFrom;
      readonly code: string;
      /** BIP 21. */
      readonly uri: string;
      readonly seenMsat: number;
      readonly blocks: number;
      readonly needed: number;
      readonly expiresAtMs: number;
    }
  /** Asked for, sent, or seen and not final. What arrives after `expiresAtMs` buys nothing and goes back. */
  | { readonly kind: "funds_coming"; readonly price: PriceParts; readonly from: PaidFrom; readonly how: "asked" | "under_way" | "pending"; readonly expiresAtMs: number }
  /** Accepted, not claimed. */
  | {
      readonly kind: "held";
      readonly price: PriceParts;
      readonly heldUntilMs: number;
      readonly claimOn: ClaimOn;
      readonly stillYours: boolean;
    }
  /** The store's bank asks, before the store charges, whether it is the shopper who pays (3-D Secure). */
  | {
      readonly kind: "challenge";
      /** As the store names itself to its bank. */
      readonly merchant: string;
      /** What the card would be billed; `null`: nothing is to be charged with it. */
      readonly amount: Money | null;
      readonly answerByMs: number;
      readonly claimOn: ClaimOn;
      readonly stillYours: boolean;
      /** Said by the shopper, and being told. */
      readonly answering?: ChallengeAnswer;
    }
  /** The page's total is no longer the quoted one: nothing is filled; quote anew. */
  | { readonly kind: "total_changed"; readonly was: Money; readonly now: Money | null; readonly stillYours: boolean }
  /** The card can be used; not filled yet, or filling needs the shopper. */
  | {
      readonly kind: "card_ready";
      readonly price: PriceParts | null;
      /** A prepared card with limit zero for the add-card form. */
      readonly prepared: boolean;
      readonly fill: FillState;
      readonly claimOn: ClaimOn;
      readonly stillYours: boolean;
      readonly heldUntilMs: number | null;
      /** Claimed already: said, since the card is still to be used. */
      readonly taken?: true;
      /** What the page says now, where it is another total than the quoted one; `null`: it is none any more. */
      readonly totalNow?: Money | null;
      /** The store was declined, and nothing is claimed: a new price is possible. */
      readonly canRequote?: true;
      /** The page with the form shows no total: the card is for the one of `price`. */
      readonly noTotalHere?: true;
      /** What became of the store's bank's question, until the store charges. */
      readonly challenged?: ChallengeEnd;
    }
  /** Card first: on file at the store; go on to the review page. `checked`: the store's own small check has been seen. */
  | { readonly kind: "go_to_review"; readonly checked: boolean }
  /** The gift card's vendor is being paid, or was and has not delivered yet. Nothing here says whose the bitcoin is: it cannot be called back. */
  | { readonly kind: "paying_vendor"; readonly price: PriceParts | null; readonly gift: GiftBought; readonly paid: boolean }
  /** The claim code is there. `opened` is in memory only: it is gone with the code. */
  | {
      readonly kind: "gift_ready";
      readonly gift: GiftBought;
      readonly claimedMsat: number;
      readonly fill: FillState;
      /** What this gift card has, once it was asked for; before, a code at least. */
      readonly has: readonly GiftField[];
      readonly opened: GiftOpened | null;
    }
  /** The store charged (or is charging) the card. */
  | { readonly kind: "charged"; readonly price: PriceParts | null; readonly confirmed: boolean; /** The card is open still. */ readonly canGiveUp?: true }
  | {
      readonly kind: "done";
      readonly price: PriceParts | null;
      readonly captured: Money;
      readonly claimedMsat: number;
      readonly owed: readonly OwedBack[];
      readonly receiptUrl: string | null;
      readonly gift?: GiftBought;
    }
  /** Ended without a purchase. `nothingTaken` is said only when it is so. */
  | {
      readonly kind: "ended";
      readonly how: "returned" | "expired";
      readonly because: string | null;
      readonly nothingTaken: boolean;
      readonly owed: readonly OwedBack[];
      /** It was to be paid from a linked account; `coming`: something was sent and is still on its way. */
      readonly funds?: { readonly from: PaidFrom; readonly coming: boolean };
    }
  /** The server waits for its operator; what is claimed stays claimed or is owed, nothing is lost. */
  | { readonly kind: "waits_for_operator"; readonly code: string; readonly claimed: boolean };

/** Of an opened gift card, what may be read: not the code, the PIN or the link itself. */
export interface GiftOpened {
  readonly linkHost: string | null;
  readonly instructions: string;
}

export type FillState =
  | { readonly kind: "ready" }
  | { readonly kind: "filling" }
  | { readonly kind: "filled"; readonly fields: readonly CopyField[]; readonly missing: readonly CopyField[]; readonly storeSavesCard: boolean }
  /** The card form is in a payment provider's frame: permission for `hosts` is asked for on the extension's page. */
  | { readonly kind: "needs_permission"; readonly hosts: readonly string[]; /** Those that are no known provider's. */ readonly unknown?: readonly string[] }
  /** Could not be filled: one-click copy. */
  | { readonly kind: "copy"; readonly fields: readonly CopyField[]; readonly why?: NotFilled };

/** Why nothing was filled, where that is known: nowhere to, or two forms of which either could be meant. */
export type NotFilled = "no_form" | "two_forms";

/** What the shopper can press. Sent by panel and popup only for trusted events. */
export type PanelAction =
  | { readonly do: "open_page"; readonly page: "pair" | "login" | "address" | "refunds" | "history" | "permission" | "wallets" | "pay" }
  | { readonly do: "confirm_total"; readonly total: Money }
  | { readonly do: "reread" }
  | { readonly do: "begin"; readonly way: Way; readonly from?: "linked_account" | "on_chain"; readonly refundAddress?: string; readonly gift?: { readonly product: string; readonly value: Money } }
  | { readonly do: "begin_card_first" }
  | { readonly do: "requote" }
  /** Back from a wallet's own invoice to one that is checked here. */
  | { readonly do: "show_invoice" }
  | { readonly do: "confirm_funds" }
  /** Passed on at once and kept nowhere. */
  | { readonly do: "second_factor"; readonly code: string }
  | { readonly do: "cancel" }
  | { readonly do: "fill" }
  /** To the question that is shown, and no other. */
  | { readonly do: "answer_challenge"; readonly answer: ChallengeAnswer; readonly answerByMs: number }
  | { readonly do: "copy"; readonly field: CopyField }
  /** A gift card's own link, in a tab of its own. */
  | { readonly do: "open_link" }
  /** The order is placed: the gift card is done with; or it is wanted once more. */
  | { readonly do: "gift_used"; readonly used: boolean }
  | { readonly do: "dismiss" };

/** The pill at a named store's checkout, before anything is opened. */
export interface PillView {
  readonly amountMsat: number | null;
  readonly total: Money | null;
  readonly tone: "offer" | "unsure" | "active" | "attention";
  /** The rate went through a daily table. */
  readonly rough?: true;
  /** As in `PanelView`. */
  readonly language?: string;
}
