/**
 * One invoice, asked of the connected wallet. It is written down before it is said, said once, and then heard of until it
 * has an end: the wallet's proof or refusal, or the server's word that the purchase is over. Silence is no end.
 *
 * Invariant: nothing in here says an ask a second time. Whoever asks anew makes another ask, which `wallet_pay.ts` allows
 * only where the one before was refused or never said.
 */
import type { WalletAddress } from "../nwc/connection.ts";
import type { Answer } from "../nwc/messages.ts";
import { ANSWER_KIND, feesPaidMsat, isRefusal, proves, readAnswer } from "../nwc/messages.ts";
import type { Ended } from "../nwc/relay.ts";
import { talk } from "../nwc/relay.ts";
import type { WalletAsked } from "../types/panel.ts";
import type { Core } from "./core.ts";
import { once } from "./core.ts";
import type { AskEnd, LocalPurchase, Wallet, WalletAsk } from "./model.ts";
import { isTerminal } from "./model.ts";
import { askWallet } from "./wallet.ts";

/** So long a wallet is waited for before "not known" is said. A hold keeps its answer out for minutes in any case. */
export const WAITING_MS = 45_000;
/** What was written down and not said in this time is not said any more. */
const SAY_MS_MAX = 60_000;
/** Between two looks, while an answer is listened for. */
const LOOK_EVERY_MS = 20_000;
const RETRY_MS = 5_000;
/** After that it is looked for by the timers only. */
const LISTEN_MS_MAX = 30 * 60_000;
/** A relay's clock and this one's may differ by so much. */
const CLOCK_S = 120;

/** What the shopper is told of an invoice that waits to be paid. */
export function walletAsked({ connection, asks }: Wallet, purchase: LocalPurchase, nowMs: number): WalletAsked | null {
  const ask = asks.findLast(({ bolt11 }) => bolt11 === purchase.checkedInvoice);
  if (ask === undefined) return connection === null ? null : { state: "offered" };
  switch (ask.end?.kind) {
    case "refused":
      return { state: "refused", code: ask.end.code };
    case "not_said":
      return { state: "refused", code: "nwc_relay_unreachable" };
    case "unpaid":
      return null;
    case "paid":
      return { state: "waiting" };
    case undefined:
      return ask.trouble === null && nowMs - ask.atMs < WAITING_MS ? { state: "waiting" } : { state: "unknown", why: ask.trouble };
  }
}

async function current(core: Core, id: string): Promise<{ readonly ask: WalletAsk | undefined; readonly wallet: Wallet }> {
  const { wallet } = await core.store.get();
  return { ask: wallet.asks.find(({ request }) => request.id === id), wallet };
}

function withAsk(wallet: Wallet, id: string, make: (before: WalletAsk) => WalletAsk): Wallet {
  const asks = wallet.asks.map((ask) => (ask.request.id === id ? make(ask) : ask));
  return asks.every((ask, i) => ask === wallet.asks[i]) ? wallet : { ...wallet, asks };
}

async function changeAsk(core: Core, id: string, make: (before: WalletAsk) => WalletAsk): Promise<void> {
  await core.store.change("wallet", (wallet) => withAsk(wallet, id, make));
}

/** The first end stands, except that the wallet may tell later what the fees were. */
async function end(core: Core, id: string, how: AskEnd): Promise<void> {
  await changeAsk(core, id, (ask) => {
    const fees = ask.end?.kind === "paid" && ask.end.feesMsat === null && how.kind === "paid" && how.feesMsat !== null;
    return ask.end === null || fees ? { ...ask, end: how } : ask;
  });
}

const note = (core: Core, id: string, trouble: string): Promise<void> => changeAsk(core, id, (ask) => (ask.end === null && ask.trouble !== trouble ? { ...ask, trouble } : ask));

/** From what was written down to its end, or until others go on. */
export async function carry(core: Core, id: string): Promise<void> {
  await once(core, `ask ${id}`, async () => {
    const stop = new AbortController();
    core.talks.set(id, stop);
    try {
      await follow(core, id, stop.signal);
    } catch {
      // What could not be written is looked for again by the next that comes.
    } finally {
      core.talks.delete(id);
    }
  });
}

async function follow(core: Core, id: string, stop: AbortSignal): Promise<void> {
  const untilMs = core.env.nowMs() + LISTEN_MS_MAX;
  let last = false;
  while (core.env.nowMs() < untilMs && !stop.aborted && !last) {
    const { ask, wallet } = await current(core, id);
    const address = wallet.connection;
    if (ask === undefined || address === null || address.client !== ask.client) return;
    // The server tells of a claim first; what the fees were, the wallet says right after.
    last = ask.end !== null;
    if (ask.end !== null && (ask.end.kind !== "paid" || ask.end.feesMsat !== null)) return;
    if (ask.saidAtMs === null) await say(core, address, ask, stop);
    else {
      const ended = await hear(core, address, ask, stop);
      await taken(core, id, ended);
      if (ended.kind !== "answer" && address.looksUp && !stop.aborted) await lookUp(core, address, ask, stop);
      if (ended.kind === "not_said") await core.env.wait(RETRY_MS);
    }
  }
}

async function say(core: Core, address: WalletAddress, ask: WalletAsk, stop: AbortSignal): Promise<void> {
  const { id } = ask.request;
  if (core.env.nowMs() - ask.atMs > SAY_MS_MAX) return end(core, id, { kind: "not_said" });
  core.env.later(() => {
    core.draw();
    core.env.changed();
  }, WAITING_MS);
  const before = async (): Promise<boolean> => {
    let stands = false;
    await core.store.change("wallet", (wallet, { purchases }) => {
      const purchase = purchases.find(({ local }) => local === ask.local);
      // Not if it was called off meanwhile, by the shopper or by the server.
      stands = purchase?.wish === null && purchase.view?.state === "invoiced" && purchase.checkedInvoice === ask.bolt11;
      return stands ? withAsk(wallet, id, (one) => ({ ...one, saidAtMs: core.env.nowMs() })) : wallet;
    });
    return stands;
  };
  const ended = await hear(core, address, ask, stop, before);
  if (ended.kind === "not_said") return end(core, id, { kind: "not_said" });
  await taken(core, id, ended);
}

async function taken(core: Core, id: string, ended: Ended<AskEnd>): Promise<void> {
  if (ended.kind === "answer") await end(core, id, ended.value);
  // Silence is what a hold looks like; anything else is told.
  else if (ended.kind === "none" && ended.why !== "nwc_silent") await note(core, id, ended.why);
}

/** Listens for the answer; with `before`, says the request first. What concludes nothing is noted, and listened past. */
function hear(core: Core, address: WalletAddress, ask: WalletAsk, stop: AbortSignal, before?: () => Promise<boolean>): Promise<Ended<AskEnd>> {
  const { request, paymentHash } = ask;
  const take = (answer: Answer | null): AskEnd | null => {
    if (answer === null) return null;
    const judged = judge(answer, paymentHash);
    if (judged === null || typeof judged !== "string") return judged;
    void note(core, request.id, judged).catch(() => {});
    return null;
  };
  return talk(core.env.openSocket, core.env.later, {
    relays: address.relays,
    filter: { kinds: [ANSWER_KIND], authors: [address.wallet], "#e": [request.id], since: request.created_at - CLOCK_S },
    ...(before === undefined ? {} : { say: request, before }),
    take: (event) => take(readAnswer(address, "pay_invoice", request.id, event)),
    waitMs: LOOK_EVERY_MS,
    stop,
  });
}

/** An end, or the code of what is none; `null` where there is nothing to tell either. */
function judge(answer: Answer, paymentHash: string): AskEnd | string | null {
  switch (answer.kind) {
    case "unreadable":
      return answer.why;
    case "error":
      return isRefusal(answer.code) ? { kind: "refused", code: answer.code } : answer.code;
    case "result":
      // Some wallets say so at once of a hold that is out: under way, and no proof yet.
      if ((answer.result["preimage"] ?? "") === "") return null;
      // Whoever says "paid" with another proof may have paid, or not.
      return proves(answer.result["preimage"], paymentHash) ? { kind: "paid", feesMsat: feesPaidMsat(answer.result) } : "nwc_wrong_preimage";
  }
}

/** What became of it, asked as often as need be: a look pays nothing. */
async function lookUp(core: Core, address: WalletAddress, ask: WalletAsk, stop: AbortSignal): Promise<void> {
  const ended = await askWallet(core, address, "lookup_invoice", { payment_hash: ask.paymentHash }, stop);
  if (ended.kind !== "answer" || ended.value.kind !== "result") return;
  const { result } = ended.value;
  const hash = result["payment_hash"];
  if (result["type"] === "incoming" || (hash !== undefined && hash !== ask.paymentHash)) return;
  const { id } = ask.request;
  if (proves(result["preimage"], ask.paymentHash)) return end(core, id, { kind: "paid", feesMsat: feesPaidMsat(result) });
  // "Failed" may be of an earlier try: it counts where this one was answered, and not with success.
  const { ask: now } = await current(core, id);
  const failed = now?.trouble !== null && now?.trouble !== undefined && /^[A-Z]/.test(now.trouble);
  if (result["state"] === "failed" && failed) await end(core, id, { kind: "refused", code: "PAYMENT_FAILED" });
}

/** The server's word on a purchase whose invoice the wallet was asked to pay. */
export async function serverSaid(core: Core, { local, view }: LocalPurchase): Promise<void> {
  const { wallet } = await core.store.get();
  if (view === null) return;
  for (const ask of wallet.asks) {
    if (ask.local !== local || ask.end !== null) continue;
    if (view.bitcoin === "claimed") await end(core, ask.request.id, { kind: "paid", feesMsat: null });
    else if (isTerminal(view)) {
      await end(core, ask.request.id, { kind: "unpaid" });
      core.talks.get(ask.request.id)?.abort();
    }
  }
}

/** After a start of the worker, and now and then: what was asked is listened for again. */
export function resumeAsks(core: Core): void {
  void core.store.get().then(({ wallet }) => {
    for (const { request, end: over } of wallet.asks) if (over === null) void carry(core, request.id);
  });
}
