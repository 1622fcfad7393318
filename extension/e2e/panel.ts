/**
 * The panel as a person with a screen reader meets it. It is drawn in a closed shadow root, which no script of the page
 * can look into; the browser's accessibility tree has it all the same, with what each thing is called and where it is.
 *
 * Presses are real ones, by mouse at that place: an event that a script makes would be ignored.
 */

import type { CDPSession, Page } from "playwright-core";

interface AxValue {
  readonly value?: unknown;
}
interface AxNode {
  readonly nodeId: string;
  readonly ignored: boolean;
  readonly role?: AxValue;
  readonly name?: AxValue;
  readonly value?: AxValue;
  readonly childIds?: readonly string[];
  readonly backendDOMNodeId?: number;
  readonly properties?: readonly { readonly name: string; readonly value: AxValue }[];
}

export interface Panel {
  /** Everything that is read out, in order. */
  text(): Promise<string>;
  /** Waits until what is read out has this. */
  says(what: string | RegExp, withinMs?: number): Promise<string>;
  /** `DisclosureTriangle`: what a fold is opened by. */
  press(role: "button" | "link" | "radio" | "checkbox" | "DisclosureTriangle", name: string | RegExp): Promise<void>;
  has(role: string, name: string | RegExp): Promise<boolean>;
  type(name: string | RegExp, text: string): Promise<void>;
  /** The address of a link. */
  href(name: string | RegExp): Promise<string>;
}

const WITHIN_MS = 20_000;
/** How long a panel may take to settle. */
const REDRAWN_MS = 5_000;
const LOOK_MS = 50;

/** `region`: what the panel is called; `null` for the whole page, the pill among it. */
export async function panelOf(page: Page, region: string | RegExp | null): Promise<Panel> {
  const session = await page.context().newCDPSession(page);
  await session.send("Accessibility.enable");
  const panel = async (): Promise<readonly AxNode[]> => below(await tree(session), region);
  const one = async (role: string, name: string | RegExp): Promise<AxNode> => {
    let seen: readonly AxNode[] = [];
    const found = await until(async () => {
      seen = await panel();
      return seen.find((node) => text(node.role) === role && matches(text(node.name), name) && isEnabled(node));
    }, WITHIN_MS);
    if (found === undefined) throw new Error(`the panel has no ${role} "${String(name)}"; it says:\n${spoken(seen)}`);
    return found;
  };
  return {
    text: async () => spoken(await panel()),
    async says(what, withinMs = WITHIN_MS) {
      let last = "";
      const found = await until(async () => {
        last = spoken(await panel());
        return matches(last, what) ? last : undefined;
      }, withinMs);
      if (found === undefined) throw new Error(`the panel does not say ${String(what)}; it says:\n${last}`);
      return found;
    },
    async press(role, name) {
      const at = await place(session, () => one(role, name));
      await page.mouse.click(at.x, at.y);
    },
    async has(role, name) {
      return (await panel()).some((node) => text(node.role) === role && matches(text(node.name), name));
    },
    async type(name, value) {
      const at = await place(session, () => one("textbox", name));
      await page.mouse.click(at.x, at.y, { clickCount: 3 });
      await page.keyboard.type(value);
    },
    async href(name) {
      const node = await one("link", name);
      const { node: described } = await session.send("DOM.describeNode", backend(node));
      const attributes = described.attributes ?? [];
      const at = attributes.indexOf("href");
      if (at < 0) throw new Error(`the link "${String(name)}" leads nowhere`);
      return attributes[at + 1] ?? "";
    },
  };
}

async function tree(session: CDPSession): Promise<readonly AxNode[]> {
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  return nodes as readonly AxNode[];
}

/** The first node of that name, and what is below it, in reading order. */
function below(nodes: readonly AxNode[], name: string | RegExp | null): readonly AxNode[] {
  if (name === null) return nodes.filter((node) => !node.ignored);
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  const top = nodes.find((node) => ["dialog", "region", "complementary"].includes(text(node.role)) && matches(text(node.name), name));
  const found: AxNode[] = [];
  const open = top === undefined ? [] : [top];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (!node.ignored) found.push(node);
    for (const id of [...(node.childIds ?? [])].reverse()) {
      const child = byId.get(id);
      if (child !== undefined) open.push(child);
    }
  }
  return found;
}

function spoken(nodes: readonly AxNode[]): string {
  const read = nodes.filter((node) => ["StaticText", "image", "img"].includes(text(node.role)) || (text(node.role) === "textbox" && text(node.value) !== ""));
  return read.map((node) => text(node.name) || text(node.value)).join("\n");
}

function text(value: AxValue | undefined): string {
  return typeof value?.value === "string" ? value.value : "";
}

function isEnabled(node: AxNode): boolean {
  return !(node.properties ?? []).some(({ name, value }) => name === "disabled" && value.value === true);
}

function matches(said: string, what: string | RegExp): boolean {
  return typeof what === "string" ? said.includes(what) : what.test(said);
}

function backend(node: AxNode): { backendNodeId: number } {
  if (node.backendDOMNodeId === undefined) throw new Error("not an element");
  return { backendNodeId: node.backendDOMNodeId };
}

/** Where to click. The panel may draw itself anew between being read and being clicked: then it is read again. */
async function place(session: CDPSession, find: () => Promise<AxNode>): Promise<{ x: number; y: number }> {
  const found = await until(async () => {
    const node = await find();
    return middle(session, node).catch((error: unknown) => {
      if (String(error).includes("detached") || String(error).includes("box model")) return undefined;
      throw error;
    });
  }, REDRAWN_MS);
  if (found === undefined) throw new Error("the panel never stays as it is");
  return found;
}

async function middle(session: CDPSession, node: AxNode): Promise<{ x: number; y: number }> {
  await session.send("DOM.scrollIntoViewIfNeeded", backend(node));
  const { model } = await session.send("DOM.getBoxModel", backend(node));
  const [x1 = 0, y1 = 0, , , x2 = 0, y2 = 0] = model.content;
  return { x: Math.round((x1 + x2) / 2), y: Math.round((y1 + y2) / 2) };
}

async function until<T>(look: () => Promise<T | undefined>, withinMs: number): Promise<T | undefined> {
  const end = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined || Date.now() > end) return found;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
