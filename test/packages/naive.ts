import { writeFileSync } from "node:fs";
import path from "node:path";
import { startChild } from "./children.ts";
import { offerRequests, type Served } from "./clients.ts";
import type { BadPackage, Base } from "./packages.ts";

export interface Applied {
  readonly requests: number;
  /** Requests that were answered by the package, or that no gateway answered. */
  readonly reached: number;
  /** Of them: not answered with 200. */
  readonly failed: number;
  /** Of them: answered with 200 by the wrong provider. */
  readonly silent: number;
}

const requests = 40;

/** The package as most gateways apply one: the file is replaced and the process is started again. */
export async function applyAtOnce(folder: string, base: Base, { change, runtime }: Pick<BadPackage, "change" | "runtime">): Promise<Applied> {
  const file = path.join(folder, "naive.json");
  const begin = (config: object) => {
    writeFileSync(file, JSON.stringify({ ...config, drainMs: 0, listen: { port: 0 } }));
    return startChild("gateway/main.ts", file, { PROVIDER: "sk-provider" });
  };
  const before = await begin(base);
  if ("refused" in before) throw new Error(before.refused);
  const served = await offerRequests([before.url], 4);
  if (served.some((each) => !isRight(each))) throw new Error("The gateway was not healthy before the push");
  await before.kill();
  // Where there is one code only, the new code comes with the configuration.
  const after = await begin({ ...change(base), ...(runtime && { defects: [{ kind: "fail", share: 1 }] }) });
  const url = "refused" in after ? before.url : after.url;
  const seen = await offerRequests([url], requests);
  if ("kill" in after) await after.kill();
  const reached = seen.filter((each) => each.status === null || !each.text.includes("as m"));
  return { requests, reached: reached.length, failed: reached.filter(({ status }) => status !== 200).length, silent: reached.filter((each) => each.status === 200 && !each.text.includes("says one")).length };
}

const isRight = ({ status, text }: Served) => status === 200 && text.includes("says one as m");
