// Fields that this server does not support.

import { modelParameters } from './chat-schema.ts'

/** Names of the fields outside a schema, except those that are null. */
export function droppedFields(sent: Readonly<Record<string, unknown>>, known: object): readonly string[] {
	return Object.keys(sent).filter((name) => !Object.hasOwn(known, name) && sent[name] != null)
}

/** The same for a turn or a prompt, whose parameters are named like `model_parameters.top_a`. */
export function droppedOfTurn(
	sent: Readonly<Record<string, unknown>> & { readonly model_parameters?: object | null | undefined },
	known: object,
): readonly string[] {
	const parameters = droppedFields({ ...sent.model_parameters }, modelParameters.shape)
	return [...droppedFields(sent, known), ...parameters.map((name) => `model_parameters.${name}`)]
}
