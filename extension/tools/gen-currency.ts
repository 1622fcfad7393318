/** `npm run gen-currency`: writes `src/money/generated/`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { generate } from "./currency-data.ts";

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), "src", "money", "generated");
mkdirSync(folder, { recursive: true });
for (const [name, text] of generate()) writeFileSync(join(folder, name), text);
