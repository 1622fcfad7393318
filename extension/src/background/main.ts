/**
 * The background in a browser: a service worker in Chromium, an event page in Firefox. Every listener is set in the first
 * turn of the loop, since a worker is started for an event and loses it otherwise.
 */
import { stores } from "../stores.ts";
import type { FromFrame, FromPage } from "../types/messages.ts";
import type { Alarm } from "./background.ts";
import { makeBackground } from "./background.ts";
import { isOwnPage } from "./answer.ts";
import type { Env } from "./env.ts";
import type { Kept } from "./model.ts";
import { RATES_EVERY_MIN, TRUST_EVERY_MIN } from "./refresh.ts";
import type { PageRequest } from "./requests.ts";
import { WATCH_EVERY_MIN } from "./watch.ts";

const BASE = chrome.runtime.getURL("");
/** A worker is stopped after 30 s without an event; while a purchase is under way it is kept up by asking the browser something. */
const KEEP_UP_MS = 20_000;
const KEEP_UP_TIMES_MAX = 90;

const env: Env = {
  fetch: (url, init) => fetch(url, init),
  nowMs: () => Date.now(),
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  later: (run, ms) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  load: async () => (await chrome.storage.local.get(null)) as Partial<Kept>,
  save: async (part) => {
    await chrome.storage.local.set(part);
    keepUp();
  },
  session: {
    get: async (key) => (await chrome.storage.session.get(key))[key],
    set: (key, value) => chrome.storage.session.set({ [key]: value }),
  },
  openSocket: (url, told) => {
    const socket = new WebSocket(url);
    socket.addEventListener("open", told.opened);
    socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      if (typeof data === "string") told.said(data);
      else socket.close();
    });
    socket.addEventListener("close", told.closed);
    return { send: (text) => socket.send(text), close: () => socket.close() };
  },
  builtInRecipes: stores,
  openPage: async (page) => {
    await chrome.tabs.create({ url: chrome.runtime.getURL(`app.html#/${page}`) });
  },
  openLink: async (url) => {
    await chrome.tabs.create({ url });
  },
  badge: async (text) => {
    await chrome.action.setBadgeBackgroundColor({ color: "#b3261e" });
    await chrome.action.setBadgeText({ text });
  },
  notify: async (id, message) => {
    // The permission is optional: without it the interface is not there.
    if (!(await chrome.permissions.contains({ permissions: ["notifications"] }))) return;
    const iconUrl = chrome.runtime.getURL("icons/128.png");
    await chrome.notifications.create(id, { type: "basic", iconUrl, title: "Anytill", message });
  },
  language: () => chrome.i18n.getUILanguage(),
  changed: () => {
    // Nobody listens most of the time, and that is an error to the browser.
    chrome.runtime.sendMessage({ changed: true }).catch(() => {});
  },
  focusTab: async (tabId) => {
    await chrome.tabs.update(tabId, { active: true }).catch(() => {});
  },
  tabExists: (tabId) =>
    chrome.tabs.get(tabId).then(
      () => true,
      () => false,
    ),
  hasOrigins: (origins) => chrome.permissions.contains({ origins: [...origins] }),
  callFrames: async (tabId) => {
    // No frame script in the tab is an error to the browser, and none to us.
    await chrome.tabs.sendMessage(tabId, { say: "come" }).catch(() => {});
  },
  inject: async (tabId, file, allFrames) => {
    try {
      await chrome.scripting.executeScript({ target: { tabId, allFrames }, files: [file] });
      return true;
    } catch {
      return false;
    }
  },
};

const background = makeBackground(env);

chrome.runtime.onConnect.addListener((port) => {
  const { sender } = port;
  const tabId = sender?.tab?.id;
  const url = sender?.url;
  if (sender?.id !== chrome.runtime.id || tabId === undefined || url === undefined || !/^https?:/.test(url)) {
    port.disconnect();
    return;
  }
  if (port.name === "checkout" && sender.frameId === 0) linePage(port, tabId, url);
  else if (port.name === "frame" && sender.frameId !== undefined && sender.frameId !== 0) lineFrame(port, tabId, sender.frameId, url);
  else port.disconnect();
});

function linePage(port: chrome.runtime.Port, tabId: number, url: string): void {
  const line = background.pageUp({ tabId, url, say: (message) => sayTo(port, message) });
  // What is said before the line is up waits for it, in order.
  port.onMessage.addListener((message: FromPage) => void line.then(({ heard }) => heard(message)));
  port.onDisconnect.addListener(() => void line.then(({ gone }) => gone()));
}

function lineFrame(port: chrome.runtime.Port, tabId: number, frameId: number, url: string): void {
  const line = background.frameUp({ tabId, frameId, url, say: (message) => sayTo(port, message) });
  port.onMessage.addListener((message: FromFrame) => line.heard(message));
  port.onDisconnect.addListener(() => void line.gone());
}

function sayTo(port: chrome.runtime.Port, message: unknown): void {
  try {
    port.postMessage(message);
  } catch {
    // The page went away in between; it asks anew when it is back.
  }
}

chrome.runtime.onMessage.addListener((request: PageRequest, sender, reply) => {
  if (!isOwnPage(sender, { id: chrome.runtime.id, base: BASE })) return false;
  if (typeof request?.ask !== "string") return false;
  background.asked(request).then(reply, () => reply({ ok: false, trouble: { code: "internal", detail: null, retryAfterMs: null } }));
  return true;
});

const ALARMS: readonly (readonly [Alarm, number])[] = [
  ["rates", RATES_EVERY_MIN],
  ["trust", TRUST_EVERY_MIN],
  ["watch", WATCH_EVERY_MIN],
];
/** The shortest that a browser allows; set only while a purchase is under way. */
const LIVE_EVERY_MIN = 0.5;

async function setLiveAlarm(): Promise<void> {
  const [busy, alarm] = [await background.busy(), await chrome.alarms.get("live")];
  if (busy && alarm === undefined) await chrome.alarms.create("live", { periodInMinutes: LIVE_EVERY_MIN });
  if (!busy && alarm !== undefined) await chrome.alarms.clear("live");
}

async function setAlarms(): Promise<void> {
  for (const [name, periodInMinutes] of ALARMS) {
    if ((await chrome.alarms.get(name)) === undefined) await chrome.alarms.create(name, { periodInMinutes });
  }
}

chrome.alarms.onAlarm.addListener(({ name }) => {
  const known: readonly Alarm[] = ["rates", "trust", "watch", "live"];
  const alarm = known.find((one) => one === name);
  if (alarm !== undefined) void background.alarm(alarm).then(setLiveAlarm);
});
chrome.runtime.onInstalled.addListener(() => void setAlarms());
chrome.runtime.onStartup.addListener(() => void setAlarms());

// The token is none of a content script's business, though it runs as this extension. Firefox has no such setting yet.
const local: { setAccessLevel?: (options: { accessLevel: "TRUSTED_CONTEXTS" }) => Promise<void> } = chrome.storage.local;
void local.setAccessLevel?.({ accessLevel: "TRUSTED_CONTEXTS" });

// The interface is there only while the shopper allows notifications.
(chrome as Partial<typeof chrome>).notifications?.onClicked.addListener(() => void env.openPage("history"));

let keptUp: ReturnType<typeof setInterval> | undefined;
function keepUp(): void {
  if (keptUp !== undefined) return;
  void setLiveAlarm();
  let times = 0;
  keptUp = setInterval(() => {
    times += 1;
    void background.busy().then(async (busy) => {
      if (busy && times < KEEP_UP_TIMES_MAX) {
        await chrome.runtime.getPlatformInfo();
        return;
      }
      clearInterval(keptUp);
      keptUp = undefined;
      await setLiveAlarm();
    });
  }, KEEP_UP_MS);
}

void setAlarms();
void background.start();
