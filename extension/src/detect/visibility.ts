/** What hides an element, as far as it says so itself. */

import { keeping, OFF_SCREEN, STRUCK, TELLING } from "./lexicon.ts";

/** `struck`: an old price. `off_screen`: for screen readers, or a trap for robots. `prints`: a style sheet puts digits there. */
export type Concealment = "hidden" | "off_screen" | "aria_hidden" | "struck" | "prints";

/** Stands in for layout where there is none. */
export interface Guess {
  /** What the document's own style sheets hide. */
  sheets(root: Document | ShadowRoot): ReadonlyMap<Element, Concealment>;
  own(element: Element, bySheet: Concealment | undefined): Concealment | null;
}

/** `special`: has one of the attributes that hide. */
export function concealment(element: Element, special: boolean, bySheet: Concealment | undefined, guess: Guess | undefined): Concealment | null {
  if (!special && guess === undefined) return byClass(element);
  if (element.hasAttribute("hidden") || element.hasAttribute("inert")) return "hidden";
  const guessed = guess === undefined ? inline(element) : guess.own(element, bySheet);
  if (guessed === "hidden") return "hidden";
  if (element.getAttribute("aria-hidden") === "true") return "aria_hidden";
  if (guessed === "off_screen") return "off_screen";
  return byClass(element) ?? guessed;
}

function byClass(element: Element): Concealment | null {
  const classes = element.getAttribute("class");
  return classes === null || classes === "" ? null : ofClasses(classes);
}

const ofClasses = keeping((classes: string): Concealment | null => {
  if (!TELLING.test(classes)) return null;
  if (OFF_SCREEN.test(classes)) return "off_screen";
  return STRUCK.test(classes) ? "struck" : null;
});

function inline(element: Element): Concealment | null {
  const style = element.getAttribute("style");
  return style !== null && /display:\s*none|visibility:\s*hidden/i.test(style) ? "hidden" : null;
}
