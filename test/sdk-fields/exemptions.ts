// Fields that neither arrive nor are reported, with the reason. `honoured` fields are acted on by the gateway itself, so
// that upstreams do not receive them. `exemptions` are losses that are accepted.

export interface Exemption {
	/** Exported types of `sdk-types.ts`. An absent field matches all of them. */
	readonly root?: RegExp
	readonly dialect?: string
	readonly engines?: readonly string[]
	readonly path: RegExp
	readonly reason: string
}

export const honoured: readonly Exemption[] = [
	{ path: /^model$/, reason: 'selects the model; each upstream receives the name of its own model' },
	{ path: /^stream$/, reason: 'selects the form of the response' },
	{ path: /^store$/, reason: 'stores the response on this server' },
	{ root: /^ResponsesRequest/, path: /^metadata\{\}$/, reason: 'stored with the response, which repeats it' },
	{
		root: /^ChatCompletionRequest/,
		engines: ['llama'],
		path: /^logit_bias\{\}$/,
		reason: 'changes what the engine samples',
	},
	{
		root: /^ResponsesRequest/,
		path: /^(reasoning\.(generate_)?summary|include\[\])$/,
		reason: 'selects what the response contains if the model reasons, or what it contains in any case',
	},
	{
		root: /^ResponsesRequest/,
		path: /^(image\.context_compression|input\[tool_search_output\]\.execution|input\[configuration_update\]\.text)$/,
		reason: 'these values, with no others in the item, are what this server does in any case',
	},
]

export const exemptions: readonly Exemption[] = [
	{
		root: /^BetaMessagesRequest/,
		path: /^betas\[\]$/,
		reason: 'the SDK sends it as the header anthropic-beta, not in the body',
	},
	{
		path: /^(messages\[assistant\]\.content\[(thinking\]\.signature|redacted_thinking\]\.data)|input\[reasoning\]\.encrypted_content)$/,
		reason: 'only the model that wrote it can read it; it returns to that model alone',
	},
	{
		root: /^ResponsesRequest/,
		path: /^input\[(custom_tool_call_output\]\.output\[|\]\.content\[)?\]$/,
		reason: 'the sample with a stored file is refused for its file, and an update without settings changes nothing',
	},
	{
		root: /^ResponsesRequest/,
		path: /^input\[\w*\]\.(id|status)$/,
		reason: 'identifies an item for the client and describes its progress; it has no meaning for a model',
	},
	{
		engines: ['echo', 'llama'],
		path: /cache_control|prompt_cache|^(metadata|safety_identifier|service_tier)\b/,
		reason: 'concerns the handling of a request by a provider, not its answer',
	},
	{
		root: /^ChatCompletionRequest/,
		engines: ['echo'],
		path: /^(messages\[\w+\]\.name|logit_bias\{\})$/,
		reason: 'has no effect on an echo; the table of fates of the engine has it',
	},
	{
		engines: ['ai-sdk'],
		path: /(^|\.)verbosity$|\[tool_result\]\.is_error$|^input\[image_generation_call\]\.(result|output_format)$/,
		reason: 'the engine gives it to the provider package, and this package does not send it',
	},
	{
		path: /^(response_format\[json_schema\]\.json_schema|(input\[configuration_update\]\.)?text\.format\[json_schema\])(\.name|\.strict)?$/,
		reason: 'a label, and a guarantee that the other APIs always give',
	},
	{
		path: /^(\[message(_start)?\]\.(message\[message\]\.)?)?(id|created|model)$/,
		reason: 'the response has its own id and time, and the public name of the model',
	},
	{
		path: /usage\.(total_tokens|cache_creation\.ephemeral_5m_input_tokens)$/,
		reason: 'is computed from the other counts, which decide if the counts contradict each other',
	},
	{
		path: /^(\[content_block_st(art|op)\]|choices\[\]\.delta\.tool_calls\[\])\.index$/,
		reason: 'blocks and calls are numbered in the order in which the client receives them',
	},
	{
		path: /^\[message_start\]\.message\[message\]\.(content|container|context_management|stop_\w+)\b/,
		reason: 'is empty when a stream starts; the events that follow have it',
	},
	{
		root: /^ChatCompletion(Answer|Chunk)$/,
		dialect: 'aleph-alpha',
		path: /^(choices|id|metadata|model|moderation|obfuscation|system_fingerprint)\b/,
		reason: 'its responses have the fields of its own schema only, not all those of OpenAI',
	},
	{
		root: /^BetaMessagesEvent/,
		path: /\[thinking_delta\]\.estimated_tokens$/,
		reason: 'a running estimate of the count that the usage has',
	},
	{
		root: /^ChatCompletionChunk/,
		path: /^choices\[\]\.delta\.role$/,
		reason: 'the role of an answer is always assistant',
	},
]

/** The accepted number of exemptions. */
export const mostExemptions = 20
