// Tools that the client runs: described to the model as functions, called by items of their own, whole and streamed, and
// answered by results that the model can read.

import { describe, expect, test } from 'bun:test'
import { collect } from '../../../chat/collect.testing.ts'
import { requestFor } from '../../../chat/destination.ts'
import type { ChatEvent } from '../../../chat/event.ts'
import type { JsonObject } from '../../../chat/json.ts'
import { answerId, inputId } from '../../../conversations/message-id.ts'
import { turnId } from '../../../conversations/turn-id.ts'
import { ResponseEventWriter } from './event-writer.ts'
import { readItemId } from './item-id.ts'
import { writeStoredItems } from './item-writer.ts'
import { clientCallWith, extractItem, withoutItem } from './message-item.ts'
import { readResponsesRequest } from './request-reader.ts'
import { itemShape, type ResponseShape, writeCompletedResponse } from './response-writer.ts'

const token = turnId('0193a0000000700080000000000000ab')
const identity = { token, created: 1700000000, model: 'm', now: () => 1_700_000_002_500 }
const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 0, reasoningTokens: 0, source: 'counted' } as const
const user = { role: 'user', content: 'Hi' }
const read = (fields: object) => readResponsesRequest({ model: 'm', input: 'Hi', ...fields })
const shapeOf = (tools: readonly object[]): ResponseShape => ({
	echo: read({ tools }).echo,
	metadata: {},
	withEncryptedReasoning: false,
})

function callEvents(name: string, fragments: readonly string[], reason: 'tool-calls' | 'length' = 'tool-calls') {
	const events: readonly ChatEvent[] = [
		{ type: 'start' },
		{ type: 'part-start', choice: 0, part: { type: 'tool-call', kind: 'function', id: 'c1', name } },
		...fragments.map((text): ChatEvent => ({ type: 'part-delta', choice: 0, part: 'tool-call', text })),
		{ type: 'part-end', choice: 0 },
		{ type: 'choice-finish', choice: 0, reason },
		{ type: 'finish', usage },
	]
	return events
}

interface Written {
	readonly type: string
	readonly [field: string]: unknown
}

function stream(events: readonly ChatEvent[], tools: readonly object[]): readonly Written[] {
	const writer = new ResponseEventWriter(identity, shapeOf(tools))
	const text = events.map((event) => writer.write(event)).join('')
	return text.split('\n\n').flatMap((piece) => {
		const data = /^data: (\{.+\})$/m.exec(piece)?.[1]
		return data === undefined ? [] : [JSON.parse(data) as Written]
	})
}

async function whole(events: readonly ChatEvent[], tools: readonly object[]): Promise<readonly JsonObject[]> {
	const completion = await collect(
		(async function* () {
			yield* events
		})(),
	)
	const response = writeCompletedResponse(completion, identity, shapeOf(tools))
	return JSON.parse(JSON.stringify(response.output))
}

const search = { type: 'tool_search', execution: 'client', description: 'Finds.', parameters: { type: 'object' } }
const click = { type: 'click', x: 1, y: 2, button: 'left' }
const png = 'data:image/png;base64,AA=='

/** Each kind: the tool, the arguments that a model writes, the item that its client gets, and a result. */
const kinds = {
	shell: {
		tool: { type: 'shell', environment: { type: 'local' } },
		arguments: { commands: ['ls -l', 'echo "ü"'], timeout_ms: 1000 },
		item: {
			type: 'shell_call',
			action: { commands: ['ls -l', 'echo "ü"'], timeout_ms: 1000, max_output_length: null },
			environment: { type: 'local' },
		},
		result: {
			type: 'shell_call_output',
			output: [
				{ stdout: 'a\n', stderr: '', outcome: { type: 'exit', exit_code: 0 } },
				{ stdout: '', stderr: 'bad', outcome: { type: 'exit', exit_code: 1 } },
				{ stdout: '', stderr: '', outcome: { type: 'timeout' } },
			],
		},
		shown: [{ type: 'text', text: 'Exit code: 0\nOutput:\na\n\n\nExit code: 1\nError output:\nbad\n\nTimed out' }],
	},
	local_shell: {
		tool: { type: 'local_shell' },
		arguments: { command: ['ls', '-l'], working_directory: '/tmp' },
		item: {
			type: 'local_shell_call',
			action: {
				type: 'exec',
				command: ['ls', '-l'],
				env: {},
				working_directory: '/tmp',
			},
		},
		result: { type: 'local_shell_call_output', output: 'a' },
		shown: [{ type: 'text', text: 'a' }],
	},
	apply_patch: {
		tool: { type: 'apply_patch' },
		arguments: { type: 'update_file', path: 'a.txt', diff: '-a\n+"b"' },
		item: { type: 'apply_patch_call', operation: { type: 'update_file', path: 'a.txt', diff: '-a\n+"b"' } },
		result: { type: 'apply_patch_call_output', status: 'completed' },
		shown: [{ type: 'text', text: 'Done.' }],
	},
	computer: {
		tool: { type: 'computer' },
		arguments: { actions: [click, { type: 'wait' }] },
		item: { type: 'computer_call', actions: [click, { type: 'wait' }], pending_safety_checks: [] },
		result: { type: 'computer_call_output', output: { type: 'computer_screenshot', image_url: png } },
		shown: [{ type: 'image', url: png }],
	},
	computer_use_preview: {
		tool: { type: 'computer_use_preview', display_width: 800, display_height: 600, environment: 'browser' },
		arguments: { action: click },
		item: { type: 'computer_call', action: click, pending_safety_checks: [] },
		result: { type: 'computer_call_output', output: { type: 'computer_screenshot', image_url: png } },
		shown: [{ type: 'image', url: png }],
	},
	tool_search: {
		tool: search,
		arguments: { query: 'weather' },
		item: { type: 'tool_search_call', arguments: { query: 'weather' }, execution: 'client' },
		result: {
			type: 'tool_search_output',
			execution: 'client',
			tools: [
				{ type: 'function', name: 'get_weather', parameters: { type: 'object' } },
				{ type: 'namespace', name: 'maps', description: '', tools: [{ type: 'function', name: 'find' }] },
			],
		},
		shown: [{ type: 'text', text: 'These tools can be called now: get_weather, maps__find.' }],
	},
} as const

for (const [name, kind] of Object.entries(kinds))
	describe(name, () => {
		const { tool, item } = kind
		const text = JSON.stringify(kind.arguments)
		const called = { ...item, call_id: 'c1', status: 'completed' }
		const result = { ...kind.result, call_id: 'c1', status: 'completed' }

		test('is a function with a description and a schema', () => {
			const { request, dropped } = read({ tools: [tool] })
			expect(request.tools).toMatchObject([{ type: 'function', name, strict: false, parameters: { type: 'object' } }])
			expect(request.tools[0]?.description).not.toBe('')
			expect([request.tools[0]?.rest, dropped]).toEqual([undefined, []])
		})

		test('can be chosen', () => {
			const choice = (tool_choice: unknown) => read({ tools: [tool], tool_choice }).request.toolChoice
			expect(choice({ type: name })).toEqual({ type: 'named', name })
			expect(choice({ type: 'allowed_tools', mode: 'auto', tools: [{ type: name }] })).toEqual({
				type: 'auto',
				only: [name],
			})
		})

		test('is called by its item, whole and streamed', async () => {
			for (const fragments of [[text], [...text]]) {
				const events = callEvents(name, fragments)
				expect(await whole(events, [tool])).toMatchObject([called])
				const written = stream(events, [tool])
				const [added, done] = ['added', 'done'].map((one) =>
					written.find(({ type }) => type === `response.output_item.${one}`),
				)
				expect(added?.item).toMatchObject({ type: item.type, call_id: 'c1', status: 'in_progress' })
				expect(done?.item).toMatchObject(called)
				const { response } = written.at(-1) as { readonly response?: { readonly output?: unknown } }
				expect(response?.output).toEqual(await whole(events, [tool]))
				expect(written.filter(({ type }) => type.includes('function_call_arguments'))).toEqual([])
			}
		})

		test('is cut: its item is still of its form', () => {
			for (let cut = 0; cut < text.length; cut++) {
				const written = stream(callEvents(name, [text.slice(0, cut)], 'length'), [tool])
				const done = written.find(({ type }) => type === 'response.output_item.done')
				expect(done?.item).toMatchObject({ type: item.type, call_id: 'c1' })
				expect(written.at(-1)?.type).toBe('response.incomplete')
			}
		})

		test('its calls and results are read as those of the function', () => {
			const { request, violation } = read({ tools: [tool], input: [user, called, result] })
			const names: string[] = []
			const { messages } = requestFor({ wire: 'openai' }, request, (one) => names.push(one))
			const [, answer, output] = messages
			expect(answer?.content).toEqual([
				{ type: 'tool-call', kind: 'function', id: 'c1', name, arguments: expect.any(String) },
			])
			const [call] = answer?.content ?? []
			expect(JSON.parse(call?.type === 'tool-call' ? call.arguments : '')).toEqual(kind.arguments)
			expect(output).toMatchObject({ role: 'tool', callId: 'c1', content: kind.shown })
			expect([violation, names]).toEqual([undefined, []])
		})

		test('items of stored messages are what the client sent, and are found and removed', () => {
			const { messages } = read({ tools: [tool], input: [user, called, result] }).request
			const stored = messages.map((message, index) => ({
				id: message.role === 'assistant' ? answerId(token, index) : inputId(token, index),
				message,
				partial: false,
			}))
			const items = writeStoredItems(stored)
			expect(items.slice(1)).toMatchObject([called, result])
			for (const [index, { id }] of items.entries()) {
				const own = stored[index]
				if (own === undefined) throw new Error('there are more items than messages')
				expect(readItemId(id)?.message).toBe(own.id)
				expect(extractItem(own, id)).toMatchObject(
					index === 1 ? { content: own.message.content } : { message: own.message },
				)
				if (index === 1) expect(withoutItem(own, id)).toBeUndefined()
				const shape = { ...itemShape(shapeOf([])), clientCallOf: clientCallWith(readItemId(id)) }
				if (index === 1) expect(writeStoredItems([own], shape)).toMatchObject([{ ...called, id }])
			}
			// A call of the model itself, by the tools of its request.
			expect(writeStoredItems(stored.slice(1, 2), itemShape(shapeOf([tool])))).toMatchObject([called])
		})
	})

const typesOf = (written: readonly Written[]) => written.map(({ type }) => type.replace('response.', ''))

test('commands of a shell are streamed as they arrive', () => {
	const fragments = ['{"commands": ["l', 's", "e', 'cho \\"a\\""], "timeout_ms": 1}']
	const written = stream(callEvents('shell', fragments), [kinds.shell.tool]).slice(2, -2)
	expect(
		written.map(({ type, command_index: index, command, delta, item_id }) => [
			type.replace('response.', ''),
			index,
			command ?? delta,
			item_id,
		]),
	).toEqual([
		['output_item.added', undefined, undefined, undefined],
		['shell_call_command.added', 0, '', undefined],
		['shell_call_command.delta', 0, 'l', undefined],
		['shell_call_command.delta', 0, 's', undefined],
		['shell_call_command.done', 0, 'ls', undefined],
		['shell_call_command.added', 1, '', undefined],
		['shell_call_command.delta', 1, 'e', undefined],
		['shell_call_command.delta', 1, 'cho "a"', undefined],
		['shell_call_command.done', 1, 'echo "a"', undefined],
	])
	expect(written[0]?.item).toMatchObject({ type: 'shell_call', action: { commands: [] } })
})

test('changes of a file are streamed once its path is known, in whatever order the model writes them', () => {
	const orders = [
		['{"type":"create_file","path":"a","di', 'ff":"+1\\n', '+2"}'],
		['{"diff":"+1\\n', '+2","type":"create_file","pa', 'th":"a"}'],
		['{"operation":{"type":"create_file","path":"a","diff":"+1\\n+2"}}'],
	]
	for (const fragments of orders) {
		const written = stream(callEvents('apply_patch', fragments), [kinds.apply_patch.tool]).slice(2, -1)
		const deltas = written.filter(({ type }) => type === 'response.apply_patch_call_operation_diff.delta')
		expect(written[0]).toMatchObject({
			type: 'response.output_item.added',
			item: { operation: { type: 'create_file', path: 'a', diff: '' } },
		})
		expect(deltas.map(({ delta }) => delta).join('')).toBe('+1\n+2')
		expect(typesOf(written).slice(-2)).toEqual(['apply_patch_call_operation_diff.done', 'output_item.done'])
		expect(written.at(-1)?.item).toMatchObject({ operation: { type: 'create_file', path: 'a', diff: '+1\n+2' } })
	}
	const deletion = stream(callEvents('apply_patch', ['{"type":"delete_file","path":"a"}']), [kinds.apply_patch.tool])
	expect(typesOf(deletion).slice(2, -1)).toEqual(['output_item.added', 'output_item.done'])
	expect(deletion[2]?.item).toMatchObject({ operation: { type: 'delete_file', path: 'a' } })
})

test('the readable fields of arguments in another form are used', async () => {
	const item = async (name: string, given: unknown, tool: object = { type: name }) =>
		(await whole(callEvents(name, [typeof given === 'string' ? given : JSON.stringify(given)]), [tool]))[0]
	expect(await item('shell', { command: 'ls' })).toMatchObject({ action: { commands: ['ls'] } })
	expect(await item('shell', { commands: [1, 'ls'], timeout_ms: 'x' })).toMatchObject({
		action: { commands: ['ls'], timeout_ms: null },
	})
	expect(await item('shell', 'ls')).toMatchObject({ type: 'shell_call', action: { commands: [] } })
	expect(await item('shell', '"ls"')).toMatchObject({ action: { commands: ['ls'] } })
	expect(await item('shell', ['ls', 'pwd'])).toMatchObject({ action: { commands: ['ls', 'pwd'] } })
	expect(await item('local_shell', ['ls', '-l'])).toMatchObject({ action: { command: ['ls', '-l'] } })
	expect(await item('local_shell', { command: 'ls | wc' })).toMatchObject({
		action: { command: ['sh', '-c', 'ls | wc'] },
	})
	expect(await item('computer', click)).toMatchObject({ action: click })
	expect(await item('computer', 'x')).toMatchObject({ actions: [] })
	expect(await item('apply_patch', { path: 'a', type: 'x' })).toMatchObject({
		operation: { type: 'update_file', path: 'a', diff: '' },
	})
	expect(await item('tool_search', '[1]', search)).toMatchObject({ arguments: {} })
})

test('a function with the name of a tool remains the function', async () => {
	const own = { type: 'function', name: 'shell', parameters: { type: 'object' } }
	for (const tools of [
		[own, kinds.shell.tool],
		[kinds.shell.tool, own],
	]) {
		const { request } = read({ tools, tool_choice: { type: 'shell' } })
		expect(new Set(request.tools.map(({ name }) => name))).toEqual(new Set(['shell', 'shell_tool']))
		expect(request.toolChoice).toEqual({ type: 'named', name: 'shell_tool' })
		expect(await whole(callEvents('shell', ['{}']), tools)).toMatchObject([{ type: 'function_call', name: 'shell' }])
		expect(await whole(callEvents('shell_tool', ['{}']), tools)).toMatchObject([{ type: 'shell_call' }])
	}
})

test('tools that OpenAI runs are no tools of the client', () => {
	const hosted = [
		{ type: 'shell', environment: { type: 'container_auto' } },
		{ type: 'tool_search' },
		{ type: 'code_interpreter', container: 'x' },
	]
	const { request, dropped } = read({ tools: hosted })
	expect([request.tools, dropped]).toEqual([[], ['tools.shell', 'tools.tool_search', 'tools.code_interpreter']])
	for (const { type } of hosted) expect(() => read({ tools: hosted, tool_choice: { type } })).toThrow('does not run')
	expect(() => read({ tools: hosted, tool_choice: { type: 'apply_patch' } })).toThrow("'apply_patch' not found")
})

test('skills are described to the model, and unknown fields are named', () => {
	const skills = [{ name: 'pdf', description: 'Reads PDFs.', path: '/skills/pdf' }]
	const [tool] = read({
		tools: [{ type: 'shell', environment: { type: 'local', skills }, allowed_callers: ['direct'] }],
	}).request.tools
	expect(tool?.description).toContain('\n- pdf: Reads PDFs. (/skills/pdf)')
	expect(tool?.rest?.fields).toEqual({ allowed_callers: ['direct'] })
})

test('fields of calls and results that say more than the model receives are named', () => {
	const caller = { type: 'program', caller_id: 'x' }
	const environment = { type: 'local', skills: [{ name: 'a', description: 'b', path: 'c' }] }
	const call = { ...kinds.shell.item, call_id: 'c1', environment, caller }
	const result = { ...kinds.shell.result, call_id: 'c1' }
	const named = (...input: readonly object[]) => {
		const names: string[] = []
		requestFor({ wire: 'openai' }, read({ input: [user, ...input] }).request, (name) => names.push(name))
		return names
	}
	expect(named(call, { ...result, caller })).toEqual([
		'messages[1].content[0].environment',
		'messages[1].content[0].caller',
		'messages[2].content[0].caller',
	])
	const direct = { ...kinds.shell.item, call_id: 'c1', caller: { type: 'direct' } }
	expect(named(direct, { ...result, max_output_length: 9 })).toEqual(['messages[2].content[0].max_output_length'])
	expect(named(direct, { ...result, max_output_length: null, caller: { type: 'direct' } })).toEqual([])
})

test('failures and results without their call', () => {
	const call = { ...kinds.apply_patch.item, call_id: 'c1', status: 'completed' }
	const failed = { type: 'apply_patch_call_output', call_id: 'c1', status: 'failed', output: 'No such file' }
	const { messages } = read({ input: [user, call, failed] }).request
	expect(messages[2]).toMatchObject({ role: 'tool', isError: true })
	expect(() => read({ input: [user, failed] })).toThrow('No tool call found')
	expect(() => read({ input: [user, call] })).toThrow('No tool output found')
	const stored = { type: 'computer_call_output', call_id: 'c1', output: { type: 'computer_screenshot', file_id: 'f' } }
	expect(() => read({ input: [user, stored] })).toThrow('stores no files')
})
