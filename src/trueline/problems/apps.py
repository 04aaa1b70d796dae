from django.apps import AppConfig


class ProblemsConfig(AppConfig):
    name = "trueline.problems"
    label = "problems"
