// Vocabularies for counting tokens, by their published names.

export const tokenizers = ['o200k_base', 'cl100k_base'] as const
export type Tokenizer = (typeof tokenizers)[number]
