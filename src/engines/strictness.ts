// Which requests an upstream accepts: only those that OpenAI's API allows, or whatever its server accepts. Engines name
// the default for their upstreams; the configuration may override it. The rules themselves are in wire/openai.

export const strictnesses = ['openai', 'upstream'] as const
export type Strictness = (typeof strictnesses)[number]

/** @param followsOpenAI the upstream enforces the rules of OpenAI's API. */
export function strictnessOf(followsOpenAI: boolean): Strictness {
	return followsOpenAI ? 'openai' : 'upstream'
}
