from django.apps import AppConfig


class ResultsConfig(AppConfig):
    name = "trueline.results"
    label = "results"
