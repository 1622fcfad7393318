// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { LANGUAGES, words } from "../../src/ui/i18n/index.ts";
import { pagesWords } from "../../src/ui/i18n/pages.ts";
import type { Page } from "../../src/ui/pages/kit.ts";
import { chainFeeText, matches, newcomer, wallets, WALLETS } from "../../src/ui/pages/routes/wallets.ts";
import { append, type Child } from "../../src/ui/h.ts";
import type { Wallet } from "../../src/types/wallet.ts";

function drawn(route: (page: Page, rest?: string) => readonly Child[], language: string, rest?: string): HTMLElement {
  const box = document.createElement("main");
  append(box, route({ words: words(pagesWords, language) } as Page, rest));
  return box;
}

const wallet = (id: string): Wallet => WALLETS.find((one) => one.id === id) as Wallet;
const details = (box: HTMLElement, name: string): HTMLElement =>
  [...box.querySelectorAll<HTMLElement>("details")].find((item) => item.querySelector("summary b")?.textContent === name) as HTMLElement;

describe.each(LANGUAGES)("the pages in %s", (language) => {
  it("show every wallet, with words for all that is known of it", () => {
    const box = drawn(wallets, language);
    expect([...box.querySelectorAll("summary b")].map((name) => name.textContent).sort()).toEqual(WALLETS.map(({ name }) => name).sort());
    expect(`${box.textContent}${drawn(newcomer, language).textContent}`).not.toMatch(/undefined|null|\{\w+\}/);
  });

  it("lead to a source at each fact, and only to https", () => {
    for (const route of [wallets, newcomer]) {
      const away = [...drawn(route, language).querySelectorAll<HTMLAnchorElement>("a[target]")];
      expect(away.length).toBeGreaterThan(5);
      for (const { href, rel } of away) expect([href.slice(0, 8), rel]).toEqual(["https://", "noreferrer"]);
    }
  });
});

describe("the table of wallets, shown", () => {
  const box = drawn(wallets, "en");

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
  it("has the one open that was asked for", () =>
    expect([...drawn(wallets, "en", "zeus").querySelectorAll("details[open] summary")].map((name) => name.textContent)).toEqual(["Zeus"]));
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

describe("New to Lightning", () => {
  const box = drawn(newcomer, "en");
  const [accounts, own] = [...box.querySelectorAll("section")].map((part) => [...part.querySelectorAll("h3")].map((name) => name.textContent));

  it("begins with accounts that pay from a balance", () => expect(accounts).toEqual(["Cash App", "Strike", "Kraken", "Coinbase", "River"]));
  it("goes on with wallets that show a held payment as not finished", () => expect(own).toEqual(["Phoenix", "Alby", "Aqua", "Electrum", "Bitkit"]));

  it("says what a deposit takes, and what sending costs", () => {
    expect(box.textContent).toContain("Spendable after 3 confirmations on the chain, about 30 minutes");
    expect(box.textContent).toContain("Sending costs 0.4% and 4 sat.");
  });

  it("says the chain's fee where it is known, and that it is not where it is not", () => {
    const say = words(pagesWords, "en");
    expect(chainFeeText(say, { sat_per_kvb: 12_345, observed_at_ms: 0 })).toContain("costs about 1,741 sat at the moment");
    expect(chainFeeText(say, null)).toContain("is not known here");
    expect(box.textContent).toContain(chainFeeText(say, null));
  });
});
