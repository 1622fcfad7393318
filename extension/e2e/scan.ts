/** What is on a picture of the browser, read by a decoder that is none of ours. */

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const DECODE_MS_MAX = 20_000;

/** What ZBar finds on the picture, one line for each code. */
export async function scan(png: Buffer): Promise<readonly string[]> {
  const dir = await mkdtemp(join(tmpdir(), "anytill-code-"));
  try {
    const file = join(dir, "screen.png");
    await writeFile(file, png);
    const { stdout } = await promisify(execFile)("zbarimg", ["--quiet", "--raw", file], { timeout: DECODE_MS_MAX });
    return stdout.trim().split("\n");
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
