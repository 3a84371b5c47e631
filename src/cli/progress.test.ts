import { expect, test } from 'bun:test'
import { openProgress } from './progress.ts'

function capture(isTTY: boolean) {
	const written: string[] = []
	let nowMs = 0
	const stream = { isTTY, columns: 80, write: (text: string) => written.push(text) }
	return { written, pass: (ms: number) => (nowMs += ms), writer: openProgress(stream, { now: () => nowMs }) }
}

test('without a terminal, one line for every tenth', () => {
	const { written, writer } = capture(false)
	for (let received = 0; received <= 1000; received += 4)
		writer.update({ source: 'here', receivedBytes: received * 1e6, totalBytes: 1000e6 })
	writer.end()
	expect(written).toHaveLength(11)
	expect(written[0]).toBe('  0 %  0.0/1000.0 MB  here\n')
	expect(written[10]).toBe('100 %  1000.0/1000.0 MB  here\n')
})

test('without a terminal and with an unknown total, one line for every 50 MB', () => {
	const { written, writer } = capture(false)
	for (let received = 0; received <= 120; received += 10)
		writer.update({ source: 'here', receivedBytes: received * 1e6, totalBytes: undefined })
	expect(written).toEqual(['0.0 MB  here\n', '50.0 MB  here\n', '100.0 MB  here\n'])
})

test('another source starts from the beginning', () => {
	const { written, writer } = capture(false)
	writer.update({ source: 'first', receivedBytes: 95, totalBytes: 100 })
	writer.update({ source: 'second', receivedBytes: 0, totalBytes: 100 })
	expect(written).toHaveLength(2)
})

test('on a terminal one line is rewritten, at most ten times a second, and ended once', () => {
	const { written, writer, pass } = capture(true)
	for (let received = 0; received <= 100; received++) {
		writer.update({ source: 'here', receivedBytes: received * 1e6, totalBytes: 100e6 })
		pass(20)
	}
	writer.end()
	writer.end()
	expect(written.length).toBeLessThan(25)
	expect(written.every((text) => text === '\n' || text.startsWith('\r'))).toBe(true)
	expect(written.at(-1)).toBe('\n')
	expect(written.at(-2)).toContain('[########################] 100 %  100.0/100.0 MB  49.5 MB/s  here')
})
