/**
 * A page of the corpus as a document without a browser: what a browser would have made of declarative shadow roots and
 * `srcdoc` frames is made here, scripts and the network stay out.
 */

import { JSDOM } from "jsdom";
import type { Place } from "../src/types/detect.ts";

export interface Loaded {
  readonly document: Document;
  /** The document in a frame of the same origin; null for any other. */
  readonly frameDocument: (frame: Element) => Document | null;
}

const NESTING_MAX = 5;
/** One window for all pages: making one costs far more than parsing a page. */
const parser = new JSDOM("").window.DOMParser;

export function loadDocument(html: string): Loaded {
  const frames = new Map<Element, Document>();
  const document = parse(html, frames, 0);
  return { document, frameDocument: (frame) => frames.get(frame) ?? null };
}

function parse(html: string, frames: Map<Element, Document>, depth: number): Document {
  const document = new parser().parseFromString(html, "text/html");
  attachShadowRoots(document, frames, depth);
  return document;
}

function attachShadowRoots(root: Document | ShadowRoot, frames: Map<Element, Document>, depth: number): void {
  if (depth > NESTING_MAX) return;
  for (const frame of root.querySelectorAll("iframe[srcdoc]")) {
    frames.set(frame, parse(frame.getAttribute("srcdoc") ?? "", frames, depth + 1));
  }
  for (const template of root.querySelectorAll<HTMLTemplateElement>("template[shadowrootmode=open]")) {
    const host = template.parentElement;
    if (host === null || host.shadowRoot !== null) continue;
    const shadow = host.attachShadow({ mode: "open" });
    shadow.append(template.content);
    template.remove();
    attachShadowRoots(shadow, frames, depth + 1);
  }
}

/** Every element that the last selector finds, once each step before it has found exactly one. */
export function placeAll(loaded: Loaded, place: Place): Element[] {
  let root: Document | ShadowRoot | null = loaded.document;
  let rest = place;
  while (typeof rest !== "string") {
    const steps: Element[] = [...root.querySelectorAll("frame" in rest ? rest.frame : rest.host)];
    const step = steps[0];
    if (step === undefined || steps.length !== 1) return [];
    root = "frame" in rest ? loaded.frameDocument(step) : step.shadowRoot;
    if (root === null) return [];
    rest = rest.css;
  }
  return [...root.querySelectorAll(rest)];
}
