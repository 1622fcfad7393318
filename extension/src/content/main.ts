/**
 * The content script: at a named store's checkout by the manifest, at any other store when the shopper pressed the
 * toolbar's button. It wires the parts of this room to the browser.
 */

import { isCheckoutUrl } from "../detect/recipe.ts";
import type { PageFiller } from "./fill.ts";
import type { FromPage, ToPage } from "../types/messages.ts";
import { type Line, openLine } from "./line.ts";
import { openPage, type Page } from "./page.ts";
import { lateReader } from "./reader.ts";
import { openSurface } from "./surface.ts";
import { watch } from "./watch.ts";
import { world } from "./world.ts";

function start(): void {
  let page: Page | null = null;
  let line: Line<FromPage> | null = null;
  let language: string | null = null;
  const say = (message: FromPage): void => line?.say(message);
  // Code that is loaded late makes itself known at the hook below. It runs in the extension's own world, not in the page's.
  const reader = lateReader(
    () => import(chrome.runtime.getURL("reader.js")),
    () => page?.changed(),
  );
  const loadPanel = (): Promise<unknown> => import(chrome.runtime.getURL("panel.js"));
  let fillerHere: (filler: PageFiller) => void = () => undefined;
  const filler = new Promise<PageFiller>((resolve) => {
    fillerHere = resolve;
  });
  const surface = openSurface({
    document,
    locale: () => language ?? navigator.language,
    act: (action) => page?.act(action),
    toggled: (open) => {
      line?.keep(open);
      page?.panel(open);
    },
    readMoney: (text) => reader.readMoney(text, { locale: document.documentElement.lang || navigator.language, host: location.host }),
    fetchPanel: () => {
      line?.keep(true);
      void loadPanel();
      page?.panel(true);
    },
  });
  page = openPage({
    document,
    speak: (wanted) => {
      language = wanted;
    },
    url: () => location.href,
    detector: { isCheckoutUrl, ...reader },
    surface,
    say,
    filler: () => {
      // A page that was loaded anew since the panel was opened has it no more.
      void loadPanel();
      return filler;
    },
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
    panel: (mount, code) => {
      fillerHere(code);
      surface.panelCode(mount);
    },
    reader: (code) => {
      reader.here(code);
    },
  };
  line.up();
}

// Put here twice (by the manifest and by the button), it runs once.
if (world.anytill === undefined && window.top === window) start();
