from django.apps import AppConfig


class OfferingsConfig(AppConfig):
    name = "trueline.offerings"
    label = "offerings"
