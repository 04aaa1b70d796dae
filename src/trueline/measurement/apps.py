from django.apps import AppConfig


class MeasurementConfig(AppConfig):
    name = "trueline.measurement"
    label = "measurement"
