/**
 * All that the background needs of the browser, as few calls as can be: the real ones stand in `main.ts`, tests have
 * their own. Nothing else in this room names `chrome`.
 */
import type { Outside } from "../api/transport.ts";
import type { OpenSocket } from "../nwc/relay.ts";
import type { FromFrame, FromPage, ToFrame, ToPage } from "../types/messages.ts";
import type { Recipe } from "../types/recipe.ts";
import type { Kept } from "./model.ts";

export interface Env extends Outside {
  readonly load: () => Promise<Partial<Kept>>;
  readonly save: (part: Partial<Kept>) => Promise<void>;
  /** Lives as long as the browser runs. */
  readonly session: { readonly get: (key: string) => Promise<unknown>; readonly set: (key: string, value: unknown) => Promise<void> };
  readonly later: (run: () => void, ms: number) => () => void;

  /** A line to a relay. Its handlers are called after this has returned. */
  readonly openSocket: OpenSocket;

  readonly builtInRecipes: readonly Recipe[];
  readonly openPage: (page: string) => Promise<void>;
  /** A page of the web in a tab of its own, which is told nothing of where it was opened from. */
  readonly openLink: (url: string) => Promise<void>;
  readonly badge: (text: string) => Promise<void>;
  readonly notify: (id: string, message: string) => Promise<void>;
  readonly language: () => string;
  /** Open extension pages are told that something changed. */
  readonly changed: () => void;

  readonly hasOrigins: (origins: readonly string[]) => Promise<boolean>;
  readonly focusTab: (tabId: number) => Promise<void>;
  readonly tabExists: (tabId: number) => Promise<boolean>;
  /** Wakes the frame scripts that are in a tab: each makes its line. */
  readonly callFrames: (tabId: number) => Promise<void>;
  /** Puts a script into a tab; into all frames that may be entered, or the top one. `false`: not allowed there. */
  readonly inject: (tabId: number, file: "content.js" | "frame.js", allFrames: boolean) => Promise<boolean>;
}

/** A connected content script. */
export interface PagePort {
  readonly tabId: number;
  readonly url: string;
  readonly say: (message: ToPage) => void;
}

/** A connected frame script. */
export interface FramePort {
  readonly tabId: number;
  readonly frameId: number;
  /** As the browser says, not as the frame does. */
  readonly url: string;
  readonly say: (message: ToFrame) => void;
  /** What is around it, as its script has said; until then it is filled by nobody. */
  around?: readonly string[];
}

export type { FromFrame, FromPage };
