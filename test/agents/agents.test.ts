// The real coding agents, started by `dragoman launch` without a terminal: a question, a tool call, a stream that fails, and
// their exit status. Their model is a scripted server, because agents wrap what their user writes.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { codingAgents } from '../../src/cli/coding-agent.ts'
import { runCommand, startServer, type TestServer, temporaryFolder } from '../server.ts'
import { type ScriptedModelServer, serveScriptedModel } from './scripted-model.ts'

const programs = process.env.DRAGOMAN_TEST_AGENTS ?? ''

/** Arguments of a question without a terminal, with permission for the agent's shell. */
const questions: Readonly<Record<keyof typeof codingAgents, (question: string) => readonly string[]>> = {
	codex: (question) => ['exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', question],
	claude: (question) => ['-p', question, '--allowedTools', 'Bash'],
	opencode: (question) => ['run', question],
}

let model: ScriptedModelServer
let server: TestServer

beforeAll(async () => {
	if (programs === '') return
	model = serveScriptedModel()
	server = await startServer({
		config: `
models: { scripted: { route: [model], contextTokens: 200000 }, echo: { route: [echo] } }
upstreams:
  model: { engine: openai-compatible, url: "${model.url}" }
  echo: { engine: echo, contextTokens: 200000 }
`,
	})
})
afterAll(async () => {
	await server?.stop()
	await model?.close()
})

/** In a folder and a home of its own. */
async function ask(agent: keyof typeof codingAgents, question: string, name = 'scripted') {
	const home = await temporaryFolder()
	await mkdir(join(home, '.codex'))
	const args = ['launch', agent, '--model', name, '--data', home, '--', ...questions[agent](question)]
	return runCommand(args, {
		HOME: home,
		CODEX_HOME: join(home, '.codex'),
		XDG_CONFIG_HOME: home,
		XDG_DATA_HOME: home,
		PATH: `${programs}:${process.env.PATH}`,
		DRAGOMAN_URL: server.url,
		DRAGOMAN_API_KEY: server.key,
		CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
	})
}

for (const agent of ['codex', 'claude', 'opencode'] as const)
	describe.skipIf(programs === '')(agent, () => {
		test('answers a question', async () => {
			const { status, stdout } = await ask(agent, 'please say: blue elephant')
			expect(stdout).toContain('blue elephant')
			expect(status).toBe(0)
		}, 120_000)
		test('runs a tool that the model calls, and returns its result', async () => {
			const { status, stdout } = await ask(agent, 'please run: echo made-by-$((40+2))')
			expect(stdout).toContain('The tool returned: made-by-42')
			expect(status).toBe(0)
		}, 120_000)
		test('reaches the model by its own wire, with the key', async () => {
			const { status, stdout } = await ask(agent, 'a word of its own: quokka', 'echo')
			expect(stdout).toContain('quokka')
			expect(status).toBe(0)
			expect(server.log()).not.toContain('"status":401')
		}, 120_000)
	})
