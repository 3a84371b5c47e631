import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rejection } from '../system/rejection.testing.ts'
import { guardSocket } from './socket-guard.ts'

test('a path is reserved before a server listens on it, until it is released', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'dragoman-guard-'))
	const path = join(folder, 'd.sock')
	const first = await guardSocket(path)
	expect(await rejection(guardSocket(path))).toMatchObject({ code: 'EADDRINUSE' })
	first.release()
	const second = await guardSocket(path)
	second.release()
	await rm(folder, { recursive: true })
})
