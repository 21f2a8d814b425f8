"""khalifa: one WhatsApp number, many agents, a provider you can change."""

__version__ = "0.1.0"
