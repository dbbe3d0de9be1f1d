// A health check. `healthy.mjs URL...`: each URL answers 2xx within 3 s, to HEALTH_KEY where that is set. URLs name the
// service as its clients do, so that what they cannot reach is unhealthy. `healthy.mjs --last TEXT FILE`: the file was
// written to within 20 s, and its last whole line has the text.
import { readFileSync, statSync } from "node:fs";

const writtenWithinMs = 20_000;
const [first, ...rest] = process.argv.slice(2);
const { HEALTH_KEY: key } = process.env;

async function answers(url) {
  try {
    const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
    return (await fetch(url, { headers, signal: AbortSignal.timeout(3_000), redirect: "manual" })).ok;
  } catch {
    return false;
  }
}

function endsWith(text, file) {
  const { mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: 0 };
  return Date.now() - mtimeMs < writtenWithinMs && readFileSync(file, "utf8").split("\n").at(-2).includes(text);
}

const results = first === "--last" ? [endsWith(...rest)] : await Promise.all([first, ...rest].map(answers));
process.exit(results.every(Boolean) ? 0 : 1);
