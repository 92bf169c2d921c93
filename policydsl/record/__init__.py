"""The record of a run: its folder, digests, signature, pseudonyms, and its replay."""
