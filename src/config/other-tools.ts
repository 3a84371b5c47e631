// Field names and values of LiteLLM, Ollama, OpenAI's clients and llama.cpp, with the equivalent ones of this
// configuration.

/** Path of a field; `*` is a name chosen by the operator. */
type Target = string

interface OtherToolField {
	/** The equivalent fields. */
	readonly targets: readonly Target[]
	/** Further information, or why there is no equivalent field. */
	readonly note?: string
}

function called(...targets: readonly Target[]): OtherToolField {
	return { targets }
}

function absent(note: string): OtherToolField {
	return { targets: [], note }
}

const url = called('upstreams.*.url')
const key = called('upstreams.*.key')
const attempts = called('models.*.retry.attempts')
const context = called('upstreams.*.contextTokens', 'models.*.contextTokens')
const rates = absent(
	'rate limits per minute are not supported; concurrency.limit of an upstream limits the calls in flight',
)
const sections = absent('this section is not supported; see docs/configuration.md for the fields')
const clientOption = absent('clients send it with each request; `body` of an upstream sets it for all')
const engine = called('upstreams.*.engine')
const timeouts: OtherToolField = {
	targets: ['upstreams.*.timeouts'],
	note: 'it contains firstByteMs, totalMs and others',
}

/** By name in lower case, without punctuation. */
const fields: Readonly<Record<string, OtherToolField>> = {
	modellist: absent('list models by name under `models`, and the servers that run them under `upstreams`'),
	litellmparams: absent('these are fields of an upstream: engine, url, key, model'),
	modelname: absent('the name of a model is its key under `models`'),
	modelinfo: absent('type, contextTokens and price are fields of a model'),
	litellmsettings: sections,
	generalsettings: absent('its fields are at the top level of this file: adminKey, database, listen'),
	routersettings: absent('each model has a `policy` and a `retry` of its own'),
	environmentvariables: absent('set variables in the environment, and use them as $' + '{NAME}'),
	routingstrategy: called('models.*.policy'),
	fallbacks: absent('list several upstreams in `route` of a model: the later ones are fallbacks'),
	modelgroupalias: called('models.*.aliases'),
	masterkey: called('adminKey'),
	adminapikey: called('adminKey'),
	databaseurl: called('database'),
	apibase: url,
	apiurl: url,
	baseurl: url,
	baseapiurl: url,
	openaiapibase: url,
	openaibaseurl: url,
	ollamahost: url,
	ollamabaseurl: url,
	endpoint: url,
	uri: url,
	server: url,
	host: called('listen', 'upstreams.*.url'),
	hostname: called('listen', 'upstreams.*.url'),
	address: called('listen', 'upstreams.*.url'),
	bind: called('listen'),
	port: called('listen', 'upstreams.*.url'),
	apikey: key,
	openaiapikey: key,
	anthropicapikey: key,
	token: key,
	authtoken: key,
	bearertoken: key,
	secret: key,
	secretkey: key,
	password: key,
	provider: engine,
	customllmprovider: engine,
	apitype: engine,
	backend: engine,
	driver: engine,
	organization: absent('write it as a header: headers: { openai-organization: … }'),
	orgid: absent('write it as a header: headers: { openai-organization: … }'),
	project: absent('write it as a header: headers: { openai-project: … }'),
	apiversion: called('upstreams.*.version'),
	extraheaders: called('upstreams.*.headers'),
	defaultheaders: called('upstreams.*.headers'),
	extrabody: called('upstreams.*.body'),
	sslverify: called('upstreams.*.tls.verify'),
	insecureskipverify: called('upstreams.*.tls.verify'),
	cabundle: called('upstreams.*.tls.ca'),
	cacert: called('upstreams.*.tls.ca'),
	rpm: rates,
	tpm: rates,
	rpmlimit: rates,
	tpmlimit: rates,
	maxparallelrequests: called('upstreams.*.concurrency.limit'),
	maxconcurrency: called('upstreams.*.concurrency.limit'),
	ollamanumparallel: called('upstreams.*.parallel'),
	numparallel: called('upstreams.*.parallel'),
	ollamamaxqueue: called('upstreams.*.queue'),
	timeout: timeouts,
	requesttimeout: timeouts,
	streamtimeout: timeouts,
	numretries: attempts,
	maxretries: attempts,
	retries: attempts,
	allowedfails: called('upstreams.*.breaker.failures'),
	cooldowntime: called('upstreams.*.breaker.openMs'),
	numctx: context,
	nctx: context,
	ctxsize: context,
	contextlength: context,
	contextwindow: context,
	contextsize: context,
	maxmodellen: context,
	maxinputtokens: context,
	numpredict: clientOption,
	temperature: clientOption,
	topp: clientOption,
	maxoutputtokens: clientOption,
	dropparams: absent('parts that an upstream does not support are always dropped and reported to the client'),
	keepalive: absent('a model stays loaded as long as the server runs'),
	numgpu: called('upstreams.*.gpu'),
	ngpulayers: called('upstreams.*.gpu'),
	numthread: called('upstreams.*.threads'),
	inputcostpertoken: { targets: ['models.*.price.input'], note: 'it is per million tokens' },
	outputcostpertoken: { targets: ['models.*.price.output'], note: 'it is per million tokens' },
	upstream: called('models.*.route'),
	upstreams: called('models.*.route'),
	backends: called('upstreams'),
	providers: called('upstreams'),
	deployments: called('upstreams'),
	datadir: called('data'),
	datapath: called('data'),
	modelsdir: called('modelFolder'),
	ollamamodels: called('modelFolder'),
	loglevel: called('log.level'),
	logformat: called('log.format'),
	verbose: called('log.level'),
	setverbose: called('log.level'),
	debug: called('log.level'),
	maxbodysize: called('limits.bodyBytes'),
	clientmaxbodysize: called('limits.bodyBytes'),
}

/** The equivalent of a field of another product; undefined if the name is not known. */
export function otherToolField(word: string): OtherToolField | undefined {
	const normalized = word.toLowerCase().replace(/[^a-z0-9]/g, '')
	return Object.hasOwn(fields, normalized) ? fields[normalized] : undefined
}

/** Values of other products, by the name of our field. */
const values: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	engine: {
		openai: 'openai-compatible',
		ollama: 'openai-compatible',
		vllm: 'openai-compatible',
		hostedvllm: 'openai-compatible',
		lmstudio: 'openai-compatible',
		sglang: 'openai-compatible',
		llamaserver: 'openai-compatible',
		azure: 'openai-compatible',
		openrouter: 'openai-compatible',
		mistral: 'openai-compatible',
		groq: 'openai-compatible',
		deepseek: 'openai-compatible',
		claude: 'anthropic',
		google: 'gemini',
		googleai: 'gemini',
		vertex: 'gemini',
		vertexai: 'gemini',
		bedrock: 'ai-sdk',
		cohere: 'ai-sdk',
		llamacpp: 'llama',
		gguf: 'llama',
		embedded: 'llama',
		local: 'llama',
	},
	type: {
		chat: 'text-generation',
		completion: 'text-generation',
		llm: 'text-generation',
		vision: 'image-text-to-text',
		multimodal: 'image-text-to-text',
		embedding: 'text-embeddings-inference',
		embeddings: 'text-embeddings-inference',
		audiotranscription: 'automatic-speech-recognition',
		transcription: 'automatic-speech-recognition',
		whisper: 'automatic-speech-recognition',
		rerank: 'text-classification',
		reranker: 'text-classification',
	},
	policy: {
		simpleshuffle: 'weighted',
		random: 'weighted',
		latencybasedrouting: 'fastest',
		lowestlatency: 'fastest',
		leastconnections: 'least-busy',
		usagebasedrouting: 'least-busy',
		roundrobin: 'round-robin',
		failover: 'in-order',
		priority: 'in-order',
		sticky: 'affinity',
	},
}

/** The equivalent of a value of another product. */
export function otherToolValue(field: string, word: string): string | undefined {
	const known = Object.hasOwn(values, field) ? values[field] : undefined
	const normalized = word.toLowerCase().replace(/[^a-z0-9]/g, '')
	return known !== undefined && Object.hasOwn(known, normalized) ? known[normalized] : undefined
}
