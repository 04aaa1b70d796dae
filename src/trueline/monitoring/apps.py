from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    name = "trueline.monitoring"
    label = "monitoring"
