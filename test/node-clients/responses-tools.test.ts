// Clients that run tools of the Responses API themselves, against a real server: OpenAI's SDK and Agents SDK, and the AI
// SDK's OpenAI provider.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createOpenAI } from '@ai-sdk/openai'
import {
	Agent,
	applyPatchTool,
	computerTool,
	MaxTurnsExceededError,
	OpenAIProvider,
	Runner,
	shellTool,
} from '@openai/agents'
import { generateText, stepCountIs, streamText, type ToolSet } from 'ai'
import OpenAI from 'openai'
import { startServer, type TestServer } from '../server.ts'

const model = 'echo'
const callShell = 'echo:tool shell {"commands":["ls -l"],"timeout_ms":1000}'
const callPatch = 'echo:tool apply_patch {"type":"create_file","path":"a.txt","diff":"+one\\n+two"}'
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

let server: TestServer
beforeAll(async () => {
	server = await startServer()
})
afterAll(() => server.stop())

describe('OpenAI Agents SDK', () => {
	const open = () => {
		const modelProvider = new OpenAIProvider({ baseURL: `${server.url}/v1`, apiKey: server.key, useResponses: true })
		return new Runner({ modelProvider, tracingDisabled: true })
	}
	const run = async (agent: Agent, input: string) => {
		const whole = await open().run(agent, input)
		const stream = await open().run(agent, input, { stream: true })
		await stream.completed
		return [whole.finalOutput, stream.finalOutput]
	}

	test('runs commands', async () => {
		const commands: (readonly string[])[] = []
		const shell = shellTool({
			shell: {
				async run(action) {
					commands.push(action.commands)
					return { output: [{ stdout: 'a.txt', stderr: '', outcome: { type: 'exit', exitCode: 0 } }] }
				},
			},
			needsApproval: false,
		})
		const answers = await run(new Agent({ name: 'operator', model, tools: [shell] }), callShell)
		expect(commands).toEqual([['ls -l'], ['ls -l']])
		expect(answers).toEqual(['Exit code: 0\nOutput:\na.txt', 'Exit code: 0\nOutput:\na.txt'])
	})

	test('changes files', async () => {
		const diffs: string[] = []
		const patch = applyPatchTool({
			editor: {
				async createFile({ path, diff }) {
					diffs.push(`${path}: ${diff}`)
					return { status: 'completed', output: 'created' }
				},
				updateFile: async () => ({ status: 'failed' }),
				deleteFile: async () => ({ status: 'failed' }),
			},
			needsApproval: false,
		})
		expect(await run(new Agent({ name: 'editor', model, tools: [patch] }), callPatch)).toEqual(['created', 'created'])
		expect(diffs).toEqual(['a.txt: +one\n+two', 'a.txt: +one\n+two'])
	})

	test('controls a computer', async () => {
		const clicks: string[] = []
		const none = async () => {}
		const computer = computerTool({
			computer: {
				environment: 'browser',
				dimensions: [800, 600],
				screenshot: async () => png,
				click: async (x, y, button) => void clicks.push(`${x} ${y} ${button}`),
				...{ doubleClick: none, scroll: none, type: none, wait: none, move: none, keypress: none, drag: none },
			},
		})
		const agent = new Agent({ name: 'clicker', model, tools: [computer] })
		const action = '{"type":"click","x":1,"y":2,"button":"left"}'
		// The echo has no text to repeat in a screenshot, so it makes the same call again.
		const input = `echo:tool computer {"actions":[${action}]}`
		const ended = await open()
			.run(agent, input, { maxTurns: 2 })
			.catch((error: unknown) => error)
		expect(ended).toBeInstanceOf(MaxTurnsExceededError)
		expect(clicks).toEqual(['1 2 left'])
	})
})

describe('AI SDK with the provider for OpenAI', () => {
	const provider = () => createOpenAI({ baseURL: `${server.url}/v1`, apiKey: server.key })
	const toolsOf = (calls: unknown[]) => ({
		shell: provider().tools.shell({
			async execute({ action }) {
				calls.push(action.commands)
				return { output: [{ stdout: 'a.txt', stderr: '', outcome: { type: 'exit', exitCode: 0 } }] }
			},
		}),
		apply_patch: provider().tools.applyPatch({
			async execute({ operation }) {
				calls.push(operation)
				return { status: 'completed', output: 'created' }
			},
		}),
		local_shell: provider().tools.localShell({
			async execute({ action }) {
				calls.push(action.command)
				return { output: 'a.txt' }
			},
		}),
	})
	const patch = { type: 'create_file', path: 'a.txt', diff: '+one\n+two' }
	const cases: readonly (readonly [string, unknown, string])[] = [
		[callShell, ['ls -l'], 'Exit code: 0\nOutput:\na.txt'],
		[callPatch, patch, 'created'],
		['echo:tool local_shell {"command":["ls","-l"]}', ['ls', '-l'], 'a.txt'],
	]

	for (const [prompt, call, answer] of cases)
		test(`loops over ${prompt.split(' ')[1]}, whole and streamed`, async () => {
			const calls: unknown[] = []
			// The provider's tools are not written for exact optional properties.
			const tools = toolsOf(calls) as unknown as ToolSet
			const options = { model: provider()(model), prompt, stopWhen: stepCountIs(3), tools }
			expect((await generateText(options)).text).toBe(answer)
			expect(await streamText(options).text).toBe(answer)
			expect(calls).toEqual([call, call])
		})

	test('shows the summary of the reasoning', async () => {
		const prompt = 'echo:reasoning let me see\necho:say Done.'
		const providerOptions = { openai: { reasoningSummary: 'auto', forceReasoning: true } }
		const options = { model: provider()(model), prompt, providerOptions }
		const { reasoningText, text } = await generateText(options)
		expect([reasoningText, text]).toEqual(['let me see', 'Done.'])
		expect(await streamText(options).reasoningText).toBe('let me see')
	})
})

describe('OpenAI SDK', () => {
	const client = () => new OpenAI({ baseURL: `${server.url}/v1`, apiKey: server.key, maxRetries: 0 })

	test('streams commands, and reads the items of the conversation', async () => {
		const stream = client().responses.stream({ model, input: callShell, tools: [{ type: 'shell' }] })
		let command = ''
		for await (const event of stream) if (event.type === 'response.shell_call_command.delta') command += event.delta
		const response = await stream.finalResponse()
		const [call] = response.output
		if (call?.type !== 'shell_call') throw new Error(`unexpected item: ${call?.type}`)
		expect([command, call.action.commands]).toEqual(['ls -l', ['ls -l']])
		const next = await client().responses.create({
			model,
			previous_response_id: response.id,
			input: [
				{ role: 'developer', content: 'A note before the result.' },
				{
					type: 'shell_call_output',
					call_id: call.call_id,
					output: [{ stdout: 'a.txt', stderr: '', outcome: { type: 'exit', exit_code: 0 } }],
				},
			],
		})
		expect(next.output_text).toBe('Exit code: 0\nOutput:\na.txt')
		const items = await client().responses.inputItems.list(next.id, { order: 'asc' })
		expect(items.data.map(({ type }) => type)).toEqual(['message', 'shell_call', 'message', 'shell_call_output'])
	})

	test('creates a conversation without a body', async () => {
		const { id } = await client().conversations.create()
		const headers = { authorization: `Bearer ${server.key}` }
		const created = await fetch(`${server.url}/v1/conversations`, { method: 'POST', headers })
		expect([id.slice(0, 5), created.status]).toEqual(['conv_', 200])
	})

	test('learns which tools are not run, and cannot force them', async () => {
		const tools = [{ type: 'web_search' as const }]
		const { response } = await client().responses.create({ model, input: 'Hi', tools }).withResponse()
		expect(response.headers.get('x-dragoman-dropped')).toBe('tools.web_search')
		const forced = await client()
			.responses.create({ model, input: 'Hi', tools, tool_choice: { type: 'web_search_preview' } })
			.catch((error: unknown) => error)
		expect(forced).toMatchObject({ status: 400, param: 'tool_choice' })
	})
})
