// The line that makes a client of OpenAI's library for Python. It does not know where it is shown.

/** @param root the address of the page, with `/` at its end. */
export const writeClientLine = (root: string, key: string): string =>
	`client = OpenAI(base_url=${JSON.stringify(`${root}openai/v1`)}, api_key=${JSON.stringify(key)})`
