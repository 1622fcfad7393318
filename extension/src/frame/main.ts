/**
 * In a frame that may hold the card form, at a store's own host by the manifest, at a payment provider's put there by the
 * background after the shopper granted its host. It sleeps until the background calls, then says which card fields the
 * frame has, fills what it is sent, and knows nothing else of the page around it.
 */

import { find, readFrame, useWords } from "../detect/read.ts";
import { fillSettled } from "../fill/fill.ts";
import { reachable } from "../fill/reach.ts";
import { hostOf } from "../detect/frames.ts";
import type { FromFrame, ToFrame } from "../types/messages.ts";
import type { FieldKind } from "../types/recipe.ts";

/** Whether the script that was here before still can be called: after an update of the extension it cannot. */
const marked = globalThis as typeof globalThis & { anytillFrame?: () => boolean };

/** From the inside out, without the page itself. This is asked in the extension's own world, where no page can answer. */
function around(view: Window): readonly string[] {
  const hosts: string[] = [];
  const told = view.location.ancestorOrigins as DOMStringList | undefined;
  for (let at = view.parent, level = 0; at !== view.top; at = at.parent, level++) hosts.push(told === undefined ? hostIn(at) : hostOf(told[level] ?? ""));
  return hosts;
}

/** A browser without `ancestorOrigins`: only what is of the same origin can be told. */
function hostIn(view: Window): string {
  try {
    return view.location.hostname;
  } catch {
    return "";
  }
}

function start(): void {
  let port: chrome.runtime.Port | null = null;
  marked.anytillFrame = () => (chrome.runtime as Partial<typeof chrome.runtime>).id !== undefined;
  // Web pages cannot send this: it comes from the extension itself.
  chrome.runtime.onMessage.addListener((message: { readonly say?: unknown }) => {
    if (message.say !== "come" || port !== null) return;
    port = connect(() => {
      // The background slept: it calls again when it needs the frame.
      port = null;
    });
  });
}

function connect(down: () => void): chrome.runtime.Port {
  const port = chrome.runtime.connect({ name: "frame" });
  const say = (message: FromFrame): void => {
    port.postMessage(message);
  };
  port.onMessage.addListener((message: ToFrame) => {
    if (message.say === "words") {
      useWords(message.words);
      say({ say: "frame", host: location.host, kinds: Object.keys(readFrame(document).fields) as FieldKind[], around: around(window) });
      return;
    }
    const { fields, rival } = readFrame(document, { fillable: reachable });
    void fillSettled(rival === true ? {} : fields, (place) => find(document, place), message.card).then(({ filled, refused }) => say({ say: "filled", filled, refused }));
  });
  port.onDisconnect.addListener(down);
  return port;
}

// A top document is never a frame of a checkout.
if (window.top !== window && marked.anytillFrame?.() !== true) start();
