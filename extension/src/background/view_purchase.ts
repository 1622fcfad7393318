/** The stage of a purchase that was begun: every state of the server's, under either policy, card first or not. */
import type { FundsView, PurchaseView, RefundView, Served } from "../api/types.ts";
import type { Money } from "../types/money.ts";
import type { ChallengeEnd, FillState, GiftBought, GiftOpened, OwedBack, PaidFrom, PriceParts, Stage, WalletAsked } from "../types/panel.ts";
import { openChallenge } from "./challenge.ts";
import { boughtOf } from "./gifts.ts";
import type { LocalPurchase, Wallet } from "./model.ts";
import { sameMoney } from "./model.ts";
import { priceOf } from "./price.ts";
import type { PageSeen } from "./view.ts";
import { payLink } from "../trust/lnurl.ts";
import { walletAsked } from "./wallet_ask.ts";

export type Doing = "revealing" | "filling" | "sending_code";

export interface PurchaseInput {
  readonly purchase: LocalPurchase;
  readonly server: string | null;
  readonly page: PageSeen;
  readonly served: Served | null;
  readonly opened: GiftOpened | null;
  readonly doing: Doing | null;
  readonly wallet?: Wallet;
  /** The server does not answer: its last word may no longer hold. */
  readonly stale: boolean;
  readonly nowMs: number;
  readonly aheadMs: number;
}

/** The server's default, for a count-down only: the server itself returns a hold when its window ends. */
const HOLD_MS_DEFAULT = 10 * 60_000;

/** `"offer"`: what comes next is a quote for the page's total. */
export function purchaseStage(input: PurchaseInput): Stage | "offer" {
  const { purchase } = input;
  const { view, wish } = purchase;
  if (wish?.kind === "cancel") return { kind: "working", what: "cancelling" };
  if (view === null) return { kind: "working", what: purchase.cardFirst ? "preparing_card" : "quoting" };
  const ended = giftEnded(input, view) ?? endedStage(input, view);
  if (ended !== null) return ended;
  if (view.waits_for_operator) return { kind: "waits_for_operator", code: view.code, claimed: isTaken(view) };
  if (wish?.kind === "quote") return { kind: "working", what: "quoting" };
  return challengeStage(input, view) ?? openStage(input, view);
}

/** Before everything else of an open purchase: the store waits for it, and it is over in minutes. */
function challengeStage(input: PurchaseInput, view: PurchaseView): Stage | null {
  const { wish } = input.purchase;
  const asked = openChallenge(view, input.nowMs + input.aheadMs);
  if (asked === null) return null;
  return {
    kind: "challenge",
    merchant: asked.merchant,
    amount: asked.amount ?? null,
    answerByMs: asked.answer_by_ms - input.aheadMs,
    claimOn: view.claim_on,
    stillYours: stillYours(input, view),
    ...(wish?.kind === "challenge" ? { answering: wish.answer } : {}),
  };
}

/** What became of it, while the store has not charged. A question that this browser's clock calls over may still stand at the server. */
function challengedBy({ purchase, nowMs, aheadMs }: PurchaseInput): { readonly challenged?: ChallengeEnd } {
  const { challenge } = purchase;
  if (challenge === undefined) return {};
  const end = challenge.end ?? (nowMs + aheadMs >= challenge.answerByMs ? "over" : null);
  return end === null ? {} : { challenged: end };
}

/** Claimed, or past calling back. */
const isTaken = (view: PurchaseView): boolean => view.bitcoin === "claimed" || view.bitcoin === "claiming";

function openStage(input: PurchaseInput, view: PurchaseView): Stage | "offer" {
  switch (view.state) {
    case "opened":
      return { kind: "working", what: "preparing_card" };
    case "card_prepared":
      return preparedStage(input);
    case "quoted":
    case "awaiting_funds":
      if (view.funds) return changed(input, view) ?? fundsStage(input, view, view.funds);
      return { kind: "working", what: isGift(view) ? "ordering_gift" : "quoting" };
    case "invoiced":
      return changed(input, view) ?? payStage(input, view);
    case "held":
      return changed(input, view) ?? heldStage(input, view);
    case "card_ready":
      // What is claimed is not called off any more: then another total is only said.
      return (isTaken(view) ? null : changed(input, view)) ?? readyStage(input, view);
    case "paying_vendor":
      return vendorStage(input, view);
    case "claiming":
      return isGift(view) ? vendorStage(input, view) : claimingStage(input, view);
    case "funded":
      return isGift(view) ? vendorStage(input, view) : readyStage(input, view);
    case "closing":
      return { kind: "working", what: "ending" };
    case "completed":
    case "returned":
    case "expired":
      return { kind: "working", what: "cancelling" };
  }
}

const isGift = (view: PurchaseView): boolean => view.flow === "gift_card";

/** From the bitcoin's arrival to the code: it cannot be called back, so nothing is said of whose it is. */
function vendorStage(input: PurchaseInput, view: PurchaseView): Stage {
  const gift = boughtOf(input.purchase);
  if (gift === null) return { kind: "working", what: "ordering_gift" };
  return { kind: "paying_vendor", price: view.quote ? priceOf(view.quote, input.aheadMs) : null, gift, paid: view.state !== "paying_vendor" };
}

/** To the server a delivered gift card is the end; to the shopper the order is still to be placed. */
function giftEnded(input: PurchaseInput, view: PurchaseView): Stage | null {
  const { purchase } = input;
  const gift = boughtOf(purchase);
  if (gift === null || view.state !== "completed" || view.gift_card?.delivered !== true) return null;
  const claimedMsat = view.claimed_msat ?? 0;
  if (purchase.gift?.used === true) {
    return { kind: "done", price: view.quote ? priceOf(view.quote, input.aheadMs) : null, captured: gift.value, claimedMsat, owed: view.refunds.map(owedBack), receiptUrl: null, gift };
  }
  if (input.doing === "revealing") return { kind: "working", what: "revealing_code" };
  return { kind: "gift_ready", gift, claimedMsat, fill: fillState(input), has: purchase.gift?.has ?? [], opened: input.opened };
}

function preparedStage(input: PurchaseInput): Stage | "offer" {
  const { purchase, page } = input;
  const onFile = purchase.fill.kind === "filled" || (purchase.revealed && purchase.fill.kind === "copy");
  const total = page.reading?.total ?? page.confirmed;
  if (onFile && total !== null && page.host === purchase.store) return "offer";
  const checked = (purchase.view?.charges ?? []).some((c) => c.zero_check || c.decision === "approved_check");
  // Filled in is not yet saved: the store's check says so, or that its form is gone.
  if (input.doing === null && onFile && (checked || !hasCardForm(page))) return { kind: "go_to_review", checked };
  // Limit zero: with no total there is nothing that could be taken.
  return { kind: "card_ready", price: null, prepared: true, fill: fillState(input), claimOn: claimOn(input), stillYours: true, heldUntilMs: null };
}

const hasCardForm = (page: PageSeen): boolean => (page.reading?.fields.number?.length ?? 0) > 0 || (page.reading?.frames.length ?? 0) > 0;

const claimOn = (input: PurchaseInput): PurchaseView["claim_on"] => input.purchase.view?.claim_on ?? input.purchase.claimOn ?? "authorization";

function payStage(input: PurchaseInput, view: PurchaseView): Stage {
  const { purchase } = input;
  if (purchase.fault !== null) return { kind: "untrusted", fault: purchase.fault };
  if (view.rail === "lnurl") return fetchedStage(input, view);
  const bolt11 = view.invoice?.bolt11;
  if (!view.quote || bolt11 === undefined || bolt11 !== purchase.checkedInvoice) return { kind: "working", what: "checking_invoice" };
  return {
    kind: "pay",
    price: priceOf(view.quote, input.aheadMs),
    code: view.code,
    bolt11,
    ...lnurlOf(input, view),
    expiresAtMs: view.quote.expires_at_ms - input.aheadMs,
    claimOn: view.claim_on,
    stillYours: stillYours(input, view),
    ...giftOf(purchase),
    ...walletOf(input),
  };
}

/** Of this server, or it is not shown. */
function lnurlOf({ server }: PurchaseInput, { lnurl }: PurchaseView): { readonly lnurl?: string } {
  const link = server === null || !lnurl ? null : payLink(lnurl, server);
  return link === null ? {} : { lnurl: link };
}

/** The terms passed our check before the address was shown; the invoice that the wallet has did not, and cannot. */
function fetchedStage(input: PurchaseInput, view: PurchaseView): Stage {
  if (input.purchase.wish?.kind === "show_invoice") return { kind: "working", what: "checking_invoice" };
  if (!view.quote) return { kind: "working", what: "quoting" };
  return {
    kind: "fetched",
    price: priceOf(view.quote, input.aheadMs),
    code: view.code,
    expiresAtMs: view.quote.expires_at_ms - input.aheadMs,
    claimOn: view.claim_on,
  };
}

function walletOf({ wallet, purchase, nowMs }: PurchaseInput): { readonly wallet?: WalletAsked } {
  const asked = wallet === undefined ? null : walletAsked(wallet, purchase, nowMs);
  return asked === null ? {} : { wallet: asked };
}

/** From the quote to the funds' arrival. Nothing here says that the bitcoin is the shopper's: it is sent, not held. */
function fundsStage(input: PurchaseInput, view: PurchaseView, funds: FundsView): Stage {
  const { purchase, aheadMs } = input;
  if (purchase.fault !== null) return { kind: "untrusted", fault: purchase.fault };
  const quoting: Stage = { kind: "working", what: "quoting" };
  if (!view.quote) return quoting;
  const common = { price: priceOf(view.quote, aheadMs), from: paidFrom(purchase, funds), expiresAtMs: funds.locked_until_ms - aheadMs };
  switch (funds.status) {
    case "unconfirmed":
      // As an invoice is, it is shown once the terms have passed our own check.
      if (purchase.checkedTerms === undefined || purchase.checkedTerms !== view.terms_hash) return { kind: "working", what: "checking_terms" };
      return { kind: "confirm_funds", ...common, ...(purchase.wish?.kind === "confirm_funds" ? { confirming: true as const } : {}) };
    case "second_factor":
      return { kind: "second_factor", ...common, codesLeft: funds.codes_left ?? null, ...(input.doing === "sending_code" ? { sending: true as const } : {}) };
    case "asked":
    case "under_way":
    case "pending":
      return chainStage(view, funds, common) ?? { kind: "funds_coming", ...common, how: funds.status };
    case "arrived":
      return { kind: "working", what: "preparing_card" };
    case "failed":
      return { kind: "working", what: "ending" };
  }
}

/** Null until there is an address, and where there is none. */
function chainStage(view: PurchaseView, funds: FundsView, common: { readonly price: PriceParts; readonly from: PaidFrom; readonly expiresAtMs: number }): Stage | null {
  const { chain } = common.from;
  if (!funds.address || chain === undefined) return null;
  const needed = funds.confirmations_needed ?? chain.confirmations;
  return { kind: "pay_chain", ...common, code: view.code, uri: funds.address, seenMsat: funds.seen_msat, blocks: funds.confirmations ?? 0, needed };
}

function paidFrom(purchase: LocalPurchase, { promise, source }: FundsView): PaidFrom {
  const chain = { confirmations: promise.confirmations ?? 0, backFeeMsat: promise.back_fee_msat ?? null };
  return { provider: purchase.provider ?? "", back: promise.back_to, unusedAfterMs: promise.unused_after_ms, ...(source === "on_chain" ? { chain } : {}) };
}

const giftOf = (purchase: LocalPurchase): { readonly gift?: GiftBought } => {
  const gift = boughtOf(purchase);
  return gift === null ? {} : { gift };
};

function heldStage(input: PurchaseInput, view: PurchaseView): Stage {
  if (!view.quote) return { kind: "working", what: "preparing_card" };
  const heldUntilMs = heldUntil(input, view) ?? view.state_since_ms + HOLD_MS_DEFAULT - input.aheadMs;
  return { kind: "held", price: priceOf(view.quote, input.aheadMs), heldUntilMs, claimOn: view.claim_on, stillYours: stillYours(input, view) };
}

/** The card can be used: held under `authorization`, or claimed and waiting for the store. */
function readyStage(input: PurchaseInput, view: PurchaseView): Stage {
  const price = view.quote ? priceOf(view.quote, input.aheadMs) : null;
  const approved = view.charges.some((charge) => (charge.decision === "approved" || charge.decision === "stand_in") && !charge.zero_check);
  if (approved) return { kind: "charged", price, confirmed: true, ...(view.winding_up ? {} : { canGiveUp: true as const }) };
  if (view.charges.some((charge) => charge.decision === "pending")) return { kind: "charged", price, confirmed: false };
  if (view.winding_up) return { kind: "working", what: "cancelling" };
  if (input.doing === "revealing") return { kind: "working", what: "revealing" };
  const other = otherTotal(input, view);
  const declined = view.charges.at(-1)?.decision === "declined";
  return {
    kind: "card_ready",
    price,
    prepared: false,
    fill: fillState(input),
    claimOn: view.claim_on,
    stillYours: stillYours(input, view),
    heldUntilMs: view.bitcoin === "held" ? heldUntil(input, view) : null,
    ...(isTaken(view) ? { taken: true as const } : {}),
    ...(other === undefined ? {} : { totalNow: other }),
    ...(other && declined && !isTaken(view) ? { canRequote: true as const } : {}),
    ...(hasCardForm(input.page) && saysNoTotal(input) ? { noTotalHere: true as const } : {}),
    ...challengedBy(input),
  };
}

/** Under `reveal` the shopper's own press claims; under `authorization` the store does. */
function claimingStage(input: PurchaseInput, view: PurchaseView): Stage {
  const price = view.quote ? priceOf(view.quote, input.aheadMs) : null;
  const byStore = view.charges.some((charge) => charge.decision === "pending");
  return view.claim_on === "reveal" && !byStore ? { kind: "working", what: "revealing" } : { kind: "charged", price, confirmed: false };
}

/**
 * The page's total is another than the quoted one, and nothing is filled yet. Only a total that the page is sure of counts,
 * or what it said when it was to be filled.
 */
function changed(input: PurchaseInput, view: PurchaseView): Stage | null {
  const { purchase } = input;
  const was = purchase.gift?.orderTotal ?? view.quote?.total;
  const filled = fillState(input).kind === "filled" && !purchase.cardFirst;
  const charging = view.charges.some((charge) => charge.decision === "approved" || charge.decision === "pending" || charge.decision === "stand_in");
  if (was === undefined || filled || charging) return null;
  const now = otherTotal(input, view);
  return now === undefined ? null : { kind: "total_changed", was, now, stillYours: stillYours(input, view) };
}

/** `undefined`: the page says nothing against the quoted total. */
function otherTotal({ purchase, page }: PurchaseInput, view: PurchaseView): Money | null | undefined {
  const was = purchase.gift?.orderTotal ?? view.quote?.total;
  if (was === undefined) return undefined;
  if (purchase.pageTotal !== undefined) return purchase.pageTotal;
  const total: Money | null = page.host === purchase.store && page.reading?.checkout === true ? page.reading.total : null;
  if (total === null || sameMoney(total, was)) return undefined;
  // A gift card still pays an order that has become cheaper, or dearer within its value.
  const covered = purchase.gift !== undefined && purchase.total?.currency === total.currency && total.minor <= purchase.total.minor;
  return covered ? undefined : total;
}

const saysNoTotal = ({ purchase, page }: PurchaseInput): boolean =>
  page.host === purchase.store && page.reading !== null && page.reading.total === null && page.reading.candidate?.money === undefined;

/**
 * Unpaid or held, by the server's last word. Once the card was asked for, somebody else's act can end that: a store that
 * charges, or under `reveal` the asking itself. Then an old word is not repeated.
 */
function stillYours(input: PurchaseInput, view: PurchaseView): boolean {
  // Paid first: sent is sent.
  if (view.flow === "paid_first") return false;
  if (view.bitcoin !== "unpaid" && view.bitcoin !== "held") return false;
  if (view.charges.some((charge) => charge.decision === "pending")) return false;
  const shown = input.purchase.revealed || (view.card?.reveals ?? 0) > 0;
  if (view.bitcoin === "unpaid" || !shown) return true;
  // A prepared card was shown with limit zero; under `reveal` it is the raised limit that claims.
  return view.claim_on === "authorization" && !input.stale;
}

function heldUntil(input: PurchaseInput, view: PurchaseView): number | null {
  if (!view.hold) return null;
  return view.hold.held_at_ms + (input.served?.hold_ms_max ?? HOLD_MS_DEFAULT) - input.aheadMs;
}

function fillState(input: PurchaseInput): FillState {
  if (input.doing === "filling") return { kind: "filling" };
  const { purchase, page } = input;
  // The page was loaded anew, or has drawn its form anew.
  const lost = purchase.fill.kind === "filled" && page.blank === true && page.host === purchase.store && purchase.gift === undefined;
  const found = purchase.fill.kind === "copy" && purchase.fill.why === "no_form" && hasCardForm(page);
  return purchase.fill.kind === "none" || lost || found ? { kind: "ready" } : purchase.fill;
}

export function owedBack(refund: RefundView): OwedBack {
  const { destination } = refund;
  return {
    id: refund.id,
    state: refund.state,
    cause: refund.cause,
    owed: refund.owed ?? null,
    msat: refund.owed_msat ?? refund.sent_msat ?? null,
    destination: destination?.kind === "bolt11" ? destination.invoice : destination?.kind === "lightning_address" || destination?.kind === "on_chain" ? destination.address : null,
    ...(destination?.kind === "linked_account" ? { toAccount: destination.provider } : {}),
    notBeforeMs: refund.not_before_ms,
  };
}

function endedStage(input: PurchaseInput, view: PurchaseView): Stage | null {
  const owed = view.refunds.map(owedBack);
  if (view.state === "completed" && view.captured_minor > 0) {
    const captured = { minor: view.captured_minor, currency: view.currency };
    const price = view.quote ? priceOf(view.quote, input.aheadMs) : null;
    return { kind: "done", price, captured, claimedMsat: view.claimed_msat ?? 0, owed, receiptUrl: null };
  }
  if (view.state !== "completed" && view.state !== "returned" && view.state !== "expired") return null;
  // Nothing was taken only when nothing of the shopper's is anywhere but with them.
  const back = view.bitcoin === "unpaid" || view.bitcoin === "returned";
  const { funds } = view;
  // What was asked of the account may have left it: it is on its way here, and then on its way back.
  const coming = funds !== undefined && funds !== null && !["unconfirmed", "failed", "arrived"].includes(funds.status);
  const nothingTaken = back && !coming && owed.length === 0 && view.captured_minor === 0 && (view.claimed_msat ?? 0) === 0;
  const undelivered = view.gift_card?.failed === true;
  const voided = view.charges.some((charge) => charge.reversed_minor > 0);
  const because = whyClosed(view) ?? (view.state !== "completed" ? null : undelivered ? "not_delivered" : voided ? "voided" : "never_charged");
  const paid = funds ? { funds: { from: paidFrom(input.purchase, funds), coming } } : {};
  return { kind: "ended", how: view.state === "expired" ? "expired" : "returned", because, nothingTaken, owed, ...paid };
}

/** A window that ended without a card was not missed by the store: there was nothing that it could have charged. */
function whyClosed(view: PurchaseView): string | null {
  const noCard = view.card?.state === "requested" || view.card?.state === "failed";
  return view.closed_because === "hold_window_ended" && noCard ? "card_failed" : (view.closed_because ?? null);
}
