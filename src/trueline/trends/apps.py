from django.apps import AppConfig


class TrendsConfig(AppConfig):
    name = "trueline.trends"
    label = "trends"
