// The bounds of the fields of all dialects, by path. Names mean the same in every dialect, so one tree serves all; a
// field without an entry has the bounds of any array and of any object. It does not know how bounds are checked.

import type { BoundedField } from '../http/json-bounds.ts'

const name: BoundedField = { characters: 'nameCharacters' }
const id: BoundedField = { characters: 'idCharacters' }
const tokenIds: BoundedField = { numbers: 'tokenIds' }
const documents: BoundedField = { elements: 'documents' }

/** A text or texts. */
const stop: BoundedField = { elements: 'stopTexts', characters: 'idCharacters', each: { characters: 'idCharacters' } }

/** An object with these members. */
function object(members: Readonly<Record<string, BoundedField>>): BoundedField {
	return { members: new Map(Object.entries(members)) }
}

/** A JSON schema: `pattern` at any depth. A property may have that name as well. */
const schema: BoundedField = {
	get members() {
		return schemaMembers
	},
	get each() {
		return schema
	},
}
const pattern: BoundedField = {
	characters: 'patternCharacters',
	get members() {
		return schemaMembers
	},
	each: schema,
}
const schemaMembers: ReadonlyMap<string, BoundedField> = new Map([['pattern', pattern]])

const named = object({ name, parameters: schema, input_schema: schema, schema })
const tool = object({
	...{ name, parameters: schema, input_schema: schema, function: named, custom: named },
	tools: { elements: 'tools', each: named },
})
const tools: BoundedField = { elements: 'tools', each: tool }
const call = object({ id, call_id: id, tool_use_id: id, tool_call_id: id, name, function: named, custom: named })
const message = object({
	...{ id, call_id: id, tool_call_id: id, name, tools },
	tool_calls: { each: call },
	content: { each: call },
})
const messages: BoundedField = { elements: 'messages', each: message }
/** Texts, token ids, or items with token ids. */
const prompt: BoundedField = { numbers: 'tokenIds', each: { ...tokenIds, members: new Map([['data', tokenIds]]) } }

export const fieldBounds: BoundedField = object({
	model: name,
	messages,
	chat_history: messages,
	items: messages,
	// Messages of Responses, and inputs of embeddings.
	input: { ...prompt, elements: 'messages', each: { ...prompt.each, members: message.members } },
	tools,
	functions: { elements: 'tools', each: named },
	tool_choice: tool,
	response_format: object({ json_schema: named, schema }),
	text: object({ format: named }),
	output_format: named,
	output_config: object({ format: named }),
	stop,
	stop_sequences: stop,
	logit_bias: { entries: 'logitBiases' },
	metadata: { entries: 'metadataEntries', each: { characters: 'metadataCharacters' } },
	prompt,
	prompts: { each: prompt },
	tokens: tokenIds,
	token_ids: tokenIds,
	prompt_token_ids: tokenIds,
	documents,
	texts: documents,
	chunks: documents,
	user: id,
	id,
	safety_identifier: id,
	prompt_cache_key: id,
	previous_response_id: id,
	conversation: { ...id, members: new Map([['id', id]]) },
})
