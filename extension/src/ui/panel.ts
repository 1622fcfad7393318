/**
 * The panel in a store's page. It draws what the background says and decides nothing. A page can lay something over it,
 * so nothing here spends without the confirmation of a wallet of the shopper's own.
 */
import type { MoneyRead } from "../types/money.ts";
import type { CopyField, PanelAction, PanelView, PillView } from "../types/panel.ts";
import { addStyle } from "./h.ts";
import { words, type Words } from "./i18n/index.ts";
import { panelWords, type PanelKey } from "./i18n/panel.ts";
import { announcement, drawInto, frame, redraw, type Frame } from "./panel-frame.ts";
import { PANEL_CSS } from "./panel-style.ts";
import { mountPill, type Pill } from "./pill.ts";
import type { Drawing } from "./stages/parts.ts";

export interface PanelHost {
  act(action: PanelAction): void;
  now(): number;
  /** BCP 47: the browser's language, or the one from the settings. */
  readonly locale: string;
  /** Reads a typed total; knows the page's host and language. */
  readMoney(text: string): MoneyRead;
  /** The shopper opened or closed the panel. */
  toggled?(open: boolean): void;
  /** The pill that the content script has mounted already. */
  readonly pill?: Pill;
}

export interface Panel {
  update(view: PanelView): void;
  updatePill(view: PillView): void;
  /** A card value is on the clipboard now. */
  copied(field: CopyField): void;
  open(): void;
  close(): void;
  destroy(): void;
}

const SECOND_MS = 1000;

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** What is drawn again each second, while it is seen. */
interface Ticker {
  add(draw: (nowMs: number) => void): void;
  /** Forgets what was drawn before. */
  clear(): void;
  run(seen: boolean): void;
}

function ticker(now: () => number): Ticker {
  let draws: ((nowMs: number) => void)[] = [];
  let timer: ReturnType<typeof setInterval> | undefined;
  const all = (): void => draws.forEach((draw) => draw(now()));
  return {
    add(draw) {
      draws.push(draw);
      draw(now());
    },
    clear: () => { draws = []; },
    run(seen) {
      clearInterval(timer);
      if (!seen) return;
      all();
      timer = setInterval(all, SECOND_MS);
    },
  };
}

/** In one language: when the shopper chooses another, the panel is dressed anew. */
interface Dress {
  readonly language: string;
  readonly words: Words<PanelKey>;
  readonly parts: Frame;
}

function dress(language: string, close: () => void, act: (action: PanelAction) => void): Dress {
  const say = words(panelWords, language);
  return { language, words: say, parts: frame(say, close, act) };
}

export function mountPanel(root: ShadowRoot, host: PanelHost): Panel {
  const act = (action: PanelAction): void => host.act(action);
  const ticks = ticker(() => host.now());
  let worn = dress(host.locale, close, act);
  let drawn = "";
  let drawnKind = "";
  let announced = "";
  let before: HTMLElement | null = null;
  let pill = host.pill;
  const choices = new Map<string, string>();
  const isOpen = (): boolean => !worn.parts.panel.hidden;

  addStyle(root, PANEL_CSS);
  root.append(worn.parts.panel);

  function drawing(view: PanelView): Drawing {
    return {
      view, act, choices, words: worn.words, copy: copyText,
      tick: (draw) => ticks.add(draw),
      say: (text) => { worn.parts.live.textContent = text; },
      readMoney: (text) => host.readMoney(text),
    };
  }

  function change(language: string): void {
    if (language === worn.language) return;
    const old = worn.parts.panel;
    const focused = root.activeElement !== null && old.contains(root.activeElement);
    worn = dress(language, close, act);
    worn.parts.panel.hidden = old.hidden;
    old.replaceWith(worn.parts.panel);
    if (focused) worn.parts.body.focus({ preventScroll: true });
  }

  function update(view: PanelView): void {
    const text = JSON.stringify(view);
    if (text === drawn) return;
    change(view.language ?? host.locale);
    if (view.stage.kind !== drawnKind) choices.clear();
    redraw(root, worn.parts.body, () => {
      ticks.clear();
      drawInto(worn.parts, drawing(view));
    }, view.stage.kind === drawnKind);
    drawn = text;
    drawnKind = view.stage.kind;
    const said = announcement(view, worn.parts.body);
    if (said !== announced && isOpen()) worn.parts.live.textContent = said;
    announced = said;
    ticks.run(isOpen());
  }

  function open(): void {
    if (isOpen()) return;
    before = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    worn.parts.panel.hidden = false;
    pill?.show(false);
    ticks.run(true);
    worn.parts.body.focus({ preventScroll: true });
    worn.parts.live.textContent = announced;
    host.toggled?.(true);
  }

  function close(): void {
    if (!isOpen()) return;
    worn.parts.panel.hidden = true;
    ticks.run(false);
    pill?.show(true);
    // Where the shopper was; the pill, when the panel was opened from there.
    if (before && before !== document.body && before.isConnected && before !== root.host) before.focus({ preventScroll: true });
    else pill?.focus();
    host.toggled?.(false);
  }

  function copied(field: CopyField): void {
    const { t } = worn.words;
    const button = worn.parts.body.querySelector(`[data-key="copy-${field}"] span`);
    if (button) button.textContent = t("copied");
    worn.parts.live.textContent = t("copied_field", { field: t(`field_${field}`) });
  }

  return {
    update, open, close, copied,
    updatePill(view) {
      pill ??= mountPill(root, { open, locale: host.locale });
      pill.update(view);
    },
    destroy() {
      ticks.run(false);
      worn.parts.panel.remove();
      if (!host.pill) pill?.destroy();
    },
  };
}
