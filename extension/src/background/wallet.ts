/**
 * The shopper's own wallet, connected by NIP-47: connecting, testing, the budget, revoking. The secret is in what is kept
 * and in no answer to a page, not even to the extension's own.
 */
import type { Result } from "../api/client.ts";
import type { Budget } from "../nwc/budget.ts";
import { isBudget, leftMsat } from "../nwc/budget.ts";
import type { WalletAddress } from "../nwc/connection.ts";
import { readConnection } from "../nwc/connection.ts";
import type { Answer, Method, WalletInfo } from "../nwc/messages.ts";
import { ANSWER_KIND, INFO_KIND, makeRequest, readAnswer, readInfo } from "../nwc/messages.ts";
import type { Ended } from "../nwc/relay.ts";
import { talk } from "../nwc/relay.ts";
import type { Network } from "../trust/bolt11.ts";
import type { Core } from "./core.ts";
import { ours } from "./core.ts";
import type { Wallet, WalletAsk, WalletConnection } from "./model.ts";
import type { AskView, Requests, WalletView } from "./requests.ts";

/** For what a wallet answers from memory. */
const ANSWER_MS_MAX = 15_000;
const ALIAS_CHARS_MAX = 60;
const NETWORKS: Readonly<Record<string, Network>> = { mainnet: "bitcoin", bitcoin: "bitcoin", testnet: "testnet", signet: "signet", regtest: "regtest" };
/** Asks that are shown; what is counted is all of them. */
const SHOWN_MAX = 20;

type Out<A extends keyof Requests> = Promise<Result<Requests[A]["out"]>>;

const no = (code: string): { readonly ok: false; readonly problem: ReturnType<typeof ours> } => ({ ok: false, problem: ours(code) });
const yes = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

/** What stands against the budget: what may still be paid with all that was set aside for it, what was paid as the wallet said. */
const standsFor = ({ end, amountMsat, feeBoundMsat }: WalletAsk): number => {
  if (end === null) return amountMsat + feeBoundMsat;
  return end.kind === "paid" ? amountMsat + (end.feesMsat ?? feeBoundMsat) : 0;
};

export function budgetLeftMsat({ connection, asks }: Wallet, nowMs: number): number {
  if (connection === null) return 0;
  const counted = asks.filter(({ client }) => client === connection.client).map((ask) => ({ atMs: ask.atMs, msat: standsFor(ask) }));
  return leftMsat(connection.budget, counted, nowMs);
}

/** Asks the wallet for something that can be asked twice. */
export async function askWallet(core: Core, address: WalletAddress, method: Exclude<Method, "pay_invoice">, params: Readonly<Record<string, unknown>>, stop?: AbortSignal): Promise<Ended<Answer>> {
  // By the server's clock: a wallet leaves undone what seems to come too late.
  const nowMs = core.env.nowMs() + (await core.store.get()).cache.aheadMs;
  const say = makeRequest(address, { method, params, nowMs, untilMs: nowMs + ANSWER_MS_MAX });
  return talk(core.env.openSocket, core.env.later, {
    relays: address.relays,
    filter: { kinds: [ANSWER_KIND], authors: [address.wallet], "#e": [say.id] },
    say,
    take: (event) => readAnswer(address, method, say.id, event),
    waitMs: ANSWER_MS_MAX,
    ...(stop === undefined ? {} : { stop }),
  });
}

/** The wallet's standing word. A relay that has none of it knows no such wallet. */
async function infoOf(core: Core, address: WalletAddress): Promise<Result<WalletInfo>> {
  const ended = await talk(core.env.openSocket, core.env.later, {
    relays: address.relays,
    filter: { kinds: [INFO_KIND], authors: [address.wallet], limit: 1 },
    take: (event) => (event.kind === INFO_KIND && event.pubkey === address.wallet ? readInfo(event) : null),
    storedOnly: true,
    waitMs: ANSWER_MS_MAX,
  });
  if (ended.kind === "answer") return yes(ended.value);
  return no(ended.kind === "none" && ended.why === "nwc_silent" ? "nwc_no_wallet" : ended.why);
}

type Said = Pick<WalletConnection, "alias" | "network" | "looksUp">;

/** Whether it is there, speaks as we do, can pay, and answers. */
async function meet(core: Core, address: WalletAddress): Promise<Result<Said>> {
  const info = await infoOf(core, address);
  if (!info.ok) return info;
  if (!info.value.speaksNip44) return no("nwc_encryption");
  if (!info.value.methods.includes("pay_invoice")) return no("nwc_no_pay_invoice");
  const looksUp = info.value.methods.includes("lookup_invoice");
  if (!info.value.methods.includes("get_info")) return yes({ alias: null, network: null, looksUp });
  const ended = await askWallet(core, address, "get_info", {});
  if (ended.kind !== "answer") return no(ended.why);
  const answer = ended.value;
  if (answer.kind === "unreadable") return no(answer.why);
  if (answer.kind === "error") return no(refusalCode(answer.code));
  const { alias, network, methods } = answer.result;
  // What this connection may do can be less than what the wallet can.
  const allowed = Array.isArray(methods) ? methods : info.value.methods;
  if (!allowed.includes("pay_invoice")) return no("nwc_no_pay_invoice");
  return yes({
    alias: typeof alias === "string" && alias.trim() !== "" ? alias.trim().slice(0, ALIAS_CHARS_MAX) : null,
    network: typeof network === "string" && Object.hasOwn(NETWORKS, network) ? (NETWORKS[network] ?? null) : null,
    looksUp: looksUp && allowed.includes("lookup_invoice"),
  });
}

/** A wallet's own code among ours: `nwc_code_quota_exceeded`. */
export const refusalCode = (code: string): string => (/^[A-Z]/.test(code) ? `nwc_code_${code.toLowerCase()}` : code);

export async function connectWallet(core: Core, { connection, amountSat, per }: Requests["wallet_connect"]["in"]): Out<"wallet_connect"> {
  const budget: Budget = { amountSat, per };
  if (!isBudget(budget)) return no("nwc_bad_budget");
  const read = readConnection(connection);
  if ("fault" in read) return no(read.fault);
  const met = await meet(core, read.address);
  if (!met.ok) return met;
  const made: WalletConnection = { ...read.address, ...met.value, budget, sinceMs: core.env.nowMs() };
  await core.store.change("wallet", (wallet) => ({ ...wallet, connection: made }));

  return yes(null);
}

export async function testWallet(core: Core): Out<"wallet_test"> {
  const { connection } = (await core.store.get()).wallet;
  if (connection === null) return no("nwc_not_connected");
  const met = await meet(core, connection);
  if (!met.ok) return met;
  await core.store.change("wallet", (wallet) => (wallet.connection?.client === connection.client ? { ...wallet, connection: { ...wallet.connection, ...met.value } } : wallet));
  return yes(null);
}

export async function setBudget(core: Core, { amountSat, per }: Requests["wallet_budget"]["in"]): Out<"wallet_budget"> {
  const budget: Budget = { amountSat, per };
  if (!isBudget(budget)) return no("nwc_bad_budget");
  const { wallet } = await core.store.change("wallet", (before) => (before.connection === null ? before : { ...before, connection: { ...before.connection, budget } }));
  return wallet.connection === null ? no("nwc_not_connected") : yes(null);
}

/** The secret is gone from here. What was asked stays written down: the server's word still ends it, and the same string connected anew has spent what it has spent. */
export async function revokeWallet(core: Core): Out<"wallet_revoke"> {
  core.talks.forEach((stop) => stop.abort());
  await core.store.change("wallet", (wallet) => ({ ...wallet, connection: null }));
  return yes(null);
}

export async function walletView(core: Core): Out<"wallet_get"> {
  const { wallet } = await core.store.get();
  const { connection, asks } = wallet;
  const shown = asks.slice(-SHOWN_MAX).reverse().map(askView);
  if (connection === null) return yes({ connected: null, asks: shown });
  const { alias, wallet: key, relays, looksUp, network, budget, sinceMs } = connection;
  const connected: WalletView["connected"] = { alias, key, relays: relays.map((relay) => new URL(relay).host), looksUp, network, budget, sinceMs, leftMsat: budgetLeftMsat(wallet, core.env.nowMs()) };
  return yes({ connected, asks: shown });
}

function askView({ store, amountMsat, atMs, end }: WalletAsk): AskView {
  return { store, amountMsat, atMs, end: end?.kind ?? "open", feesMsat: end?.kind === "paid" ? end.feesMsat : null };
}
