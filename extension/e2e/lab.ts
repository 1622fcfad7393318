/**
 * The world around the browser: `lab world` started, driven and stopped. What its control API does stands in its `--help`.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** The world's first line, as far as it is used here. */
export interface About {
  readonly server: string;
  readonly root_key: string;
  readonly pairing: string;
  readonly invitation: string | null;
  readonly currency: string;
  readonly payer_address: string;
  /** With `--payer nwc`: the payer's wallet as a connection string. */
  readonly nwc: string | null;
  readonly store: string;
  readonly store_checkout: string;
  readonly control: string;
  readonly data: string;
}

export interface Lab {
  readonly about: About;
  get(path: string): Promise<unknown>;
  post(path: string, body?: unknown): Promise<unknown>;
  clearFaults(): Promise<void>;
  stop(): Promise<void>;
}

/** Building a channel on a chain of its own takes some seconds; on a busy machine more. */
const START_MS_MAX = 120_000;
const CALL_MS_MAX = 60_000;

export async function startLab(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Lab> {
  const program = process.env["LAB_BIN"];
  if (program === undefined) throw new Error("LAB_BIN names no program: run `cargo xtask test --only browser`, or build `lab` and `anytill` and set it");
  const child = spawn(program, ["world", ...args], { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...env } });
  const told: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    told.push(text);
    if (told.length > 400) told.shift();
  });
  const about = await firstLine(child, told);
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(about.control + path, {
      method,
      signal: AbortSignal.timeout(CALL_MS_MAX),
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === "" ? null : (JSON.parse(text) as unknown);
  };
  return {
    about,
    get: (path) => call("GET", path),
    post: (path, body = {}) => call("POST", path, body),
    clearFaults: async () => {
      await call("DELETE", "/faults");
    },
    stop: () => stop(child),
  };
}

async function firstLine(child: ChildProcess, told: readonly string[]): Promise<About> {
  const { stdout } = child;
  if (stdout === null) throw new Error("no pipe");
  const lines = createInterface({ input: stdout });
  const line = new Promise<string>((resolve, reject) => {
    lines.once("line", resolve);
    child.once("exit", (code) => {
      reject(new Error(`the world ended (${String(code)}) before it was ready:\n${told.join("")}`));
    });
    setTimeout(() => {
      reject(new Error(`the world was not ready in ${START_MS_MAX} ms:\n${told.join("")}`));
    }, START_MS_MAX).unref();
  });
  try {
    return JSON.parse(await line) as About;
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

/** The end of its standard input stops the world and everything that it started. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.stdin?.end();
  const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
  await ended;
  clearTimeout(timer);
}
