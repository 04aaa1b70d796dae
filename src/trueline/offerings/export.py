"""The catalogue back as a file: the bytes that were imported, where they still say it all."""

from __future__ import annotations

from trueline.errors import InputError
from trueline.offerings.catalog import loaded_catalog
from trueline.offerings.meaning import canonical, offering_plain, parameter_plain
from trueline.offerings.models import CatalogueFile
from trueline.offerings.parse import parse_offerings
from trueline.offerings.render import render_catalogue
from trueline.offerings.values import Catalog, PerformanceParameter, ProductOffering


def export_offerings(delivery: int) -> bytes:
    """A trueline/v1 catalogue file of what was known at `delivery`. Where one imported file holds
    exactly that, its own bytes are given back."""
    catalog = loaded_catalog(delivery)
    newest = (
        CatalogueFile.objects.filter(delivery_id__lte=delivery).order_by("-delivery_id").first()
    )
    if newest is not None and _says_the_same(bytes(newest.content), newest.name, catalog):
        return bytes(newest.content)
    return render_catalogue(catalog.parameters.values(), catalog.offerings.values()).encode()


def _says_the_same(data: bytes, name: str, catalog: Catalog) -> bool:
    try:
        parsed = parse_offerings(data, name)
    except InputError:
        return False  # an OpenSLO file: its catalogue is written in Trueline's own words
    if parsed.set_aside:
        return False
    own = _meaning(parsed.parameters, parsed.offerings)
    return own == _meaning(list(catalog.parameters.values()), list(catalog.offerings.values()))


def _meaning(
    parameters: list[PerformanceParameter], offerings: list[ProductOffering]
) -> tuple[frozenset[str], frozenset[str]]:
    return (
        frozenset(canonical(parameter_plain(parameter)) for parameter in parameters),
        frozenset(canonical(offering_plain(offering)) for offering in offerings),
    )
