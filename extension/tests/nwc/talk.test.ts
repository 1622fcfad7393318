/** Between this extension and a wallet stands a relay that nobody has to trust. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { WalletAddress } from "../../src/nwc/connection.ts";
import { readConnection } from "../../src/nwc/connection.ts";
import { ANSWER_KIND, INFO_KIND, isRefusal, makeRequest, proves, readAnswer, readInfo } from "../../src/nwc/messages.ts";
import type { Answer } from "../../src/nwc/messages.ts";
import type { Ended, Talk } from "../../src/nwc/relay.ts";
import { talk } from "../../src/nwc/relay.ts";
import { later, openSocket } from "./open-socket.ts";
import type { ServedRelay } from "./test-relay.ts";
import { serveRelay } from "./test-relay.ts";
import type { TestWallet, WalletOptions } from "./test-wallet.ts";
import { startWallet } from "./test-wallet.ts";

const SHORT_MS = 300;
const PREIMAGE = "11".repeat(32);
const HASH = "02d449a31fbb267c8f352e9968a79e3e5fc95c1bbeaa502fd6454ebde5a4bedc";

let relay: ServedRelay;
let wallet: TestWallet;
const up = async (options: WalletOptions = {}): Promise<void> => void (wallet = await startWallet(openSocket, relay.url, options));
beforeEach(async () => void (relay = await serveRelay()));
afterEach(async () => {
  wallet?.close();
  await relay.close();
});

function address(): WalletAddress {
  const read = readConnection(wallet.connection);
  if ("fault" in read) throw new Error(read.fault);
  return read.address;
}

function pay(more: Partial<Talk<Answer>> = {}): { readonly id: string; readonly ended: Promise<Ended<Answer>> } {
  const to = address();
  const say = makeRequest(to, { method: "pay_invoice", params: { invoice: "lnbcrt1" }, nowMs: Date.now(), untilMs: Date.now() + 60_000 });
  const wanted: Talk<Answer> = {
    relays: to.relays, filter: { kinds: [ANSWER_KIND], authors: [to.wallet], "#e": [say.id] }, say,
    take: (event) => readAnswer(to, "pay_invoice", say.id, event), waitMs: SHORT_MS, ...more,
  };
  return { id: say.id, ended: talk(openSocket, later, wanted) };
}

describe("a talk", () => {
  it("brings the wallet's answer", async () => {
    await up();
    wallet.pay = async () => ({ result: { preimage: PREIMAGE, fees_paid: 7 } });
    expect(await pay().ended).toEqual({ kind: "answer", value: { kind: "result", result: { preimage: PREIMAGE, fees_paid: 7 } } });
    expect(wallet.asked.map(({ method }) => method)).toEqual(["pay_invoice"]);
  });
  it("brings its refusal", async () => {
    await up();
    wallet.pay = async () => ({ error: "QUOTA_EXCEEDED" });
    expect(await pay().ended).toEqual({ kind: "answer", value: { kind: "error", code: "QUOTA_EXCEEDED" } });
  });
  it("takes the first of two answers", async () => {
    await up();
    wallet.bend = "twice";
    wallet.pay = async () => ({ result: { preimage: PREIMAGE } });
    expect(await pay().ended).toMatchObject({ value: { kind: "result" } });
  });
  it.each(["other_author", "other_request"] as const)("hears no answer that is of %s", async (bend) => {
    await up();
    wallet.bend = bend;
    wallet.pay = async () => ({ result: { preimage: PREIMAGE } });
    // A relay need not keep to the filter.
    const { id, ended } = pay();
    const forged = async (): Promise<void> => {
      while (relay.said.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
      relay.shout(JSON.stringify(["EVENT", "anytill", relay.said.at(-1)]));
    };
    await Promise.all([forged(), ended]);
    expect(await ended).toEqual({ kind: "none", why: "nwc_silent" });
    expect(relay.said.some((event) => event.id === id)).toBe(true);
  });
  it.each([["nip04", "nwc_encryption"], ["other_type", "nwc_answer_malformed"], ["no_json", "nwc_answer_malformed"]] as const)("says of an answer that is %s why it cannot be read", async (bend, why) => {
    await up();
    wallet.bend = bend;
    wallet.pay = async () => ({ result: { preimage: PREIMAGE } });
    expect(await pay().ended).toEqual({ kind: "answer", value: { kind: "unreadable", why } });
  });
  it("ends with an answer that is too large, and with too many", async () => {
    await up();
    wallet.bend = "too_large";
    expect(await pay().ended).toEqual({ kind: "none", why: "nwc_answer_too_large" });
    wallet.stalls.add("pay_invoice");
    const { ended } = pay({ waitMs: 5_000, before: async () => Array.from({ length: 300 }, () => relay.shout(`["NOTICE","x"]`)).length > 0 });
    expect(await ended).toEqual({ kind: "none", why: "nwc_answer_too_large" });
  });
  it("with a silent wallet ends as silence, not as a failure", async () => {
    await up();
    wallet.stalls.add("pay_invoice");
    expect(await pay().ended).toEqual({ kind: "none", why: "nwc_silent" });
  });
  it("does not take a relay's no for the wallet's", async () => {
    await up();
    relay.refuses = true;
    wallet.pay = async () => ({ result: { preimage: PREIMAGE } });
    expect(await pay().ended).toMatchObject({ kind: "answer", value: { kind: "result" } });
    wallet.stalls.add("pay_invoice");
    expect(await pay().ended).toEqual({ kind: "none", why: "nwc_relay_refused" });
  });
  it("has said nothing where no relay opens, and tries the next one first", async () => {
    await up();
    const dead = "ws://127.0.0.1:9";
    let written = 0;
    const before = async (): Promise<boolean> => {
      written += 1;
      return true;
    };
    expect(await pay({ relays: [dead, dead], before }).ended).toEqual({ kind: "not_said", why: "nwc_relay_unreachable" });
    expect(written).toBe(0);
    wallet.pay = async () => ({ result: {} });
    expect(await pay({ relays: [dead, relay.url], before }).ended).toMatchObject({ kind: "answer" });
    expect(written).toBe(1);
  });
  it("says nothing when it could not be written down before", async () => {
    await up();
    const calledOff = { kind: "not_said", why: "nwc_called_off" };
    expect(await pay({ before: () => Promise.reject(new Error("disk full")) }).ended).toEqual(calledOff);
    expect(await pay({ before: async () => false }).ended).toEqual(calledOff);
    const next = pay();
    await next.ended;
    expect(wallet.asked.map(({ event }) => event.id)).toEqual([next.id]);
  });
  it("that is cut off is no answer", async () => {
    await up();
    let done: () => void = () => {};
    const paid = new Promise<void>((resolve) => (done = resolve));
    wallet.pay = async () => {
      relay.cut();
      await paid;
      return { result: { preimage: PREIMAGE } };
    };
    const first = pay({ waitMs: 5_000 });
    expect(await first.ended).toEqual({ kind: "none", why: "nwc_silent" });
    done();
  });
  it("finds an answer that the relay has kept", async () => {
    await up();
    wallet.pay = async () => ({ result: { preimage: PREIMAGE } });
    const { id, ended } = pay();
    await ended;
    const to = address();
    const filter = { kinds: [ANSWER_KIND], authors: [to.wallet], "#e": [id] };
    const again: Talk<Answer> = { relays: to.relays, filter, take: (event) => readAnswer(to, "pay_invoice", id, event), storedOnly: true, waitMs: 2_000 };
    expect(await talk(openSocket, later, again)).toMatchObject({ kind: "answer", value: { kind: "result" } });
    expect(wallet.count("pay_invoice")).toBe(1);
    relay.keeps = false;
    expect(await talk(openSocket, later, again)).toEqual({ kind: "none", why: "nwc_silent" });
  });
});

it.each([[null, false], ["nip04", false], ["nip44_v2", true], ["nip44_v2 nip04", true], ["nip04,nip44_v2", true]] as const)("knows what a wallet speaks that says %s", async (encryption, speaks) => {
  await up({ encryption, methods: ["pay_invoice"] });
  const to = address();
  const info = await talk(openSocket, later, { relays: to.relays, filter: { kinds: [INFO_KIND], authors: [to.wallet] }, take: (event) => readInfo(event), storedOnly: true, waitMs: 2_000 });
  expect(info).toEqual({ kind: "answer", value: { methods: ["pay_invoice"], speaksNip44: speaks } });
});

it("believes a preimage that hashes to the invoice's hash, and no other", () => {
  expect([PREIMAGE, PREIMAGE.toUpperCase(), "22".repeat(32), "11", "", null, 1, `${PREIMAGE}00`].map((preimage) => proves(preimage, HASH))).toEqual([true, true, false, false, false, false, false, false]);
});

it("calls refused only what left nothing open", () => {
  const codes = ["RATE_LIMITED", "NOT_IMPLEMENTED", "INSUFFICIENT_BALANCE", "QUOTA_EXCEEDED", "RESTRICTED", "UNAUTHORIZED", "UNSUPPORTED_ENCRYPTION", "PAYMENT_FAILED", "INTERNAL", "OTHER", "SOMETHING_NEW", "NOT_FOUND"];
  expect(codes.filter((code) => !isRefusal(code))).toEqual(["PAYMENT_FAILED", "INTERNAL", "OTHER", "SOMETHING_NEW", "NOT_FOUND"]);
});
