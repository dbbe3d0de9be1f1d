import { parseArgs, type ParseArgsConfig } from "node:util";
import { exitCodes, messageOf } from "../../kernel/errors.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;
type Parsed<O extends Options> = ReturnType<typeof parseArgs<{ readonly options: O; readonly allowPositionals: boolean }>>;

export interface Typed {
  /** What was typed after `npm run NAME --`. */
  readonly args?: readonly string[];
  readonly allowPositionals?: boolean;
}

const help = { help: { type: "boolean", short: "h", default: false } } as const;

/**
 * The options of a script of `npm run`. Prints `usage` for `--help` and ends the process with 0. An option that the
 * script does not have ends it with one line and exit 4, as the lab's own commands do.
 */
export function scriptOptions<O extends Options>(usage: string, options: O, { args = process.argv.slice(2), allowPositionals = false }: Typed = {}): Parsed<O> {
  const asked = parsedOrRefused({ args: [...args], options: { ...options, ...help }, allowPositionals });
  if (asked.values["help"] === true) {
    process.stdout.write(usage);
    process.exit(exitCodes.held);
  }
  return asked as unknown as Parsed<O>;
}

function parsedOrRefused(config: ParseArgsConfig) {
  try {
    return parseArgs(config);
  } catch (error) {
    // Node adds advice about positional arguments, which these scripts do not take.
    const [reason] = messageOf(error).split(". ");
    process.stderr.write(`${reason}. See --help\n`);
    process.exit(exitCodes.refused);
  }
}
