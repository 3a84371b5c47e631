"""LangChain's own integration tests for chat models, against the embedded engine.

What a model of this size, or an engine that reads text only, cannot do is declared below, each with its reason.
"""

import pytest
from langchain_openai import ChatOpenAI
from langchain_tests.integration_tests import ChatModelIntegrationTests


class TestEmbeddedModel(ChatModelIntegrationTests):
    @pytest.fixture(autouse=True)
    def _server(self, server):
        self.server = server

    @property
    def chat_model_class(self):
        return ChatOpenAI

    @property
    def chat_model_params(self):
        return {
            "model": self.server.model,
            "base_url": f"{self.server.url}/v1",
            "api_key": self.server.key,
            "temperature": 0,
            "seed": 1,
            "max_tokens": 200,
            "frequency_penalty": 1.0,
            "stream_usage": True,
        }

    @property
    def has_tool_choice(self) -> bool:
        return True

    @property
    def supports_json_mode(self) -> bool:
        return True

    # With a tool forced on it and several calls allowed, the model makes the same call twice.

    @pytest.mark.xfail(reason="135 million parameters: repeats its call")
    def test_tool_calling(self, model):
        super().test_tool_calling(model)

    @pytest.mark.xfail(reason="135 million parameters: repeats its call")
    async def test_tool_calling_async(self, model):
        await super().test_tool_calling_async(model)

    @pytest.mark.xfail(reason="135 million parameters: repeats its call")
    def test_tool_calling_with_no_arguments(self, model):
        super().test_tool_calling_with_no_arguments(model)

    @pytest.mark.xfail(reason="135 million parameters: answers by itself instead of choosing a tool")
    def test_agent_loop(self, model):
        super().test_agent_loop(model)

    # The grammar holds what is written; that a string comes to its end within the limit is up to the model.

    @pytest.mark.xfail(reason="135 million parameters: a joke without end")
    @pytest.mark.parametrize("schema_type", ["pydantic", "typeddict", "json_schema"])
    def test_structured_output(self, model, schema_type):
        super().test_structured_output(model, schema_type)

    @pytest.mark.xfail(reason="135 million parameters: a joke without end")
    @pytest.mark.parametrize("schema_type", ["pydantic", "typeddict", "json_schema"])
    async def test_structured_output_async(self, model, schema_type):
        await super().test_structured_output_async(model, schema_type)

    @pytest.mark.xfail(reason="135 million parameters: a joke without end")
    def test_structured_output_pydantic_2_v1(self, model):
        super().test_structured_output_pydantic_2_v1(model)

    @pytest.mark.xfail(reason="135 million parameters: a joke without end")
    def test_structured_output_optional_param(self, model):
        super().test_structured_output_optional_param(model)

    @pytest.mark.xfail(reason="json_object leaves the keys to the model, which chooses others than it was asked for")
    def test_json_mode(self, model):
        super().test_json_mode(model)
