import { expect, test } from 'bun:test'
import { availableMemory, parseVmStat, totalMemory } from './available-memory.ts'

/** From a MacBook with 16 GiB, macOS 15. */
const vmStat = `Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages free:                               12345.
Pages active:                            345678.
Pages inactive:                          300000.
Pages speculative:                         5000.
Pages throttled:                              0.
Pages wired down:                        150000.
Pages purgeable:                           2655.
"Translation faults":                 987654321.
`

test('of macOS: free pages, and those that the system frees when they are needed', () => {
	expect(parseVmStat(vmStat)).toBe((12_345 + 300_000 + 5000 + 2655) * 16_384)
})

test.each(['', 'vm_stat: not permitted', vmStat.replace('16384', 'many')])('of another text: unknown: %j', (text) => {
	expect(parseVmStat(text)).toBeUndefined()
})

test('is between nothing and everything, on every system', () => {
	for (const platform of ['linux', 'darwin', 'freebsd'] as const) {
		expect(availableMemory(platform)).toBeGreaterThan(0)
		expect(availableMemory(platform)).toBeLessThanOrEqual(totalMemory())
	}
})
