/** Whether an element is seen, by true layout. Asked only of what would be read or filled, since it makes the page lay itself out. */

export const hasLayout = (document: Document): boolean => typeof document.documentElement?.checkVisibility === "function";

export function seen(element: Element): boolean {
  // A select is often drawn by something that lies under it.
  const opacityProperty = element.localName !== "select";
  if (!element.checkVisibility({ opacityProperty, visibilityProperty: true })) return false;
  const box = element.getBoundingClientRect();
  const view = element.ownerDocument.defaultView;
  const style = view?.getComputedStyle(element);
  // Written in the colour of its own ground.
  if (style !== undefined && style.color === style.backgroundColor && !/, 0\)$/.test(style.color)) return false;
  if (box.right + (view?.scrollX ?? 0) < 0 || box.bottom + (view?.scrollY ?? 0) < 0) return false;
  // Nothing to see in one pixel. `display: contents` has no box at all, and is seen.
  const box0 = box.width === 0 && box.height === 0;
  return box0 ? element.localName !== "input" && element.localName !== "iframe" : box.width > 1 || box.height > 1;
}
