// Saves tools as a file, which the settings import again.

import { saveFile } from '../parts/save-file.ts'
import type { FunctionTool } from '../state/function-tools.ts'

export const exportTools = (tools: readonly FunctionTool[]): void =>
	saveFile('tools.json', new Blob([JSON.stringify(tools, null, 2)], { type: 'application/json' }))
