/** Draws the icon: the mark of `src/ui/icons.ts`, a bolt that drops into the slot of a till, as PNG in any size. */
import { PNG } from "pngjs";

type Point = readonly [x: number, y: number];
type Colour = readonly [r: number, g: number, b: number];

/** The drawing's own units: 24 to a side. */
const SIDE = 24;
const CORNER = 6.5;
const GROUND: Colour = [0x0b, 0x5d, 0x51];
const AMBER: Colour = [0xff, 0xb8, 0x4d];
const WHITE: Colour = [0xff, 0xff, 0xff];
const BOLT: readonly Point[] = [[13.6, 3.6], [7.2, 12], [11.3, 12], [10.1, 17], [13.5, 17], [17.4, 9.6], [13.3, 9.6], [15.3, 3.6]];
const TRAY: readonly Point[] = [[5.2, 16.2], [5.2, 18.8], ...arc(6.6, 18.8, Math.PI), [17.4, 20.2], ...arc(17.4, 18.8, Math.PI / 2), [18.8, 16.2]];
const TRAY_HALF_WIDTH = 0.95;
/** Samples in each direction within one pixel. */
const FINE = 6;

/** A quarter of a circle of radius 1.4, from `from` on, against the clock as the page sees it. */
function arc(x: number, y: number, from: number): readonly Point[] {
  return Array.from({ length: 9 }, (_, i) => {
    const angle = from - (i / 8) * (Math.PI / 2);
    return [x + 1.4 * Math.cos(angle), y + 1.4 * Math.sin(angle)] as const;
  });
}

export function icon(size: number): Buffer {
  const png = new PNG({ width: size, height: size });
  for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) put(png, x, y, size);
  return PNG.sync.write(png);
}

function put(png: PNG, x: number, y: number, size: number): void {
  const sum = [0, 0, 0];
  let inside = 0;
  for (let i = 0; i < FINE * FINE; i++) {
    const at: Point = [((x + ((i % FINE) + 0.5) / FINE) * SIDE) / size, ((y + (Math.floor(i / FINE) + 0.5) / FINE) * SIDE) / size];
    const colour = colourAt(at);
    if (colour === null) continue;
    inside += 1;
    colour.forEach((part, k) => (sum[k] = (sum[k] ?? 0) + part));
  }
  const at = (y * size + x) * 4;
  sum.forEach((part, k) => (png.data[at + k] = inside === 0 ? 0 : Math.floor(part / inside)));
  png.data[at + 3] = Math.floor((inside * 255) / (FINE * FINE));
}

function colourAt(at: Point): Colour | null {
  if (!inRounded(at)) return null;
  if (nearTray(at)) return WHITE;
  return inBolt(at) ? AMBER : GROUND;
}

function inRounded([x, y]: Point): boolean {
  const dx = Math.max(CORNER - x, x - (SIDE - CORNER), 0);
  const dy = Math.max(CORNER - y, y - (SIDE - CORNER), 0);
  return dx * dx + dy * dy <= CORNER * CORNER;
}

function inBolt([x, y]: Point): boolean {
  let inside = false;
  BOLT.forEach(([x1, y1], i) => {
    const [x2, y2] = BOLT[(i + 1) % BOLT.length] ?? [x1, y1];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  });
  return inside;
}

function nearTray(at: Point): boolean {
  return TRAY.some((from, i) => {
    const to = TRAY[i + 1];
    return to !== undefined && distance(at, from, to) <= TRAY_HALF_WIDTH;
  });
}

function distance([x, y]: Point, [x1, y1]: Point, [x2, y2]: Point): number {
  const length = (x2 - x1) ** 2 + (y2 - y1) ** 2;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length));
  return Math.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1));
}
