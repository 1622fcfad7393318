/** The store's bank asks whether it is the shopper who pays. */
import { describe, expect, it } from "vitest";
import type { PurchaseView } from "../../src/api/types.ts";
import type { ChallengeEnd, Stage } from "../../src/types/panel.ts";
import { challengeAfter } from "../../src/background/challenge.ts";
import { panelView, pillView } from "../../src/background/view.ts";
import type { Browser, TestPage } from "./browser.ts";
import { Killed } from "./browser.ts";
import { HOLD, NOW, TOTAL, charge, input, purchase, view } from "./given.ts";
import { begun, filled, posts, ready } from "./ready.ts";
import type { Till } from "./till.ts";

const BY = NOW + 600_000;
const ASKED = { merchant: "SHOP", amount: TOTAL, answer_by_ms: BY };
const asking = (change: Partial<PurchaseView> = {}): PurchaseView => view("card_ready", { bitcoin: "held", hold: HOLD, challenge: ASKED, ...change });

describe("the question", () => {
  it("stands before the card, with what is asked and until when on this machine's clock", () => {
    for (const state of ["card_ready", "claiming", "funded"] as const) {
      const stage = panelView(input({ aheadMs: 7_000, purchase: purchase({ view: asking({ state }), revealed: true }) })).stage;
      expect(stage).toEqual({ kind: "challenge", merchant: "SHOP", amount: TOTAL, answerByMs: BY - 7_000, claimOn: "authorization", stillYours: true });
    }
  });
  it("calls the shopper to the panel", () => {
    expect(pillView(input({ purchase: purchase({ view: asking() }) })).tone).toBe("attention");
    expect(pillView(input({ purchase: purchase({ view: asking({ challenge: null }) }) })).tone).toBe("active");
  });
  it("is not asked when its time is over by the server's clock, nor of a purchase that ends", () => {
    const kindOf = (change: Partial<PurchaseView>, aheadMs = 0, nowMs = NOW): Stage["kind"] => panelView(input({ aheadMs, nowMs, purchase: purchase({ view: asking(change) }) })).stage.kind;
    expect(kindOf({}, 0, BY - 1)).toBe("challenge");
    expect(kindOf({}, 0, BY)).toBe("card_ready");
    expect(kindOf({}, 1, BY - 1)).toBe("card_ready");
    for (const change of [{ state: "closing" }, { state: "returned", bitcoin: "returned" }, { winding_up: true }, { waits_for_operator: true }] as const) expect(kindOf(change)).not.toBe("challenge");
  });
  it("never says still yours of what is claimed", () => {
    for (const bitcoin of ["claiming", "claimed"] as const) expect(panelView(input({ purchase: purchase({ view: asking({ bitcoin }) }) })).stage).toMatchObject({ kind: "challenge", stillYours: false });
  });
  it("has ended as the shopper said, or too late, or elsewhere", () => {
    const known = { answerByMs: BY, end: null };
    const gone = asking({ challenge: null });
    expect(challengeAfter(purchase(), asking(), NOW)).toEqual(known);
    expect(challengeAfter(purchase({ challenge: known }), gone, BY - 1)).toEqual({ ...known, end: "elsewhere" });
    expect(challengeAfter(purchase({ challenge: known }), gone, BY)).toEqual({ ...known, end: "over" });
    expect(challengeAfter(purchase({ challenge: { ...known, end: "reject" } }), gone, BY)).toEqual({ ...known, end: "reject" });
    // This browser's own word is on its way: what comes of that is said, and nothing before.
    const wish = { kind: "challenge", key: "k", sinceMs: NOW, answer: "approve" } as const;
    expect(challengeAfter(purchase({ challenge: known, wish }), gone, NOW)).toEqual(known);
    // A second question is another.
    expect(challengeAfter(purchase({ challenge: { ...known, end: "over" } }), asking({ challenge: { ...ASKED, answer_by_ms: BY + 1 } }), BY)).toEqual({ answerByMs: BY + 1, end: null });
  });
  it.each(["approve", "reject", "over", "elsewhere"] as const)("once it ended %s that is said with the card, and not once the store charges", (end: ChallengeEnd) => {
    const at = (change: Partial<PurchaseView>): Stage => panelView(input({ purchase: purchase({ challenge: { answerByMs: BY, end }, view: asking({ challenge: null, ...change }) }) })).stage;
    expect(at({})).toMatchObject({ kind: "card_ready", challenged: end });
    expect(at({ charges: [charge()], state: "funded", bitcoin: "claimed" })).not.toHaveProperty("challenged");
  });
});

async function asked(): Promise<{ till: Till; browser: Browser; page: TestPage }> {
  const { till, browser } = await ready();
  const page = await begun(browser);
  till.paid();
  await page.until("card_ready");
  await page.press({ do: "fill" });
  await page.untilTrue(() => filled(page), "filled");
  till.asks();
  await page.until("challenge");
  return { till, browser, page };
}
const told = (till: Till): readonly unknown[] => till.asked.filter(({ path }) => path.endsWith("/challenge")).map(({ body }) => body["answer"]);
const ended = (page: TestPage, end: ChallengeEnd): Promise<Stage> => page.untilTrue(() => page.stage?.kind === "card_ready" && page.stage.challenged === end, `challenged ${end}`);
const ENDS = [["approve"], ["reject"]] as const;

describe("the answer", () => {
  it.each(ENDS)("%s is told once, and said", async (answer) => {
    const { till, page } = await asked();
    await Promise.all([page.press({ do: "answer_challenge", answer, answerByMs: BY }), page.press({ do: "answer_challenge", answer, answerByMs: BY })]);
    await ended(page, answer);
    expect(told(till)).toEqual([answer]);
    till.charges();
    expect(await page.until("charged")).not.toHaveProperty("challenged");
  });
  it("goes to the question that was shown, and to no other", async () => {
    const { till, page } = await asked();
    await page.press({ do: "answer_challenge", answer: "approve", answerByMs: BY - 1 });
    expect(told(till)).toEqual([]);
    expect(page.stage?.kind).toBe("challenge");
  });
  it("is told again while the issuer cannot be told, under the same key", async () => {
    const { till, page } = await asked();
    let refusals = 2;
    till.instead = ({ path }) => (path.endsWith("/challenge") && refusals-- > 0 ? new Response(JSON.stringify({ code: "not_ready", detail: "", status: 409, title: "", type: "" }), { status: 409, headers: { "content-type": "application/problem+json" } }) : null);
    await page.press({ do: "answer_challenge", answer: "approve", answerByMs: BY });
    await ended(page, "approve");
    expect(told(till)).toEqual(["approve", "approve", "approve"]);
    expect(new Set(till.asked.filter(({ path }) => path.endsWith("/challenge")).map(({ key }) => key)).size).toBe(1);
  });
  it("is shown as under way until it was taken", async () => {
    const { till, page } = await asked();
    till.away = true;
    await page.press({ do: "answer_challenge", answer: "reject", answerByMs: BY });
    await page.untilTrue(() => page.stage?.kind === "challenge" && page.stage.answering === "reject", "answering");
    till.away = false;
    await ended(page, "reject");
  });
  it("that comes too late is called what it was", async () => {
    const { till, page } = await asked();
    // Answered on another device, and this one has not heard of it.
    till.cut();
    till.away = true;
    await page.press({ do: "answer_challenge", answer: "approve", answerByMs: BY });
    till.purchases.set(till.only().id, { ...till.only(), version: 99, challenge: null });
    till.away = false;
    await ended(page, "elsewhere");
    expect(page.view?.trouble).toBeUndefined();
  });
  it("given on another device is said to be that, and a time that is over too", async () => {
    const { till, page, browser } = await asked();
    till.stopsAsking();
    await ended(page, "elsewhere");
    till.asks(700_000);
    await page.until("challenge");
    browser.sleepUntil(NOW + 700_000);
    till.stopsAsking();
    await ended(page, "over");
  });
  it("survives a worker that is killed at any step of it", async () => {
    let steps = 0;
    const counted = await asked();
    counted.browser.onStep(() => void (steps += 1));
    await counted.page.press({ do: "answer_challenge", answer: "approve", answerByMs: BY });
    await ended(counted.page, "approve");
    expect(steps).toBeGreaterThan(1);
    for (let at = 1; at <= steps; at++) {
      const { till, browser, page } = await asked();
      let n = 0;
      browser.onStep(() => {
        if (++n === at) throw new Killed();
      });
      await page.press({ do: "answer_challenge", answer: "approve", answerByMs: BY });
      await browser.restart();
      await page.untilTrue(() => (page.stage?.kind === "challenge" && page.stage.answering === undefined) || (page.stage?.kind === "card_ready" && page.stage.challenged !== undefined), `going on after step ${at}`);
      // Killed before the word was stored: it is asked still.
      if (page.stage?.kind === "challenge") await page.press({ do: "answer_challenge", answer: "approve", answerByMs: BY });
      await ended(page, "approve");
      expect(new Set(posts(till, `/v1/purchases/${till.only().id}/challenge`).map(({ key }) => key)).size, `step ${at}`).toBe(1);
    }
  }, 30_000);
});

describe("a notification", () => {
  it("is given once where the panel is closed and they are allowed", async () => {
    const { till, browser } = await ready();
    await browser.ask("settings_set", { settings: { notifications: true } });
    const page = await begun(browser);
    till.paid();
    await page.until("card_ready");
    till.asks();
    await page.until("challenge");
    expect(browser.notices).toEqual([]);
    await page.toggle(false);
    till.asks(500_000);
    await page.untilTrue(() => browser.notices.length > 0, "told");
    till.put(till.only());
    till.stopsAsking();
    await page.toggle(true);
    await ended(page, "elsewhere");
    expect(browser.notices).toEqual(["A store's bank asks whether it is you who pays. Answer in the panel on the store's page."]);
  });
});
