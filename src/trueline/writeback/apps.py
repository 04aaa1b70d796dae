from django.apps import AppConfig


class WritebackConfig(AppConfig):
    name = "trueline.writeback"
    label = "writeback"
