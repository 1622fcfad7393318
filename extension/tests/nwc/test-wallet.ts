/**
 * A wallet service for tests, after NIP-47. What pays is handed in. It can stall, lie, answer twice or late, seal wrongly,
 * answer too much, and refuse by any code.
 */
import { schnorr } from "@noble/curves/secp256k1.js";
import { bytesToHex, randomBytes } from "@noble/hashes/utils.js";
import type { SignedEvent } from "../../src/nwc/event.ts";
import { readEvent, sign, tagOf } from "../../src/nwc/event.ts";
import { ANSWER_KIND, INFO_KIND, REQUEST_KIND } from "../../src/nwc/messages.ts";
import type { OpenSocket } from "../../src/nwc/relay.ts";
import { conversationKey, decrypt, encrypt } from "../../src/nwc/nip44.ts";

export type Said = { readonly result: Readonly<Record<string, unknown>> } | { readonly error: string };

export interface WalletOptions {
  readonly methods?: readonly string[];
  /** As the tag of its info event; `null`: without one, as wallets of the first version are. */
  readonly encryption?: string | null;
  readonly network?: string;
  /** It publishes no info event. */
  readonly hidden?: true;
  readonly nowMs?: () => number;
}

export interface TestWallet {
  readonly connection: string;
  readonly key: string;
  /** Requests by their method, as they came: what was asked twice is here twice. */
  readonly asked: { readonly method: string; readonly params: Readonly<Record<string, unknown>>; readonly event: SignedEvent }[];
  /** What pays an invoice; until it ends, nothing is answered. */
  pay: (invoice: string) => Promise<Said>;
  lookUp: (paymentHash: string) => Promise<Said>;
  /** Methods that are heard and never answered. */
  readonly stalls: Set<string>;
  /** How an answer is bent on its way out. */
  bend: "as_it_is" | "twice" | "other_author" | "other_request" | "nip04" | "too_large" | "other_type" | "no_json";
  /** How often something was paid. */
  readonly count: (method: string) => number;
  close(): void;
}

const METHODS = ["pay_invoice", "lookup_invoice", "get_info", "get_balance"];

/** At `relay`, to which `open` is a line. */
export async function startWallet(open: OpenSocket, relay: string, options: WalletOptions = {}): Promise<TestWallet> {
  const [secret, clientSecret, stranger] = [randomBytes(32), randomBytes(32), randomBytes(32)];
  const [key, client] = [bytesToHex(schnorr.getPublicKey(secret)), bytesToHex(schnorr.getPublicKey(clientSecret))];
  const shared = conversationKey(secret, client);
  const methods = options.methods ?? METHODS;
  const encryption = options.encryption === undefined ? "nip44_v2 nip04" : options.encryption;
  const nowMs = options.nowMs ?? Date.now;
  const now = (): number => Math.floor(nowMs() / 1_000);

  const wallet: TestWallet = {
    connection: `nostr+walletconnect://${key}?relay=${encodeURIComponent(relay)}&secret=${bytesToHex(clientSecret)}`,
    key,
    asked: [],
    pay: async () => ({ error: "INTERNAL" }),
    lookUp: async () => ({ error: "NOT_FOUND" }),
    stalls: new Set(),
    bend: "as_it_is",
    count: (method) => wallet.asked.filter((one) => one.method === method).length,
    close: () => socket.close(),
  };

  const answerOf = async (method: string, params: Readonly<Record<string, unknown>>): Promise<Said> => {
    if (!methods.includes(method)) return { error: "NOT_IMPLEMENTED" };
    if (method === "get_info") return { result: { alias: "Test wallet", network: options.network ?? "regtest", methods } };
    if (method === "get_balance") return { result: { balance: 0 } };
    if (method === "lookup_invoice") return wallet.lookUp(String(params["payment_hash"]));
    return wallet.pay(String(params["invoice"]));
  };

  const answer = (request: SignedEvent, method: string, said: Said): void => {
    const body = "error" in said ? { result_type: method, error: { code: said.error, message: "words" }, result: null } : { result_type: method, error: null, result: said.result };
    const text = wallet.bend === "no_json" ? "{" : JSON.stringify(wallet.bend === "other_type" ? { ...body, result_type: "get_balance" } : body);
    const sealed = encrypt(text, shared, randomBytes(32));
    const content = { nip04: "AAAAAAAAAAAAAAAAAAAAAA==?iv=AAAAAAAAAAAAAAAAAAAAAA==", too_large: "A".repeat(200_000) }[wallet.bend as string] ?? sealed;
    const tags = [["p", client], ["e", wallet.bend === "other_request" ? "00".repeat(32) : request.id]];
    const event = sign({ created_at: now(), kind: ANSWER_KIND, tags, content }, wallet.bend === "other_author" ? stranger : secret);
    say(event);
    if (wallet.bend === "twice") say(sign({ created_at: now(), kind: ANSWER_KIND, tags, content: encrypt(JSON.stringify({ result_type: method, error: { code: "INTERNAL" } }), shared, randomBytes(32)) }, secret));
  };

  const heard = async (event: SignedEvent): Promise<void> => {
    const text = event.pubkey === client && event.kind === REQUEST_KIND && tagOf(event, "encryption") === "nip44_v2" ? decrypt(event.content, shared) : null;
    if (text === null || Number(tagOf(event, "expiration")) < now()) return;
    const { method, params } = JSON.parse(text) as { method: string; params: Readonly<Record<string, unknown>> };
    wallet.asked.push({ method, params, event });
    if (!wallet.stalls.has(method)) answer(event, method, await answerOf(method, params));
  };

  let isReady: () => void = () => {};
  const ready = new Promise<void>((resolve) => (isReady = resolve));
  const said = (text: string): void => {
    const [what, name, value] = JSON.parse(text) as readonly unknown[];
    const event = what === "EVENT" ? readEvent(value) : null;
    if (event !== null) void heard(event);
    if (what === "EOSE" && name === "wallet") isReady();
  };
  let isOpen: () => void = () => {};
  const opened = new Promise<void>((resolve) => (isOpen = resolve));
  const socket = open(relay, { opened: isOpen, said, closed: () => {} });
  await opened;
  const say = (event: SignedEvent): void => socket.send(JSON.stringify(["EVENT", event]));
  if (options.hidden !== true) say(sign({ created_at: now(), kind: INFO_KIND, tags: encryption === null ? [] : [["encryption", encryption]], content: methods.join(" ") }, secret));
  // Only what comes from now on: what was asked before it came up is not this wallet's business.
  socket.send(JSON.stringify(["REQ", "wallet", { kinds: [REQUEST_KIND], "#p": [key], since: now() }]));
  await ready;
  return wallet;
}

