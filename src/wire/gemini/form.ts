// Differences between the models and services of this wire, derived from their names. It does not depend on a request.

export interface GeminiForm {
	/** How to limit thinking: not supported, by a token budget, or by a level (which also accepts a budget). */
	readonly thinking: 'none' | 'tokens' | 'level'
	/** A call in the history is rejected without its signature. */
	readonly signedCalls: boolean
	/** Images and files of a tool result are inside the result; otherwise beside it. */
	readonly filesInResults: boolean
	/** Calls may have ids; otherwise results are matched by their order. */
	readonly callIds: boolean
}

/** The Gemini API for developers, or the same wire on Google Cloud. */
export type GeminiService = 'gemini' | 'vertex'

/** An unknown Gemini generation is treated as the newest. Models of other families do not support thinking. */
export function formOf(model: string, service: GeminiService): GeminiForm {
	const isGemini = /(^|\/)gemini/i.test(model)
	const [, generation] = /(?:^|\/)gemini-(1\.5|1\.0|2\.0|2\.5)/i.exec(model) ?? []
	const newest = isGemini && generation === undefined
	return {
		thinking: newest ? 'level' : generation === '2.5' ? 'tokens' : 'none',
		signedCalls: newest,
		filesInResults: newest,
		callIds: service === 'gemini',
	}
}
