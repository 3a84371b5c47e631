// The fingerprint depends on the weights and the library.

import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fingerprintOf } from './fingerprint.ts'

test('is the same for the same file and library, and only then', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'dragoman-fingerprint-'))
	const write = async (name: string, bytes: Uint8Array) => {
		await Bun.write(join(folder, name), bytes)
		return join(folder, name)
	}
	const weights = new Uint8Array(3_000_000).fill(7)
	const file = await write('a', weights)
	const twin = await write('b', weights)
	const longer = await write('c', new Uint8Array(3_000_001).fill(7))
	const other = await write('d', weights.with(2_999_999, 8))
	const fingerprint = await fingerprintOf(file, '1.0.0')
	expect(fingerprint).toMatch(/^fp_[0-9a-f]{10}$/)
	expect(await fingerprintOf(twin, '1.0.0')).toBe(fingerprint)
	const others = [
		await fingerprintOf(longer, '1.0.0'),
		await fingerprintOf(other, '1.0.0'),
		await fingerprintOf(file, '1.0.1'),
	]
	expect(new Set([fingerprint, ...others]).size).toBe(4)
	await rm(folder, { recursive: true })
})
