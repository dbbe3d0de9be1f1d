/**
 * The flagship in two thirds of its time: the outage at twice the speed with the brownout in its worst phase, and half
 * the time to hold a recovery.
 */
export const shorterFlagship = {
  speed: "1400",
  "timeline.steadyMs": "10000",
  "timeline.recoveryMs": "27000",
  "measure.recovery.holdMs": "15000",
  "faults.1.fromMs": "12000",
  "faults.1.lengthMs": "5000",
  "faults.2.fromMs": "17000",
  "faults.2.lengthMs": "5000",
};
