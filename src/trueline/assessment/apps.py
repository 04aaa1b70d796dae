from django.apps import AppConfig


class AssessmentConfig(AppConfig):
    name = "trueline.assessment"
    label = "assessment"
