/** After the store charged, or after it ended otherwise. */
import type { OwedBack, Stage } from "../../types/panel.ts";
import { h } from "../h.ts";
import { fundsEnded } from "./funds.ts";
import { button, leftNote, mainButton, note, owedList, quietButton, rows, seal, softText, text, title, type Drawing } from "./parts.ts";

type Of<K extends Stage["kind"]> = Extract<Stage, { kind: K }>;

export function charged(d: Drawing, stage: Of<"charged">): Node[] {
  const { t, format } = d.words;
  return [
    title(t("charged_title")),
    ...(stage.price ? [rows([t("order_total"), format.money(stage.price.total)], [t("you_pay"), format.btc(stage.price.amountMsat), true])] : []),
    stage.confirmed
      ? note("good", "check", t("charged_confirmed"))
      : h("div", { class: "note" }, h("span", { class: "spin small" }), h("span", null, t("charged_text"))),
    // The issuer may have declined after all, and of the parts of an order some may never be sent: no other way out is as early.
    ...(stage.canGiveUp === true ? [softText(t("charged_give_up")), quietButton(t("card_not_needed"), "cancel", () => d.act({ do: "cancel" }))] : []),
  ];
}

/** One button leads on: where something is owed and has nowhere to go, that one comes first. */
function onward(owed: readonly OwedBack[]): typeof mainButton {
  return owed.some((one) => one.state === "awaiting_destination") ? button : mainButton;
}

export function done(d: Drawing, stage: Of<"done">): Node[] {
  const { t, format } = d.words;
  return [
    seal("good", "check"),
    title(t("done_title")),
    text(t(stage.gift === undefined ? "done_text" : "done_gift_text", { captured: format.money(stage.captured), store: d.view.store.name })),
    ...(stage.gift === undefined ? [] : leftNote(d, stage.gift.left)),
    rows([t("done_taken"), `${format.btc(stage.claimedMsat)} (${format.sat(stage.claimedMsat)})`]),
    ...list(owedList(d, stage.owed)),
    onward(stage.owed)(t("dismiss"), "main", () => d.act({ do: "dismiss" })),
    button(t("receipt"), "receipt", () => d.act({ do: "open_page", page: "history" })),
    ...(stage.gift === undefined ? [] : [quietButton(t("gift_again"), "gift-again", () => d.act({ do: "gift_used", used: false }))]),
  ];
}

function list(node: ReturnType<typeof owedList>): Node[] {
  return node instanceof Node ? [node] : [];
}

export function ended(d: Drawing, stage: Of<"ended">): Node[] {
  const { t, maybe } = d.words;
  const unpaid = stage.how === "expired" || stage.because === "quote_expired";
  const because = stage.because === null ? undefined : (maybe(`because_${stage.because}`) ?? stage.because);
  const nothing = stage.funds !== undefined ? fundsEnded(d, stage.funds, stage.nothingTaken) : stage.nothingTaken
    ? [note("good", "check", t("nothing_taken"), t(unpaid ? "nothing_taken_unpaid" : "nothing_taken_text"))]
    : [];
  return [
    seal("plain", "undo"),
    title(t(unpaid ? "expired_title" : "returned_title")),
    ...(because ? [text(because)] : []),
    ...nothing,
    ...list(owedList(d, stage.owed)),
    onward(stage.owed)(t("start_over"), "main", () => d.act({ do: "reread" })),
    button(t("close"), "dismiss", () => d.act({ do: "dismiss" })),
  ];
}

export function waitsForOperator(d: Drawing, stage: Of<"waits_for_operator">): Node[] {
  const { t } = d.words;
  return [
    seal("plain", "alert"),
    title(t("operator_title")),
    note(stage.claimed ? "warn" : "good", stage.claimed ? "alert" : "lock", t(stage.claimed ? "operator_claimed" : "operator_unclaimed")),
    text(t("operator_text")),
    softText(t("operator_code", { code: stage.code })),
  ];
}
