import { describe, expect, it } from "vitest";
import type { ChainFees, Rates } from "../../src/api/types.ts";
import { shopperRate } from "../../src/background/currency.ts";
import type { PageRequest } from "../../src/background/requests.ts";
import { makeBrowser } from "./browser.ts";
import { PAIRING, makeTill } from "./till.ts";

const rates = (...rows: readonly (readonly [string, number | null])[]): Rates => ({ rates: rows.map(([currency, rate_micro]) => ({ currency, rate_micro, venues: [], outliers: [] })) });
const RATES = rates(["USD", 5], ["EUR", 4], ["GBP", null], ["CHF", 6]);

describe("in what the shopper reckons", () => {
  it.each<[string | null, string, string]>([
    ["CH", "de-DE", "CHF"], ["AT", "en-US", "EUR"], [null, "de-DE", "EUR"], [null, "en-US", "USD"], [null, "en", "USD"], ["GB", "en-GB", "USD"], ["JP", "?", "USD"],
  ])("of %s, speaking %s: %s", (country, language, currency) => expect(shopperRate(country, language, RATES)?.currency).toBe(currency));
  it("is nothing where nothing has a rate", () => {
    expect(shopperRate("US", "en-US", rates(["USD", null], ["EUR", 1.5]))).toBeNull();
    expect(shopperRate("US", "en-US", null)).toBeNull();
  });
});

describe("what the chain costs", () => {
  it("is the server's estimate, with the rate of the shopper's country", async () => {
    const till = makeTill();
    till.instead = ({ path }) => (path === "/v1/rates" ? Response.json(RATES) : null);
    const browser = makeBrowser({ fetch: till.fetch });
    expect(await browser.background.asked({ ask: "chain_costs", language: "en" })).toMatchObject({ ok: false, trouble: { code: "not_paired" } });
    await browser.ask("pair", { pairing: PAIRING });
    await browser.ask("login", { login: "ella", password: "correct horse battery", deviceName: "test" });
    expect(await browser.ask("chain_costs", { language: "de-DE" })).toMatchObject({ fees: till.chainFees, rate: { currency: "USD" } });
    expect(JSON.stringify([...browser.disk])).not.toContain("sat_per_kvb");
  });

  it.each<[string, Partial<Record<keyof ChainFees, unknown>>]>([
    ["a rate below zero", { rates: [{ blocks: 6, sat_per_kvb: -1 }] }],
    ["half a rate", { rates: [{ blocks: 6, sat_per_kvb: 1.5 }] }],
    ["no list", { rates: null }],
    ["rates of no time", { estimated_at_ms: null }],
    ["a fee in words", { refund_fee_sat: "much" }],
  ])("is not reckoned with %s", async (_, wrong) => {
    const till = makeTill();
    const browser = makeBrowser({ fetch: till.fetch });
    await browser.ask("pair", { pairing: PAIRING });
    till.chainFees = { ...till.chainFees, ...wrong } as ChainFees;
    const answer = await browser.background.asked({ ask: "chain_costs", language: "en" } as PageRequest);
    expect(answer).toMatchObject({ ok: false, trouble: { code: "answer_malformed" } });
  });
});
