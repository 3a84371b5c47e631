"""The tutorials of four services, with nothing changed but base URL, key and model name."""

import pytest
import requests
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI
from langchain_openai import OpenAI as LangChainOpenAI
from openai import NotFoundError, OpenAI


@pytest.fixture
def client(server):
    return OpenAI(base_url=f"{server.url}/v1", api_key=server.key)


def test_albert_chat_without_history(server):
    """Albert API, 2024: the base URL ends in a slash, and requests makes two of it."""
    base_url = f"{server.url}/v1/"
    data = {"model": server.toy, "messages": [{"role": "user", "content": "Hi!"}], "stream": False, "n": 1}
    answer = OpenAI(base_url=base_url, api_key=server.key).chat.completions.create(**data)
    assert answer.choices[0].message.content

    session = requests.session()
    session.headers = {"Authorization": f"Bearer {server.key}"}
    response = session.post(url=f"{base_url}/chat/completions", json=data)
    assert response.status_code == 200
    assert response.json()["choices"][0]["message"]["role"] == "assistant"


def test_opengatellm_unstreamed_and_streamed(client):
    models = client.models.list().data
    model = [model for model in models if model.type in ["text-generation", "image-text-to-text"]][0].id

    data = {"model": model, "messages": [{"role": "user", "content": "Hi Albert !"}], "stream": False, "n": 1}
    response = client.chat.completions.create(**data)
    assert isinstance(response.choices[0].message.content, str)

    data = {"model": model, "messages": [{"role": "user", "content": "What's up Albert ?"}], "stream": True, "n": 1}
    response = client.chat.completions.create(**data)
    printed = []
    for chunk in response:
        if chunk.choices[0].finish_reason is not None:
            break
        printed.append(chunk.choices[0].delta.content)
    assert printed[0] == ""
    assert all(isinstance(piece, str) for piece in printed)
    assert "".join(printed) != ""


def test_aleph_alpha_streamed_at_the_root(server):
    client = OpenAI(api_key=server.key, base_url=server.url)
    messages = client.chat.completions.create(
        model=server.model,
        stream=True,
        messages=[
            {"role": "user", "content": "What is answer to the ultimate question of life, the universe, and everything? Be brief."},
            {"role": "assistant", "content": "42."},
            {"role": "user", "content": "Why was that number chosen?"},
        ],
        max_tokens=40,
    )
    printed = [message.choices[0].delta.content for message in messages]
    assert printed.count(None) == 1 and printed[-1] is None
    assert "".join(printed[:-1]) != ""


def langchain(server, **options):
    return ChatOpenAI(model=server.model, base_url=f"{server.url}/v1", api_key=server.key, temperature=0, **options)


def test_langchain_invoke_tells_every_attribute(server):
    messages = [
        SystemMessage(content="You are a helpful assistant."),
        HumanMessage(content="What is the capital of France?"),
        AIMessage(content="The capital of France is Paris."),
        HumanMessage(content="What is the capital of Germany?"),
    ]
    response = langchain(server, max_tokens=40).invoke(messages)
    assert response.content
    assert response.additional_kwargs == {"refusal": None}
    metadata = response.response_metadata
    assert metadata["model_name"] == server.model
    assert metadata["finish_reason"] in ("stop", "length")
    assert metadata["logprobs"] is None
    assert "system_fingerprint" in metadata
    usage = metadata["token_usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    details = usage["completion_tokens_details"]
    for name in ("accepted_prediction_tokens", "audio_tokens", "reasoning_tokens", "rejected_prediction_tokens"):
        assert details[name] == 0
    assert usage["prompt_tokens_details"]["audio_tokens"] == 0
    assert response.usage_metadata["input_tokens"] == usage["prompt_tokens"]
    assert set(response.usage_metadata["output_token_details"]) >= {"audio", "reasoning"}


def test_openai_with_logprobs_and_explicit_nulls(client, server):
    params = {
        "model": server.model,
        "messages": [{"role": "developer", "content": "You are a helpful assistant."}, {"role": "user", "content": "Hello!"}],
        "max_tokens": 500,
        "temperature": 0,
        "stop": None,
        "seed": 123,
        "logprobs": True,
        "top_logprobs": 5,
    }
    choice = client.chat.completions.create(**params).choices[0]
    tokens = choice.logprobs.content
    assert choice.finish_reason == "stop"
    assert b"".join(bytes(token.bytes) for token in tokens).decode() == choice.message.content
    for token in tokens:
        assert len(token.top_logprobs) == 5
        assert token.logprob <= 0
        assert token.top_logprobs[0].logprob >= token.top_logprobs[4].logprob
        assert token.top_logprobs[0].token == token.token

    nulls = client.chat.completions.create(**{**params, "logprobs": None, "top_logprobs": None})
    assert nulls.choices[0].logprobs is None
    assert nulls.choices[0].message.content == choice.message.content


def test_langchain_legacy_completion_of_a_chat_model(server):
    llm = LangChainOpenAI(model=server.model, base_url=f"{server.url}/v1", api_key=server.key, temperature=0)
    with pytest.raises(NotFoundError) as failure:
        llm.invoke("What is the capital of France?")
    assert failure.value.body == {
        "message": "This is a chat model and not supported in the v1/completions endpoint. Did you mean to use v1/chat/completions?",
        "type": "invalid_request_error",
        "param": "model",
        "code": None,
    }
