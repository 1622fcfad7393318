/**
 * Builds the extension for both browsers from one source: `npm run build` writes `dist/chromium` and `dist/firefox`,
 * `npm run package` the zips too, the same bytes each time. `npm run size` fails when a part that goes into stores' pages is
 * too large.
 */
import type { BuildOptions, Plugin } from "esbuild";
import { build } from "esbuild";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { minify } from "terser";
import type { Browser } from "../src/manifest.ts";
import { manifest } from "../src/manifest.ts";
import type { Recipe } from "../src/types/recipe.ts";
import { localeFiles } from "../src/ui/i18n/manifest.ts";
import { icon } from "./icons.ts";
import type { ZipFile } from "./zip.ts";
import { zip } from "./zip.ts";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const DIST = path.join(ROOT, "dist");
const ICON_SIZES = [16, 32, 48, 128];
/** Gzipped, of what runs in a store's page: at every checkout, and once the shopper opens the panel. */
const GZIP_MAX: readonly (readonly [readonly string[], number])[] = [
  [["address.js"], 1_000],
  [["content.js"], 5_300],
  [["content.js", "reader.js"], 30_400],
  [["panel.js"], 100_000],
];
const AT_CHECKOUTS = new Set(["content.js", "reader.js"]);
/** Members that never leave the reader, neither to the page, in a message, nor from a recipe or the words, and that no `in` asks for: shortened. */
const INNER =
  /^(rowSeen|partsSeen|amountsSeen|byRecipe|spoiled|charged|separators|plainSpaces|lettered|candidates|doubtful|localeRegion|hostRegion|likelyRegion|controls|paying|toCheckout|weakPays|confirmed|continues|kindRank|noComma|prefixed|stated|folded|heading|facts|spot|tier|scopes|symbol|loose|touched|raised|groups|autocomplete|maxLength|writer|choices|struck|nesting|runs|gap|spots|weight|parts|said|chosen|methods|deposit|doubt|spoken|fraction|numbers|fault|hint|lines|having|hasLine)$/;
const TARGETS: Readonly<Record<Browser, string>> = { chromium: "chrome133", firefox: "firefox140" };

/** Code that comes later than the content script, into the same world, and makes itself known there (`content/world.ts`). */
const LATE: Readonly<Record<string, string>> = {
  "panel.js":
    `import { fillPage } from "./src/content/fill.ts"; import { fillCode } from "./src/fill/code.ts"; import { reachable } from "./src/fill/reach.ts"; import { mountPanel } from "./src/ui/panel.ts";` +
    `globalThis.anytill?.panel(mountPanel, { fillPage, fillCode, reachable });`,
  "reader.js":
    `import { find, read, useWords } from "./src/detect/read.ts"; import { readMoney } from "./src/money/read.ts";` +
    `globalThis.anytill?.reader({ find, read, useWords, readMoney });`,
};

export async function readRecipes(): Promise<readonly Recipe[]> {
  const folder = path.join(ROOT, "stores");
  const names = existsSync(folder) ? (await readdir(folder)).filter((name) => name.endsWith(".json") && !name.includes("schema")) : [];
  const texts = await Promise.all(names.sort().map((name) => readFile(path.join(folder, name), "utf8")));
  return texts.map((text) => JSON.parse(text) as Recipe);
}

function withRecipes(recipes: readonly Recipe[]): Plugin {
  return {
    name: "recipes",
    setup: (make) => {
      make.onLoad({ filter: /[\\/]src[\\/]stores\.ts$/ }, () => ({ contents: `export const stores = ${JSON.stringify(recipes)};`, loader: "js" }));
    },
  };
}

function common(browser: Browser, recipes: readonly Recipe[]) {
  return {
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    write: false,
    target: TARGETS[browser],
    // Both browsers have them for years; esbuild does not know of all of them and would make patterns anew at each use.
    supported: { "regexp-unicode-property-escapes": true },
    charset: "utf8",
    legalComments: "none",
    logLevel: "warning",
    plugins: [withRecipes(recipes)],
  } satisfies BuildOptions & { write: false };
}

/** The reader as stores' pages are given it. `inner`: for a test of what happens when too much is shortened. */
export async function builtReader(browser: Browser, inner = INNER): Promise<string> {
  const name = "reader.js";
  const [made] = (await lateBuild(browser, [], name, inner)).outputFiles;
  return made === undefined ? "" : (await smaller(made.text)).toString();
}

function lateBuild(browser: Browser, recipes: readonly Recipe[], outfile: string, inner = INNER) {
  const small = AT_CHECKOUTS.has(outfile) ? { minify: false, mangleProps: inner } : {};
  return build({ ...common(browser, recipes), ...small, format: "iife", outfile, stdin: { contents: LATE[outfile] ?? "", resolveDir: ROOT, loader: "ts" } });
}

async function bundle(browser: Browser, recipes: readonly Recipe[]): Promise<readonly ZipFile[]> {
  const all = common(browser, recipes);
  const scripts = await build({
    ...all,
    format: "iife",
    outdir: ".",
    entryPoints: { background: "src/background/main.ts", content: "src/content/main.ts", address: "src/content/address-main.ts", frame: "src/frame/main.ts" },
  });
  const late = await Promise.all(Object.keys(LATE).map((outfile) => lateBuild(browser, recipes, outfile)));
  const pages = await build({ ...all, format: "esm", outdir: ".", entryPoints: { app: "src/ui/pages/app.ts", popup: "src/ui/pages/popup.ts" } });
  const outputs = [scripts, ...late, pages].flatMap((made) => made.outputFiles);
  return Promise.all(outputs.map(async (file) => {
    const name = path.relative(ROOT, file.path);
    return { name, data: AT_CHECKOUTS.has(name) ? await smaller(file.text) : Buffer.from(file.contents) };
  }));
}

/** What every checkout loads, once more through a minifier that looks further than one statement: a thirtieth less. */
async function smaller(code: string): Promise<Buffer> {
  const made = await minify(code, { ecma: 2020, toplevel: true, compress: { passes: 3 } });
  if (made.code === undefined) throw new Error("nothing came out of the minifier");
  return Buffer.from(made.code);
}

async function filesOf(browser: Browser, version: string, recipes: readonly Recipe[]): Promise<readonly ZipFile[]> {
  const text = `${JSON.stringify(manifest(browser, version, recipes), null, 2)}\n`;
  const html = await Promise.all(
    ["app.html", "popup.html"].map(async (name) => ({ name, data: await readFile(path.join(ROOT, "src", "ui", "pages", name)) })),
  );
  const licences = await Promise.all(["LICENSE-MIT", "LICENSE-APACHE"].map(async (name) => ({ name, data: await readFile(path.join(ROOT, "..", name)) })));
  const icons = ICON_SIZES.map((size) => ({ name: `icons/${size}.png`, data: icon(size) }));
  const locales = localeFiles().map(({ name, text: words }) => ({ name, data: Buffer.from(words) }));
  const rest = [...html, ...locales, ...icons, ...licences, { name: "NOTICES.txt", data: await notices() }];
  return [{ name: "manifest.json", data: Buffer.from(text) }, ...(await bundle(browser, recipes)), ...rest];
}

/** The licences of the libraries that are bundled. */
async function notices(): Promise<Buffer> {
  const { dependencies } = JSON.parse(await readFile(path.join(ROOT, "package.json"), "utf8")) as { dependencies: Record<string, string> };
  const parts = await Promise.all(
    Object.entries(dependencies).map(async ([name, version]) => `${name} ${version}\n\n${await readFile(path.join(ROOT, "node_modules", name, "LICENSE"), "utf8")}`),
  );
  return Buffer.from(parts.join("\n----\n\n"));
}

/** The parts that are too large, in words. */
export function tooLarge(files: readonly ZipFile[]): readonly string[] {
  return GZIP_MAX.flatMap(([names, max]) => {
    const sizes = files.filter(({ name }) => names.includes(name)).map(({ data }) => gzipSync(data, { level: 9 }).length);
    const size = sizes.reduce((sum, one) => sum + one, 0);
    return size > max ? [`${names.join(" and ")}: ${size} bytes gzipped, at most ${max} are allowed`] : [];
  });
}

/** Gives what is over its size, in words. */
export async function buildAll(packages: boolean, say: (line: string) => void): Promise<readonly string[]> {
  const { version } = JSON.parse(await readFile(path.join(ROOT, "package.json"), "utf8")) as { version: string };
  const recipes = await readRecipes();
  const faults: string[] = [];
  for (const browser of ["chromium", "firefox"] as const) {
    const files = await filesOf(browser, version, recipes);
    faults.push(...tooLarge(files).map((fault) => `${browser}: ${fault}`));
    const folder = path.join(DIST, browser);
    await rm(folder, { recursive: true, force: true });
    for (const { name, data } of files) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), data);
    }
    const sizes = files.filter(({ name }) => name.endsWith(".js")).map(({ name, data }) => `${name} ${gzipSync(data, { level: 9 }).length}`);
    say(`${browser}: ${sizes.join(", ")} bytes gzipped; ${recipes.length} recipes`);
    if (!packages) continue;
    const archive = path.join(DIST, `anytill-${version}-${browser}.zip`);
    await writeFile(archive, zip(files));
    say(path.relative(ROOT, archive));
  }
  return faults;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const faults = await buildAll(process.argv.includes("--package"), (line) => process.stdout.write(`${line}\n`));
  faults.forEach((fault) => process.stderr.write(`${fault}\n`));
  if (process.argv.includes("--size")) process.exitCode = faults.length === 0 ? 0 : 1;
}
