// Values for the fields of the SDKs' types. A field gets any text or number, unless its name is in a table below,
// because the API allows only some texts or numbers for it.

/** A text that occurs nowhere else. It is also a valid id, name and base64 text. */
export function markOf(index: number): string {
	return `mk${index.toString(36).padStart(6, '0')}`
}

/** What fields that are not under test contain. */
export const plainText = 'sample00'

/** Texts by the name of the field, for fields that do not allow any text. `mark` is part of each. */
const texts: Readonly<Record<string, (mark: string) => string>> = {
	url: (mark) => `https://files.test/${mark}.png`,
	image_url: (mark) => `https://files.test/${mark}.png`,
	file_url: (mark) => `https://files.test/${mark}.pdf`,
	server_url: (mark) => `https://tools.test/${mark}`,
	file_data: (mark) => `data:application/pdf;base64,${mark}`,
	arguments: (mark) => `{"place":"${mark}"}`,
}

const numbers: Readonly<Record<string, number>> = {
	n: 2,
	index: 0,
	output_index: 0,
	content_index: 0,
	// Counts that include others.
	prompt_tokens: 40,
	completion_tokens: 40,
	total_tokens: 80,
	output_tokens: 40,
	cache_creation_input_tokens: 6,
	temperature: 0.5,
	top_p: 0.5,
	top_k: 3,
	frequency_penalty: 0.5,
	presence_penalty: 0.5,
	top_logprobs: 3,
	budget_tokens: 1024,
	max_tokens: 2048,
	max_output_tokens: 64,
	max_completion_tokens: 64,
}

/** Fields whose types allow any JSON, although the API requires a form. */
const forms: Readonly<Record<string, (mark: string) => unknown>> = {
	parameters: schemaWith,
	schema: schemaWith,
	input_schema: schemaWith,
	output_schema: schemaWith,
	// Of `allowed_tools`.
	tools: (mark) => ({ type: 'function', name: mark, function: { name: mark } }),
}

function schemaWith(mark: string): unknown {
	return { type: 'object', properties: { [mark]: { type: 'string' } }, required: [mark], additionalProperties: false }
}

export function textFor(name: string, mark: string): string {
	return texts[name]?.(mark) ?? mark
}

export function numberFor(name: string): number {
	return numbers[name] ?? 3
}

export function hasForm(name: string): boolean {
	return name in forms
}

/** A value for a field whose type allows any JSON. */
export function jsonFor(name: string, mark: string): unknown {
	return forms[name]?.(mark) ?? { [mark]: mark }
}

/** A key for a record with values of a type. */
export function keyFor(name: string, mark: string): string {
	return name === 'logit_bias' ? '17' : mark
}
