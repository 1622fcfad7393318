/** Fills a page. It comes with the panel's code, so that a page whose panel nobody opens does not carry it. */

import { contradiction } from "../detect/contradiction.ts";
import type { fillCode } from "../fill/code.ts";
import { fillSettled } from "../fill/fill.ts";
import type { reachable } from "../fill/reach.ts";
import type { Place, Reading } from "../types/detect.ts";
import type { FillResult, ToPage } from "../types/messages.ts";

/** What is handed over to a content script that has none of this itself. */
export interface PageFiller {
  readonly fillPage: typeof fillPage;
  readonly fillCode: typeof fillCode;
  readonly reachable: typeof reachable;
}

/** Reads the page once more, and fills only when it says nothing against what was quoted. */
export async function fillPage(
  now: Reading,
  find: (place: Place) => Element | null,
  { card, total, overruled }: Extract<ToPage, { say: "fill" }>,
): Promise<FillResult> {
  const nothing = { filled: [], refused: [], missing: [], saveCardTicked: false, frameHosts: [] };
  const other = contradiction(now, total, overruled);
  if (other !== null) return { ...nothing, totalChanged: other };
  if (now.rival === true) return { ...nothing, totalChanged: false, twoForms: true };
  const done = await fillSettled(now.fields, find, card);
  return {
    ...done,
    totalChanged: false,
    saveCardTicked: now.saveCard.some(({ css }) => isChecked(find(css))),
    frameHosts: done.missing.length > 0 ? [...new Set(now.frames.map(({ host }) => host))] : [],
  };
}

function isChecked(element: Element | null): boolean {
  return element !== null && "checked" in element && element.checked === true;
}
