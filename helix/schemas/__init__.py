"""Shapes at the edge: In, Patch, Filter and Out per noun. They validate, answer, and make the OpenAPI document."""
