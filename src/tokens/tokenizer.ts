// The vocabularies that tokens can be counted in, by their published names.

export const tokenizers = ['o200k_base', 'cl100k_base'] as const
export type Tokenizer = (typeof tokenizers)[number]
