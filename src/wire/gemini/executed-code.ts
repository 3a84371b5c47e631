// Parts with code that the upstream executed, or with its output. Clients of other wires see them as Markdown.

import type { JsonObject } from '../../chat/json.ts'
import { field, textField } from '../json/fields.ts'

/** Whether these are the fields of such a part, whose text is then not the upstream's. */
export function isExecutedCode(part: JsonObject): boolean {
	return 'executableCode' in part || 'codeExecutionResult' in part
}

/** The part as a Markdown code block. Undefined for any other part. */
export function showExecutedCode(part: JsonObject): string | undefined {
	const code = textField(field(part, 'executableCode'), 'code')
	if (code !== undefined) return `\n\`\`\`python\n${code}\n\`\`\`\n`
	const output = textField(field(part, 'codeExecutionResult'), 'output')
	return output === undefined ? undefined : `\n\`\`\`\n${output}\n\`\`\`\n`
}
