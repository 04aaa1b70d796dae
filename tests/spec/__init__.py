"""Rules as tables: small inputs, the rule, and the result with its hand arithmetic."""
