import { expect, test } from 'bun:test'
import type { EngineState } from '../engines/engine.ts'
import type { CheckResults } from '../system/server-checks.ts'
import { type RoutedMember, readiness } from './readiness.ts'

const member = (status: EngineState['status'], change: Partial<RoutedMember> = {}): RoutedMember => ({
	state: { status, operations: ['chat'] },
	healthy: true,
	open: false,
	...change,
})
const [ready, starting, failed] = [member('ready'), member('starting'), member('failed')]
const [unhealthy, open] = [member('ready', { healthy: false }), member('ready', { open: true })]

type Described = readonly [required: boolean, ...members: RoutedMember[]]

function statusOf(models: readonly Described[], checks: CheckResults = {}, excluded: readonly string[] = []) {
	const named = models.map(([required, ...members], at) => ({ name: `m${at}`, required, members }))
	return readiness(named, checks, new Set(excluded)).status
}

const cases: readonly (readonly [expected: EngineState['status'], ...models: Described[]])[] = [
	['ready', [false, ready]],
	['ready', [false, ready], [false, failed]],
	['ready', [false, ready], [false, starting], [false, unhealthy], [false, open]],
	['ready', [true, failed, unhealthy, open, ready]],
	['failed', [false, ready], [true, failed]],
	['failed', [false, ready], [true, starting], [true, failed]],
	['starting', [false, ready], [true, starting]],
	['starting', [false, failed], [false, starting]],
	['starting', [true, failed, starting]],
	['failed', [false, failed], [false, unhealthy]],
	['failed', [false, ready], [true, unhealthy]],
	['failed', [false, ready], [true, open]],
	['failed', [false]],
	['failed'],
]
for (const [expected, ...models] of cases) {
	const described = models.map(([required, ...members]) => {
		const states = members.map(({ state, healthy, open }) => (open ? 'open' : healthy ? state.status : 'ill'))
		return `${required ? 'required ' : ''}[${states.join(' ')}]`
	})
	test(`${expected}: ${described.join(', ') || 'no models'}`, () => expect(statusOf(models)).toBe(expected))
}

test('a failed check makes the server unready, unless it is excluded', () => {
	const checks = { database: { ok: false, reason: 'away' }, disk: { ok: true } }
	expect(statusOf([[false, ready]], checks)).toBe('failed')
	expect(statusOf([[false, starting]], checks)).toBe('failed')
	expect(statusOf([[false, ready]], checks, ['disk'])).toBe('failed')
	expect(statusOf([[false, ready]], checks, ['database'])).toBe('ready')
	expect(statusOf([[false, failed]], checks, ['database'])).toBe('failed')
})

test('the context is the configured one, or else that of the engine', () => {
	const members = [member('ready', { state: { status: 'ready', operations: ['chat'], contextTokens: 50 } })]
	const described = readiness(
		[
			{ name: 'a', required: false, members },
			{ name: 'b', required: false, contextTokens: 20, members },
		],
		{},
	).models
	expect(described.map(({ contextTokens }) => contextTokens)).toEqual([50, 20])
})

test('notes are published without paths', () => {
	const state = { status: 'failed', operations: [], note: 'no file /srv/models/a.gguf' } as const
	const { models } = readiness([{ name: 'a', required: false, members: [member('failed', { state })] }], {})
	expect(models).toEqual([{ id: 'a', status: 'failed', required: false, operations: [], note: 'no file a.gguf' }])
})
