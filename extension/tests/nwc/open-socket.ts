/** A browser's WebSocket, as far as it is used, in a test. */
import { WebSocket } from "ws";
import type { OpenSocket } from "../../src/nwc/relay.ts";

export const openSocket: OpenSocket = (url, told) => {
  const socket = new WebSocket(url);
  socket.on("open", told.opened);
  socket.on("message", (data: Buffer) => told.said(data.toString("utf8")));
  socket.on("close", told.closed);
  socket.on("error", () => {});
  return { send: (text) => socket.send(text), close: () => socket.close() };
};

export const later = (run: () => void, ms: number): (() => void) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};
