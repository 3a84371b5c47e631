import { describe, expect, test } from 'bun:test'
import type { Deployment, Upstream } from '../pipeline/deployment.ts'
import { quiet } from '../pipeline/pipeline.testing.ts'
import { anonymous } from '../system/fair-queue.ts'
import { LiveDeployment } from './deployment.ts'
import { TestFolder } from './gateway.testing.ts'

const graceMs = 1000

function yaml(upstreams: Readonly<Record<string, string>>, models?: string): string {
	const lines = Object.entries(upstreams).map(([name, options]) => `  ${name}: { engine: echo${options} }`)
	const route = `models: ${models ?? `{ echo: { route: [${Object.keys(upstreams).join(', ')}] } }`}`
	return `${route}\nupstreams:\n${lines.join('\n')}\n`
}

async function open(folder: TestFolder, config: string) {
	const deployment = new LiveDeployment(await folder.settings(config), folder.context)
	const apply = async (next: string) => deployment.apply((await folder.settings(next)).config)
	return { deployment, apply, [Symbol.asyncDispose]: () => deployment.close() }
}

/** The upstreams of the model `echo`, by name. */
function upstreamsOf({ models, routeOf, upstreamAt }: Deployment): Readonly<Record<string, Upstream>> {
	const { members } = routeOf(models.find('echo'))
	return Object.fromEntries(members.map(({ endpoint }) => [endpoint.name, upstreamAt(endpoint)]))
}

async function isClosed({ engine }: Upstream): Promise<boolean> {
	const call = { signal: new AbortController().signal, model: 'echo', requestId: 'req_1' }
	return engine.embed({ model: 'echo', inputs: ['hi'] }, call).then(
		() => false,
		() => true,
	)
}

describe('a deployment', () => {
	test('has no models before a configuration is applied', async () => {
		await using folder = await TestFolder.create()
		await using opened = await open(folder, yaml({ a: '' }))
		expect(() => opened.deployment.current).toThrow('no configuration')
		await opened.apply(yaml({ a: '' }))
		expect(opened.deployment.current.models.all.map(({ name }) => name)).toEqual(['echo'])
	})

	test('finds models by alias, with their routes', async () => {
		await using folder = await TestFolder.create()
		const config = yaml({ a: '', b: ', model: llama' }, '{ echo: { route: [b, a], aliases: [gpt-4] } }')
		await using opened = await open(folder, config)
		await opened.apply(config)
		const { current } = opened.deployment
		expect(current.models.find('gpt-4').name).toBe('echo')
		expect(Object.keys(upstreamsOf(current))).toEqual(['b', 'a'])
		expect(upstreamsOf(current).b?.model).toBe('llama')
		expect(opened.deployment.endpoints.map(({ name }) => name)).toEqual(['a', 'b'])
	})
})

describe('an upstream', () => {
	const remote = (url: string, more = '') => `{ engine: openai-compatible, url: '${url}'${more} }`
	test.each([
		["of the engine 'echo'", '{ engine: echo }', false],
		['whose strictness is configured', '{ engine: echo, strictness: upstream }', true],
		['of OpenAI', remote('https://api.openai.com/v1'), false],
		['of OpenAI in Europe', remote('https://eu.api.openai.com/v1'), false],
		['of Azure', remote('https://acme.openai.azure.com/openai/v1'), false],
		['of Azure under its other name', remote('https://acme.services.ai.azure.com/openai/v1'), false],
		['of Azure with other models', remote('https://acme.services.ai.azure.com/models'), true],
		['with the preset of Azure', remote('https://proxy.example/v1', ', preset: azure'), false],
		['with the preset of another server', remote('https://api.openai.com/v1', ', preset: vllm'), true],
		['of another server', remote('http://127.0.0.1:8000/v1'), true],
		['of another host with a similar name', remote('https://notopenai.com/v1'), true],
		['of OpenAI whose strictness is configured', remote('https://api.openai.com/v1', ', strictness: upstream'), true],
		[
			'of another server whose strictness is configured',
			remote('http://127.0.0.1:1/v1', ', strictness: openai'),
			false,
		],
		["of the engine 'anthropic'", '{ engine: anthropic, key: k }', true],
	])("%s gets requests that break rules of OpenAI's API, or not", async (_, upstream, accepts) => {
		await using folder = await TestFolder.create()
		const config = `models: { echo: { route: [a] } }\nupstreams:\n  a: ${upstream}\n`
		await using opened = await open(folder, config)
		await opened.apply(config)
		expect(upstreamsOf(opened.deployment.current).a?.acceptsViolations).toBe(accepts)
	})
})

describe('another configuration', () => {
	test('keeps the upstreams that did not change, with their state, and replaces the others', async () => {
		await using folder = await TestFolder.create()
		await using opened = await open(folder, yaml({ a: '', b: '' }))
		await opened.apply(yaml({ a: '', b: '' }))
		const before = upstreamsOf(opened.deployment.current)
		await opened.apply(yaml({ a: '', b: ', contextTokens: 99' }))
		const after = upstreamsOf(opened.deployment.current)
		expect(after.a?.engine).toBe(before.a?.engine as never)
		expect(after.a?.endpoint).toBe(before.a?.endpoint as never)
		expect(after.b?.engine).not.toBe(before.b?.engine as never)
		expect(after.b?.engine.state().contextTokens).toBe(99)
	})

	test('closes a removed upstream after its last call', async () => {
		await using folder = await TestFolder.create()
		await using opened = await open(folder, yaml({ a: '', b: '' }))
		await opened.apply(yaml({ a: '', b: '' }))
		const { b } = upstreamsOf(opened.deployment.current)
		if (b === undefined) throw new Error('no upstream b')
		const permit = b.endpoint.limiter.tryAcquire()
		await opened.apply(yaml({ a: '' }))
		for (let times = 0; times < 3; times++) {
			await folder.clock.asleep(graceMs)
			folder.clock.advance(graceMs)
			await quiet()
			expect(await isClosed(b)).toBe(false)
		}
		permit?.release()
		await folder.clock.asleep(graceMs)
		folder.clock.advance(graceMs)
		await quiet()
		expect(await isClosed(b)).toBe(true)
	})

	test('that can never work changes nothing, and closes what it opened', async () => {
		await using folder = await TestFolder.create()
		await using opened = await open(folder, yaml({ a: '' }))
		await opened.apply(yaml({ a: '' }))
		const before = opened.deployment.current
		const broken = `${yaml({ a: '', c: '' })}  bad: { engine: ai-sdk, package: no-such-package-anywhere }\n`
		expect(await opened.apply(broken).catch((thrown: Error) => thrown.message)).toContain('upstreams.bad')
		expect(opened.deployment.current).toBe(before)
		expect(opened.deployment.endpoints.map(({ name }) => name)).toEqual(['a'])
		const { a } = upstreamsOf(before)
		expect(a === undefined || (await isClosed(a))).toBe(false)
	})
})

describe('closing', () => {
	test('ends every engine, including those that were removed and wait for their last call', async () => {
		await using folder = await TestFolder.create()
		await using opened = await open(folder, yaml({ a: '', b: '' }))
		await opened.apply(yaml({ a: '', b: '' }))
		const { a, b } = upstreamsOf(opened.deployment.current)
		b?.endpoint.limiter.tryAcquire()
		await opened.apply(yaml({ a: '' }))
		await opened.deployment.close()
		for (const upstream of [a, b]) expect(upstream !== undefined && (await isClosed(upstream))).toBe(true)
	})
})

test('the log reports that a circuit breaker opened', async () => {
	await using folder = await TestFolder.create()
	await using opened = await open(folder, yaml({ a: ', breaker: { failures: 1 }' }))
	await opened.apply(yaml({ a: ', breaker: { failures: 1 }' }))
	opened.deployment.endpoints[0]?.pass(anonymous).failed('connection')
	expect(folder.log).toMatchObject([{ level: 40, upstream: 'a', msg: 'circuit breaker opened' }])
})

test('an upstream without a health check is in rotation after every configuration', async () => {
	await using folder = await TestFolder.create()
	await using opened = await open(folder, yaml({ a: '' }))
	await opened.apply(yaml({ a: '' }))
	const [endpoint] = opened.deployment.endpoints
	if (endpoint === undefined) throw new Error('no upstream')
	endpoint.healthy = false
	await opened.apply(yaml({ a: '' }))
	expect(opened.deployment.endpoints).toEqual([endpoint])
	expect(endpoint.healthy).toBe(true)
})
