// The input and the interface of a chat template. It knows no template.

/** A message in the form that templates expect. */
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
	/** Whether to end with the text that opens the assistant's turn. */
	readonly opensAnswer: boolean
	/** Further variables for the template. */
	readonly variables?: Readonly<Record<string, unknown>>
}

/** @throws any error that the template raises. */
export type Render = (messages: readonly TemplateMessage[], options: RenderOptions) => string
