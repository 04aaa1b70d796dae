"""In: names, roles and passwords. Out: who a person is, and whether they may do an act.

Accounts are Django's, roles its groups. `roles` says which there are, `people` adds and grants;
a room that guards an act asks `people.may`."""
