// The engines of docs/fidelity.md: their tables of fates, and how a test server configures them.

import type { RequestFates } from '../../src/chat/request-fates.ts'
import { embeddedRequestFates } from '../../src/embedded/runtime/chat-runner.ts'
import { callFates } from '../../src/engines/ai-sdk/call-writer.ts'
import { echoRequestFates } from '../../src/engines/echo/echo-fates.ts'
import { messageRequestFates } from '../../src/wire/anthropic/message-request-writer.ts'
import { generationRequestFates } from '../../src/wire/gemini/generation-request-writer.ts'
import { chatRequestFates } from '../../src/wire/openai/chat-request-writer.ts'
import { isEngineHere } from '../engine.ts'
import { wires } from './wires/list.ts'
import type { Wire } from './wires/wire.ts'

/** By the names of the engines. */
export const engineFates: Readonly<Record<string, RequestFates>> = {
	'openai-compatible': chatRequestFates,
	anthropic: messageRequestFates,
	gemini: generationRequestFates,
	'ai-sdk': callFates,
	llama: embeddedRequestFates,
	echo: echoRequestFates,
}

/** An engine that requests are sent to. */
export interface TestedEngine {
	/** Of the engine, and of the model that it serves. */
	readonly name: string
	readonly fates: RequestFates
	/** Its upstream's wire, if it has one. */
	readonly wire?: Wire
	/** Without the embedded engine's library, that engine's cells are not checked. */
	readonly isHere: boolean
	/** Options of the upstream, in YAML. `url`: of the scripted upstreams. */
	configure(url: string): string
}

function fatesOf(engine: string): RequestFates {
	const fates = engineFates[engine]
	if (fates === undefined) throw new Error(`no table of fates for ${engine}`)
	return fates
}

export const testedEngines: readonly TestedEngine[] = [
	...wires.map((wire) => ({
		name: wire.name,
		fates: fatesOf(wire.name),
		wire,
		isHere: true,
		configure: (url: string) => wire.configure(`${url}/${wire.name}`),
	})),
	{
		name: 'llama',
		fates: fatesOf('llama'),
		isHere: isEngineHere,
		configure: () => 'engine: llama, model: tiny-chat',
	},
	{ name: 'echo', fates: fatesOf('echo'), isHere: true, configure: () => 'engine: echo' },
]
