import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { LabError, messageOf } from "../../kernel/errors.ts";
import { incidentSchema, type Incident } from "../../scenarios/incident.ts";
import { fileLimits, readJson } from "../files.ts";

const catalogue = fileURLToPath(new URL("../../scenarios/incidents/", import.meta.url));

/**
 * The catalogue of real outages, by date; each with its target. Throws `LabError` `incident_invalid` for a file that is
 * not one.
 */
export function loadIncidents(folder: string = catalogue): readonly Incident[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  const incidents = files.map((name) => readIncident(folder, name));
  return incidents.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : a.id < b.id ? -1 : 1));
}

function readIncident(folder: string, name: string): Incident {
  const fail = (detail: string) =>
    new LabError({
      exit: "refused",
      code: "incident_invalid",
      message: `Cannot use incident "${name}": ${detail}`,
      hint: "See scenarios/incident.ts for the fields of an incident.",
    });
  let data: unknown;
  try {
    data = readJson(`${folder}/${name}`, fileLimits.incidentsBytesMax);
  } catch (error) {
    throw fail(messageOf(error));
  }
  const parsed = incidentSchema.safeParse(data);
  if (!parsed.success) throw fail(parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; "));
  if (parsed.data.target === undefined) throw fail("it has no target");
  if (`${parsed.data.id}.json` !== name) throw fail(`its id is "${parsed.data.id}"`);
  return parsed.data;
}
