/** The shopper's connected wallet: asked once, for what was checked and confirmed, within the budget; silence is no end. */
import { describe, expect, it, vi } from "vitest";
import type { WalletAsk } from "../../src/background/model.ts";
import type { Answer } from "../../src/background/requests.ts";
import { feeBoundMsatUp } from "../../src/nwc/budget.ts";
import { makeRelay, type TestRelay } from "../nwc/test-relay.ts";
import { startWallet, type TestWallet, type WalletOptions } from "../nwc/test-wallet.ts";
import type { Browser, TestPage } from "./browser.ts";
import { Killed } from "./browser.ts";
import { NOW, QUOTE } from "./given.ts";
import { begun, ready } from "./ready.ts";
import type { Till } from "./till.ts";
import { PREIMAGE } from "./till.ts";

const RELAY = "wss://relay.example/nwc";
const BUDGET = { amountSat: 1_000_000, per: "day" } as const;
const WHOLE_MSAT = QUOTE.amount_msat + feeBoundMsatUp(QUOTE.amount_msat);

/** Each step signs and seals; a busy machine takes its time for that. */
vi.setConfig({ testTimeout: 60_000 });

interface At {
  readonly till: Till;
  readonly browser: Browser;
  readonly relay: TestRelay;
  readonly wallet: TestWallet;
}

async function withWallet(options: WalletOptions = {}): Promise<At> {
  const relay = makeRelay();
  const { till, browser } = await ready({ openSocket: relay.open });
  const wallet = await startWallet(relay.open, RELAY, { nowMs: () => NOW, ...options });
  return { till, browser, relay, wallet };
}

const connect = ({ browser, wallet }: At, more: object = {}): Promise<null> => browser.ask("wallet_connect", { connection: wallet.connection, ...BUDGET, ...more });

async function connected(options: WalletOptions = {}): Promise<At & { readonly page: TestPage }> {
  const at = await withWallet(options);
  await connect(at);
  const page = await begun(at.browser);
  return { ...at, page };
}

const idOf = ({ till }: At): string => till.only().id;
const terms = async (at: At) => (await at.browser.ask("wallet_terms", { id: idOf(at) })).terms;
const asks = ({ browser }: At): readonly WalletAsk[] => browser.kept("wallet").asks;
const left = async ({ browser }: At): Promise<number | undefined> => (await browser.ask("wallet_get", {})).connected?.leftMsat;

/** As the page does: what it was shown is what it confirms. */
async function confirm(at: At, paymentHash?: string, id = idOf(at)): Promise<string> {
  const hash = paymentHash ?? (await terms(at))?.paymentHash ?? "";
  const answer = (await at.browser.background.asked({ ask: "wallet_pay", id, paymentHash: hash })) as Answer<"wallet_pay">;
  return answer.ok ? "" : answer.trouble.code;
}

const walletOf = (page: TestPage): unknown => (page.stage?.kind === "pay" ? page.stage.wallet : undefined);
const until = (page: TestPage, state: string): Promise<unknown> => page.untilTrue(() => (walletOf(page) as { state?: string } | undefined)?.state === state, `the wallet: ${state}`);
const stillOut = (): Promise<never> => new Promise(() => {});

describe("connecting", () => {
  it("asks the wallet what it can, keeps the secret to itself, and shows what is left", async () => {
    const at = await withWallet();
    await connect(at);
    const view = await at.browser.ask("wallet_get", {});
    expect(view.connected).toMatchObject({ alias: "Test wallet", network: "regtest", looksUp: true, budget: BUDGET, leftMsat: 1_000_000_000, relays: ["relay.example"] });
    const { secret } = at.browser.kept("wallet").connection ?? {};
    expect(at.wallet.connection).toContain(secret);
    expect(JSON.stringify([view, await at.browser.ask("state", {})])).not.toContain(secret);
  });
  it.each<[string, WalletOptions, object]>([
    ["nwc_encryption", { encryption: "nip04" }, {}],
    ["nwc_encryption", { encryption: null }, {}],
    ["nwc_no_pay_invoice", { methods: ["get_info", "lookup_invoice"] }, {}],
    ["nwc_no_wallet", { hidden: true }, {}],
    ["nwc_malformed", {}, { connection: "lnbc1" }],
    ["nwc_bad_budget", {}, { amountSat: 0 }],
    ["nwc_bad_budget", {}, { per: "year" }],
  ])("is refused as %s: %o %o", async (code, options, more) => {
    const at = await withWallet(options);
    await expect(connect(at, more)).rejects.toThrow(code);
    expect(at.browser.kept("wallet")).toBeNull();
  });
  it("is refused where nobody answers, and loses no earlier connection", async () => {
    const at = await withWallet();
    await connect(at);
    const before = at.browser.kept("wallet");
    at.wallet.stalls.add("get_info");
    await expect(connect(at)).rejects.toThrow("nwc_silent");
    at.relay.away = true;
    await expect(connect(at)).rejects.toThrow("nwc_relay_unreachable");
    await expect(at.browser.ask("wallet_test", {})).rejects.toThrow("nwc_relay_unreachable");
    expect(at.browser.kept("wallet")).toEqual(before);
  });
});

describe("a purchase", () => {
  it("is paid once by the shopper's press on the extension's page, of what was shown there", async () => {
    const at = await connected();
    expect(walletOf(at.page)).toEqual({ state: "offered" });
    await at.page.press({ do: "open_page", page: "pay" });
    expect(at.browser.opened).toEqual([`pay/${idOf(at)}`]);
    const shown = await terms(at);
    expect(shown).toMatchObject({ total: at.till.only().quote?.total, amountMsat: QUOTE.amount_msat, feeBoundMsat: feeBoundMsatUp(QUOTE.amount_msat), leftMsat: 1_000_000_000, alias: "Test wallet", refusal: null });
    expect(await confirm(at, "00".repeat(32))).toBe("changed_meanwhile");
    expect(at.wallet.count("pay_invoice")).toBe(0);
    at.wallet.pay = async () => {
      at.till.paid();
      return stillOut();
    };
    expect(await confirm(at)).toBe("");
    await at.page.until("card_ready");
    expect(await confirm(at)).toBe("not_ready");
    expect(at.wallet.asked.filter(({ method }) => method === "pay_invoice").map(({ params }) => params)).toEqual([{ invoice: at.till.only().invoice?.bolt11 }]);
    // Held: it may still be taken, so it stands against the budget.
    expect(await left(at)).toBe(1_000_000_000 - WHOLE_MSAT);
    at.till.charges();
    await at.page.until("charged");
    expect(asks(at)).toMatchObject([{ end: { kind: "paid" } }]);
    expect(await left(at)).toBe(1_000_000_000 - WHOLE_MSAT);
  });
  it("counts the fees that the wallet says it paid, more than were set aside too", async () => {
    const at = await connected();
    const fees = feeBoundMsatUp(QUOTE.amount_msat) + 5_000;
    at.wallet.pay = async () => ({ result: { preimage: PREIMAGE, fees_paid: fees } });
    await confirm(at);
    await at.page.untilTrue(() => asks(at)[0]?.end !== null, "an end");
    expect(asks(at)[0]?.end).toEqual({ kind: "paid", feesMsat: fees });
    expect(await left(at)).toBe(1_000_000_000 - QUOTE.amount_msat - fees);
  });
  it("that the server calls claimed first is counted with the fees that the wallet tells after", async () => {
    const at = await connected();
    let claimed: () => void = () => {};
    const known = new Promise<void>((resolve) => (claimed = resolve));
    at.wallet.pay = async () => {
      at.till.paid();
      at.till.charges();
      await known;
      return { result: { preimage: PREIMAGE, fees_paid: 3_000 } };
    };
    at.wallet.lookUp = stillOut;
    await confirm(at);
    await at.page.untilTrue(() => asks(at)[0]?.end?.kind === "paid", "claimed");
    expect(asks(at)[0]?.end).toEqual({ kind: "paid", feesMsat: null });
    claimed();
    await at.page.untilTrue(() => JSON.stringify(asks(at)[0]?.end).includes("3000"), "the fees");
    expect(await left(at)).toBe(1_000_000_000 - QUOTE.amount_msat - 3_000);
  });
  it("is written down before the wallet is asked", async () => {
    const at = await connected();
    const kept: (number | null | undefined)[] = [];
    at.browser.onStep((what) => {
      if (what.startsWith(`say ["EVENT"`)) kept.push(asks(at).at(-1)?.saidAtMs);
    });
    await confirm(at);
    await at.page.untilTrue(() => kept.length > 0, "a request");
    expect(kept[0]).toBe(NOW);
  });
  it("is not paid twice by two presses", async () => {
    const at = await connected();
    at.wallet.stalls.add("pay_invoice");
    const [one, other] = await Promise.all([confirm(at), confirm(at)]);
    expect([one, other].sort()).toEqual(["", "nwc_asked"]);
    await at.page.untilTrue(() => at.wallet.count("lookup_invoice") > 0, "a look");
    expect(at.wallet.count("pay_invoice")).toBe(1);
  });
});

describe("no answer", () => {
  it("is unknown, not failed: nothing is offered to be paid again, and the server's word ends it", async () => {
    const at = await connected();
    at.wallet.stalls.add("pay_invoice");
    await confirm(at);
    await until(at.page, "waiting");
    at.browser.sleepUntil(NOW + 60_000);
    await at.page.read();
    await until(at.page, "unknown");
    expect(walletOf(at.page)).toEqual({ state: "unknown", why: null });
    expect(await confirm(at)).toBe("nwc_asked");
    at.till.put({ ...at.till.only(), state: "expired" });
    await at.page.until("ended");
    await at.page.untilTrue(() => asks(at)[0]?.end !== null, "an end");
    expect(asks(at)[0]?.end).toEqual({ kind: "unpaid" });
    expect(at.wallet.count("pay_invoice")).toBe(1);
    expect(await left(at)).toBe(1_000_000_000);
  });
  it.each<[string, TestWallet["bend"], string]>([
    ["sealed otherwise", "nip04", "nwc_encryption"],
    ["that is another method's", "other_type", "nwc_answer_malformed"],
    ["that is too large", "too_large", "nwc_answer_too_large"],
  ])("but one %s is unknown, and says why", async (_, bend, why) => {
    const at = await connected();
    at.wallet.pay = async () => ({ result: { preimage: PREIMAGE } });
    at.wallet.lookUp = stillOut;
    at.wallet.bend = bend;
    await confirm(at);
    await until(at.page, "unknown");
    expect(walletOf(at.page)).toEqual({ state: "unknown", why });
  });
  it.each(["PAYMENT_FAILED", "INTERNAL", "OTHER", "BRAND_NEW"])("but %s is unknown, for a wallet may say so of a hold, until it is looked up", async (code) => {
    const at = await connected();
    let state = "pending";
    at.wallet.pay = async () => ({ error: code });
    at.wallet.lookUp = async (hash) => ({ result: { type: "outgoing", payment_hash: hash, state } });
    await confirm(at);
    await until(at.page, "unknown");
    expect(walletOf(at.page)).toEqual({ state: "unknown", why: code });
    expect(await confirm(at)).toBe("nwc_asked");
    state = "failed";
    await until(at.page, "refused");
    expect(await left(at)).toBe(1_000_000_000);
  });
  it("but a false proof is none", async () => {
    const at = await connected();
    at.wallet.pay = async () => ({ result: { preimage: "08".repeat(32) } });
    await confirm(at);
    await until(at.page, "unknown");
    expect(walletOf(at.page)).toEqual({ state: "unknown", why: "nwc_wrong_preimage" });
    expect(await left(at)).toBe(1_000_000_000 - WHOLE_MSAT);
  });
  it.each([{}, { preimage: "" }, { preimage: null }])("but \"paid\" without a proof, as some wallets say of a hold, is under way: %o", async (result) => {
    const at = await connected();
    at.wallet.pay = async () => ({ result });
    await confirm(at);
    await at.page.untilTrue(() => at.wallet.count("lookup_invoice") > 0, "a look");
    expect(walletOf(at.page)).toEqual({ state: "waiting" });
    expect(asks(at)[0]).toMatchObject({ trouble: null, end: null });
  });
  it("but a look that proves it ends it", async () => {
    const at = await connected();
    at.wallet.stalls.add("pay_invoice");
    at.wallet.lookUp = async (hash) => ({ result: { type: "outgoing", payment_hash: hash, state: "settled", preimage: PREIMAGE, fees_paid: 1_000 } });
    await confirm(at);
    await at.page.untilTrue(() => asks(at)[0]?.end !== null, "an end");
    expect(asks(at)[0]?.end).toEqual({ kind: "paid", feesMsat: 1_000 });
  });
  it("with a failure of an earlier try beside it stays unknown", async () => {
    const at = await connected();
    at.wallet.stalls.add("pay_invoice");
    at.wallet.lookUp = async (hash) => ({ result: { type: "outgoing", payment_hash: hash, state: "failed" } });
    await confirm(at);
    await at.page.untilTrue(() => at.wallet.count("lookup_invoice") > 1, "two looks");
    expect(asks(at)[0]?.end).toBeNull();
  });
});

describe("a refusal", () => {
  it.each(["INSUFFICIENT_BALANCE", "QUOTA_EXCEEDED", "RESTRICTED", "UNAUTHORIZED", "NOT_IMPLEMENTED", "RATE_LIMITED", "UNSUPPORTED_ENCRYPTION"])("by %s sets the budget free, and it may be asked again", async (code) => {
    const at = await connected();
    at.wallet.pay = async () => ({ error: code });
    await confirm(at);
    await until(at.page, "refused");
    expect(walletOf(at.page)).toEqual({ state: "refused", code });
    expect(await left(at)).toBe(1_000_000_000);
    at.wallet.pay = async () => ({ result: { preimage: PREIMAGE, fees_paid: 0 } });
    expect(await confirm(at)).toBe("");
    await at.page.untilTrue(() => asks(at)[1]?.end?.kind === "paid", "paid");
    expect(new Set(at.wallet.asked.filter(({ method }) => method === "pay_invoice").map(({ event }) => event.id)).size).toBe(2);
  });
  it("before anything left is said as such", async () => {
    const at = await connected();
    at.relay.away = true;
    await confirm(at);
    await until(at.page, "refused");
    expect(walletOf(at.page)).toEqual({ state: "refused", code: "nwc_relay_unreachable" });
    expect(at.wallet.count("pay_invoice")).toBe(0);
    expect(await left(at)).toBe(1_000_000_000);
  });
});

describe("nothing is asked", () => {
  it("beyond the budget, fees and what is not known yet included", async () => {
    const at = await connected();
    await at.browser.ask("wallet_budget", { amountSat: WHOLE_MSAT / 1_000 - 1, per: "day" });
    expect((await terms(at))?.refusal).toBe("nwc_over_budget");
    expect(await confirm(at)).toBe("nwc_over_budget");
    await at.browser.ask("wallet_budget", { amountSat: WHOLE_MSAT / 1_000, per: "day" });
    at.wallet.stalls.add("pay_invoice");
    expect(await confirm(at)).toBe("");
    expect(await left(at)).toBe(0);
    await at.browser.ask("wallet_revoke", {});
    await connect(at);
    // The same string has spent what it has spent.
    expect(await left(at)).toBe(1_000_000_000 - WHOLE_MSAT);
  });
  it("of a wallet on another network", async () => {
    const at = await connected({ network: "mainnet" });
    expect(await confirm(at)).toBe("nwc_network");
  });
  it("for an invoice that has not passed our check", async () => {
    const at = await withWallet();
    await connect(at);
    at.till.signer = new Uint8Array(32).fill(99);
    const page = await at.browser.open(1, "https://shop.example/checkout");
    await page.until("offer");
    await page.press({ do: "begin", way: "card" });
    await page.until("untrusted");
    expect(await terms(at)).toBeNull();
    expect(await confirm(at, "00")).toBe("not_ready");
    expect(at.wallet.count("pay_invoice")).toBe(0);
  });
  it("once the price is over, or the shopper has walked away", async () => {
    const at = await connected();
    const [shown, id] = [await terms(at), idOf(at)];
    at.browser.sleepUntil(QUOTE.expires_at_ms);
    expect(await confirm(at)).toBe("too_late");
    at.browser.sleepUntil(NOW);
    await at.page.press({ do: "cancel" });
    expect(await confirm(at, shown?.paymentHash, id)).toBe("not_ready");
  });
  it("by a page of the web: its words are none of those that are heard", async () => {
    const at = await connected();
    await at.page.press({ do: "wallet_pay", id: idOf(at) } as never);
    expect(asks({ ...at })).toEqual([]);
  });
  it("after it was revoked: the secret is gone", async () => {
    const at = await connected();
    const { secret = "" } = at.browser.kept("wallet").connection ?? {};
    await at.browser.ask("wallet_revoke", {});
    expect(JSON.stringify([...at.browser.disk])).not.toContain(secret);
    await at.page.untilTrue(() => walletOf(at.page) === undefined, "no offer");
    expect(await confirm(at)).toBe("nwc_not_connected");
  });
});

describe("a worker that is killed", () => {
  it("at any step asks at most once, and finds what became of it", async () => {
    let steps = 0;
    const counted = await connected();
    counted.browser.onStep(() => void (steps += 1));
    counted.wallet.pay = async () => ({ result: { preimage: PREIMAGE, fees_paid: 0 } });
    await confirm(counted);
    await counted.page.untilTrue(() => asks(counted)[0]?.end?.kind === "paid", "paid");
    expect(steps).toBeGreaterThan(4);
    let asked = 0;
    for (let step = 1; step <= steps; step++) {
      const at = await connected();
      at.wallet.pay = async () => ({ result: { preimage: PREIMAGE, fees_paid: 0 } });
      // Where the relay keeps nothing, the wallet is asked what became of it.
      at.relay.keeps = step % 2 === 0;
      at.wallet.lookUp = async (hash) => (at.wallet.count("pay_invoice") === 0 ? { error: "NOT_FOUND" } : { result: { type: "outgoing", payment_hash: hash, state: "settled", preimage: PREIMAGE } });
      let n = 0;
      at.browser.onStep(() => {
        if (++n === step) throw new Killed();
      });
      void confirm(at);
      await at.page.untilTrue(() => n >= step, `step ${String(step)}`);
      await at.browser.restart();
      await at.page.until("pay");
      const ask = asks(at)?.[0];
      if (ask === undefined) {
        // Killed before it was written down: nothing left, and the shopper presses again.
        expect(at.wallet.count("pay_invoice"), `step ${String(step)}`).toBe(0);
        continue;
      }
      asked += 1;
      if (ask.saidAtMs === null || at.wallet.count("pay_invoice") === 1) await at.page.untilTrue(() => asks(at)[0]?.end?.kind === "paid", `paid after step ${String(step)}`);
      // Killed between the note and the word: nobody here can know, so it stays unknown.
      else expect(asks(at)[0]?.end, `step ${String(step)}`).toBeNull();
      expect(at.wallet.count("pay_invoice"), `step ${String(step)}`).toBeLessThanOrEqual(1);
      expect(asks(at).length).toBe(1);
    }
    expect(asked).toBeGreaterThan(2);
  });
  it("while the wallet pays goes on, and asks nothing a second time", async () => {
    const at = await connected();
    at.wallet.stalls.add("pay_invoice");
    await confirm(at);
    await at.page.untilTrue(() => at.wallet.count("pay_invoice") === 1, "asked");
    await at.browser.restart();
    await until(at.page, "waiting");
    at.till.paid();
    await at.page.until("card_ready");
    at.till.charges();
    await at.page.until("charged");
    expect(at.wallet.count("pay_invoice")).toBe(1);
    expect(asks(at)).toMatchObject([{ end: { kind: "paid" } }]);
  });
});
