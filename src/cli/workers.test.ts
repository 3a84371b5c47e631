import { expect, test } from 'bun:test'
import { refuseSystem } from './workers.ts'

test('workers share a port on Linux only, and elsewhere the message names the alternative', () => {
	refuseSystem('linux')
	for (const platform of ['darwin', 'freebsd', 'win32'] as const)
		expect(() => refuseSystem(platform)).toThrow(/^--workers needs Linux: .* Run one server, or one server per port/)
})
