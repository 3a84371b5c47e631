// Fields of JSON from files that anybody may have written.

export type Fields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is Fields =>
	typeof value === 'object' && value !== null && !Array.isArray(value)

export const fieldsAt = (from: unknown, name: string): Fields => {
	const value = isFields(from) && Object.hasOwn(from, name) ? from[name] : undefined
	return isFields(value) ? value : {}
}

export const textAt = (from: Fields, name: string): string | undefined => {
	const value = Object.hasOwn(from, name) ? from[name] : undefined
	return typeof value === 'string' && value !== '' ? value : undefined
}

export const listAt = (from: Fields, name: string): readonly unknown[] => {
	const value = Object.hasOwn(from, name) ? from[name] : undefined
	return Array.isArray(value) ? value : []
}

/** Seconds since 1970, also from milliseconds; undefined if it is not a time since 2000. */
export function unixTimeAt(from: Fields, name: string): number | undefined {
	const value = from[name]
	if (typeof value !== 'number' || !Number.isFinite(value)) return undefined
	const seconds = Math.floor(value > 1e11 ? value / 1000 : value)
	return seconds > 946_684_800 && seconds < 253_402_300_799 ? seconds : undefined
}
