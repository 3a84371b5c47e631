import type { JsonObject } from '../chat/json.ts'
export function strictViolation(_: JsonObject): { readonly context: string; readonly message: string } | undefined {
	return undefined
}
