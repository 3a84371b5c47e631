"""Aleph Alpha's API, by its official client: the path without a version of its cloud, /v1 of PhariaAI, and the mount."""

import json

import pytest
from aleph_alpha_client import (
    AsyncClient,
    BatchSemanticEmbeddingRequest,
    BusyError,
    Client,
    CompletionRequest,
    DetokenizationRequest,
    Prompt,
    SemanticEmbeddingRequest,
    SemanticRepresentation,
    TokenizationRequest,
)
from aleph_alpha_client.chat import ChatRequest, ChatStreamChunk, FinishReason, Message, Role, StreamOptions, Usage
from openai import OpenAI


@pytest.fixture(params=["", "/v1", "/aleph-alpha"])
def host(server, request):
    return server.url + request.param


@pytest.fixture
def client(server, host):
    return Client(token=server.key, host=host, total_retries=0)


def asking(text, **more):
    return ChatRequest(model="echo", messages=[Message(role=Role.User, content=text)], **more)


def test_chats(client):
    answer = client.chat(asking("echo:say one two"), model="echo")
    assert (answer.message.role, answer.message.content) == (Role.Assistant, "one two")
    assert answer.finish_reason == FinishReason.Stop


def test_bounds_answers(client):
    answer = client.chat(asking("echo:say one two three four", maximum_tokens=2), model="echo")
    assert answer.finish_reason == FinishReason.Length
    assert answer.message.content.split() == ["one", "two"]


async def test_streams(server, host):
    request = asking("echo:say one two", stream_options=StreamOptions(include_usage=True))
    async with AsyncClient(token=server.key, host=host, total_retries=0, nice=True) as client:
        items = [item async for item in client.chat_with_streaming(request, model="echo")]
    texts = [item for item in items if isinstance(item, ChatStreamChunk)]
    assert texts[0].role == Role.Assistant
    assert "".join(item.content for item in texts) == "one two"
    assert items[-2] == FinishReason.Stop
    assert isinstance(items[-1], Usage) and items[-1].completion_tokens >= 2


async def test_streams_tool_calls(server, host):
    tool = {
        "type": "function",
        "function": {
            "name": "look",
            "parameters": {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
        },
    }
    request = asking('echo:tool look {"place": "Paris"}', tools=[tool])
    async with AsyncClient(token=server.key, host=host, total_retries=0) as client:
        items = [item async for item in client.chat_with_streaming(request, model="echo")]
    call = items[-2]
    assert items[-1] == FinishReason.ToolCalls
    assert call.function.name == "look"
    assert json.loads(call.function.arguments) == {"place": "Paris"}


def test_completes(client):
    request = CompletionRequest(prompt=Prompt.from_text("one two three"), maximum_tokens=2)
    answer = client.complete(request, model="echo")
    assert answer.completions[0].completion.split() == ["one", "two"]
    assert answer.completions[0].finish_reason == "maximum_tokens"
    assert (answer.num_tokens_prompt_total, answer.num_tokens_generated) == (3, 2)


async def test_completes_in_a_stream(server, host):
    request = CompletionRequest(prompt=Prompt.from_text("one two three"), maximum_tokens=2)
    async with AsyncClient(token=server.key, host=host, total_retries=0) as client:
        items = [item async for item in client.complete_with_streaming(request, model="echo")]
    assert [type(item).__name__ for item in items][-2:] == ["StreamSummary", "CompletionSummary"]
    assert "".join(item.completion for item in items[:-2]).split() == ["one", "two"]
    assert items[-1].num_tokens_generated == 2


def test_embeds(client):
    request = SemanticEmbeddingRequest(
        prompt=Prompt.from_text("cats sleep"), representation=SemanticRepresentation.Symmetric
    )
    one = client.semantic_embed(request, model="echo")
    assert len(one.embedding) > 10
    prompts = [Prompt.from_text(text) for text in ("cats sleep", "dogs bark")]
    batch = BatchSemanticEmbeddingRequest(prompts=prompts, representation=SemanticRepresentation.Symmetric)
    many = client.batch_semantic_embed(batch, model="echo")
    assert many.embeddings[0] == one.embedding != many.embeddings[1]


def test_knows_models_and_version(client):
    client.validate_version()
    assert {"echo", "tiny-chat"} <= {model["name"] for model in client.models()}


def test_tells_errors_apart(server, host, client):
    with pytest.raises(ValueError, match="MISSING_CAPABILITY"):
        client.complete(CompletionRequest(prompt=Prompt.from_text("x"), maximum_tokens=1), model=server.toy)
    with pytest.raises(RuntimeError, match="UNKNOWN_MODEL"):
        client.chat(asking("x"), model="nobody")
    with pytest.raises(BusyError, match="QUEUE_FULL"):
        client.chat(asking("echo:error overloaded"), model="echo")
    with pytest.raises(PermissionError):
        Client(token="dgm-wrong", host=host, total_retries=0).chat(asking("x"), model="echo")


def test_tokens_of_the_embedded_model(server, client):
    tokens = client.tokenize(TokenizationRequest(prompt="Hello, World!", tokens=True, token_ids=True), model=server.model)
    assert len(tokens.tokens) == len(tokens.token_ids) > 1
    assert client.detokenize(DetokenizationRequest(token_ids=tokens.token_ids), model=server.model).result == "Hello, World!"


def test_openai_without_a_version_in_the_path(server):
    """The tutorial of the cloud; the end of the stream is told once."""
    client = OpenAI(api_key=server.key, base_url=server.url)
    stream = client.chat.completions.create(
        model="echo", stream=True, messages=[{"role": "user", "content": "echo:say one two"}]
    )
    printed = [message.choices[0].delta.content for message in stream]
    assert "".join(text or "" for text in printed) == "one two"
    assert printed.count(None) == 1
