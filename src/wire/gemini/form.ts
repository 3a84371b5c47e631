// Where models and places of this wire differ in what they take, told by their names. It knows no request.

export interface GeminiForm {
	/** How thinking is bounded: not at all, by tokens, or by a word (which leaves tokens possible). */
	readonly thinking: 'none' | 'tokens' | 'level'
	/** A call that comes back without its signature is refused. */
	readonly signedCalls: boolean
	/** Images and files of a tool's result stand within it; otherwise beside it. */
	readonly filesInResults: boolean
	/** Calls may have ids; otherwise results are told apart by their order. */
	readonly callIds: boolean
}

/** The developer's API, or the same wire on Google's cloud. */
export type GeminiService = 'gemini' | 'vertex'

/** Names are open-ended, so an unknown one is taken for the newest; families that are not Gemini's do not think. */
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
