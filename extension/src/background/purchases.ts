/**
 * Purchases from the shopper's press to their end. Each wish is stored with its key before it is sent, and sent again
 * under the same key by whoever comes next: a worker that is killed anywhere in here begins nothing twice.
 */
import { random128 } from "../api/client.ts";
import { follow } from "../api/events.ts";
import type { Client, Problem, Result } from "../api/client.ts";
import type { PurchaseView } from "../api/types.ts";
import type { Money } from "../types/money.ts";
import type { ChallengeAnswer } from "../types/panel.ts";
import { challengeAfter, openChallenge, tellOfChallenge } from "./challenge.ts";
import { checkPurchase } from "./check.ts";
import type { Core } from "./core.ts";
import { note, once, outsideOf } from "./core.ts";
import type { LocalPurchase, Wish } from "./model.ts";
import { isBusy, isLive, isOver, isTerminal } from "./model.ts";
import { forgetOffers } from "./offers.ts";
import { addSent } from "./sent.ts";
import { claimOnOf } from "./served.ts";
import { resumeAsks, serverSaid } from "./wallet_ask.ts";

export interface Begin {
  readonly tabId: number;
  readonly store: string;
  readonly storeName: string;
  readonly total: Money | null;
  readonly currency: string;
  readonly cardFirst: boolean;
  readonly totalByHand: boolean;
  readonly overruled?: Money | null;
  readonly from?: "linked_account" | "on_chain";
  readonly refundAddress?: string;
  readonly provider?: string;
  /** By gift card: then `total` is its value. */
  readonly gift?: { readonly product: string; readonly orderTotal: Money };
}

/** Purchases that are kept here; what is older and over is on the server only. */
const PURCHASES_MAX = 30;
/** A wish without an answer for so long is given up here; what it began, if anything, expires unpaid. */
const WISH_MS_MAX = 5 * 60_000;
const RETRY_MS = 2_000;
/** A cancelled purchase counts as open until its card and hold are gone. */
const REPLACE_TRIES_MS = 30_000;
/** What was offered is not sold any more. */
const NOT_SOLD = new Set(["product_unknown", "value_not_sold", "way_not_served"]);
const RETRIED = new Set(["unreachable", "timed_out_here", "timed_out", "busy", "rate_limited", "idempotency_in_progress"]);

export async function begin(core: Core, wanted: Begin): Promise<void> {
  const [run, { cache }] = [await core.run(), await core.store.get()];
  const nowMs = core.env.nowMs();
  const { gift, ...rest } = wanted;
  const made: LocalPurchase = {
    ...rest,
    ...(gift === undefined ? {} : { gift: { ...gift, has: [], used: false } }),
    local: random128(),
    id: null,
    run,
    // A gift card is claimed when its vendor is paid, whatever the store does: the terms call that `reveal`.
    claimOn: gift === undefined ? claimOnOf(cache.served, wanted.store) : "reveal",
    nonce: random128(),
    begunAtMs: nowMs,
    wish: { kind: "begin", key: random128(), sinceMs: nowMs },
    checkedInvoice: null,
    fault: null,
    revealed: false,
    fill: { kind: "none" },
    problem: null,
    dismissed: false,
    view: null,
    heardAtMs: 0,
  };
  // Pressed twice, or in a tab that has one: once.
  const after = await core.store.change("purchases", (all) => {
    const ofTab = (one: LocalPurchase): boolean => one.tabId === wanted.tabId && one.run === run && one.store === wanted.store;
    if (all.some((one) => ofTab(one) && !one.dismissed && isLive(one))) return all;
    return [...all.map((one) => (ofTab(one) ? { ...one, dismissed: true } : one)), made].slice(-PURCHASES_MAX);
  });
  if (!after.purchases.includes(made)) return;
  await addSent(core, wanted.store, wanted.total, wanted.currency);
  await runWish(core, made.local);
}

/** The total of a prepared card's purchase. */
export async function quote(core: Core, local: string, found: { readonly total: Money; readonly byHand: boolean; readonly overruled: Money | null }): Promise<void> {
  const { total, byHand, overruled } = found;
  const wish: Wish = { kind: "quote", key: random128(), sinceMs: core.env.nowMs(), total, nonce: random128() };
  const after = await core.store.changePurchase(local, (one) =>
    one.wish === null && one.view?.state === "card_prepared"
      ? { ...one, wish, total, nonce: wish.nonce, totalByHand: byHand, overruled, fault: null, checkedInvoice: null, problem: null }
      : one,
  );
  if (after?.wish !== wish) return;
  await addSent(core, after.store, total, total.currency);
  await runWish(core, local);
}

/** Walks away; with `then`, begins anew with that total as soon as the first is off. */
export async function cancel(core: Core, local: string, then: Money | null): Promise<void> {
  const wish: Wish = { kind: "cancel", key: random128(), sinceMs: core.env.nowMs(), then };
  await core.store.changePurchase(local, (one) => {
    // Not answered yet: it is called off as soon as it has a name.
    if (one.id === null) return { ...one, dismissed: true };
    return one.wish?.kind === "cancel" ? one : { ...one, wish, problem: null };
  });
  core.cards.delete(local);
  core.codes.delete(local);
  await runWish(core, local);
}

/** A wallet has fetched an invoice of its own; the shopper wants one that is checked here. */
export async function showInvoice(core: Core, local: string): Promise<void> {
  const wish: Wish = { kind: "show_invoice", key: random128(), sinceMs: core.env.nowMs() };
  const after = await core.store.changePurchase(local, (one) => (one.wish === null && one.view?.rail === "lnurl" ? { ...one, wish, problem: null } : one));
  if (after?.wish === wish) await runWish(core, local);
}

/** The shopper has read what cannot be held: the linked account may send, or an address may be given out. */
export async function confirmFunds(core: Core, local: string): Promise<void> {
  const wish: Wish = { kind: "confirm_funds", key: random128(), sinceMs: core.env.nowMs() };
  const after = await core.store.changePurchase(local, (one) => {
    const checked = one.fault === null && one.checkedTerms !== undefined && one.checkedTerms === one.view?.terms_hash;
    return one.wish === null && checked && one.from !== undefined && one.view?.funds?.status === "unconfirmed" ? { ...one, wish, problem: null } : one;
  });
  if (after?.wish === wish) await runWish(core, local);
}

const CODE = /^[0-9A-Za-z]{1,32}$/;

/** The provider's code: in this call and nowhere else. What it did is looked up when nobody said. */
export async function secondFactor(core: Core, local: string, code: string): Promise<void> {
  await once(core, `code ${local}`, async () => {
    const purchase = (await core.store.get()).purchases.find((one) => one.local === local);
    const id = purchase?.id ?? null;
    if (id === null || purchase?.view?.funds?.status !== "second_factor" || !CODE.test(code)) return;
    core.doing.set(local, "sending_code");
    await core.store.changePurchase(local, (one) => ({ ...one, problem: null }));
    const result = await core.ask((client) => client.secondFactor(random128(), id, code));
    core.doing.delete(local);
    if (result.ok) await take(core, local, result.value);
    else {
      await core.store.changePurchase(local, (one) => ({ ...one, problem: result.problem }));
      await look(core, local);
    }
    core.draw();
  });
}

/** The shopper's word, for the question that they were shown: another may have come meanwhile. */
export async function answerChallenge(core: Core, local: string, answer: ChallengeAnswer, answerByMs: number): Promise<void> {
  const wish: Wish = { kind: "challenge", key: random128(), sinceMs: core.env.nowMs(), answer };
  const { cache } = await core.store.get();
  const after = await core.store.changePurchase(local, (one) => {
    const asked = one.view === null ? null : openChallenge(one.view, core.env.nowMs() + cache.aheadMs);
    return one.wish === null && asked !== null && asked.answer_by_ms - cache.aheadMs === answerByMs ? { ...one, wish, problem: null } : one;
  });
  if (after?.wish === wish) await runWish(core, local);
}

export async function runWish(core: Core, local: string): Promise<void> {
  await once(core, `wish ${local}`, async () => {
    const purchase = (await core.store.get()).purchases.find((one) => one.local === local);
    const wish = purchase?.wish ?? null;
    if (purchase === undefined || wish === null) return;
    const result = await core.ask((client) => sendWish(client, purchase, wish));
    if (result.ok) await answered(core, local, wish, result.value);
    else await refused(core, purchase, wish, result.problem);
  });
  const after = (await core.store.get()).purchases.find((one) => one.local === local);
  if (after?.dismissed === true && after.id !== null && after.wish === null && after.view !== null && !isTerminal(after.view)) {
    if (after.view.bitcoin === "unpaid") await cancel(core, local, null);
  }
}

function sendWish(client: Client, purchase: LocalPurchase, wish: Wish): Promise<Result<PurchaseView>> {
  switch (wish.kind) {
    case "begin":
      return client.begin(wish.key, {
        store_host: purchase.store,
        nonce: purchase.nonce,
        ...(purchase.from === undefined ? {} : { source: purchase.from }),
        ...(purchase.refundAddress === undefined ? {} : { refund_address: purchase.refundAddress }),
        ...(purchase.gift === undefined ? {} : { gift_card: { product_id: purchase.gift.product } }),
        ...(purchase.claimOn === null || purchase.gift !== undefined ? {} : { claim_on: purchase.claimOn }),
        ...(purchase.total === null ? { card_first: true, currency: purchase.currency } : { total: purchase.total }),
      });
    case "quote":
      return client.quote(wish.key, purchase.id ?? "", { total: wish.total, nonce: wish.nonce });
    case "confirm_funds":
      return client.confirmFunds(wish.key, purchase.id ?? "");
    case "challenge":
      return client.answerChallenge(wish.key, purchase.id ?? "", wish.answer);
    case "show_invoice":
      return client.showInvoice(wish.key, purchase.id ?? "");
    case "cancel":
      return client.cancel(wish.key, purchase.id ?? "");
  }
}

async function answered(core: Core, local: string, wish: Wish, view: PurchaseView): Promise<void> {
  const then = wish.kind === "cancel" ? wish.then : null;
  const after = await core.store.changePurchase(local, (one) => ({
    ...one,
    id: one.id ?? view.id,
    problem: null,
    ...(wish.kind === "challenge" && one.challenge !== undefined ? { challenge: { ...one.challenge, end: wish.answer } } : {}),
    // Replaced by another: it is put away when that one is stored, in `replace`.
    wish: one.wish?.key === wish.key && then === null ? null : one.wish,
  }));
  if (after === null) return;
  await take(core, local, view);
  if (then !== null) await replace(core, after, then);
}

/** The second half of a new quote: the same tab, the new total. */
async function replace(core: Core, before: LocalPurchase, total: Money): Promise<void> {
  await core.store.changePurchase(before.local, (one) => ({ ...one, wish: null, dismissed: true }));
  const { tabId, store, storeName, from, provider } = before;
  await begin(core, { ...(from === undefined || provider === undefined ? {} : { from, provider }), tabId, store, storeName, total, currency: total.currency, cardFirst: false, totalByHand: before.totalByHand });
}

async function refused(core: Core, purchase: LocalPurchase, wish: Wish, problem: Problem): Promise<void> {
  const age = core.env.nowMs() - wish.sinceMs;
  const replacing = wish.kind === "begin" && problem.code === "unpaid_purchase_open" && age < REPLACE_TRIES_MS && (await wasReplaced(core, purchase));
  // The issuer could not be told: it is told again while the question is open.
  const untold = wish.kind === "challenge" && problem.code === "not_ready";
  if ((RETRIED.has(problem.code) || replacing || untold) && age < WISH_MS_MAX) {
    core.env.later(() => void runWish(core, purchase.local), problem.retryAfterMs ?? RETRY_MS);
    return;
  }
  if (problem.code === "not_linked") await core.store.change("account", (account) => (account === null ? null : { ...account, linked: null }));
  if (NOT_SOLD.has(problem.code)) forgetOffers(core, purchase.store);
  // Of a question that is over the next look says how it ended.
  const shown = wish.kind === "challenge" && problem.code === "too_late" ? null : problem;
  await core.store.changePurchase(purchase.local, (one) => (one.wish?.key === wish.key ? { ...one, wish: null, problem: shown } : one));
  if (purchase.id !== null) await look(core, purchase.local);
}

/** The account's one unpaid purchase is the one that this tab just called off. */
async function wasReplaced(core: Core, purchase: LocalPurchase): Promise<boolean> {
  const { purchases } = await core.store.get();
  return purchases.some((one) => one.local !== purchase.local && one.tabId === purchase.tabId && one.dismissed && one.view !== null && !isTerminal(one.view));
}

/** A newer word of the server. */
export async function take(core: Core, local: string, view: PurchaseView): Promise<void> {
  const { cache, purchases } = await core.store.get();
  const before = purchases.find((one) => one.local === local);
  const after = await core.store.changePurchase(local, (one) => {
    if (one.id !== null && one.id !== view.id) return one;
    const older = (view.version ?? 0) < (one.view?.version ?? 0);
    if (older) return { ...one, heardAtMs: core.env.nowMs() };
    const challenge = challengeAfter(one, view, core.env.nowMs() + cache.aheadMs);
    return { ...one, view, heardAtMs: core.env.nowMs(), ...(challenge === undefined ? {} : { challenge }) };
  });
  if (after === null || after.view === null) return;
  await tellOfChallenge(core, before, after);
  await serverSaid(core, after);
  const charged = after.view.charges.some((charge) => charge.decision === "approved" && !charge.zero_check);
  if (isTerminal(after.view) || charged) core.cards.delete(local);
  if (isOver(after.view)) core.follows.get(local)?.abort();
  else startFollowing(core, after);
  const toCheck = after.view.state === "invoiced" || after.view.funds?.status === "unconfirmed";
  if (toCheck && after.fault === null) await checkPurchase(core, local);
}

/** Asks once for one purchase. */
export async function look(core: Core, local: string): Promise<void> {
  const purchase = (await core.store.get()).purchases.find((one) => one.local === local);
  if (purchase === undefined || purchase.id === null) return;
  const { id } = purchase;
  const result = await core.ask((client) => client.purchase(id));
  if (result.ok) await take(core, local, result.value);
  // Of another account, from before a log-in: nothing of ours any more.
  else if (result.problem.status === 404) await core.store.change("purchases", (all) => all.filter((one) => one.local !== local));
}

function startFollowing(core: Core, purchase: LocalPurchase): void {
  const { local, id } = purchase;
  if (id === null || core.follows.has(local)) return;
  const stop = new AbortController();
  core.follows.set(local, stop);
  void (async () => {
    const { pairing, session } = await core.store.get();
    if (pairing === null || session === null) return;
    const told = {
      view: (view: PurchaseView) => void take(core, local, view),
      trouble: (problem: Problem | null) => void note(core, problem, session.token),
    };
    const end = await follow(outsideOf(core), pairing.server, session.token, id, told, stop.signal);
    if (end !== null) await note(core, end, session.token);
  })()
    .catch(() => {})
    .finally(() => core.follows.delete(local));
}

/** After a start of the worker, and now and then: what was under way goes on. `all`: also what can take days. */
export async function resume(core: Core, all: boolean): Promise<void> {
  const { purchases, session, cache } = await core.store.get();
  // A wallet that was asked is heard whether we are logged in or not.
  resumeAsks(core);
  if (session === null) return;
  for (const purchase of purchases) {
    if (!all && !isBusy(purchase, core.env.nowMs(), cache.aheadMs)) continue;
    if (purchase.wish !== null) await runWish(core, purchase.local);
    if (purchase.id !== null && (purchase.view === null || !isOver(purchase.view))) await look(core, purchase.local);
  }
}

export async function anyBusy(core: Core): Promise<boolean> {
  const { purchases, cache } = await core.store.get();
  return purchases.some((one) => isBusy(one, core.env.nowMs(), cache.aheadMs));
}
