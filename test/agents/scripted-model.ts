// A scripted model server in OpenAI's format: it says what the newest question of the user asks it to say, or calls the
// agent's shell and then reports what that returned.

import { z } from 'zod'

export interface ScriptedModelServer {
	/** Base URL, with the version. */
	readonly url: string
	close(): Promise<void>
}

const part = z.looseObject({ text: z.string().optional() })
const requestSchema = z.looseObject({
	stream: z.boolean().optional(),
	messages: z.array(z.looseObject({ role: z.string(), content: z.union([z.string(), z.array(part)]).nullish() })),
	tools: z.array(z.looseObject({ function: z.looseObject({ name: z.string() }).optional() })).optional(),
})
type AgentRequest = z.infer<typeof requestSchema>

/** The names of the agents' shells, and how each names the command. */
const shells: readonly (readonly [name: string, args: (command: string) => object])[] = [
	['exec_command', (cmd) => ({ cmd })],
	['shell_command', (command) => ({ command })],
	['shell', (command) => ({ command: ['bash', '-c', command] })],
	['Bash', (command) => ({ command, description: 'test' })],
	['bash', (command) => ({ command, description: 'test' })],
]

export function serveScriptedModel(): ScriptedModelServer {
	const server = Bun.serve({
		hostname: '127.0.0.1',
		port: 0,
		async fetch(request) {
			if (new URL(request.url).pathname.endsWith('/models')) return Response.json({ data: [{ id: 'scripted' }] })
			const body = requestSchema.parse(await request.json())
			return write(answer(body), body.stream === true)
		},
	})
	return { url: `http://127.0.0.1:${server.port}/v1`, close: () => server.stop(true) }
}

interface ScriptedMessage {
	readonly role: 'assistant'
	readonly content: string | null
	readonly tool_calls?: readonly object[] | undefined
}

function answer({ messages, tools = [] }: AgentRequest): ScriptedMessage {
	const last = messages.at(-1)
	if (last?.role === 'tool')
		return { role: 'assistant', content: `The tool returned: ${outputOf(textOf(last.content))}` }
	const question = messages
		.filter(({ role }) => role === 'user')
		.map(({ content }) => textOf(content))
		.join('\n')
	const command = /please run: (.*?)["'<]*$/m.exec(question)?.[1]
	const names = new Set(tools.flatMap((tool) => tool.function?.name ?? []))
	const shell = shells.find(([name]) => names.has(name))
	if (command !== undefined && shell !== undefined) {
		const [name, args] = shell
		const call = { id: 'call_1', type: 'function', function: { name, arguments: JSON.stringify(args(command)) } }
		return { role: 'assistant', content: null, tool_calls: [call] }
	}
	return { role: 'assistant', content: /please say: (.*?)["'<]*$/m.exec(question)?.[1] ?? 'A title' }
}

/** Agents add headings to the output of a command. */
function outputOf(text: string): string {
	return /made-by-\d+/.exec(text)?.[0] ?? text
}

function textOf(content: AgentRequest['messages'][number]['content']): string {
	if (content === null || content === undefined) return ''
	return typeof content === 'string' ? content : content.map(({ text = '' }) => text).join('\n')
}

function write(message: ScriptedMessage, stream: boolean): Response {
	const head = { id: 'chatcmpl-1', created: 1, model: 'scripted' }
	const finish_reason = message.tool_calls === undefined ? 'stop' : 'tool_calls'
	const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
	if (!stream)
		return Response.json({ ...head, object: 'chat.completion', usage, choices: [{ index: 0, message, finish_reason }] })
	const tool_calls = message.tool_calls?.map((call, index) => ({ index, ...call }))
	const chunks = [
		{ choices: [{ index: 0, delta: { ...message, tool_calls } }] },
		{ choices: [{ index: 0, delta: {}, finish_reason }] },
		{ choices: [], usage },
	].map((chunk) => `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', ...chunk })}\n\n`)
	return new Response([...chunks, 'data: [DONE]\n\n'].join(''), { headers: { 'content-type': 'text/event-stream' } })
}
