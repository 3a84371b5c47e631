import { expect, test } from 'bun:test'
import { closeSync, openSync } from 'node:fs'
import { countOpenDescriptors } from './open-descriptors.ts'

test.skipIf(process.platform === 'win32')('counts files that are opened and closed', async () => {
	const before = (await countOpenDescriptors()) ?? Number.NaN
	const opened = Array.from({ length: 50 }, () => openSync('/dev/null', 'r'))
	expect((await countOpenDescriptors()) ?? Number.NaN).toBeGreaterThanOrEqual(before + 40)
	for (const descriptor of opened) closeSync(descriptor)
	expect((await countOpenDescriptors()) ?? Number.NaN).toBeLessThan(before + 40)
})

test('of another system is unknown', async () => {
	expect(await countOpenDescriptors('aix')).toBeUndefined()
})
