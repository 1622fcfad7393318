/**
 * In a payment provider's frame, put there by the background after the shopper granted the provider's host: says which
 * card fields the frame has, fills what it is sent, and knows nothing else of the page around it.
 */

import { find, readFrame, useWords } from "../detect/read.ts";
import { fillCard } from "../fill/fill.ts";
import type { FromFrame, ToFrame } from "../types/messages.ts";
import type { FieldKind } from "../types/recipe.ts";

const marked = globalThis as typeof globalThis & { anytillFrame?: true };

function start(): void {
  const port = chrome.runtime.connect({ name: "frame" });
  const say = (message: FromFrame): void => {
    port.postMessage(message);
  };
  port.onMessage.addListener((message: ToFrame) => {
    if (message.say === "words") {
      useWords(message.words);
      say({ say: "frame", host: location.host, kinds: Object.keys(readFrame(document).fields) as FieldKind[] });
      return;
    }
    const { fields } = readFrame(document);
    const done = fillCard(fields, (place) => find(document, place), message.card);
    say({ say: "filled", filled: done.filled, refused: done.refused });
  });
  port.onDisconnect.addListener(() => {
    // The background slept or was updated: it puts the script here again when it needs it.
    delete marked.anytillFrame;
  });
}

// A top document is never a provider's frame.
if (window.top !== window && marked.anytillFrame === undefined) {
  marked.anytillFrame = true;
  start();
}
