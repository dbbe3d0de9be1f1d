import path from "node:path";
import type { Finding } from "../findings.ts";

/** GitHub shows ten annotations of a kind for a step: nine, and one that says how many there are besides. */
const shownMax = 9;

/**
 * Workflow commands, the worst of each kind first. `findings` are sorted so. GitHub takes a file from `root`, the
 * repository's folder, whatever folder the command ran in.
 */
export function annotations(findings: readonly Finding[], root = process.cwd()): readonly string[] {
  return (["error", "warning", "notice"] as const).flatMap((kind) => {
    const of = findings.filter((finding) => finding.kind === kind);
    const shown = of.slice(0, shownMax).map(({ file, line, title, message }) => command(kind, { file: path.relative(root, path.resolve(file)), line: String(line), title }, message));
    const left = of.length - shown.length;
    return left === 0 ? shown : [...shown, command(kind, { title: "blastlab suite" }, `${left} more; the job summary lists them`)];
  });
}

/** A colon or a comma would end a property's value. Sources: GitHub's toolkit, packages/core/src/command.ts. */
function command(kind: string, properties: Readonly<Record<string, string>>, message: string): string {
  const value = (text: string) => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
  const list = Object.entries(properties).map(([key, text]) => `${key}=${value(text)}`);
  return `::${kind} ${list.join(",")}::${data(message)}`;
}

const data = (text: string) => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
