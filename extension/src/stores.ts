/** The built-in recipes: `tools/build.ts` puts the files of `stores/` in place of this list. */
import type { Recipe } from "./types/recipe.ts";

export const stores: readonly Recipe[] = [];
