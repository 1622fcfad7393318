/** What hides an element, as far as it says so itself. */

/** `struck`: an old price. `off_screen`: for screen readers, or a trap for robots. */
export type Concealment = "hidden" | "off_screen" | "aria_hidden" | "struck";

/** Stands in for layout where there is none. */
export interface Guess {
  /** What the document's own style sheets hide. */
  sheets(root: Document | ShadowRoot): ReadonlyMap<Element, Concealment>;
  own(element: Element, bySheet: Concealment | undefined): Concealment | null;
}

const OFF_SCREEN = /(^|\s)(sr-only|(u-)?visually-?hidden|screen-?reader(-text|-only)?|a-offscreen|off-?screen|assistive-text|a11y-hidden|clipped|accessibility-hidden)(\s|$)/i;
const STRUCK = /(^|\s)((a-)?(text-)?strike(through)?|line-through|struck|(old|was)-price|price-(-?was|-?old|-?compare)|compare-at-price)(\s|$)/i;

export function concealment(element: Element, bySheet: Concealment | undefined, guess: Guess | undefined): Concealment | null {
  if (element.hasAttribute("hidden") || element.hasAttribute("inert")) return "hidden";
  const guessed = guess === undefined ? inline(element) : guess.own(element, bySheet);
  if (guessed === "hidden") return "hidden";
  if (element.getAttribute("aria-hidden") === "true") return "aria_hidden";
  if (guessed === "off_screen") return "off_screen";
  const classes = element.getAttribute("class");
  if (classes !== null && classes !== "") {
    if (OFF_SCREEN.test(classes)) return "off_screen";
    if (STRUCK.test(classes)) return "struck";
  }
  return guessed;
}

function inline(element: Element): Concealment | null {
  const style = element.getAttribute("style");
  return style !== null && /display:\s*none|visibility:\s*hidden/i.test(style) ? "hidden" : null;
}
