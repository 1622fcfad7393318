/**
 * The two things of the browser's own that a shopper presses: the extension's button in the toolbar with what it opens,
 * and the browser's question whether the extension may enter a host. Both are found in the picture of the screen.
 */

import { mkdir, writeFile } from "node:fs/promises";
import type { Browser } from "./chromium.ts";
import { type Area, boxOf, HEIGHT, middleOf, type Picture, type Place, type Screen, WIDTH } from "./screen.ts";

/** The brand's green, at rest and under the mouse: `src/ui/theme.ts`. */
const GREENS = new Set([0x0b5d51, 0x084a40]);
const isGreen = (colour: number): boolean => GREENS.has(colour);
/** The browser's own: the tab strip, and the lesser button of its questions. */
const STRIP = 0xd3e3fd;
const isStrip = (colour: number): boolean => colour === STRIP;
/** The greater button of its questions, focused or not. */
const isBlue = (colour: number): boolean => colour >> 16 < 0x20 && ((colour >> 8) & 0xff) < 0x70 && (colour & 0xff) > 0xa0;

const TOOLBAR: Area = { left: WIDTH / 2, top: 41, right: WIDTH, bottom: 86 };
const ALL: Area = { left: 0, top: 0, right: WIDTH, bottom: HEIGHT };
const BELOW: Area = { ...ALL, top: 86 };
const WITHIN_MS = 30_000;
const LOOK_MS = 200;

const FAILED = new URL("failed/", import.meta.url);

/** Opens the toolbar's popup and presses "Pay at …" in it. */
export async function payHere(screen: Screen, browser: Browser): Promise<void> {
  const worker = await browser.worker();
  const popups = (): Promise<number> => worker.evaluate(async () => (await chrome.runtime.getContexts({ contextTypes: [chrome.runtime.ContextType.POPUP] })).length);
  const button = await find(screen, "the toolbar's button", (picture) => boxOf(picture, isGreen, TOOLBAR, 60));
  const before = await screen.picture();
  await screen.press(button);
  await met("the popup is open", async () => (await popups()) === 1);
  await screen.press(await find(screen, "the popup's main button", (picture) => bar(picture, before)));
  await met("the popup closed itself", async () => (await popups()) === 0);
}

/** Answers the browser's question as a person does. It takes no press in its first moment, so it is pressed until it goes. */
export async function answer(screen: Screen, wanted: "allow" | "deny"): Promise<void> {
  const isButton = wanted === "allow" ? isStrip : isBlue;
  const buttonIn = (picture: Picture): Area | null => (asks(picture) ? boxOf(picture, isButton, BELOW, 800) : null);
  await screen.press(await find(screen, `the question's button: ${wanted}`, buttonIn));
  await met("the question is answered", async () => {
    const left = buttonIn(await screen.picture());
    if (left !== null) await screen.press(middleOf(left));
    return left === null;
  });
}

/** While the browser asks, all the rest of its window is dimmed. */
function asks(picture: Picture): boolean {
  return boxOf(picture, isStrip, { left: 0, top: 0, right: WIDTH, bottom: 40 }, 2_000) === null && boxOf(picture, isBlue, BELOW, 800) !== null;
}

/** A button as wide as the popup, where there was none before. */
function bar(picture: Picture, before: Picture): Area | null {
  const rows: Area[] = [];
  for (let y = BELOW.top; y < BELOW.bottom; y++) {
    let run = 0;
    for (let x = BELOW.left; x < BELOW.right; x++) {
      run = isGreen(picture.at(x, y)) && !isGreen(before.at(x, y)) ? run + 1 : 0;
      if (run === 200) rows.push({ left: x - run, right: x + 1, top: y, bottom: y + 1 });
    }
  }
  const [first] = rows;
  // Just below its upper edge: its letters break the run further down.
  return first === undefined ? null : { ...first, bottom: first.top + 12 };
}

/** Waits until a thing is there, and twice at the same place: windows unfold. */
async function find(screen: Screen, what: string, look: (picture: Picture) => Area | null): Promise<Place> {
  let last: Place | null = null;
  let found: Place | null = null;
  try {
    await met(what, async () => {
      const area = look(await screen.picture());
      const at = area === null ? null : middleOf(area);
      if (at !== null && at.x === last?.x && at.y === last.y) found = at;
      last = at;
      return found !== null;
    });
  } catch (error) {
    await keep(screen, what);
    throw error;
  }
  if (found === null) throw new Error(what);
  return found;
}

async function met(what: string, look: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + WITHIN_MS;
  while (!(await look())) {
    if (Date.now() > end) throw new Error(`not within ${String(WITHIN_MS)} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** The whole screen as it is, for whoever looks after a test that failed. */
export async function keep(screen: Screen, name: string): Promise<void> {
  await mkdir(FAILED, { recursive: true });
  await writeFile(new URL(`${name.replace(/\W+/gu, "-")}.png`, FAILED), (await screen.picture()).png());
}
