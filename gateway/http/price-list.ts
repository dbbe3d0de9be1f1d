import { fileURLToPath } from "node:url";
import { pricesFileSchema } from "../config/prices-file.ts";
import type { PriceSettings } from "../config/prices.ts";
import { problemsOf } from "../config/problem.ts";
import { LabError } from "../../kernel/errors.ts";
import { configBytesMax, readText } from "./files.ts";
import { parseSource } from "./source-text.ts";

const priceListFile = fileURLToPath(new URL("../prices.yaml", import.meta.url));

/**
 * The built-in prices. Throws `LabError` `prices_invalid`, one line a problem, where the file was edited to something
 * else.
 */
export function readPriceList(file = priceListFile): PriceSettings {
  const source = parseSource(readText(file, configBytesMax), file);
  if ("problems" in source) throw invalid(source.problems);
  const read = pricesFileSchema.safeParse(source.value);
  if (!read.success) throw invalid(source.located(read.error.issues.flatMap(problemsOf)));
  return read.data.models;
}

function invalid(problems: readonly string[]): LabError {
  return new LabError({ exit: "refused", code: "prices_invalid", message: problems.join("\n"), hint: "correct the list of prices; gateway/config/prices-file.ts describes it" });
}
