/**
 * The line to the background. A background that was put to sleep cuts it; it is made again when there is something to
 * say, or while the panel is open, and then everything the background needs is said anew.
 */

export interface Line<Out> {
  say(message: Out): void;
  /** Makes the line if there is none. */
  up(): void;
  /** Whether the line should be kept up although nothing is being said. */
  keep(wanted: boolean): void;
  close(): void;
}

export interface LineOptions<In> {
  readonly connect: () => chrome.runtime.Port;
  readonly onMessage: (message: In) => void;
  /** A new line is up. */
  readonly onUp: () => void;
  /** The extension was updated or removed under us: nothing can be said any more. */
  readonly onDead: () => void;
  readonly later: (call: () => void, ms: number) => void;
}

const WAIT_MS_MIN = 250;
const WAIT_MS_MAX = 15_000;

export function openLine<Out, In>(options: LineOptions<In>): Line<Out> {
  let port: chrome.runtime.Port | null = null;
  let kept = false;
  let closed = false;
  let waitMs = WAIT_MS_MIN;

  const up = (): chrome.runtime.Port | null => {
    if (port !== null || closed) return port;
    try {
      port = options.connect();
    } catch {
      closed = true;
      options.onDead();
      return null;
    }
    port.onMessage.addListener((message: unknown) => {
      waitMs = WAIT_MS_MIN;
      options.onMessage(message as In);
    });
    port.onDisconnect.addListener(down);
    options.onUp();
    return port;
  };
  const down = (): void => {
    port = null;
    if (!kept || closed) return;
    options.later(() => {
      if (kept) up();
    }, waitMs);
    waitMs = Math.min(waitMs * 2, WAIT_MS_MAX);
  };
  return {
    say(message) {
      const was = port;
      const line = up();
      try {
        line?.postMessage(message);
      } catch {
        // Cut between the look and the call: once more over a new line, which says everything anew by itself.
        port = null;
        if (was !== null) up()?.postMessage(message);
      }
    },
    up: () => {
      up();
    },
    keep(wanted) {
      kept = wanted;
      if (wanted) up();
    },
    close() {
      closed = true;
      port?.disconnect();
      port = null;
    },
  };
}
