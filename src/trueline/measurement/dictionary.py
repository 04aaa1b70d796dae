"""The dictionary: product ids and parameter names to the small integers that files hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from trueline.measurement.models import MeasuredParameter, MeasuredProduct


class Dictionary:
    """Keys by name, read once and then kept; new names get keys inside the write lock."""

    def __init__(self) -> None:
        self._products: dict[str, int] = {}
        self._parameters: dict[str, int] = {}

    def product_keys(self, ids: Iterable[str], *, create: bool = False) -> Mapping[str, int]:
        """Keys of those `ids` that were ever measured."""
        wanted = list(ids)
        try:
            return {i: self._products[i] for i in wanted}
        except KeyError:
            pass  # some are new to this process
        if any(i not in self._products for i in wanted):
            self._read_products()
        missing = dict.fromkeys(i for i in wanted if i not in self._products)
        if missing and create:
            MeasuredProduct.objects.bulk_create(
                (MeasuredProduct(product_id=i) for i in missing), batch_size=10_000
            )
            self._read_products()
        return {i: self._products[i] for i in wanted if i in self._products}

    def parameter_keys(self, names: Iterable[str], *, create: bool = False) -> Mapping[str, int]:
        wanted = list(names)
        if any(n not in self._parameters for n in wanted):
            self._read_parameters()
        missing = dict.fromkeys(n for n in wanted if n not in self._parameters)
        if missing and create:
            MeasuredParameter.objects.bulk_create(MeasuredParameter(name=n) for n in missing)
            self._read_parameters()
        return {n: self._parameters[n] for n in wanted if n in self._parameters}

    def held(self, *, products: bool) -> Callable[[str], int | None]:
        """The key of a product (else of a parameter) as far as this process has seen it."""
        return self._products.get if products else self._parameters.get

    def products(self) -> Mapping[str, int]:
        """Every product id ever measured with its key."""
        self._read_products()
        return dict(self._products)

    def parameters(self) -> Mapping[str, int]:
        self._read_parameters()
        return dict(self._parameters)

    def _read_products(self) -> None:
        known = MeasuredProduct.objects.filter(key__gt=max(self._products.values(), default=0))
        self._products.update(known.values_list("product_id", "key"))

    def _read_parameters(self) -> None:
        self._parameters.update(MeasuredParameter.objects.values_list("name", "key"))
