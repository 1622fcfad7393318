/**
 * Whether a field is one that the shopper can see and could type into: asked when it is to be filled, and not before, since
 * it makes the page lay itself out. A form behind a fold, a trap for robots and a field under something else are none.
 *
 * Invariant: the page is left where it was scrolled to.
 */

/** Fainter than this nobody reads. */
const OPACITY_MIN = 0.1;
/** No form is further to the right than this many windows. */
const WINDOWS_MAX = 3;
/** How far up what lies over a field may still belong to it: a floating label, a card's picture. */
const WRAPPERS_MAX = 3;
/** The extension's own panel is put aside in thought: the shopper can close it. */
const OWN = "anytill-panel";

export function reachable(element: Element): boolean {
  const view = element.ownerDocument.defaultView;
  if (view === null || typeof element.checkVisibility !== "function") return true;
  if (!element.checkVisibility({ visibilityProperty: true }) || !isShown(element, view) || !isHit(element, view)) return false;
  // In a same-origin frame the frame itself has to be seen too.
  const frame = view.frameElement;
  return frame === null || reachable(frame);
}

const up = (element: Element): Element | null => {
  const root = element.getRootNode();
  return element.assignedSlot ?? element.parentElement ?? ("host" in root ? (root as ShadowRoot).host : null);
};

/** No ancestor makes it faint or cuts it away for good. */
function isShown(element: Element, view: Window): boolean {
  const box = element.getBoundingClientRect();
  if (box.width < 2 || box.height < 2) return false;
  const [left, top] = [box.left + view.scrollX, box.top + view.scrollY];
  if (left + box.width <= 0 || top + box.height <= 0 || left > view.innerWidth * WINDOWS_MAX) return false;
  const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
  let position = view.getComputedStyle(element).position;
  // A select is often drawn by something that lies under it.
  let opacity = element.localName === "select" ? 1 : Number(view.getComputedStyle(element).opacity);
  for (let at = up(element); at !== null; at = up(at)) {
    const style = view.getComputedStyle(at);
    opacity *= Number(style.opacity);
    if (opacity < OPACITY_MIN) return false;
    const holds = style.transform !== "none" || style.filter !== "none" || style.contain.includes("paint");
    if (!holds && (position === "fixed" || (position === "absolute" && style.position === "static"))) continue;
    position = style.position;
    if (at !== at.ownerDocument.documentElement && at.localName !== "body" && isCut(at, style, x, y)) return false;
  }
  return true;
}

/** Outside of a box that hides what is outside of it, and that nobody can scroll. */
function isCut(box: Element, style: CSSStyleDeclaration, x: number, y: number): boolean {
  const { left, top, right, bottom } = box.getBoundingClientRect();
  const hides = (overflow: string, low: number, high: number, at: number): boolean =>
    overflow !== "visible" && (high - low < 2 || ((overflow === "hidden" || overflow === "clip") && (at < low || at > high)));
  return style.display !== "contents" && (hides(style.overflowX, left, right, x) || hides(style.overflowY, top, bottom, y));
}

/** What a press on its middle would meet. */
function isHit(element: Element, view: Window): boolean {
  const places: { readonly box: Element; readonly left: number; readonly top: number }[] = [];
  for (let at = up(element); at !== null; at = up(at)) places.push({ box: at, left: at.scrollLeft, top: at.scrollTop });
  const inside = ({ left, top, width, height }: DOMRect): boolean =>
    left + width / 2 >= 0 && top + height / 2 >= 0 && left + width / 2 < view.innerWidth && top + height / 2 < view.innerHeight;
  try {
    if (hit(element) || (inside(element.getBoundingClientRect()) && !isClippedByScroll(element, view))) return hit(element);
    element.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
    return hit(element);
  } finally {
    for (const { box, left, top } of places) if (box.scrollLeft !== left || box.scrollTop !== top) box.scrollTo({ left, top, behavior: "instant" });
  }
}

/** Its middle is in the window, but rolled out of sight in a box of its own. */
function isClippedByScroll(element: Element, view: Window): boolean {
  const { left, top, width, height } = element.getBoundingClientRect();
  for (let at = up(element); at !== null; at = up(at)) {
    const { overflowX, overflowY } = view.getComputedStyle(at);
    if (overflowX === "visible" && overflowY === "visible") continue;
    const box = at.getBoundingClientRect();
    if (left + width / 2 < box.left || left + width / 2 > box.right || top + height / 2 < box.top || top + height / 2 > box.bottom) return true;
  }
  return false;
}

function hit(element: Element): boolean {
  const { left, top, width, height } = element.getBoundingClientRect();
  const met = topmost(element.ownerDocument, left + width / 2, top + height / 2);
  if (met === null) return false;
  if (element.contains(met) || [...((element as HTMLInputElement).labels ?? [])].some((label) => label.contains(met))) return true;
  let wrapper: Element | null = element;
  for (let level = 0; level < WRAPPERS_MAX; level++) {
    wrapper = up(wrapper as Element);
    if (wrapper === null || wrapper.localName === "form" || wrapper.localName === "body") return false;
    // A box with other fields in it is no field's wrapper.
    if (wrapper.querySelectorAll("input:not([type=hidden]),select,textarea").length > 1) return false;
    if (wrapper === met || wrapper.contains(met)) return true;
  }
  return false;
}

function topmost(root: Document, x: number, y: number): Element | null {
  let within: Document | ShadowRoot = root;
  for (let found: Element | null = null; ; ) {
    const next: Element | null = within.elementsFromPoint(x, y).find((one) => one.localName !== OWN) ?? null;
    if (next === null || next === found) return found;
    found = next;
    if (found.shadowRoot === null) return found;
    within = found.shadowRoot;
  }
}
