// Fields of the SDKs' types that the request bodies of the OpenAPI document do not have, with the reason. The document names
// the objects that contain them, which may have further fields.

export interface UndescribedField {
	/** Exported types of `sdk-types.ts`. */
	readonly root: RegExp
	/** Paths of fields whose own object the document has. */
	readonly path: RegExp
	readonly reason: string
}

export const undescribedFields: readonly UndescribedField[] = [
	{
		root: /^BetaMessagesRequest$/,
		path: /^betas\[\]$/,
		reason: 'the SDK sends it as the header anthropic-beta, not in the body',
	},
	{
		root: /^ChatCompletionRequest$/,
		path: /\.prompt_cache_breakpoint$|^messages\[assistant\]\.audio$|^stream_options\.include_obfuscation$/,
		reason: 'a field of one provider within an object, which stays with its object',
	},
	{
		root: /MessagesRequest$/,
		path: /^(messages\[\w+\]|system\[text\])\.(content|citations|clear_at|output_config)\b/,
		reason: 'the content of a block of the provider, which stays with its block',
	},
	{
		root: /MessagesRequest$/,
		path: /^(tools\[|thinking\[\w+\]\.block_binding$|output_config\.task_budget\b)/,
		reason: 'a setting of a tool or a feature that the provider runs, which stays with it',
	},
	{
		root: /^ResponsesRequest$/,
		path: /^input\[/,
		reason: 'a field of an item that another server wrote, which stays with its item or is reported as dropped',
	},
	{
		root: /^ResponsesRequest$/,
		path: /^(tools|tool_choice)\[/,
		reason: 'a setting of a tool that OpenAI runs, which this server refuses or reports as dropped',
	},
	{
		root: /^ResponsesRequest$/,
		path: /^(access_programs|background_options|moderation|prompt|prompt_cache_options|reasoning|stream_options)\./,
		reason: 'a setting of a feature of OpenAI, which this server reports as dropped',
	},
]
