/**
 * A relay for tests, after NIP-01: it keeps what it is told and hands it on. It can be as bad as a relay can be: deaf,
 * refusing, forgetful, or saying whatever a test wants said. It is in memory, and can be served to real sockets.
 */
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import type { SignedEvent } from "../../src/nwc/event.ts";
import { readEvent } from "../../src/nwc/event.ts";
import type { Filter, OpenSocket, SocketTold } from "../../src/nwc/relay.ts";

type Wanted = Partial<Filter> & { readonly "#p"?: readonly string[] };

export interface TestRelay {
  /** A line to it, whatever the address. */
  readonly open: OpenSocket;
  /** All that was said to it, in order. */
  readonly said: readonly SignedEvent[];
  /** Takes events and hands none on. */
  deaf: boolean;
  /** Says no to each event, and hands it on all the same: its word is none. */
  refuses: boolean;
  /** Answers of wallets are kept for who asks later; the specification does not demand it. */
  keeps: boolean;
  /** Nobody can reach it. */
  away: boolean;
  /** Says this to everybody who listens, as it stands. */
  shout(text: string): void;
  /** Cuts every line. */
  cut(): void;
}

export interface ServedRelay extends TestRelay {
  readonly url: string;
  close(): Promise<void>;
}

interface Line {
  readonly told: SocketTold;
  readonly listens: Map<string, readonly Wanted[]>;
}

const ANSWERS = 23_195;

export function makeRelay(): TestRelay {
  const said: SignedEvent[] = [];
  const lines = new Set<Line>();
  const tell = (line: Line, ...message: readonly unknown[]): void =>
    queueMicrotask(() => {
      if (lines.has(line)) line.told.said(JSON.stringify(message));
    });
  const drop = (line: Line): void => {
    if (lines.delete(line)) queueMicrotask(line.told.closed);
  };
  const take = (line: Line, value: unknown): void => {
    const event = readEvent(value);
    if (event === null) return tell(line, "NOTICE", "no event");
    said.push(event);
    tell(line, "OK", event.id, !relay.refuses, relay.refuses ? "blocked: not you" : "");
    if (relay.deaf) return;
    for (const one of lines) one.listens.forEach((filters, name) => filters.some((filter) => fits(filter, event)) && tell(one, "EVENT", name, event));
  };
  const listen = (line: Line, name: string, filters: readonly Wanted[]): void => {
    line.listens.set(name, filters);
    const kept = relay.deaf ? [] : said.filter((event) => (relay.keeps || event.kind !== ANSWERS) && filters.some((filter) => fits(filter, event)));
    kept.forEach((event) => tell(line, "EVENT", name, event));
    tell(line, "EOSE", name);
  };
  const relay: TestRelay = {
    said,
    deaf: false,
    refuses: false,
    keeps: true,
    away: false,
    open: (_, told) => {
      const line: Line = { told, listens: new Map() };
      queueMicrotask(() => {
        if (relay.away) return told.closed();
        lines.add(line);
        told.opened();
      });
      return {
        close: () => drop(line),
        send: (text) => {
          if (!lines.has(line)) return;
          const [what, first, ...rest] = JSON.parse(text) as readonly unknown[];
          if (what === "EVENT") take(line, first);
          else if (what === "REQ") listen(line, String(first), rest as readonly Wanted[]);
        },
      };
    },
    shout: (text) => lines.forEach((line) => queueMicrotask(() => line.told.said(text))),
    cut: () => lines.forEach(drop),
  };
  return relay;
}

/** The same behind a port of this machine. */
export async function serveRelay(): Promise<ServedRelay> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await new Promise((resolve) => server.once("listening", resolve));
  const relay = makeRelay();
  server.on("connection", (socket) => {
    const line = relay.open("", { opened: () => {}, said: (text) => socket.send(text), closed: () => socket.terminate() });
    socket.on("message", (data: Buffer) => line.send(data.toString("utf8")));
    socket.on("close", line.close);
    socket.on("error", () => {});
  });
  const close = (): Promise<void> => {
    server.clients.forEach((socket: WebSocket) => socket.terminate());
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return Object.assign(relay, { url: `ws://127.0.0.1:${String((server.address() as AddressInfo).port)}`, close });
}

function fits(filter: Wanted, event: SignedEvent): boolean {
  const tagged = (name: string, wanted: readonly string[] | undefined): boolean => wanted === undefined || event.tags.some((tag) => tag[0] === name && wanted.includes(tag[1] ?? ""));
  const { kinds, authors, since } = filter;
  return (
    (kinds === undefined || kinds.includes(event.kind)) && (authors === undefined || authors.includes(event.pubkey)) && (since === undefined || event.created_at >= since) &&
    tagged("e", filter["#e"]) && tagged("p", filter["#p"])
  );
}
