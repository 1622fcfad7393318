/**
 * A relay for tests, after NIP-01: it keeps what it is told and hands it on. It can be as bad as a relay can be: deaf,
 * refusing, forgetful, or saying whatever a test wants said.
 */
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import type { SignedEvent } from "../../src/nwc/event.ts";
import { readEvent } from "../../src/nwc/event.ts";
import type { Filter } from "../../src/nwc/relay.ts";

type Wanted = Partial<Filter> & { readonly "#p"?: readonly string[] };

export interface TestRelay {
  readonly url: string;
  /** All that was said to it, in order. */
  readonly said: readonly SignedEvent[];
  /** Takes events and hands none on. */
  deaf: boolean;
  /** Says no to each event, and hands it on all the same: its word is none. */
  refuses: boolean;
  /** Answers of wallets are kept for who asks later; the specification does not demand it. */
  keeps: boolean;
  /** Says this to everybody who listens, as it stands. */
  shout(text: string): void;
  /** Cuts every line. */
  cut(): void;
  close(): Promise<void>;
}

interface Listener {
  readonly socket: WebSocket;
  readonly name: string;
  readonly filters: readonly Wanted[];
}

const ANSWERS = 23_195;

export async function startRelay(): Promise<TestRelay> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await new Promise((resolve) => server.once("listening", resolve));
  const said: SignedEvent[] = [];
  let listeners: Listener[] = [];
  const relay: TestRelay = {
    url: `ws://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    said,
    deaf: false,
    refuses: false,
    keeps: true,
    shout: (text) => server.clients.forEach((socket) => socket.send(text)),
    cut: () => server.clients.forEach((socket) => socket.terminate()),
    close: () =>
      new Promise((resolve) => {
        server.clients.forEach((socket) => socket.terminate());
        server.close(() => resolve());
      }),
  };
  const hand = ({ socket, name }: Listener, event: SignedEvent): void => socket.send(JSON.stringify(["EVENT", name, event]));
  const take = (socket: WebSocket, value: unknown): void => {
    const event = readEvent(value);
    if (event === null) return socket.send(JSON.stringify(["NOTICE", "no event"]));
    said.push(event);
    socket.send(JSON.stringify(["OK", event.id, !relay.refuses, relay.refuses ? "blocked: not you" : ""]));
    if (!relay.deaf) listeners.filter(({ filters }) => filters.some((filter) => fits(filter, event))).forEach((one) => hand(one, event));
  };
  const listen = (one: Listener): void => {
    listeners = [...listeners.filter(({ socket, name }) => socket !== one.socket || name !== one.name), one];
    for (const event of said) {
      const kept = relay.keeps || event.kind !== ANSWERS;
      if (kept && !relay.deaf && one.filters.some((filter) => fits(filter, event))) hand(one, event);
    }
    one.socket.send(JSON.stringify(["EOSE", one.name]));
  };
  server.on("connection", (socket) => {
    socket.on("message", (data: Buffer) => {
      const [what, first, ...rest] = JSON.parse(data.toString("utf8")) as readonly unknown[];
      if (what === "EVENT") take(socket, first);
      else if (what === "REQ") listen({ socket, name: String(first), filters: rest as readonly Wanted[] });
    });
    socket.on("close", () => void (listeners = listeners.filter((one) => one.socket !== socket)));
    socket.on("error", () => {});
  });
  return relay;
}

function fits(filter: Wanted, event: SignedEvent): boolean {
  const tagged = (name: string, wanted: readonly string[] | undefined): boolean => wanted === undefined || event.tags.some((tag) => tag[0] === name && wanted.includes(tag[1] ?? ""));
  const { kinds, authors, since } = filter;
  return (
    (kinds === undefined || kinds.includes(event.kind)) && (authors === undefined || authors.includes(event.pubkey)) && (since === undefined || event.created_at >= since) &&
    tagged("e", filter["#e"]) && tagged("p", filter["#p"])
  );
}
