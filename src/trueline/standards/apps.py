from django.apps import AppConfig


class StandardsConfig(AppConfig):
    name = "trueline.standards"
    label = "standards"
