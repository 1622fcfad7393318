import type { PanelView, Stage } from "../types/panel.ts";
import { h } from "./h.ts";
import type { Words } from "./i18n/index.ts";
import type { PanelKey } from "./i18n/panel.ts";

const STEPS = ["step_waiting", "step_held", "step_card", "step_filled", "step_charged", "step_done"] as const;
/** With a gift card the store's charge is none of the steps: the order is placed with what is on the account. */
const GIFT_STEPS = ["step_waiting", "step_vendor", "step_code", "step_code_filled", "step_done"] as const;

const isGift = (stage: Stage): boolean => stage.kind === "paying_vendor" || stage.kind === "gift_ready" || ((stage.kind === "pay" || stage.kind === "done") && stage.gift !== undefined);

function giftStepOf(stage: Stage): number | null {
  switch (stage.kind) {
    case "pay":
      return 0;
    case "paying_vendor":
      return 1;
    case "gift_ready":
      return stage.fill.kind === "filled" ? 3 : 2;
    case "done":
      return 4;
    default:
      return null;
  }
}

/** Which of its steps a purchase is at; null where there is no purchase under way to speak of. */
export function stepOf(stage: Stage): number | null {
  if (isGift(stage)) return giftStepOf(stage);
  switch (stage.kind) {
    case "pay":
    case "fetched":
    case "confirm_funds":
    case "second_factor":
    case "funds_coming":
    case "pay_chain":
      return 0;
    case "held":
      return 1;
    case "card_ready":
      if (stage.prepared) return null;
      return stage.fill.kind === "filled" ? 3 : 2;
    case "challenge":
      return 3;
    case "charged":
      return 4;
    case "done":
      return 5;
    default:
      return null;
  }
}

/** "Not taken" is said while it is so, and before it under a policy that will keep it so. */
function isHeldOnly(stage: Stage): boolean {
  if (stage.kind === "pay" || stage.kind === "fetched") return stage.claimOn === "authorization";
  return (stage.kind === "held" || stage.kind === "card_ready" || stage.kind === "challenge") && stage.stillYours;
}

/** A row of segments for the eye, a list for the ear, and the step in words for both. */
export function stepper(view: PanelView, words: Words<PanelKey>): HTMLElement | null {
  const { stage } = view;
  const at = stepOf(stage);
  if (at === null) return null;
  const { t } = words;
  const arrived = !isHeldOnly(stage);
  const steps = isGift(stage) ? GIFT_STEPS : STEPS;
  const label = (index: number): string => {
    const key = steps[index] ?? "step_done";
    return t(key === "step_held" && arrived ? "step_held_reveal" : key);
  };
  const over = stage.kind === "done";
  const items = steps.map((_, index) => {
    const state = index < at || over ? "done" : index === at ? "now" : "todo";
    return h(
      "li",
      { class: state, attrs: { "aria-current": state === "now" ? "step" : null } },
      h("span", null, `${label(index)}: ${t(`state_${state}`)}`),
    );
  });
  return h(
    "div",
    { class: "progress" },
    h("ol", { class: "steps" }, ...items),
    h("p", { class: "where" }, h("b", null, label(at)), h("span", { class: "num" }, t("progress", { n: String(at + 1), of: String(steps.length) }))),
  );
}
