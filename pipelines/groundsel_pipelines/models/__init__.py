"""Models: fetched, written as ONNX, verified, and run on the CPU."""
