/**
 * What a tab is shown: a pure function of everything that is known. It promises no more than the last word of the server
 * keeps, and less when that word is old.
 */
import type { Address, PurchaseView, Rates, Served } from "../api/types.ts";
import type { Reading } from "../types/detect.ts";
import type { Money } from "../types/money.ts";
import type { ClaimOn, GiftOffer, GiftOpened, PanelView, PillView, PriceParts, Stage, Trouble } from "../types/panel.ts";
import type { GiftsAt, Offers } from "./gifts.ts";
import { valuesFor } from "./gifts.ts";
import type { LinkedAccount, LocalPurchase, Wallet } from "./model.ts";
import { isTerminal } from "./model.ts";
import { estimate } from "./price.ts";
import { claimOnOf, currencyNotServed, refusedAs, storeNotServed, storeRule, totalNotServed } from "./served.ts";
import type { Doing } from "./view_purchase.ts";
import { purchaseStage } from "./view_purchase.ts";

/** What the page says, and what is known of its store. */
export interface PageSeen {
  readonly host: string;
  readonly name: string;
  readonly reading: Reading | null;
  /** Its card form is there and empty: what was filled in is gone. */
  readonly blank?: boolean;
  /** The shopper's word for the total, which stands until the page is sure of another. */
  readonly confirmed: Money | null;
  /** Of the store's recipe. */
  readonly cardFirst: boolean;
  /** Of the store's recipe; absent: beside the card. */
  readonly gifts?: GiftsAt;
  /** What the store charges in, as far as the page or the host tells. */
  readonly currency: string | null;
}

export interface ViewInput {
  readonly server: string | null;
  readonly loggedIn: boolean;
  /** `undefined`: not known, and then not asked for. */
  readonly address: Address | null | undefined;
  readonly destination: string | null | undefined;
  readonly linked?: LinkedAccount | null;
  readonly served: Served | null;
  readonly rates: Rates | null;
  readonly page: PageSeen;
  /** Absent: not asked. */
  readonly offers?: Offers;
  readonly purchase: LocalPurchase | null;
  /** Absent: none was ever connected. */
  readonly wallet?: Wallet;
  /** Of the opened gift card, while it is in memory. */
  readonly opened?: GiftOpened | null;
  /** In this worker's memory: what is being done right now. */
  readonly doing: Doing | null;
  readonly trouble: Trouble | null;
  /** This machine's clock. */
  readonly nowMs: number;
  readonly aheadMs: number;
}

/** A clock that is off by more is said: not to blame anybody, but because the wallet counts by it too. */
const CLOCK_OFF_MS = 5 * 60_000;

export function panelView(input: ViewInput): PanelView {
  const { page, purchase } = input;
  const trouble = input.trouble ?? problemTrouble(input) ?? clockTrouble(input);
  const name = purchase !== null && purchase.store === page.host ? (purchase.view?.store_name ?? purchase.storeName) : page.name;
  return {
    store: { host: page.host, name },
    server: input.server,
    stage: stageOf(input),
    ...(trouble === null ? {} : { trouble }),
  };
}

function problemTrouble(input: ViewInput): Trouble | null {
  const { purchase } = input;
  const problem = purchase?.problem ?? null;
  if (problem === null || isMended(problem.code, input)) return declinedTrouble(purchase?.view ?? null);
  return { kind: "problem", code: problem.code, ...(problem.detail === null ? {} : { detail: problem.detail }) };
}

/** The store tried and was declined: the code says why, `declined_amount_too_high`. */
function declinedTrouble(view: PurchaseView | null): Trouble | null {
  if (view === null || isTerminal(view)) return null;
  const last = view.charges.at(-1);
  return last?.decision === "declined" ? { kind: "problem", code: `declined_${last.decline_reason ?? "unknown"}` } : null;
}

function clockTrouble(input: ViewInput): Trouble | null {
  return input.loggedIn && Math.abs(input.aheadMs) > CLOCK_OFF_MS ? { kind: "clock_wrong" } : null;
}

function stageOf(input: ViewInput): Stage {
  const { purchase } = input;
  if (purchase === null) return pageStage(input);
  // Refused before it began: the page is what counts, and why it was refused.
  if (purchase.id === null && purchase.wish === null) return refusedStage(input, purchase) ?? pageStage(input);
  const stage = purchaseStage({
    purchase,
    server: input.server,
    page: input.page,
    served: input.served,
    opened: input.opened ?? null,
    ...(input.wallet === undefined ? {} : { wallet: input.wallet }),
    doing: input.doing,
    stale: input.trouble !== null && input.trouble.kind === "server_unreachable",
    nowMs: input.nowMs,
    aheadMs: input.aheadMs,
  });
  // A prepared card is on file and the store shows its total: the second half is offered like a purchase of its own.
  return stage === "offer" ? pageStage(input) : stage;
}

function refusedStage(input: ViewInput, purchase: LocalPurchase): Stage | null {
  const code = purchase.problem?.code;
  if (code === undefined || isMended(code, input)) return null;
  // A gift card needs one too, which its offer says.
  if (code === "destination_needed" && purchase.gift !== undefined) return null;
  if (code === "destination_needed") return { kind: "setup", missing: "refund_destination" };
  if (isLoggedOut(code)) return { kind: "setup", missing: "login" };
  const reason = refusedAs(code, purchase.total, purchase.currency, input.served);
  return reason === null ? null : { kind: "not_served", reason };
}

/** What was missing is there now: nothing of it is said any more. */
const isMended = (code: string, input: ViewInput): boolean =>
  (isLoggedOut(code) && input.loggedIn) || (code === "destination_needed" && typeof input.destination === "string");

export const isLoggedOut = (code: string): boolean => code === "unauthorized" || code === "token_invalid" || code === "token_expired";

/** Before anything was begun: from what the page says alone. Nothing of it has left the browser. */
function pageStage(input: ViewInput): Stage {
  const { page, served } = input;
  if (input.server === null) return { kind: "setup", missing: "pairing" };
  if (!input.loggedIn) return { kind: "setup", missing: "login" };
  const { reading } = page;
  const total = reading?.total ?? page.confirmed;
  const begun = page.cardFirst && total === null && reading !== null;
  if (total === null && !begun && (reading === null || !reading.checkout)) return { kind: "no_checkout" };
  if (input.address === null) return { kind: "setup", missing: "billing_address" };
  const unserved = served === null ? null : storeNotServed(served, page.host, input.address ?? null, reading);
  if (unserved !== null) return { kind: "not_served", reason: unserved };
  const claimOn: ClaimOn = claimOnOf(served, page.host) ?? "authorization";
  if (claimOn === "reveal" && input.destination === null) return { kind: "setup", missing: "refund_destination" };
  if (total === null) return withoutTotal(input, claimOn);
  const reason = served === null ? null : totalNotServed(served, input.rates, total);
  if (reason !== null) return { kind: "not_served", reason };
  return offerStage(input, total, claimOn);
}

/** The server pays by gift card too, and nothing says that this store takes none. A prepared card is on file already. */
export const wantsGifts = ({ served, page, purchase }: ViewInput): boolean =>
  served?.gift_cards === true && page.gifts !== "never" && purchase?.view?.state !== "card_prepared";

function offerStage(input: ViewInput, total: Money, claimOn: ClaimOn): Stage {
  const { served, page, rates } = input;
  const price = estimate(total, served, rates, input.aheadMs);
  const base = { kind: "offer", total, estimate: price, claimOn, ...linkedFor(input, price), ...chainFor(input) } as const;
  const cards = served?.cards !== false;
  const asked = wantsGifts(input) ? (input.offers ?? "unasked") : [];
  if (typeof asked === "string") {
    return cards ? { ...base, ways: ["card"], looking: true } : { kind: "working", what: "looking_for_gifts" };
  }
  const values = valuesFor(asked, total, served, rates, input.aheadMs);
  if (values.length === 0) return cards ? { ...base, ways: ["card"] } : { kind: "not_served", reason: { why: "no_gift_card" } };
  const gift: GiftOffer = { values, needsDestination: input.destination === null };
  if (!cards) return { ...base, ways: ["gift_card"], gift };
  // Where the store charges at shipment the bitcoin is taken early anyway, and a gift card is bought whole or not at all.
  const first = page.gifts === "first" || claimOn === "reveal";
  return { ...base, ways: first ? ["gift_card", "card"] : ["card", "gift_card"], gift };
}

const MSAT_PER_SAT = 1_000;

/** Where it has enough for what this is estimated at. A prepared card waits for a hold, and no account can be held. */
function linkedFor({ linked, served, purchase }: ViewInput, price: PriceParts | null): { readonly linked?: { readonly provider: string; readonly availableMsat: number } } {
  if (!linked || linked.availableSat === null || price === null || purchase?.view?.state === "card_prepared") return {};
  const availableMsat = linked.availableSat * MSAT_PER_SAT;
  const serves = served?.linked_accounts?.includes(linked.provider) === true;
  return serves && Number.isSafeInteger(availableMsat) && availableMsat >= price.amountMsat ? { linked: { provider: linked.provider, availableMsat } } : {};
}

/** A prepared card waits for a hold, and nothing can be held on the chain. */
const chainFor = ({ served, purchase }: ViewInput): { readonly onChain?: true } =>
  !served?.on_chain || purchase?.view?.state === "card_prepared" ? {} : { onChain: true };

function withoutTotal(input: ViewInput, claimOn: ClaimOn): Stage {
  const { page, served } = input;
  const { reading } = page;
  const candidate = reading?.candidate;
  const currency = candidate?.money?.currency ?? page.currency;
  if (page.cardFirst && currency !== null && candidate?.money === undefined) {
    const reason = served === null ? null : currencyNotServed(served, currency);
    const instead = wantsGifts(input) && page.gifts === "first" ? { giftInstead: true as const } : {};
    return reason === null ? { kind: "offer_card_first", currency, claimOn, ...instead } : { kind: "not_served", reason };
  }
  return {
    kind: "confirm_total",
    text: candidate?.text ?? null,
    candidate: candidate?.money ?? null,
    why: candidate?.why ?? "no_amount",
  };
}

/** The pill: a price where the page is sure, and whether something is under way. Nothing is asked for it. */
export function pillView(input: ViewInput): PillView {
  const { page, purchase } = input;
  const view: PurchaseView | null = purchase?.view ?? null;
  if (purchase !== null && (purchase.wish !== null || view !== null)) {
    const total = view?.quote?.total ?? purchase.total;
    const amountMsat = view?.quote?.amount_msat ?? null;
    const ended = view !== null && isTerminal(view);
    const stage = stageOf(input).kind;
    const attention = ["untrusted", "total_changed", "challenge", "second_factor", "waits_for_operator", "setup"].includes(stage) || input.trouble !== null;
    return { amountMsat, total, tone: attention || ended ? "attention" : "active" };
  }
  const total = page.reading?.total ?? page.confirmed;
  if (total === null) return { amountMsat: null, total: null, tone: page.cardFirst ? "offer" : "unsure" };
  const refused = input.served !== null && (storeRule(input.served, page.host) === null || totalNotServed(input.served, input.rates, total) !== null);
  const price = refused ? null : estimate(total, input.served, input.rates);
  const rough = price?.made !== undefined && price.made.basis.kind !== "venues";
  return { amountMsat: price?.amountMsat ?? null, total, tone: "offer", ...(rough ? { rough } : {}) };
}
