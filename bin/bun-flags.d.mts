/** These must precede the script. */
export const bunFlags: readonly string[]
