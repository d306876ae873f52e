/** The time as omk sees it. Tests and the demo move it; nothing else in the program asks for the time of day. */
export type Clock = { now(): Date };
