"""Trainers: the engine, which trains many networks in one program, and Keras's own loop."""
