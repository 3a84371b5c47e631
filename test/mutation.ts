// Requests made wrong on purpose, the same ones at every run: a valid request with one or more of its values replaced,
// removed, doubled or moved. For tests only.

export const unexpectedValues: readonly unknown[] = [
	null,
	true,
	false,
	0,
	-1,
	1.5,
	1e308,
	-1e308,
	2 ** 53 + 2,
	100000,
	'',
	' ',
	'x',
	'a\u0000b',
	'\ud800',
	'\u202e',
	'💥',
	'A'.repeat(5000),
	[],
	[[]],
	[null],
	{},
	{ a: 1 },
	{ type: 'text' },
	{ type: 'nope' },
	[{ type: 'text' }],
	[{ role: 'user' }],
	{ ['__proto__']: { a: 1 } },
	{ constructor: 1 },
	{ length: 5 },
	{ length: -1, 0: 'x' },
	{ toString: 1, valueOf: 1 },
	[{ toString: 1, valueOf: 1 }],
	{ toJSON: 1 },
	JSON.parse('{"then":1}'),
	{ '': 1 },
	'true',
	'1',
	Array.from({ length: 300 }, () => 'x'),
	{ $ref: '#' },
	'../../etc/passwd',
	"'; DROP TABLE keys; --",
	'{{7*7}}',
	'(a+)+$',
	'a\u001b[2J\u0007\nb',
	'\udc00\ud800',
	'\u202eabc\u2066',
	'1e400',
	'-0',
	-0,
	2 ** 31,
	2 ** 32 + 1,
	-(2 ** 63),
	5e-324,
	'data:image/png;base64,%%%',
	'http://169.254.169.254/',
	'file:///etc/passwd',
	'2026-02-30T25:61:61Z',
]

/** A copy of `value` with one wrong value at a position chosen by `random`. */
export function mutate(value: unknown, random: () => number): unknown {
	const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item
	if (typeof value !== 'object' || value === null || random() < 0.15) return pick(unexpectedValues)
	if (Array.isArray(value)) {
		if (value.length === 0 || random() < 0.1) return [...value, pick(unexpectedValues)]
		const at = Math.floor(random() * value.length)
		if (random() < 0.1) return value.toSpliced(at, 1)
		if (random() < 0.1) return value.toSpliced(at, 0, value[at])
		return value.with(at, mutate(value[at], random))
	}
	const keys = Object.keys(value)
	if (keys.length === 0) return pick(unexpectedValues)
	const key = pick(keys)
	const entries = Object.entries(value)
	if (random() < 0.12) return Object.fromEntries(entries.filter(([name]) => name !== key))
	if (random() < 0.08)
		return Object.fromEntries(entries.map(([name, inner]) => [name === key ? pick(keys) : name, inner]))
	return Object.fromEntries(entries.map(([name, inner]) => [name, name === key ? mutate(inner, random) : inner]))
}

/** Valid requests that use every field once, by path. */
export const seeds: readonly { readonly path: string; readonly body: unknown }[] = [
	{
		path: '/v1/chat/completions',
		body: {
			model: 'echo',
			messages: [
				{ role: 'system', content: 'Be brief.' },
				{
					role: 'user',
					content: [
						{ type: 'text', text: 'Weather?' },
						{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', detail: 'low' } },
					],
				},
				{
					role: 'assistant',
					content: null,
					tool_calls: [
						{ id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Paris"}' } },
					],
				},
				{ role: 'tool', tool_call_id: 'call_1', content: '21' },
			],
			temperature: 0.5,
			top_p: 0.9,
			top_k: 5,
			min_p: 0.1,
			frequency_penalty: 0.1,
			presence_penalty: 0.1,
			repetition_penalty: 1.1,
			n: 2,
			seed: 1,
			max_completion_tokens: 20,
			max_tokens: 20,
			stop: ['END'],
			logit_bias: { 5: 1 },
			logprobs: true,
			top_logprobs: 2,
			user: 'u',
			metadata: { a: 'b' },
			tools: [
				{
					type: 'function',
					function: {
						name: 'get_weather',
						description: 'd',
						parameters: { type: 'object', properties: { city: { type: 'string' } } },
						strict: false,
					},
				},
			],
			tool_choice: { type: 'function', function: { name: 'get_weather' } },
			parallel_tool_calls: true,
			reasoning_effort: 'low',
			store: false,
		},
	},
	{
		path: '/v1/chat/completions',
		body: {
			model: 'echo',
			stream: true,
			stream_options: { include_usage: true },
			messages: [{ role: 'user', content: 'json' }],
			response_format: {
				type: 'json_schema',
				json_schema: {
					name: 'n',
					strict: true,
					schema: {
						type: 'object',
						properties: {
							a: { type: 'string', enum: ['x', 'y'] },
							b: { $ref: '#/$defs/b' },
							c: { anyOf: [{ type: 'null' }, { type: 'array', items: { type: 'number' } }] },
							d: { type: 'string', pattern: '^(a+)+$' },
						},
						required: ['a', 'b', 'c', 'd'],
						additionalProperties: false,
						$defs: { b: { type: 'object', properties: {}, required: [], additionalProperties: false } },
					},
				},
			},
		},
	},
	{
		path: '/v1/completions',
		body: {
			model: 'echo',
			prompt: ['a', 'b'],
			max_tokens: 5,
			best_of: 1,
			echo: true,
			logprobs: 2,
			n: 1,
			suffix: 's',
			stream: false,
		},
	},
	{
		path: '/v1/embeddings',
		body: { model: 'echo', input: ['a', 'b'], encoding_format: 'base64', dimensions: 8, user: 'u' },
	},
]
