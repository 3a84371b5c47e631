// The environment of the process that runs a model, as the system shows it.

import { expect, test } from 'bun:test'
import { readdir, readFile, rm } from 'node:fs/promises'
import { allReady, isEngineHere, toyConfig } from './engine.ts'
import { startServer, temporaryFolder } from './server.ts'

const secrets = {
	DRAGOMAN_ADMIN_KEY: '3f9c0e7a51b2d84466e1f07c9a8b3d52',
	OPENAI_API_KEY: 'sk-0123456789abcdef',
	HF_TOKEN: 'hf_0123456789abcdef',
	UNRELATED: 'unrelated-0123456789',
}

/** The environments of the processes whose command line has both texts. */
async function environments(...marks: readonly string[]): Promise<readonly string[]> {
	const found: string[] = []
	for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
		const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
		if (marks.every((mark) => line.includes(mark)))
			found.push(await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => ''))
	}
	return found
}

test.skipIf(!isEngineHere || process.platform !== 'linux')(
	'a process that runs a model has no secret in its environment',
	async () => {
		const data = await temporaryFolder()
		const temporary = await temporaryFolder()
		const environment = { ...secrets, TMPDIR: temporary, CUDA_VISIBLE_DEVICES: '7' }
		const server = await startServer({ data, config: toyConfig, environment })
		try {
			await allReady(server)
			const found = await environments('--until-stdin-ends', temporary)
			expect(found).toHaveLength(1)
			for (const secret of Object.values(secrets)) expect(found.join()).not.toContain(secret)
			expect(found.join()).toContain('CUDA_VISIBLE_DEVICES=7')
		} finally {
			await server.stop()
			for (const folder of [data, temporary]) await rm(folder, { recursive: true, force: true })
		}
	},
	60_000,
)
