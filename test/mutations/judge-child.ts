import { isFound, judgeIn } from "./judging.ts";

/** Judges the directory of its first argument, and prints what that cost the process. */
const judgement = judgeIn(process.argv[2]!);
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
process.stdout.write(JSON.stringify({ isFound: isFound(judgement), cpuMs: (userCPUTime + systemCPUTime) / 1_000, peakKiB: maxRSS, reason: judgement.reasons[0] }));
