/**
 * The one-shot services of docker-compose.yml: `main.ts prepare --folder DIR` writes the files of every other service,
 * `main.ts operate --region NAME` does what an operator does to a new region. Both leave alone what is done already.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { LabError, messageOf } from "../../kernel/errors.ts";
import { componentsOf } from "../../kernel/topology.ts";
import { regionVariables } from "../plan/region-keys.ts";
import { pushFirstPackages } from "../systems/first-package.ts";
import { asOperator } from "../systems/operator.ts";
import { putCredentials } from "../systems/vault.ts";
import { originOf, standingRun, writeStanding } from "./standing.ts";

const log = (line: string) => void process.stdout.write(`${line}\n`);

async function prepare(folder: string): Promise<void> {
  if (existsSync(path.join(folder, "config", "observer.json"))) return log(`${folder} is prepared already; \`docker compose down --volumes\` begins anew`);
  await writeStanding(standingRun(), folder);
  log(`${folder} is prepared`);
}

async function operate(region: string): Promise<void> {
  const { plan, stack } = standingRun();
  const ofRegion = { ...plan, components: plan.components.filter((component) => component.region === region || component.role === "provider") };
  const keyOf = (key: keyof typeof regionVariables) => process.env[regionVariables[key]] ?? "";
  for (const vault of componentsOf(ofRegion, "vault")) await putCredentials({ url: originOf(vault), key: keyOf("vaultOperator") }, plan);
  log(`the vault of region ${region} has the providers' keys`);
  const [control] = componentsOf(ofRegion, "control");
  if (control === undefined) throw new LabError({ exit: "refused", code: "bad_arguments", message: `There is no region "${region}"`, hint: "--region a or b" });
  const operator = { url: originOf(control), key: keyOf("controlOperator") };
  const { active } = (await asOperator(operator, "GET", "/v1/status")) as { readonly active: object | null };
  if (active === null) await pushFirstPackages({ plan: ofRegion, stack, operators: new Map([[control.id, operator]]) });
  log(`the gateways of region ${region} run their configuration`);
}

async function main(): Promise<number> {
  try {
    const { positionals, values } = parseArgs({ allowPositionals: true, options: { folder: { type: "string" }, region: { type: "string" } } });
    if (positionals[0] === "prepare" && values.folder !== undefined) await prepare(values.folder);
    else if (positionals[0] === "operate" && values.region !== undefined) await operate(values.region);
    else throw new LabError({ exit: "refused", code: "bad_arguments", message: "Expected prepare --folder DIR, or operate --region NAME", hint: "docker-compose.yml has both" });
    return 0;
  } catch (error) {
    process.stderr.write(`error: ${messageOf(error)}\n`);
    return 4;
  }
}

process.exit(await main());
