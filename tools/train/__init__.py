"""Trains `vggish-small`, the model that ships with the project, from YAMNet as its teacher.

Run once by the makers: ``python -m tools.train DATA_DIR --teacher YAMNET.tflite --out MODEL.onnx``
needs the `train` extra. A host never needs this package.
"""
