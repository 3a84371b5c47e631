import { expect, test } from 'bun:test'
import { openLog } from './log.ts'
import { ThrottledLog } from './throttled-log.ts'

test('one line per message and minute, with the number of omitted ones', () => {
	const lines: Record<string, unknown>[] = []
	let nowMs = 1_000_000
	const log = openLog({ level: 'info', format: 'json' }, (text) => {
		for (const line of text.trim().split('\n')) lines.push(JSON.parse(line))
	})
	const throttled = new ThrottledLog(log, { now: () => nowMs })
	for (let second = 0; second < 150; second++, nowMs += 1000) {
		throttled.write('error', { second }, 'the disk is full')
		if (second === 10) throttled.write('warn', {}, 'another fault')
	}
	nowMs -= 3_600_000
	throttled.write('error', { second: 'set back' }, 'the disk is full')
	expect(lines.map(({ msg, second, omitted }) => [msg, second, omitted])).toEqual([
		['the disk is full', 0, undefined],
		['another fault', undefined, undefined],
		['the disk is full', 60, 59],
		['the disk is full', 120, 59],
		['the disk is full', 'set back', 29],
	])
})
