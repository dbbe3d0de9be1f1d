import { readFileSync } from "node:fs";
import { armor, Decrypter } from "age-encryption";
import { LabError } from "../../kernel/errors.ts";

export interface CredentialSource {
  /** An age file of lines `NAME=value`; null: the environment. */
  readonly ageFile: string | null;
  /** The file with the identity that opens it. */
  readonly identityFile: string | null;
}

/**
 * The credentials of these names, from a store that the gateway does not own. Throws `LabError`, which quotes no value.
 */
export async function readCredentials(names: readonly string[], { ageFile, identityFile }: CredentialSource, environment: Readonly<Record<string, string | undefined>>): Promise<Readonly<Record<string, string>>> {
  const store = ageFile === null ? environment : await decrypted(ageFile, identityFile);
  const missing = names.filter((name) => (store[name] ?? "") === "");
  if (missing.length === 0) return Object.fromEntries(names.map((name) => [name, store[name]!]));
  throw refused("credential_missing", `There is no ${missing.join(", no ")} in ${ageFile === null ? "the environment" : `"${ageFile}"`}`, ageFile === null ? "set it, or name an age file: --age FILE --identity FILE" : "add the line NAME=value to it");
}

async function decrypted(ageFile: string, identityFile: string | null): Promise<Readonly<Record<string, string>>> {
  if (identityFile === null) throw refused("identity_missing", `Nothing opens "${ageFile}"`, "name the file of the age identity: --identity FILE");
  const identity = bytesOf(identityFile).toString().split("\n").find((line) => line.startsWith("AGE-SECRET-KEY-"));
  if (identity === undefined) throw refused("identity_invalid", `"${identityFile}" holds no age identity`, "make one with age-keygen");
  const bytes = bytesOf(ageFile);
  const decrypter = new Decrypter();
  try {
    decrypter.addIdentity(identity.trim());
    const text = await decrypter.decrypt(bytes.subarray(0, 11).toString() === "-----BEGIN " ? armor.decode(bytes.toString()) : bytes, "text");
    return Object.fromEntries(text.split(/\r?\n/).filter((line) => /^\w+=/.test(line)).map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
  } catch {
    throw refused("age_file_closed", `"${ageFile}" cannot be opened with "${identityFile}"`, "encrypt it to this identity's recipient, or name the other identity");
  }
}

function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw refused("file_unreadable", `Cannot read "${file}": ${(error as NodeJS.ErrnoException).code ?? "unreadable"}`, "name a file that can be read");
  }
}

function refused(code: string, message: string, hint: string): LabError {
  return new LabError({ exit: "refused", code, message, hint });
}
