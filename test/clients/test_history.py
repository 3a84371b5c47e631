"""Stored conversations, through the clients of each dialect: Albert's code of seed 000, OpenAI's Responses, Conversations and
stored completions, LangChain on Responses."""

import subprocess
import time

import openai
import pytest
import requests
from conftest import ROOT
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

MODEL = "echo"


@pytest.fixture(scope="module")
def client(server):
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key=server.key, max_retries=0)


@pytest.fixture(scope="module")
def albert_key(server):
    command = [ROOT / "node_modules" / ".bin" / "bun", ROOT / "src" / "main.ts", "keys", "create"]
    flags = ["--name", "albert", "--history", "user-id", "--data", server.data]
    return subprocess.run([*command, *flags], check=True, capture_output=True, text=True).stdout.strip()


def test_seed_000_with_history(server, albert_key):
    base_url = f"{server.url}/v1/"
    session = requests.session()
    session.headers = {"Authorization": f"Bearer {albert_key}"}
    user = "leo"
    data = {
        "model": MODEL,
        "messages": [{"role": "user", "content": "Salut Albert !"}],
        "stream": False,
        "n": 1,
        "user": user,
    }
    response = session.post(url=f"{base_url}/chat/completions", json=data)
    first = response.json()
    chat_id = first["id"]
    assert len(chat_id) == 36
    data = {
        "model": MODEL,
        "messages": [{"role": "user", "content": "Quel est mon précédent message ?"}],
        "stream": False,
        "n": 1,
        "user": user,
        "id": chat_id,
    }
    response = session.post(url=f"{base_url}/chat/completions", json=data)
    second = response.json()
    assert second["id"] == chat_id
    assert second["usage"]["prompt_tokens"] > first["usage"]["prompt_tokens"] * 2
    history = session.get(f"{server.url}/v1/chat/history/{user}").json()
    assert [m["content"] for m in history[chat_id]["messages"]] == [
        "Salut Albert !",
        "Salut Albert !",
        "Quel est mon précédent message ?",
        "Quel est mon précédent message ?",
    ]
    assert session.get(f"{server.url}/v1/chat/history/{user}/{chat_id}").json() == history[chat_id]
    assert session.get(f"{server.url}/v1/chat/history/nobody").json() == {}
    unknown = session.post(f"{base_url}/chat/completions", json={**data, "id": "d433a128-8b53-42bd-b89f-156c75e102b3"})
    assert unknown.status_code == 404


def test_a_user_alone_is_not_history_elsewhere(server):
    headers = {"Authorization": f"Bearer {server.key}"}
    body = {"model": MODEL, "user": "leo", "messages": [{"role": "user", "content": "hi"}]}
    answer = requests.post(f"{server.url}/v1/chat/completions", json=body, headers=headers)
    assert answer.json()["id"].startswith("chatcmpl-")
    assert requests.get(f"{server.url}/v1/chat/history/leo", headers=headers).json() == {}


def test_responses_follow_each_other(client):
    first = client.responses.create(model=MODEL, input="My name is Ada.")
    assert first.output_text == "My name is Ada."
    second = client.responses.create(model=MODEL, input="And?", previous_response_id=first.id)
    assert second.usage.input_tokens > first.usage.input_tokens
    items = client.responses.input_items.list(second.id, order="asc").data
    assert [item.content[0].text for item in items][-1] == "And?"
    again = client.responses.retrieve(second.id)
    assert (again.output_text, again.status, again.previous_response_id) == ("And?", "completed", first.id)
    client.responses.delete(second.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(second.id)
    with pytest.raises(openai.BadRequestError) as raised:
        client.responses.create(model=MODEL, input="x", previous_response_id=second.id)
    assert raised.value.code == "previous_response_not_found"


def test_responses_stream_with_the_helper(client):
    with client.responses.stream(model=MODEL, input="one two three") as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert kinds[0] == "response.created" and kinds[-1] == "response.completed"
    assert kinds.count("response.output_text.delta") == 3
    assert final.output_text == "one two three"


def test_responses_in_the_background_are_picked_up(client):
    begun = client.responses.create(model=MODEL, input="echo:delay 5 one two three four five six seven eight nine ten", background=True, stream=True)
    seen = []
    for event in begun:
        seen.append(event)
        if len(seen) == 5:
            break
    begun.close()
    response_id = seen[0].response.id
    rest = list(client.responses.retrieve(response_id, stream=True, starting_after=seen[-1].sequence_number))
    numbers = [event.sequence_number for event in seen + rest]
    assert numbers == list(range(len(numbers)))
    assert rest[-1].type == "response.completed"
    assert client.responses.retrieve(response_id).output_text == rest[-1].response.output_text


def test_a_response_in_the_background_is_cancelled(client):
    begun = client.responses.create(model=MODEL, input="echo:hang-after 1", background=True)
    assert begun.status in ("queued", "in_progress")
    ended = client.responses.cancel(begun.id)
    assert ended.status == "cancelled"
    assert client.responses.retrieve(begun.id).status == "cancelled"


def test_conversations(client):
    conversation = client.conversations.create(
        metadata={"topic": "demo"},
        items=[{"type": "message", "role": "user", "content": "Hello!"}],
    )
    client.responses.create(model=MODEL, input="How are you?", conversation=conversation.id)
    items = client.conversations.items.list(conversation.id, order="asc").data
    assert [item.content[0].text for item in items] == ["Hello!", "How are you?", "How are you?"]
    item = client.conversations.items.retrieve(items[0].id, conversation_id=conversation.id)
    assert item.content[0].text == "Hello!"
    client.conversations.items.delete(items[0].id, conversation_id=conversation.id)
    updated = client.conversations.update(conversation.id, metadata={"topic": "other"})
    assert updated.metadata == {"topic": "other"}
    assert client.conversations.delete(conversation.id).deleted is True
    with pytest.raises(openai.NotFoundError):
        client.conversations.retrieve(conversation.id)


def test_stored_completions(client):
    kept = client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": "keep me"}], store=True, metadata={"run": "7"}
    )
    found = client.chat.completions.retrieve(kept.id)
    assert found.choices[0].message.content == "keep me"
    assert [one.id for one in client.chat.completions.list(metadata={"run": "7"})] == [kept.id]
    assert [m.content for m in client.chat.completions.messages.list(kept.id)] == ["keep me"]
    assert client.chat.completions.update(kept.id, metadata={"run": "8"}).metadata == {"run": "8"}
    assert client.chat.completions.delete(kept.id).deleted is True
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.retrieve(kept.id)
    loose = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "x"}])
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.retrieve(loose.id)


def test_one_conversation_in_three_dialects(server, client, albert_key):
    albert = openai.OpenAI(base_url=f"{server.url}/v1", api_key=albert_key, max_retries=0)
    body = {"model": MODEL, "user": "ada", "messages": [{"role": "user", "content": "begun at Albert"}]}
    begun = requests.post(
        f"{server.url}/v1/chat/completions", json=body, headers={"Authorization": f"Bearer {albert_key}"}
    ).json()
    chat = albert.chat.completions.with_raw_response.create(
        model=MODEL,
        messages=[{"role": "user", "content": "gone on in chat"}],
        extra_headers={"x-dragoman-conversation": begun["id"]},
    )
    conversation = chat.headers["x-dragoman-conversation"]
    assert conversation == "conv_" + begun["id"].replace("-", "")
    albert.responses.create(model=MODEL, input="and in Responses", conversation=conversation)
    texts = [item.content[0].text for item in albert.conversations.items.list(conversation, order="asc")]
    assert texts[::2] == ["begun at Albert", "gone on in chat", "and in Responses"]
    with pytest.raises(openai.NotFoundError):
        client.conversations.retrieve(conversation)


def test_langchain_on_responses(server):
    llm = ChatOpenAI(model=MODEL, base_url=f"{server.url}/v1", api_key=server.key, use_responses_api=True)
    first = llm.invoke([HumanMessage("Hello")])
    assert first.text == "Hello"
    second = llm.invoke([HumanMessage("more")], previous_response_id=first.response_metadata["id"])
    assert second.usage_metadata["input_tokens"] > first.usage_metadata["input_tokens"]
    assert "".join(chunk.text for chunk in llm.stream([HumanMessage("a b c")])) == "a b c"

    @tool
    def get_weather(city: str) -> str:
        """Tells the weather."""
        return city

    called = llm.bind_tools([get_weather], tool_choice="get_weather").invoke([HumanMessage("Paris?")])
    assert [call["name"] for call in called.tool_calls] == ["get_weather"]


def test_a_stream_that_is_picked_up(server):
    headers = {"Authorization": f"Bearer {server.key}", "x-dragoman-resumable": "1"}
    body = {"model": MODEL, "stream": True, "messages": [{"role": "user", "content": "echo:delay 5 one two three four five six seven eight nine ten"}]}
    with requests.post(f"{server.url}/v1/chat/completions", json=body, headers=headers, stream=True) as answer:
        stream = answer.headers["x-dragoman-stream"]
        lines = answer.iter_lines()
        seen = [line for line in (next(lines) for _ in range(8)) if line]
    time.sleep(0.1)
    rest = requests.get(f"{server.url}/v1/streams/{stream}?after={len(seen)}", headers=headers).text
    whole = requests.get(f"{server.url}/v1/streams/{stream}", headers=headers).text
    assert whole == "".join(f"{line.decode()}\n\n" for line in seen) + rest
    assert whole.endswith("data: [DONE]\n\n")
    stranger = requests.get(f"{server.url}/v1/streams/{'0' * 32}", headers=headers)
    assert stranger.status_code == 404
