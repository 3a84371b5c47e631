import { expect, test } from 'bun:test'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readPackageIndex, readRegistries } from './package-index.ts'

async function machineWith(pipConf: string): Promise<{ readonly home: string; readonly platform: 'linux' }> {
	const home = await mkdtemp(join(tmpdir(), 'dragoman-pip-'))
	await mkdir(join(home, '.config', 'pip'), { recursive: true })
	await writeFile(join(home, '.config', 'pip', 'pip.conf'), pipConf)
	return { home, platform: 'linux' }
}

test('without any setting it is PyPI and the public hub', async () => {
	const machine = await machineWith('')
	const registries = await readRegistries({ PIP_CONFIG_FILE: '/dev/null' }, machine)
	expect(registries).toEqual({ packages: { url: 'https://pypi.org/simple' }, hub: { url: 'https://huggingface.co' } })
})

test("the user's pip.conf is read, except for comments and other sections", async () => {
	const machine = await machineWith(
		'[global]\n# index-url = https://no\nindex_url = https://user:pw@mirror/simple\ncert: /ca.pem\n[wheel]\nindex-url = https://wheel\n',
	)
	expect(await readPackageIndex({}, machine)).toEqual({ url: 'https://user:pw@mirror/simple', caFile: '/ca.pem' })
})

test('precedence: variables, PIP_CONFIG_FILE, the virtual environment, the user', async () => {
	const machine = await machineWith('[global]\nindex-url = https://user/simple\n')
	const virtual = await mkdtemp(join(tmpdir(), 'dragoman-venv-'))
	await writeFile(join(virtual, 'pip.conf'), '[global]\nindex-url = https://venv/simple\n')
	const named = join(virtual, 'named.conf')
	await writeFile(named, '[download]\r\nindex-url = https://named/simple\r\n')
	expect(await readPackageIndex({ VIRTUAL_ENV: virtual }, machine)).toMatchObject({ url: 'https://venv/simple' })
	expect(await readPackageIndex({ VIRTUAL_ENV: virtual, PIP_CONFIG_FILE: named }, machine)).toMatchObject({
		url: 'https://named/simple',
	})
	const all = {
		VIRTUAL_ENV: virtual,
		PIP_CONFIG_FILE: named,
		PIP_INDEX_URL: 'https://variable/simple',
		PIP_CERT: '/pip.pem',
		SSL_CERT_FILE: '/ssl.pem',
	}
	expect(await readPackageIndex(all, machine)).toEqual({ url: 'https://variable/simple', caFile: '/pip.pem' })
})

test('SSL_CERT_FILE is the fallback if pip has no certificates configured', async () => {
	expect(
		(await readPackageIndex({ PIP_CONFIG_FILE: '/dev/null', SSL_CERT_FILE: '/ssl.pem' }, await machineWith(''))).caFile,
	).toBe('/ssl.pem')
})

test('HF_ENDPOINT and HF_TOKEN configure the hub', async () => {
	const { hub } = await readRegistries(
		{ HF_ENDPOINT: 'https://hub.internal', HF_TOKEN: 'secret' },
		await machineWith(''),
	)
	expect(hub).toEqual({ url: 'https://hub.internal', token: 'secret' })
})
