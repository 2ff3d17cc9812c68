"""The pieces that `config.py` is made of: reading the environment, secrets, addresses, the data folder."""
