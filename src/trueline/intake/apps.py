from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "trueline.intake"
    label = "intake"
