// What a chat template is given, and what it makes of it. It knows no template.

/** A message as templates know them. */
export interface TemplateMessage {
	readonly role: string
	readonly content: string
	readonly name?: string
	readonly reasoning_content?: string
	readonly tool_calls?: readonly {
		readonly id: string
		readonly type: 'function'
		readonly function: { readonly name: string; readonly arguments: unknown }
	}[]
	readonly tool_call_id?: string
}

export interface RenderOptions {
	readonly tools?: readonly unknown[]
	/** End with what makes the assistant speak. */
	readonly opensAnswer: boolean
	/** Further variables that the template may look at. */
	readonly variables?: Readonly<Record<string, unknown>>
}

/** @throws whatever the template raises. */
export type Render = (messages: readonly TemplateMessage[], options: RenderOptions) => string
