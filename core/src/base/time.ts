/** Unix time in whole milliseconds. The core is always told the time; it never asks. */
export type Millis = number
