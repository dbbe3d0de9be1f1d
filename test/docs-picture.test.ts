import { readFileSync } from "node:fs";
import path from "node:path";
import picocolors from "picocolors";
import { expect, test } from "vitest";
import { viewOf } from "../observer/view/view-of.ts";
import { neverSignal } from "../kernel/signal.ts";
import { playResolved } from "../lab/conductor/virtual/play.ts";
import { terminalSvg } from "../lab/report/picture.ts";
import { terminalText } from "../lab/report/terminal.ts";
import { planOf } from "./support/virtual.ts";

const picture = "../docs/images/gateway-sick.svg";
const hash = /\b[0-9a-f]{64}\b/;

test("README: the picture of a run that does damage is that run's end (update with vitest -u)", async () => {
  const { plan, verdict } = await playResolved(planOf("gateway-sick", {}, undefined, "naive"), { onProgress: () => {}, signal: neverSignal });
  expect(verdict).toMatchObject({ verdict: "deviated", measures: { silentShare: 1 }, gatewayCounts: { failures: 0 } });
  const replay = `npx blastlab run gateway-sick --seed ${plan.seed} --stack naive --virtual`;
  const text = terminalText(viewOf({ plan, verdict }), { directory: "runs/my-game-day", replay }, picocolors.createColors(true));
  // The hash of the inputs is of all their bytes, comments and prose too, and shows nothing else of the run.
  const [shown] = hash.exec(readFileSync(path.join(import.meta.dirname, picture), "utf8")) ?? [];
  expect(text).toMatch(hash);
  await expect(terminalSvg(text.replace(hash, shown ?? "$&"))).toMatchFileSnapshot(picture);
});
