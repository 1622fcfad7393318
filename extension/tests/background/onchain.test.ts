/** Paid on the chain: what is offered, what is promised before there is an address, and how it comes. */
import { describe, expect, it } from "vitest";
import { panelView } from "../../src/background/view.ts";
import type { Stage } from "../../src/types/panel.ts";
import type { Browser, TestPage } from "./browser.ts";
import { makeBrowser } from "./browser.ts";
import { HOST, QUOTE, SERVED, TOTAL, input, page as pageOf, purchase, view } from "./given.ts";
import { URL_OF, posts } from "./ready.ts";
import type { Till } from "./till.ts";
import { PAIRING, makeTill } from "./till.ts";

const BACK = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
const URI = "bitcoin:bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3?amount=0.00496758";

async function up(onChain = true): Promise<{ till: Till; browser: Browser }> {
  const till = makeTill();
  till.onChain = onChain;
  const browser = makeBrowser({ fetch: till.fetch });
  await browser.ask("pair", { pairing: PAIRING });
  await browser.ask("login", { login: "ella", password: "correct horse", deviceName: "test" });
  return { till, browser };
}

async function toConfirm(refundAddress?: string): Promise<{ till: Till; page: TestPage }> {
  const { till, browser } = await up();
  const page = await browser.open(1, URL_OF);
  await page.until("offer");
  await page.press({ do: "begin", way: "card", from: "on_chain", ...(refundAddress === undefined ? {} : { refundAddress }) });
  await page.until("confirm_funds");
  return { till, page };
}

const calls = (till: Till, what: string) => till.asked.filter(({ path }) => path.endsWith(`/${what}`));

describe("the chain", () => {
  it("is offered where the server serves it, and not with a prepared card, which waits for a hold", () => {
    const served = { ...SERVED, on_chain: { spread_ppm: 20_000, quote_ms: 3_600_000 } };
    expect(panelView(input({ served })).stage).toMatchObject({ kind: "offer", onChain: true });
    expect(panelView(input({})).stage).not.toHaveProperty("onChain");
    const prepared = purchase({ cardFirst: true, fill: { kind: "filled", fields: [], missing: [], storeSavesCard: false }, view: view("card_prepared") });
    expect(panelView(input({ served, purchase: prepared, page: pageOf({ cardFirst: true }) })).stage).not.toHaveProperty("onChain");
  });
  it("begins only what was offered", async () => {
    const { till, browser } = await up(false);
    const page = await browser.open(1, URL_OF);
    await page.until("offer");
    await page.press({ do: "begin", way: "card", from: "on_chain" });
    expect(posts(till)).toEqual([]);
  });
});

describe("a purchase on the chain", () => {
  it("sends where it is paid from and where it goes back to, and asks for no address before the shopper confirms", async () => {
    const { till, page } = await toConfirm(BACK);
    const [post] = posts(till);
    expect(post?.body).toEqual({ store_host: HOST, nonce: expect.stringMatching(/^[0-9a-f]{32}$/) as string, claim_on: "authorization", total: TOTAL, source: "on_chain", refund_address: BACK });
    const from = { provider: "", back: "address", chain: { confirmations: 2, backFeeMsat: 1_410_000 } };
    expect(page.stage).toMatchObject({ kind: "confirm_funds", from, expiresAtMs: QUOTE.expires_at_ms });
    expect(calls(till, "confirm-funds")).toEqual([]);
  });
  it("says nothing of an address when none was given", async () => {
    const { till, page } = await toConfirm();
    expect(posts(till)[0]?.body).not.toHaveProperty("refund_address");
    expect(page.stage).toMatchObject({ from: { back: "refund_destination" } });
  });
  it("shows the address, what was seen and how deep it is, and then the card", async () => {
    const { till, page } = await toConfirm(BACK);
    await page.press({ do: "confirm_funds" });
    till.funds({ status: "asked", address: URI }, { state: "awaiting_funds" });
    expect(await page.until("pay_chain")).toMatchObject({ uri: URI, seenMsat: 0, blocks: 0, needed: 2 });
    till.funds({ status: "pending", seen_msat: 400_000_000, confirmations: 1, confirmations_needed: 2 });
    await page.untilTrue(() => page.stage?.kind === "pay_chain" && page.stage.seenMsat === 400_000_000, "a part");
    till.funds({ status: "pending", seen_msat: QUOTE.amount_msat, confirmations: 0, confirmations_needed: 3 });
    await page.untilTrue(() => page.stage?.kind === "pay_chain" && page.stage.needed === 3, "all of it");
    till.funds({ status: "arrived" }, { state: "card_ready", bitcoin: "claimed", claimed_msat: QUOTE.amount_msat });
    expect(await page.until("card_ready")).toMatchObject({ stillYours: false, taken: true });
  });
  it("says when it ended with something on its way, and when nothing came", () => {
    const promise = { held: false, unused_goes_back: true, unused_after_ms: 1, returned_at_new_rate: true, back_to: "address", confirmations: 2, back_fee_msat: 1 } as const;
    const of = (status: "pending" | "failed", seen_msat: number): Stage => {
      const funds = { source: "on_chain", status, amount_msat: QUOTE.amount_msat, seen_msat, locked_until_ms: 1, address: URI, promise } as const;
      return panelView(input({ purchase: purchase({ from: "on_chain", checkedTerms: "ab", view: { ...view("expired"), flow: "paid_first", funds } }) })).stage;
    };
    expect(of("pending", 5)).toMatchObject({ kind: "ended", nothingTaken: false, funds: { coming: true, from: { chain: { confirmations: 2 } } } });
    expect(of("failed", 0)).toMatchObject({ kind: "ended", nothingTaken: true, funds: { coming: false } });
  });
});
