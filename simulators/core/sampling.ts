/** How many requests show a rate: the words that the driver and its tests use. */
export { halfWidthMax, jointZ, normalQuantile, requestsFor } from "../../kernel/intervals.ts";
