/** Selectors for elements, and elements for places. */

import type { Place } from "../types/detect.ts";
import { STABLE } from "./lexicon.ts";
import { parentOf, past, unclouded } from "./past.ts";

const PATH_MAX = 60;

/** A selector that finds this element alone within `root`; short and readable where the page allows it. `null`: there is none. */
export function selectorOf(element: Element, root: Document | ShadowRoot): string | null {
  // Controls and frames have their members for themselves; only what they stand in is asked past its fields.
  for (const css of simple(element)) if (finds(root, css, element)) return css;
  // From the nearest ancestor that can be named, or from the top.
  const steps: string[] = [];
  let at: Element = element;
  for (let i = 0; i < PATH_MAX; i++) {
    steps.unshift(`${at.localName}:nth-of-type(${nth(at)})`);
    const parent = parentOf(at);
    if (parent === null) break;
    const anchor = anchorOf(parent);
    if (anchor !== null) {
      const css = `${anchor} > ${steps.join(" > ")}`;
      if (finds(root, css, element)) return css;
    }
    at = parent;
  }
  // In a shadow root the top cannot be named, so the path may fit elsewhere too.
  const css = steps.join(" > ");
  return finds(root, css, element) ? css : null;
}

function* simple(element: Element): Generator<string> {
  const tag = element.localName;
  const anchor = anchorOf(element);
  if (anchor !== null) yield anchor;
  const name = element.getAttribute("name");
  if (usable(name)) yield `${tag}[name=${quoted(name)}]`;
  for (const attribute of STABLE) {
    const value = element.getAttribute(attribute);
    if (!usable(value)) continue;
    yield `${tag}[${attribute}=${quoted(value)}]`;
    if (usable(name)) yield `${tag}[name=${quoted(name)}][${attribute}=${quoted(value)}]`;
  }
}

function anchorOf(element: Element): string | null {
  const id = element.getAttribute("id");
  if (!usable(id)) return null;
  return /^[A-Za-z_][\w-]*$/.test(id) ? `#${id}` : `[id=${quoted(id)}]`;
}

function usable(value: string | null): value is string {
  return value !== null && value !== "" && value.length <= 200 && !/[\n\r\f\0]/.test(value);
}

function quoted(value: string): string {
  return `"${value.replace(/["\\]/g, "\\$&")}"`;
}

function nth(element: Element): number {
  let n = 1;
  for (let before = element.previousElementSibling; before !== null && n < 10_000; before = before.previousElementSibling) {
    before = past(before);
    if (before.localName === element.localName) n++;
  }
  return n;
}

function finds(root: Document | ShadowRoot, css: string, element: Element): boolean {
  try {
    const found = root.querySelectorAll(css);
    return found.length === 1 && found[0] === element;
  } catch {
    return false;
  }
}

/** The one element at a place, or nothing when it is gone or no longer alone. */
export function find(
  document: Document | ShadowRoot,
  place: Place,
  frameDocument: (frame: Element) => Document | null = contentDocument,
): Element | null {
  let root: Document | ShadowRoot | null = unclouded(document);
  let rest: Place = place;
  for (let depth = 0; root !== null && depth < 10; depth++) {
    if (typeof rest === "string") return only(root, rest);
    const step: Element | null = only(root, "frame" in rest ? rest.frame : rest.host);
    if (step === null) return null;
    const inner: Document | ShadowRoot | null = "frame" in rest ? frameDocument(step) : step.shadowRoot;
    root = inner === null ? null : unclouded(inner);
    rest = rest.css;
  }
  return null;
}

function only(root: Document | ShadowRoot, css: string): Element | null {
  try {
    const found = root.querySelectorAll(css);
    return found.length === 1 ? (found[0] ?? null) : null;
  } catch {
    return null;
  }
}

function contentDocument(frame: Element): Document | null {
  try {
    return (frame as HTMLIFrameElement).contentDocument;
  } catch {
    return null;
  }
}
