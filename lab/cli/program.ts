import { Argument, Command, Option } from "commander";
import { labVersion } from "../version.ts";
import { countingNumber, examples, instant, lengthOfTime, positiveNumber, repeated, wholeNumber } from "./arguments.ts";
import { addBreakGlass } from "./break-glass-commands.ts";
import { addCompare } from "./compare-commands.ts";
import { addGateway } from "./gateway/commands.ts";
import type { Io } from "./io.ts";
import { addSuite } from "./suite-commands.ts";
import { reportTrouble, troubleOf } from "./trouble.ts";
import { addVault } from "./vault-commands.ts";

/** Columns of a terminal that does not say how wide it is, and the most that is easy to read. */
const [helpWidth, helpWidthMax] = [80, 110];

/** `<name>`, `[name]`, `<name...>`. */
function argumentTerm(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

/**
 * Runs one command line (without `node` and the script). Resolves to the exit code; never rejects, never ends the
 * process.
 */
export async function runCli(typed: readonly string[], io: Io): Promise<number> {
  let code = 0;
  const program = buildProgram(io, (exitCode) => void (code = exitCode));
  const args = asKnownHelp(program, typed);
  try {
    await program.parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    const trouble = troubleOf(error, commandIn(program, args));
    if (trouble === null) return 0;
    if (process.env["BLASTLAB_DEBUG"] === "1" && error instanceof Error) io.stderr.write(`${error.stack}\n`);
    reportTrouble(io, trouble, printsJson(program, args));
    return trouble.exitCode;
  }
}

/** `help NOPE` is refused as `NOPE` is, with what may have been meant. */
const asKnownHelp = (program: Command, args: readonly string[]) => (args[0] === "help" && args[1] !== undefined && ownCommand(program, args.slice(1)) === undefined ? args.slice(1) : args);

const ownCommand = (program: Command, args: readonly string[]) => program.commands.find((command) => command.name() === args[0]);

const commandIn = (program: Command, args: readonly string[]) => ["npx blastlab", ...(ownCommand(program, args) === undefined ? [] : [args[0]])].join(" ");

/** Whether the result goes to stdout as JSON, and so an error too. `--json FILE` writes a file, unless that is `-`. */
function printsJson(program: Command, args: readonly string[]): boolean {
  const at = args.indexOf("--json");
  const option = ownCommand(program, args)?.options.find(({ long }) => long === "--json");
  return at !== -1 && (option?.required !== true || args[at + 1] === "-");
}

/** The commands as data; what they do is imported when it is asked for. Each reports its exit code through `end`. */
export function buildProgram(io: Io, end: (exitCode: number) => void): Command {
  const program = new Command("blastlab");
  program
    .description("A chaos and load lab for AI gateways: replay a real provider outage, break the gateway on purpose, and measure the blast radius from outside.")
    .version(labVersion(), "--version", "print the version")
    .helpOption("-h, --help", "display help")
    .addHelpCommand(new Command("help").argument("[command]").description("display help for a command").helpGroup("Help:"))
    .configureHelp({ subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(argumentTerm)].join(" ") })
    .exitOverride()
    .configureOutput({ writeOut: (text) => void io.stdout.write(text), writeErr: () => {}, getOutHelpWidth: () => Math.min(helpWidthMax, io.stdout.columns ?? helpWidth) })
    .addHelpText("after", examples("npx blastlab start", "npx blastlab run gateway-sick --virtual --stack naive", "npx blastlab scenarios gateway-sick", "npx blastlab doctor") + exitCodeHelp);
  program.commandsGroup("Play:");
  addExhibit(program, io, end);
  addRun(program, io, end);
  addCompare(program, io, end);
  addSuite(program, io, end);
  addUi(program, io);
  program.commandsGroup("Look:");
  addCatalogues(program, io, end);
  addReports(program, io);
  addVerdict(program, io, end);
  program.commandsGroup("Bring your own:");
  addFiles(program, io, end);
  addRecord(program, io, end);
  program.commandsGroup("Operate the reference gateway:");
  addGateway(program, io, { end, examples });
  addEval(program, io, end);
  addVault(program, io);
  addBreakGlass(program, io);
  program.commandsGroup("This machine:");
  addTools(program, io, end);
  return program;
}

function addRun(program: Command, io: Io, end: (exitCode: number) => void): void {
  program
    .command("run")
    .description("Run a scenario, live or in virtual time, and give its verdict")
    .argument("<scenario>", "a name that `npx blastlab scenarios` lists, or the path of a YAML file")
    .option("--stack <name>", "what stands between clients and providers: a name that `npx blastlab stacks` lists, or the path of a YAML file (default: one-process)")
    .option("--seed <number>", "draw everything from this seed instead of the scenario's own", wholeNumber)
    .option("--speed <factor>", "compress the timeline of the faults by this factor instead", positiveNumber)
    .option("--force", "reuse the --out directory of a run that was void")
    .option("--tolerate-lag <ms>", "accept a load generator that lags up to this, in ms; plan and verdict record it", positiveNumber)
    .option("--level <factor>", "scale every estimated level of the outages by this factor instead, such as 0.5 or 2", positiveNumber)
    .addOption(repeated("--set <key=value>", "replace a value of the scenario by its dotted path, or of the stack after `stack.`; may be repeated"))
    .option("--out <dir>", "the run directory (default: a new one under runs/); with --seeds a directory for one of each seed (default: none is kept)")
    .addOption(new Option("--virtual", "in one process and simulated time, within seconds: the same cores, plan, records and report").conflicts(["load", "network", "toxiproxyUrl", "allowTargets", "observerOtlp", "allowCommands", "control", "ports"]))
    .addOption(new Option("--seeds <list>", "with --virtual: so many seeds, from 1 on, or a list such as 21..40 or 1,5,9; and a table of means and intervals over them").conflicts("seed"))
    .addOption(new Option("--repeat <number>", "run it so many times, one after the other, and show a table of means and intervals over them").argParser(countingNumber).conflicts(["virtual", "seeds"]))
    .option("--dry-run", "check everything and show the plan in words; start nothing and write nothing")
    .addOption(new Option("--load <part>", "what offers the load; k6 is timed by the lab's relay").choices(["embedded", "k6"]).default("embedded"))
    .addOption(new Option("--network <part>", "what plays network faults").choices(["auto", "toxiproxy", "embedded"]).default("auto"))
    .option("--toxiproxy-url <url>", "use the toxiproxy-server that runs there; only what the lab creates is touched")
    .option("--allow-targets <file>", "hosts besides loopback that may be targets, one host or host:port a line")
    .option("--observer-otlp <url>", "send the observer's own metrics to this OTLP collector besides; without a path to /v1/metrics")
    .option("--allow-commands", "let the stack file start the program that it names (external.command)")
    .option("--control <dir>", "compare with this earlier run without faults instead of a control of its own: same scenario, stack and seed")
    .option("--ports <first>", "give each part a fixed port of 127.0.0.1, counted from this one, so that a Prometheus of your own can watch: docs/own-monitoring.md", countingNumber)
    .addOption(new Option("--ui", "serve a live page with the run's plots and a stop button; prints its URL").conflicts(["virtual", "seeds", "repeat", "dryRun"]))
    .addOption(new Option("--ui-port <port>", "the same at this port of 127.0.0.1 (default: a free one)").argParser(wholeNumber).implies({ ui: true }))
    .option("--quiet", "print no progress, only the result")
    .option("--json", "print the verdict as JSON; progress goes to stderr, one object a line where that is no terminal")
    .addHelpText("after", examples("npx blastlab run flagship", "npx blastlab run flagship --ui", "npx blastlab run flagship --set stack.gateway.policy.failover=false --seed 7", "npx blastlab run flagship --virtual --seeds 1..20", "npx blastlab run smoke --dry-run", "npx blastlab run smoke --load embedded --network embedded --json"))
    .action(async (scenario, options) => end(await (await import("./commands/run.ts")).runCommand(scenario, options, io)));
}

function addFiles(program: Command, io: Io, end: (exitCode: number) => void): void {
  program
    .command("validate")
    .description("Check scenarios, stacks and incident files, all problems at once; starts nothing")
    .argument("<file...>", "YAML files of scenarios and stacks, JSON files of incidents, or names that the lab lists")
    .option("--stack <name>", "check scenarios on this stack (default: the stacks among the files, or one-process)")
    .option("--json", "print what was found as JSON")
    .addHelpText("after", examples("npx blastlab validate ./my-scenario.yaml", "npx blastlab validate ./my-scenario.yaml ./my-stack.yaml") + validateExitHelp)
    .action(async (files, options) => end((await import("./commands/validate.ts")).validateCommand(files, options, io)));
  program
    .command("new")
    .description("Write NAME.yaml, a commented scenario that runs as it is")
    .argument("<name>", "of the scenario, and of its file in this directory")
    .option("--json", "print the file's name as JSON")
    .addHelpText("after", examples("npx blastlab new my-scenario"))
    .action(async (name, options) => (await import("./commands/new.ts")).newCommand(name, options, io));
}

const validateExitHelp = `
Exit codes:
  0 all are valid   4 something is wrong
`;

function addExhibit(program: Command, io: Io, end: (exitCode: number) => void): void {
  program
    .command("start")
    .description("Play the flagship live, then the exhibit: this is `npm start`")
    .addHelpText("after", examples("npx blastlab start"))
    .action(async () => end(await (await import("./commands/start.ts")).startCommand(io)));
  program
    .command("exhibit")
    .description("A provider down against the gateway down, on a naive and on a hardened stack, in virtual time")
    .option("--json", "print the figures as JSON")
    .addHelpText("after", examples("npx blastlab exhibit"))
    .action(async (options) => (await import("./commands/exhibit.ts")).exhibitCommand(options, io));
}

function addCatalogues(program: Command, io: Io, end: (exitCode: number) => void): void {
  const scenarios = program
    .command("scenarios")
    .description("List the scenarios, or show one's page: what it teaches, the outage behind it, how each stack is meant to end")
    .argument("[name]", "show the page of this one: a name of the list, or the path of a YAML file")
    .option("--json", "print them, or the page, as JSON")
    .addHelpText("after", examples("npx blastlab scenarios", "npx blastlab scenarios provider-down", "npx blastlab scenarios show smoke"))
    .action(async (name: string | undefined, options) => {
      const { scenariosCommand, scenarioPageCommand } = await import("./commands/scenarios.ts");
      if (name === undefined) scenariosCommand(options, io);
      else scenarioPageCommand(name, options, io);
    });
  addList(scenarios, async (options) => (await import("./commands/scenarios.ts")).scenariosCommand(options, io));
  scenarios
    .command("show")
    .description("Show one scenario: its file, with its comments")
    .argument("<name>", "a name that `npx blastlab scenarios` lists, or the path of a YAML file")
    .option("--json", "print it as JSON, defaults filled in")
    .addHelpText("after", examples("npx blastlab scenarios show smoke"))
    .action(async (name, _options, command) => (await import("./commands/scenarios.ts")).showScenarioCommand(name, command.optsWithGlobals(), io));
  const stacks = program
    .command("stacks")
    .description("List the stacks: what stands between clients and providers; or show one's file")
    .argument("[name]", "show this one: a name of the list, or the path of a YAML file")
    .option("--json", "print them as JSON")
    .addHelpText("after", examples("npx blastlab stacks", "npx blastlab stacks naive", "npx blastlab run flagship --stack naive"))
    .action(async (name: string | undefined, options) => {
      const { stacksCommand, showStackCommand } = await import("./commands/stacks.ts");
      if (name === undefined) stacksCommand(options, io);
      else showStackCommand(name, options, io);
    });
  addList(stacks, async (options) => (await import("./commands/stacks.ts")).stacksCommand(options, io));
  stacks
    .command("show")
    .description("Show one stack: its file, with its comments")
    .argument("<name>", "a name that `npx blastlab stacks` lists, or the path of a YAML file")
    .option("--json", "print it as JSON, defaults filled in")
    .addHelpText("after", examples("npx blastlab stacks show naive"))
    .action(async (name, _options, command) => (await import("./commands/stacks.ts")).showStackCommand(name, command.optsWithGlobals(), io));
  const incidents = program
    .command("incidents")
    .description("List the real outages of the catalogue, or show one")
    .argument("[id]", "show this one: an id of the list, or a file or directory of incidents")
    .option("--json", "print them as JSON")
    .addHelpText("after", examples("npx blastlab incidents", "npx blastlab incidents cloudflare-2025-11-18-bot-file"))
    .action(async (id: string | undefined, options) => {
      const { incidentsCommand, showIncidentCommand } = await import("./commands/incidents.ts");
      if (id === undefined) incidentsCommand(options, io);
      else showIncidentCommand(id, options, io);
    });
  addList(incidents, async (options) => (await import("./commands/incidents.ts")).incidentsCommand(options, io));
  addVerify(incidents, io, end);
  addSample(incidents, io);
  addImport(incidents, io);
  incidents
    .command("show")
    .description("Show one outage: facts, phases, sources; or list those of a file")
    .argument("<id>", "the outage's id; or a file or directory of incidents, FILE#ID for one of several")
    .option("--json", "print it as JSON")
    .addHelpText("after", examples("npx blastlab incidents show openai-2025-06-10-gpu-network"))
    .action(async (id, _options, command) => (await import("./commands/incidents.ts")).showIncidentCommand(id, command.optsWithGlobals(), io));
}

/** `list`: what the command does without a word behind it. */
function addList(parent: Command, list: (options: { readonly json?: boolean }) => Promise<void>): void {
  parent
    .command("list")
    .description(`The same as \`npx blastlab ${parent.name()}\``)
    .option("--json", "print them as JSON")
    .addHelpText("after", examples(`npx blastlab ${parent.name()} list`))
    .action((_options, command: Command) => list(command.optsWithGlobals()));
}

function addVerify(incidents: Command, io: Io, end: (exitCode: number) => void): void {
  incidents
    .command("verify")
    .description("Play every outage straight at the simulators and hold what is seen against what is planned, phase by phase")
    .argument("[path]", "a file or directory of incidents, or a recorded profile, instead of the catalogue")
    .option("--seed <number>", "draw everything from this seed", wholeNumber, 1)
    .option("--level <factor>", "scale every estimated level by this factor, such as 0.5 or 2", positiveNumber, 1)
    .option("--live", "with processes, sockets and real time instead of the virtual clock")
    .option("--speed <factor>", "compress the timelines by this factor; no phase gets shorter than 10 s", positiveNumber)
    .option("--sample <number>", "play so many of the distinct outages alone, drawn with the seed", countingNumber)
    .option("--json", "print everything as JSON")
    .addHelpText("after", examples("npx blastlab incidents verify", "npx blastlab incidents verify my-incidents.json --level 2", "npx blastlab incidents verify my-incidents.json --sample 200 --seed 7") + verifyExitHelp)
    .action(async (file, _options, command) => end(await (await import("./commands/incidents-verify.ts")).verifyCommand(file, command.optsWithGlobals(), io)));
}

function addSample(incidents: Command, io: Io): void {
  incidents
    .command("sample")
    .description("Draw ordinary outages from the published durations and gaps, and print them as JSON")
    .addOption(new Option("--provider <name>", "whose").choices(["openai", "anthropic"]).makeOptionMandatory())
    .option("--days <number>", "over so many days", positiveNumber, 30)
    .option("--seed <number>", "draw everything from this seed", wholeNumber, 1)
    .option("--from <date>", "first day, UTC", instant, "2026-01-01T00:00:00Z")
    .addHelpText("after", examples("npx blastlab incidents sample --provider openai --days 90 --seed 7"))
    .action(async (_options, command) => (await import("./commands/incidents-sample.ts")).sampleCommand(command.optsWithGlobals(), io));
}

const verifyExitHelp = `
Exit codes:
  0 all agrees   1 something does not   4 the file is no list of incidents
`;

function addImport(incidents: Command, io: Io): void {
  incidents
    .command("import")
    .description("Make incidents of a status page's history: Statuspage's, incident.io's or Google Cloud's JSON, upptime's issues, a feed, or a CSV")
    .argument("<file>", "the history; docs/import.md describes it")
    .addOption(new Option("--format <name>", "what it is").choices(["auto", "google-cloud", "upptime", "incident-io", "statuspage", "feed", "csv"]).default("auto"))
    .option("--out <path>", "a directory for one file an outage, or a .json file for a list (default: incidents-NAME)")
    .option("--provider <name>", "the provider, in place of the one that the file names")
    .option("--strict", "refuse a file with a row that would be left out: one without an end or a length, or that changed nothing")
    .option("--json", "print what was imported as JSON")
    .addHelpText("after", examples("npx blastlab incidents import history.csv", "npx blastlab incidents import incidents.json --provider openai --out openai-history.json"))
    .action(async (file, _options, command) => (await import("./commands/import.ts")).importCommand(file, command.optsWithGlobals(), io));
}

function addVerdict(program: Command, io: Io, end: (exitCode: number) => void): void {
  program
    .command("verdict")
    .description("Judge a run again from its inputs, its plan and its raw records; writes verdict.json, report.md and report.html")
    .argument("<run-dir>", "a run directory")
    .option("--accept-version", "judge by the plan as it is kept where another version of the planner made it, which cannot be recomputed")
    .option("--json", "print the verdict as JSON")
    .addHelpText("after", examples("npx blastlab verdict runs/20261122-131502-flagship-1"))
    .action(async (directory, options) => end(await (await import("./commands/verdict.ts")).verdictCommand(directory, options, io)));
}

function addReports(program: Command, io: Io): void {
  const accepting = (command: Command) => command.option("--accept-version", "judge by the plan as it is kept where another version of the planner made it, which cannot be recomputed");
  accepting(program.command("report"))
    .description("Show a run again, judged from its records; report.html in its directory is the same page")
    .argument("<run-dir>", "a run directory")
    .option("--html <file>", "the report as a page of one file that makes no request; - for standard output")
    .option("--markdown <file>", "the report as Markdown; - for standard output (default: on standard output, for people where that is a terminal)")
    .option("--svg <file>", "the timeline as a picture")
    .addHelpText("after", examples("npx blastlab report runs/my-game-day", "npx blastlab report runs/my-game-day --html my-game-day.html --svg my-game-day.svg"))
    .action(async (directory, options) => (await import("./commands/report.ts")).reportCommand(directory, options, io));
  accepting(program.command("diff"))
    .description("Show two runs, or two stacks, side by side on the same axes")
    .argument("<run-dir-a>", "a run directory")
    .argument("<run-dir-b>", "another one")
    .option("--html <file>", "as a page of one file; - for standard output (default: a table in the terminal)")
    .addHelpText("after", examples("npx blastlab diff runs/on-naive runs/on-hardened --html diff.html"))
    .action(async (a, b, options) => (await import("./commands/diff.ts")).diffCommand(a, b, options, io));
}

function addTools(program: Command, io: Io, end: (exitCode: number) => void): void {
  program
    .command("doctor")
    .description("Measure whether this machine can carry a run, and show what a run would use; exit code 1 when something must be fixed")
    .option("--json", "print it as JSON")
    .addHelpText("after", examples("npx blastlab doctor"))
    .action(async (options) => end(await (await import("./commands/doctor.ts")).doctorCommand(options, io)));
  const tools = program.command("tools").description("Get the real parts: toxiproxy-server and k6").addHelpText("after", examples("npx blastlab tools install"));
  tools
    .command("install")
    .description("Find or fetch pinned versions: by path, PATH or cache, else the official release by checksum, else (toxiproxy-server alone) a Go build")
    .addArgument(new Argument("[tool]", "which; both by default").choices(["k6", "toxiproxy"]))
    .option("--json", "print the result as JSON")
    .addHelpText("after", examples("npx blastlab tools install", "npx blastlab tools install k6") + toolsHelp)
    .action(async (tool, options) => (await import("./commands/tools.ts")).installCommand(tool, options, io));
}

function addUi(program: Command, io: Io): void {
  program
    .command("ui")
    .description("Serve a page on this machine: start a run and watch it live, read reports, scenarios, stacks and outages")
    .option("--ui-port <port>", "port of 127.0.0.1 (default: a free one)", wholeNumber)
    .addHelpText("after", examples("npx blastlab ui"))
    .action(async (options) => (await import("./commands/ui.ts")).uiCommand(options, io));
}

function addRecord(program: Command, io: Io, end: (exitCode: number) => void): void {
  program
    .command("record")
    .description("Proxy a provider and record its latency and errors, never its content, as a profile that the simulators play")
    .requiredOption("--upstream <url>", "the provider; loopback, or a host that --allow-targets names")
    .requiredOption("--out <file>", "the profile, a new JSON file")
    .option("--listen <port>", "port of 127.0.0.1 for the clients; 0 takes a free one", wholeNumber, 0)
    .option("--allow-targets <file>", "hosts besides loopback that may be targets, one host or host:port a line")
    .option("--for <time>", "end after this long, such as 90s or 10m (default: with Ctrl-C)", lengthOfTime)
    .option("--json", "print the profile as JSON")
    .addHelpText("after", examples("npx blastlab record --upstream http://127.0.0.1:8000 --out profile.json --for 10m", "npx blastlab record --upstream https://api.openai.com --allow-targets hosts.txt --listen 8100 --out openai.json"))
    .action(async (options) => end(await (await import("./commands/record.ts")).recordCommand(options, io)));
}

function addEval(program: Command, io: Io, end: (exitCode: number) => void): void {
  program
    .command("eval")
    .description("Compare two versions of a prompt or a model on a corpus, paired, and decide whether the candidate may serve")
    .argument("<file>", "what is compared: corpus, current, candidate, judge, settings; docs/eval-gate.md describes it")
    .option("--allow-targets <file>", "hosts besides loopback that may be asked, one host or host:port a line")
    .addOption(repeated("--pass-env <name>", "a variable of your environment that a key in the file names, such as OPENAI_API_KEY; may be repeated"))
    .option("--json", "print the record as JSON")
    .addHelpText("after", examples("npx blastlab eval ./gate.yaml", "npx blastlab eval ./gate.yaml --pass-env OPENAI_API_KEY --allow-targets hosts.txt --json") + evalExitHelp)
    .action(async (file, options) => end(await (await import("./commands/eval.ts")).evalCommand(file, options, io)));
}

const evalExitHelp = `
Exit codes:
  0 pass   1 fail   2 undecided or unknown: neither lets the candidate serve
  4 refused before anything was asked
`;

const exitCodeHelp = `
Exit codes:
  0 held   1 deviated or not recovered   2 unknown: no verdict is possible
  3 failed: the run itself is void   4 refused before anything started
  130 interrupted
`;

const toolsHelp = `
Environment:
  BLASTLAB_K6_BIN         use this k6
  BLASTLAB_TOXIPROXY_BIN  use this toxiproxy-server
  BLASTLAB_TOOLS_DIR      the cache (default: ~/.cache/blastlab/tools)
  BLASTLAB_MIRROR         directory URL that holds the releases' files
  BLASTLAB_OFFLINE=1      fetch nothing
`;
