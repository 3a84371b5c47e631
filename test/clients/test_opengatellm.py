"""Albert API of 2024 and OpenGateLLM through the code of their tutorials (seeds 000, 001) and of seed 004, with nothing changed but host, key and
model: below their mounts, and at the usual paths with a key that says which is meant."""

import io
import subprocess

import openai
import pytest
import requests
from conftest import ROOT
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI
from openai import OpenAI


def make_key(server, *flags):
    command = [ROOT / "node_modules" / ".bin" / "bun", ROOT / "src" / "main.ts", "keys", "create"]
    flags = ["--name", "some", *flags, "--data", server.data]
    return subprocess.run([*command, *flags], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module", params=["mount", "key"])
def place(request, server):
    """Base URL and key."""
    if request.param == "mount":
        return f"{server.url}/opengatellm/v1", server.key
    return f"{server.url}/v1", make_key(server, "--dialect", "opengatellm")


@pytest.fixture
def client(place):
    base_url, key = place
    return OpenAI(base_url=base_url, api_key=key, max_retries=0)


def test_seed_001(client):
    models = client.models.list().data
    model = [model for model in models if model.type in ["text-generation", "image-text-to-text"]][0].id

    data = {"model": model, "messages": [{"role": "user", "content": "Hi Albert !"}], "stream": False, "n": 1}
    response = client.chat.completions.create(**data)
    assert isinstance(response.choices[0].message.content, str)
    assert response.model == model
    assert response.usage.cost == 0
    assert response.usage.impacts == {"kWh": 0, "kgCO2eq": 0}

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


def test_a_stream_read_to_its_end_has_accounts_in_its_last_chunk(client):
    chunks = list(client.chat.completions.create(model="echo", messages=[{"role": "user", "content": "a b"}], stream=True))
    assert [len(chunk.choices) for chunk in chunks] == [1] * (len(chunks) - 1) + [0]
    assert chunks[-1].usage.total_tokens > 0
    assert chunks[-1].usage.carbon["kWh"] == {"min": 0, "max": 0}


def test_seed_004(server, place):
    base_url, key = place
    chat = ChatOpenAI(model=server.model, base_url=base_url, api_key=key, temperature=0, max_tokens=30)
    response = chat.invoke(
        [
            SystemMessage(content="You are a helpful assistant."),
            HumanMessage(content="What is the capital of France?"),
            AIMessage(content="The capital of France is Paris."),
            HumanMessage(content="What is the capital of Germany?"),
        ]
    )
    assert response.content
    assert response.response_metadata["model_name"] == server.model
    assert response.usage_metadata["input_tokens"] == response.response_metadata["token_usage"]["prompt_tokens"]

    params = {
        "model": server.model,
        "messages": [{"role": "developer", "content": "You are a helpful assistant."}, {"role": "user", "content": "Hello!"}],
        "max_tokens": 20,
        "temperature": 0,
        "stop": None,
        "seed": 123,
        "logprobs": True,
        "top_logprobs": 5,
    }
    tokens = OpenAI(base_url=base_url, api_key=key).chat.completions.create(**params).choices[0].logprobs.content
    assert all(len(token.top_logprobs) == 5 for token in tokens)


def test_embeddings_and_transcriptions(client):
    vector = client.embeddings.create(model="echo", input="a b").data[0].embedding
    plain = client.embeddings.create(model="echo", input="a b", encoding_format="float").data[0].embedding
    assert vector == pytest.approx(plain)
    sound = lambda: ("speech.wav", io.BytesIO(b"RIFF\x00\xff"), "audio/wav")
    transcript = client.audio.transcriptions.create(model="echo", file=sound(), prompt="Hello there.", language="en")
    assert transcript.text == "Hello there."
    srt = client.audio.transcriptions.create(model="echo", file=sound(), prompt="Hello there.", response_format="srt")
    assert "00:00:00,000 --> 00:00:01,000\nHello there." in srt


def test_errors_are_of_the_classes_that_they_were(place, client):
    base_url, _ = place
    say = lambda text, **extra: client.chat.completions.create(
        **{"model": "echo", "messages": [{"role": "user", "content": text}], **extra}
    )
    with pytest.raises(openai.NotFoundError) as missing:
        say("x", model="none")
    assert missing.value.response.json()["detail"] == "Model not found."
    with pytest.raises(openai.UnprocessableEntityError):
        say("x", temperature=9)
    with pytest.raises(openai.APIError, match="instructed the echo engine to fail"):
        list(say("echo:error-after 1 overloaded\nx y", stream=True))
    if base_url.endswith("/opengatellm/v1"):
        with pytest.raises(openai.AuthenticationError) as refused:
            OpenAI(base_url=base_url, api_key="nobody's key").models.list()
        assert refused.value.response.json()["detail"] == "Invalid API key."


def test_rerank_keys_and_usage(place):
    base_url, key = place
    session = requests.session()
    session.headers = {"Authorization": f"Bearer {key}"}
    documents = ["Count to ten.", "The sea is blue."]
    ranked = session.post(f"{base_url}/rerank", json={"model": "echo", "query": "The sea is blue.", "documents": documents})
    assert [result["index"] for result in ranked.json()["results"]] == [1, 0]
    made = session.post(f"{base_url}/me/keys", json={"name": "mine", "expires": None}).json()
    mine = {"Authorization": f"Bearer {made['token']}"}
    assert requests.get(f"{base_url}/me/info", headers=mine).json()["object"] == "userInfo"
    assert session.delete(f"{base_url}/me/keys/{made['id']}").status_code == 204
    assert requests.get(f"{base_url}/me/info", headers=mine).status_code == 401
    used = session.get(f"{base_url}/me/usage", params={"endpoint": "/v1/rerank"}).json()["data"]
    assert used[0]["endpoint"] == "/v1/rerank" and used[0]["usage"]["prompt_tokens"] > 0


@pytest.mark.parametrize("spoken", ["mount", "key"])
def test_seed_000(server, spoken):
    if spoken == "mount":
        base_url, api_key = f"{server.url}/albert/v1/", server.key
    else:
        base_url, api_key = f"{server.url}/v1/", make_key(server, "--dialect", "albert")
    model = "echo"
    plain = OpenAI(base_url=base_url, api_key=api_key).chat.completions.create(
        model=model, messages=[{"role": "user", "content": "Salut Albert !"}], stream=False, n=1
    )
    assert plain.choices[0].message.content == "Salut Albert !"

    session = requests.session()
    session.headers = {"Authorization": f"Bearer {api_key}"}
    user = "leo"
    data = {
        "model": model,
        "messages": [{"role": "user", "content": "Salut Albert !"}],
        "stream": False,
        "n": 1,
        "user": user,
    }
    response = session.post(url=f"{base_url}/chat/completions", json=data)
    chat_id = response.json()["id"]
    assert len(chat_id) == 36
    data = {
        "model": model,
        "messages": [{"role": "user", "content": "Quel est mon précédent message ?"}],
        "stream": False,
        "n": 1,
        "user": user,
        "id": chat_id,
    }
    response = session.post(url=f"{base_url}/chat/completions", json=data)
    assert response.json()["id"] == chat_id
    assert response.json()["usage"]["prompt_tokens"] > 8
    history = session.get(f"{base_url}/chat/history/{user}/{chat_id}").json()
    assert [message["role"] for message in history["messages"]] == ["user", "assistant"] * 2
