/**
 * Cartridge, a shop that others wrote (PyPI, BSD licence), as it comes: its own demo product, its own checkout in three
 * steps. Only its acquirer is ours (`acquirer.py`), which is the place that it leaves to whoever runs it.
 */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { BrowserContext } from "playwright-core";
import type { Lab } from "../lab.ts";

const run = promisify(execFile);
const HERE = new URL(".", import.meta.url).pathname;
export const ADDRESS = "https://shop.example";

/** Some thirty libraries come from the registry the first time. */
const INSTALL_MS_MAX = 8 * 60_000;
const MAKE_MS_MAX = 2 * 60_000;
const START_MS_MAX = 60_000;
const LOOK_MS = 200;

export interface Cartridge {
  readonly url: string;
  /** What it wrote to its log. */
  log(): string;
  stop(): Promise<void>;
}

/** The shop with an empty order book, charging at the lab's card network. */
export async function startCartridge(lab: Lab): Promise<Cartridge> {
  const made = await makeShop();
  const dir = await mkdtemp(join(tmpdir(), "anytill-cartridge-"));
  await cp(join(made, "shop"), dir, { recursive: true });
  await cp(join(HERE, "acquirer.py"), join(dir, "acquirer.py"));
  const settings = join(dir, "shop", "local_settings.py");
  await writeFile(settings, `${await readFile(settings, "utf8")}\n${await readFile(join(HERE, "settings.py"), "utf8")}`);
  const port = await freePort();
  const told: string[] = [];
  const child = spawn(join(made, "venv", "bin", "python"), ["manage.py", "runserver", "--noreload", `127.0.0.1:${String(port)}`], {
    cwd: dir,
    env: { ...inEnglish(made), LAB_CONTROL: lab.about.control },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const pipe of [child.stdout, child.stderr]) pipe.setEncoding("utf8").on("data", (text: string) => told.push(text));
  const url = `http://127.0.0.1:${String(port)}`;
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
    }
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await answers(`${url}/shop/product/django-pony/`, child);
  } catch (error) {
    await stop();
    throw new Error(`the shop did not start:\n${told.join("")}`, { cause: error });
  }
  return { url, log: () => told.join(""), stop };
}

/** At a public address instead of a port of this machine. */
export async function serveCartridge(context: BrowserContext, cartridge: Cartridge): Promise<void> {
  await context.route(`${ADDRESS}/**`, async (route) => {
    const { pathname, search } = new URL(route.request().url());
    const response = await route.fetch({ url: cartridge.url + pathname + search, maxRedirects: 0 });
    await route.fulfill({ response });
  });
}

/** Installs the libraries and makes a shop with its demo product, once for a machine and a list of versions. */
async function makeShop(): Promise<string> {
  const wanted = join(HERE, "requirements.txt");
  const version = createHash("sha256").update(await readFile(wanted)).digest("hex").slice(0, 12);
  const dir = join(process.env["ANYTILL_CACHE"] ?? join(homedir(), ".cache", "anytill"), `cartridge-${version}`);
  const ready = join(dir, "ready");
  if (await isThere(ready)) return dir;
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  const python = join(dir, "venv", "bin", "python");
  await run("python3", ["-m", "venv", join(dir, "venv")], { timeout: MAKE_MS_MAX });
  await run(python, ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "-r", wanted], { timeout: INSTALL_MS_MAX });
  // Its amounts are written by the locale, and the plain one has no currency.
  await run("localedef", ["-i", "en_US", "-f", "UTF-8", join(dir, "en_US.UTF-8")], { timeout: MAKE_MS_MAX });
  const options = { env: inEnglish(dir), timeout: MAKE_MS_MAX };
  await run(join(dir, "venv", "bin", "mezzanine-project"), ["-a", "cartridge", "shop"], { ...options, cwd: dir });
  await run(python, ["manage.py", "createdb", "--noinput"], { ...options, cwd: join(dir, "shop") });
  await writeFile(ready, "");
  return dir;
}

function inEnglish(dir: string): NodeJS.ProcessEnv {
  return { ...process.env, LOCPATH: dir, LC_ALL: "en_US.UTF-8", PYTHONUNBUFFERED: "1" };
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  const end = Date.now() + START_MS_MAX;
  for (;;) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(START_MS_MAX) }).catch(() => null);
    if (answer?.ok === true) return;
    if (answer !== null) throw new Error(`${url}: ${String(answer.status)}`);
    if (child.exitCode !== null || Date.now() > end) throw new Error(`${url} does not answer`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
