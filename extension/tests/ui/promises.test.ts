// @vitest-environment jsdom
/** The panel promises no more than the policy in force keeps. */
import { describe, expect, it } from "vitest";
import { words, type Words } from "../../src/ui/i18n/index.ts";
import { panelWords, type PanelKey } from "../../src/ui/i18n/panel.ts";
import { drawStage } from "../../src/ui/stages/index.ts";
import type { Drawing } from "../../src/ui/stages/parts.ts";
import { stepOf } from "../../src/ui/stepper.ts";
import type { PanelView } from "../../src/types/panel.ts";
import { NOW_MS, STAGE_NAMES, STAGES } from "./fixtures.ts";

const say: Words<PanelKey> = words(panelWords, "en");

function textOf(view: PanelView): string {
  const drawing: Drawing = {
    view, words: say, act: () => undefined, tick: (draw) => draw(NOW_MS), say: () => undefined, choices: new Map(), copy: async () => true,
    readMoney: () => ({ unsure: "no_amount" }),
  };
  const box = document.createElement("div");
  box.append(...drawStage(drawing));
  return box.textContent ?? "";
}

const PROMISES = [say.t("still_yours"), say.t("still_yours_pay"), say.t("promise_authorization")];

describe.each(STAGE_NAMES)("%s", (name) => {
  const view: PanelView = STAGES[name];
  const { stage } = view;
  const shown = textOf(view);

  it("says that money is still the shopper's only where the view does", () => {
    const gift = stage.kind === "offer" && stage.ways[0] === "gift_card";
    const keeps = gift ? false : "stillYours" in stage ? stage.stillYours : stage.kind === "offer" && stage.claimOn === "authorization";
    const promised = PROMISES.some((promise) => shown.includes(promise));
    expect(promised && !keeps).toBe(false);
    if (stage.kind === "held" || stage.kind === "total_changed" || (stage.kind === "card_ready" && !stage.prepared)) expect(shown.includes(say.t("still_yours"))).toBe(stage.stillYours);
  });

  it("calls no gift card held, nor says that a store's charge takes the bitcoin", () => {
    const gift = ("gift" in stage && stage.gift !== undefined && (stage.kind !== "offer" || stage.ways[0] === "gift_card")) || stage.kind === "paying_vendor";
    if (!gift) return;
    for (const words of [...PROMISES, say.t("promise_reveal"), say.t("still_yours_reveal")]) expect(shown).not.toContain(words);
    const left = stage.kind === "offer" ? stage.gift?.values[0]?.left : stage.gift?.left;
    // What stays at the store is said wherever a gift card is spoken of.
    expect(/stays (on your account )?at/iu.test(shown)).toBe((left?.minor ?? 0) > 0);
  });

  it("never says of what is paid first that it is the shopper's still, or held", () => {
    const first = stage.kind === "confirm_funds" || stage.kind === "second_factor" || stage.kind === "funds_coming" || (stage.kind === "ended" && stage.funds !== undefined);
    if (!first) return;
    for (const words of [...PROMISES, say.t("promise_reveal"), say.t("still_yours_text"), say.t("still_yours_reveal"), say.t("nothing_taken_text"), say.t("nothing_taken_unpaid")]) expect(shown).not.toContain(words);
    expect(shown).not.toMatch(/still yours|held, not taken/iu);
    if (stage.kind !== "confirm_funds") return;
    // All of the guarantee stands there before anything can be confirmed: that it cannot be held, what goes back, where to, when.
    for (const part of [/cannot be held/u, /not used (is paid back, in bitcoin, to your (Coinbase account|refund destination)|goes back to your address, less what the chain takes)/u, /within 7 days/u, /rate of that day/u]) expect(shown).toMatch(part);
  });

  it("shows parts of a price that add up to it", () => {
    const price = "price" in stage ? stage.price : "estimate" in stage ? stage.estimate : null;
    if (!price?.made) return;
    const { orderMsat, feeMsat, sold, spreadMsat, roundingMsat } = price.made;
    expect(orderMsat + feeMsat + (sold?.slippageMsat ?? 0) + spreadMsat + roundingMsat).toBe(price.amountMsat);
  });

  it("never says under `reveal` that only the store's charge takes it", () => {
    const reveal = "claimOn" in stage && stage.claimOn === "reveal";
    const onlyStore = [say.t("promise_authorization"), say.t("still_yours_text"), say.t("still_yours_pay")].some((text) => shown.includes(text));
    expect(reveal && onlyStore).toBe(false);
  });

  it("says that nothing was taken only of a purchase of which it is so", () => {
    const nothing = stage.kind === "ended" && stage.nothingTaken;
    expect(shown.includes(say.t("nothing_taken")) && !nothing).toBe(false);
    if (nothing) expect(shown).toContain(say.t("nothing_taken"));
  });
});

it("shows the five steps of a gift card in their order", () => {
  const order = (["offer_ways", "pay_gift", "paying_vendor", "gift_ready", "gift_filled", "done_gift", "ended_gift"] as const).map((name) => stepOf(STAGES[name].stage));
  expect(order).toEqual([null, 0, 1, 2, 3, 4, null]);
});

it("shows the six steps of a purchase in their order and none before it", () => {
  const order = (["offer", "pay", "held", "card_ready", "card_filled", "charged", "done", "ended_returned"] as const).map((name) => stepOf(STAGES[name].stage));
  expect(order).toEqual([null, 0, 1, 2, 3, 4, 5, null]);
});
