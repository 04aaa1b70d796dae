from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "trueline.inventory"
    label = "inventory"
