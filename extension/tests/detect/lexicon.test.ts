import { expect, it } from "vitest";
import { WORDS } from "../../src/detect/index.ts";
import * as lexicon from "../../src/detect/lexicon.ts";
import { pack } from "../../src/detect/pack.ts";
import * as words from "../../src/detect/words/index.ts";

it("has each word under its own name after it was handed over as a list", () => {
  lexicon.useWords(JSON.parse(JSON.stringify(WORDS)) as typeof WORDS);
  const { MONEY, ...all } = words;
  expect(MONEY).toBeDefined();
  for (const [name, word] of Object.entries(all)) expect([name, pack(lexicon[name as keyof typeof lexicon])]).toEqual([name, pack(word)]);
});
