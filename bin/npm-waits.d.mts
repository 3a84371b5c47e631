export const npmWaits: Readonly<Record<string, string>>
export function isNetworkFailure(text: string): boolean
