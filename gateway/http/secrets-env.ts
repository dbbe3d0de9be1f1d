import type { Secrets } from "../../kernel/seams.ts";

/**
 * Credentials from the environment, by references like `env:OPENAI_API_KEY`. An error names the reference, never a
 * value.
 */
export function envSecrets(environment: Readonly<Record<string, string | undefined>>): Secrets {
  /** Every attempt reads one: cutting a name out of its reference would cost more than the rest. */
  const values = new Map(Object.entries(environment).map(([name, value]) => [`env:${name}`, value]));
  return {
    read: (reference) => {
      const value = values.get(reference);
      if (value === undefined || value === "") return Promise.reject(new Error(`Cannot read secret "${reference}": it is not set`));
      return Promise.resolve(value);
    },
  };
}
