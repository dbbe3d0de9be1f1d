/**
 * Types the worked sections of docs/own-gateway.md, line by line as they stand, in Blastlab's folder, and writes what
 * came out to docs/results/outside-gateways-DATE.md. Needs python3 with venv, npm, curl, and the packages that the page
 * installs; the folder `my` must not be there yet.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { transcriptLink, workedSections, type WorkedSection } from "./page.ts";
import { scriptOptions } from "../support/script-options.ts";

const usage = `Usage: npm run outside-gateways

Types the worked sections of docs/own-gateway.md, and writes what came out to docs/results.
`;
scriptOptions(usage, {});

const root = path.resolve(import.meta.dirname, "../..");
const pageFile = path.join(root, "docs/own-gateway.md");
const page = readFileSync(pageFile, "utf8");
const marker = "@@typed@@";

if (existsSync(path.join(root, "my"))) {
  console.error("The folder my/ is there already. Remove it first: the page is to be followed from the start.");
  process.exit(4);
}

const sections = workedSections(page).map((section) => ({ section, output: typed(section) }));
const date = new Date().toISOString().slice(0, 10);
const name = `results/outside-gateways-${date}.md`;
writeFileSync(path.join(root, "docs", name), transcript());
writeFileSync(pageFile, page.replaceAll(new RegExp(transcriptLink, "g"), name));
console.log(`Written: docs/${name}`);

/** All in one shell, as a reader has it, so that a job in the background is the same for each line. */
function typed({ files, commands }: WorkedSection): string {
  for (const [file, text] of files) {
    mkdirSync(path.join(root, path.dirname(file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  }
  const script = commands.map((command) => `printf '%s\\n' ${quoted(`${marker}$ ${command}`)}\n${command}\nprintf '(exit code %s)\\n\\n' "$?"`).join("\n");
  const { stdout, error } = spawnSync("bash", ["-c", `exec 2>&1\n${script}`], { cwd: root, encoding: "utf8", maxBuffer: 2 ** 26 });
  if (error !== undefined) throw error;
  process.stdout.write(stdout);
  return plain(stdout);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Without colours, paths of this machine, and addresses of others. A command's own line is left as it was typed. */
function plain(output: string): string {
  // oxlint-disable-next-line no-control-regex -- that is what colours are made of
  const text = output.replaceAll(/\u001b\[[\d;]*m/g, "").replaceAll(`${root}/`, "").replaceAll(os.homedir(), "~");
  return text.replaceAll(/https?:\/\/(?!127\.0\.0\.1|localhost)\S+/g, "(a URL)").replaceAll(marker, "");
}

function transcript(): string {
  const machine = `${os.platform()}, ${os.cpus().length} cores, ${Math.round(os.totalmem() / 2 ** 30)} GB, Node ${process.version}`;
  const parts = sections.map(({ section, output }) => `## ${section.title}\n\n\`\`\`text\n${output.trimEnd()}\n\`\`\`\n`);
  return [
    "# LiteLLM and Portkey under test, as docs/own-gateway.md says",
    `${date}, ${machine}. Made by \`npm run outside-gateways\`, which writes the files of [the page](../own-gateway.md) and types its command lines as they stand, in a folder without \`my\`.\nNo other program, no shim: what the page shows is all there is.`,
    ...parts,
  ].join("\n\n");
}
