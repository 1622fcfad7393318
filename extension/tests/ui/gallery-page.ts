/** Runs in the gallery's page: draws any fixture in any language, in an open shadow root so that it can be looked into. */
import { mountPanel, type Panel } from "../../src/ui/panel.ts";
import { mountPill, type Pill } from "../../src/ui/pill.ts";
import { readMoney } from "../../src/money/index.ts";
import type { PanelAction, PillView } from "../../src/types/panel.ts";
import { NOW_MS, STAGE_NAMES, STAGES, type StageName } from "./fixtures.ts";

interface Gallery {
  readonly names: readonly StageName[];
  readonly acts: PanelAction[];
  draw(name: StageName, locale: string): void;
  pill(view: PillView, locale: string): void;
  /** Lets the clock go on. */
  nowMs: number;
}

let panel: Panel | undefined;
let pill: Pill | undefined;
let shadow: ShadowRoot | undefined;

function freshRoot(): ShadowRoot {
  panel?.destroy();
  pill?.destroy();
  document.querySelector("anytill-panel")?.remove();
  const element = document.createElement("anytill-panel");
  document.documentElement.append(element);
  shadow = element.attachShadow({ mode: "open" });
  return shadow;
}

const gallery: Gallery = {
  names: STAGE_NAMES,
  acts: [],
  nowMs: NOW_MS,
  draw(name, locale) {
    panel = mountPanel(freshRoot(), { act: (action) => gallery.acts.push(action), now: () => gallery.nowMs, locale, readMoney: (text) => readMoney(text, { locale }) });
    panel.update(STAGES[name]);
    panel.open();
    document.documentElement.lang = locale;
  },
  pill(view, locale) {
    pill = mountPill(freshRoot(), { open: () => gallery.acts.push({ do: "dismiss" }), locale });
    pill.update(view);
  },
};

Object.assign(globalThis, { gallery });

const query = new URLSearchParams(location.search);
const wanted = query.get("stage");
if (wanted !== null && wanted in STAGES) gallery.draw(wanted as StageName, query.get("lang") ?? "en");
