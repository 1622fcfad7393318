/** How code that is loaded when it is wanted finds the content script: both live in the extension's own world. */

import type { PageFiller } from "./fill.ts";
import type { Reader } from "./reader.ts";
import type { MountPanel } from "./surface.ts";

export interface Hook {
  panel(mount: MountPanel, filler: PageFiller): void;
  reader(code: Reader): void;
}

export const world = globalThis as typeof globalThis & { anytill?: Hook };
