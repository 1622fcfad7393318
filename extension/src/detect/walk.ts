/**
 * One bounded walk over a page, its open shadow roots and same-origin frames, in the order of reading. Everything else in
 * this room works on what the walk took down and does not go through the page again.
 *
 * Invariants: the walk ends after `NODES_MAX` nodes, whatever the page; it keeps its own stack, so a deep page cannot
 * overflow ours; it asks for no layout.
 */

import type { Place } from "../types/detect.ts";
import { type Line, LineWriter, type Tier } from "./lines.ts";
import { selectorOf } from "./places.ts";
import { concealment, type Concealment, type Guess } from "./visibility.ts";

/** What only a browser, or the one who calls, can add. */
export interface Look {
  /** For pages without layout: hiding is guessed from style, `<style>` and well-known class names. */
  readonly guess?: Guess | undefined;
  /** True layout, asked only of what matters. */
  readonly visible?: ((element: Element) => boolean) | undefined;
  /** The document inside a frame, where the frame itself does not say. */
  readonly frameDocument?: ((frame: Element) => Document | null) | undefined;
}

/** A document or an open shadow root; `wrap` makes a place in it a place in the whole page, if it can be named. */
export interface Scope {
  readonly root: Document | ShadowRoot;
  readonly wrap: (css: Place) => Place | null;
  readonly up: { readonly scope: Scope; readonly element: Element } | null;
}

/** An element that the shopper can use, with what stands before it. */
export interface Spot {
  readonly element: Element;
  readonly scope: Scope;
  readonly heading: string;
  /** The number of lines that had ended before it. */
  readonly line: number;
  /** The text before it in the same line, or else the line before. */
  readonly before: string;
  readonly tier: Tier;
}

export interface Walked {
  readonly document: Document;
  readonly lines: readonly Line[];
  readonly controls: readonly Spot[];
  readonly buttons: readonly Spot[];
  readonly frames: readonly Spot[];
  readonly scopes: readonly Scope[];
  readonly nodes: number;
}

export const NODES_MAX = 120_000;
const CONTROLS_MAX = 2_000;
const SCOPES_MAX = 40;
const NESTING_MAX = 5;

const SKIPPED = new Set(["script", "style", "template", "noscript", "head", "object", "video", "audio", "canvas", "datalist", "svg", "math", "map"]);
const CONTROLS = new Set(["input", "select", "textarea"]);
const HEADINGS = new Set(["h1", "h2", "h3", "h4", "h5", "h6", "legend", "summary"]);
const INLINE = new Set(
  ("a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark output q s samp small span strike strong sub sup time tt u var wbr slot").split(" "),
);
const ELEMENT = 1;
const TEXT = 3;

interface State {
  readonly look: Look;
  readonly writer: LineWriter;
  readonly controls: Spot[];
  readonly buttons: Spot[];
  readonly frames: Spot[];
  readonly scopes: Scope[];
  heading: string;
  nodes: number;
}

interface Mark {
  readonly element: Element;
  readonly tier: Tier;
  readonly struck: boolean;
  readonly closed: boolean;
}

export function walk(document: Document, look: Look): Walked {
  const state: State = { look, writer: new LineWriter(), controls: [], buttons: [], frames: [], scopes: [], heading: "", nodes: 0 };
  walkScope(state, { root: document, wrap: (css) => css, up: null }, { tier: 0, struck: false }, 0);
  state.writer.end();
  return {
    document,
    lines: state.writer.lines,
    controls: state.controls,
    buttons: state.buttons,
    frames: state.frames,
    scopes: state.scopes,
    nodes: state.nodes,
  };
}

function walkScope(state: State, scope: Scope, from: { tier: Tier; struck: boolean }, nesting: number): void {
  if (state.scopes.length >= SCOPES_MAX) return;
  state.scopes.push(scope);
  const hidden = state.look.guess?.sheets(scope.root) ?? null;
  walkTree(state, scope, scope.root, from, nesting, hidden);
}

function walkTree(
  state: State,
  scope: Scope,
  root: Node,
  from: { tier: Tier; struck: boolean },
  nesting: number,
  hidden: ReadonlyMap<Element, Concealment> | null,
): void {
  const marks: Mark[] = [{ element: root as Element, tier: from.tier, struck: from.struck, closed: false }];
  const top = (): Mark => marks[marks.length - 1] as Mark;
  let node: Node | null = root.firstChild;
  while (node !== null) {
    if (++state.nodes > NODES_MAX) return;
    let into: Node | null = null;
    if (node.nodeType === TEXT) state.writer.text((node as Text).data, node.parentElement, scope, top().tier, top().struck, state.heading);
    else if (node.nodeType === ELEMENT && enter(state, scope, node as Element, marks, nesting, hidden)) into = node.firstChild;
    if (into !== null) {
      node = into;
      continue;
    }
    // An element without children is left where it was entered.
    if (node.nodeType === ELEMENT) leave(state, node as Element, marks);
    let next: Node | null = node.nextSibling;
    while (next === null) {
      const parent: Node | null = node.parentNode;
      if (parent === null || parent === root) return;
      leave(state, parent as Element, marks);
      node = parent;
      next = node.nextSibling;
    }
    node = next;
  }
}

/** Takes an element down; says whether its children are to be walked. */
function enter(
  state: State,
  scope: Scope,
  element: Element,
  marks: Mark[],
  nesting: number,
  hidden: ReadonlyMap<Element, Concealment> | null,
): boolean {
  const name = element.localName;
  if (SKIPPED.has(name)) return false;
  const mark = marks[marks.length - 1] as Mark;
  let tier = mark.tier;
  let struck = mark.struck || name === "del" || name === "s" || name === "strike";
  const own = concealment(element, hidden?.get(element), state.look.guess);
  if (own === "hidden") return false;
  if (own === "struck") struck = true;
  if (own === "off_screen" && tier < 1) tier = 1;
  if (own === "aria_hidden") tier = 2;
  if (mark.closed && name !== "summary" && element.parentNode === mark.element) tier = 2;
  const closed = (name === "details" || name === "dialog") && !element.hasAttribute("open");
  if (name === "dialog" && closed) return false;
  if (tier !== mark.tier || struck !== mark.struck || closed) marks.push({ element, tier, struck, closed });

  if (CONTROLS.has(name)) {
    takeControl(state, scope, element, tier, struck);
    return false;
  }
  if (name === "iframe" || name === "frame") {
    takeFrame(state, scope, element, tier, struck, nesting);
    return false;
  }
  const role = element.getAttribute("role");
  if (role === "tooltip") return false;
  if (name === "br" || !INLINE.has(name)) state.writer.end();
  if (name === "button" || role === "button" || (name === "a" && isButtonLike(element))) {
    if (state.buttons.length < CONTROLS_MAX) state.buttons.push(spot(state, scope, element, tier));
  }
  const shadow = element.shadowRoot;
  if (shadow !== null && nesting < NESTING_MAX) {
    const host = element;
    walkScope(state, inside(scope, host, "host", shadow), { tier, struck }, nesting + 1);
    // Without a slot the light children are not drawn.
    return shadow.querySelector("slot") !== null;
  }
  return true;
}

function leave(state: State, element: Element, marks: Mark[]): void {
  if (marks.length > 1 && marks[marks.length - 1]?.element === element) marks.pop();
  const name = element.localName;
  if (HEADINGS.has(name)) {
    state.writer.end();
    const last = state.writer.lines[state.writer.lines.length - 1];
    if (last !== undefined && element.contains(last.element)) state.heading = last.text.slice(0, 120);
  } else if (!INLINE.has(name) && !CONTROLS.has(name)) state.writer.end();
}

function isButtonLike(link: Element): boolean {
  return /\b(btn|button)\b|button/i.test(link.getAttribute("class") ?? "");
}

function spot(state: State, scope: Scope, element: Element, tier: Tier): Spot {
  return { element, scope, heading: state.heading, line: state.writer.lines.length, before: state.writer.before(), tier };
}

function takeControl(state: State, scope: Scope, element: Element, tier: Tier, struck: boolean): void {
  const type = (element.getAttribute("type") ?? "").toLowerCase();
  if (element.localName === "input" && type === "hidden") return;
  if (element.localName === "input" && (type === "submit" || type === "button" || type === "image")) {
    if (state.buttons.length < CONTROLS_MAX) state.buttons.push(spot(state, scope, element, tier));
    return;
  }
  if (state.controls.length < CONTROLS_MAX) state.controls.push(spot(state, scope, element, tier));
  // Some shops print the total into a field that cannot be typed in.
  const printed = element.localName === "input" && (element.hasAttribute("readonly") || element.hasAttribute("disabled")) ? element.getAttribute("value") : null;
  if (printed !== null && printed.length <= 40 && type !== "checkbox" && type !== "radio") {
    state.writer.text(` ${printed} `, element, scope, tier, struck, state.heading);
  }
}

function takeFrame(state: State, scope: Scope, frame: Element, tier: Tier, struck: boolean, nesting: number): void {
  state.writer.end();
  const document = frameDocument(frame, state.look);
  if (document === null || nesting >= NESTING_MAX) {
    if (state.frames.length < CONTROLS_MAX) state.frames.push(spot(state, scope, frame, tier));
    return;
  }
  walkScope(state, inside(scope, frame, "frame", document), { tier, struck }, nesting + 1);
  state.writer.end();
}

function inside(scope: Scope, element: Element, how: "host" | "frame", root: Document | ShadowRoot): Scope {
  // The selector of host or frame is only looked for when a place inside is asked for.
  const wrap = (css: Place): Place | null => {
    const own = selectorOf(element, scope.root);
    return own === null ? null : scope.wrap(how === "host" ? { host: own, css } : { frame: own, css });
  };
  return { root, wrap, up: { scope, element } };
}

function frameDocument(frame: Element, look: Look): Document | null {
  try {
    const given = look.frameDocument?.(frame);
    if (given !== undefined && given !== null) return given;
    const own = (frame as HTMLIFrameElement).contentDocument;
    // A frame that has not loaded yet, or one from elsewhere, is an empty page.
    return own !== null && own !== undefined && own.body !== null && own.body.childElementCount > 0 ? own : null;
  } catch {
    return null;
  }
}
