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
