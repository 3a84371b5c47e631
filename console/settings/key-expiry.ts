// When a new key expires, as the form offers it. It does not know the form.

export const expiryChoices = ['30-days', '90-days', '1-year', 'never', 'day'] as const
export type ExpiryChoice = (typeof expiryChoices)[number]

const dayMs = 86_400_000
const days: Readonly<Record<Exclude<ExpiryChoice, 'never' | 'day'>, number>> = {
	'30-days': 30,
	'90-days': 90,
	'1-year': 365,
}

export type Expiry =
	| { readonly type: 'at'; readonly seconds: number }
	| { readonly type: 'never' }
	/** No day was chosen, or one that is over. */
	| { readonly type: 'invalid' }

/**
 * @param day such as `2026-12-24`, for the choice `day`: the key expires with the last second of this day of the device's calendar.
 * @returns Unix time in seconds.
 */
export function expiryOf(choice: ExpiryChoice, day: string, nowMs: number): Expiry {
	if (choice === 'never') return { type: 'never' }
	if (choice !== 'day') return { type: 'at', seconds: Math.floor((nowMs + days[choice] * dayMs) / 1000) }
	const end = new Date(`${day}T23:59:59`).getTime()
	return Number.isFinite(end) && end > nowMs ? { type: 'at', seconds: Math.floor(end / 1000) } : { type: 'invalid' }
}

/** The day of the device's calendar, such as `2026-11-28`. */
export function localDay(ms: number): string {
	const date = new Date(ms)
	return [date.getFullYear(), date.getMonth() + 1, date.getDate()]
		.map((part) => String(part).padStart(2, '0'))
		.join('-')
}
