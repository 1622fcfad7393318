/** The store's bank asks whether it is the shopper who pays. */
import type { ChallengeAnswer, ChallengeEnd, Stage } from "../../types/panel.ts";
import { h } from "../h.ts";
import { button, countdown, mainButton, note, quietButton, rows, softText, stillYours, text, title, type Drawing, type Tone } from "./parts.ts";

type Of<K extends Stage["kind"]> = Extract<Stage, { kind: K }>;

export function challenge(d: Drawing, stage: Of<"challenge">): Node[] {
  const { t, format } = d.words;
  const amount = stage.amount === null ? t("challenge_no_amount") : format.money(stage.amount);
  return [
    title(t("challenge_title")),
    text(t("challenge_text", { store: d.view.store.name })),
    rows([t("challenge_merchant"), stage.merchant], [t("challenge_amount"), amount, true]),
    ...(stage.answering === undefined ? ask(d, stage) : [h("div", { class: "note" }, h("span", { class: "spin small" }), h("span", null, t("challenge_telling")))]),
    ...(stage.stillYours ? [stillYours(d, stage.claimOn)] : []),
    quietButton(t(stage.stillYours ? "cancel" : "card_not_needed"), "cancel", () => d.act({ do: "cancel" })),
  ];
}

/** When the time is over nothing can be pressed any more: the bank takes no answer. */
function ask(d: Drawing, stage: Of<"challenge">): Node[] {
  const { t } = d.words;
  const say = (answer: ChallengeAnswer) => (): void => d.act({ do: "answer_challenge", answer, answerByMs: stage.answerByMs });
  const asked = h(
    "div",
    { class: "stack" },
    mainButton(t("challenge_yes"), "main", say("approve")),
    button(t("challenge_no"), "challenge-no", say("reject")),
    softText(t("challenge_unsure")),
  );
  d.tick((now) => { asked.hidden = now >= stage.answerByMs; });
  return [countdown(d, t("challenge_left"), stage.answerByMs, t("challenge_over")), asked];
}

const TONES: Readonly<Record<ChallengeEnd, Tone>> = { approve: "good", reject: "warn", over: "warn", elsewhere: "plain" };

/** What became of it, while the card waits for the store. */
export function challengedNote(d: Drawing, end: ChallengeEnd): HTMLElement {
  const tone = TONES[end];
  return note(tone, tone === "good" ? "check" : tone === "warn" ? "alert" : "lock", d.words.t(`challenged_${end}`), d.words.t(`challenged_${end}_text`));
}
