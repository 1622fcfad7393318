/** A browser made of memory: storage that outlives workers, tabs with pages, and a background that can be killed. */
import type { Background } from "../../src/background/background.ts";
import { makeBackground } from "../../src/background/background.ts";
import type { Env } from "../../src/background/env.ts";
import type { Kept } from "../../src/background/model.ts";
import type { Answer, Ask, PageRequest, Requests } from "../../src/background/requests.ts";
import type { PageLine } from "../../src/background/pages.ts";
import type { Reading } from "../../src/types/detect.ts";
import type { CardToFill, CodeFilled, CodeToFill, FillResult, FromFrame, ToFrame, ToPage } from "../../src/types/messages.ts";
import type { PanelAction, PanelView, PillView, Stage } from "../../src/types/panel.ts";
import type { OpenSocket } from "../../src/nwc/relay.ts";
import type { Recipe } from "../../src/types/recipe.ts";
import { contradiction } from "../../src/detect/contradiction.ts";
import { FORM, reading } from "./given.ts";

export interface Options {
  readonly fetch: Env["fetch"];
  readonly recipes?: readonly Recipe[];
  /** Absent: no relay can be reached. */
  readonly openSocket?: OpenSocket;
  /** Real time; else waits and timers are run at once, in order. */
  readonly realTime?: boolean;
}

export class Killed extends Error {}

export function makeBrowser(options: Options) {
  const disk = new Map<string, string>();
  const session = new Map<string, string>();
  const origins = new Set<string>();
  const badges: string[] = [];
  const notices: string[] = [];
  const opened: string[] = [];
  const links: string[] = [];
  const injected: string[] = [];
  const focused: number[] = [];
  const called: number[] = [];
  const pages = new Map<number, TestPage>();
  let nowMs = 1_763_870_000_000;
  let alive = { on: true };
  let background: Background;
  /** Called before each write and each call to the server: what throws here kills the worker at that point. */
  let beforeStep: (what: string) => void = () => {};

  const start = (): Background => {
    const mine = { on: true };
    alive = mine;
    /** A killed worker does nothing any more: whatever it waits for never comes. */
    const step = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
      if (mine.on) {
        try {
          beforeStep(what);
        } catch (error) {
          if (!(error instanceof Killed)) throw error;
          mine.on = false;
        }
      }
      if (!mine.on) return new Promise(() => {});
      const value = await work();
      return mine.on ? value : new Promise(() => {});
    };
    const env: Env = {
      fetch: (url, init) => step(`fetch ${init.method ?? "GET"} ${new URL(url).pathname}`, () => options.fetch(url, init)),
      nowMs: () => (options.realTime === true ? Date.now() : nowMs),
      wait: (ms) => new Promise((resolve) => (options.realTime === true ? setTimeout(resolve, ms) : setTimeout(resolve, Math.min(ms, 5)))),
      later: (run, ms) => {
        const timer = setTimeout(() => mine.on && run(), options.realTime === true ? ms : Math.min(ms / 100, 50));
        return () => clearTimeout(timer);
      },
      load: async () => Object.fromEntries([...disk].map(([key, text]) => [key, JSON.parse(text) as unknown])) as Partial<Kept>,
      save: (part) =>
        step(`save ${Object.keys(part).join()}`, async () => {
          for (const [key, value] of Object.entries(part)) disk.set(key, JSON.stringify(value));
        }),
      session: {
        get: async (key) => (session.has(key) ? (JSON.parse(session.get(key) ?? "null") as unknown) : undefined),
        set: async (key, value) => void session.set(key, JSON.stringify(value)),
      },
      openSocket: (url, told) => {
        if (options.openSocket === undefined || !mine.on) throw new Error("no relay");
        // A worker that was killed hears nothing, and says nothing.
        const heard = <A extends readonly unknown[]>(call: (...given: A) => void) => (...given: A): void => void (mine.on && call(...given));
        const socket = options.openSocket(url, { opened: heard(told.opened), said: heard(told.said), closed: heard(told.closed) });
        return {
          close: socket.close,
          send: (text) => {
            void step(`say ${text.slice(0, 8)}`, async () => socket.send(text));
          },
        };
      },
      builtInRecipes: options.recipes ?? [],
      openPage: async (page) => void opened.push(page),
      openLink: async (url) => void links.push(url),
      badge: async (text) => void badges.push(text),
      notify: async (_, message) => void notices.push(message),
      language: () => "en-US",
      changed: () => {},
      focusTab: async (tabId) => void focused.push(tabId),
      tabExists: async (tabId) => pages.has(tabId),
      hasOrigins: async (wanted) => wanted.every((origin) => origins.has(origin)),
      callFrames: async (tabId) => void called.push(tabId),
      inject: async (tabId, file) => {
        injected.push(`${tabId} ${file}`);
        return true;
      },
    };
    return makeBackground(env);
  };
  background = start();

  const browser = {
    disk,
    session,
    origins,
    badges,
    notices,
    opened,
    links,
    injected,
    focused,
    called,
    get background() {
      return background;
    },
    sleepUntil: (ms: number) => void (nowMs = ms),
    onStep: (call: (what: string) => void) => void (beforeStep = call),
    /** The worker is stopped wherever it is, and started for the next event. Pages connect anew, as content scripts do. */
    async restart(how: "worker" | "browser" = "worker"): Promise<void> {
      alive.on = false;
      beforeStep = () => {};
      if (how === "browser") session.clear();
      background = start();
      await background.start();
      const before = [...pages.values()];
      if (how === "browser") pages.clear();
      else for (const page of before) await page.connect();
    },
    async ask<A extends Ask>(name: A, fields: Requests[A]["in"]): Promise<Requests[A]["out"]> {
      const answer = (await background.asked({ ask: name, ...fields } as PageRequest)) as Answer<A>;
      if (!answer.ok) throw new Error(`${name}: ${answer.trouble.code} ${answer.trouble.detail ?? ""}`);
      return answer.value;
    },
    async open(tabId: number, url: string, seen: Reading = reading(FORM)): Promise<TestPage> {
      const page = new TestPage(browser, tabId, url, seen);
      pages.set(tabId, page);
      await page.connect();
      return page;
    },
    close: (tabId: number) => void pages.delete(tabId),
    kept: <K extends keyof Kept>(key: K): Kept[K] => JSON.parse(disk.get(key) ?? "null") as Kept[K],
  };
  return browser;
}

export type Browser = ReturnType<typeof makeBrowser>;

/** A tab's content script: keeps what it is shown, reads what it is told to, and fills as `fills` says. */
export class TestPage {
  view: PanelView | null = null;
  pill: PillView | null = null;
  readonly copies: { field: string; value: string }[] = [];
  readonly fills: CardToFill[] = [];
  /** What is left of the reading when only what can be filled counts. */
  readToFill: Reading | null = null;
  readonly codes: CodeToFill[] = [];
  openedBy = 0;
  /** What the page makes of a fill. */
  fillWith: (card: CardToFill) => Partial<FillResult> = () => ({ filled: ["number", "expiry", "securityCode", "holder"] });
  fillCodeWith: (code: CodeToFill) => CodeFilled = ({ pin }) => ({ code: true, pin: pin !== null });
  private line: PageLine | null = null;
  private readonly browser: Browser;
  readonly tabId: number;
  readonly url: string;
  reading: Reading;

  constructor(browser: Browser, tabId: number, url: string, seen: Reading) {
    this.browser = browser;
    this.tabId = tabId;
    this.url = url;
    this.reading = seen;
  }

  async connect(): Promise<void> {
    const { background } = this.browser;
    const line = await background.pageUp({ tabId: this.tabId, url: this.url, say: (message) => this.told(message) });
    this.line = line;
    await line.heard({ say: "panel", open: true });
    await this.read();
  }

  async read(seen: Reading = this.reading, blank = false, toFill = false): Promise<void> {
    this.reading = seen;
    await this.line?.heard({ say: "reading", url: this.url, reading: seen, blank, ...(toFill ? { toFill } : {}) });
  }

  async toggle(open: boolean): Promise<void> {
    await this.line?.heard({ say: "panel", open });
  }

  /** What the shopper presses; ends when the background is done with it, or was killed on it. */
  async press(action: PanelAction): Promise<void> {
    await Promise.race([this.line?.heard({ say: "action", action }), new Promise((resolve) => setTimeout(resolve, 400))]);
  }

  private told(message: ToPage): void {
    // Messages pass through JSON, as in a browser.
    const said = JSON.parse(JSON.stringify(message)) as ToPage;
    if (said.say === "view") this.view = said.view;
    else if (said.say === "pill") this.pill = said.pill;
    else if (said.say === "open") this.openedBy += 1;
    else if (said.say === "copy") this.copies.push({ field: said.field, value: said.value });
    else if (said.say === "read") void (said.toFill === true && this.readToFill !== null ? this.read(this.readToFill, false, true) : this.read(this.reading, false, said.toFill === true));
    else if (said.say === "fill") this.fill(said);
    else if (said.say === "fill_code") {
      this.codes.push(said.code);
      void this.line?.heard({ say: "code_filled", result: this.fillCodeWith(said.code) });
    }
  }

  private fill({ card, total, overruled }: Extract<ToPage, { say: "fill" }>): void {
    const now = contradiction(this.reading, total, overruled);
    const changed = now !== null;
    const none: FillResult = { filled: [], refused: [], missing: [], totalChanged: false, saveCardTicked: false, frameHosts: [] };
    if (!changed) this.fills.push(card);
    const result: FillResult = changed ? { ...none, totalChanged: now } : { ...none, ...this.fillWith(card) };
    void this.line?.heard({ say: "filled", result });
  }

  get stage(): Stage | undefined {
    return this.view?.stage;
  }

  /** Waits until the panel shows this. */
  async until(kind: Stage["kind"], ms = 10_000): Promise<Stage> {
    return this.untilTrue(() => this.stage?.kind === kind, `stage ${kind}`, ms);
  }

  async untilTrue(is: () => boolean, what: string, ms = 10_000): Promise<Stage> {
    const end = Date.now() + ms;
    while (!is()) {
      if (Date.now() > end) throw new Error(`waited for ${what} and saw ${JSON.stringify(this.view)}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    if (this.stage === undefined) throw new Error("no stage");
    return this.stage;
  }
}

/** A frame script in a payment provider's frame. */
export function openFrame(browser: Browser, tabId: number, url: string, kinds: readonly ("number" | "expiry" | "securityCode" | "holder")[], around: readonly string[] = []): { readonly cards: CardToFill[] } {
  const cards: CardToFill[] = [];
  const line: { heard?: (message: FromFrame) => void } = {};
  const say = (message: ToFrame): void => {
    if (message.say === "words") return;
    cards.push(message.card);
    setTimeout(() => line.heard?.({ say: "filled", filled: kinds, refused: [] }), 1);
  };
  line.heard = browser.background.frameUp({ tabId, frameId: 7, url, say }).heard;
  line.heard({ say: "frame", host: new URL(url).host, kinds, around });
  return { cards };
}
