// Fields that earlier versions had under another name. The former name still works, with a warning.

import { isObject } from '../chat/json.ts'
import type { ConfigProblem } from './config-problem.ts'

interface RenamedField {
	/** The field that contains it, at the top level. */
	readonly parent: string
	readonly former: string
	readonly name: string
}

const renamedFields: readonly RenamedField[] = [{ parent: 'history', former: 'albert', name: 'userId' }]

export interface RenamedValues {
	readonly values: Readonly<Record<string, unknown>>
	/** One for each former name. */
	readonly warnings: readonly ConfigProblem[]
	/** One for each field that is set under both names. */
	readonly problems: readonly ConfigProblem[]
}

/** @param given the fields of a file, which may be invalid. */
export function renameFields(given: Readonly<Record<string, unknown>>): RenamedValues {
	let values = given
	const warnings: ConfigProblem[] = []
	const problems: ConfigProblem[] = []
	for (const { parent, former, name } of renamedFields) {
		const fields = values[parent]
		if (!isObject(fields) || !Object.hasOwn(fields, former)) continue
		const path = [parent, former]
		const { [former]: value, ...others } = fields
		if (Object.hasOwn(others, name)) {
			problems.push({ path, message: `this is the former name of "${name}", which is set as well: remove it` })
			values = { ...values, [parent]: others }
			continue
		}
		warnings.push({ path, message: `deprecated: write ${parent}.${name}` })
		values = { ...values, [parent]: { ...others, [name]: value } }
	}
	return { values, warnings, problems }
}
