/**
 * The shopper's word, on the extension's own page, that the connected wallet shall pay one checked invoice. What it may
 * cost is set aside in the same write that notes the ask: nothing is said to the wallet that is not in the budget.
 */
import type { Result } from "../api/client.ts";
import { feeBoundMsatUp } from "../nwc/budget.ts";
import { makeRequest } from "../nwc/messages.ts";
import type { Invoice } from "../trust/bolt11.ts";
import { readInvoice } from "../trust/bolt11.ts";
import type { Core } from "./core.ts";
import { ours } from "./core.ts";
import type { Kept, LocalPurchase, WalletAsk } from "./model.ts";
import type { Requests, WalletTerms } from "./requests.ts";
import { budgetLeftMsat } from "./wallet.ts";
import { carry, walletAsked } from "./wallet_ask.ts";

type Out<A extends keyof Requests> = Promise<Result<Requests[A]["out"]>>;

const no = (code: string): { readonly ok: false; readonly problem: ReturnType<typeof ours> } => ({ ok: false, problem: ours(code) });
const yes = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

/** Asks that are kept: those that have ended and count no longer go first. */
const ASKS_MAX = 300;
const KEPT_MS = 31 * 86_400_000;

interface Payable {
  readonly purchase: LocalPurchase;
  readonly bolt11: string;
  readonly invoice: Invoice;
  readonly amountMsat: number;
}

/** An invoice of this purchase that waits to be paid and has passed our check. */
function payableOf(purchase: LocalPurchase | undefined): Payable | null {
  const bolt11 = purchase?.view?.invoice?.bolt11;
  if (purchase === undefined || bolt11 === undefined || purchase.fault !== null || bolt11 !== purchase.checkedInvoice) return null;
  if (purchase.view?.state !== "invoiced" || purchase.view.bitcoin !== "unpaid" || purchase.wish !== null) return null;
  const invoice = readInvoice(bolt11);
  const amount = invoice?.amountMsat ?? null;
  if (invoice === null || amount === null || amount > BigInt(Number.MAX_SAFE_INTEGER)) return null;
  return { purchase, bolt11, invoice, amountMsat: Number(amount) };
}

const expiresAtMs = ({ purchase, invoice }: Payable): number => Math.min(purchase.view?.quote?.expires_at_ms ?? 0, Number(invoice.createdAtMs + invoice.expiryMs));

/** Why the wallet is not asked; a problem's code. Decided anew in the write that asks. */
function refusalOf(kept: Kept, payable: Payable, nowMs: number): string | null {
  const { wallet, cache } = kept;
  const { connection } = wallet;
  if (connection === null) return "nwc_not_connected";
  const asked = walletAsked(wallet, payable.purchase, nowMs);
  if (asked?.state !== "offered" && asked?.state !== "refused") return "nwc_asked";
  if (nowMs + cache.aheadMs >= expiresAtMs(payable)) return "too_late";
  if (connection.network !== null && connection.network !== payable.invoice.network) return "nwc_network";
  return payable.amountMsat + feeBoundMsatUp(payable.amountMsat) > budgetLeftMsat(wallet, nowMs) ? "nwc_over_budget" : null;
}

async function find(core: Core, id: string): Promise<LocalPurchase | undefined> {
  return (await core.store.get()).purchases.find((one) => one.id === id);
}

export async function walletTerms(core: Core, { id }: Requests["wallet_terms"]["in"]): Out<"wallet_terms"> {
  const [kept, purchase, nowMs] = [await core.store.get(), await find(core, id), core.env.nowMs()];
  if (!purchase?.view) return no("not_found");
  const payable = payableOf(purchase);
  const { bitcoin } = purchase.view;
  return yes({ bitcoin, terms: payable === null ? null : termsOf(kept, payable, nowMs) });
}

function termsOf(kept: Kept, payable: Payable, nowMs: number): WalletTerms | null {
  const { purchase, amountMsat, invoice } = payable;
  const { view } = purchase;
  if (!view?.quote) return null;
  return {
    store: purchase.store,
    storeName: view.store_name ?? purchase.storeName,
    total: view.quote.total,
    code: view.code,
    promise: purchase.gift === undefined ? view.claim_on : "gift",
    amountMsat,
    feeBoundMsat: feeBoundMsatUp(amountMsat),
    leftMsat: budgetLeftMsat(kept.wallet, nowMs),
    alias: kept.wallet.connection?.alias ?? null,
    expiresAtMs: expiresAtMs(payable) - kept.cache.aheadMs,
    paymentHash: invoice.paymentHash,
    refusal: refusalOf(kept, payable, nowMs),
    asked: walletAsked(kept.wallet, purchase, nowMs),
  };
}

export async function payByWallet(core: Core, { id, paymentHash }: Requests["wallet_pay"]["in"]): Out<"wallet_pay"> {
  const nowMs = core.env.nowMs();
  let why: string | null = "not_ready";
  let made: WalletAsk | null = null;
  await core.store.change("wallet", (wallet, all) => {
    const payable = payableOf(all.purchases.find((one) => one.id === id));
    if (payable === null) return wallet;
    // What was shown is what is paid.
    why = payable.invoice.paymentHash === paymentHash ? refusalOf(all, payable, nowMs) : "changed_meanwhile";
    if (why !== null) return wallet;
    const ask = newAsk(all, payable, nowMs);
    const asks = wallet.asks.length < ASKS_MAX ? wallet.asks : wallet.asks.filter((one) => one.end === null || nowMs - one.atMs < KEPT_MS);
    if (ask === null || asks.length >= ASKS_MAX) {
      why = "nwc_over_budget";
      return wallet;
    }
    made = ask;
    return { ...wallet, asks: [...asks, ask] };
  });
  if (why !== null || made === null) return no(why ?? "not_ready");
  void carry(core, (made as WalletAsk).request.id);
  return yes(null);
}

function newAsk({ wallet, cache }: Kept, payable: Payable, nowMs: number): WalletAsk | null {
  const { connection } = wallet;
  if (connection === null) return null;
  const { purchase, bolt11, invoice, amountMsat } = payable;
  // By the wallet's clock, which is taken to be as right as the server's.
  const request = makeRequest(connection, { method: "pay_invoice", params: { invoice: bolt11 }, nowMs: nowMs + cache.aheadMs, untilMs: expiresAtMs(payable) });
  return {
    client: connection.client, local: purchase.local, store: purchase.store, bolt11, paymentHash: invoice.paymentHash, amountMsat,
    feeBoundMsat: feeBoundMsatUp(amountMsat), request, atMs: nowMs, saidAtMs: null, trouble: null, end: null,
  };
}

export async function backToStore(core: Core, { id }: Requests["wallet_back"]["in"]): Out<"wallet_back"> {
  const [purchase, run] = [await find(core, id), await core.run()];
  if (purchase === undefined || purchase.run !== run || !(await core.env.tabExists(purchase.tabId))) return no("nwc_no_tab");
  await core.env.focusTab(purchase.tabId);
  return yes(null);
}
