from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "trueline.web"
    label = "web"
