import path from "node:path";
import { chromium, type Browser } from "playwright-core";
import { isExecutable } from "../../lab/tools/executable.ts";

const names = ["chromium", "chromium-browser", "google-chrome"];

/** A Chromium of the machine: named by BLASTLAB_CHROMIUM, or on the PATH. Null: there is none, and none is fetched. */
export function chromiumPath(): string | null {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  const candidates = [process.env["BLASTLAB_CHROMIUM"] ?? "", ...names.flatMap((name) => folders.map((folder) => path.join(folder, name)))];
  return candidates.find((file) => file !== "" && isExecutable(file)) ?? null;
}

export function launchChromium(executablePath: string): Promise<Browser> {
  // Containers allow no sandbox of its own; only files that the tests wrote are opened.
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
}
