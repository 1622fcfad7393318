import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { tableFaults } from "../../tools/wallets.ts";
import { CHAIN_VBYTES, chainFeeSat, type Wallet } from "../../src/types/wallet.ts";

const FILE = new URL("../../wallets/wallets.json", import.meta.url);
const table = JSON.parse(await readFile(FILE, "utf8")) as { wallets: Wallet[] };
const TODAY = new Date().toISOString().slice(0, 10);

const NAMED = [
  "bluewallet", "eclair", "casa", "zap", "lightning_app", "lightning_peach", "bitpie", "cobo",
  "phoenix", "muun", "wallet_of_satoshi", "zeus", "breez", "misty_breez", "alby", "aqua", "blixt", "electrum",
  "cash_app", "strike", "kraken", "coinbase", "river", "bitkit",
];

/** The table with one wallet changed. */
function changed(id: string, change: Record<string, unknown>): unknown {
  return { wallets: table.wallets.map((wallet) => (wallet.id === id ? { ...wallet, ...change } : wallet)) };
}

const fact = { value: "self", source: "https://wallet.example/custody", date: "2026-01-31" };

describe("the table of wallets", () => {
  it("has no fault", () => expect(tableFaults(table, TODAY)).toEqual([]));
  it("has every wallet that it should have", () => expect(table.wallets.map(({ id }) => id).sort()).toEqual([...NAMED].sort()));

  it("says since when those are gone that are, and names one instead that is not", () => {
    const gone = table.wallets.filter(({ gone_since }) => gone_since !== undefined);
    expect(gone.map(({ id }) => id)).toEqual(["eclair", "casa", "zap", "lightning_app", "lightning_peach"]);
    for (const { instead } of gone) expect(gone.map(({ id }) => id)).not.toContain(instead);
  });
});

describe("the check", () => {
  it.each<[string, unknown, string]>([
    ["a key that is not known", changed("phoenix", { rating: 5 }), "phoenix: rating is not known"],
    ["a fact without its source", changed("phoenix", { custody: { value: "self", date: "2026-01-31" } }), "phoenix.custody: source is missing"],
    ["a bare value", changed("phoenix", { custody: "self" }), "phoenix.custody is neither a fact with its source nor \"unknown\""],
    ["a key in a fact that is not known", changed("phoenix", { custody: { ...fact, sure: true } }), "phoenix.custody: sure is not known"],
    ["a value that is not listed", changed("phoenix", { custody: { ...fact, value: "bank" } }), "phoenix.custody: value is none of"],
    ["a source that is not https", changed("phoenix", { custody: { ...fact, source: "http://wallet.example" } }), "phoenix.custody: source is no https address"],
    ["a measurement of no version", changed("phoenix", { custody: { ...fact, source: "measured" } }), "phoenix.custody: version is missing"],
    ["a version of what was read", changed("phoenix", { custody: { ...fact, version: "1.0" } }), "phoenix.custody: version is not known"],
    ["a day that there is not", changed("phoenix", { custody: { ...fact, date: "2026-02-30" } }), "phoenix.custody: date is no date"],
    ["a day to come", changed("phoenix", { custody: { ...fact, date: "9999-01-01" } }), "phoenix.custody: date is in the future"],
    ["a missing key", changed("phoenix", { custody: undefined }), "phoenix.custody is neither"],
    ["a fee in fractions", changed("phoenix", { send_fee: { ...fact, value: { base_sat: 0.5, ppm: 1000 } } }), "phoenix.send_fee: value is no fee"],
    ["gone, with nothing instead", changed("eclair", { instead: undefined }), "eclair: gone_since and instead go together"],
    ["gone, with another gone one instead", changed("eclair", { instead: "zap" }), "eclair: instead is no wallet of the table that is not gone"],
    ["gone, with nobody instead", changed("eclair", { instead: "nobody" }), "eclair: instead is no wallet of the table that is not gone"],
    ["gone, but told to wait", changed("eclair", { told: ["wait_pending"] }), "eclair: gone, but told something else"],
    ["advice on what nobody knows", changed("river", { told: ["wait_pending"] }), "river: told wait_pending does not fit what is known"],
    ["two of a name", { wallets: [...table.wallets, table.wallets[0]] }, "two wallets have the same id"],
    ["no wallet", { wallets: [null] }, "a row is no wallet"],
    ["no table", [], "this is no table of wallets"],
  ])("finds %s", (_, wrong, fault) => expect(tableFaults(wrong, TODAY).join("\n")).toContain(fault));

  it("finds a key that is left out", () => {
    const [first, ...rest] = table.wallets;
    const { custody: _, ...without } = first as Wallet;
    expect(tableFaults({ wallets: [without, ...rest] }, TODAY)).toContain(`${first?.id}: custody is missing`);
  });
});

describe("what the chain takes", () => {
  it.each([[1_000, 141, 153], [1, 1, 1], [0, 0, 0], [12_345, 1_741, 1_889]])("at %i sat for 1000 vbytes is %i sat of a deposit, %i of a channel", (rate, deposit, channel) =>
    expect([chainFeeSat(rate, CHAIN_VBYTES.deposit), chainFeeSat(rate, CHAIN_VBYTES.channel)]).toEqual([deposit, channel]));
});
