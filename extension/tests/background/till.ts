/** A server made of memory that speaks the API: keys, terms, invoices and sealed cards are real, the rest is what a test needs. */
import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { bech32 } from "@scure/base";
import type { ChainFees, DestinationSetting, FundsView, GiftCardOffer, PurchaseView, RefundView, SignedRecipes, TermsView } from "../../src/api/types.ts";
import { termsDescription, termsHash } from "../../src/trust/terms.ts";
import { HOLD, NOW, QUOTE, RATES, SERVED, charge, invoiceOf } from "./given.ts";

const ROOT = hexToBytes("31".repeat(32));
const NODE = hexToBytes("32".repeat(32));
const key = (secret: Uint8Array): string => bytesToHex(secp256k1.getPublicKey(secret));
export const ROOT_KEY = key(ROOT);
export const NODE_KEY = key(NODE);
export const SERVER = "https://till.example";
export const PAIRING = `anytill:${SERVER}#${ROOT_KEY}`;
export const PAN = "4111111111111111";
export const CLAIM_CODE = "RGR-7Q2M-XK4D";

type Stream = ReadableStreamDefaultController<Uint8Array>;
interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: Record<string, unknown>;
  readonly key: string | null;
}

const PROMISE = { held: false, unused_goes_back: true, unused_after_ms: 7 * 86_400_000, returned_at_new_rate: true } as const;

export function makeTill() {
  const purchases = new Map<string, PurchaseView>();
  const nonces = new Map<string, string>();
  const answers = new Map<string, { readonly wish: string; readonly status: number; readonly body: string }>();
  const streams = new Map<string, Set<Stream>>();
  const asked: Asked[] = [];
  const refunds: RefundView[] = [];
  let destination: DestinationSetting = { in_force: "ella@wallet.example", waiting: null };
  let count = 0;

  const till = {
    asked,
    purchases,
    refunds,
    recipes: null as SignedRecipes | null,
    setDestination: (setting: DestinationSetting) => void (destination = setting),
    /** Changes what is sent for an invoice: a dishonest server. */
    bend: (terms: TermsView, bolt11: string): { terms: TermsView; bolt11: string } => ({ terms, bolt11 }),
    signer: NODE,
    claimOn: null as PurchaseView["claim_on"] | null,
    /** Gift cards that it sells; none: it has no vendor. */
    offers: [] as readonly GiftCardOffer[],
    /** A gift card as it is handed out. */
    gift: { code: CLAIM_CODE, pin: "4711", instructions: "Type it at the checkout." } as Record<string, string>,
    chainFees: { rates: [{ blocks: 6, sat_per_kvb: 8_200 }], estimated_at_ms: NOW, age_ms: 0, stale: false } as ChainFees,
    /** What it calls itself. */
    name: SERVER,
    away: false,
    aheadMs: 0,
    /** Answers instead of the server, where it gives something. */
    instead: (() => null) as (asked: Asked) => Response | null,
    put: (view: PurchaseView): PurchaseView => {
      const next = { ...view, version: (purchases.get(view.id)?.version ?? 0) + 1 };
      purchases.set(next.id, next);
      streams.get(next.id)?.forEach((stream) => stream.enqueue(event(next)));
      return next;
    },
    only: (): PurchaseView => {
      const [one, ...others] = [...purchases.values()].filter((view) => !["returned", "expired", "completed"].includes(view.state));
      if (one === undefined || others.length > 0) throw new Error(`${others.length + (one === undefined ? 0 : 1)} purchases are open`);
      return one;
    },
    /** Every stream that stands breaks off, as when a cable is pulled. */
    cut: (): void => {
      for (const all of streams.values()) {
        all.forEach((stream) => stream.error(new TypeError("network error")));
        all.clear();
      }
    },
    paid: (): PurchaseView => till.put({ ...till.only(), state: "card_ready", bitcoin: "held", hold: HOLD }),
    /** A wallet fetches an invoice of its own: the one that was shown is over. */
    fetches: (): PurchaseView => till.put({ ...till.only(), rail: "lnurl", invoice: null }),
    /** The shopper's bitcoin is there, and the vendor is being paid. */
    arrives: (): PurchaseView => till.put({ ...till.only(), state: "paying_vendor", bitcoin: "claiming", hold: HOLD }),
    takes: (): PurchaseView => till.put({ ...till.only(), state: "funded", bitcoin: "claimed", claimed_msat: QUOTE.amount_msat }),
    delivers: (): PurchaseView => till.put({ ...vendor({ delivered: true }), captured_minor: till.only().quote?.total.minor ?? 0 }),
    keeps: (owed: RefundView): PurchaseView => till.put({ ...vendor({ failed: true }), refunds: [owed] }),
    /** The store's bank asks whether it is the shopper, for so long. */
    asks: (forMs = 600_000): PurchaseView => till.put({ ...till.only(), challenge: { merchant: "SHOP", amount: QUOTE.total, answer_by_ms: NOW + till.aheadMs + forMs } }),
    /** The question is gone, by whoever's doing. */
    stopsAsking: (): PurchaseView => till.put({ ...till.only(), challenge: null }),
    links: [] as string[],
    onChain: false,
    authorize: "https://login.provider.example/oauth2/auth?state=1",
    /** The newest code of the linked account. */
    code: "123456",
    /** What is linked, and what it could send. */
    linked: null as { provider: string; available_sat: number | null } | null,
    /** The linked account's part of a purchase goes on. */
    funds: (change: Partial<FundsView>, view: Partial<PurchaseView> = {}): PurchaseView => {
      const one = till.only();
      if (!one.funds) throw new Error("not paid from an account");
      return till.put({ ...one, ...view, funds: { ...one.funds, ...change } });
    },
    charges: (): PurchaseView => till.put({ ...till.only(), state: "funded", bitcoin: "claimed", claimed_msat: QUOTE.amount_msat, charges: [charge()] }),
    captures: (): PurchaseView => till.put({ ...till.only(), state: "completed", captured_minor: till.only().quote?.total.minor ?? 0 }),
    fetch: async (url: string, init: RequestInit): Promise<Response> => {
      if (till.away) throw new TypeError("Failed to fetch");
      const { pathname } = new URL(url);
      const headers = init.headers as Record<string, string>;
      const one: Asked = {
        method: init.method ?? "GET",
        path: pathname,
        body: typeof init.body === "string" ? (JSON.parse(init.body) as Record<string, unknown>) : {},
        key: headers["idempotency-key"] ?? null,
      };
      asked.push(one);
      const instead = till.instead(one);
      if (instead !== null) return instead;
      if (pathname.endsWith("/events")) return events(pathname.split("/")[3] ?? "", init.signal ?? undefined);
      return remembered(one);
    },
  };

  const vendor = (how: { delivered?: true; failed?: true }): PurchaseView => {
    const one = till.only();
    const card = { product_id: "p", order_id: "o", delivered: false, failed: false, reveals: 0, ...one.gift_card, ...how };
    return { ...one, state: "completed", bitcoin: "claimed", claimed_msat: QUOTE.amount_msat, gift_card: card };
  };

  /** The same key is the same wish. */
  async function remembered(one: Asked): Promise<Response> {
    const wish = `${one.method} ${one.path} ${JSON.stringify(one.body)}`;
    const before = one.key === null ? undefined : answers.get(one.key);
    if (before !== undefined) return before.wish === wish ? answer(before.status, before.body) : problem(422, "idempotency_mismatch");
    const response = await route(one);
    const body = await response.text();
    if (one.key !== null && response.ok) answers.set(one.key, { wish, status: response.status, body });
    return answer(response.status, body);
  }

  const answer = (status: number, body: string): Response =>
    new Response(status === 204 ? null : body, { status, headers: { "content-type": "application/json", date: new Date(NOW + till.aheadMs).toUTCString() } });
  const json = (value: unknown, status = 200): Response => answer(status, JSON.stringify(value));
  const problem = (status: number, code: string): Response => json({ type: "", title: "", status, detail: "words", code }, status);

  async function route({ method, path, body }: Asked): Promise<Response> {
    const [, , room, id = "", what] = path.split("/");
    if (path === "/v1/keyset") return json(keySet());
    if (path === "/v1/rates") return json(RATES);
    if (path === "/v1/chain-fees") return json(till.chainFees);
    if (path === "/v1/served") return json({ ...SERVED, linked_accounts: till.links, ...(till.onChain ? { on_chain: { spread_ppm: 20_000, quote_ms: 3_600_000 } } : {}), gift_cards: till.offers.length > 0, server: till.name });
    if (path === "/v1/gift-cards") return json({ offers: till.offers });
    if (path === "/v1/recipes") return till.recipes === null ? problem(404, "not_found") : json(till.recipes);
    if (path === "/v1/login" || path === "/v1/register") return json({ account: "a", device: "d", token: "t", expires_at_ms: NOW * 2, recovery_code: "code" });
    if (path === "/v1/logout") return answer(204, "");
    if (path === "/v1/account/billing-address") return json({ name: "Ella Example", line1: "1", city: "c", postal_code: "10001", country: "US" });
    if (path.startsWith("/v1/account/refund-destination")) return json(destination);
    if (path === "/v1/account/linked") return json({ providers: till.links, linked: till.linked && { ...till.linked, name: "Ella", linked_at_ms: NOW, as_of_ms: NOW } });
    if (path.startsWith("/v1/account/linked/")) {
      if (method === "POST") return json({ authorize_url: till.authorize, expires_at_ms: NOW + 600_000 });
      till.linked = null;
      return answer(204, "");
    }
    if (path === "/v1/refunds") return json({ refunds });
    if (room !== "purchases") return problem(404, "not_found");
    if (id === "") return method === "GET" ? json({ purchases: [...purchases.values()] }) : create(body);
    const view = purchases.get(id);
    if (view === undefined) return problem(404, "not_found");
    if (what === undefined) return json(view);
    if (what === "terms") return json(till.bend(termsOf(view), view.invoice?.bolt11 ?? "").terms);
    if (what === "cancel") return json(till.put({ ...view, state: "returned", bitcoin: view.hold ? "returned" : "unpaid", closed_because: "cancelled" }));
    if (what === "invoice") return json(invoiced({ ...view, rail: "bolt11" }, view.quote?.total as never, nonces.get(view.id) ?? ""));
    if (what === "confirm-funds") return view.funds?.status === "unconfirmed" || view.funds?.status === "second_factor" ? json(till.put({ ...view, state: "awaiting_funds", funds: { ...view.funds, status: "second_factor", codes_left: 5 } })) : problem(409, "too_late");
    if (what === "second-factor" && view.funds) {
      if (body["code"] === till.code) return json(till.put({ ...view, funds: { ...view.funds, status: "under_way", codes_left: null } }));
      till.put({ ...view, funds: { ...view.funds, codes_left: (view.funds.codes_left ?? 0) - 1 } });
      return problem(403, "wrong_code");
    }
    if (what === "challenge") return view.challenge ? json(till.put({ ...view, challenge: null })) : problem(409, "too_late");
    if (what === "quote") return json(invoiced({ ...view }, body["total"] as PurchaseView["quote"] & object as never, body["nonce"] as string));
    if (what === "reveal") return reveal(view, body["public_key"] as string);
    return problem(404, "not_found");
  }

  function create(body: Record<string, unknown>): Response {
    if ([...purchases.values()].some((view) => view.bitcoin === "unpaid" && !["returned", "expired"].includes(view.state))) return problem(409, "unpaid_purchase_open");
    const product = (body["gift_card"] as { product_id: string } | undefined)?.product_id;
    count += 1;
    const base: PurchaseView = {
      id: count.toString(16).padStart(32, "0"), code: "CODE", version: 0, state: "card_prepared", state_since_ms: NOW, created_at_ms: NOW,
      store_host: body["store_host"] as string, store_name: "Shop", currency: "USD", flow: body["card_first"] === true ? "card_first" : product === undefined ? "card" : "gift_card",
      ...(product === undefined ? {} : { gift_card: { product_id: product, delivered: false, failed: false, reveals: 0 } }),
      claim_on: till.claimOn ?? (product === undefined ? "authorization" : "reveal"), bitcoin: "unpaid", rail: "bolt11", charges: [], disputes: [], captured_minor: 0, winding_up: false, waits_for_operator: false, refunds: [],
    };
    if (body["card_first"] === true) return json(till.put(base), 201);
    if (body["source"] === "linked_account") {
      if (till.linked === null) return problem(409, "not_linked");
      return json(paidFirst(base, body["total"] as never, body["nonce"] as string, { source: "linked_account", promise: { ...PROMISE, back_to: "linked_account" } }), 201);
    }
    if (body["source"] === "on_chain") {
      const back_to = body["refund_address"] === undefined ? "refund_destination" : "address";
      return json(paidFirst(base, body["total"] as never, body["nonce"] as string, { source: "on_chain", promise: { ...PROMISE, back_to, confirmations: 2, back_fee_msat: 1_410_000 } }), 201);
    }
    return json(invoiced(base, body["total"] as never, body["nonce"] as string), 201);
  }

  /** No invoice: the terms alone say what is agreed. */
  function paidFirst(base: PurchaseView, total: { minor: number; currency: string }, nonce: string, of: Pick<FundsView, "source" | "promise">): PurchaseView {
    nonces.set(base.id, nonce);
    const quoted: PurchaseView = { ...base, flow: "paid_first", state: "quoted", quote: { ...QUOTE, total } };
    const funds: FundsView = { ...of, status: "unconfirmed", amount_msat: QUOTE.amount_msat, seen_msat: 0, locked_until_ms: QUOTE.expires_at_ms };
    return till.put({ ...quoted, funds, terms_hash: till.bend(termsOf(quoted), "").terms.terms_hash });
  }

  function invoiced(base: PurchaseView, total: { minor: number; currency: string }, nonce: string): PurchaseView {
    nonces.set(base.id, nonce);
    const quoted: PurchaseView = { ...base, state: "invoiced", quote: { ...QUOTE, total } };
    const terms = termsOf(quoted);
    const made = makeInvoice(terms.description, QUOTE.amount_msat, till.signer);
    const { bolt11 } = till.bend(terms, made);
    return till.put({ ...quoted, terms_hash: terms.terms_hash, invoice: invoiceOf(bolt11) });
  }

  function termsOf(view: PurchaseView): TermsView {
    const { quote } = view;
    if (!quote) throw new Error("not quoted");
    const terms = {
      server: SERVER, node: NODE_KEY, purchase: view.id, store: view.store_host, totalMinor: BigInt(quote.total.minor), currency: quote.total.currency,
      feeMinor: BigInt(quote.fee.minor), rateMicro: BigInt(quote.rate_micro), spreadPpm: BigInt(quote.spread_ppm), amountMsat: BigInt(quote.amount_msat),
      expiresAtMs: BigInt(quote.expires_at_ms), claimOn: view.claim_on, nonce: nonces.get(view.id) ?? "",
    };
    return {
      format: "anytill-terms-v1", server: SERVER, node: NODE_KEY, purchase: view.id, store: view.store_host, total_minor: quote.total.minor,
      currency: quote.total.currency, fee_minor: quote.fee.minor, rate_micro: quote.rate_micro, spread_ppm: quote.spread_ppm, amount_msat: quote.amount_msat,
      expires_at_ms: quote.expires_at_ms, claim_on: view.claim_on, terms_hash: termsHash(terms) ?? "", description: termsDescription(terms, 2) ?? "",
    };
  }

  async function reveal(view: PurchaseView, publicKey: string): Promise<Response> {
    const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() });
    if (view.gift_card && !view.gift_card.delivered) return problem(409, "not_ready");
    const card = `{"number":"${PAN}","security_code":"123","expiry_month":12,"expiry_year":2031}`;
    const plain = view.gift_card ? JSON.stringify(till.gift) : card;
    const sealed = await suite.seal(
      { recipientPublicKey: await suite.kem.deserializePublicKey(hexToBytes(publicKey)), info: utf8ToBytes("anytill reveal v1") },
      utf8ToBytes(plain),
      utf8ToBytes(view.id),
    );
    if (view.gift_card) {
      const again = till.put({ ...view, gift_card: { ...view.gift_card, reveals: view.gift_card.reveals + 1 } });
      return json({ enc: bytesToHex(new Uint8Array(sealed.enc)), ciphertext: bytesToHex(new Uint8Array(sealed.ct)), reveals: again.gift_card?.reveals ?? 0 });
    }
    const reveals = (view.card?.reveals ?? 0) + 1;
    const claimed = view.claim_on === "reveal" && view.state === "card_ready" ? { bitcoin: "claimed" as const, claimed_msat: QUOTE.amount_msat } : {};
    till.put({ ...view, ...claimed, card: { state: "open", limit: QUOTE.total, reveals } });
    return json({ enc: bytesToHex(new Uint8Array(sealed.enc)), ciphertext: bytesToHex(new Uint8Array(sealed.ct)), reveals });
  }

  function events(id: string, signal: AbortSignal | undefined): Response {
    const view = purchases.get(id);
    if (view === undefined) return problem(404, "not_found");
    const all = streams.get(id) ?? new Set<Stream>();
    streams.set(id, all);
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => {
        all.add(stream);
        stream.enqueue(event(view));
        signal?.addEventListener("abort", () => {
          all.delete(stream);
          stream.error(new DOMException("stopped", "AbortError"));
        });
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }
  return till;
}

export type Till = ReturnType<typeof makeTill>;

const event = (view: PurchaseView): Uint8Array => utf8ToBytes(`event: purchase\nid: ${view.version}\ndata: ${JSON.stringify(view)}\n\n`);

export function keySet(version = 1, root = ROOT): { key_set: string; signature: string } {
  const text = `anytill-key-set-v1\nversion=${version}\nissued_at_ms=${NOW}\nroot=${key(root)}\nprevious_root=none\nnode=${NODE_KEY}\n`;
  return { key_set: text, signature: bytesToHex(secp256k1.sign(utf8ToBytes(text), root)) };
}

const ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const number = (value: number, length: number): number[] => Array.from({ length }, (_, i) => Math.floor(value / 32 ** (length - 1 - i)) % 32);
const field = (tag: string, words: readonly number[]): number[] => [ALPHABET.indexOf(tag), ...number(words.length, 2), ...words];
const wordsOf = (bytes: Uint8Array): number[] => bech32.toWords(bytes);

/** Of every invoice here. */
export const PREIMAGE = "07".repeat(32);

/** A signed invoice of regtest, good from the given now on for ten minutes. */
export function makeInvoice(description: string, amountMsat: number, by: Uint8Array): string {
  const prefix = `lnbcrt${amountMsat / 100}n`;
  const data = [
    ...number(NOW / 1_000, 7),
    ...field("d", wordsOf(utf8ToBytes(description))),
    ...field("p", wordsOf(sha256(hexToBytes(PREIMAGE)))),
    ...field("s", wordsOf(new Uint8Array(32).fill(8))),
    ...field("x", number(600, 2)),
  ];
  const bits = data.map((word) => word.toString(2).padStart(5, "0")).join("");
  const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, "0");
  const bytes = Uint8Array.from(padded.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
  const recoverable = secp256k1.sign(sha256(concatBytes(utf8ToBytes(prefix), bytes)), by, { prehash: false, format: "recovered" });
  const signature = concatBytes(recoverable.slice(1), recoverable.slice(0, 1));
  return bech32.encode(prefix, [...data, ...wordsOf(signature)], false);
}
