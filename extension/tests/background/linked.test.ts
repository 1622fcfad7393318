/** A linked account: what is known of it, and a purchase that is paid from it first. */
import { describe, expect, it } from "vitest";
import type { PurchaseView } from "../../src/api/types.ts";
import { panelView } from "../../src/background/view.ts";
import type { Stage } from "../../src/types/panel.ts";
import type { Browser, TestPage } from "./browser.ts";
import { Killed, makeBrowser } from "./browser.ts";
import { HOST, NOW, QUOTE, RATES, SERVED, TOTAL, charge, input, page as pageOf, purchase, refund, view } from "./given.ts";
import { URL_OF, posts } from "./ready.ts";
import type { Till } from "./till.ts";
import { PAIRING, makeTill } from "./till.ts";

const COINBASE = { provider: "coinbase", available_sat: 1_000_000 };

async function linkedUp(change: (till: Till) => void = () => undefined): Promise<{ till: Till; browser: Browser }> {
  const till = makeTill();
  till.links = ["coinbase"];
  till.linked = { ...COINBASE };
  change(till);
  const browser = makeBrowser({ fetch: till.fetch });
  await browser.ask("pair", { pairing: PAIRING });
  await browser.ask("login", { login: "ella", password: "correct horse", deviceName: "test" });
  return { till, browser };
}

async function offered(browser: Browser): Promise<{ page: TestPage; stage: Extract<Stage, { kind: "offer" }> }> {
  const page = await browser.open(1, URL_OF);
  return { page, stage: (await page.until("offer")) as Extract<Stage, { kind: "offer" }> };
}

async function toConfirm(): Promise<{ till: Till; browser: Browser; page: TestPage }> {
  const { till, browser } = await linkedUp();
  const { page } = await offered(browser);
  await page.press({ do: "begin", way: "card", from: "linked_account" });
  await page.until("confirm_funds");
  return { till, browser, page };
}

async function toCode(): Promise<{ till: Till; browser: Browser; page: TestPage }> {
  const at = await toConfirm();
  await at.page.press({ do: "confirm_funds" });
  await at.page.until("second_factor");
  return at;
}

const calls = (till: Till, what: string) => till.asked.filter(({ path }) => path.endsWith(`/${what}`));

describe("the linked account", () => {
  it("is asked for once the shopper is logged in, where the server links any, and at no page", async () => {
    const { till, browser } = await linkedUp();
    expect(calls(till, "linked").length).toBe(1);
    await offered(browser);
    expect(calls(till, "linked").length).toBe(1);
    expect(await browser.ask("state", {})).toMatchObject({ linkable: ["coinbase"], linked: { provider: "coinbase", availableSat: 1_000_000 } });
    const none = await linkedUp((one) => void (one.links = []));
    expect(calls(none.till, "linked")).toEqual([]);
  });
  it("is linked on the provider's own page, which has to be an https one", async () => {
    const { till, browser } = await linkedUp((one) => void (one.linked = null));
    await browser.ask("link", { provider: "coinbase" });
    expect(browser.links).toEqual([till.authorize]);
    for (const bad of ["http://login.provider.example/", "javascript:alert(1)", "https://you@login.provider.example/", "no address"]) {
      till.authorize = bad;
      expect(await browser.background.asked({ ask: "link", provider: "coinbase" })).toMatchObject({ ok: false, trouble: { code: "answer_malformed" } });
    }
    till.authorize = "http://127.0.0.1:9000/oauth2/auth";
    await browser.ask("link", { provider: "coinbase" });
    expect(browser.links.length).toBe(2);
  });
  it("shows its balance after it was linked, and is forgotten when it is unlinked, or the shopper logs out", async () => {
    const { till, browser } = await linkedUp((one) => void (one.linked = null));
    till.linked = { ...COINBASE, available_sat: 5 };
    expect((await browser.ask("linked_get", {})).linked).toMatchObject({ available_sat: 5 });
    expect((await browser.ask("state", {})).linked).toEqual({ provider: "coinbase", availableSat: 5 });
    await browser.ask("unlink", { provider: "coinbase" });
    expect((await browser.ask("state", {})).linked).toBeNull();
    till.linked = { ...COINBASE };
    await browser.ask("linked_get", {});
    // What else is kept of the account does not lose it.
    await browser.ask("destination_get", {});
    expect((await browser.ask("state", {})).linked).not.toBeNull();
    await browser.ask("logout", {});
    expect((await browser.ask("state", {})).linked).toBeNull();
  });
});

describe("the offer", () => {
  const amountSat = 496_758;
  const at = (availableSat: number | null, change: Partial<Parameters<typeof input>[0]> = {}): unknown => {
    const stage = panelView(input({ served: { ...SERVED, linked_accounts: ["coinbase"] }, linked: { provider: "coinbase", availableSat }, rates: RATES, ...change })).stage;
    return stage.kind === "offer" ? stage.linked : stage.kind;
  };
  it("has the account beside the wallet where it has enough, to the satoshi", () => {
    expect(at(amountSat)).toEqual({ provider: "coinbase", availableMsat: 496_758_000 });
    expect(at(amountSat - 1)).toBeUndefined();
  });
  it("has none without a balance, a rate, a server that serves it, or a total of its own", () => {
    expect(at(null)).toBeUndefined();
    expect(at(amountSat, { rates: null })).toBeUndefined();
    expect(at(amountSat, { served: SERVED })).toBeUndefined();
    expect(at(amountSat, { linked: null })).toBeUndefined();
    const prepared = purchase({ cardFirst: true, fill: { kind: "filled", fields: [], missing: [], storeSavesCard: false }, view: view("card_prepared") });
    expect(at(amountSat, { purchase: prepared, page: pageOf({ cardFirst: true }) })).toBeUndefined();
  });
  it("begins from the account only what offers it", async () => {
    const { till, browser } = await linkedUp((one) => void (one.linked = { ...COINBASE, available_sat: 1 }));
    const { page, stage } = await offered(browser);
    expect(stage).not.toHaveProperty("linked");
    await page.press({ do: "begin", way: "card", from: "linked_account" });
    expect(posts(till)).toEqual([]);
  });
});

describe("a purchase from the account", () => {
  it("sends where it is paid from, and nothing more; nothing is sent from the account before the shopper confirms", async () => {
    const { till, page } = await toConfirm();
    const [post] = posts(till);
    expect(post?.body).toEqual({ store_host: HOST, nonce: expect.stringMatching(/^[0-9a-f]{32}$/) as string, claim_on: "authorization", total: TOTAL, source: "linked_account" });
    expect(page.stage).toMatchObject({ kind: "confirm_funds", from: { provider: "coinbase", back: "linked_account", unusedAfterMs: 7 * 86_400_000 }, expiresAtMs: QUOTE.expires_at_ms });
    expect(calls(till, "confirm-funds")).toEqual([]);
    await page.press({ do: "confirm_funds" });
    await page.until("second_factor");
    expect(calls(till, "confirm-funds").length).toBe(1);
  });
  it("goes on with the right code, to the card and the end", async () => {
    const { till, page } = await toCode();
    expect(page.stage).toMatchObject({ codesLeft: 5 });
    await page.press({ do: "second_factor", code: "123456" });
    await page.until("funds_coming");
    till.funds({ status: "pending" });
    await page.untilTrue(() => page.stage?.kind === "funds_coming" && page.stage.how === "pending", "pending");
    till.funds({ status: "arrived" }, { state: "card_ready", bitcoin: "claimed", claimed_msat: QUOTE.amount_msat });
    expect(await page.until("card_ready")).toMatchObject({ stillYours: false, taken: true });
    till.charges();
    await page.until("charged");
    till.captures();
    await page.until("done");
  });
  it("says that a code was wrong, how many are left, and takes the next", async () => {
    const { page } = await toCode();
    await page.press({ do: "second_factor", code: "000000" });
    await page.untilTrue(() => page.view?.trouble?.code === "wrong_code", "wrong");
    expect(page.stage).toMatchObject({ kind: "second_factor", codesLeft: 4 });
    await page.press({ do: "second_factor", code: "123456" });
    await page.until("funds_coming");
    expect(page.view?.trouble).toBeUndefined();
  });
  it("keeps the code nowhere, and passes on what looks like one only", async () => {
    const { till, browser, page } = await toCode();
    till.code = "7K3M9Q";
    await page.press({ do: "second_factor", code: "12 34" });
    await page.press({ do: "second_factor", code: "" });
    expect(calls(till, "second-factor")).toEqual([]);
    await page.press({ do: "second_factor", code: "7K3M9Q" });
    await page.until("funds_coming");
    expect(calls(till, "second-factor").map(({ body }) => body)).toEqual([{ code: "7K3M9Q" }]);
    expect(JSON.stringify([...browser.disk, ...browser.session, page.view, page.pill])).not.toContain("7K3M9Q");
  });
  it("pressed twice sends one code, and confirms once", async () => {
    const { till, page } = await toConfirm();
    await Promise.all([page.press({ do: "confirm_funds" }), page.press({ do: "confirm_funds" })]);
    await page.until("second_factor");
    await Promise.all([page.press({ do: "second_factor", code: "123456" }), page.press({ do: "second_factor", code: "123456" })]);
    await page.until("funds_coming");
    expect([calls(till, "confirm-funds").length, calls(till, "second-factor").length]).toEqual([1, 1]);
  });
  it("looks what a code did when nobody said, and sends it no second time", async () => {
    const { till, page } = await toCode();
    till.instead = ({ path }) => {
      if (!path.endsWith("/second-factor")) return null;
      till.instead = () => null;
      till.funds({ status: "under_way" });
      throw new TypeError("the answer was lost");
    };
    await page.press({ do: "second_factor", code: "123456" });
    await page.until("funds_coming");
    expect(calls(till, "second-factor").length).toBe(1);
  });
  it("survives a worker that is killed at any step of confirming, and confirms once", async () => {
    let steps = 0;
    const counted = await toConfirm();
    counted.browser.onStep(() => void (steps += 1));
    await counted.page.press({ do: "confirm_funds" });
    await counted.page.until("second_factor");
    for (let at = 1; at <= steps; at++) {
      const { till, browser, page } = await toConfirm();
      let n = 0;
      browser.onStep(() => {
        if (++n === at) throw new Killed();
      });
      await page.press({ do: "confirm_funds" });
      await browser.restart();
      await page.untilTrue(() => page.stage?.kind === "second_factor" || (page.stage?.kind === "confirm_funds" && page.stage.confirming === undefined), `going on after step ${at}`);
      if (page.stage?.kind === "confirm_funds") await page.press({ do: "confirm_funds" });
      await page.until("second_factor");
      expect(new Set(calls(till, "confirm-funds").map(({ key }) => key)).size, `step ${at}`).toBe(1);
    }
  }, 60_000);
  it("is never confirmed on terms that are not what was asked for", async () => {
    for (const bad of [{ total_minor: 2712 }, { store: "www.other.example" }, { node: `02${"11".repeat(32)}` }, { amount_msat: QUOTE.amount_msat + 1_000 }, { terms_hash: "00".repeat(32) }]) {
      const { till, browser } = await linkedUp();
      till.bend = (terms, bolt11) => ({ terms: { ...terms, ...bad }, bolt11 });
      const { page } = await offered(browser);
      await page.press({ do: "begin", way: "card", from: "linked_account" });
      await page.until("untrusted");
      await page.press({ do: "confirm_funds" });
      expect(calls(till, "confirm-funds"), JSON.stringify(bad)).toEqual([]);
    }
  });
  it("that was unlinked meanwhile is refused plainly, and offered no more", async () => {
    const { till, browser } = await linkedUp();
    const { page } = await offered(browser);
    till.linked = null;
    await page.press({ do: "begin", way: "card", from: "linked_account" });
    await page.untilTrue(() => page.view?.trouble?.code === "not_linked", "refused");
    expect(page.stage).not.toHaveProperty("linked");
  });
});

describe("what is said of it", () => {
  const promise = { held: false, unused_goes_back: true, unused_after_ms: 1, returned_at_new_rate: true, back_to: "linked_account" } as const;
  const of = (state: PurchaseView["state"], status: NonNullable<PurchaseView["funds"]>["status"], change: Partial<PurchaseView> = {}): Stage => {
    const funds = { source: "linked_account", status, amount_msat: QUOTE.amount_msat, seen_msat: 0, locked_until_ms: NOW, promise } as const;
    const one = view(state, { flow: "paid_first", invoice: null, funds, terms_hash: "ab", ...change });
    return panelView(input({ purchase: purchase({ from: "linked_account", provider: "coinbase", checkedTerms: "ab", view: one }) })).stage;
  };
  it("is what the server says, at each point on its way", () => {
    expect(of("quoted", "unconfirmed").kind).toBe("confirm_funds");
    expect(of("quoted", "unconfirmed", { terms_hash: "cd" })).toEqual({ kind: "working", what: "checking_terms" });
    expect(of("quoted", "asked")).toMatchObject({ kind: "funds_coming", how: "asked" });
    expect(of("awaiting_funds", "second_factor").kind).toBe("second_factor");
    for (const how of ["asked", "under_way", "pending"] as const) expect(of("awaiting_funds", how)).toMatchObject({ kind: "funds_coming", how });
  });
  it("is never that the money is still the shopper's, whatever the server says of the bitcoin", () => {
    for (const state of ["quoted", "awaiting_funds", "card_ready", "funded", "claiming"] as const) {
      for (const bitcoin of ["unpaid", "held", "claimed"] as const) {
        const stage = of(state, "under_way", { bitcoin });
        expect("stillYours" in stage && stage.stillYours, `${state} ${bitcoin}`).toBe(false);
      }
    }
  });
  it("is that nothing was taken only where nothing was asked of the account, or it failed", () => {
    const ended = (status: NonNullable<PurchaseView["funds"]>["status"], change: Partial<PurchaseView> = {}): unknown => {
      const stage = of("returned", status, change);
      return stage.kind === "ended" ? [stage.nothingTaken, stage.funds?.coming] : stage.kind;
    };
    expect(ended("unconfirmed")).toEqual([true, false]);
    expect(ended("failed")).toEqual([true, false]);
    for (const status of ["asked", "under_way", "pending"] as const) expect(ended(status), status).toEqual([false, true]);
    expect(ended("arrived", { bitcoin: "claimed", claimed_msat: null })).toEqual([false, false]);
    expect(ended("arrived", { bitcoin: "claimed", refunds: [refund({ cause: "arrived_late" })] })).toEqual([false, false]);
  });
  it("names the account that something goes back to", () => {
    const stage = of("returned", "arrived", { bitcoin: "claimed", refunds: [refund({ destination: { kind: "linked_account", provider: "coinbase" } })] });
    expect(stage.kind === "ended" && stage.owed[0]).toMatchObject({ toAccount: "coinbase", destination: null });
    expect(of("funded", "arrived", { bitcoin: "claimed", charges: [charge()] })).toMatchObject({ kind: "charged" });
  });
});
