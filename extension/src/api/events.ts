/**
 * Follows a purchase by server-sent events (WHATWG HTML, 9.2), read from `fetch` since `EventSource` sends no token.
 * Comes back after every end with the last version that was seen, until told to stop.
 */
import type { Outside, Problem } from "./transport.ts";
import { failed, noteClock, readProblem, requestInit } from "./transport.ts";
import type { PurchaseView } from "./types.ts";

export interface Followed {
  readonly view: (view: PurchaseView) => void;
  /** The stream stands or is gone; `null` when it stands. */
  readonly trouble: (problem: Problem | null) => void;
}

/** The server sends a comment more often than this; without one the connection is dead, whatever TCP says. */
const SILENCE_MS_MAX = 60_000;
const CONNECT_MS_MAX = 15_000;
const BACK_OFF_MS = 500;
const BACK_OFF_MS_MAX = 15_000;
const EVENT_CHARS_MAX = 1_024 * 1_024;

/** Resolves when `stop` is aborted, or when the server says that following makes no sense (401, 403, 404). */
export async function follow(outside: Outside, server: string, token: string, id: string, told: Followed, stop: AbortSignal): Promise<Problem | null> {
  let lastId: string | null = null;
  let failures = 0;
  while (!stop.aborted) {
    const end = await stream(outside, `${server}/v1/purchases/${encodeURIComponent(id)}/events`, token, lastId, told, stop);
    if (stop.aborted) break;
    lastId = end.lastId ?? lastId;
    failures = end.lastId === null && end.problem !== null ? failures + 1 : 0;
    if (end.problem !== null) {
      if ([401, 403, 404].includes(end.problem.status)) return end.problem;
      told.trouble(end.problem);
    }
    const backOff = Math.min(BACK_OFF_MS * 2 ** Math.min(failures, 10), BACK_OFF_MS_MAX);
    await outside.wait(end.problem?.retryAfterMs ?? backOff);
  }
  return null;
}

interface StreamEnd {
  readonly lastId: string | null;
  /** `null`: the server ended it, which is no error. */
  readonly problem: Problem | null;
}

async function stream(outside: Outside, url: string, token: string, lastId: string | null, told: Followed, stop: AbortSignal): Promise<StreamEnd> {
  const quiet = new AbortController();
  const both = AbortSignal.any([stop, quiet.signal]);
  let timer = setTimeout(() => quiet.abort(), CONNECT_MS_MAX);
  const alive = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => quiet.abort(), SILENCE_MS_MAX);
  };
  let seen: string | null = null;
  try {
    const extra = lastId === null ? {} : { "last-event-id": lastId };
    const init = requestInit(token, { method: "GET" }, { ...extra, accept: "text/event-stream" });
    const response = await outside.fetch(url, { ...init, signal: both });
    noteClock(outside, response);
    if (!response.ok) return { lastId: null, problem: readProblem(response, await response.text()) };
    if (response.body === null) return { lastId: null, ...failed("answer_malformed", response.status) };
    alive();
    told.trouble(null);
    const parser = makeParser((event) => {
      const view = readView(event);
      if (view === null) return;
      if (event.id !== "") seen = event.id;
      told.view(view);
    });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      alive();
      parser(part.value);
    }
    return { lastId: seen, problem: null };
  } catch {
    return { lastId: seen, ...failed(quiet.signal.aborted ? "timed_out_here" : "unreachable", 0) };
  } finally {
    clearTimeout(timer);
  }
}

interface Event {
  readonly name: string;
  readonly id: string;
  readonly data: string;
}

function readView(event: Event): PurchaseView | null {
  if (event.name !== "purchase" && event.name !== "refunds") return null;
  try {
    const value = JSON.parse(event.data) as Partial<PurchaseView> | null;
    return typeof value?.id === "string" && typeof value.state === "string" ? (value as PurchaseView) : null;
  } catch {
    return null;
  }
}

/** Takes the stream in pieces cut anywhere, and gives whole events. Throws when one is too long. */
export function makeParser(give: (event: Event) => void): (piece: string) => void {
  let rest = "";
  let name = "";
  let id = "";
  let data: string[] = [];
  const line = (text: string): void => {
    if (text === "") {
      if (data.length > 0) give({ name: name === "" ? "message" : name, id, data: data.join("\n") });
      name = "";
      id = "";
      data = [];
      return;
    }
    const colon = text.indexOf(":");
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, "");
    if (field === "event") name = value;
    else if (field === "id" && !value.includes("\0")) id = value;
    else if (field === "data") data.push(value);
  };
  return (piece) => {
    rest += piece;
    if (rest.length > EVENT_CHARS_MAX) throw new Error("an event is too long");
    // A carriage return at the very end may be the first half of a line's end.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    lines.forEach(line);
  };
}
