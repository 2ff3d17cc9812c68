"""Pydantic schemas of requests and responses, by noun: In, Patch, Filter and Out. The OpenAPI document uses them."""
