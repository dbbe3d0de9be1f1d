import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** Where a secret was found: the file, its name, and the form in which it stood there. */
export interface Leak {
  readonly file: string;
  readonly secret: string;
  readonly form: string;
}

/** Below this length an encoded text may stand somewhere by chance. */
const lengthMin = 8;

/**
 * The texts by which a secret can be found: as it is, in a URL, in JSON, in hex, and in base64 at each of its three
 * alignments. The characters of base64 that also depend on what stands before and after it are left out.
 */
export function formsOf(secret: string): readonly { readonly form: string; readonly text: string }[] {
  if (secret.length < lengthMin) throw new Error(`A secret of ${secret.length} characters cannot be looked for`);
  const bytes = Buffer.from(secret);
  const aligned = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64").replace(/=+$/, "");
    const end = (before + bytes.length) % 3 === 0 ? text.length : text.length - 1;
    return { form: `base64, alignment ${before}`, text: text.slice(Math.ceil((before * 4) / 3), end) };
  });
  const forms = [
    { form: "clear", text: secret },
    { form: "URL", text: encodeURIComponent(secret) },
    { form: "JSON", text: JSON.stringify(secret).slice(1, -1) },
    { form: "hex", text: bytes.toString("hex") },
    { form: "HEX", text: bytes.toString("hex").toUpperCase() },
    ...aligned,
    ...aligned.map(({ form, text }) => ({ form: form.replace("base64", "base64url"), text: text.replaceAll("+", "-").replaceAll("/", "_") })),
  ];
  return forms.filter(({ text }, index) => forms.findIndex((other) => other.text === text) === index);
}

/** Every form of every secret in one text or in bytes. */
export function leaksIn(file: string, content: string | Buffer, secrets: Readonly<Record<string, string>>): readonly Leak[] {
  const bytes = Buffer.from(content);
  return Object.entries(secrets).flatMap(([name, secret]) => formsOf(secret).flatMap(({ form, text }) => (bytes.includes(text) ? [{ file, secret: name, form }] : [])));
}

/** The same over every file below a directory, its name included. `files`: how many were read. */
export function scanDirectory(directory: string, secrets: Readonly<Record<string, string>>): { readonly files: number; readonly leaks: readonly Leak[] } {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const leaks = entries.flatMap((entry) => {
    const file = path.join(entry.parentPath, entry.name);
    return [...leaksIn(`${file} (its name)`, path.relative(directory, file), secrets), ...leaksIn(file, readFileSync(file), secrets)];
  });
  return { files: entries.length, leaks };
}
