/** The store's bank asks whether it is the shopper who pays (3-D Secure): what is kept of the question. */
import type { PurchaseView } from "../api/types.ts";
import type { Core } from "./core.ts";
import type { LocalChallenge, LocalPurchase } from "./model.ts";
import { isTerminal } from "./model.ts";
import { challengeNotice } from "./notices.ts";

/** Pure. A question that is gone without a word of this browser's ran out of time, or was answered on another device. */
export function challengeAfter({ challenge: before, wish }: LocalPurchase, view: PurchaseView, serverMs: number): LocalChallenge | undefined {
  const asked = view.challenge ?? null;
  if (asked !== null) return before?.answerByMs === asked.answer_by_ms ? before : { answerByMs: asked.answer_by_ms, end: null };
  // While this browser's own word is on its way, the answer to that says how it ended.
  if (before === undefined || before.end !== null || wish?.kind === "challenge") return before;
  return { ...before, end: serverMs < before.answerByMs ? "elsewhere" : "over" };
}

/** The question that can still be answered. */
export function openChallenge(view: PurchaseView, serverMs: number): NonNullable<PurchaseView["challenge"]> | null {
  const asked = view.challenge ?? null;
  const over = isTerminal(view) || view.state === "closing" || view.winding_up;
  return asked === null || over || serverMs >= asked.answer_by_ms ? null : asked;
}

/** A question that is new since the last word: the store waits for the shopper, who may be looking at its page and not at the panel. */
export async function tellOfChallenge(core: Core, before: LocalPurchase | undefined, after: LocalPurchase): Promise<void> {
  const { challenge } = after;
  if (challenge === undefined || challenge.end !== null || before?.challenge?.answerByMs === challenge.answerByMs) return;
  const { settings, cache } = await core.store.get();
  // Drawn anew when its time is over, whatever the server says.
  core.env.later(core.draw, Math.max(0, challenge.answerByMs - core.env.nowMs() - cache.aheadMs));
  if (!settings.notifications || core.pages.get(after.tabId)?.open === true) return;
  await core.env.notify(`challenge ${after.local} ${String(challenge.answerByMs)}`, challengeNotice(settings.language === "auto" ? core.env.language() : settings.language));
}
