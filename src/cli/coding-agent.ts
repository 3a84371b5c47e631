// How coding agents are started with a server of ours: their arguments and environment variables. It starts nothing.

export interface CodingAgent {
	readonly title: string
	/** Name of its program. */
	readonly program: string
	/** How it is installed. */
	readonly install: string
	/** Context that its instructions and tools need, in tokens. */
	readonly leastContextTokens: number
	start(target: AgentTarget): AgentStart
}

export interface AgentTarget {
	/** Of the server, without a path. */
	readonly url: string
	readonly key: string
	readonly model: AgentModel
	/** Every model that chats. */
	readonly models: readonly AgentModel[]
}

export interface AgentModel {
	readonly id: string
	/** Undefined if the server does not know it. */
	readonly contextTokens: number | undefined
}

export interface AgentStart {
	/** Before the arguments of the user. */
	readonly args: readonly string[]
	/** A variable that is undefined is removed. */
	readonly environment: Readonly<Record<string, string | undefined>>
}

/** The name of our provider in the configuration of an agent, and the variable with its key. */
const provider = 'dragoman'
const keyVariable = 'DRAGOMAN_API_KEY'

/** OpenCode requests at most this many output tokens. */
const mostOutputTokens = 32_000

/** OpenCode compacts a conversation before its prompt and its longest answer exceed the context. JSON leaves out undefined. */
function limitOf({ contextTokens }: AgentModel): { readonly context: number; readonly output: number } | undefined {
	if (contextTokens === undefined) return undefined
	return { context: contextTokens, output: Math.min(mostOutputTokens, Math.floor(contextTokens / 4)) }
}

/** By the name of the argument of `dragoman launch`. */
export const codingAgents = {
	// https://developers.openai.com/codex/config-reference: values after -c are TOML.
	codex: {
		title: 'Codex',
		program: 'codex',
		install: 'npm install -g @openai/codex',
		leastContextTokens: 30_000,
		start({ url, key, model }) {
			const settings: Record<string, string | number> = {
				model: model.id,
				model_provider: provider,
				[`model_providers.${provider}.name`]: 'Dragoman',
				[`model_providers.${provider}.base_url`]: `${url}/openai/v1`,
				[`model_providers.${provider}.env_key`]: keyVariable,
				[`model_providers.${provider}.wire_api`]: 'responses',
			}
			// Without it Codex assumes a long one, and does not compact a conversation in time.
			if (model.contextTokens !== undefined) settings.model_context_window = model.contextTokens
			// A JSON string is a basic string of TOML.
			const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${JSON.stringify(value)}`])
			return { args, environment: { [keyVariable]: key } }
		},
	},
	// https://code.claude.com/docs/en/llm-gateway
	claude: {
		title: 'Claude Code',
		program: 'claude',
		install: 'npm install -g @anthropic-ai/claude-code',
		leastContextTokens: 30_000,
		start: ({ url, key, model: { id: model } }) => ({
			args: [],
			environment: {
				ANTHROPIC_BASE_URL: `${url}/anthropic`,
				ANTHROPIC_AUTH_TOKEN: key,
				// It would be sent instead of the token.
				ANTHROPIC_API_KEY: undefined,
				ANTHROPIC_MODEL: model,
				ANTHROPIC_DEFAULT_OPUS_MODEL: model,
				ANTHROPIC_DEFAULT_SONNET_MODEL: model,
				ANTHROPIC_DEFAULT_HAIKU_MODEL: model,
				// The former name of the previous one.
				ANTHROPIC_SMALL_FAST_MODEL: model,
			},
		}),
	},
	// https://opencode.ai/docs/config: the variable is merged with its configuration files.
	opencode: {
		title: 'OpenCode',
		program: 'opencode',
		install: 'npm install -g opencode-ai',
		leastContextTokens: 30_000,
		start: ({ url, key, model, models }) => ({
			args: [],
			environment: {
				[keyVariable]: key,
				OPENCODE_CONFIG_CONTENT: JSON.stringify({
					$schema: 'https://opencode.ai/config.json',
					provider: {
						[provider]: {
							npm: '@ai-sdk/openai-compatible',
							name: 'Dragoman',
							options: { baseURL: `${url}/openai/v1`, apiKey: `{env:${keyVariable}}` },
							models: Object.fromEntries(models.map((one) => [one.id, { name: one.id, limit: limitOf(one) }])),
						},
					},
					model: `${provider}/${model.id}`,
					small_model: `${provider}/${model.id}`,
				}),
			},
		}),
	},
} as const satisfies Readonly<Record<string, CodingAgent>>
