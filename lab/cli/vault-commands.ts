import type { Command } from "commander";
import { examples, lengthOfTime, wholeNumber } from "./arguments.ts";
import type { Io } from "./io.ts";

/** `blastlab vault …`: an operator's commands for the vault of a region. */
export function addVault(program: Command, io: Io): void {
  const vault = program.command("vault").description("Operate the vault of a region: seal, unseal, put, rotate, revoke").addHelpText("after", examples("npx blastlab vault status"));
  const add = (name: string, description: string, example: string) =>
    vault
      .command(name)
      .description(description)
      .option("--url <url>", "where the vault listens", "http://127.0.0.1:8200")
      .option("--key <variable>", "the variable that holds the operator's key", "VAULT_OPERATOR_KEY")
      .option("--json", "print the answer as JSON")
      .addHelpText("after", examples(example));
  for (const [action, description] of [["status", "Show whether it is sealed, the names and versions of its secrets, and the head of its audit log"], ["seal", "Forget the master key; leases that are out stay valid"], ["unseal", "Read the master key again"]] as const) {
    add(action, description, `npx blastlab vault ${action}`).action(async (options) => (await import("./commands/vault.ts")).vaultStateCommand(action, options, io));
  }
  add("put", "Keep a new secret; its value comes on stdin", "npx blastlab vault put OPENAI_API_KEY < key.txt")
    .argument("<name>", "letters, digits, _ . and -")
    .action(async (name, options) => (await import("./commands/vault.ts")).vaultWriteCommand("put", name, options, io));
  add("rotate", "Replace a secret; the version before stays valid for the overlap", "npx blastlab vault rotate OPENAI_API_KEY --overlap 2h < key.txt")
    .argument("<name>", "a secret of the vault")
    .option("--overlap <time>", "how long the version before stays valid (default: 1h)", lengthOfTime)
    .action(async (name, options) => (await import("./commands/vault.ts")).vaultWriteCommand("rotate", name, options, io));
  add("revoke", "Destroy a secret, or one version of it, at once", "npx blastlab vault revoke OPENAI_API_KEY")
    .argument("<name>", "a secret of the vault")
    .option("--secret-version <number>", "this version alone (default: all)", wholeNumber)
    .action(async (name, options) => (await import("./commands/vault.ts")).vaultRevokeCommand(name, options, io));
}
