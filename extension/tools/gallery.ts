/** Builds the gallery: a page that draws every state of the panel from fixtures, to look at and for the picture tests. */
import { build } from "esbuild";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { STAGE_NAMES } from "../tests/ui/fixtures.ts";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const out = path.join(root, "dist", "gallery");

const STORE = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self' file:">
<title>Checkout</title><main><h1>Checkout</h1><p>Order total: $27.11</p></main><script src="stage.js"></script></html>`;

function index(): string {
  const frames = ["en", "de", "es", "zh-CN"].flatMap((lang) =>
    STAGE_NAMES.map((name) => `<figure><figcaption>${name} ${lang}</figcaption><iframe loading="lazy" title="${name} ${lang}" src="stage.html?stage=${name}&amp;lang=${lang}"></iframe></figure>`),
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Anytill: every state of the panel</title>
<style>body{font:15px system-ui;margin:24px;background:#e6ebe9}main{display:flex;flex-wrap:wrap;gap:20px}figure{margin:0}iframe{width:430px;height:820px;border:0;background:#fff}</style>
<h1>Every state of the panel</h1><main>${frames.join("")}</main></html>`;
}

/** Returns the address of the page that draws one state; `index.html` beside it shows all. */
export async function buildGallery(): Promise<string> {
  await mkdir(out, { recursive: true });
  await build({
    entryPoints: [path.join(root, "tests", "ui", "gallery-page.ts")], outfile: path.join(out, "stage.js"),
    bundle: true, format: "iife", target: "es2022", minify: true, logLevel: "warning",
  });
  await writeFile(path.join(out, "stage.html"), STORE);
  await writeFile(path.join(out, "index.html"), index());
  return pathToFileURL(path.join(out, "stage.html")).href;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildGallery();
  process.stdout.write(`${path.join(out, "index.html")}\n`);
}
