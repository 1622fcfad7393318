/** A world, a browser and a shopper of their own for the tests of a file, or of one block in it; gone with them. */

import { afterAll, beforeAll } from "vitest";
import { type Browser, type BrowserOptions, openChromium } from "./chromium.ts";
import { keepPictures } from "./failed.ts";
import { type Lab, startLab } from "./lab.ts";
import { setUp, type Shopper } from "./shopper.ts";

export interface Together {
  readonly lab: Lab;
  readonly browser: Browser;
  readonly shopper: Shopper;
}

export interface Wanted {
  /** Of `lab world`. */
  readonly args?: readonly string[];
  /** The shopper has said where refunds go. */
  readonly refunds?: boolean;
  readonly browser?: BrowserOptions;
}

/** `begun` is called before the first test. What came up is taken down, even where the rest did not. */
export function together(begun: (made: Together) => void | Promise<void>, wanted: Wanted = {}): void {
  let lab: Lab | undefined;
  let browser: Browser | undefined;
  beforeAll(async () => {
    lab = await startLab(wanted.args ?? []);
    browser = await openChromium(wanted.browser);
    const shopper = await setUp(browser, lab, { refunds: wanted.refunds === true });
    await begun({ lab, browser, shopper });
  });
  afterAll(async () => {
    await browser?.remove();
    await lab?.stop();
  });
  keepPictures(() => browser?.context);
}
