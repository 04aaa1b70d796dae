"""Catalogue definitions as YAML text, numbers exactly as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

import yaml

from trueline.offerings.keys import API_VERSION
from trueline.offerings.meaning import offering_plain, parameter_plain
from trueline.offerings.values import PerformanceParameter, ProductOffering


class _Dumper(yaml.SafeDumper):
    """Writes Decimal as a plain number and never an alias."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _decimal(dumper: yaml.SafeDumper, value: Decimal) -> yaml.ScalarNode:
    text = f"{value:f}"
    kind = "float" if "." in text else "int"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{kind}", text)


_Dumper.add_representer(Decimal, _decimal)


def render_catalogue(
    parameters: Iterable[PerformanceParameter], offerings: Iterable[ProductOffering]
) -> str:
    """A catalogue file that reads back to the same definitions."""
    catalogue: dict[str, object] = {"apiVersion": API_VERSION}
    if written := [dict(parameter_plain(parameter)) for parameter in parameters]:
        catalogue["parameters"] = written
    if sold := [dict(offering_plain(offering)) for offering in offerings]:
        catalogue["offerings"] = sold
    return render_documents([catalogue])


def render_documents(documents: Iterable[Mapping[str, object]]) -> str:
    return yaml.dump_all(documents, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
