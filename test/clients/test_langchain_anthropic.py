"""LangChain's ChatAnthropic against the server. The echo engine answers."""

import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel


@tool
def get_weather(city: str) -> str:
    """Get the weather."""
    return f"Sunny in {city}."


@pytest.fixture
def model(server):
    return ChatAnthropic(
        model="echo", anthropic_api_url=server.url, anthropic_api_key=server.key, max_tokens=1000, max_retries=0
    )


def whole(chunks):
    answer = None
    for chunk in chunks:
        answer = chunk if answer is None else answer + chunk
    return answer


def test_answer_and_stream_tell_the_same(model):
    messages = [SystemMessage("Be brief."), HumanMessage("echo:reasoning hm\necho:say Hello there")]
    answer = model.invoke(messages)
    streamed = whole(model.stream(messages))
    assert answer.text == streamed.text == "Hello there"
    assert answer.usage_metadata["input_tokens"] > 0
    assert streamed.usage_metadata == answer.usage_metadata
    assert streamed.response_metadata["stop_reason"] == answer.response_metadata["stop_reason"] == "end_turn"


def test_thinking(model):
    answer = model.invoke("echo:reasoning hm\necho:say Hello")
    assert [block["type"] for block in answer.content] == ["thinking", "text"]


def test_tools_and_their_results(model):
    model = model.bind_tools([get_weather])
    question = HumanMessage('echo:tool get_weather {"city": "Paris"}')
    answer = model.invoke([question])
    assert whole(model.stream([question])).tool_calls == answer.tool_calls
    [call] = answer.tool_calls
    result = ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"])
    assert model.invoke([question, answer, result]).text == "Sunny in Paris."


def test_structured_output(model):
    class Place(BaseModel):
        city: str

    assert isinstance(model.with_structured_output(Place).invoke("where?"), Place)


def test_token_count(model):
    assert model.get_num_tokens_from_messages([HumanMessage("hello")]) > 0
