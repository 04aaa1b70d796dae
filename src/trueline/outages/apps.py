from django.apps import AppConfig


class OutagesConfig(AppConfig):
    name = "trueline.outages"
    label = "outages"
