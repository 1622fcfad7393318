/** The background as a browser runs it, with a browser that is made of memory: what comes later is told, if that was allowed. */
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { notice } from "../../src/background/notices.ts";
import type { PageRequest } from "../../src/background/requests.ts";
import { charge, refund, view } from "./given.ts";
import { PAIRING, makeTill } from "./till.ts";

const BASE = "chrome-extension://abc/";
const till = makeTill();
const told: { readonly id: string; readonly message: string }[] = [];
let allowed = false;

type Listener = (...all: never[]) => unknown;
function event(): { addListener: (listener: Listener) => void; fire: (...all: unknown[]) => void } {
  const listeners: Listener[] = [];
  return { addListener: (listener) => void listeners.push(listener), fire: (...all) => listeners.forEach((one) => one(...(all as never[]))) };
}
function area(): { get: (key: string | null) => Promise<Record<string, unknown>>; set: (part: Record<string, unknown>) => Promise<void> } {
  const kept: Record<string, unknown> = {};
  return { get: async (key) => structuredClone(key === null ? kept : { [key]: kept[key] }), set: async (part) => void Object.assign(kept, structuredClone(part)) };
}

const onMessage = event();
const onAlarm = event();
const onClicked = event();
const openedPages: string[] = [];

beforeAll(async () => {
  const nothing = async (): Promise<void> => undefined;
  vi.stubGlobal("chrome", {
    runtime: { id: "abc", getURL: (path: string) => BASE + path, onConnect: event(), onMessage, onInstalled: event(), onStartup: event(), sendMessage: nothing, getPlatformInfo: nothing },
    storage: { local: area(), session: area() },
    alarms: { get: nothing, create: nothing, clear: nothing, onAlarm },
    action: { setBadgeBackgroundColor: nothing, setBadgeText: nothing },
    permissions: { contains: async ({ permissions = [] }: { permissions?: string[] }) => allowed || !permissions.includes("notifications") },
    notifications: { create: async (id: string, { message }: { message: string }) => void told.push({ id, message }), onClicked },
    tabs: { create: async ({ url }: { url: string }) => void openedPages.push(url) },
    i18n: { getUILanguage: () => "en-US" },
  });
  vi.stubGlobal("fetch", till.fetch);
  await import("../../src/background/main.ts");
  await ask({ ask: "pair", pairing: PAIRING });
  await ask({ ask: "login", login: "ella", password: "correct horse", deviceName: "t" });
});
afterAll(() => vi.unstubAllGlobals());
beforeEach(() => void told.splice(0));

function ask(request: PageRequest): Promise<unknown> {
  return new Promise((resolve) => onMessage.fire(request, { id: "abc", url: `${BASE}app.html` }, resolve));
}

/** The timer goes off; over when the server was asked for all that the watcher looks at. */
async function watched(): Promise<void> {
  const looks = (): number => till.asked.filter((one) => one.path.startsWith("/v1/account/refund-destination")).length;
  const before = looks();
  onAlarm.fire({ name: "watch" });
  await vi.waitFor(() => expect(looks()).toBeGreaterThan(before));
  await new Promise((resolve) => setTimeout(resolve, 50));
}

it("tells of a charge, a refund and a missing destination when the shopper allowed it, and opens the history at a click", async () => {
  allowed = true;
  await ask({ ask: "settings_set", settings: { notifications: true } });
  till.put(view("card_ready", { bitcoin: "held" }));
  till.refunds.push(refund({ id: "01".repeat(16) }));
  await watched();
  expect(told).toEqual([]);
  till.put(view("funded", { bitcoin: "claimed", charges: [charge()] }));
  till.refunds.splice(0, 1, refund({ id: "01".repeat(16), state: "paid" }), refund({ id: "02".repeat(16), state: "awaiting_destination" }));
  await watched();
  expect(told.map(({ message }) => message).sort()).toEqual([notice("charged", "en"), notice("refund_paid", "en"), notice("refund_destination_missing", "en")].sort());
  told.splice(0);
  await watched();
  expect(told).toEqual([]);
  onClicked.fire("any");
  expect(openedPages).toEqual([`${BASE}app.html#/history`]);
});

it.each([
  ["the browser does not allow it any more", false, true],
  ["the shopper turned it off", true, false],
])("tells nothing when %s", async (_, browserAllows, wanted) => {
  allowed = browserAllows;
  await ask({ ask: "settings_set", settings: { notifications: wanted } });
  till.refunds.push(refund({ id: `${wanted ? "03" : "04"}`.repeat(16), state: "awaiting_destination" }));
  await watched();
  expect(told).toEqual([]);
});
