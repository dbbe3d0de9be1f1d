import { LabError } from "../../kernel/errors.ts";

const hint = "Give Statuspage's incidents.json or history.json, incident.io's or Google Cloud's incidents, upptime's issues, an Atom or RSS feed, or a CSV: docs/import.md";

/** One line that names what a file looks like, in place of one for each field that it lacks. */
export function formatUnknown(file: string, value: unknown, line: number): LabError {
  return unlike(file, `the object in line ${line} has the fields ${fieldsOf(value)}`);
}

/** Of a text by its beginning: `column` names are those of a CSV's first line. */
export function textUnknown(file: string, columns: readonly string[]): LabError {
  return unlike(file, /^\s*<(!doctype|html)/i.test(columns[0] ?? "") ? "it is an HTML page" : `its first line is ${JSON.stringify(columns.join(",").slice(0, 80))}`);
}

function unlike(file: string, what: string): LabError {
  return new LabError({ exit: "refused", code: "import_format_unknown", message: `Cannot import "${file}": it is in none of the formats that are read: ${what}`, hint });
}

function fieldsOf(value: unknown): string {
  const fields = Object.keys(value as object);
  const more = fields.length > 8 ? ` and ${fields.length - 8} more` : "";
  return fields.length === 0 ? "{}" : fields.slice(0, 8).join(", ") + more;
}
