"""The providers that have their settings, by name."""

from collections.abc import Callable, Mapping

from khalifa.application.ports.messaging import Provider, Providers
from khalifa.domain.contacts import ProviderName
from khalifa.domain.errors import SettingError


class ConfiguredProviders(Providers):
    """
    Every provider that can be built; *required* must be among them.

    *builders* makes each known provider from its own settings. One that lacks
    some is left out, unless it is the required one.

    Raises:
        SettingError: there is no provider called *required*, or it cannot be built.
    """

    def __init__(self, builders: Mapping[str, Callable[[], Provider]], *, required: str) -> None:
        if required not in builders:
            known = ", ".join(sorted(builders))
            reason = f"WHATSAPP_DRIVER says {required!r}. It must be one of: {known}."
            raise SettingError(reason)
        self._providers: dict[ProviderName, Provider] = {}
        self.left_out: dict[str, str] = {}
        for name, build in builders.items():
            try:
                self._providers[ProviderName(name)] = build()
            except SettingError as reason_left_out:
                if name == required:
                    raise
                self.left_out[name] = str(reason_left_out)

    @property
    def names(self) -> tuple[ProviderName, ...]:
        return tuple(self._providers)

    def find(self, name: str) -> Provider | None:
        return self._providers.get(ProviderName(name))

    def get(self, name: str) -> Provider:
        provider = self.find(name)
        if provider is None:
            reason = f"The provider {name} is not configured here. `khalifa doctor` says why."
            raise LookupError(reason)
        return provider
