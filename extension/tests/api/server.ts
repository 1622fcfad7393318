import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Outside } from "../../src/api/transport.ts";

export interface TestServer {
  readonly url: string;
  /** What was asked, in order. */
  readonly asked: { readonly method: string; readonly path: string; readonly headers: IncomingMessage["headers"]; readonly body: string }[];
  readonly close: () => Promise<void>;
}

/** A server on this machine that answers as told; `at` counts the requests from 0. */
export async function serve(answer: (at: number, response: ServerResponse, request: IncomingMessage) => void): Promise<TestServer> {
  const asked: TestServer["asked"] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      asked.push({ method: request.method ?? "", path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks).toString("utf8") });
      answer(asked.length - 1, response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export interface TestOutside extends Outside {
  readonly waits: number[];
  readonly ahead: number[];
}

/** The real fetch; waits are noted and take no time. */
export function outside(): TestOutside {
  const waits: number[] = [];
  const ahead: number[] = [];
  return {
    fetch: (url, init) => fetch(url, init),
    nowMs: () => Date.now(),
    wait: (ms) => {
      waits.push(ms);
      return new Promise((resolve) => setImmediate(resolve));
    },
    clockAhead: (ms) => ahead.push(ms),
    waits,
    ahead,
  };
}

export function json(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { "content-type": status < 400 ? "application/json" : "application/problem+json", ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
