/** `npm run scan`: saved pages in, one JSON object a page out, as the extension would read them. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { find, read } from "../src/detect/index.ts";
import type { Place, Reading } from "../src/types/detect.ts";
import type { Recipe } from "../src/types/recipe.ts";
import { readPage } from "./page.ts";
import { loadRecipes } from "./recipes.ts";

const HELP = `Reads saved checkout pages and prints one JSON object per page.

  npm --prefix extension run --silent scan -- --url URL FILE.html [--url URL FILE.html ...]
  npm --prefix extension run --silent scan -- --list FILE

  --url URL FILE   the address the page was saved from, and the file
  --list FILE      one JSON object a line: {"url": "https://...", "file": "page.html"}; - reads standard input;
                   files are looked for from where npm was called, then beside the list
  --help           this text

  file, checkout, store      store is a recipe's id, "generic" for any other shop, null when the page is no checkout
  total                      {minor, currency}, ISO 4217 minor units; null unless sure
  candidate                  what was seen but is not sure: {text, money?, why}
  confidence                 0 to 100
  fields                     number, expiry, expiryMonth, expiryYear, securityCode, holder, givenName, familyName,
                             postalCode: lists of selectors that find one element each; absent when not found. Inside a
                             frame or an open shadow root: {"frame": css, "css": css} or {"host": css, "css": css}
  frames, saveCard, giftCardCode   payment providers' frames, boxes that would keep the card, gift card code boxes

A page that cannot be read has {"file", "error"} instead, and the exit code is 1.
`;

interface Job {
  readonly url: string;
  readonly file: string;
}

function fail(message: string): never {
  process.stderr.write(`scan: ${message}\nSee --help.\n`);
  process.exit(2);
}

/** npm runs scripts in the package's directory; the caller's is in INIT_CWD. */
const CALLED_FROM = process.env["INIT_CWD"] ?? process.cwd();

function jobs(args: readonly string[]): Job[] {
  if (args.length === 0) fail("nothing to scan");
  const out: Job[] = [];
  for (let i = 0; i < args.length; ) {
    const option = args[i] as string;
    if (option === "--help" || option === "-h") {
      process.stdout.write(HELP);
      process.exit(0);
    }
    if (option === "--list") {
      const list = args[i + 1];
      if (list === undefined) fail("--list needs a file");
      out.push(...fromList(list));
      i += 2;
    } else if (option === "--url") {
      const [url, file] = [args[i + 1], args[i + 2]];
      if (url === undefined || file === undefined) fail("--url needs an address and a file");
      out.push({ url: address(url), file });
      i += 3;
    } else fail(`unexpected: ${option}`);
  }
  return out;
}

function fromList(list: string): Job[] {
  let text: string;
  try {
    text = readFileSync(list === "-" ? 0 : resolve(CALLED_FROM, list), "utf8");
  } catch (error) {
    return fail(`cannot read ${list}: ${reason(error)}`);
  }
  return text.split(/\r?\n/).flatMap((line, i) => {
    if (line.trim() === "") return [];
    const job = parseJob(line);
    if (job === null) return fail(`${list}, line ${i + 1}: wanted {"url": ..., "file": ...}`);
    return [{ url: address(job.url), file: job.file, list }];
  });
}

function parseJob(line: string): Job | null {
  try {
    const value = JSON.parse(line) as Partial<Job> | null;
    return typeof value?.url === "string" && typeof value.file === "string" ? { url: value.url, file: value.file } : null;
  } catch {
    return null;
  }
}

function address(url: string): string {
  if (!URL.canParse(url)) fail(`not an address: ${url}`);
  return url;
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The file as given, from the caller's directory, or beside the list. */
function locate(job: Job & { readonly list?: string }): string {
  const places = [resolve(CALLED_FROM, job.file), ...(job.list === undefined || job.list === "-" ? [] : [resolve(CALLED_FROM, job.list, "..", job.file)]), resolve(job.file)];
  return places.find((path) => existsSync(path)) ?? (places[0] as string);
}

function scan(job: Job, recipes: readonly Recipe[]): Record<string, unknown> {
  const page = readPage(locate(job));
  const reading = read(page.document, job.url, recipes, { frameDocument: page.frameDocument });
  checkPlaces(page.document, page.frameDocument, reading);
  const { checkout, store, total, candidate, confidence, fields, frames, saveCard, giftCardCode } = reading;
  return { file: job.file, checkout, store, total, ...(candidate === undefined ? {} : { candidate }), confidence, fields, frames, saveCard, giftCardCode };
}

/** What is printed has to be found again; anything else is our own fault and is said so. */
function checkPlaces(document: Document, frameDocument: (frame: Element) => Document | null, reading: Reading): void {
  for (const [kind, places] of Object.entries(reading.fields) as [string, readonly Place[]][]) {
    for (const place of places) if (find(document, place, frameDocument) === null) throw new Error(`the selector for ${kind} does not find one element: ${JSON.stringify(place)}`);
  }
}

function main(): void {
  const list = jobs(process.argv.slice(2));
  const recipes = loadRecipes();
  let failed = false;
  for (const job of list) {
    let out: Record<string, unknown>;
    try {
      out = scan(job, recipes);
    } catch (error) {
      failed = true;
      out = { file: job.file, error: reason(error) };
      process.stderr.write(`scan: ${job.file}: ${reason(error)}\n`);
    }
    process.stdout.write(`${JSON.stringify(out)}\n`);
  }
  process.exitCode = failed ? 1 : 0;
}

main();
