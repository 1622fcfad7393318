/**
 * One talk with a relay (NIP-01 over WebSocket): listen, say one event, wait for what the wallet answers. A relay is
 * nobody: it can drop, delay, repeat and make up, so every size and wait has a bound, and its own yes and no mean nothing.
 */
import type { SignedEvent } from "./event.ts";
import { readEvent } from "./event.ts";

export interface Socket {
  readonly send: (text: string) => void;
  readonly close: () => void;
}

export interface SocketTold {
  readonly opened: () => void;
  readonly said: (text: string) => void;
  readonly closed: () => void;
}

export type OpenSocket = (url: string, told: SocketTold) => Socket;

export interface Filter {
  readonly kinds: readonly number[];
  readonly authors: readonly string[];
  readonly "#e"?: readonly string[];
  readonly since?: number;
  readonly limit?: number;
}

export interface Talk<T> {
  readonly relays: readonly string[];
  readonly filter: Filter;
  /** Said once the relay listens; absent: only heard. */
  readonly say?: SignedEvent;
  /** Right before it is said: what has to be written down first. Unless it gives `true`, nothing is said. */
  readonly before?: () => Promise<boolean>;
  /** The answer in an event, or `null`. Only events that are signed as they say reach it. */
  readonly take: (event: SignedEvent) => T | null;
  /** What the relay had kept has all been heard: ends a talk that only looks for that. */
  readonly storedOnly?: true;
  readonly waitMs: number;
  readonly stop?: AbortSignal;
}

export type Ended<T> =
  | { readonly kind: "answer"; readonly value: T }
  /** It was never said to anybody. */
  | { readonly kind: "not_said"; readonly why: "nwc_relay_unreachable" | "nwc_called_off" }
  /** It was said, or nothing was to be said, and no answer came. */
  | { readonly kind: "none"; readonly why: "nwc_silent" | "nwc_answer_too_large" | "nwc_relay_refused" };

/** An answer has one invoice in it, at most. */
const MESSAGE_CHARS_MAX = 128 * 1_024;
const MESSAGES_MAX = 200;
const OPEN_MS_MAX = 10_000;
const NAME = "anytill";

/** With the first relay that opens. Whatever happens, the event is said to one relay, once. */
export async function talk<T>(open: OpenSocket, later: (run: () => void, ms: number) => () => void, wanted: Talk<T>): Promise<Ended<T>> {
  for (const relay of wanted.relays) {
    if (wanted.stop?.aborted === true) break;
    const ended = await talkWith(open, later, relay, wanted);
    if (ended !== "shut") return ended;
  }
  return { kind: "not_said", why: "nwc_relay_unreachable" };
}

/** `shut`: it did not open, so that nothing was said to it. */
function talkWith<T>(open: OpenSocket, later: (run: () => void, ms: number) => () => void, relay: string, wanted: Talk<T>): Promise<Ended<T> | "shut"> {
  return new Promise((resolve) => {
    let opened = false;
    let over = false;
    let heard = 0;
    let why: Extract<Ended<T>, { kind: "none" }>["why"] = "nwc_silent";
    const end = (ended: Ended<T> | "shut"): void => {
      if (over) return;
      over = true;
      stopWaiting();
      wanted.stop?.removeEventListener("abort", silent);
      socket?.close();
      resolve(ended);
    };
    const silent = (): void => end(opened ? { kind: "none", why } : "shut");
    let stopWaiting = later(silent, Math.min(OPEN_MS_MAX, wanted.waitMs));
    wanted.stop?.addEventListener("abort", silent);

    const begin = async (): Promise<void> => {
      opened = true;
      stopWaiting();
      stopWaiting = later(silent, wanted.waitMs);
      // Heard before it is said: an answer is kept by few relays.
      socket?.send(JSON.stringify(["REQ", NAME, wanted.filter]));
      if (wanted.say === undefined) return;
      const written = wanted.before === undefined || (await wanted.before().catch(() => false));
      if (!written) return end({ kind: "not_said", why: "nwc_called_off" });
      if (!over) socket?.send(JSON.stringify(["EVENT", wanted.say]));
    };

    const hear = (text: string): void => {
      heard += 1;
      if (text.length > MESSAGE_CHARS_MAX || heard > MESSAGES_MAX) return end({ kind: "none", why: "nwc_answer_too_large" });
      const [what, name, value] = readMessage(text);
      if (what === "EVENT" && name === NAME) {
        const event = readEvent(value);
        const answer = event === null ? null : wanted.take(event);
        if (answer !== null) end({ kind: "answer", value: answer });
      } else if (what === "EOSE" && name === NAME && wanted.storedOnly) end({ kind: "none", why });
      // No proof of anything, but the only reason that a shopper will be told.
      else if ((what === "OK" && name === wanted.say?.id && value === false) || (what === "CLOSED" && name === NAME)) why = "nwc_relay_refused";
    };

    let socket: Socket | undefined;
    try {
      socket = open(relay, { opened: () => void (over ? null : begin()), said: (text) => void (over ? null : hear(text)), closed: silent });
    } catch {
      end("shut");
    }
  });
}

function readMessage(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
