/**
 * Asks a form or a document past its own fields: one that is named `parentElement` or `title` stands in front of the
 * member of that name, so a page could stop a reading or lead it astray.
 *
 * Invariant: what comes back is only asked, never handed to the page's own functions.
 */

/** Any other node is itself. What is not as it should be can only be such a form. */
export function past<N extends Node>(node: N): N {
  const name: unknown = (node as Node & { readonly localName?: unknown }).localName;
  return node.nodeType !== 1 || name === "form" || typeof name !== "string" ? unclouded(node) : node;
}

const views = new WeakMap<Node, Node>();

/** The same for a node that is known to be one. */
export function unclouded<N extends Node>(node: N): N {
  let view = views.get(node) as N | undefined;
  if (view !== undefined) return view;
  view = new Proxy(node, {
    get: (_, key) => {
      const value: unknown = Reflect.get(Object.getPrototypeOf(node) as object, key, node);
      return typeof value === "function" ? (value.bind(node) as unknown) : value;
    },
  });
  views.set(node, view);
  views.set(view, view);
  return view;
}

export function parentOf(element: Element): Element | null {
  const parent = element.parentElement;
  return parent === null ? null : past(parent);
}
