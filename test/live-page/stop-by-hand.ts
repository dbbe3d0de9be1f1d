import { readFileSync } from "node:fs";
import path from "node:path";
import type { Page } from "playwright-core";
import type { FaultRecord, HandRecord } from "../../kernel/records.ts";
import { readTap, type Cli } from "../support/cli.ts";

export interface Stopped {
  /** Titles of the faults that were in force. */
  readonly faults: readonly string[];
  /** From the press of the button until the last was lifted, ms. */
  readonly liftedAfterMs: number;
}

/** One of each kind, at different places. */
const wanted = [/^The gateway of region 1 stopped/, /primary.*latency|latency.*primary/i, /fallback/];
const patient = { timeout: 60_000 };

/** Injects faults on the live page of a run without any of its own, presses the stop button, and reads the records. */
export async function stopByHand(page: Page, cli: Cli): Promise<Stopped> {
  await cli.printed(/^recovery:/m);
  const titles = await page.locator("#fault option").allTextContents();
  for (const pattern of wanted) {
    const title = titles.find((each) => pattern.test(each));
    if (title === undefined) throw new Error(`No fault like ${pattern} is offered: ${titles.join("; ")}`);
    await page.locator("#fault").selectOption({ label: title });
    await page.locator("#seconds").fill("20");
    await page.locator("#inject").click();
    await page.locator('[data-part="byHand"] li', { hasText: title }).waitFor(patient);
  }
  const pressedMs = Date.now();
  await page.locator("#stop").click();
  await page.locator("text=Read the report").waitFor({ timeout: 180_000 });
  await page.close();
  await cli.ended;
  const lifted = readTap<FaultRecord>(cli.directory, "faults").filter(({ action }) => action === "lifted");
  const faults = readTap<HandRecord>(cli.directory, "hand").flatMap((record) => ("fault" in record ? [record.fault.title] : []));
  if (lifted.length !== wanted.length) throw new Error(`${lifted.length} of ${wanted.length} faults were lifted`);
  return { faults, liftedAfterMs: Math.max(...lifted.map(({ atMs }) => atMs)) - (pressedMs - readEpoch(cli.directory)) };
}

/** Unix ms of the zero of a run's timeline. */
export function readEpoch(directory: string): number {
  const [header] = readFileSync(path.join(directory, "taps/client.ndjson"), "utf8").split("\n", 1);
  return (JSON.parse(header!) as { readonly epochMs: number }).epochMs;
}
