"""Anthropic's Python SDK against the server: helpers, errors and what they read unguarded. The echo engine answers."""

import anthropic
import pytest
from anthropic import Anthropic, AsyncAnthropic, beta_async_tool, beta_tool
from pydantic import BaseModel

MODEL = "echo"
WEATHER = {
    "name": "get_weather",
    "description": "get weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@pytest.fixture
def client(server):
    return Anthropic(base_url=server.url, api_key=server.key, max_retries=0)


def ask(text, **options):
    return {"model": MODEL, "max_tokens": 1000, "messages": [{"role": "user", "content": text}], **options}


def test_answers_and_request_id(client):
    message = client.messages.create(**ask("echo:say Hello there"))
    assert [block.text for block in message.content] == ["Hello there"]
    assert message.stop_reason == "end_turn"
    assert message.usage.output_tokens == 2
    assert message.id.startswith("msg_")
    assert message._request_id.startswith("req_")


def test_bearer_token(server):
    client = Anthropic(base_url=server.url, auth_token=server.key, api_key=None, max_retries=0)
    assert client.messages.create(**ask("echo:say yes")).content[0].text == "yes"


def test_stream_helper(client):
    prompt = 'echo:reasoning I had better look.\necho:say A moment.\necho:tool get_weather {"city": "Paris"}'
    with client.messages.stream(**ask(prompt, tools=[WEATHER])) as stream:
        kinds = [event.type for event in stream]
        message = stream.get_final_message()
    thinking, text, call = message.content
    assert (thinking.thinking, text.text, call.input) == ("I had better look.", "A moment.", {"city": "Paris"})
    assert message.stop_reason == "tool_use"
    assert message.usage.input_tokens > 5
    assert {"thinking", "text", "input_json", "content_block_stop", "message_stop"} <= set(kinds)


async def test_async_stream(server):
    client = AsyncAnthropic(base_url=server.url, api_key=server.key)
    async with client.messages.stream(**ask("echo:repeat 3 hi")) as stream:
        assert "".join([text async for text in stream.text_stream]) == "hi hi hi"


def test_tool_runner(client):
    cities = []

    @beta_tool
    def get_weather(city: str) -> str:
        """Get the weather.

        Args:
            city: Where.
        """
        cities.append(city)
        return f"Sunny in {city}."

    runner = client.beta.messages.tool_runner(**ask('echo:tool get_weather {"city": "Paris"}', tools=[get_weather]))
    assert runner.until_done().content[0].text == "Sunny in Paris."
    assert cities == ["Paris"]


def user(text):
    return {"role": "user", "content": text}


def test_thread(client):
    thread = client.beta.messages.thread(model=MODEL, max_tokens=1000, system="Be brief.")
    first = thread.send(user("echo:say one"))
    assert first.content[0].text == "one"
    with thread.stream(user("echo:say two")) as stream:
        second = stream.get_final_message()
    assert thread.previous_message_id == second.id
    fork = thread.fork()
    assert thread.send(user("echo:say left")).content[0].text == "left"
    assert fork.send(user("echo:say right")).content[0].text == "right"
    assert (len(thread.messages), len(fork.messages)) == (6, 6)
    with pytest.raises(anthropic.BadRequestError) as raised:
        continued = {"type": "continue", "previous_message_id": second.id}
        client.beta.messages.create(model=MODEL, max_tokens=10, messages=[user("hi")], thread=continued)
    assert raised.value.body["error"]["details"] == {"error_code": "thread_already_continued"}


async def test_async_thread_with_tools(server):
    @beta_async_tool
    async def get_weather(city: str) -> str:
        """Get the weather.

        Args:
            city: Where.
        """
        return f"Sunny in {city}."

    client = AsyncAnthropic(base_url=server.url, api_key=server.key)
    thread = client.beta.messages.thread(model=MODEL, max_tokens=1000, tools=[get_weather])
    thread.append(user('echo:tool get_weather {"city": "Paris"}'))
    last = await thread.tool_runner().until_done()
    assert last.content[0].text == "Sunny in Paris."
    assert len(thread.messages) == 4
    assert (await thread.send(user("echo:say more"))).content[0].text == "more"


def test_thread_on_the_embedded_engine(client, server):
    thread = client.beta.messages.thread(model=server.model, max_tokens=20, extra_body={"temperature": 0})
    first = thread.send(user("My name is Ada."))
    second = thread.send(user("What is my name?"))
    whole = [user("My name is Ada."), {"role": "assistant", "content": first.content}, user("What is my name?")]
    replayed = client.messages.create(model=server.model, max_tokens=20, messages=whole, extra_body={"temperature": 0})
    assert second.content[0].text == replayed.content[0].text
    assert second.usage.input_tokens + second.usage.cache_read_input_tokens == (
        replayed.usage.input_tokens + replayed.usage.cache_read_input_tokens
    )


def test_thread_not_found(client):
    with pytest.raises(anthropic.NotFoundError) as raised:
        missing = {"type": "continue", "previous_message_id": "msg_00000000000000000000000000000000"}
        client.beta.messages.create(model=MODEL, max_tokens=10, messages=[user("hi")], thread=missing)
    assert raised.value.body["error"]["details"] == {"error_code": "thread_not_found"}


def test_no_output_on_the_embedded_engine(client, server):
    message = client.messages.create(model=server.toy, max_tokens=0, messages=[user("Who wrote the play Hamlet, and when?")])
    assert (message.content, message.stop_reason, message.usage.output_tokens) == ([], "max_tokens", 0)
    assert message.usage.input_tokens > 5


def test_counts_at_the_start_of_a_stream(client, server):
    prompt = {"model": server.toy, "max_tokens": 20, "messages": [user("How tall is the highest mountain?")]}
    with client.messages.stream(**prompt) as stream:
        started = next(event for event in stream if event.type == "message_start").message.usage
        ended = stream.get_final_message().usage
    assert started.input_tokens > 5
    assert started.input_tokens == ended.input_tokens + ended.cache_read_input_tokens


def test_structured_output(client):
    class Place(BaseModel):
        city: str

    assert isinstance(client.messages.parse(**ask("where?", output_format=Place)).parsed_output, Place)


def test_token_count(client):
    few = client.messages.count_tokens(model=MODEL, messages=ask("hello")["messages"])
    more = client.messages.count_tokens(model=MODEL, messages=ask("hello there, how are you?")["messages"])
    assert 0 < few.input_tokens < more.input_tokens


def test_models(client, server):
    names = [model.id for model in client.models.list(limit=2)]
    assert names == [server.toy, server.model, MODEL]
    assert client.models.retrieve(MODEL).created_at.year >= 2020


@pytest.mark.parametrize(
    "kind, error, word",
    [
        ("invalid-request", anthropic.BadRequestError, "invalid_request_error"),
        ("forbidden", anthropic.PermissionDeniedError, "permission_error"),
        ("not-found", anthropic.NotFoundError, "not_found_error"),
        ("too-large", anthropic.APIStatusError, "request_too_large"),
        ("internal", anthropic.InternalServerError, "api_error"),
    ],
)
def test_errors(client, kind, error, word):
    with pytest.raises(error) as raised:
        client.messages.create(**ask(f"echo:error {kind}"))
    assert raised.value.body["error"]["type"] == word
    assert raised.value.request_id.startswith("req_")


def test_wrong_key(server):
    with pytest.raises(anthropic.AuthenticationError):
        Anthropic(base_url=server.url, api_key="sk-wrong").messages.create(**ask("hi"))


def test_error_in_the_middle(client):
    seen = []
    with pytest.raises(anthropic.APIStatusError) as raised:
        with client.messages.stream(**ask("echo:error-after 2 internal")) as stream:
            for text in stream.text_stream:
                seen.append(text)
    assert "".join(seen) == "word word"
    assert raised.value.body["error"]["type"] == "api_error"


def test_real_model(client, server):
    message = client.messages.create(
        model=server.toy, max_tokens=50, extra_body={"temperature": 0},
        messages=[{"role": "user", "content": "What is the capital of France?"}],
    )
    assert message.content[0].text == "The capital of France is Paris."
    assert (message.stop_reason, message.usage.input_tokens > 5) == ("end_turn", True)


def test_many_stop_sequences_on_the_embedded_engine(client, server):
    message = client.messages.create(
        model=server.toy, max_tokens=50, extra_body={"temperature": 0},
        stop_sequences=["one", "two", "three", "four", "five", "Paris"],
        messages=[user("What is the capital of France?")],
    )
    assert (message.stop_reason, message.stop_sequence) == ("stop_sequence", "Paris")
