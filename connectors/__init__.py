"""Connectors: processes that ask what does not speak to Vigie by itself, and push what they hear to its public interface.

A client of the interface: nothing of Vigie is imported here, and a connector runs where the devices are, with a feed's token and
no other right. docs/feeds/connectors.md is the reference.
"""
