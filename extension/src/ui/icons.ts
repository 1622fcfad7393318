import { svg } from "./h.ts";

/** The mark: a bolt that drops into the slot of a till. */
export function logo(size: number): SVGElement {
  return svg(
    "svg",
    { viewBox: "0 0 24 24", width: size, height: size, "aria-hidden": "true", focusable: "false", class: "logo" },
    svg("rect", { x: 0, y: 0, width: 24, height: 24, rx: 6.5, fill: "#0b5d51" }),
    svg("path", { d: "M13.6 3.6 7.2 12h4.1l-1.2 5h3.4l3.9-7.4h-4.1l2-6z", fill: "#ffb84d" }),
    svg("path", { d: "M5.2 16.2v2.6c0 .8.6 1.4 1.4 1.4h10.8c.8 0 1.4-.6 1.4-1.4v-2.6", fill: "none", stroke: "#fff", "stroke-width": 1.9, "stroke-linecap": "round" }),
  );
}

const PATHS = {
  check: "M5 12.5 10 17.5 19.5 7",
  cross: "M6.5 6.5l11 11M17.5 6.5l-11 11",
  copy: "M9 9V5h10v10h-4M5 9h10v10H5z",
  wallet: "M4 7.5h14.5a1.5 1.5 0 0 1 1.5 1.5v9a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 18zm0 0 11-3v3M16 13.5h.5",
  lock: "M7 11V8a5 5 0 0 1 10 0v3M5.5 11h13v9h-13z",
  alert: "M12 4 2.8 20h18.4zM12 10v4.5M12 17.2v.3",
  card: "M3.5 6h17v12h-17zM3.5 10h17M7 14.5h3",
  gift: "M4 10h16v10H4zM3 7h18v3H3zM12 7v13M12 7c-2-4-6-3-5 0M12 7c2-4 6-3 5 0",
  undo: "M9 7 4.5 11.5 9 16M5 11.5h9a5 5 0 0 1 0 10h-2",
  arrow: "M5 12h14M13 6l6 6-6 6",
} as const;

export type IconName = keyof typeof PATHS;

export function icon(name: IconName, size = 20): SVGElement {
  return svg(
    "svg",
    {
      viewBox: "0 0 24 24", width: size, height: size, fill: "none", stroke: "currentColor", "stroke-width": 2,
      "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true", focusable: "false", class: "icon",
    },
    svg("path", { d: PATHS[name] }),
  );
}
