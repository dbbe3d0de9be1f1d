/** What is wrong with a config whose form is right, and where: `routes[1].deployments[0]`. */
export interface RuleViolation {
  readonly path: string;
  readonly message: string;
}
