import { z } from "zod";
import { linkSiteSchema, linkText, toDeployment, type LinkSite } from "./sites.ts";

/** Fields that select the links on which a network fault acts. */
export const linkFields = {
  deployment: z.string().min(1).optional().describe("On the links from the gateways to it"),
  link: linkSiteSchema.optional().describe("On these links instead, by the components at their ends"),
};

interface Written {
  readonly deployment?: string | undefined;
  readonly link?: LinkSite | undefined;
}

export function checkLink({ deployment, link }: Written, context: { addIssue(issue: { code: "custom"; path: string[]; message: string }): void }): void {
  if ((deployment === undefined) === (link === undefined)) context.addIssue({ code: "custom", path: ["deployment"], message: "Give deployment or link, one of them" });
}

export const linkSiteOf = ({ deployment, link }: Written): LinkSite => link ?? toDeployment(deployment ?? "");

/** For the fault's name: `primary`, or `client-gateway`. */
export const linkName = ({ deployment, link }: Written): string => deployment ?? `${link?.from.role}-${link?.to.role}`;

export const titleOfLink = (written: Written): string => linkText(linkSiteOf(written));
