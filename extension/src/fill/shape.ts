/** Reads off an element what the plan has to know of it. */

import type { FieldShape } from "../plan/plan.ts";
import type { Place } from "../types/detect.ts";

const HINT_MAX = 200;

export function shapeOf(place: Place, element: Element): FieldShape {
  const tag = element.localName === "input" ? "input" : element.localName === "select" ? "select" : "other";
  return {
    place,
    tag,
    type: tag === "input" ? (element as HTMLInputElement).type : "",
    maxLength: tag === "input" ? maxLength(element) : null,
    hints: hints(element),
    options:
      tag === "select"
        ? Array.from((element as HTMLSelectElement).options, ({ value, text, disabled }) => ({ value, text, disabled }))
        : [],
  };
}

function maxLength(element: Element): number | null {
  const length = Number.parseInt(element.getAttribute("maxlength") ?? "", 10);
  return Number.isSafeInteger(length) && length > 0 ? length : null;
}

export function hints(element: Element): string[] {
  const said = ["placeholder", "pattern", "aria-label", "title", "data-placeholder"].map((name) => element.getAttribute(name));
  const labels = Array.from((element as HTMLInputElement).labels ?? [], (label) => label.textContent);
  return [...said, ...labels].flatMap((text) => (text === null || text === "" ? [] : [text.slice(0, HINT_MAX)]));
}
