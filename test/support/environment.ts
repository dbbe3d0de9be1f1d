/**
 * What a test's child process sees: where programs are, what an earlier process compiled, and `added`. Nothing else of
 * the shell that started the tests.
 */
export function bareEnvironment(added: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"], NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"], ...added };
}
