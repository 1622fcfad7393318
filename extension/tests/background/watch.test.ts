import { describe, expect, it } from "vitest";
import type { DestinationSetting } from "../../src/api/types.ts";
import { notice } from "../../src/background/notices.ts";
import { whatIsNew } from "../../src/background/watch.ts";
import { makeBrowser } from "./browser.ts";
import { NOW, charge, refund, view } from "./given.ts";
import { PAIRING, makeTill } from "./till.ts";

const quiet: DestinationSetting = { in_force: "ella@wallet.example", waiting: null };
const waiting: DestinationSetting = { in_force: null, waiting: { lightning_address: "thief@wallet.example", asked_at_ms: 0, asked_by: "d", in_force_at_ms: 1 } };
const kinds = (news: { readonly fresh: readonly { readonly kind: string }[] }): readonly string[] => news.fresh.map((one) => one.kind);

describe("what is new", () => {
  it("is said once", () => {
    const missing = refund({ state: "awaiting_destination" });
    const first = whatIsNew(null, [], [missing], quiet, NOW);
    expect(first.fresh).toEqual([{ kind: "refund_destination_missing", id: missing.id, atMs: NOW }]);
    expect(kinds(whatIsNew(first.watched, [], [missing], quiet, NOW))).toEqual([]);
    const paid = whatIsNew(first.watched, [], [refund({ state: "paid" })], quiet, NOW);
    expect(kinds(paid)).toEqual(["refund_paid"]);
    expect(kinds(whatIsNew(paid.watched, [], [refund({ state: "paid" })], quiet, NOW))).toEqual([]);
  });
  it("is not what was long over at the first look", () => {
    expect(kinds(whatIsNew(null, [view("completed", { captured_minor: 1 })], [refund({ state: "paid" })], quiet, NOW))).toEqual([]);
  });
  it("a charge that comes days later", () => {
    const before = whatIsNew(null, [view("card_ready")], [], quiet, NOW).watched;
    expect(kinds(whatIsNew(before, [view("card_ready", { charges: [charge({ zero_check: true })] })], [], quiet, NOW))).toEqual([]);
    expect(kinds(whatIsNew(before, [view("funded", { charges: [charge()] })], [], quiet, NOW))).toEqual(["charged"]);
  });
  it("a gift card's code, which is no charge", () => {
    const gift = (delivered: boolean) => view(delivered ? "completed" : "funded", { flow: "gift_card", captured_minor: delivered ? 2711 : 0, gift_card: { product_id: "p", delivered, failed: false, reveals: 0 } });
    const before = whatIsNew(null, [gift(false)], [], quiet, NOW).watched;
    const after = whatIsNew(before, [gift(true)], [], quiet, NOW);
    expect(kinds(after)).toEqual(["code_ready"]);
    expect(kinds(whatIsNew(after.watched, [gift(true)], [], quiet, NOW))).toEqual([]);
  });
  it("a destination that does not work, and one that somebody is changing", () => {
    const before = whatIsNew(null, [], [refund()], quiet, NOW).watched;
    expect(kinds(whatIsNew(before, [], [refund({ destination_refused: true })], waiting, NOW))).toEqual(["refund_destination_refused", "destination_changing"]);
  });
});

it("counts on the button, notifies when allowed, and forgets what was seen to", async () => {
  const till = makeTill();
  const browser = makeBrowser({ fetch: till.fetch });
  await browser.ask("pair", { pairing: PAIRING });
  await browser.ask("login", { login: "ella", password: "correct horse", deviceName: "t" });
  till.refunds.push(refund({ state: "awaiting_destination" }));
  await browser.background.alarm("watch");
  expect(browser.badges.at(-1)).toBe("1");
  expect(browser.notices).toEqual([]);
  await browser.ask("settings_set", { settings: { notifications: true } });
  till.setDestination(waiting);
  await browser.background.alarm("watch");
  expect(browser.badges.at(-1)).toBe("2");
  expect(browser.notices).toEqual([notice("destination_changing", "en")]);
  till.refunds.splice(0, 1, refund({ state: "sending" }));
  await browser.background.alarm("watch");
  expect(browser.badges.at(-1)).toBe("1");
  const { attention } = await browser.ask("state", {});
  await browser.ask("attention_seen", { ids: attention.map((one) => one.id) });
  expect(browser.badges.at(-1)).toBe("");
});

it("notifications say nothing of store, total or address", () => {
  for (const language of ["en", "de-DE", "es", "zh-CN", "fr"]) {
    expect(notice("charged", language).length).toBeGreaterThan(5);
  }
  expect(notice("charged", "fr")).toBe(notice("charged", "en"));
});
