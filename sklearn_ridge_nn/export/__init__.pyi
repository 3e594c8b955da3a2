from ._onnx import to_onnx as to_onnx
