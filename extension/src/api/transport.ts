/**
 * One way to speak to a server: bearer token, no cookies, no redirects, no cache, every wait bounded, and another try
 * only where it cannot do anything twice.
 */
import type { ProblemBody } from "./types.ts";

export interface Problem {
  /** The API's code, or `unreachable`, `timed_out_here`, `answer_malformed`. */
  readonly code: string;
  /** 0 when no answer came. */
  readonly status: number;
  readonly detail: string | null;
  readonly retryAfterMs: number | null;
}

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

/** What the outside gives, so that tests have their own. */
export interface Outside {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly nowMs: () => number;
  readonly wait: (ms: number) => Promise<void>;
  /** Told of each answer's `Date`: how far the server's clock is ahead of this one. */
  readonly clockAhead?: (aheadMs: number) => void;
}

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
  /** Another try may be made: a GET, or a call with an idempotency key. */
  readonly repeatable: boolean;
  readonly timeoutMs?: number;
}

/** A quote waits for node and prices, some seconds at most; beyond this the same wish is sent again. */
const TIMEOUT_MS = 15_000;
const TRIES_MAX = 3;
const BACK_OFF_MS = 400;
/** A longer `Retry-After` is told instead of waited for. */
const RETRY_AFTER_MS_MAX = 3_000;
const BODY_CHARS_MAX = 4 * 1_024 * 1_024;
/** The same wish may be sent again after these: nothing was begun, or the key keeps it from being done twice. */
const AGAIN = new Set(["unreachable", "timed_out_here", "timed_out", "busy", "idempotency_in_progress"]);

export async function send(outside: Outside, server: string, token: string | null, call: Call): Promise<Result<unknown>> {
  let result = await once(outside, server, token, call);
  for (let tried = 1; tried < TRIES_MAX && !result.ok && call.repeatable && AGAIN.has(result.problem.code); tried++) {
    const wanted = result.problem.retryAfterMs ?? BACK_OFF_MS * 2 ** (tried - 1);
    if (wanted > RETRY_AFTER_MS_MAX) break;
    await outside.wait(wanted);
    result = await once(outside, server, token, call);
  }
  return result;
}

/** The parts that every request has alike, a stream's too. */
export function requestInit(token: string | null, call: Pick<Call, "method" | "body" | "idempotencyKey">, extra: Readonly<Record<string, string>> = {}): RequestInit {
  const headers: Record<string, string> = { accept: "application/json", ...extra };
  if (token !== null) headers["authorization"] = `Bearer ${token}`;
  if (call.idempotencyKey !== undefined) headers["idempotency-key"] = call.idempotencyKey;
  if (call.body !== undefined) headers["content-type"] = "application/json";
  return {
    method: call.method,
    headers,
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    credentials: "omit",
    redirect: "error",
    cache: "no-store",
    referrerPolicy: "no-referrer",
  };
}

async function once(outside: Outside, server: string, token: string | null, call: Call): Promise<Result<unknown>> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), call.timeoutMs ?? TIMEOUT_MS);
  try {
    const response = await outside.fetch(server + call.path, { ...requestInit(token, call), signal: stop.signal });
    noteClock(outside, response);
    const text = await response.text();
    return response.ok ? readValue(text) : { ok: false, problem: readProblem(response, text) };
  } catch {
    // The cause is the browser's words, which say nothing that a shopper can act on.
    return failed(stop.signal.aborted ? "timed_out_here" : "unreachable", 0);
  } finally {
    clearTimeout(timer);
  }
}

export function failed(code: string, status: number): { readonly ok: false; readonly problem: Problem } {
  return { ok: false, problem: { code, status, detail: null, retryAfterMs: null } };
}

function readValue(text: string): Result<unknown> {
  if (text === "") return { ok: true, value: null };
  if (text.length > BODY_CHARS_MAX) return failed("answer_malformed", 200);
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    return failed("answer_malformed", 200);
  }
}

export function readProblem(response: Response, text: string): Problem {
  const body = readBody(text);
  const seconds = Number(response.headers.get("retry-after") ?? "");
  const retryAfterMs = Number.isInteger(seconds) && seconds > 0 ? seconds * 1_000 : null;
  const code = typeof body?.code === "string" && /^[a-z0-9_]{1,60}$/.test(body.code) ? body.code : codeOf(response.status);
  const detail = typeof body?.detail === "string" ? body.detail.slice(0, 400) : null;
  return { code, status: response.status, detail, retryAfterMs };
}

/** A proxy before the server answers without problem details; while it cannot reach the server, neither can we. */
function codeOf(status: number): string {
  return status === 502 || status === 503 || status === 504 ? "unreachable" : "answer_malformed";
}

function readBody(text: string): Partial<ProblemBody> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Partial<ProblemBody>) : null;
  } catch {
    return null;
  }
}

export function noteClock(outside: Outside, response: Response): void {
  const date = Date.parse(response.headers.get("date") ?? "");
  if (!Number.isNaN(date)) outside.clockAhead?.(date - outside.nowMs());
}
