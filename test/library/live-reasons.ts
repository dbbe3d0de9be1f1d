/**
 * Why a cell loses more, or less, live than in virtual time, by `scenario on stack`: for the table of
 * `npm run library:live`.
 */
export const liveReasons: Readonly<Record<string, string>> = {
  "slow-dependency on naive":
    "Chance: where the keys of both providers are asked for at once, requests fail after one wait of 5 s; where one after the other, after two, and more of them still wait when the fault ends. " +
    "Virtual seeds 1 to 10 lose 55.6 % to 69 %",
  "cold-cache-recovery on hardened": "Its four gateways needed 2.1 s to start again, and 1 s in virtual time: some 50 more requests are lost, which is 7 points",
  "partition on hardened": "Chance: which requests are on their way when the cut comes. Virtual seeds 1 to 5 lose 5.7 % to 16.3 %",
  "retry-storm on hardened": "Chance: how many requests meet the trigger, and are sent again for it. Virtual seeds 1 to 5 lose 203 % to 250 %",
};
