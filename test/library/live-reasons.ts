/** Why a cell loses more, or less, live than in virtual time, by `scenario on stack`: for the table of `npm run library:live`. */
export const liveReasons: Readonly<Record<string, string>> = {};
