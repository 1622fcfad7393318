/** How the panel's code, which the background puts beside the content script, finds it: both live in the extension's own world. */

import type { MountPanel } from "./surface.ts";

export interface Hook {
  panel(mount: MountPanel): void;
}

export const world = globalThis as typeof globalThis & { anytill?: Hook };
