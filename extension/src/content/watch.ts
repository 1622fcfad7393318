/**
 * Tells when a page may have become another one: its tree, its texts, its address.
 *
 * Cheap on purpose: it looks at nothing itself, gathers changes, and calls once when the browser is idle.
 */

export interface Watch {
  stop(): void;
}

/** Between the first change and the call; a page that never rests is still read this often. */
const SETTLE_MS = 250;
/** An idle callback may not wait longer than this. */
const IDLE_MS_MAX = 1_000;

export function watch(view: Window, own: () => Node | null, changed: () => void): Watch {
  let timer: number | null = null;
  const later = (): void => {
    timer ??= view.setTimeout(() => {
      timer = null;
      whenIdle(view, changed);
    }, SETTLE_MS);
  };
  const observer = new MutationObserver((records) => {
    const ours = own();
    if (records.some((record) => record.target !== ours)) later();
  });
  observer.observe(view.document, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: WATCHED });
  const signals = ["popstate", "hashchange", "pageshow"] as const;
  for (const name of signals) view.addEventListener(name, later);
  // Choices of shipping and typed postcodes change totals without a change of the tree that matters.
  view.document.addEventListener("change", later, { capture: true, passive: true });
  return {
    stop() {
      observer.disconnect();
      for (const name of signals) view.removeEventListener(name, later);
      view.document.removeEventListener("change", later, { capture: true });
      if (timer !== null) view.clearTimeout(timer);
    },
  };
}

const WATCHED = ["hidden", "aria-hidden", "style", "class", "value", "checked", "disabled", "data-step", "open"];

function whenIdle(view: Window, call: () => void): void {
  // Safari's relatives have no idle callback.
  if (typeof view.requestIdleCallback === "function") view.requestIdleCallback(call, { timeout: IDLE_MS_MAX });
  else view.setTimeout(call, 0);
}
