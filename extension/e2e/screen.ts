/**
 * A screen of its own for a browser's window, and a person's hands at it. What only a person can press, the toolbar's
 * button and the browser's own question, has no interface for programs: it is looked for in the picture and pressed by
 * the X server's own mouse and keyboard.
 */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { PNG } from "pngjs";

const run = promisify(execFile);

export const WIDTH = 1280;
export const HEIGHT = 900;

export interface Picture {
  /** `0xrrggbb`. */
  at(x: number, y: number): number;
  png(): Buffer;
}

export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface Screen {
  readonly display: string;
  picture(): Promise<Picture>;
  press(at: Place): Promise<void>;
  key(...keys: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

const START_MS_MAX = 20_000;
const KEY_MS_MAX = 10_000;

export async function openScreen(): Promise<Screen> {
  const dir = await mkdtemp(join(tmpdir(), "anytill-screen-"));
  // The server takes a free number itself and tells it; its picture lies in a file.
  const server = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", `${String(WIDTH)}x${String(HEIGHT)}x24`, "-fbdir", dir, "-nolisten", "tcp"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const display = `:${await numberOf(server)}`;
  const hands = async (args: readonly string[]): Promise<void> => {
    await run("xdotool", [...args], { env: { ...process.env, DISPLAY: display }, timeout: KEY_MS_MAX });
  };
  return {
    display,
    picture: async () => read(await readFile(join(dir, "Xvfb_screen0"))),
    press: (at) => hands(["mousemove", String(at.x), String(at.y), "click", "1"]),
    key: (...keys) => hands(["key", "--clearmodifiers", ...keys]),
    async close() {
      const ended = new Promise((resolve) => server.once("exit", resolve));
      server.kill();
      await ended;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function numberOf(server: ChildProcess): Promise<string> {
  const told = server.stdio[3];
  if (told === null || told === undefined) throw new Error("no pipe");
  return new Promise((resolve, reject) => {
    let text = "";
    told.on("data", (part: Buffer) => {
      text += part.toString("ascii");
      if (text.endsWith("\n")) resolve(text.trim());
    });
    server.once("error", reject);
    server.once("exit", (code) => {
      reject(new Error(`Xvfb ended (${String(code)}) before its screen was there`));
    });
    setTimeout(() => {
      reject(new Error(`Xvfb had no screen in ${String(START_MS_MAX)} ms`));
    }, START_MS_MAX).unref();
  });
}

/** The X window dump, as Xvfb keeps it: a header of big-endian words, a table of colours, then the rows. */
function read(dump: Buffer): Picture {
  const word = (at: number): number => dump.readUInt32BE(at * 4);
  const [header, width, height, bitsPerPixel, rowBytes, colours] = [word(0), word(4), word(5), word(11), word(12), word(19)];
  if (bitsPerPixel !== 32) throw new Error(`${String(bitsPerPixel)} bits a pixel`);
  const start = header + colours * 12;
  const pixels = dump.subarray(start, start + rowBytes * height);
  const at = (x: number, y: number): number => pixels.readUIntLE(y * rowBytes + x * 4, 3);
  return {
    at,
    png() {
      const png = new PNG({ width, height });
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) png.data.writeUInt32BE(((at(x, y) << 8) | 0xff) >>> 0, (y * width + x) * 4);
      }
      return PNG.sync.write(png);
    },
  };
}

/** The box around all pixels of a colour, when there are enough of them to be the thing that is looked for. */
export function boxOf(picture: Picture, is: (colour: number) => boolean, within: Area, leastPixels: number): Area | null {
  let [left, top, right, bottom, count] = [within.right, within.bottom, within.left, within.top, 0];
  for (let y = within.top; y < within.bottom; y++) {
    for (let x = within.left; x < within.right; x++) {
      if (!is(picture.at(x, y))) continue;
      count += 1;
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    }
  }
  return count < leastPixels ? null : { left, top, right, bottom };
}

export function middleOf(area: Area): Place {
  return { x: Math.round((area.left + area.right) / 2), y: Math.round((area.top + area.bottom) / 2) };
}
