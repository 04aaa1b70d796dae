"""The roles of the people who work with service levels, and what each is for."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    SERVICE_LEVEL_MANAGER = "service-level-manager"
    PRODUCT_MANAGER = "product-manager"
    TECHNICAL_APPROVER = "technical-approver"
    COMMERCIAL_APPROVER = "commercial-approver"
    LEGAL_APPROVER = "legal-approver"
    OUTAGE_COORDINATOR = "outage-coordinator"
    PROCESS_OWNER = "process-owner"
    NOTIFICATION_ADMINISTRATOR = "notification-administrator"
    CUSTOMER_CONTACT = "customer-contact"
    AUDITOR = "auditor"
    DATA_STEWARD = "data-steward"


PURPOSE = {
    Role.SERVICE_LEVEL_MANAGER: "drafts and reviews threshold standards, watches the groups",
    Role.PRODUCT_MANAGER: "drafts threshold standards of the offerings",
    Role.TECHNICAL_APPROVER: "approves that a standard can be measured and kept",
    Role.COMMERCIAL_APPROVER: "approves what a standard promises and costs",
    Role.LEGAL_APPROVER: "approves the wording and consequences of a standard",
    Role.OUTAGE_COORDINATOR: "agrees planned outages with customers",
    Role.PROCESS_OWNER: "answers for the process and its improvement",
    Role.NOTIFICATION_ADMINISTRATOR: "keeps notification lists and templates",
    Role.CUSTOMER_CONTACT: "speaks for one customer",
    Role.AUDITOR: "reads everything, changes nothing",
    Role.DATA_STEWARD: "decides what names in feeds stand for",
}

READERS = frozenset({Role.AUDITOR, Role.CUSTOMER_CONTACT})  # look, and change nothing
WORKERS = frozenset(Role) - READERS
APPROVERS = frozenset({Role.TECHNICAL_APPROVER, Role.COMMERCIAL_APPROVER, Role.LEGAL_APPROVER})
