// The bounds on the contents of a request as configuration fields of the section `limits`. It does not know what checks
// them.

import { defaultBounds, type RequestBounds } from '../http/request-bounds.ts'
import { count } from './amount.ts'

/** One setting for each bound. */
export const requestBoundFields = {
	jsonValues: bound('jsonValues', 'values', 'Maximum number of values in a JSON body, all levels together.'),
	arrayElements: bound('arrayElements', 'elements', 'Maximum number of elements of an array without its own limit.'),
	mapEntries: bound('mapEntries', 'entries', 'Maximum number of entries of an object without its own limit.'),
	messages: bound('messages', 'messages', 'Maximum number of messages, or input items, of a request.'),
	tools: bound('tools', 'tools', 'Maximum number of tools of a request.'),
	stopTexts: bound('stopTexts', 'texts', 'Maximum number of stop texts.'),
	logitBiases: bound('logitBiases', 'tokens', 'Maximum number of tokens in `logit_bias`.'),
	metadataEntries: bound('metadataEntries', 'entries', 'Maximum number of entries of `metadata`.'),
	tokenIds: bound('tokenIds', 'tokens', 'Maximum number of token ids of one prompt or input.'),
	documents: bound('documents', 'documents', 'Maximum number of documents to rank.'),
	nameCharacters: bound('nameCharacters', 'characters', 'Maximum length of names of models and tools, in characters.'),
	idCharacters: bound('idCharacters', 'characters', 'Maximum length of ids and of `user`, in characters.'),
	metadataCharacters: bound(
		'metadataCharacters',
		'characters',
		'Maximum length of a value of `metadata`, in characters.',
	),
	patternCharacters: bound(
		'patternCharacters',
		'characters',
		'Maximum length of a `pattern` in a JSON schema, in characters.',
	),
	formFields: bound('formFields', 'fields', 'Maximum number of fields of a form, files included.'),
	formRepeats: bound('formRepeats', 'fields', 'Maximum number of fields of a form with the same name.'),
	images: bound('images', 'images', 'Maximum number of images in the messages of a request.'),
	files: bound('files', 'files', 'Maximum number of files in the messages of a request.'),
	audios: bound('audios', 'audios', 'Maximum number of audio parts in the messages of a request.'),
	choices: bound('choices', 'choices', 'Maximum number of answers to one request: prompts × `n`.'),
	answerValues: bound('answerValues', 'values', 'Maximum of choices × `max_tokens` × (1 + `top_logprobs`).'),
	embeddingValues: bound('embeddingValues', 'values', 'Maximum of inputs × `dimensions` of embeddings.'),
	tokenizeCharacters: bound('tokenizeCharacters', 'characters', 'Maximum length of a text to tokenize, in characters.'),
} satisfies Record<keyof RequestBounds, unknown>

function bound(name: keyof RequestBounds, noun: string, description: string) {
	return count(noun, 1).default(defaultBounds[name]).describe(description)
}
