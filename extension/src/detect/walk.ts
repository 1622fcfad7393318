/**
 * One bounded walk over a page, its open shadow roots and same-origin frames, in the order of reading. Everything else in
 * this room works on what the walk took down and does not go through the page again.
 *
 * Invariants: the walk ends after `NODES_MAX` nodes, whatever the page; it keeps its own stack, so a deep page cannot
 * overflow ours; it asks for no layout.
 */

import type { Place } from "../types/detect.ts";
import { type Line, LineWriter, type Tier, TORN } from "./lines.ts";
import { past, unclouded } from "./past.ts";
import { selectorOf } from "./places.ts";
import { Said } from "./said.ts";
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
  /** Of a control: the text before it in the same line, or else the line before. */
  readonly before: string;
  readonly tier: Tier;
}

export interface Walked {
  readonly document: Document;
  readonly lines: readonly Line[];
  readonly said: Said;
  readonly controls: readonly Spot[];
  readonly buttons: readonly Spot[];
  readonly frames: readonly Spot[];
  readonly scopes: readonly Scope[];
  /** Something in it is drawn as one choice of several. */
  readonly choices: boolean;
}

export const NODES_MAX = 120_000;
const CONTROLS_MAX = 2_000;
const SCOPES_MAX = 40;
const NESTING_MAX = 5;

/** What a node is to the walk. An element that is not named is a block. */
const enum Kind {
  Text,
  Nothing,
  Block,
  Form,
  Inline,
  Skipped,
  Control,
  Frame,
  Button,
  Link,
  Heading,
  Struck,
  Details,
  Dialog,
}
const KINDS = new Map<string, Kind>();
const kinds = (kind: Kind, names: string): void => names.split(" ").forEach((name) => KINDS.set(name, kind));
kinds(Kind.Skipped, "script style template noscript head object video audio canvas datalist svg math map");
kinds(Kind.Control, "input select textarea");
kinds(Kind.Frame, "iframe frame");
kinds(Kind.Button, "button");
kinds(Kind.Link, "a");
kinds(Kind.Heading, "h1 h2 h3 h4 h5 h6 legend summary");
kinds(Kind.Struck, "del s strike");
kinds(Kind.Details, "details");
kinds(Kind.Dialog, "dialog");
kinds(Kind.Form, "form");
kinds(Kind.Inline, "abbr acronym b bdi bdo big cite code data dfn em font i ins kbd label mark output q samp small span strong sub sup time tt u var wbr slot");
/** Elements that share their interface with none that is to be walked otherwise: known without a question for their name. */
const OF_ONE_KIND = new Set("div span p a li ul ol dl table tbody tr td label fieldset img br hr h2 legend input select textarea button iframe script style template".split(" "));
const isInline = (kind: Kind): boolean => kind === Kind.Inline || kind === Kind.Link || kind === Kind.Struck || kind === Kind.Control;

/** Elements that may hide something or be a button, asked for in one go: most elements of a page are none. */
const SPECIAL = "[hidden],[inert],[role],[aria-hidden],[style]";
const ELEMENT = 1;
const TEXT = 3;

interface State {
  readonly look: Look;
  readonly writer: LineWriter;
  readonly controls: Spot[];
  readonly buttons: Spot[];
  readonly frames: Spot[];
  readonly scopes: Scope[];
  /** By the nodes' interfaces. Of this walk: each frame has interfaces of its own. */
  readonly kinds: Map<unknown, Kind>;
  heading: string;
  choices: boolean;
  nodes: number;
}

/** An element that the walk is inside of, and what it passes on to what it holds. */
interface Open {
  readonly element: Node;
  readonly kind: Kind;
  readonly tier: Tier;
  readonly struck: boolean;
  readonly closed: boolean;
}

/** What does not change while one document or shadow root is walked. */
interface Ground {
  readonly state: State;
  readonly scope: Scope;
  readonly nesting: number;
  /** In the order of the page, as the walk is. */
  readonly special: readonly Element[];
  /** The first of them that the walk has not come to. */
  next: number;
  readonly hidden: ReadonlyMap<Element, Concealment> | null;
}

export function walk(document: Document, look: Look): Walked {
  const state: State = { look, writer: new LineWriter(), controls: [], buttons: [], frames: [], scopes: [], kinds: new Map(), heading: "", choices: false, nodes: 0 };
  walkScope(state, { root: unclouded(document), wrap: (css) => css, up: null }, { tier: 0, struck: false }, 0);
  state.writer.end();
  return {
    document: unclouded(document),
    lines: state.writer.lines,
    said: new Said(state.writer.lines, state.writer.texts),
    controls: state.controls,
    buttons: state.buttons,
    frames: state.frames,
    scopes: state.scopes,
    choices: state.choices,
  };
}

function walkScope(state: State, scope: Scope, from: { tier: Tier; struck: boolean }, nesting: number): void {
  if (state.scopes.length >= SCOPES_MAX) return;
  state.scopes.push(scope);
  const { guess } = state.look;
  const ground: Ground = { state, scope, nesting, special: [...scope.root.querySelectorAll(SPECIAL)], next: 0, hidden: guess?.sheets(scope.root) ?? null };
  walkTree(ground, { element: scope.root, kind: Kind.Block, tier: from.tier, struck: from.struck, closed: false });
}

function walkTree(ground: Ground, root: Open): void {
  const { state, scope } = ground;
  const { writer } = state;
  const home = (root.element as ShadowRoot).host ?? (root.element as Document).documentElement;
  const path: Open[] = [root];
  let top = root;
  let node: Node | null = root.element.firstChild;
  for (;;) {
    if (node === null) {
      // Everything inside `top` is done.
      leave(state, top);
      path.pop();
      const above = path[path.length - 1];
      if (above === undefined) return;
      node = (top.kind === Kind.Form ? past(top.element) : top.element).nextSibling;
      top = above;
      continue;
    }
    if (++state.nodes > NODES_MAX) return;
    // No question to the page: what a node is, its interface says.
    const made: unknown = node.constructor;
    const kind: Kind = state.kinds.get(made) ?? kindOf(state.kinds, node, made);
    if (kind === Kind.Text) {
      if (!top.struck) writer.text((node as Text).data, top === root ? home : (top.element as Element), scope, top.tier, state.heading);
    } else if (kind !== Kind.Nothing) {
      const open = enter(ground, node as Element, kind, top);
      if (open === null) passOver(ground, node);
      else if (kind !== Kind.Form && (node as Element).firstElementChild === null) leaf(state, scope, open);
      else {
        path.push(open);
        top = open;
        node = (kind === Kind.Form ? past(node) : node).firstChild;
        continue;
      }
    }
    node = (kind === Kind.Form ? past(node) : node).nextSibling;
  }
}

/** Half of a page's nodes are texts that are alone in their element: asking for the text is cheaper than for the node. */
function leaf(state: State, scope: Scope, open: Open): void {
  const text = open.struck ? null : open.element.textContent;
  if (text !== null && text !== "") {
    state.nodes++;
    state.writer.text(text, open.element as Element, scope, open.tier, state.heading);
  }
  leave(state, open);
}

/** What is inside an element that is not walked, the walk does not come to. */
function passOver(ground: Ground, node: Node): void {
  for (let next = ground.special[ground.next]; next !== undefined && past(node).contains(next); next = ground.special[ground.next]) ground.next++;
}

/** Asks a node what it is, and keeps it for all nodes made alike where that says the same of them. */
function kindOf(kinds: State["kinds"], node: Node, made: unknown): Kind {
  let { nodeType, localName: name } = node as Element;
  if (typeof nodeType !== "number" || (typeof name !== "string" && nodeType === ELEMENT)) ({ nodeType, localName: name } = unclouded(node as Element));
  if (nodeType !== ELEMENT) {
    const kind = nodeType === TEXT ? Kind.Text : Kind.Nothing;
    kinds.set(made, kind);
    return kind;
  }
  const kind = KINDS.get(name) ?? Kind.Block;
  if (OF_ONE_KIND.has(name)) kinds.set(made, kind);
  return kind;
}

/** Takes an element down; `null` when its children are not to be walked. */
function enter(ground: Ground, node: Element, kind: Kind, above: Open): Open | null {
  const element = kind === Kind.Form ? past(node) : node;
  const { state, scope, nesting, hidden } = ground;
  const isSpecial = ground.special[ground.next] === node;
  if (isSpecial) ground.next++;
  if (kind === Kind.Skipped) return null;
  let { tier, struck } = above;
  if (kind === Kind.Struck) struck = true;
  const own = concealment(element, isSpecial, hidden?.get(node), state.look.guess);
  if (own === "hidden") return null;
  if (own === "struck") struck = true;
  else if (own === "off_screen" && tier < 1) tier = 1;
  else if (own === "aria_hidden") tier = 2;
  else if (own === "prints") state.writer.text(TORN, node, scope, tier, state.heading);
  if (above.closed && element.localName !== "summary") tier = 2;
  if (kind === Kind.Control) {
    takeControl(state, scope, element, tier, struck);
    return null;
  }
  if (kind === Kind.Frame) {
    takeFrame(state, scope, element, tier, struck, nesting);
    return null;
  }
  const shut = (kind === Kind.Details || kind === Kind.Dialog) && !element.hasAttribute("open");
  if (shut && kind === Kind.Dialog) return null;
  const role = isSpecial ? element.getAttribute("role") : null;
  if (role === "tooltip") return null;
  if (role === "radio") state.choices = true;
  if (!isInline(kind)) state.writer.end();
  if (kind === Kind.Button || role === "button" || (kind === Kind.Link && isButtonLike(element))) {
    if (state.buttons.length < CONTROLS_MAX) state.buttons.push(spot(state, scope, node, tier));
  }
  const shadow = kind === Kind.Link || kind === Kind.Struck || kind === Kind.Button ? null : element.shadowRoot;
  if (shadow !== null && nesting < NESTING_MAX) {
    walkScope(state, inside(scope, element, "host", shadow), { tier, struck }, nesting + 1);
    // Without a slot the light children are not drawn.
    if (shadow.querySelector("slot") === null) {
      if (!isInline(kind)) state.writer.end();
      return null;
    }
  }
  return { element: node, kind, tier, struck, closed: shut };
}

function leave(state: State, { kind, element }: Open): void {
  if (isInline(kind)) return;
  state.writer.end();
  if (kind !== Kind.Heading) return;
  const last = state.writer.lines[state.writer.lines.length - 1];
  if (last !== undefined && element.contains(last.element)) state.heading = last.text.slice(0, 120);
}

function isButtonLike(link: Element): boolean {
  return /\b(btn|button)\b|button/i.test(link.getAttribute("class") ?? "");
}

function spot(state: State, scope: Scope, element: Element, tier: Tier, before = ""): Spot {
  return { element, scope, heading: state.heading, before, tier };
}

function takeControl(state: State, scope: Scope, element: Element, tier: Tier, struck: boolean): void {
  const type = (element.getAttribute("type") ?? "").toLowerCase();
  if (element.localName === "input" && type === "hidden") return;
  if (element.localName === "input" && (type === "submit" || type === "button" || type === "image")) {
    if (state.buttons.length < CONTROLS_MAX) state.buttons.push(spot(state, scope, element, tier));
    return;
  }
  if (state.controls.length < CONTROLS_MAX) state.controls.push(spot(state, scope, element, tier, state.writer.before()));
  // Some shops print the total into a field that cannot be typed in.
  const printed = element.localName === "input" && (element.hasAttribute("readonly") || element.hasAttribute("disabled")) ? element.getAttribute("value") : null;
  if (printed !== null && printed.length <= 40 && type !== "checkbox" && type !== "radio") {
    if (!struck) state.writer.text(` ${printed} `, element, scope, tier, state.heading);
  }
}

function takeFrame(state: State, scope: Scope, frame: Element, tier: Tier, struck: boolean, nesting: number): void {
  state.writer.end();
  const document = frameDocument(frame, state.look);
  if (document === null || nesting >= NESTING_MAX) {
    if (state.frames.length < CONTROLS_MAX) state.frames.push(spot(state, scope, frame, tier));
    return;
  }
  walkScope(state, inside(scope, frame, "frame", unclouded(document)), { tier, struck }, nesting + 1);
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
    const own = (frame as HTMLIFrameElement).contentDocument ?? null;
    // A frame that has not loaded yet, or one from elsewhere, is an empty page.
    const body = own === null ? null : unclouded(own).body;
    return body !== null && body.childElementCount > 0 ? own : null;
  } catch {
    return null;
  }
}
