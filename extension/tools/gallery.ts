/** Builds the gallery: a page that draws every state of the panel from fixtures, to look at and for the picture tests. */
import { build } from "esbuild";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { STAGE_NAMES } from "../tests/ui/fixtures.ts";
import { PAGE_NAMES } from "../tests/ui/pages-fixtures.ts";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const out = path.join(root, "dist", "gallery");
const tests = path.join(root, "tests", "ui");

const STORE = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self' file:">
<title>Checkout</title><main><h1>Checkout</h1><p>Order total: $27.11</p></main><script src="stage.js"></script></html>`;

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Anytill</title><body></body><script src="app.js"></script></html>`;

function index(): string {
  const frames = ["en", "de", "es", "zh-CN"].flatMap((lang) =>
    STAGE_NAMES.map((name) => `<figure><figcaption>${name} ${lang}</figcaption><iframe loading="lazy" title="${name} ${lang}" src="stage.html?stage=${name}&amp;lang=${lang}"></iframe></figure>`),
  );
  const pages = ["en", "de", "es", "zh-CN"].flatMap((lang) =>
    PAGE_NAMES.map((name) => `<figure><figcaption>${name} ${lang}</figcaption><iframe loading="lazy" class="${name.startsWith("popup") ? "" : "page"}" title="${name} ${lang}" src="app.html?page=${name}&amp;lang=${lang}"></iframe></figure>`),
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Anytill: everything that is shown</title>
<style>body{font:15px system-ui;margin:24px;background:#e6ebe9}main{display:flex;flex-wrap:wrap;gap:20px}figure{margin:0}iframe{width:430px;height:820px;border:0;background:#fff}iframe.page{width:900px}</style>
<h1>Every state of the panel</h1><main>${frames.join("")}</main><h1>The extension's own pages</h1><main>${pages.join("")}</main></html>`;
}

export interface Gallery {
  /** Draws one state of the panel: `?stage=NAME&lang=LOCALE`. */
  readonly stage: string;
  /** Draws one of the extension's own pages: `?page=NAME&lang=LOCALE`. */
  readonly app: string;
}

/** Builds it and returns the addresses of its pages; `index.html` beside them shows all. */
export async function buildGallery(): Promise<Gallery> {
  await mkdir(out, { recursive: true });
  await build({
    entryPoints: { stage: path.join(tests, "gallery-page.ts"), app: path.join(tests, "gallery-app.ts") }, outdir: out,
    bundle: true, format: "iife", target: "es2022", minify: true, logLevel: "warning",
  });
  await writeFile(path.join(out, "stage.html"), STORE);
  await writeFile(path.join(out, "app.html"), PAGE);
  await writeFile(path.join(out, "index.html"), index());
  return { stage: pathToFileURL(path.join(out, "stage.html")).href, app: pathToFileURL(path.join(out, "app.html")).href };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildGallery();
  process.stdout.write(`${path.join(out, "index.html")}\n`);
}
