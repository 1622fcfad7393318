// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { LANGUAGES, words } from "../../src/ui/i18n/index.ts";
import { pagesWords } from "../../src/ui/i18n/pages.ts";
import type { Answer, ChainCosts } from "../../src/background/requests.ts";
import type { AskFn, Drawn, Page } from "../../src/ui/pages/kit.ts";
import { matches, newcomer, wallets, WALLETS } from "../../src/ui/pages/routes/wallets.ts";
import { append } from "../../src/ui/h.ts";
import type { Wallet } from "../../src/types/wallet.ts";

const COSTS: ChainCosts = {
  fees: { rates: [{ blocks: 2, sat_per_kvb: 12_345 }, { blocks: 144, sat_per_kvb: 1_027 }], estimated_at_ms: 0, age_ms: 180_000, stale: false },
  rate: { currency: "EUR", rateMicro: 50_000_000_000 },
};
const known = { ok: true, value: COSTS } as const;

async function drawn(route: (page: Page, rest?: string) => Drawn, language: string, rest?: string, costs: Answer<"chain_costs"> = known): Promise<HTMLElement> {
  const box = document.createElement("main");
  append(box, await route({ words: words(pagesWords, language), ask: (async () => costs) as AskFn } as unknown as Page, rest));
  return box;
}

const wallet = (id: string): Wallet => WALLETS.find((one) => one.id === id) as Wallet;
const details = (box: HTMLElement, name: string): HTMLElement =>
  [...box.querySelectorAll<HTMLElement>("details")].find((item) => item.querySelector("summary b")?.textContent === name) as HTMLElement;

describe.each(LANGUAGES)("the pages in %s", (language) => {
  it("show every wallet, with words for all that is known of it", async () => {
    const box = await drawn(wallets, language);
    expect([...box.querySelectorAll("summary b")].map((name) => name.textContent).sort()).toEqual(WALLETS.map(({ name }) => name).sort());
    expect(`${box.textContent}${(await drawn(newcomer, language)).textContent}`).not.toMatch(/undefined|null|\{\w+\}/);
  });

  it("lead to a source at each fact, and only to https", async () => {
    for (const route of [wallets, newcomer]) {
      const away = [...(await drawn(route, language)).querySelectorAll<HTMLAnchorElement>("a[target]")];
      expect(away.length).toBeGreaterThan(5);
      for (const { href, rel } of away) expect([href.slice(0, 8), rel]).toEqual(["https://", "noreferrer"]);
    }
  });
});

describe("the table of wallets, shown", async () => {
  const box = await drawn(wallets, "en");

  it("says what we measured, with which version and when, and links nowhere for it", () => {
    const electrum = details(box, "Electrum");
    expect(electrum.textContent).toContain("“In progress”measured by us with version 4.3.4, Nov 30, 2026");
    expect([...electrum.querySelectorAll("a")].some((link) => link.href.includes("measured"))).toBe(false);
  });

  it("says what it shows in the wallet's own words, and where that is from", () => {
    const phoenix = details(box, "Phoenix");
    expect(phoenix.textContent).toContain("In its words: “Payment pending”");
    expect(phoenix.textContent).toContain("No money has been sent.");
    expect(phoenix.textContent).toContain("github.com, Mar 20, 2026");
  });

  it("has those that are gone at the end", () => {
    const gone = [...box.querySelectorAll("summary")].map((summary) => summary.querySelector(".tag") !== null);
    expect(gone).toEqual([...Array<boolean>(19).fill(false), ...Array<boolean>(5).fill(true)]);
  });
  it("has the one open that was asked for", async () =>
    expect([...(await drawn(wallets, "en", "zeus")).querySelectorAll("details[open] summary")].map((name) => name.textContent)).toEqual(["Zeus"]));
  it("says that it does not know", () => {
    expect(details(box, "River").textContent).toContain("While held, it showsunknown");
    expect(details(box, "River").textContent).toContain("We do not know what it shows.");
  });

  it("says of a page without a date when it was read", () => expect(details(box, "River").textContent).toContain("read Nov 30, 2026, itself without a date"));
  it("says what to use instead of one that is gone", () => expect(details(box, "Eclair Mobile").textContent).toContain("Gone, at the latest since Mar 1, 2022. Use Phoenix instead."));

  it.each<[string, string, boolean]>([
    ["wallet_of_satoshi", "SATOSHI", true], ["wallet_of_satoshi", "wallet-of satoshi ", true], ["cash_app", "cashapp", true], ["cash_app", "", true], ["cash_app", "phoenix", false],
  ])("finds %s by %j: %s", (id, typed, found) => expect(matches(wallet(id), typed)).toBe(found));
});

describe("New to Lightning", async () => {
  const box = await drawn(newcomer, "en");
  const [accounts, own] = [...box.querySelectorAll("section")].map((part) => [...part.querySelectorAll("h3")].map((name) => name.textContent));

  it("begins with accounts that pay from a balance", () => expect(accounts).toEqual(["Cash App", "Strike", "Kraken", "Coinbase", "River"]));
  it("goes on with wallets that show a held payment as not finished", () => expect(own).toEqual(["Phoenix", "Alby", "Aqua", "Electrum", "Bitkit"]));

  it("says what a deposit takes, and what sending costs", () => {
    expect(box.textContent).toContain("Spendable after 3 confirmations on the chain, about 30 minutes");
    expect(box.textContent).toContain("Sending costs 0.4% and 4 sat.");
  });

  it("says what the chain takes, in satoshis and in the shopper's currency, and how old that is", () => {
    const cells = [...box.querySelectorAll("tbody tr")].map((row) => [...row.children].map((cell) => cell.textContent));
    expect(cells).toEqual([["20 minutes", "1,741 sat€0.88", "1,889 sat€0.95"], ["1 day", "145 sat€0.08", "158 sat€0.08"]]);
    expect(box.textContent).toContain("Estimated 3 minutes ago");
  });

  it("says that it is old, and shows no money without a rate", async () => {
    const old = await drawn(newcomer, "en", "", { ok: true, value: { fees: { ...COSTS.fees, age_ms: 3_600_000, stale: true }, rate: null } });
    expect(old.querySelector(".note.warn")?.textContent).toContain("This is 1 hour old");
    expect([...old.querySelectorAll("tbody td")].map((cell) => cell.textContent)).toEqual(["1,741 sat", "1,889 sat", "145 sat", "158 sat"]);
  });

  it.each<[string, Answer<"chain_costs">]>([
    ["Your server asks nobody", { ok: true, value: { fees: { rates: [], stale: false, unavailable: "not_configured" }, rate: null } }],
    ["too little traffic", { ok: true, value: { fees: { rates: [], stale: false, unavailable: "nothing_to_estimate_from" }, rate: null } }],
    ["Nobody tells your server", { ok: true, value: { fees: { rates: [], stale: false, unavailable: "unreachable" }, rate: null } }],
    ["is unknown here", { ok: false, trouble: { code: "not_paired", detail: null, retryAfterMs: null } }],
  ])("says that it is unknown, and why: %s", async (why, answer) => {
    const text = (await drawn(newcomer, "en", "", answer)).textContent;
    expect(text).toContain(why);
    expect(text).toContain("is unknown here");
  });
});
