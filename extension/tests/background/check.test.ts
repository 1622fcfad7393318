import { describe, expect, it } from "vitest";
import type { PurchaseView, TermsView } from "../../src/api/types.ts";
import { judgeInvoice } from "../../src/background/check.ts";
import type { LocalPurchase, Pairing } from "../../src/background/model.ts";
import { HOST, NOW, TOTAL, purchase } from "./given.ts";
import { NODE_KEY, ROOT_KEY, SERVER, makeTill } from "./till.ts";

const pairing: Pairing = { server: SERVER, pinned: { root: ROOT_KEY, version: 1, textHash: "" }, nodes: [NODE_KEY], recipeKeys: [], network: "regtest", distrusted: null };
const nonce = "01".repeat(16);

async function quoted(): Promise<{ view: PurchaseView; terms: TermsView; local: LocalPurchase }> {
  const till = makeTill();
  const body = JSON.stringify({ store_host: HOST, nonce, total: TOTAL });
  const view = (await (await till.fetch(`${SERVER}/v1/purchases`, { method: "POST", headers: { "idempotency-key": "k" }, body })).json()) as PurchaseView;
  const terms = (await (await till.fetch(`${SERVER}/v1/purchases/${view.id}/terms`, { headers: {} })).json()) as TermsView;
  return { view, terms, local: purchase({ id: view.id, nonce }) };
}

describe("our own check of an invoice", () => {
  it("passes what was asked for and is shown", async () => {
    const { view, terms, local } = await quoted();
    expect(judgeInvoice(local, view, terms, pairing, BigInt(NOW))).toMatchObject({ checked: { network: "regtest" } });
    expect(judgeInvoice(local, view, terms, { ...pairing, network: null }, BigInt(NOW))).toMatchObject({ checked: {} });
  });
  type Quote = NonNullable<PurchaseView["quote"]>;
  const PARTS = {
    consolidated_rate: "5500.05", consolidated_rate_micro: 5_500_050_000, observed_at_ms: NOW, venues: 4, basis: { kind: "venues" },
    order_msat: 492_904_609, fee_msat: 0, slippage_msat: 4_481, slippage_ppm: 9, spread_msat: 3_848_881, rounding_msat: 29,
  } as const;
  const changes: readonly [string, Partial<Quote>][] = [
    ["another total", { total: { minor: 2712, currency: "USD" } }],
    ["another currency", { total: { minor: 2711, currency: "CAD" } }],
    ["another fee", { fee: { minor: 1, currency: "USD" } }],
    ["a fee of another currency", { fee: { minor: 0, currency: "CAD" } }],
    ["another rate", { rate_micro: 1 }],
    ["another spread", { spread_ppm: 1 }],
    ["another amount", { amount_msat: 1_000 }],
    ["another expiry", { expires_at_ms: NOW }],
    ["parts that do not add up", { parts: { ...PARTS, spread_msat: PARTS.spread_msat + 1 } }],
    ["an amount that is not exact", { amount_msat: 496_758_000.5 }],
  ];
  it.each(changes)("does not show a price that the terms do not have: %s", async (_, change) => {
    const { view, terms, local } = await quoted();
    const quote = { ...(view.quote as Quote), ...change };
    expect(judgeInvoice(local, { ...view, quote }, terms, pairing, BigInt(NOW))).toEqual({ fault: "quote_differs" });
  });
  it("shows one with parts that do", async () => {
    const { view, terms, local } = await quoted();
    const quote = { ...(view.quote as Quote), parts: PARTS };
    expect(judgeInvoice(local, { ...view, quote }, terms, pairing, BigInt(NOW))).toHaveProperty("checked");
  });
  it("does not take what only looks like ours", async () => {
    const { view, terms, local } = await quoted();
    const judge = (change: { view?: Partial<PurchaseView>; local?: Partial<LocalPurchase>; pairing?: Partial<Pairing>; now?: number }) =>
      judgeInvoice({ ...local, ...change.local }, { ...view, ...change.view }, terms, { ...pairing, ...change.pairing }, BigInt(change.now ?? NOW));
    expect(judge({ view: { claim_on: "reveal" } })).toEqual({ fault: "quote_differs" });
    expect(judge({ local: { claimOn: "reveal" } })).toEqual({ fault: "terms_claim_on" });
    expect(judge({ local: { nonce: "02".repeat(16) } })).toEqual({ fault: "terms_hash" });
    expect(judge({ local: { total: { minor: 2712, currency: "USD" } } })).toEqual({ fault: "terms_total" });
    expect(judge({ local: { store: "else.example" } })).toEqual({ fault: "terms_store" });
    expect(judge({ local: { id: "ff".repeat(16) } })).toEqual({ fault: "terms_purchase" });
    expect(judge({ local: { total: null } })).toEqual({ fault: "no_quote" });
    expect(judge({ pairing: { server: "https://other.example" } })).toEqual({ fault: "terms_server" });
    expect(judge({ pairing: { nodes: [`02${"11".repeat(32)}`] } })).toEqual({ fault: "wrong_key" });
    expect(judge({ pairing: { network: "bitcoin" } })).toEqual({ fault: "wrong_network" });
    expect(judge({ now: NOW + 600_000 })).toEqual({ fault: "expired" });
  });
});
