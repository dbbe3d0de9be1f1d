import type { Secrets } from "../../kernel/seams.ts";

/**
 * Credentials from the environment, by references like `env:OPENAI_API_KEY`. An error names the reference, never a
 * value.
 */
export function envSecrets(environment: Readonly<Record<string, string | undefined>>): Secrets {
  return {
    read: (reference) => {
      const value = reference.startsWith("env:") ? environment[reference.slice("env:".length)] : undefined;
      if (value === undefined || value === "") return Promise.reject(new Error(`Cannot read secret "${reference}": it is not set`));
      return Promise.resolve(value);
    },
  };
}
