import { expect, test } from 'bun:test'
import { expiryOf, localDay } from './key-expiry.ts'

const now = new Date('2026-11-28T15:30:00').getTime()
const seconds = (local: string) => new Date(local).getTime() / 1000

test('a key expires after a number of days, never, or at the end of a day', () => {
	expect(expiryOf('30-days', '', now)).toEqual({ type: 'at', seconds: now / 1000 + 30 * 86_400 })
	expect(expiryOf('1-year', '', now)).toEqual({ type: 'at', seconds: now / 1000 + 365 * 86_400 })
	expect(expiryOf('never', '2026-12-24', now)).toEqual({ type: 'never' })
	expect(expiryOf('day', '2026-12-24', now)).toEqual({ type: 'at', seconds: seconds('2026-12-24T23:59:59') })
	expect(expiryOf('day', localDay(now), now)).toEqual({ type: 'at', seconds: seconds('2026-11-28T23:59:59') })
	for (const day of ['', '2026-11-27', '2026-13-01', 'soon'])
		expect([day, expiryOf('day', day, now)]).toEqual([day, { type: 'invalid' }])
})
