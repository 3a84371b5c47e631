"""Scale's API, by its tutorial and by its three official clients, with nothing changed but host, key and model."""

import json

import pytest
import requests
from openai import OpenAI
from scale_egp.sdk.client import EGPClient
from scale_egp.sdk.types.completions import ModelParameters
from scale_gp import SGPClient as FirstClient
from scale_gp import UnprocessableEntityError
from scale_gp_beta import AuthenticationError, SGPClient


def tutorial(server, model, **more):
    headers = {"accept": "application/json", "content-type": "application/json", "x-api-key": server.key}
    payload = {"model": model, "messages": [{"role": "user", "content": "Hello, what can you do?"}], **more}
    return requests.post(
        f"{server.url}/egp/v1/chat-completions", json=payload, headers=headers, stream=more.get("stream", False)
    )


def test_the_tutorial(server):
    answer = tutorial(server, server.toy).json()
    assert answer["chat_completion"]["message"]["role"] == "agent"
    assert answer["chat_completion"]["message"]["content"]
    assert answer["chat_completion"]["message"]["tool_request"] is None
    assert answer["chat_completion"]["finish_reason"] is None
    usage = answer["token_usage"]
    assert usage["total"] == usage["prompt"] + usage["completion"] > 53


def test_the_streamed_tutorial(server):
    """Every event is parsed as JSON, and its text read without a look."""
    pieces = []
    for raw_event in tutorial(server, server.toy, stream=True).iter_lines():
        if raw_event:
            event_str = raw_event.decode()
            if event_str.startswith("data: "):
                event_json_str = event_str[len("data: ") :]
                chunk = json.loads(event_json_str)
                pieces.append(chunk["chat_completion"]["message"]["content"])
    assert len(pieces) > 2
    assert "".join(pieces).strip()


@pytest.fixture
def first(server):
    return FirstClient(api_key=server.key, account_id="acct", base_url=server.url)


def test_scale_gp(server, first):
    answer = first.chat_completions.create(model="echo", messages=[{"role": "user", "content": "echo:say one two"}])
    assert answer.chat_completion.message.role == "assistant"
    assert answer.chat_completion.message.content == "one two"
    assert answer.chat_completion.finish_reason == "stop"
    assert answer.token_usage.total == answer.token_usage.prompt + answer.token_usage.completion


def test_scale_gp_streams(server, first):
    stream = first.chat_completions.create(
        model="echo", messages=[{"role": "user", "content": "echo:say one two"}], stream=True
    )
    events = [event.chat_completion for event in stream]
    texts = [
        event["message"]["content"] if isinstance(event, dict) else event.message.content for event in events
    ]
    assert "".join(texts) == "one two"


def test_scale_gp_remembers_the_last_messages(server, first):
    answer = first.chat_completions.create(
        model="echo",
        messages=[
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "a b c d e f g h"},
            {"role": "assistant", "content": "a b c d e f g h"},
            {"role": "user", "content": "echo:say last"},
        ],
        memory_strategy={"name": "last_k", "params": {"k": 1}},
        instructions=None,
    )
    whole = first.chat_completions.create(
        model="echo",
        messages=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "echo:say last"}],
        instructions=None,
    )
    assert answer.token_usage.prompt == whole.token_usage.prompt


def test_scale_gp_executes_an_agent(server, first):
    tool = {
        "name": "look",
        "description": "Looks at a place.",
        "arguments": {"type": "object", "properties": {"place": {"type": "string", "description": "which"}}},
    }
    asked = {"role": "user", "content": 'echo:tool look {"place": "Paris"}'}
    action = first.agents.execute(model="echo", messages=[asked], tools=[tool])
    assert action.action == "tool_request"
    assert action.context.tool_request.name == "look"
    assert json.loads(action.context.tool_request.arguments) == {"place": "Paris"}
    request = {"name": "look", "arguments": action.context.tool_request.arguments}
    told = [
        asked,
        {"role": "agent", "content": "", "tool_request": request},
        {"role": "tool", "name": "look", "content": "sunny"},
    ]
    action = first.agents.execute(model="echo", messages=told, tools=[tool])
    assert (action.action, action.context.content) == ("content", "sunny")


def test_scale_gp_tells_wrong_requests_apart(server, first):
    with pytest.raises(UnprocessableEntityError) as raised:
        first.chat_completions.create(
            model="echo", messages=[{"role": "user", "content": "x"}], model_parameters={"temperature": 2}
        )
    assert raised.value.body["detail"][0]["loc"] == ["body", "model_parameters", "temperature"]
    with pytest.raises(UnprocessableEntityError):
        first.chat_completions.create(model="nobody", messages=[{"role": "user", "content": "x"}])


@pytest.fixture
def later(server):
    return SGPClient(api_key=server.key, account_id="acct", base_url=server.url)


def test_scale_gp_beta(server, later):
    messages = [{"role": "user", "content": "echo:say one two"}]
    answer = later.chat.completions.create(model="echo", messages=messages)
    assert answer.choices[0].message.content == "one two"
    stream = later.chat.completions.create(model="echo", messages=messages, stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == "one two"
    names = [model.name for model in later.chat.completions.models().items]
    assert {"echo", server.toy} <= set(names)
    assert {"echo", server.toy} <= {model.name for model in later.models.list()}


def test_scale_gp_beta_tells_a_wrong_key(server):
    client = SGPClient(api_key="dgm-wrong", account_id="acct", base_url=server.url, max_retries=0)
    with pytest.raises(AuthenticationError):
        client.chat.completions.create(model="echo", messages=[{"role": "user", "content": "x"}])


def test_scale_egp(server):
    """Which finds its account by itself."""
    client = EGPClient(api_key=server.key, endpoint_url=server.url)
    assert client.account_id == "default"
    parameters = ModelParameters(temperature=0.1, max_tokens=20)
    answer = client.completions().create(
        model="echo", prompt="echo:say one two", account_id=client.account_id, model_parameters=parameters
    )
    assert (answer.completion.text, answer.completion.finish_reason) == ("one two", "stop")
    stream = client.completions().stream(model="echo", prompt="echo:say one two", account_id=client.account_id)
    assert "".join(piece.completion.text for piece in stream) == "one two"


def test_openai_at_version_5(server):
    client = OpenAI(base_url=f"{server.url}/v5", api_key="unused", default_headers={"x-api-key": server.key, "authorization": ""})
    stream = client.chat.completions.create(
        model="echo", messages=[{"role": "user", "content": "echo:say one two"}], stream=True
    )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == "one two"
