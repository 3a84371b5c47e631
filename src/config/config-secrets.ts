// The secrets of a configuration, for texts that must not contain them. It does not know which fields are secret: the
// schema marks them.

import { isObject } from '../chat/json.ts'
import { fieldAt } from './field.ts'
import { type ConfigFile, configSchema } from './schema.ts'

/** Every text in a field that the schema marks as a secret. */
export function configSecrets(config: ConfigFile): readonly string[] {
	return [...leavesOf(config, [])].filter(({ path }) => isSecret(path, config)).map(({ text }) => text)
}

/** Whether the field or one that contains it is a secret. A secret of any form has no fields in the schema. */
function isSecret(path: readonly string[], config: ConfigFile): boolean {
	return path.some((_, index) => fieldAt(configSchema, path.slice(0, index + 1), config)?.secret === true)
}

interface TextLeaf {
	readonly path: readonly string[]
	readonly text: string
}

function* leavesOf(value: unknown, path: readonly string[]): Generator<TextLeaf> {
	if (typeof value === 'string') yield { path, text: value }
	else if (Array.isArray(value)) for (const [index, one] of value.entries()) yield* leavesOf(one, [...path, `${index}`])
	else if (isObject(value)) for (const [name, one] of Object.entries(value)) yield* leavesOf(one, [...path, name])
}
