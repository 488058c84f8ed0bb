"""The `genai_config.json` beside a decoder's graph: what it is, in the form of onnxruntime-genai's builder."""

from groundsel_pipelines.models.graphs.checkpoints import Checkpoint


def genai_config(checkpoint: Checkpoint) -> dict[str, object]:
    """Describe a decoder: its sizes, the names of its inputs and outputs, the tokens that end a text, greedy search."""
    shape = checkpoint.shape
    decoder = {
        "session_options": {"log_id": "onnxruntime-genai", "provider_options": []},
        "filename": "model.onnx",
        "head_size": shape.head_size,
        "hidden_size": shape.hidden,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.key_heads,
        "num_hidden_layers": shape.layers,
        "inputs": {
            "input_ids": "input_ids",
            "attention_mask": "attention_mask",
            "past_key_names": "past_key_values.%d.key",
            "past_value_names": "past_key_values.%d.value",
        },
        "outputs": {
            "logits": "logits",
            "present_key_names": "present.%d.key",
            "present_value_names": "present.%d.value",
        },
    }
    model: dict[str, object] = {
        "type": "llama",
        "vocab_size": shape.vocabulary,
        "context_length": shape.context,
        "pad_token_id": checkpoint.pad,
        "eos_token_id": list(checkpoint.eos),
        "decoder": decoder,
    }
    if checkpoint.bos is not None:
        model["bos_token_id"] = checkpoint.bos
    search = {"do_sample": False, "max_length": shape.context, "num_beams": 1, "past_present_share_buffer": True}
    return {"model": model, "search": search}
