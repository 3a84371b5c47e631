// Times as clients send them. It does not know what they mean.

import { z } from 'zod'

/** The end of the year 9999 in seconds since 1970: later times have no usual text form, and soon no Date either. */
export const lastUnixTime = 253_402_300_799

/** Seconds since 1970. */
export const unixTimeSchema = z.int().min(0).max(lastUnixTime)
