// The thread that renders one caller's template. Nothing of the server is reachable from a template: the interpreter knows no attributes of
// JavaScript's, and the context holds plain texts.

import { Template } from '@huggingface/jinja'

export interface TemplateInquiry {
	readonly template: string
	readonly messages: readonly { readonly role: string; readonly content: string }[]
}

export type TemplateAnswer = { readonly prompt: string } | { readonly failure: string }

const longestPrompt = 4_194_304
const longestFailure = 200

declare const self: Worker

self.onmessage = ({ data: { template, messages } }: MessageEvent<TemplateInquiry>) => {
	self.postMessage(render(template, messages))
}

function render(template: string, messages: TemplateInquiry['messages']): TemplateAnswer {
	try {
		const prompt = new Template(template).render({ messages, bos_token: '<s>', eos_token: '</s>' })
		if (prompt.length > longestPrompt) return { failure: 'the prompt is too long' }
		return { prompt }
	} catch (thrown) {
		const failure = thrown instanceof Error ? thrown.message : String(thrown)
		return { failure: failure.slice(0, longestFailure) }
	}
}
