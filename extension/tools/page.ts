/**
 * A saved page as a document, without a browser: declarative shadow roots are attached, `srcdoc` frames and frames saved
 * beside the page are parsed, scripts and the network stay out.
 */
import { readFileSync, statSync } from "node:fs";
import { dirname, resolve, sep } from "node:path";
import { JSDOM } from "jsdom";

export interface SavedPage {
  readonly document: Document;
  readonly frameDocument: (frame: Element) => Document | null;
}

const NESTING_MAX = 5;
const FILE_LEN_MAX = 64 * 1024 * 1024;
/** One window parses all pages: making one costs far more than parsing. */
let parser: DOMParser | undefined;

export function parsePage(html: string, file: string | null): SavedPage {
  parser ??= new (new JSDOM("").window.DOMParser)();
  const frames = new Map<Element, Document>();
  const document = parse(html, file, frames, 0);
  return { document, frameDocument: (frame) => frames.get(frame) ?? null };
}

export function readPage(file: string): SavedPage {
  const { size } = statSync(file);
  if (size > FILE_LEN_MAX) throw new Error(`larger than ${FILE_LEN_MAX} bytes`);
  return parsePage(decode(readFileSync(file)), file);
}

/** UTF-8 unless a byte order mark or the page itself says otherwise. */
function decode(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  const said = /<meta[^>]{0,200}charset=["']?([\w-]{2,30})/i.exec(bytes.subarray(0, 4096).toString("latin1"))?.[1];
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    try {
      return new TextDecoder(said ?? "windows-1252").decode(bytes);
    } catch {
      return new TextDecoder("windows-1252").decode(bytes);
    }
  }
}

function parse(html: string, file: string | null, frames: Map<Element, Document>, depth: number): Document {
  const document = (parser as DOMParser).parseFromString(html, "text/html");
  attach(document, file, frames, depth);
  return document;
}

function attach(root: Document | ShadowRoot, file: string | null, frames: Map<Element, Document>, depth: number): void {
  if (depth > NESTING_MAX) return;
  for (const frame of Array.from(root.querySelectorAll("iframe,frame"))) {
    const inner = frameHtml(frame, file);
    if (inner !== null) frames.set(frame, parse(inner.html, inner.file, frames, depth + 1));
  }
  for (const template of Array.from(root.querySelectorAll<HTMLTemplateElement>("template[shadowrootmode=open],template[shadowroot=open]"))) {
    const host = template.parentElement;
    if (host === null || host.shadowRoot !== null) continue;
    const shadow = shadowOf(host);
    if (shadow === null) continue;
    shadow.append(template.content);
    template.remove();
    attach(shadow, file, frames, depth + 1);
  }
}

/** Elements that cannot have one are left as they are, as a browser does. */
function shadowOf(host: Element): ShadowRoot | null {
  try {
    return host.attachShadow({ mode: "open" });
  } catch {
    return null;
  }
}

function frameHtml(frame: Element, file: string | null): { readonly html: string; readonly file: string | null } | null {
  const srcdoc = frame.getAttribute("srcdoc");
  if (srcdoc !== null) return { html: srcdoc, file };
  const src = (frame.getAttribute("src") ?? "").split(/[?#]/)[0] ?? "";
  if (file === null || src === "" || /^([a-z][a-z0-9+.-]*:|\/)/i.test(src)) return null;
  const base = dirname(resolve(file));
  const path = resolve(base, decodeURIComponentSafe(src));
  // Only what was saved with the page: nothing above its directory.
  if (!path.startsWith(base + sep) || !/\.(x?html?|php|aspx?|jsp)?$/i.test(path)) return null;
  try {
    return statSync(path).size > FILE_LEN_MAX ? null : { html: decode(readFileSync(path)), file: path };
  } catch {
    return null;
  }
}

function decodeURIComponentSafe(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
