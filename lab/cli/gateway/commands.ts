import type { Command } from "commander";
import type { Io } from "../io.ts";

const exitHelp = `
Exit codes:
  0 done   1 refused on its way, or rolled back (diff: they differ)
  3 no answer   4 refused before anything changed
  130 interrupted: a push goes on without you, unless it waits for --force
`;

/** `blastlab gateway …`: the operator's commands for the control plane of a region. */
export function addGateway(program: Command, io: Io, { end, examples }: { readonly end: (exitCode: number) => void; readonly examples: (...lines: readonly string[]) => string }): void {
  const gateway = program.command("gateway").description("Push configuration packages to a region's control plane, look at them, and roll back").addHelpText("after", examples("npx blastlab gateway status --region a", "npx blastlab gateway push gateway.yaml --region a --reason 'new prompt'"));
  const ofRegion = (name: string, description: string, ...shown: readonly string[]) =>
    gateway
      .command(name)
      .description(description)
      .requiredOption("--region <name>", "whose control plane")
      .option("--regions <file>", "YAML: url and key of each region's control plane", "regions.yaml")
      .option("--allow-targets <file>", "hosts besides loopback that may be asked, one host or host:port a line")
      .option("--json", "print the result as JSON")
      .addHelpText("after", examples(...shown) + exitHelp);
  const withReason = (command: Command) => command.requiredOption("--reason <text>", "why; the journal keeps it").option("--who <name>", "whose decision it is (default: your user name)");
  withReason(ofRegion("push", "Check a package, ask its deployments who they are, and roll it out in steps", "npx blastlab gateway push gateway.yaml --region a --reason 'new prompt'", "npx blastlab gateway push gateway.yaml --region b --receipt receipt.json --reason 'new prompt'"))
    .argument("<package>", "a gateway's configuration without the sections of the process, or a whole package")
    .option("--force", "override what can be overridden; audited, and never without a wait of 60 s where a receipt is needed")
    .option("--receipt <file>", "of the region that ran it first: npx blastlab gateway receipt")
    .option("--detach", "do not follow the rollout")
    .action(async (file, options) => end(await (await import("../commands/gateway-push.ts")).pushCommand(file, options, io)));
  ofRegion("status", "Show what is active, what is on its way, and what each data plane runs", "npx blastlab gateway status --region a").action(async (options) => (await import("../commands/gateway.ts")).statusCommand(options, io));
  ofRegion("history", "List every package, how far it came, and who pushed it", "npx blastlab gateway history --region a --json").action(async (options) => (await import("../commands/gateway.ts")).historyCommand(options, io));
  ofRegion("diff", "Show what differs between two packages", "npx blastlab gateway diff 3 4 --region a")
    .argument("<from>", "version, hash, or the hash's beginning")
    .argument("<to>", "the same")
    .action(async (from, to, options) => end(await (await import("../commands/gateway.ts")).diffCommand(from, to, options, io)));
  withReason(ofRegion("rollback", "End what is on its way, or restore an earlier configuration at once as a new version", "npx blastlab gateway rollback --region a --reason 'errors rise'"))
    .argument("[to]", "version or hash (default: the configuration before)")
    .action(async (to, options) => (await import("../commands/gateway.ts")).rollbackCommand(to, options, io));
  withReason(ofRegion("evaluate", "Ask the eval gate again about a package on which it was undecided", "npx blastlab gateway evaluate --region a --reason 'the corpus has 40 more cases'")).action(async (options) => (await import("../commands/gateway.ts")).evaluateCommand(options, io));
  ofRegion("receipt", "Print the signed receipt of the active package, for another region", "npx blastlab gateway receipt --region a > receipt.json")
    .argument("[package]", "version or hash (default: the active one)")
    .action(async (hash, options) => (await import("../commands/gateway.ts")).receiptCommand(hash, options, io));
  ofRegion("identity", "Show or change what a deployment must show to be the one that it is said to be", "npx blastlab gateway identity primary identity.yaml --region a --reason 'new model'")
    .option("--reason <text>", "why it changes; the journal keeps it")
    .option("--who <name>", "whose decision it is (default: your user name)")
    .argument("<deployment>", "its name")
    .argument("[file]", "YAML: model, idPattern, answerPattern, endpointHost, or unverifiable: true")
    .option("--remove", "take the identity away")
    .action(async (deployment, file, options) => (await import("../commands/gateway.ts")).identityCommand(deployment, file, options, io));
}
