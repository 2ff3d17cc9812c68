from flask import current_app

from helix import llm
from helix.models import AiModel
from helix.services.secrets import decrypt


def endpoint_of(model: AiModel) -> llm.Endpoint:
    """Where the model is and how it is called, its key opened. Never shown, never logged."""
    return llm.Endpoint(
        provider=model.provider,
        model_name=model.model_name,
        base_url=model.base_url,
        api_key=decrypt(model.api_key_encrypted),
        context_window=model.context_window,
        max_output_tokens=model.max_output_tokens,
        input_cost_per_million=model.input_cost_per_million,
        output_cost_per_million=model.output_cost_per_million,
        allow_private_addresses=current_app.config["HELIX"].allow_private_model_addresses,
    )
