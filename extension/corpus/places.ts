/** Where a label's place is in a page, as strictly as the extension would look for it. */

import type { Place } from "../src/types/detect.ts";
import type { SavedPage } from "../tools/page.ts";

/** Every element that the last selector finds, once each step before it has found exactly one. */
export function placeAll(page: SavedPage, place: Place): Element[] {
  let root: Document | ShadowRoot | null = page.document;
  let rest = place;
  while (typeof rest !== "string") {
    const steps: Element[] = [...root.querySelectorAll("frame" in rest ? rest.frame : rest.host)];
    const step = steps[0];
    if (step === undefined || steps.length !== 1) return [];
    root = "frame" in rest ? page.frameDocument(step) : step.shadowRoot;
    if (root === null) return [];
    rest = rest.css;
  }
  return [...root.querySelectorAll(rest)];
}
