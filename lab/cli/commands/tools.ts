import { LabError } from "../../../kernel/errors.ts";
import { installTool } from "../../tools/install.ts";
import type { FoundTool } from "../../tools/find.ts";
import type { ToolName } from "../../tools/pins.ts";
import { writeJson, type Io } from "../io.ts";

/** `blastlab tools install`: one tool or both. Rejects with the first LabError once each has been tried. */
export async function installCommand(name: ToolName | undefined, { json = false }: { readonly json?: boolean }, io: Io): Promise<void> {
  const names: readonly ToolName[] = name === undefined ? ["toxiproxy", "k6"] : [name];
  const installed: Record<string, FoundTool> = {};
  const troubles: LabError[] = [];
  for (const tool of names) {
    try {
      const found = await installTool(tool, { onStep: (line) => void io.stderr.write(`${line}\n`) });
      installed[tool] = found;
      if (!json) io.stdout.write(`${tool} ${found.version}: ${found.bin} (${found.via})\n`);
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      troubles.push(error);
    }
  }
  const [first, ...others] = troubles;
  for (const other of others) io.stderr.write(`error: ${other.message}\n`);
  if (first !== undefined) throw first;
  if (json) writeJson(io, installed);
}
