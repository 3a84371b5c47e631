// The types of the official SDKs that the test enumerates. Only the type checker reads this file.

import type Anthropic from '@anthropic-ai/sdk'
import type OpenAI from 'openai'

export type ChatCompletionRequest = OpenAI.Chat.ChatCompletionCreateParamsNonStreaming
export type ChatCompletionAnswer = OpenAI.Chat.ChatCompletion
export type ChatCompletionChunk = OpenAI.Chat.ChatCompletionChunk
export type ResponsesRequest = OpenAI.Responses.ResponseCreateParamsNonStreaming
export type MessagesRequest = Anthropic.MessageCreateParamsNonStreaming
export type MessagesAnswer = Anthropic.Message
export type MessagesEvent = Anthropic.RawMessageStreamEvent
export type BetaMessagesRequest = Anthropic.Beta.MessageCreateParamsNonStreaming
export type BetaMessagesAnswer = Anthropic.Beta.BetaMessage
export type BetaMessagesEvent = Anthropic.Beta.BetaRawMessageStreamEvent
