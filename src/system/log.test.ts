import { expect, test } from 'bun:test'
import { openLog } from './log.ts'

const fields = {
	request: 'req_1',
	status: 200,
	durationMs: 1.5,
	model: undefined,
	labels: { team: 'a "quoted" \n line' },
	attempts: [{ upstream: 'a', error: 'unavailable' }, { upstream: 'b' }],
	prompt: { messages: [{ role: 'user', content: 'h\u00e9llo \ud83d\ude00' }] },
}

for (const level of ['info', 'warn'] as const)
	test(`writePlainly at ${level} writes the same line as the logger`, () => {
		const lines: string[] = []
		const log = openLog({ level: 'info', format: 'json' }, (text) => lines.push(text))
		log[level](fields, 'request')
		log.writePlainly(level, fields, 'request')
		// A warning flushes the buffer.
		log.warn('end')
		const [theirs = '', ours = ''] = lines.join('').split('\n')
		const withoutTime = (line: string) => line.replace(/"time":"[^"]+"/, '')
		expect(withoutTime(ours)).toBe(withoutTime(theirs))
		expect(JSON.parse(ours).time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
	})

test('writePlainly respects the level, and writes readable lines on a terminal', () => {
	const lines: string[] = []
	const quiet = openLog({ level: 'error', format: 'json' }, (text) => lines.push(text))
	quiet.writePlainly('warn', fields, 'request')
	quiet.error('end')
	expect(lines.join('')).not.toContain('request')
	const shown: string[] = []
	openLog({ level: 'info', format: 'text' }, (text) => shown.push(text)).writePlainly(
		'info',
		{ status: 200 },
		'request',
	)
	expect(shown.join('')).toMatch(/ info {2}request {2}status=200\n$/)
})
