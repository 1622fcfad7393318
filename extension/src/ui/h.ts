/**
 * Builds elements. Text is only ever set as text, never as markup, and every handler sees trusted events only: what a
 * page's script dispatches does nothing.
 */
export type Child = Node | string | null | undefined | false;

type Handler<E extends Event> = (event: E) => void;

export interface Props {
  readonly class?: string;
  /** Keeps focus and typed text over a redraw. */
  readonly key?: string;
  readonly click?: Handler<MouseEvent>;
  readonly input?: Handler<Event>;
  readonly change?: Handler<Event>;
  readonly submit?: Handler<SubmitEvent>;
  readonly attrs?: Readonly<Record<string, string | number | boolean | null | undefined>>;
}

const SVG = "http://www.w3.org/2000/svg";

export function trusted<E extends Event>(handler: Handler<E>): Handler<E> {
  return (event) => {
    if (event.isTrusted) handler(event);
  };
}

export function append(parent: Node, children: readonly Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    parent.appendChild(typeof child === "string" ? document.createTextNode(child) : child);
  }
}

function setAttributes(element: Element, attrs: Props["attrs"]): void {
  for (const [name, value] of Object.entries(attrs ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
}

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props?: Props | null,
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (props) {
    if (props.class) element.className = props.class;
    if (props.key) element.dataset["key"] = props.key;
    setAttributes(element, props.attrs);
    if (props.click) element.addEventListener("click", trusted(props.click) as EventListener);
    if (props.input) element.addEventListener("input", trusted(props.input));
    if (props.change) element.addEventListener("change", trusted(props.change));
    if (props.submit) {
      const submit = trusted(props.submit);
      element.addEventListener("submit", (event) => {
        event.preventDefault();
        submit(event as SubmitEvent);
      });
    }
  }
  append(element, children);
  return element;
}

/** An SVG element. `fill` and the like go as attributes, which no content security policy forbids. */
export function svg(tag: string, attrs: Readonly<Record<string, string | number>>, ...children: Child[]): SVGElement {
  const element = document.createElementNS(SVG, tag);
  setAttributes(element, attrs);
  append(element, children);
  return element;
}

export function replaceChildren(parent: Element, ...children: Child[]): void {
  parent.replaceChildren();
  append(parent, children);
}

/** A style sheet under any page's policy: a constructed one where that works, else an element. */
export function addStyle(root: ShadowRoot | Document, css: string): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    // Some browsers take the list from a content script and forget it.
    if (!root.adoptedStyleSheets.includes(sheet)) throw new Error("not adopted");
  } catch {
    const style = document.createElement("style");
    style.textContent = css;
    (root instanceof Document ? root.head : root).prepend(style);
  }
}
