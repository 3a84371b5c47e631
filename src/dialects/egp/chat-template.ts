// Renders chat templates from callers, in Jinja, in a worker thread with the messages and two tokens as its only input.
// The thread is terminated if it takes too long or too much memory.

import { ChatError } from '../../chat/error.ts'
import type { Message } from '../../chat/message.ts'
import { textOf } from '../../chat/parts.ts'
import type { ChatRequest } from '../../chat/request.ts'
import type { TextCompletionRequest } from '../../operations/text-completions.ts'
import type { RouteInput } from '../dialect.ts'
import type { TemplateAnswer, TemplateInquiry } from './template-thread.ts'

const longestTemplate = 65_536
const deadlineMs = 1000
const watchEveryMs = 10
/** Limit on the growth of the process during the rendering of one template, in bytes. */
const mostMemory = 256 * 1024 * 1024
/** Default of Scale's self-hosted models. */
const defaultMaxTokens = 100

/** @throws ChatError `invalid-request` for a template that fails, is too long, or takes too much time or memory; what `inThread` throws. */
export async function renderTemplate(
	template: string,
	request: ChatRequest,
	inThread: RouteInput['inThread'] = (work) => work(),
): Promise<TextCompletionRequest> {
	if (template.length > longestTemplate) throw wrong(`should have at most ${longestTemplate} characters`)
	const messages = request.messages.map(plain)
	const prompt = await inThread(() => render({ template, messages }))
	return {
		model: request.model,
		prompts: [prompt],
		maxTokens: request.maxTokens ?? defaultMaxTokens,
		sampling: request.sampling,
		stop: request.stop,
		choices: 1,
		echo: false,
		passthrough: request.passthrough,
	}
}

/** Templates render text only: rejects images and tool calls, which would be lost silently. */
function plain(message: Message) {
	if (message.content.some(({ type }) => type === 'tool-call'))
		throw new ChatError('unsupported', 'A template cannot render tool calls.', { param: 'chat_template' })
	if (message.content.some(({ type }) => type !== 'text'))
		throw new ChatError('unsupported', 'A template cannot render images: send them without a template.', {
			param: 'chat_template',
		})
	return { role: message.role, content: textOf(message.content) }
}

function render(inquiry: TemplateInquiry): Promise<string> {
	return new Promise((resolve, reject) => {
		const thread = new Worker(new URL('./template-thread.ts', import.meta.url))
		const before = process.memoryUsage.rss()
		const begun = performance.now()
		const end = (settle: () => void) => {
			clearInterval(watch)
			thread.terminate()
			settle()
		}
		const watch = setInterval(() => {
			if (performance.now() - begun > deadlineMs) end(() => reject(wrong('takes too long')))
			else if (process.memoryUsage.rss() - before > mostMemory) end(() => reject(wrong('takes too much memory')))
		}, watchEveryMs)
		thread.onmessage = ({ data }: MessageEvent<TemplateAnswer>) =>
			end(() => ('prompt' in data ? resolve(data.prompt) : reject(wrong(`cannot be rendered: ${data.failure}`))))
		thread.onerror = (event) => end(() => reject(wrong(`cannot be rendered: ${event.message}`)))
		thread.postMessage(inquiry)
	})
}

function wrong(message: string): ChatError {
	return new ChatError('invalid-request', `The template ${message}.`, { param: 'chat_template' })
}
