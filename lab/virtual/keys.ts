/**
 * What a reference such as `env:NAME` of a process's file leads to in the virtual harness: another text in each region.
 */
export const virtualKey = (reference: string, region: string): string => `${region}/${reference}`;
