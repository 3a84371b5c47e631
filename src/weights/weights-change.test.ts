import { afterEach, expect, test } from 'bun:test'
import { mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../system/clock.ts'
import { Weights } from './weights.ts'
import { readRecord, writeRecord } from './weights-record.ts'

const folders: string[] = []
afterEach(() => Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true }))))

const sha256 = (text: string) => new Bun.CryptoHasher('sha256').update(text).digest('hex')

async function open(modified: 'recorded' | 'unrecorded') {
	const folder = await mkdtemp(join(tmpdir(), 'dragoman-test-'))
	folders.push(folder)
	const path = join(folder, 'm.gguf')
	await writeFile(path, 'GGUF one')
	const { mtimeMs } = await stat(path)
	const record = { id: 'm', file: 'm.gguf', sizeBytes: 8, sha256: sha256('GGUF one'), source: 'file:m', fetchedAtMs: 1 }
	await writeRecord(folder, { ...record, modifiedMs: modified === 'recorded' ? mtimeMs : undefined })
	const registries = () => Promise.reject(new Error('nothing is fetched'))
	const weights = new Weights({ folder, packagedFolder: folder, catalogue: [], registries, clock: systemClock })
	return { folder, path, weights }
}

test('a file that was replaced by one of the same size is not served', async () => {
	for (const modified of ['recorded', 'unrecorded'] as const) {
		const { path, weights } = await open(modified)
		expect((await weights.find('m'))?.path).toBe(path)
		await writeFile(path, 'GGUF two')
		await utimes(path, 2000, 2000)
		expect(await weights.find('m')).toBeUndefined()
		expect(await weights.find('m')).toBeUndefined()
	}
})

test('a file that was only copied is verified and recorded again', async () => {
	const { folder, path, weights } = await open('recorded')
	await utimes(path, 2000, 2000)
	expect((await weights.find('m'))?.path).toBe(path)
	expect((await readRecord(folder, 'm'))?.modifiedMs).toBe(2_000_000)
})
