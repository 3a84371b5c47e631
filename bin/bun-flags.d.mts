/** They stand before the script. */
export const bunFlags: readonly string[]
