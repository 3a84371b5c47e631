/** To be given before the script. */
export const bunFlags: readonly string[]
