/**
 * The content script: at a named store's checkout by the manifest, at any other store when the shopper pressed the
 * toolbar's button. It wires the parts of this room to the browser.
 */

import { find, isCheckoutUrl, read } from "../detect/index.ts";
import { readMoney } from "../money/index.ts";
import type { FromPage, ToPage } from "../types/messages.ts";
import { type Line, openLine } from "./line.ts";
import { openPage, type Page } from "./page.ts";
import { openSurface } from "./surface.ts";
import { watch } from "./watch.ts";
import { world } from "./world.ts";


function start(): void {
  let page: Page | null = null;
  let line: Line<FromPage> | null = null;
  const say = (message: FromPage): void => line?.say(message);
  const surface = openSurface({
    document,
    locale: () => navigator.language,
    act: (action) => page?.act(action),
    toggled: (open) => {
      line?.keep(open);
      page?.panel(open);
    },
    readMoney: (text) => readMoney(text, { locale: document.documentElement.lang || navigator.language, host: location.host }),
    fetchPanel: () => {
      line?.keep(true);
      // Its code makes itself known at the hook below. It runs in the extension's own world, not in the page's.
      void import(chrome.runtime.getURL("panel.js"));
      page?.panel(true);
    },
  });
  page = openPage({
    document,
    url: () => location.href,
    detector: { isCheckoutUrl, read, find },
    surface,
    say,
    copy: (field, value) => {
      navigator.clipboard.writeText(value).then(
        () => {
          surface.copied(field);
        },
        // The page may forbid it; then the button has not said "copied", and the shopper sees that.
        () => undefined,
      );
    },
  });
  const opened = page;
  const watching = watch(window, () => surface.element, () => {
    surface.stay();
    opened.changed();
  });
  line = openLine<FromPage, ToPage>({
    connect: () => chrome.runtime.connect({ name: "checkout" }),
    onMessage: (message) => {
      opened.hear(message);
    },
    onUp: () => {
      opened.lineUp();
    },
    onDead: () => {
      watching.stop();
      surface.remove();
      delete world.anytill;
    },
    later: (call, ms) => {
      setTimeout(call, ms);
    },
  });
  world.anytill = {
    panel: (mount) => {
      surface.panelCode(mount);
    },
  };
  line.up();
}

// Put here twice (by the manifest and by the button), it runs once.
if (world.anytill === undefined && window.top === window) start();
